package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/peer"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/outbox"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

func TestAVideoIsToldToThoseWhoFollow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		w.remote("a", "account.example", ownerActor)
		w.remote("c", "channel.example", channelActor)
		w.remote("s", "site.example", w.site.ID)
		w.must(w.out.VideoPublished(t.Context(), 1))
		in := w.intents[0]
		w.run()
		list := w.messages()
		var got []string
		for _, m := range list {
			got = append(got, m.Type+" "+m.Actor+" "+strings.Join(m.To, " "))
			verify(t, m)
		}
		w.want("published", got, "Create "+ownerURL+" account.example",
			"Announce "+siteURL+" site.example", "Announce "+channelURL+" channel.example site.example")
		if object, _ := list[0].Body["object"].(map[string]any); object["type"] != "Video" || list[0].ID != w.video(1).URL+"/activity" {
			t.Errorf("the document: got %s %v", list[0].ID, object["type"])
		}
		w.must(w.out.Broadcast(t.Context(), "again", in))
		w.messages()
		w.must(w.out.Broadcast(t.Context(), "again", in)) // the job was cut off and runs again
		if twice := w.messages(); len(twice) != 0 {
			t.Errorf("the same job again: got %d messages, want none", len(twice))
		}
		w.must(w.out.VideoEdited(t.Context(), w.video(1), w.video(1)))
		w.run()
		w.want("changed", w.said(), "Update accounts/person1 > account.example channel.example site.example")
	})
}

// PeerTube refuses what has no picture, so it is waited for, but not for ever.
func TestAVideoIsToldWithItsPicture(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		w.remote("c", "channel.example", channelActor)
		w.exec(`DELETE FROM thumbnails`)
		w.exec(`UPDATE videos SET pictures = ''`)
		w.must(w.out.VideoPublished(t.Context(), 1))
		in := w.intents[0]
		if err := w.out.Broadcast(t.Context(), "1", in); !errors.Is(err, outbox.ErrEarly) {
			t.Errorf("without a picture: got %v, want ErrEarly", err)
		}
		w.want("without a picture", w.said())
		w.now = w.now.Add(3 * time.Minute)
		w.must(w.out.Broadcast(t.Context(), "1", in))
		if len(w.said()) == 0 {
			t.Error("a video that never has a picture was not told")
		}
	})
}

// What is not for everybody leaves the site by no way.
func TestPrivateThingsAreNotTold(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		w.remote("a", "far.example", ownerActor, channelActor, w.site.ID)
		ctx := t.Context()
		for _, p := range []video.Privacy{video.Unlisted, video.Private, video.InternalOnly, video.PasswordProtected} {
			w.exec(`UPDATE videos SET privacy = $1 WHERE id = 1`, p)
			v := w.video(1)
			c := w.comment(&comment.Comment{VideoID: 1, AccountID: 2, Text: "secret"})
			w.must(w.out.VideoPublished(ctx, 1))
			w.must(w.out.VideoEdited(ctx, v, v))
			w.must(w.out.VideoEdited(ctx, nil, v))
			w.must(w.out.VideoChanged(ctx, 1))
			w.must(w.out.VideoFiles(ctx, 1))
			w.must(w.out.VideoRated(ctx, video.Rate{AccountID: 2, VideoID: 1, Type: video.RateLike}, video.RateNone, v))
			w.must(w.out.CommentPublished(ctx, c, v))
			w.must(w.out.CommentDeleted(ctx, c, v))
			w.must(w.out.Watching(ctx, map[video.ID]int64{1: 3}))
			w.must(w.out.Forward(ctx, 1, "https://x.example/1", "Create", []byte(`{}`), ""))
			w.intents = append(w.intents, outbox.Intent{Cause: outbox.CommentWritten, Comment: c.ID}, outbox.Intent{Cause: outbox.VideoMoved, Video: 1, Channel: 2})
			w.run()
			w.must(w.out.VideoDeleted(ctx, v))
			if got := w.said(); len(got) > 0 {
				t.Errorf("of a video of privacy %d: said %q", p, got)
			}
			if _, _, err := (store.PeerTombstones{DB: w.db}).Buried(ctx, v.URL); !errs.Is(err, errs.NotFound) {
				t.Errorf("a video of privacy %d that is deleted: got %v, want that nobody learns that it was", p, err)
			}
		}
	})
}

func TestNothingIsToldWithoutFederation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		w.remote("a", "far.example", ownerActor, channelActor, w.site.ID)
		w.rules.Enabled = false
		w.must(w.out.VideoPublished(t.Context(), 1))
		w.must(w.out.VideoDeleted(t.Context(), w.video(1)))
		w.must(w.out.AccountDeleted(t.Context(), 1))
		if err := w.out.Follow(t.Context(), &actor.Account{Actor: actor.Actor{ID: 1}}, "x", "far.example"); !errs.Is(err, errs.NotSupported) {
			t.Errorf("a follow: got %v, want NotSupported", err)
		}
		if len(w.intents) > 0 || len(w.said()) > 0 {
			t.Errorf("got %v", w.intents)
		}
	})
}

func TestAVideoThatBecomesPrivateIsGone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		ctx := t.Context()
		w.remote("a", "account.example", ownerActor)
		w.remote("s", "site.example", w.site.ID)
		w.must(w.out.VideoPublished(ctx, 1))
		w.run()
		first := w.messages()
		before := w.video(1)
		w.exec(`UPDATE videos SET privacy = 3 WHERE id = 1`)
		w.tx(func(ctx context.Context) error { return w.out.VideoEdited(ctx, before, w.video(1)) })
		w.want("private", w.said(), "Delete accounts/person1 > account.example site.example")
		if !slices.Equal(w.hosts[len(w.hosts)-2:], []string{"account.example", "site.example"}) {
			t.Errorf("hosts that were asked for: got %v", w.hosts)
		}
		hidden := w.video(1)
		w.exec(`UPDATE videos SET privacy = 1 WHERE id = 1`)
		w.must(w.out.VideoEdited(ctx, hidden, w.video(1)))
		w.run()
		second := w.messages()
		if len(second) != len(first) || second[0].Type != "Create" || second[0].ID == first[0].ID || second[1].ID == first[1].ID {
			t.Errorf("public again: got %d messages, want the same under other ids, as others forget none", len(second))
		}
	})
}

func TestDeletionsOutliveTheirActors(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		w.remote("a", "account.example", ownerActor)
		w.remote("c", "channel.example", channelActor)
		w.remote("s", "site.example", w.site.ID)
		urls := []string{ownerURL, channelURL, w.video(1).URL}
		w.tx(func(ctx context.Context) error {
			w.must(w.out.ChannelDeleted(ctx, 1))
			w.must(w.out.AccountDeleted(ctx, 1))
			return store.Actors{DB: w.db}.DeleteOfUser(ctx, 1)
		})
		for _, h := range []string{"account.example", "channel.example", "site.example"} {
			if again, err := w.sent.Deliver(t.Context(), h); err != nil || !again.IsZero() {
				t.Fatalf("deliver to %s: %v %v", h, again, err)
			}
		}
		slices.Sort(w.keyIDs)
		w.want("signed by", w.keyIDs, ownerURL+"#main-key", ownerURL+"#main-key", channelURL+"#main-key", channelURL+"#main-key")
		for _, url := range urls {
			if _, _, err := (store.PeerTombstones{DB: w.db}).Buried(t.Context(), url); err != nil {
				t.Errorf("%s is not buried: %v", url, err)
			}
		}
	})
}

// An edit that is read while another one is being told of is told of after it:
// what comes last is what is true.
func TestEditsAreToldInTheirOrder(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		w.remote("fan", "fan.example", ownerActor)
		slow := &slowVideos{Videos: w.out.Videos, reading: make(chan struct{}), hold: make(chan struct{})}
		w.out.Videos = slow
		first := make(chan error, 1)
		go func() {
			first <- w.out.Broadcast(t.Context(), "first", outbox.Intent{Cause: outbox.VideoChanged, Video: 1, At: w.now})
		}()
		<-slow.reading
		w.exec(`UPDATE videos SET name = 'newer' WHERE id = 1`)
		second := make(chan error, 1)
		go func() {
			second <- w.out.Broadcast(t.Context(), "second", outbox.Intent{Cause: outbox.VideoChanged, Video: 1, At: w.now.Add(time.Second)})
		}()
		select {
		case err := <-second:
			t.Errorf("the second did not wait for the first (%v)", err)
		case <-time.After(100 * time.Millisecond): // it waits
		}
		close(slow.hold)
		w.must(<-first)
		w.must(<-second)
		list := w.messages()
		if len(list) != 1 { // the second replaces the first
			t.Fatalf("got %d messages", len(list))
		}
		if object, _ := list[0].Body["object"].(map[string]any); object["name"] != "newer" {
			t.Errorf("last came %v", object["name"])
		}
	})
}

// slowVideos holds the first who has read a video.
type slowVideos struct {
	outbox.Videos
	once          sync.Once
	reading, hold chan struct{}
}

func (s *slowVideos) ByRef(ctx context.Context, ref video.Ref) (*video.Video, error) {
	v, err := s.Videos.ByRef(ctx, ref)
	s.once.Do(func() {
		close(s.reading)
		<-s.hold
	})
	return v, err
}

func TestAVideoMovesToAnotherChannel(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		ctx := t.Context()
		w.remote("c", "old.example", channelActor)
		w.remote("d", "new.example", 4)
		w.must(w.out.VideoPublished(ctx, 1))
		w.run()
		w.messages()
		before := w.video(1)
		w.exec(`UPDATE videos SET channel_id = 2 WHERE id = 1`)
		w.must(w.out.VideoEdited(ctx, before, w.video(1)))
		w.run()
		w.want("moved", w.said(), "Undo video-channels/person1_channel > old.example", "Update accounts/person2 > old.example",
			"Announce video-channels/person2_channel > new.example")
	})
}

func TestActorsAndPlaylists(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		ctx := t.Context()
		w.remote("a", "account.example", ownerActor)
		sharer := w.remote("s", "sharer.example")
		w.must(w.out.Shares.Share(ctx, sharer.ID, 1, "https://sharer.example/s", w.now))
		w.remote("f", "site.example", w.site.ID) // who follows the site sees its videos
		w.must(w.out.Shares.Share(ctx, w.site.ID, 1, "https://bench.example/s", w.now))
		w.must(w.out.ActorEdited(ctx, ownerActor))
		w.must(w.out.ActorEdited(ctx, channelActor))
		w.run()
		list := w.messages()
		if len(list) != 2 || list[0].Type != "Update" || !slices.Equal(list[0].To, []string{"account.example", "sharer.example", "site.example"}) ||
			!slices.Equal(list[1].To, []string{"sharer.example", "site.example"}) {
			t.Errorf("actors changed: got %+v", list)
		}
		if object, _ := list[0].Body["object"].(map[string]any); !strings.Contains(activity.Doc(object).Object("publicKey").Text("publicKeyPem"), "PUBLIC KEY") {
			t.Error("the document of an account has no key")
		}
		p := &playlist.Playlist{
			UUID: video.NewUUID(), URL: "https://bench.example/video-playlists/x", Type: playlist.Regular, Privacy: playlist.Public, Name: "List",
			OwnerID: 1, ChannelID: 1, CreatedAt: w.now, UpdatedAt: w.now,
		}
		w.must(w.out.Playlists.(store.Playlists).Create(ctx, p))
		w.must(w.out.PlaylistSaved(ctx, p, 0))
		w.must(w.out.PlaylistSaved(ctx, p, playlist.Public))
		w.run()
		w.want("playlist", w.said(), "Create accounts/person1 > account.example site.example", "Update accounts/person1 > account.example site.example")
		w.tx(func(ctx context.Context) error { return w.out.PlaylistDeleted(ctx, p) })
		w.want("its end", w.said(), "Delete accounts/person1 > account.example site.example")
		p.Privacy = playlist.Unlisted
		w.must(w.out.PlaylistSaved(ctx, p, 0))
		w.must(w.out.PlaylistSaved(ctx, p, playlist.Private))
		w.must(w.out.PlaylistDeleted(ctx, p))
		if len(w.intents) > 0 || len(w.said()) > 0 {
			t.Errorf("an unlisted playlist: got %v", w.intents)
		}
	})
}

func TestFollowsAreAskedAndAnswered(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		ctx := t.Context()
		me := &actor.Account{Actor: actor.Actor{ID: ownerActor, URL: ownerURL}}
		known := w.remote("known", "far.example")
		w.tx(func(ctx context.Context) error { return w.out.Follow(ctx, me, "known", "far.example") })
		list := w.messages()
		if len(list) != 1 || list[0].Type != "Follow" || list[0].Priority != peer.First || list[0].Body["object"] != known.URL || list[0].Body["signature"] != nil {
			t.Fatalf("a follow: got %+v", list)
		}
		f, err := w.follows.Between(ctx, ownerActor, known.ID)
		if err != nil || f.State != follow.Pending {
			t.Fatalf("the follow: got %+v %v", f, err)
		}
		w.must(w.follows.SetState(ctx, f.ID, follow.Accepted, w.now))
		w.tx(func(ctx context.Context) error { return w.out.Follow(ctx, me, "known", "far.example") })
		if got := w.said(); len(got) != 0 {
			t.Errorf("what is accepted was asked for again: %q", got)
		}
		w.tx(func(ctx context.Context) error { return w.out.Undo(ctx, me, f) })
		list = w.messages()
		if len(list) != 1 || list[0].Type != "Undo" || activity.Doc(list[0].Body).Object("object").ID() != f.URL {
			t.Errorf("undo: got %+v", list)
		}

		w.must(w.out.Ask(ctx, w.site, "", "new.example"))
		if len(w.wishes) != 1 || w.wishes[0] != (outbox.Wish{Follower: w.site.ID, Host: "new.example"}) {
			t.Fatalf("a site that is not known: got %+v", w.wishes)
		}
		if err := w.out.Fulfil(ctx, w.wishes[0]); !errs.Is(err, errs.NotFound) {
			t.Errorf("a site that does not exist: got %v", err)
		}
		other := w.remote("peertube", "new.example")
		w.found["new.example"] = &other.Actor
		w.must(w.out.Fulfil(ctx, w.wishes[0]))
		w.want("a site", w.said(), "Follow accounts/peertube > new.example")
		if len(w.events) != 0 {
			t.Errorf("what administrators ask for is told to them: %q", w.events)
		}
		w.must(w.out.AskByItself(ctx, w.site, "index.example"))
		if wish := w.wishes[1]; wish != (outbox.Wish{Follower: w.site.ID, Host: "index.example", ByItself: true}) {
			t.Fatalf("by itself: got %+v", wish)
		}
		listed := w.remote("peertube", "index.example")
		w.found["index.example"] = &listed.Actor
		w.must(w.out.Fulfil(ctx, w.wishes[1]))
		w.must(w.out.Fulfil(ctx, w.wishes[1])) // jobs may run twice
		w.want("by itself", w.said(), "Follow accounts/peertube > index.example", "Follow accounts/peertube > index.example")
		w.want("who is told", w.events, fmt.Sprintf("followed %d by itself: pending", listed.ID))

		fan := w.remote("fan", "fan.example", w.site.ID)
		back, err := w.follows.Between(ctx, fan.ID, w.site.ID)
		w.must(err)
		doc := activity.Doc{"id": back.URL, "type": "Follow", "actor": fan.URL, "object": siteURL}
		w.tx(func(ctx context.Context) error { return w.out.Accept(ctx, back, doc) })
		w.tx(func(ctx context.Context) error { return w.out.Reject(ctx, w.site.ID, fan.ID, doc) })
		w.want("answers", w.said(), "Accept accounts/peertube > fan.example", "Reject accounts/peertube > fan.example")
	})
}

func TestViewsElsewhereAreToldTogether(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		v, _ := w.remoteVideo()
		w.exec(`UPDATE servers SET software = 'peertube'`)
		for range 20 {
			w.tx(func(ctx context.Context) error { return w.out.Viewed(ctx, v.ID, 3) })
		}
		undone := errors.New("undone")
		if err := w.db.InTx(t.Context(), func(ctx context.Context) error {
			w.must(w.out.Viewed(ctx, v.ID, 1000))
			return undone
		}); !errors.Is(err, undone) {
			t.Fatal(err)
		}
		if len(w.intents) != 0 || len(w.later) != 1 {
			t.Fatalf("before the time has come: %d intents, %d times something put off", len(w.intents), len(w.later))
		}
		w.later[0]()
		w.later = nil
		if len(w.intents) != 2 || w.intents[0].Count != 50 || w.intents[1].Count != 10 {
			t.Fatalf("60 views: got %+v", w.intents)
		}
		w.run()
		ids := map[string]bool{}
		for _, m := range w.messages() {
			if m.Type != "View" || m.Priority != peer.Droppable || !slices.Equal(m.To, []string{"origin.example"}) {
				t.Errorf("got %+v", m)
			}
			ids[m.ID] = true
		}
		if len(ids) != 60 {
			t.Errorf("60 views: %d ids", len(ids))
		}
		w.must(w.out.Viewed(t.Context(), v.ID, 1))
		if len(w.later) != 1 {
			t.Error("the next view is never told")
		}
	})
}

func TestIntentsOfWhatIsGoneSayNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		for _, c := range []outbox.Cause{
			outbox.VideoPublished, outbox.VideoChanged, outbox.VideoTotals, outbox.VideoMoved, outbox.VideoRated, outbox.VideoViewed, outbox.VideoWatched, outbox.VideoSeen,
			outbox.CommentWritten, outbox.CommentApproved, outbox.AccountChanged, outbox.ChannelChanged, outbox.PlaylistCreated, outbox.PlaylistChanged,
			outbox.VideoPlayerSet, outbox.ChannelPlayerSet,
		} {
			in := outbox.Intent{Cause: c, Video: 9999, Comment: 9999, Account: 9999, Channel: 9999, Playlist: 9999, At: sqldb.Now()}
			if err := w.out.Broadcast(t.Context(), string(c), in); err != nil {
				t.Errorf("%s of nothing: %v", c, err)
			}
		}
		if err := w.out.Broadcast(t.Context(), "x", outbox.Intent{Cause: "dance"}); !errs.Is(err, errs.Invalid) {
			t.Errorf("an unknown cause: got %v, want Invalid", err)
		}
		if got := w.said(); len(got) > 0 {
			t.Errorf("said %q", got)
		}
	})
}
