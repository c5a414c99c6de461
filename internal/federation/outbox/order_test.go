package outbox_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/peer"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/httpsig"
	"sepiola/internal/federation/outbox"
	"sepiola/internal/federation/publish"
	"sepiola/internal/storage/store"
)

// reader is a site that reads what it is sent; refuse is what it cannot take.
type reader struct {
	got    []activity.Doc
	refuse func(d activity.Doc) bool
}

// Post implements outbox.Poster.
func (r *reader) Post(_ context.Context, _ string, body []byte, _ httpsig.Signer) error {
	d, err := activity.Decode(body)
	if err != nil {
		return err
	}
	if r.refuse != nil && r.refuse(d) {
		return errs.New(errs.Unavailable, "500")
	}
	r.got = append(r.got, d)
	return nil
}

// names are what it got: the type, and the name of a video.
func (r *reader) names() []string {
	list := []string{}
	for _, d := range r.got {
		name := d.Type()
		if o := d.Object("object"); o != nil {
			name += " " + o.Text("name")
		}
		list = append(list, strings.TrimSpace(name))
	}
	return list
}

// told tells of an intent about the first video.
func (w *world) told(key string, in outbox.Intent) {
	w.t.Helper()
	in.Video, in.At = 1, w.now
	w.must(w.out.Broadcast(w.t.Context(), key, in))
	w.now = w.now.Add(time.Second)
}

func (w *world) renamed(name string) {
	w.t.Helper()
	w.exec(`UPDATE videos SET name = $1 WHERE id = 1`, name)
}

// Edits go before totals, and both say all of the video: the totals that were
// said before an edit must not undo it.
func TestOlderTotalsDoNotUndoAnEdit(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		w.remote("fan", "slow.example", ownerActor)
		far := &reader{}
		w.sent.Post = far
		w.renamed("old name")
		w.told("1", outbox.Intent{Cause: outbox.VideoTotals})
		w.renamed("new name")
		w.told("2", outbox.Intent{Cause: outbox.VideoChanged})
		if _, err := w.sent.Deliver(t.Context(), "slow.example"); err != nil {
			t.Fatal(err)
		}
		w.want("a slow site is told", far.names(), "Update new name")
	})
}

func TestNewerTotalsSayTheEdit(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		w.remote("fan", "slow.example", ownerActor)
		w.renamed("new name")
		w.told("1", outbox.Intent{Cause: outbox.VideoChanged})
		w.told("2", outbox.Intent{Cause: outbox.VideoTotals})
		list := w.messages()
		if len(list) != 1 || list[0].Priority != peer.Normal {
			t.Errorf("an edit and totals: got %d messages, want one that goes as early as the edit would have: %+v", len(list), list)
		}
	})
}

// A site that is away hears of a video once, however often that was liked.
func TestASiteThatSleepsIsToldTheEndOfIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		w.remote("fan", "away.example", ownerActor)
		w.remote("more", "here.example", ownerActor)
		far := &reader{}
		w.sent.Post = far
		for i := range 30 {
			w.renamed("name " + string(rune('A'+i)))
			w.told(string(rune('A'+i)), outbox.Intent{Cause: outbox.VideoTotals})
			if _, err := w.sent.Deliver(t.Context(), "here.example"); err != nil {
				t.Fatal(err)
			}
		}
		if len(far.got) != 30 {
			t.Errorf("who is there was told %d times, want 30", len(far.got))
		}
		far.got = nil
		if _, err := w.sent.Deliver(t.Context(), "away.example"); err != nil {
			t.Fatal(err)
		}
		w.want("who was away", far.names(), "Update name ^")
	})
}

// What was said of a video before it became private does not come after its
// deletion: it would bring it back.
func TestNothingOfAVideoComesAfterItsDeletion(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		w.remote("fan", "slow.example", ownerActor)
		far := &reader{}
		w.sent.Post = far
		w.told("1", outbox.Intent{Cause: outbox.VideoTotals})
		before := w.video(1)
		w.exec(`UPDATE videos SET privacy = 3 WHERE id = 1`)
		w.tx(func(ctx context.Context) error { return w.out.VideoEdited(ctx, before, w.video(1)) })
		if _, err := w.sent.Deliver(t.Context(), "slow.example"); err != nil {
			t.Fatal(err)
		}
		w.want("a slow site is told", far.names(), "Delete")
	})
}

// What fails often lets others pass, but none that is about the same.
func TestWhatIsAboutOneThingDoesNotPass(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		ctx := t.Context()
		w.remote("fan", "ill.example", ownerActor, 3)
		ill := true
		far := &reader{refuse: func(d activity.Doc) bool {
			return ill && d.Type() == "Create" && d.Object("object").Text("content") == "bad"
		}}
		w.sent.Post = far
		w.must(w.out.Shares.Share(ctx, w.site.ID, 1, "https://bench.example/share", w.now))
		bad := w.comment(&comment.Comment{VideoID: 1, AccountID: 2, Text: "bad"})
		w.must(w.out.CommentPublished(ctx, bad, w.video(1)))
		w.run()
		for range 4 { // until others may pass
			again, _ := w.sent.Deliver(ctx, "ill.example")
			w.now = w.now.Add(24 * time.Hour)
			if again.After(w.now) {
				w.now = again
			}
		}
		w.tx(func(ctx context.Context) error { return w.out.CommentDeleted(ctx, bad, w.video(1)) })
		good := w.comment(&comment.Comment{VideoID: 1, AccountID: 2, Text: "good"})
		w.must(w.out.CommentPublished(ctx, good, w.video(1)))
		w.run()
		if _, err := w.sent.Deliver(ctx, "ill.example"); err != nil {
			t.Fatal(err)
		}
		w.want("while one cannot be taken", far.names(), "Create")
		far.got, ill = nil, false
		w.now = w.now.Add(24 * time.Hour)
		if _, err := w.sent.Deliver(ctx, "ill.example"); err != nil {
			t.Fatal(err)
		}
		w.want("when it can", far.names(), "Create", "Delete")
	})
}

func TestALikeAndItsEndAreAboutTheSame(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		v, _ := w.remoteVideo()
		_, err := (store.Rates{DB: w.db, Videos: w.videos}).Put(t.Context(), video.Rate{AccountID: 1, VideoID: v.ID, Type: video.RateLike, URL: "https://x", CreatedAt: w.now})
		w.must(err)
		w.must(w.out.Broadcast(t.Context(), "1", outbox.Intent{Cause: outbox.VideoRated, Video: v.ID, Account: 1, Before: video.RateNone, After: video.RateLike, At: w.now}))
		w.exec(`DELETE FROM video_rates`)
		w.must(w.out.Broadcast(t.Context(), "2", outbox.Intent{Cause: outbox.VideoRated, Video: v.ID, Account: 1, Before: video.RateLike, After: video.RateNone, At: w.now}))
		list, err := w.out.Store.Next(t.Context(), "origin.example", 10)
		w.must(err)
		if len(list) != 2 || list[0].Activity.Subject == "" || list[0].Activity.Subject != list[1].Activity.Subject {
			t.Fatalf("got %+v", list)
		}
	})
}

// An Update that brings a new key is signed by the old one; the next one is
// not, and would be refused without it.
func TestAnUpdateWithANewKeyIsNotReplaced(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		w.out.ActorDocuments = w.out.Notes.(*publish.Documents)
		w.remote("fan", "far.example", ownerActor)
		w.rotate(ownerActor)
		w.must(w.out.Broadcast(t.Context(), "1", outbox.Intent{Cause: outbox.AccountChanged, Account: 1, At: w.now}))
		if got := w.said(); !slices.Equal(got, []string{"Update accounts/person1 > far.example", "Update accounts/person1 > far.example"}) {
			t.Errorf("got %q", got)
		}
	})
}
