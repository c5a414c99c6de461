package store_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

func playlistService(db *sqldb.DB, videos *store.Videos) *playlist.Service {
	return &playlist.Service{
		Store: store.Playlists{DB: db, Videos: videos}, Videos: videos, Channels: videos,
		Site: instance.Site{Scheme: "https", Host: "here.example"}, InTx: db.InTx, Now: sqldb.Now,
	}
}

// person1 owns channel 1 of filltest.
func person1() *user.User { return &user.User{ID: 1, AccountID: 1, Role: user.Member} }

func newPlaylist(t *testing.T, s *playlist.Service, name string, videos int) playlist.Ref {
	t.Helper()
	p, err := s.Create(t.Context(), person1(), playlist.Changes{Name: &name})
	if err != nil {
		t.Fatal(err)
	}
	ref := playlist.Ref{UUID: p.UUID}
	for i := range videos {
		if _, err := s.Add(t.Context(), person1(), ref, video.ByID(video.ID(i+1)), nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	return ref
}

// order returns the videos in a playlist and wants positions without gaps.
func order(t *testing.T, s *playlist.Service, ref playlist.Ref) (ids []playlist.ElementID) {
	t.Helper()
	list, total, err := s.Elements(t.Context(), person1(), ref, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range list {
		if e.Position != i+1 {
			t.Fatalf("position %d at place %d", e.Position, i+1)
		}
		ids = append(ids, e.ID)
	}
	if total != len(list) {
		t.Fatalf("total %d of %d", total, len(list))
	}
	return ids
}

// The last page that may be asked for ends where numbers of columns do.
func TestPagesOfPlaylistsFarBehindTheEnd(t *testing.T) {
	eachVideos(t, 3, func(t *testing.T, db *sqldb.DB, videos *store.Videos) {
		s := playlistService(db, videos)
		ref := newPlaylist(t, s, "List", 2)
		for _, start := range []int{2, math.MaxInt32 - 100, math.MaxInt32} {
			list, total, err := s.Elements(t.Context(), person1(), ref, start, 100)
			if err != nil || total != 2 || len(list) != 0 {
				t.Errorf("from %d: %d of %d, %v", start, len(list), total, err)
			}
		}
	})
}

func TestPlaylistsKeepTheirOrder(t *testing.T) {
	eachVideos(t, 30, func(t *testing.T, db *sqldb.DB, videos *store.Videos) {
		s := playlistService(db, videos)
		ref := newPlaylist(t, s, "List", 12)
		want := order(t, s, ref)
		random := rand.New(rand.NewPCG(3, 4))
		for range 60 {
			n := len(want)
			start := 1 + random.IntN(n)
			length, after := 1+random.IntN(n+1-start), random.IntN(n+1)
			if err := s.Reorder(t.Context(), person1(), ref, start, after, length); err != nil {
				t.Fatal(err)
			}
			if after < start-1 || after > start+length-1 {
				block := slices.Clone(want[start-1 : start-1+length])
				var rest []playlist.ElementID
				for i, id := range want {
					if i == 0 && after == 0 {
						rest = append(rest, block...)
					}
					if !slices.Contains(block, id) {
						rest = append(rest, id)
					}
					if i+1 == after {
						rest = append(rest, block...)
					}
				}
				want = rest
			}
			if diff := cmp.Diff(want, order(t, s, ref)); diff != "" {
				t.Fatalf("%d from %d behind %d: -want +got:\n%s", length, start, after, diff)
			}
		}
		// One goes, one moves behind another, whatever their places are now.
		gone := want[4]
		if err := s.Remove(t.Context(), person1(), ref, gone); err != nil {
			t.Fatal(err)
		}
		want = slices.Delete(want, 4, 5)
		if err := s.Move(t.Context(), person1(), ref, want[0], want[3]); err != nil {
			t.Fatal(err)
		}
		want = append([]playlist.ElementID{want[1], want[2], want[3], want[0]}, want[4:]...)
		if diff := cmp.Diff(want, order(t, s, ref)); diff != "" {
			t.Errorf("after removal and move: -want +got:\n%s", diff)
		}
		for _, bad := range [][3]int{{0, 1, 1}, {12, 0, 1}, {1, 12, 1}, {1, -1, 1}, {3, 0, 20}, {1, 0, 0}} {
			if err := s.Reorder(t.Context(), person1(), ref, bad[0], bad[1], bad[2]); !errs.Is(err, errs.Invalid) {
				t.Errorf("%v: got %v, want Invalid", bad, err)
			}
		}
		if err := s.Remove(t.Context(), person1(), ref, gone); !errs.Is(err, errs.NotFound) {
			t.Errorf("removed twice: %v", err)
		}
	})
}

func TestTabsEditOnePlaylistTogether(t *testing.T) {
	eachVideos(t, 30, func(t *testing.T, db *sqldb.DB, videos *store.Videos) {
		s := playlistService(db, videos)
		ref := newPlaylist(t, s, "List", 6)
		ids := order(t, s, ref)
		var wg sync.WaitGroup
		for tab := range 4 {
			wg.Go(func() {
				for i := range 5 {
					var err error
					switch (tab + i) % 4 {
					case 0:
						_, err = s.Add(t.Context(), person1(), ref, video.ByID(video.ID(10+i)), nil, nil)
					case 1:
						err = s.Reorder(t.Context(), person1(), ref, 1, 4, 1)
					case 2:
						err = s.Remove(t.Context(), person1(), ref, ids[tab])
					case 3:
						err = s.Move(t.Context(), person1(), ref, ids[5], ids[4])
					}
					if err != nil && !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.Invalid) {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		order(t, s, ref) // no gap, nothing twice
	})
}

// Who presses twice at once keeps a video once, and takes it out wholly.
func TestPressesAtOnceKeepAVideoOnce(t *testing.T) {
	eachVideos(t, 10, func(t *testing.T, db *sqldb.DB, videos *store.Videos) {
		s := playlistService(db, videos)
		exec(t, db, `UPDATE videos SET privacy = 1, state = 1 WHERE id = 3`)
		for _, keep := range []bool{true, false} {
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					if err := s.KeepForLater(t.Context(), person1(), video.ByID(3), keep); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			list, err := s.WatchLater(t.Context(), person1())
			if err != nil {
				t.Fatal(err)
			}
			want := 0
			if keep {
				want = 1
			}
			if got := order(t, s, playlist.Ref{ID: list.ID}); len(got) != want {
				t.Errorf("keep %v: %d elements, want %d", keep, len(got), want)
			}
		}
	})
}

// A wish that is sent several times at once adds one copy, and another wish
// another.
func TestPressesAtOnceAddACopyOnce(t *testing.T) {
	eachVideos(t, 10, func(t *testing.T, db *sqldb.DB, videos *store.Videos) {
		s := playlistService(db, videos)
		ref := newPlaylist(t, s, "One", 1)
		press := func(start *int, seen []playlist.ElementID) []playlist.ElementID {
			t.Helper()
			var wg sync.WaitGroup
			for range 6 {
				wg.Go(func() {
					if err := s.AddOnce(t.Context(), person1(), ref, video.ByID(1), start, nil, seen); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			return order(t, s, ref)
		}
		seen, later := order(t, s, ref), 0
		if got := press(nil, seen); len(got) != 2 {
			t.Errorf("after a wish: %d copies, want 2", len(got))
		}
		all := press(&later, seen)
		if len(all) != 3 {
			t.Errorf("after one with another time: %d copies, want 3", len(all))
		}
		if got := press(nil, all); len(got) != 4 {
			t.Errorf("after one that saw them all: %d copies, want 4", len(got))
		}
	})
}

func TestPlaylistsShowNothingToOthers(t *testing.T) {
	eachVideos(t, 10, func(t *testing.T, db *sqldb.DB, videos *store.Videos) {
		s := playlistService(db, videos)
		channel, public := playlistChannel, playlist.Public
		p, err := s.Create(t.Context(), person1(), playlist.Changes{Name: text("Public"), Channel: &channel, Privacy: &public})
		if err != nil {
			t.Fatal(err)
		}
		ref := playlist.Ref{ID: p.ID}
		for i, privacy := range []video.Privacy{video.Private, video.InternalOnly, video.PasswordProtected, video.Unlisted, video.Public} {
			id := video.ID(i + 1)
			exec(t, db, `UPDATE videos SET privacy = $2, state = 1 WHERE id = $1`, id, privacy)
			if _, err := s.Add(t.Context(), person1(), ref, video.ByID(id), nil, nil); err != nil {
				t.Fatal(err)
			}
		}
		exec(t, db, `UPDATE videos SET privacy = 1, state = 2 WHERE id = 6`)
		exec(t, db, `UPDATE videos SET privacy = 1, state = 1 WHERE id = 7`)
		for _, id := range []video.ID{6, 7} {
			if _, err := s.Add(t.Context(), person1(), ref, video.ByID(id), nil, nil); err != nil {
				t.Fatal(err)
			}
		}
		exec(t, db, `DELETE FROM videos WHERE id = 7`)
		other := &user.User{ID: 99, AccountID: 99, Role: user.Member}
		for who, want := range map[*user.User][]playlist.ElementType{
			nil:       {2, 2, 2, 0, 0, 3, 1},
			other:     {2, 0, 2, 0, 0, 3, 1},
			person1(): {0, 0, 0, 0, 0, 0, 1},
		} {
			list, _, err := s.Elements(t.Context(), who, ref, 0, 100)
			if err != nil {
				t.Fatal(err)
			}
			var got []playlist.ElementType
			for _, e := range list {
				got = append(got, e.Type)
				if (e.Video != nil) != (e.Type == playlist.Watchable) {
					t.Errorf("%v sees a video of type %d", who, e.Type)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%v: -want +got:\n%s", who, diff)
			}
		}
		// Its picture is that of the first video that everybody sees.
		again, err := s.Get(t.Context(), nil, ref)
		if err != nil || len(again.Thumbnails) == 0 || again.Thumbnails[0].Filename != "t-5-280.jpg" && again.Thumbnails[0].Filename != "t-5-850.jpg" {
			t.Errorf("pictures: %v %+v", err, again.Thumbnails)
		}
		// Others cannot put in what they cannot see, nor find unlisted videos by number.
		exec(t, db, `INSERT INTO actors (id, type, preferred_username, url, inbox_url, created_at, updated_at) VALUES (99, 'Person', 'other', 'https://here.example/accounts/other', '', $1, $1)`, sqldb.Now())
		exec(t, db, `INSERT INTO accounts (id, actor_id, name, created_at, updated_at) VALUES (99, 99, 'Other', $1, $1)`, sqldb.Now())
		mine, err := s.Create(t.Context(), other, playlist.Changes{Name: text("Mine")})
		if err != nil {
			t.Fatal(err)
		}
		for of, ok := range map[video.Ref]bool{
			video.ByID(1): false, video.ByUUID("nope"): false, video.ByID(4): false, video.ByID(5): true,
			video.ByID(6): true, // it has its page while it is being made
			video.ByID(2): true, mustUUID(t, videos, 4): true, mustUUID(t, videos, 1): false,
		} {
			if _, err := s.Add(t.Context(), other, playlist.Ref{ID: mine.ID}, of, nil, nil); ok != (err == nil) || !ok && !errs.Is(err, errs.NotFound) {
				t.Errorf("%+v: got %v", of, err)
			}
		}
		if _, err := s.Get(t.Context(), nil, playlist.Ref{ID: mine.ID}); !errs.Is(err, errs.Unauthorized) {
			t.Errorf("a private list: %v", err)
		}
		if _, err := s.Get(t.Context(), person1(), playlist.Ref{ID: mine.ID}); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a private list of another: %v", err)
		}
		if _, total, err := s.List(t.Context(), nil, playlist.ListParams{Account: 99, Count: 10}); err != nil || total != 0 {
			t.Errorf("lists of another: %d %v", total, err)
		}
		if list, _, err := s.List(t.Context(), other, playlist.ListParams{Account: 99, Count: 10}); err != nil || len(list) != 2 {
			t.Errorf("one's own lists: %v %v", list, err)
		}
	})
}

const playlistChannel = actor.ChannelID(1)

func text(s string) *string { return &s }

func mustUUID(t *testing.T, s *store.Videos, id video.ID) video.Ref {
	t.Helper()
	v, err := s.ByRef(t.Context(), video.ByID(id))
	if err != nil {
		t.Fatal(err)
	}
	return video.ByUUID(v.UUID)
}

func TestWatchLaterIsMadeOnce(t *testing.T) {
	eachVideos(t, 1, func(t *testing.T, db *sqldb.DB, videos *store.Videos) {
		s := playlistService(db, videos)
		ids := make([]playlist.ID, 8)
		var wg sync.WaitGroup
		for i := range ids {
			wg.Go(func() {
				p, err := s.WatchLater(context.Background(), person1())
				if err != nil {
					t.Error(err)
					return
				}
				ids[i] = p.ID
			})
		}
		wg.Wait()
		if slices.Min(ids) == 0 || slices.Min(ids) != slices.Max(ids) {
			t.Errorf("lists: %v", ids)
		}
		for _, err := range []error{
			s.Delete(t.Context(), person1(), playlist.Ref{ID: ids[0]}),
			func() error {
				_, err := s.Update(t.Context(), person1(), playlist.Ref{ID: ids[0]}, playlist.Changes{Name: text("x")})
				return err
			}(),
		} {
			if !errs.Is(err, errs.Invalid) {
				t.Errorf("got %v, want Invalid", err)
			}
		}
	})
}

// Playlists of a channel that are moved, made, hidden and deleted at once stand
// at 1, 2, 3 and so on, and who was moved last behind another is behind it.
func TestPlaylistsOfAChannelMoveAtOnce(t *testing.T) {
	eachVideos(t, 1, func(t *testing.T, db *sqldb.DB, videos *store.Videos) {
		s := playlistService(db, videos)
		channel, public, private := playlistChannel, playlist.Public, playlist.Private
		create := func(name string) playlist.ID {
			p, err := s.Create(t.Context(), person1(), playlist.Changes{Name: &name, Channel: &channel, Privacy: &public})
			if err != nil {
				t.Error(err)
				return 0
			}
			return p.ID
		}
		var ids []playlist.ID
		for i := range 9 {
			ids = append(ids, create(fmt.Sprint("List ", i)))
		}
		places := func() (got []playlist.ID) {
			t.Helper()
			list, _, err := s.List(t.Context(), nil, playlist.ListParams{Channel: channel, Sort: "videoChannelPosition", Count: 30})
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range list {
				if p.ChannelPosition != i+1 {
					t.Fatalf("%s is at %d, not %d", p.Name, p.ChannelPosition, i+1)
				}
				got = append(got, p.ID)
			}
			return got
		}
		for round := range 5 {
			var wg sync.WaitGroup
			do := func(fn func() error) {
				wg.Go(func() {
					if err := fn(); err != nil {
						t.Error(err)
					}
				})
			}
			gone := playlist.Ref{ID: create(fmt.Sprint("Gone ", round))}
			do(func() error { return s.Delete(t.Context(), person1(), gone) })
			do(func() error {
				_, err := s.Update(t.Context(), person1(), gone, playlist.Changes{Name: text("Renamed"), Privacy: &private})
				if errs.Is(err, errs.NotFound) { // the other was faster
					return nil
				}
				return err
			})
			for i := range 4 {
				do(func() error { return s.MoveInChannel(t.Context(), channel, ids[i], ids[7-i]) })
				do(func() error { return s.ReorderChannel(t.Context(), channel, i+1, 5, 1) })
			}
			do(func() error { create(fmt.Sprint("New ", round)); return nil })
			do(func() error {
				privacy := public
				if round%2 == 0 {
					privacy = private
				}
				_, err := s.Update(t.Context(), person1(), playlist.Ref{ID: ids[8]}, playlist.Changes{Privacy: &privacy})
				return err
			})
			wg.Wait()
			now := places()
			do(func() error { return s.MoveInChannel(t.Context(), channel, now[0], now[7]) })
			do(func() error { return s.MoveInChannel(t.Context(), channel, now[1], now[6]) })
			wg.Wait()
			want := slices.Concat(now[2:7], []playlist.ID{now[1], now[7], now[0]}, now[8:])
			if diff := cmp.Diff(want, places()); diff != "" {
				t.Fatalf("round %d: two moves at once: %s", round, diff)
			}
		}
	})
}

func TestPublicPlaylistsHaveAPlaceInTheirChannel(t *testing.T) {
	eachVideos(t, 1, func(t *testing.T, db *sqldb.DB, videos *store.Videos) {
		s := playlistService(db, videos)
		channel, public, private := playlistChannel, playlist.Public, playlist.Private
		var refs []playlist.Ref
		for i := range 4 {
			p, err := s.Create(t.Context(), person1(), playlist.Changes{Name: text(fmt.Sprint("List ", i)), Channel: &channel, Privacy: &public})
			if err != nil {
				t.Fatal(err)
			}
			refs = append(refs, playlist.Ref{ID: p.ID})
		}
		names := func() (got []string) {
			list, _, err := s.List(t.Context(), nil, playlist.ListParams{Channel: channel, Sort: "videoChannelPosition", Count: 10})
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range list {
				if p.ChannelPosition != i+1 {
					t.Errorf("%s is at %d, not %d", p.Name, p.ChannelPosition, i+1)
				}
				got = append(got, p.Name)
			}
			return got
		}
		if diff := cmp.Diff([]string{"List 3", "List 2", "List 1", "List 0"}, names()); diff != "" {
			t.Errorf("newest first: %s", diff)
		}
		if err := s.ReorderChannel(t.Context(), channel, 1, 3, 1); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Update(t.Context(), person1(), refs[1], playlist.Changes{Privacy: &private}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"List 2", "List 3", "List 0"}, names()); diff != "" {
			t.Errorf("one moved, one private: %s", diff)
		}
		if err := s.Delete(t.Context(), person1(), refs[2]); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"List 3", "List 0"}, names()); diff != "" {
			t.Errorf("one deleted: %s", diff)
		}
		if err := s.ChannelRemoved(t.Context(), channel); err != nil {
			t.Fatal(err)
		}
		p, err := s.Get(t.Context(), person1(), refs[3])
		if err != nil || p.Privacy != playlist.Private || p.ChannelID != 0 || p.ChannelPosition != 0 {
			t.Errorf("without its channel: %+v %v", p, err)
		}
		for name, c := range map[string]playlist.Changes{
			"public without a channel": {Name: text("x"), Privacy: &public},
			"no name":                  {},
			"a long name":              {Name: text(string(make([]byte, 200)))},
			"a short description":      {Name: text("x"), Description: text("y")},
		} {
			if _, err := s.Create(t.Context(), person1(), c); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: got %v, want Invalid", name, err)
			}
		}
	})
}
