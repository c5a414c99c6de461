package outbox_test

import (
	"context"
	"slices"
	"testing"

	"sepiola/internal/federation/outbox"
)

// Work may wait for long, after a crash say. Whoever has hidden a video
// meanwhile, and shown it again, is told of once, whichever intent comes first.
func TestAVideoThatWasHiddenBeforeItWasToldIsToldOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		ctx := t.Context()
		w.remote("a", "account.example", ownerActor)
		w.remote("s", "site.example", w.site.ID)
		hide := func() {
			before := w.video(1)
			w.exec(`UPDATE videos SET privacy = 3 WHERE id = 1`)
			w.tx(func(ctx context.Context) error { return w.out.VideoEdited(ctx, before, w.video(1)) })
		}
		show := func() {
			before := w.video(1)
			w.exec(`UPDATE videos SET privacy = 1 WHERE id = 1`)
			w.must(w.out.VideoEdited(ctx, before, w.video(1)))
		}
		creates := func(tell func(list []outbox.Intent)) (n int) {
			t.Helper()
			w.must(w.out.VideoPublished(ctx, 1))
			hide()
			show()
			list := w.intents
			w.intents = nil
			if len(list) != 2 {
				t.Fatalf("%d intents, want the one from before and the one from after", len(list))
			}
			w.messages()
			tell(list)
			w.intents = list
			w.run()
			for _, m := range w.messages() {
				if m.Type == "Create" {
					n++
				}
			}
			return n
		}
		if n := creates(func([]outbox.Intent) {}); n != 1 {
			t.Errorf("the older first: %d times created, want once", n)
		}
		hide()
		w.exec(`UPDATE videos SET privacy = 1 WHERE id = 1`)
		if n := creates(slices.Reverse[[]outbox.Intent]); n != 1 {
			t.Errorf("the newer first: %d times created, want once", n)
		}
	})
}
