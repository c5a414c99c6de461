package inbox_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"sepiola/internal/errs"
	"sepiola/internal/federation/httpsig"
	"sepiola/internal/federation/ldsig"
)

func TestKeysAreRenewed(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.know(alice)
		likes := func() int { return w.number(`SELECT likes FROM videos WHERE id = 1`) }
		like := encode(t, act("Like", alice+"/likes/1", alice, mine()))
		sign := func() *http.Request { // with a new key, of which nothing is known here
			r := w.request(alice, like)
			signer := httpsig.Signer{KeyID: alice + "#main-key", Key: testKeys()[1]}
			if err := signer.Sign(r, like, httpsig.RFC9421, w.now); err != nil {
				t.Fatal(err)
			}
			return r
		}
		renewed := person(alice, "alice")
		renewed["publicKey"] = obj{"id": alice + "#main-key", "owner": alice, "publicKeyPem": pemOf(testKeys()[1])}
		w.put(renewed)
		w.later(time.Minute)
		before := len(w.asked)
		if err := w.arrive(sign(), like); err != nil {
			t.Fatalf("a new key just after the old one was fetched: %v", err)
		}
		w.sweep()
		if len(w.asked) != before || likes() != 0 || w.left() != 1 {
			t.Fatalf("before the pause is over: asked %v, %d likes, %d wait", w.asked[before:], likes(), w.left())
		}
		w.later(4 * time.Minute)
		w.sweep()
		if n := likes(); n != 1 || w.left() != 0 || len(w.asked) != before+1 {
			t.Errorf("what a new key signed: %d likes, %d left, asked %v", n, w.left(), w.asked[before:])
		}
		w.later(time.Minute)
		// The old key is wrong now. Some of that waits, and nobody is asked for
		// each.
		before = len(w.asked)
		const most = 50
		for i := range most + 10 {
			body := encode(t, act("Like", fmt.Sprintf("%s/likes/x%d", alice, i), alice, mine()))
			if err := w.deliver(alice, body); i < most && err != nil || i >= most && !errs.Is(err, errs.Forbidden) {
				t.Errorf("an old key, %d: %v", i, err)
			}
		}
		w.sweep()
		if len(w.asked) != before || w.left() != most {
			t.Errorf("%d wait, asked: %v", w.left(), w.asked[before:])
		}
		w.later(5 * time.Minute)
		w.sweep()
		if len(w.asked) != before+1 || w.left() != 0 || likes() != 1 {
			t.Errorf("after the pause: %d wait, %d likes, asked: %v", w.left(), likes(), w.asked[before:])
		}
	})
}

// What somebody passes on may be signed with a newer key, too.
func TestANewKeyOfWhatIsPassedOnIsAskedForLater(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.know(alice, mallory)
		like := act("Like", alice+"/likes/1", alice, mine())
		if err := ldsig.Sign(like, alice, testKeys()[1], w.now); err != nil {
			t.Fatal(err)
		}
		renewed := person(alice, "alice")
		renewed["publicKey"] = obj{"id": alice + "#main-key", "owner": alice, "publicKeyPem": pemOf(testKeys()[1])}
		w.put(renewed)
		w.later(time.Minute)
		w.send(like, mallory)
		for i := range 60 { // hardly any of these waits
			forged := act("Like", fmt.Sprintf("%s/likes/x%d", alice, i), alice, mine())
			if err := ldsig.Sign(forged, alice, keyOf(bob), w.now); err != nil {
				t.Fatal(err)
			}
			forged["object"] = "https://bench.example/"
			w.send(forged, mallory)
		}
		w.drain()
		if n := w.left(); n < 1 || n > 50 {
			t.Errorf("%d wait, want 50 at most", n)
		}
		before := len(w.asked)
		w.later(5 * time.Minute)
		w.sweep()
		if n := w.number(`SELECT likes FROM videos WHERE id = 1`); n != 1 || w.left() != 0 || len(w.asked) != before+1 {
			t.Errorf("%d likes, %d left, asked %v", n, w.left(), w.asked[before:])
		}
	})
}
