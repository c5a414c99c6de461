package inbox_test

import (
	"testing"
	"time"

	"sepiola/internal/domain/peer"
	"sepiola/internal/storage/store"
)

// What a site has sent is still there when the site is asked again, however
// long it was left alone before.
func TestWhatASiteSentWaitsWhileItIsLeftAlone(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		away := "https://far.test/u/away"
		w.put(obj{"id": away, "alone": true})
		w.send(act("Like", away+"/likes/1", away, mine()))
		for range 6 * 24 * 6 { // of six days, every ten minutes
			w.sweep()
			w.later(10 * time.Minute)
		}
		if n := w.left(); n != 1 {
			t.Fatalf("%d wait after six days, want the like", n)
		}
		w.put(person(away, "away"))
		w.sweep()
		if n := w.number(`SELECT likes FROM videos WHERE id = 1`); n != 1 || w.left() != 0 {
			t.Errorf("%d likes and %d left once the site answers", n, w.left())
		}

		w.put(obj{"id": away + "2", "alone": true})
		w.send(act("Like", away+"/likes/2", away+"2", mine()))
		w.later(peer.Dead)
		for range 12 {
			w.sweep()
			w.later(7 * time.Hour)
		}
		if n := w.left(); n != 0 {
			t.Errorf("%d wait for a site that is dead", n)
		}
	})
}

// What takes more requests than one activity may cause is not tried ten times.
func TestWhatAsksTooMuchIsGivenUp(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.put(obj{"id": "https://far.test/u/deep", "deep": true})
		w.send(act("Like", "https://far.test/likes/3", "https://far.test/u/deep", mine()))
		asked := func() int { w.mu.Lock(); defer w.mu.Unlock(); return len(w.asked) }
		before := asked()
		for range 12 {
			w.sweep()
			w.later(7 * time.Hour)
		}
		if n := asked() - before; n < 1 || n > 4 || w.left() != 0 {
			t.Errorf("asked %d times, %d left", n, w.left())
		}
	})
}

// A site that writes is not left alone for hours any more: its followers wait
// for what it has missed, and its new actors for their keys to be asked for.
func TestASiteThatWritesIsAskedAgain(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		servers := store.PeerServers{DB: w.db}
		fail := func() {
			t.Helper()
			for range 12 {
				v, err := servers.Failed(t.Context(), "far.test", w.now)
				if err != nil {
					t.Fatal(err)
				}
				w.later(v.RetryAt.Sub(w.now))
			}
			if _, err := servers.Failed(t.Context(), "far.test", w.now); err != nil {
				t.Fatal(err)
			}
		}
		alone := func() bool {
			t.Helper()
			v, err := servers.ByHost(t.Context(), "far.test")
			if err != nil {
				t.Fatal(err)
			}
			return v.Failing(w.now)
		}
		w.send(act("Like", alice+"/likes/1", alice, mine())) // alice is known now
		w.drain()
		fail()
		if !alone() {
			t.Fatal("it is not left alone after many failures")
		}
		w.send(act("Like", alice+"/likes/2", alice, mine()))
		if alone() {
			t.Error("it is left alone though it has written, signed by a key that is known")
		}
		if _, err := servers.Failed(t.Context(), "far.test", w.now); err != nil { // it cannot be reached
			t.Fatal(err)
		}
		w.later(5 * time.Minute)
		w.send(act("Like", alice+"/likes/3", alice, mine()))
		if !alone() {
			t.Error("it is asked again within ten minutes")
		}
		w.later(5 * time.Minute)
		w.send(act("Like", bob+"/likes/1", bob, mine())) // of whom nothing is known
		if alone() {
			t.Error("it is left alone though somebody new has written")
		}
	})
}

// sweep does what is due.
func (w *world) sweep() {
	w.t.Helper()
	if err := w.processor.Sweep(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.drain()
}
