package inbox_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"sepiola/internal/storage/store/filltest"
)

// Two sites like the same videos, the one from the first to the last and the
// other the other way round. Batches that held the videos' rows in their own
// order would wait for each other until PostgreSQL undoes one of them.
func TestLanesThatCrossDoNotWaitForEachOther(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		const videos = 3 // all there are
		w.know(alice, mallory)
		var begun, asked atomic.Int64
		inTx := w.processor.InTx
		w.processor.AtOnce = 2
		w.processor.InTx = func(ctx context.Context, fn func(ctx context.Context) error) error {
			asked.Add(1)
			return inTx(ctx, func(ctx context.Context) error {
				begun.Add(1)
				return fn(ctx)
			})
		}
		if _, err := w.db.Exec(t.Context(), `UPDATE videos SET privacy = 1`); err != nil {
			t.Fatal(err)
		}
		for round := range 10 {
			for i := range videos {
				for _, by := range []string{alice, mallory} {
					n, kind := 1+i, "Like"
					if by == mallory {
						n = videos - i
					}
					if round%2 == 1 {
						kind = "Dislike"
					}
					about := "https://bench.example/videos/watch/" + filltest.UUID(n)
					if err := w.deliver(by, encode(t, act(kind, fmt.Sprintf("%s/%s/%d-%d", by, kind, round, n), by, about))); err != nil {
						t.Fatal(err)
					}
				}
			}
			var g sync.WaitGroup
			for _, lane := range []string{"far.test", "evil.test"} {
				g.Go(func() {
					if err := w.processor.Lane(t.Context(), lane); err != nil {
						t.Error(err)
					}
				})
			}
			g.Wait()
		}
		if asked.Load() != begun.Load() {
			t.Errorf("%d transactions had to be begun %d times", asked.Load(), begun.Load())
		}
		if n := w.number(`SELECT COUNT(*) FROM inbox_activities`); n != 0 {
			t.Errorf("%d activities are left", n)
		}
		if n := w.number(`SELECT COUNT(*) FROM video_rates WHERE type = 'dislike'`); n != 2*videos {
			t.Errorf("%d dislikes, want %d", n, 2*videos)
		}
	})
}
