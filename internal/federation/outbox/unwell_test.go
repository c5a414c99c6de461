package outbox_test

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/peer"
	"sepiola/internal/errs"
	"sepiola/internal/federation/fetch"
)

// Who answers that it cannot take anything now is asked less and less, and its
// followers go after as long as those of a host that says nothing.
func TestHostsThatCannotNowAreDeadAfterDays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		dead   bool
	}{{500, true}, {503, true}, {429, true}, {200, false}} {
		t.Run(fmt.Sprint(c.status), func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				asked := 0
				srv := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
					asked++
					rw.WriteHeader(c.status)
				}))
				t.Cleanup(srv.Close)
				pool := x509.NewCertPool()
				pool.AddCert(srv.Certificate())
				fan := w.remote("a", "example.com", ownerActor)
				w.sent.Post = &fetch.Client{
					RootCAs: pool, Hosts: map[string]string{"example.com": strings.TrimPrefix(srv.URL, "https://")},
					Servers: w.sent.Servers, Now: func() time.Time { return w.now },
				}
				const days = 8
				for hour := range days * 24 {
					if hour%6 == 0 {
						w.waiting(fmt.Sprint("v", hour), peer.Normal, "example.com")
					}
					if _, err := w.sent.Deliver(t.Context(), "example.com"); err != nil && !errs.Is(err, errs.Unavailable) && !errs.Is(err, errs.TooMany) {
						t.Fatal(err)
					}
					w.now = w.now.Add(time.Hour)
				}
				w.must(w.sent.Dead(t.Context()))
				_, err := w.follows.Between(t.Context(), fan.ID, ownerActor)
				if dead := errs.Is(err, errs.NotFound); dead != c.dead {
					t.Errorf("after %d days of %d the follower is gone: %v (%v), want %v", days, c.status, dead, err, c.dead)
				}
				if c.dead && asked > 60 {
					t.Errorf("asked %d times in %d days, want some twice a day", asked, days)
				}
			})
		})
	}
}

// Who answers anything but yes loses points for each delivery, as in PeerTube,
// and is removed with the last of them; a yes makes up for a no.
func TestFollowersWhoseInboxRefusesAreRemoved(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		every  int // how many are refused for each that is taken; 0 all
		dead   bool
	}{{301, 0, true}, {403, 0, true}, {404, 0, true}, {405, 0, true}, {404, 1, false}, {404, 2, true}, {200, 0, false}} {
		t.Run(fmt.Sprint(c.status, " ", c.every), func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				asked := 0
				srv := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
					if asked++; c.every > 0 && asked%(c.every+1) == 0 {
						return
					}
					rw.WriteHeader(c.status)
				}))
				t.Cleanup(srv.Close)
				pool := x509.NewCertPool()
				pool.AddCert(srv.Certificate())
				fan, other := w.remote("a", "example.com", ownerActor), w.remote("b", "other.example", ownerActor)
				w.exec(`UPDATE actors SET shared_inbox_url = 'https://example.com/inbox' WHERE id = $1`, fan.ID)
				w.exec(`UPDATE actor_follows SET score = 100 WHERE actor_id IN ($1, $2)`, fan.ID, other.ID)
				w.sent.Post = &fetch.Client{
					RootCAs: pool, Hosts: map[string]string{"example.com": strings.TrimPrefix(srv.URL, "https://")},
					Servers: w.sent.Servers, Now: func() time.Time { return w.now },
				}
				for n := range 33 {
					w.waiting("inbox", peer.Normal, "example.com")
					if _, err := w.sent.Deliver(t.Context(), "example.com"); err != nil {
						t.Fatal(err)
					}
					if w.now = w.now.Add(time.Minute); n == 8 {
						w.must(w.sent.Dead(t.Context()))
						if _, err := w.follows.Between(t.Context(), fan.ID, ownerActor); err != nil {
							t.Fatalf("removed too early: %v", err)
						}
					}
				}
				w.must(w.sent.Dead(t.Context()))
				_, err := w.follows.Between(t.Context(), fan.ID, ownerActor)
				if dead := errs.Is(err, errs.NotFound); dead != c.dead {
					t.Errorf("the follower is gone: %v (%v), want %v", dead, err, c.dead)
				}
				if f, err := w.follows.Between(t.Context(), other.ID, ownerActor); err != nil || f.Score != 100 {
					t.Errorf("a follower of another site: %+v %v", f, err)
				}
			})
		})
	}
}
