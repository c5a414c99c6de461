package inbox_test

import "testing"

// The same like under another id is one like, and its end may name either
// whole, or the newer one by its id alone.
func TestALikeThatIsRepeatedUnderAnotherIDEnds(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		first, second := act("Like", alice+"/likes/1", alice, mine()), act("Like", alice+"/likes/2", alice, mine())
		for _, end := range []any{first, second, alice + "/likes/2"} {
			w.send(first)
			w.send(second)
			w.drain()
			if n := w.number(`SELECT likes FROM videos WHERE id = 1`); n != 1 {
				t.Fatalf("%d likes of one account", n)
			}
			w.send(act("Undo", alice+"/undo/1", alice, end))
			w.drain()
			if n := w.number(`SELECT likes FROM videos WHERE id = 1`); n != 0 {
				t.Errorf("the like stays after the end of %v", end)
			}
			w.later(1e9) // another date, another signature
		}
	})
}
