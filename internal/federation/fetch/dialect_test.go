package fetch_test

import (
	"net/http"
	"sync/atomic"
	"testing"

	"sepiola/internal/federation/fetch"
)

// A host that took RFC 9421 and is run by GoToSocial from now on, say, which
// takes nothing but the draft, and answers 401 to all else: it is found out with
// one more request, by reading and by sending.
func TestAHostThatTakesAnotherFormThanBefore(t *testing.T) {
	t.Parallel()
	asked := new(atomic.Int32)
	c, known := site(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch {
		case r.Header.Get("Signature-Input") != "" || r.Header.Get("Signature") == "":
			w.WriteHeader(http.StatusUnauthorized)
		case r.Method == http.MethodPost:
			w.WriteHeader(http.StatusAccepted)
		default:
			object(w, "{}")
		}
	})
	for name, ask := range map[string]func(path string) error{
		"reading": func(path string) error {
			_, err := c.Get(t.Context(), "https://example.com/users/ana"+path, fetch.Options{})
			return err
		},
		"sending": func(path string) error {
			return c.Post(t.Context(), "https://example.com/inbox"+path, []byte(`{}`), signer())
		},
	} {
		known.state.Signature = "rfc9421"
		for i, requests := range []int32{2, 1} {
			asked.Store(0)
			if err := ask("/" + name + string(rune('a'+i))); err != nil || asked.Load() != requests || known.state.Signature != "cavage" {
				t.Errorf("%s: got %v after %d requests, remembered %q; want %d", name, err, asked.Load(), known.state.Signature, requests)
			}
		}
	}
}
