package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/search"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
	"sepiola/internal/storage/store/filltest"
)

func TestTranscriptsAreFound(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f, ctx, index := newFinder(t, db), t.Context(), store.Search{DB: db}
		talk, secret := f.add("A talk"), f.add("A secret talk", private(video.Private))
		for _, v := range []*video.Video{talk, secret} {
			c := video.Caption{VideoID: v.ID, Language: "en", Filename: v.UUID + "-en.vtt", UpdatedAt: sqldb.Now()}
			if _, err := f.videos.PutCaption(ctx, c); err != nil {
				t.Fatal(err)
			}
		}
		ids, err := index.StaleCaptions(ctx, 10)
		if diff := cmp.Diff([]video.ID{talk.ID, secret.ID}, ids); diff != "" || err != nil {
			t.Fatal(diff, err)
		}
		vtt := "WEBVTT\n\n00:00:01.000 --> 00:00:03.000\nGood morning everybody\n\n00:01:23.500 --> 00:01:25.000\n<v Anna>the lighthouse keeper\n\n" +
			"00:01:26.000 --> 00:01:28.000\nfell asl\x1f999\x1feep\x1f\nasleep\n"
		for _, id := range ids {
			captions, err := f.videos.Captions(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			if err := index.PutCues(ctx, id, captions, search.Passages("en", vtt)); err != nil {
				t.Fatal(err)
			}
		}
		for text, want := range map[string]int{
			"lighthouse keeper": 83, "keeper asleep": 83, "LIGHTHOUSE": 83, "asleep": 86, "fell asleep keeper": 86, "lighthouse morning": 1, "good morn": 1, "morning": 1, "anna": 0, "zzz": 0,
		} {
			page, err := f.FindCues(ctx, nil, search.Params{Text: text, Count: 10})
			switch {
			case err != nil:
				t.Fatal(err)
			case want == 0 && page.Total != 0:
				t.Errorf("%q finds %+v", text, page.List)
			case want != 0 && (len(page.List) == 0 || page.List[0].Second != want || page.List[0].Video == nil || page.List[0].Video.ID != talk.ID):
				t.Errorf("%q finds %+v, want second %d", text, page.List, want)
			}
			for _, c := range page.List {
				if c.VideoID == secret.ID {
					t.Errorf("%q finds what is private", text)
				}
			}
		}
		// A caption that changed while it was read stays to be read.
		if _, err := f.videos.PutCaption(ctx, video.Caption{VideoID: talk.ID, Language: "en", Filename: "new.vtt", UpdatedAt: sqldb.Now()}); err != nil {
			t.Fatal(err)
		}
		if err := index.PutCues(ctx, talk.ID, nil, nil); err != nil {
			t.Fatal(err)
		}
		if ids, err = index.StaleCaptions(ctx, 10); err != nil || len(ids) != 1 {
			t.Fatal(ids, err)
		}
		if _, err := f.videos.DeleteCaption(ctx, talk.ID, "en"); err != nil {
			t.Fatal(err)
		}
		if page, err := f.FindCues(ctx, nil, search.Params{Text: "lighthouse", Count: 10}); err != nil || page.Total != 0 {
			t.Errorf("a caption that is gone is found: %+v %v", page, err)
		}
	})
}

// What is said is filtered as videos are, however many others say it later.
func TestTranscriptsAreFiltered(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f, ctx, index := newFinder(t, db), t.Context(), store.Search{DB: db}
		say := func(v *video.Video, times int) {
			t.Helper()
			var b strings.Builder
			b.WriteString("WEBVTT\n")
			for i := range times {
				fmt.Fprintf(&b, "\n%02d:%02d:00.000 --> %02d:%02d:50.000\nthe lighthouse stands there, number %d of all that stand along this long and windy coast of ours\n", i/60, i%60, i/60, i%60, i)
			}
			if err := index.PutCues(ctx, v.ID, nil, search.Passages("en", b.String())); err != nil {
				t.Fatal(err)
			}
		}
		old := f.now.AddDate(-20, 0, 0)
		one := f.add("One", func(v *video.Video) {
			v.Category, v.Language, v.Licence, v.Duration, v.Tags = 5, "fr", 2, 700, []string{"Sea"}
			v.PublishedAt, v.OriginallyPublishedAt = old, &old
		})
		sensitive := f.add("Sensitive", func(v *video.Video) { v.NSFW = true })
		far := f.add("Far", func(v *video.Video) { v.Remote = true })
		many := f.add("Many", func(v *video.Video) { v.Duration = 60 })
		for _, v := range []*video.Video{one, sensitive, far} {
			say(v, 1)
		}
		say(many, 1200)
		var passages int
		passages, err := sqldb.One(ctx, db, sqldb.Value[int], `SELECT count(*) FROM search_cues WHERE video_id = $1`, many.ID)
		if err != nil || passages <= 600 {
			t.Fatalf("%d passages, want more than are looked at first: %v", passages, err)
		}
		yes, no, ten, year := true, false, 600, f.now.AddDate(-1, 0, 0)
		for name, tt := range map[string]struct {
			filter video.Filter
			want   []video.ID
		}{
			"category":        {video.Filter{Categories: []int{5}}, []video.ID{one.ID}},
			"another":         {video.Filter{Categories: []int{6}}, nil},
			"language":        {video.Filter{Languages: []string{"fr"}}, []video.ID{one.ID}},
			"licence":         {video.Filter{Licences: []int{2}}, []video.ID{one.ID}},
			"tag":             {video.Filter{TagsOneOf: []string{"sea", "x"}}, []video.ID{one.ID}},
			"all tags":        {video.Filter{TagsAllOf: []string{"sea", "x"}}, nil},
			"at least":        {video.Filter{DurationMin: &ten}, []video.ID{one.ID}},
			"made before":     {video.Filter{OriginallyBefore: &year}, []video.ID{one.ID}},
			"sensitive only":  {video.Filter{NSFW: &yes}, []video.ID{sensitive.ID}},
			"none sensitive":  {video.Filter{NSFW: &no, IDs: []video.ID{one.ID, sensitive.ID}}, []video.ID{one.ID}},
			"of other sites":  {video.Filter{IsLocal: &no}, []video.ID{far.ID}},
			"an unknown host": {video.Filter{Host: "nowhere.example"}, nil},
		} {
			page, err := f.FindCues(ctx, nil, search.Params{Text: "lighthouse", Filter: tt.filter, Count: 10})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			var got []video.ID
			for _, c := range page.List {
				got = append(got, c.VideoID)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || page.Total != len(got) {
				t.Errorf("%s: total %d %s", name, page.Total, diff)
			}
		}
		if page, err := f.FindCues(ctx, nil, search.Params{Text: "lighthouse", Count: 10}); err != nil || page.Total == 0 {
			t.Errorf("unfiltered: %d, %v", page.Total, err)
		}
	})
}

func TestPlaylistsAreFound(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f, ctx := newFinder(t, db), t.Context()
		lists := &playlist.Service{
			Store: store.Playlists{DB: db, Videos: f.videos}, Videos: f.videos, Channels: f.videos, Site: finderSite, InTx: db.InTx, Now: sqldb.Now,
			Index: store.Search{DB: db},
		}
		alice := &user.User{ID: user.ID(f.account.UserID), AccountID: f.account.AccountID, Role: user.Member}
		v := f.add("Something")
		add := func(name string, privacy playlist.Privacy) *playlist.Playlist {
			t.Helper()
			c := playlist.Changes{Name: &name, Privacy: &privacy, Channel: &f.channel.ChannelID}
			l, err := lists.Create(ctx, alice, c)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := lists.Add(ctx, alice, playlist.Ref{UUID: l.UUID}, video.ByUUID(v.UUID), nil, nil); err != nil {
				t.Fatal(err)
			}
			return l
		}
		open := add("Whale songs", playlist.Public)
		hidden := add("Whale secrets", playlist.Unlisted)
		for text, want := range map[string]int{
			"whale": 1, "whael": 1, "alice": 1, "secrets": 0, open.UUID: 1, finderSite.URL("/w/p/" + video.ShortUUID(open.UUID)): 1,
			hidden.UUID: 0, finderSite.URL("/w/p/" + hidden.UUID): 0, "": 1,
		} {
			page, err := f.FindPlaylists(ctx, nil, search.Params{Text: text, Count: 10}, search.PlaylistFilter{})
			if err != nil || page.Total != want || len(page.List) != want {
				t.Errorf("%q: %d of %d, %v; want %d", text, len(page.List), page.Total, err, want)
			}
		}
		if err := lists.Delete(ctx, alice, playlist.Ref{UUID: open.UUID}); err != nil {
			t.Fatal(err)
		}
		if page, err := f.FindPlaylists(ctx, nil, search.Params{Text: "whale", Count: 10}, search.PlaylistFilter{}); err != nil || page.Total != 0 {
			t.Errorf("a playlist that is gone is found: %+v %v", page, err)
		}
	})
}

func TestWhatStandsBesideAVideo(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f, ctx := newFinder(t, db), t.Context()
		index := store.Search{DB: db}
		v := f.add("This one", tagged("a1", "b2", "c3"))
		f.add("Of the channel")
		f.add("Private of the channel", private(video.Private), tagged("a1", "b2", "c3"))
		_, other := f.person("bob", "Bob")
		f.channel = other
		f.add("Two tags", tagged("b2", "c3"))
		f.add("Popular")
		seen := f.add("Seen to its end", tagged("a1", "b2", "c3"), func(v *video.Video) { v.Duration = 100 })
		s := &search.Related{Store: index, Videos: f.Videos, Watched: index.Watched, Now: f.Now}
		beside := func(w video.Viewer, scope search.Scope) (out []string) {
			t.Helper()
			list, err := s.Beside(ctx, w, v, scope, 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range list {
				out = append(out, fmt.Sprintf("%s: %s %d", o.Video.Name, o.Reason, o.Tags))
			}
			return out
		}
		want := []string{"Seen to its end: tags 3", "Two tags: tags 2", "Of the channel: channel 0", "Popular: trend 0"}
		if diff := cmp.Diff(want, beside(nil, search.Everywhere)); diff != "" {
			t.Error(diff)
		}
		reader, _ := f.person("carol", "Carol")
		carol := &user.User{ID: user.ID(reader.UserID), AccountID: reader.AccountID, Role: user.Member}
		if _, err := db.Exec(ctx, `INSERT INTO user_video_history (user_id, video_id, position, created_at, updated_at) VALUES ($1, $2, 97, $3, $3)`, carol.ID, seen.ID, sqldb.Now()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want[1:], beside(carol, search.Everywhere)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"Of the channel: channel 0"}, beside(nil, search.SameChannel)); diff != "" {
			t.Error(diff)
		}
		if got := beside(nil, search.ThisSite); len(got) != 4 {
			t.Error(got)
		}
		if _, err := db.Exec(ctx, `UPDATE videos SET privacy = 3 WHERE id = $1`, seen.ID); err != nil {
			t.Fatal(err)
		}
		if err := f.videos.Touch(ctx, seen.ID); err != nil { // lists let go of what they have read
			t.Fatal(err)
		}
		s.Forget(seen.ID)
		if diff := cmp.Diff(want[1:], beside(nil, search.Everywhere)); diff != "" {
			t.Errorf("beside what has become private: %s", diff)
		}
	})
}

// Who has watched the newest of a channel is shown its older ones, and
// otherwise no more is read than the newest.
func TestOlderVideosOfTheChannelStandBeside(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f, ctx := newFinder(t, db), t.Context()
		var all []*video.Video // the newest last
		for i := range 300 {
			all = append(all, f.add(fmt.Sprintf("Number %d", i), func(v *video.Video) { v.Duration = 100 }))
		}
		index := &countingStore{Search: store.Search{DB: db}}
		s := &search.Related{Store: index, Videos: f.Videos, Watched: index.Watched, Now: func() time.Time { return f.now }}
		reader, _ := f.person("carol", "Carol")
		carol := &user.User{ID: user.ID(reader.UserID), AccountID: reader.AccountID, Role: user.Member}
		watch := func(list []*video.Video) {
			t.Helper()
			for _, v := range list {
				if _, err := db.Exec(ctx, `INSERT INTO user_video_history (user_id, video_id, position, created_at, updated_at) VALUES ($1, $2, 100, $3, $3)`, carol.ID, v.ID, sqldb.Now()); err != nil {
					t.Fatal(err)
				}
			}
		}
		beside := func(want ...int) {
			t.Helper()
			list, err := s.Beside(ctx, carol, all[299], search.SameChannel, 4)
			if err != nil {
				t.Fatal(err)
			}
			var got []int
			for _, o := range list {
				got = append(got, slices.IndexFunc(all, func(v *video.Video) bool { return v.ID == o.Video.ID }))
				if o.Reason != search.ByChannel {
					t.Errorf("%s is there by %s", o.Video.Name, o.Reason)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		}
		watch(all[263:])
		beside(262, 261, 260, 259)
		if index.channels != 1 {
			t.Errorf("the channel was read %d times where its newest are enough", index.channels)
		}
		watch(all[257:263])
		beside(256, 255, 254, 253)
		for _, scope := range []search.Scope{search.Everywhere, search.ThisSite} {
			list, err := s.Beside(ctx, carol, all[299], scope, 4)
			if err != nil || len(list) != 4 {
				t.Errorf("from %q: %d are left where the newest were watched, %v; want 4", scope, len(list), err)
			}
		}
		watch(all[2:257])
		beside(1, 0)
		beside(1, 0)
		if index.channels != 3 {
			t.Errorf("the channel was read %d times in all, want 3", index.channels)
		}
	})
}

// What shares more tags stands first, also where it is of the channel but not
// of its newest.
func TestSharedTagsCountForOlderVideosOfTheChannel(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f := newFinder(t, db)
		v := f.add("This one", tagged("a1", "b2", "c3"))
		f.add("Oldest", tagged("a1", "b2", "c3"))
		f.add("Old", tagged("a1", "b2"))
		for i := range 40 {
			f.add(fmt.Sprintf("Number %d", i))
		}
		f.add("New", tagged("b2", "c3"))
		f.add("Newest", tagged("c3"))
		channel := f.channel
		_, f.channel = f.person("bob", "Bob")
		f.add("Bob's", tagged("a1", "b2"))
		f.channel = channel
		s := &search.Related{Store: store.Search{DB: db}, Videos: f.Videos, Now: f.Now}
		list, err := s.Beside(t.Context(), nil, v, search.Everywhere, 7)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, o := range list {
			got = append(got, fmt.Sprintf("%s: %s %d", o.Video.Name, o.Reason, o.Tags))
		}
		want := []string{"Oldest: tags 3", "New: tags 2", "Old: tags 2", "Bob's: tags 2", "Newest: channel 1", "Number 39: channel 0", "Number 38: channel 0"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// Tags are shared in any case, as search and lists find them, and count once.
func TestTagsAreSharedInAnyCase(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f := newFinder(t, db)
		v := f.add("This one", tagged("GULLS", "Sea", "ÉTÉ", "sea"))
		f.add("Twice the same", tagged("Gulls", "gulls"))
		f.add("Small", tagged("gulls", "sea"))
		f.add("As it is", tagged("GULLS", "Sea", "été"))
		s := &search.Related{Store: store.Search{DB: db}, Videos: f.Videos, Now: f.Now}
		list, err := s.Beside(t.Context(), nil, v, search.Everywhere, 10)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, o := range list {
			got = append(got, fmt.Sprintf("%s: %d", o.Video.Name, o.Tags))
		}
		if diff := cmp.Diff([]string{"As it is: 3", "Small: 2", "Twice the same: 1"}, got); diff != "" {
			t.Error(diff)
		}
		ids, err := store.Search{DB: db}.NewestOfTag(t.Context(), "gulls", 2)
		if diff := cmp.Diff([]video.ID{v.ID + 3, v.ID + 2}, ids); diff != "" || err != nil {
			t.Error(diff, err)
		}
		if ids, err = (store.Search{DB: db}).NewestOfTag(t.Context(), "gulls", 10); len(ids) != 4 || err != nil {
			t.Error(ids, err)
		}
	})
}

type countingStore struct {
	store.Search
	channels int
}

func (s *countingStore) NewestOfChannel(ctx context.Context, id actor.ChannelID, after video.ID, limit int) ([]video.ID, error) {
	s.channels++
	return s.Search.NewestOfChannel(ctx, id, after, limit)
}

func TestOverviewShowsWhatThereIs(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f := newFinder(t, db)
		s := &search.Overview{Store: store.Search{DB: db}, Videos: f.Videos, Now: f.Now}
		for i := range 7 {
			f.add(fmt.Sprintf("Music %d", i), func(v *video.Video) { v.Category, v.Tags = 1, []string{"song"} })
			f.add(fmt.Sprintf("Secret %d", i), func(v *video.Video) { v.Category, v.Tags, v.Privacy = 2, []string{"hidden"}, video.Private })
		}
		list, err := s.Page(t.Context(), nil, 1)
		if err != nil || len(list) != 3 || list[0].Category != 1 || list[1].Channel == nil || list[2].Tag != "song" {
			t.Fatalf("%+v %v", list, err)
		}
		for _, sec := range list {
			if len(sec.Videos) != 7 {
				t.Errorf("%d videos, want 7: %+v", len(sec.Videos), sec)
			}
		}
		if list, err = s.Page(t.Context(), nil, 2); err != nil || len(list) != 0 {
			t.Errorf("a second page: %+v %v", list, err)
		}
	})
}

func TestSuggestionsNameTagsAndChannels(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f := newFinder(t, db)
		f.add("Whales at sea", tagged("Whale watching", "été"))
		f.add("Hidden", private(video.Private), tagged("whale secrets"))
		for text, want := range map[string]string{
			"whale": "#Whale watching, Whales at sea", "WHALE W": "#Whale watching, Whales at sea", "ÉT": "#été, Whales at sea", "alice": "@alice_tv, Whales at sea",
			"whale s": "Whales at sea", "whale_": "Whales at sea", "": "", "https://tube.example/": "",
		} {
			var got []string
			list, err := f.Suggest(t.Context(), nil, text)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range list {
				switch {
				case s.Tag != "":
					got = append(got, "#"+s.Tag)
				case s.Channel != nil:
					got = append(got, "@"+s.Channel.Username)
				default:
					got = append(got, s.Video.Name)
				}
			}
			if diff := cmp.Diff(want, strings.Join(got, ", ")); diff != "" {
				t.Errorf("%q: %s", text, diff)
			}
		}
	})
}

// Of very many, both databases find the same.
func TestSearchFindsTheBestOfVeryMany(t *testing.T) {
	t.Parallel()
	var first []video.ID
	for _, open := range []func(testing.TB) *sqldb.DB{sqldbtest.SQLite, sqldbtest.Postgres} {
		db := open(t)
		if err := filltest.Fill(t.Context(), db, 3000); err != nil {
			t.Fatal(err)
		}
		if err := indexAll(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		videos, now := &store.Videos{DB: db}, time.Now()
		s := &search.Service{
			Store: store.Search{DB: db}, Videos: &video.Service{Store: videos, Now: sqldb.Now}, Site: finderSite,
			Now: func() time.Time { now = now.Add(2 * time.Second); return now },
		}
		var got []video.ID
		for _, p := range []search.Params{
			{Text: "video "},
			{Text: "about squid"},
			{Text: "video", Sort: "-publishedAt"},
			{Text: "abuot sqiud", Filter: video.Filter{Categories: []int{3}}},
			{Text: "video ", Filter: video.Filter{Languages: []string{"fr"}, TagsAllOf: []string{"Tag 8"}}},
		} {
			p.Count = 30
			page, err := s.FindVideos(t.Context(), nil, p)
			if err != nil || len(page.List) == 0 || page.Total > search.MaxResults {
				t.Fatalf("%+v: %d of %d, %v", p, len(page.List), page.Total, err)
			}
			for i, v := range page.List {
				got = append(got, v.ID)
				if i > 0 && p.Sort == "" && strings.Count(p.Text, " ") < 2 && v.Views > page.List[i-1].Views {
					t.Errorf("%+v: %d views after %d", p, v.Views, page.List[i-1].Views)
				}
			}
		}
		if first != nil {
			if diff := cmp.Diff(first, got); diff != "" {
				t.Errorf("the databases differ: %s", diff)
			}
		}
		first = got
	}
}
