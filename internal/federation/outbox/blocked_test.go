package outbox_test

import (
	"testing"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/peer"
	"sepiola/internal/errs"
	"sepiola/internal/federation/outbox"
)

// block makes the administrators block a host.
func (w *world) block(host string) {
	w.t.Helper()
	w.exec(`INSERT INTO server_blocks (target_server_id, created_at) SELECT id, $2 FROM servers WHERE host = $1`, host, w.now)
}

// Who is blocked hears nothing, also of what was said before, and of what is
// said to nobody else.
func TestWhoIsBlockedHearsNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		ctx := t.Context()
		w.remote("fan", "far.example", ownerActor)
		w.remote("fan", "near.example", ownerActor)
		w.waiting("video", peer.Normal, "far.example", "near.example")
		w.waiting("accept", peer.First, "far.example")
		w.block("far.example")
		for _, host := range []string{"far.example", "near.example"} {
			if again, err := w.sent.Deliver(ctx, host); err != nil || !again.IsZero() {
				t.Errorf("%s: got %v %v", host, again, err)
			}
		}
		w.want("delivered", w.got, "https://near.example/video")
		if left := w.left("far.example"); len(left) != 0 {
			t.Errorf("%v still wait for who is blocked", left)
		}
		w.must(w.out.VideoPublished(ctx, 1))
		w.run()
		for _, m := range w.messages() {
			if len(m.To) != 1 || m.To[0] != "near.example" {
				t.Errorf("%s goes to %v", m.Type, m.To)
			}
		}
	})
}

func TestWhoIsBlockedIsNotAskedForAFollow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		ctx := t.Context()
		other := w.remote("films", "far.example")
		w.found["far.example"] = &other.Actor
		w.block("far.example")
		me := &actor.Account{Actor: actor.Actor{ID: ownerActor, URL: ownerURL}}
		if err := w.out.Follow(ctx, me, "films", "far.example"); !errs.Is(err, errs.Forbidden) {
			t.Errorf("one that is known: got %v, want Forbidden", err)
		}
		if err := w.out.Fulfil(ctx, outbox.Wish{Follower: w.site.ID, Host: "far.example"}); !errs.Is(err, errs.Forbidden) {
			t.Errorf("the site: got %v, want Forbidden", err)
		}
		if got := w.said(); len(got) != 0 {
			t.Errorf("said %q", got)
		}
		if _, err := w.follows.Between(ctx, ownerActor, other.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("the follow: got %v, want none (%s)", err, follow.Pending)
		}
	})
}
