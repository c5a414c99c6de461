package outbox_test

import (
	"context"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
)

// A follow that nobody answered is asked for again under its id, but not while
// the first request waits; one that was refused begins anew.
func TestFollowsAreAskedForAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		ctx, began := t.Context(), w.now
		me := &actor.Account{Actor: actor.Actor{ID: ownerActor, URL: ownerURL}}
		known, gone := w.remote("known", "far.example"), w.remote("gone", "gone.example")
		w.remote("fan", "fan.example", w.site.ID) // who waits for this site is none of its follows
		w.tx(func(ctx context.Context) error { return w.out.Follow(ctx, me, "known", "far.example") })
		w.tx(func(ctx context.Context) error { return w.out.Ask(ctx, w.site, "gone", "gone.example") })
		between := func(by, of actor.ID) *follow.Follow {
			t.Helper()
			f, err := w.follows.Between(ctx, by, of)
			w.must(err)
			return f
		}
		first := between(ownerActor, known.ID)
		r := &follow.Renewal{Store: w.follows, Outbound: w.out, Now: func() time.Time { return w.now }, Log: w.out.Log}
		run := func(after time.Duration) []string {
			t.Helper()
			w.now = began.Add(after)
			w.must(r.Run(ctx))
			return w.said()
		}
		if got := run(7 * time.Hour); len(got) != 2 {
			t.Errorf("while the first requests wait: %q, want these two", got)
		}
		w.exec(`DELETE FROM deliveries`)
		w.exec(`DELETE FROM outbox_activities`)
		w.must(w.follows.SetState(ctx, between(w.site.ID, gone.ID).ID, follow.Rejected, w.now))
		w.want("again", run(8*time.Hour), "Follow accounts/person1 > far.example")
		if f := between(ownerActor, known.ID); f.URL != first.URL || !f.UpdatedAt.Equal(w.now) || !f.CreatedAt.Equal(began) {
			t.Errorf("asked again: %+v, first %+v", f, first)
		}
		w.exec(`DELETE FROM deliveries`)
		w.exec(`DELETE FROM outbox_activities`)
		if got := run(9 * time.Hour); len(got) != 0 {
			t.Errorf("too early: %q", got)
		}
		w.must(w.follows.SetState(ctx, first.ID, follow.Accepted, w.now))
		if got := run(40 * time.Hour); len(got) != 0 {
			t.Errorf("what was accepted is asked for: %q", got)
		}
		w.tx(func(ctx context.Context) error { return w.out.Ask(ctx, w.site, "gone", "gone.example") })
		if f := between(w.site.ID, gone.ID); f.State != follow.Pending || !f.CreatedAt.Equal(w.now) {
			t.Errorf("what was refused and is asked for anew: %+v", f)
		}
	})
}
