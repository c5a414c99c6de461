package fetch_test

import (
	"errors"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"sepiola/internal/errs"
	"sepiola/internal/federation/fetch"
)

// One page that its host cannot give is not asked for again at once, and is no
// reason to leave the host alone; several in a row are.
func TestOnePageThatFailsIsNotItsHost(t *testing.T) {
	t.Parallel()
	asked := map[string]int{}
	c, known := site(t, func(w http.ResponseWriter, r *http.Request) {
		if asked[r.URL.Path]++; r.URL.Path == "/well" || r.URL.Path == "/well2" {
			object(w, "{}")
			return
		}
		if r.URL.Path == "/later" {
			w.Header().Set("Retry-After", "600")
		}
		w.WriteHeader(http.StatusBadGateway)
	})
	now := time.Now()
	c.Now = func() time.Time { return now }
	get := func(path string) error {
		_, err := c.Get(t.Context(), "https://example.com"+path, fetch.Options{})
		return err
	}
	fails := func(path string, failed int) {
		t.Helper()
		if err := get(path); !errs.Is(err, errs.Unavailable) || known.failed != failed {
			t.Errorf("%s: got %v, the host was recorded %d times, want %d", path, err, known.failed, failed)
		}
	}
	for range 5 {
		fails("/1", 0)
	}
	if asked["/1"] != 1 {
		t.Errorf("asked for the same %d times at once", asked["/1"])
	}
	now = now.Add(2 * time.Minute)
	fails("/1", 0)
	fails("/later", 0)
	now = now.Add(9 * time.Minute)
	fails("/later", 0)
	if asked["/1"] != 2 || asked["/later"] != 1 {
		t.Errorf("asked %v times", asked)
	}
	if err := get("/well"); err != nil {
		t.Fatal(err)
	}
	fails("/2", 0)
	fails("/3", 0)
	fails("/4", 1)
	fails("/5", 2)
	if err := get("/well2"); err != nil { // as when it is asked after its pause
		t.Fatal(err)
	}
	fails("/6", 2)

	// A host of which nothing else is asked for.
	for n := range 2 {
		now = now.Add(61 * time.Minute)
		fails("/6", 2+n)
	}
}

func TestAHostThatIsAskedTooMuchRests(t *testing.T) {
	t.Parallel()
	date := time.Now().Add(30 * time.Minute).UTC().Format(http.TimeFormat)
	for header, rest := range map[string]time.Duration{
		"": time.Minute, "120": 2 * time.Minute, "0": time.Second, "-5": time.Minute, "soon": time.Minute,
		strconv.Itoa(1 << 60): time.Hour, date: 29 * time.Minute,
	} {
		t.Run(header, func(t *testing.T) {
			t.Parallel()
			asked := new(atomic.Int32)
			c, known := site(t, func(w http.ResponseWriter, _ *http.Request) {
				if asked.Add(1) > 1 {
					object(w, "{}")
					return
				}
				w.Header().Set("Retry-After", header)
				w.WriteHeader(http.StatusTooManyRequests)
			})
			now := time.Now()
			c.Now = func() time.Time { return now }
			get := func(path string) error {
				_, err := c.Get(t.Context(), "https://example.com"+path, fetch.Options{})
				return err
			}
			if err := get("/1"); !errs.Is(err, errs.Unavailable) || known.failed != 0 {
				t.Fatalf("got %v, recorded %d", err, known.failed)
			}
			now = now.Add(rest - time.Second/2)
			if err := get("/2"); !errors.Is(err, fetch.ErrLeftAlone) || asked.Load() != 1 {
				t.Errorf("within its rest: got %v after %d requests", err, asked.Load())
			}
			now = now.Add(2 * time.Minute)
			if err := get("/3"); err != nil {
				t.Errorf("after its rest: got %v", err)
			}
		})
	}
}
