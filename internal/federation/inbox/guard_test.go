package inbox_test

import (
	"strings"
	"testing"
	"time"

	"sepiola/internal/errs"
)

// One account that the site has blocked is not heard, others of its site are.
func TestAnAccountThatIsBlockedIsNotHeard(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.know(alice, bob)
		w.send(act("Like", alice+"/likes/1", alice, mine())) // waits
		k, err := w.known.ByURL(t.Context(), alice)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.blocks.Store.AddAccount(t.Context(), 0, k.AccountID, w.now); err != nil {
			t.Fatal(err)
		}
		w.later(time.Minute)
		if err := w.deliver(alice, encode(t, act("Like", alice+"/likes/2", alice, mine()))); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a blocked account: %v", err)
		}
		w.send(act("Like", bob+"/likes/1", bob, mine()))
		w.drain()
		if n := w.number(`SELECT likes FROM videos WHERE id = 1`); n != 1 || w.left() != 0 {
			t.Errorf("%d likes, %d left, want that of bob", n, w.left())
		}
	})
}

// What is told by others without a signature is asked for at its origin: about
// one object once a minute, whoever tells of it.
func TestWhatOthersTellIsAskedForNowAndThen(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.know(alice, bob, mallory)
		url := "https://far.test/n/1"
		text := func() string {
			c, err := w.processor.Said.ByURL(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			return c.Text
		}
		tell := func(id, what string) {
			w.put(note(url, alice, mine(), what))
			w.send(act("Update", url+"/updates/"+id, alice, note(url, alice, mine(), "forged")), mallory)
			w.drain()
		}
		w.send(act("Create", url+"/activity", alice, note(url, alice, mine(), "said")))
		w.drain()
		tell("1", "edited")
		if !strings.Contains(text(), "edited") {
			t.Errorf("an edit: got %q", text())
		}
		asked := len(w.asked)
		for range 20 {
			tell("2", "edited at once")
		}
		if n := len(w.asked) - asked; n > 0 {
			t.Errorf("told of it 20 times within a moment: asked %d times", n)
		}
		w.later(time.Minute)
		tell("3", "edited later")
		if !strings.Contains(text(), "edited later") {
			t.Errorf("an edit a minute later: got %q", text())
		}
	})
}
