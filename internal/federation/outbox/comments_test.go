package outbox_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/peer"
	"sepiola/internal/domain/video"
	"sepiola/internal/federation/activity"
	"sepiola/internal/storage/store"
)

func TestCommentsReachThoseConcerned(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		ctx := t.Context()
		w.remote("f", "fan.example", 3) // of the commenter
		w.remote("s", "site.example", w.site.ID)
		asker := w.remote("q", "asker.example")
		w.must(w.out.Shares.Share(ctx, w.site.ID, 1, "https://bench.example/share", w.now))
		thread := w.comment(&comment.Comment{VideoID: 1, AccountID: asker.AccountID, Remote: true, URL: "https://asker.example/n/1", Text: "why?"})
		w.must(w.out.CommentPublished(ctx, thread, w.video(1)))
		if len(w.intents) > 0 {
			t.Errorf("a comment of another site: got %v", w.intents)
		}
		reply := w.comment(&comment.Comment{VideoID: 1, AccountID: 2, Text: "because", ReplyTo: thread.ID})
		w.must(w.out.CommentPublished(ctx, reply, w.video(1)))
		w.run()
		list := w.messages()
		if len(list) != 1 || list[0].Type != "Create" || !slices.Equal(list[0].To, []string{"asker.example", "fan.example", "site.example"}) {
			t.Fatalf("a reply: got %+v", list)
		}
		verify(t, list[0])
		if note, _ := list[0].Body["object"].(map[string]any); note["inReplyTo"] != thread.URL {
			t.Errorf("inReplyTo: got %v", note["inReplyTo"])
		}
		w.tx(func(ctx context.Context) error { return w.out.CommentDeleted(ctx, reply, w.video(1)) })
		w.want("deleted", w.said(), "Delete accounts/person2 > asker.example fan.example site.example")
		w.tx(func(ctx context.Context) error { return w.out.CommentDeleted(ctx, thread, w.video(1)) })
		list = w.messages()
		if len(list) != 1 || list[0].Actor != ownerURL || !activity.SameHost(list[0].ID, ownerURL) || !slices.Equal(list[0].To, []string{"asker.example", "site.example"}) {
			t.Errorf("the owner deletes another's: got %+v", list)
		}
		withdrawn := *thread
		withdrawn.Withdrawn = true
		w.tx(func(ctx context.Context) error { return w.out.CommentDeleted(ctx, &withdrawn, w.video(1)) })
		w.want("deleted by its own site", w.said())

		held := w.comment(&comment.Comment{VideoID: 1, AccountID: asker.AccountID, Remote: true, URL: "https://asker.example/n/2", Text: "hm", HeldForReview: true})
		w.must(w.out.CommentPublished(ctx, held, w.video(1)))
		if len(w.intents) > 0 {
			t.Errorf("a held comment: got %v", w.intents)
		}
		if _, err := w.comments.Approve(ctx, held.ID, w.now); err != nil {
			t.Fatal(err)
		}
		held, err := w.comments.ByID(ctx, held.ID)
		w.must(err)
		told := *held
		told.JustApproved = true
		w.must(w.out.CommentPublished(ctx, &told, w.video(1)))
		w.run()
		list = w.messages()
		if len(list) != 1 || list[0].Type != "ApproveReply" || !activity.SameHost(list[0].ID, ownerURL) || !slices.Equal(list[0].To, []string{"asker.example"}) {
			t.Errorf("approved: got %+v", list)
		}

		w.must(w.out.Forward(ctx, 1, "https://asker.example/n/2/activity", "Create", []byte(`{"as":"it came","signature":{"type":"RsaSignature2017","creator":"https://asker.example/u/q"}}`), "site.example"))
		if got := w.said(); len(got) != 0 {
			t.Errorf("passed on to whom it came from: %q", got)
		}
		w.must(w.out.Forward(ctx, 1, "https://asker.example/n/2/activity", "Create", []byte(`{"as":"it came","signature":{"type":"RsaSignature2017","creator":"https://asker.example/u/q"}}`), "asker.example"))
		if got := w.messages(); len(got) != 1 || len(got[0].Body) != 2 || !slices.Equal(got[0].To, []string{"site.example"}) {
			t.Errorf("passed on: got %+v", got)
		}
	})
}

// remoteVideo makes the video 2 one of another site.
func (w *world) remoteVideo() (*video.Video, *actor.Account) {
	w.t.Helper()
	owner := w.remote("owner", "origin.example")
	ch := &actor.Channel{Actor: actor.Actor{
		Type: actor.Group, Username: "films", Host: "origin.example", URL: "https://origin.example/c/films", InboxURL: "https://origin.example/c/films/inbox",
		CreatedAt: w.now, UpdatedAt: w.now,
	}, DisplayName: "Films", OwnerID: owner.AccountID}
	w.must(store.Actors{DB: w.db}.CreateChannel(w.t.Context(), ch))
	w.exec(`UPDATE videos SET channel_id = $1, remote = TRUE, url = 'https://origin.example/v/2' WHERE id = 2`, ch.ChannelID)
	return w.video(2), owner
}

func TestRatingsGoToTheOwner(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		ctx := t.Context()
		v, _ := w.remoteVideo()
		rates := store.Rates{DB: w.db, Videos: w.videos}
		rate := func(after video.RateType) {
			r := video.Rate{AccountID: 1, VideoID: v.ID, Type: after, URL: video.RateURL(ownerURL, after, v.ID), CreatedAt: w.now}
			before, err := rates.Put(ctx, r)
			w.must(err)
			w.must(w.out.VideoRated(ctx, r, before, v))
		}
		rate(video.RateLike)
		w.run()
		w.want("like", w.said(), "Like accounts/person1 > origin.example")
		rate(video.RateDislike)
		w.run()
		w.want("dislike after it", w.said(), "Undo accounts/person1 > origin.example", "Dislike accounts/person1 > origin.example")
		rate(video.RateNone)
		rate(video.RateLike)
		rate(video.RateNone)
		w.run()
		for _, s := range w.said() {
			if strings.HasPrefix(s, "Like") {
				t.Errorf("what was taken back before it was told: got %s", s)
			}
		}
		w.must(w.out.VideoRated(ctx, video.Rate{AccountID: 1, VideoID: 1, Type: video.RateLike}, video.RateNone, w.video(1)))
		w.must(w.out.VideoRated(ctx, video.Rate{AccountID: 2, VideoID: 1, Type: video.RateLike}, video.RateNone, w.video(1)))
		if len(w.intents) != 2 || !cmp.Equal(w.intents[0], w.intents[1]) || w.intents[0].Until.IsZero() || w.intents[0].Until.Sub(w.now) > time.Minute+3*time.Second {
			t.Errorf("likes of a local video: got %+v, want equal ones that are one in the queue", w.intents)
		}
	})
}

func TestACommentOnARemoteVideoGoesToItsOwner(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		v, _ := w.remoteVideo()
		c := w.comment(&comment.Comment{VideoID: v.ID, AccountID: 1, Text: "nice"})
		w.must(w.out.CommentPublished(t.Context(), c, v))
		w.run()
		w.want("comment", w.said(), "Create accounts/person1 > origin.example")
		w.exec(`UPDATE servers SET software = 'mastodon' WHERE host = 'origin.example'`)
		for _, software := range []string{"mastodon", "peertube"} {
			w.exec(`UPDATE servers SET software = $1 WHERE host = 'origin.example'`, software)
			w.must(w.out.Viewed(t.Context(), v.ID, 1))
			w.run()
			list := w.messages()
			if n := len(list); n == 1 != (software == "peertube") {
				t.Errorf("a view to %s: got %d messages", software, n)
			}
			if len(list) == 1 && (list[0].Actor != siteURL || list[0].Priority != peer.Droppable) {
				t.Errorf("a view: got %+v", list[0])
			}
		}
	})
}

// The owner of a video elsewhere hears of what waits for approval, and nobody
// else; all do when it is approved.
func TestACommentThatWaitsGoesToTheOwnerOnly(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		v, _ := w.remoteVideo()
		w.remote("fan", "fan.example", ownerActor)
		c := w.comment(&comment.Comment{VideoID: v.ID, AccountID: 1, Text: "may I?", HeldForReview: true})
		w.must(w.out.CommentPublished(t.Context(), c, v))
		w.run()
		held := w.messages()
		if len(held) != 1 || held[0].Type != "Create" || !slices.Equal(held[0].To, []string{"origin.example"}) {
			t.Fatalf("held: got %+v", held)
		}
		w.exec(`UPDATE comments SET held_for_review = FALSE WHERE id = $1`, c.ID)
		approved := *c
		approved.HeldForReview, approved.JustApproved = false, true
		w.must(w.out.CommentPublished(t.Context(), &approved, v))
		w.run()
		if list := w.messages(); len(list) != 1 || list[0].ID == held[0].ID || !slices.Equal(list[0].To, []string{"fan.example", "origin.example"}) {
			t.Errorf("approved: got %+v", list)
		}

		taken := w.comment(&comment.Comment{VideoID: v.ID, AccountID: 1, Text: "no, wait", HeldForReview: true})
		w.must(w.out.CommentDeleted(t.Context(), taken, v))
		w.want("taken back", w.said(), "Delete accounts/person1 > origin.example")
		taken.Withdrawn = true
		w.must(w.out.CommentDeleted(t.Context(), taken, v))
		w.want("refused by the owner", w.said())

		asker := w.remote("asker", "asker.example")
		mine := w.comment(&comment.Comment{VideoID: 1, AccountID: asker.AccountID, Remote: true, Text: "please", HeldForReview: true})
		w.must(w.out.CommentDeleted(t.Context(), mine, w.video(1)))
		w.want("refused here", w.said(), "Delete accounts/person1 > asker.example")
	})
}
