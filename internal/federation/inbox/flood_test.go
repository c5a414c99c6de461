package inbox_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"sepiola/internal/errs"
)

// More than ten thousand activities of one host at once, fifty in each request:
// its lane takes so many, the rest is told to come later, and others are heard
// and done meanwhile.
func TestAFloodAtOnceStarvesNobody(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.know(alice, bob, mallory)
		const requests, each, most = 230, 50, 10_000
		var taken, refused atomic.Int64
		list := make(chan int)
		var g sync.WaitGroup
		for range 8 {
			g.Go(func() {
				for n := range list {
					var items []any
					for i := range each {
						items = append(items, act("View", fmt.Sprintf("%s/views/%d-%d", mallory, n, i), mallory, mine()))
					}
					err := w.deliver(mallory, encode(t, obj{"type": "OrderedCollection", "id": mallory + "/list", "orderedItems": items}))
					switch {
					case err == nil:
						taken.Add(each)
					case errs.Is(err, errs.TooMany):
						refused.Add(each)
					default:
						t.Errorf("a list: %v", err)
					}
				}
			})
		}
		for n := range requests {
			list <- n
			if n%100 == 50 { // in the middle of it
				by := []string{alice, bob}[n/100%2]
				w.send(act("Like", by+"/likes/1", by, mine()))
			}
		}
		close(list)
		g.Wait()
		// Those under way at once may each bring a list more.
		if n := taken.Load(); n < most || n > most+8*each || refused.Load() == 0 {
			t.Errorf("%d were taken and %d refused, want %d and the rest", n, refused.Load(), most)
		}
		if err := w.processor.Lane(t.Context(), "far.test"); err != nil {
			t.Fatal(err)
		}
		if n := w.number(`SELECT likes FROM videos WHERE id = 1`); n != 2 {
			t.Errorf("%d likes of others while one floods, want 2", n)
		}
	})
}
