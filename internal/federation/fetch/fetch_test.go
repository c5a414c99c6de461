package fetch_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sepiola/internal/domain/peer"
	"sepiola/internal/errs"
	"sepiola/internal/federation/fetch"
	"sepiola/internal/federation/httpsig"
)

var signer = sync.OnceValue(func() httpsig.Signer {
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		panic(err)
	}
	return httpsig.Signer{KeyID: "https://here.test/accounts/peertube#main-key", Key: key}
})

// servers remembers what it was told.
type servers struct {
	peer.Servers
	mu       sync.Mutex
	state    peer.Server
	answered []string
	failed   int
}

func (s *servers) ByHost(context.Context, string) (*peer.Server, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := s.state
	return &state, nil
}

func (s *servers) Answered(_ context.Context, _, form string, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answered = append(s.answered, form)
	if form != "" {
		s.state.Signature = form
	}
	return nil
}

func (s *servers) Failed(context.Context, string, time.Time) (*peer.Server, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed++
	return &s.state, nil
}

// site serves h as https://example.com to the client that comes with it.
func site(t *testing.T, h http.HandlerFunc) (*fetch.Client, *servers) {
	t.Helper()
	srv := httptest.NewTLSServer(h)
	t.Cleanup(srv.Close)
	at, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	known := &servers{}
	return &fetch.Client{
		Sign:      func(context.Context) (httpsig.Signer, error) { return signer(), nil },
		Servers:   known,
		Hosts:     map[string]string{"example.com": at.Host},
		RootCAs:   pool,
		UserAgent: "Sepiola/test (+https://here.test)",
		Now:       time.Now,
	}, known
}

func object(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", `application/activity+json; charset=utf-8`)
	_, _ = io.WriteString(w, body)
}

func TestGetReadsSignedAndNamesItself(t *testing.T) {
	t.Parallel()
	var asked http.Header
	c, known := site(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header.Clone()
		object(w, `{"id":"x"}`)
	})
	res, err := c.Get(t.Context(), "https://example.com/videos/watch/1#part", fetch.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if string(res.Body) != `{"id":"x"}` || res.URL != "https://example.com/videos/watch/1" || res.Type != "application/activity+json" {
		t.Errorf("got %+v %s", res, res.Body)
	}
	if !strings.Contains(asked.Get("Signature"), `keyId="https://here.test/accounts/peertube#main-key"`) ||
		!strings.Contains(asked.Get("Accept"), "application/activity+json") || asked.Get("User-Agent") != c.UserAgent {
		t.Errorf("asked with %v", asked)
	}
	if len(known.answered) != 1 || known.answered[0] != "cavage" {
		t.Errorf("recorded %v, want one answer in the form cavage", known.answered)
	}
}

func TestWhatIsNeverAsked(t *testing.T) {
	t.Parallel()
	asked := new(atomic.Int32)
	c, _ := site(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	for _, raw := range []string{
		"http://example.com/", "ftp://example.com/", "file:///etc/passwd", "https:example.com", "//example.com/",
		"https://user:pass@example.com/", "https://user@example.com/", "https://127.0.0.1/", "https://[::1]/", "https://8.8.8.8/",
		"https://[64:ff9b::7f00:1]/", "https://2130706433:1/", "https://exa\u200bmple.com/", "https://ex\u0430mple.com/", "https://example.com\\@evil/",
		"https://other.test:8080/", "https:///x", "https://.example.com/", "https://example..com/", "https://example.com./", "", "x",
		"https://example.com/" + strings.Repeat("a", 3000),
	} {
		for _, o := range []fetch.Options{{}, {Force: true}} {
			if _, err := c.Get(t.Context(), raw, o); !errs.Is(err, errs.Invalid) {
				t.Errorf("Get %.60q: got %v, want Invalid", raw, err)
			}
		}
		if _, err := c.Raw(t.Context(), raw, 10); !errs.Is(err, errs.Invalid) {
			t.Errorf("Raw %.60q: got %v, want Invalid", raw, err)
		}
		if err := c.Post(t.Context(), raw, []byte("{}"), signer()); !errs.Is(err, errs.Invalid) {
			t.Errorf("Post %.60q: got %v, want Invalid", raw, err)
		}
	}
	if asked.Load() != 0 {
		t.Errorf("%d requests were made", asked.Load())
	}
}

func TestHostsThatAreEverAsked(t *testing.T) {
	t.Parallel()
	usual, plain := new(fetch.Client), &fetch.Client{Plain: true}
	closed := &fetch.Client{Allowed: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	named := &fetch.Client{Hosts: map[string]string{"a": "127.0.0.1:9"}}
	for host, want := range map[string][4]bool{ // usual, plain, closed, named
		"other.example": {true, true, true, true}, "other.example:443": {true, true, true, true},
		"other.example:8080": {false, false, true, false}, "127.0.0.1": {false, false, true, false}, "127.0.0.1:9000": {false, false, true, false},
		"localhost": {false, false, true, false}, "localhost:9001": {false, false, true, false}, "10.0.0.1": {}, "[::1]": {}, "127.1": {false, false, true, false},
		"a": {false, false, true, true}, "a:9000": {false, false, true, true}, "x y.example": {}, "": {},
	} {
		for i, c := range []*fetch.Client{usual, plain, closed, named} {
			if got := c.Asks(host); got != want[i] {
				t.Errorf("%q of client %d: got %v", host, i, got)
			}
		}
	}
}

// A name that the DNS leads to this machine: what counts is the address that
// is dialled, whatever was resolved before.
func TestNamesThatLeadHomeAreNotAsked(t *testing.T) {
	t.Parallel()
	asked := new(atomic.Int32)
	c, known := site(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	if _, err := c.Get(t.Context(), "https://localhost/", fetch.Options{}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("got %v, want Forbidden", err)
	}
	if err := c.Post(t.Context(), "https://localhost/inbox", []byte("{}"), signer()); !errs.Is(err, errs.Forbidden) {
		t.Errorf("Post: got %v, want Forbidden", err)
	}
	if known.failed != 0 {
		t.Error("the host was taken for one that does not answer")
	}
	c.Allowed = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	at := c.Hosts["example.com"]
	if _, err := c.Get(t.Context(), "https://"+at+"/", fetch.Options{}); errs.Is(err, errs.Forbidden) || errs.Is(err, errs.Invalid) || asked.Load() == 0 {
		t.Errorf("an allowed network was not reached: %v", err)
	}
}

func TestRedirectionsAreChecked(t *testing.T) {
	t.Parallel()
	hops := new(atomic.Int32)
	c, _ := site(t, func(w http.ResponseWriter, r *http.Request) {
		hops.Add(1)
		switch r.URL.Path {
		case "/good":
			http.Redirect(w, r, "/end", http.StatusFound)
		case "/end":
			if r.Header.Get("Signature") == "" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			object(w, "{}")
		case "/ever":
			http.Redirect(w, r, "/ever?"+fmt.Sprint(hops.Load()), http.StatusMovedPermanently)
		default:
			http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusTemporaryRedirect)
		}
	})
	if res, err := c.Get(t.Context(), "https://example.com/good", fetch.Options{}); err != nil || res.URL != "https://example.com/end" {
		t.Errorf("got %v %v, want the last URL", res, err)
	}
	for to, want := range map[string]errs.Kind{
		"https://localhost/":   errs.Forbidden,
		"https://127.0.0.1/":   errs.Invalid,
		"https://10.1.2.3/":    errs.Invalid,
		"http://example.com/":  errs.Invalid,
		"https://u@evil.test/": errs.Invalid,
		"gopher://x/":          errs.Invalid,
	} {
		from := "https://example.com/to?to=" + url.QueryEscape(to)
		if _, err := c.Get(t.Context(), from, fetch.Options{}); !errs.Is(err, want) {
			t.Errorf("to %s: got %v, want %v", to, err, want)
		}
		if _, err := c.Raw(t.Context(), from, 100); !errs.Is(err, want) {
			t.Errorf("Raw to %s: got %v, want %v", to, err, want)
		}
	}
	hops.Store(0)
	if _, err := c.Get(t.Context(), "https://example.com/ever", fetch.Options{}); !errs.Is(err, errs.Invalid) || hops.Load() != fetch.MaxRedirects+1 {
		t.Errorf("for ever: got %v after %d requests", err, hops.Load())
	}
	if err := c.Post(t.Context(), "https://example.com/good", []byte("{}"), signer()); err == nil {
		t.Error("a delivery followed a redirection")
	}
}

func TestAnswersThatAreNotTaken(t *testing.T) {
	t.Parallel()
	c, known := site(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/html":
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html>")
		case "/json":
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, "{}")
		case "/none":
			w.Header()["Content-Type"] = nil
			_, _ = io.WriteString(w, "{}")
		case "/large":
			object(w, `"`+strings.Repeat("a", 10<<20)+`"`)
		case "/endless":
			w.Header().Set("Content-Type", "application/activity+json")
			w.(http.Flusher).Flush()
			for range 4 << 10 {
				if _, err := w.Write(make([]byte, 1<<10)); err != nil {
					return
				}
			}
		case "/404":
			w.WriteHeader(http.StatusNotFound)
		case "/410":
			w.WriteHeader(http.StatusGone)
		case "/500":
			w.WriteHeader(http.StatusInternalServerError)
		case "/400":
			http.Error(w, "bad", http.StatusBadRequest)
		case "/cut":
			w.Header().Set("Content-Type", "application/activity+json")
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "{")
		}
	})
	for path, want := range map[string]errs.Kind{
		"/html": errs.UnsupportedType, "/json": errs.UnsupportedType, "/none": errs.UnsupportedType,
		"/large": errs.TooLarge, "/endless": errs.TooLarge,
		"/404": errs.NotFound, "/410": errs.Gone, "/500": errs.Unavailable, "/400": errs.Invalid, "/cut": errs.Unavailable,
	} {
		if _, err := c.Get(t.Context(), "https://example.com"+path, fetch.Options{}); !errs.Is(err, want) {
			t.Errorf("%s: got %v, want %v", path, err, want)
		}
	}
	if known.failed != 0 {
		t.Errorf("a host that answers was recorded as failing %d times", known.failed)
	}
	if res, err := c.Raw(t.Context(), "https://example.com/large", 11<<20); err != nil || len(res.Body) != 10<<20+2 {
		t.Errorf("Raw within its bound: got %v", err)
	}
	var b strings.Builder
	if _, _, err := c.Copy(t.Context(), &b, "https://example.com/endless", 1000); !errs.Is(err, errs.TooLarge) || b.Len() > 1001 {
		t.Errorf("Copy: got %v after %d bytes, want TooLarge", err, b.Len())
	}
}

func TestTheOtherFormOfSignatureIsTriedOnceAndRemembered(t *testing.T) {
	t.Parallel()
	asked := new(atomic.Int32)
	c, known := site(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch {
		case r.URL.Path == "/never":
			w.WriteHeader(http.StatusForbidden)
		case r.Header.Get("Signature-Input") == "" && r.URL.Path == "/says":
			http.Error(w, "Invalid signature", http.StatusBadRequest)
		case r.Header.Get("Signature-Input") == "":
			w.WriteHeader(http.StatusUnauthorized)
		case r.Method == http.MethodPost:
			w.WriteHeader(http.StatusAccepted)
		default:
			object(w, "{}")
		}
	})
	get := func(path string, requests int32) error {
		t.Helper()
		asked.Store(0)
		_, err := c.Get(t.Context(), "https://example.com"+path, fetch.Options{})
		if asked.Load() != requests {
			t.Errorf("%s took %d requests, want %d", path, asked.Load(), requests)
		}
		return err
	}
	if err := get("/says", 2); err != nil {
		t.Error(err)
	}
	if known.state.Signature != "rfc9421" {
		t.Errorf("remembered %q", known.state.Signature)
	}
	if err := get("/a", 1); err != nil {
		t.Error(err)
	}
	if err := get("/never", 2); !errs.Is(err, errs.Forbidden) {
		t.Errorf("got %v, want Forbidden", err)
	}
	asked.Store(0)
	known.state.Signature = ""
	if err := c.Post(t.Context(), "https://example.com/inbox", []byte(`{}`), signer()); err != nil || asked.Load() != 2 || known.state.Signature != "rfc9421" {
		t.Errorf("Post: got %v after %d requests, remembered %q", err, asked.Load(), known.state.Signature)
	}
}

func TestAHostThatIsLeftAloneIsNotAsked(t *testing.T) {
	t.Parallel()
	asked := new(atomic.Int32)
	c, known := site(t, func(w http.ResponseWriter, _ *http.Request) { asked.Add(1); object(w, "{}") })
	later := time.Now().Add(time.Hour)
	known.state.RetryAt = &later
	if _, err := c.Get(t.Context(), "https://example.com/", fetch.Options{}); !errs.Is(err, errs.Unavailable) || asked.Load() != 0 {
		t.Errorf("got %v after %d requests, want Unavailable after none", err, asked.Load())
	}
	if _, err := c.Get(t.Context(), "https://example.com/", fetch.Options{Force: true}); err != nil {
		t.Errorf("for a person: got %v", err)
	}
}

func TestAHostThatDoesNotAnswerIsRecorded(t *testing.T) {
	t.Parallel()
	c, known := site(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	if err := c.Post(t.Context(), "https://example.com/inbox", []byte("{}"), signer()); !errs.Is(err, errs.Unavailable) || known.failed != 1 {
		t.Errorf("503: got %v, recorded %d", err, known.failed)
	}
	c.Hosts["example.com"] = "127.0.0.1:1" // nobody listens
	if err := c.Post(t.Context(), "https://example.com/inbox", []byte("{}"), signer()); !errs.Is(err, errs.Unavailable) || known.failed != 2 {
		t.Errorf("nobody: got %v, recorded %d", err, known.failed)
	}
}

func TestOneRequestForSeveralThatWantTheSame(t *testing.T) {
	t.Parallel()
	asked, release := new(atomic.Int32), make(chan struct{})
	c, _ := site(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		<-release
		object(w, "{}")
	})
	impatient, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		_, err := c.Get(impatient, "https://example.com/", fetch.Options{})
		gone <- err
	}()
	var others sync.WaitGroup
	started := make(chan struct{}, 20)
	for range 20 {
		others.Go(func() {
			started <- struct{}{}
			if _, err := c.Get(t.Context(), "https://example.com/", fetch.Options{}); err != nil {
				t.Error(err)
			}
		})
	}
	for range 20 {
		<-started
	}
	cancel()
	if err := <-gone; err == nil {
		t.Error("who gave up got an answer")
	}
	close(release)
	others.Wait()
	if n := asked.Load(); n > 3 { // those that came late make their own
		t.Errorf("%d requests", n)
	}
}

func TestWhatFailedIsNotAskedAgainAtOnce(t *testing.T) {
	t.Parallel()
	asked := new(atomic.Int32)
	c, _ := site(t, func(w http.ResponseWriter, _ *http.Request) { asked.Add(1); w.WriteHeader(http.StatusNotFound) })
	now := time.Now()
	c.Now = func() time.Time { return now }
	for range 5 {
		if _, err := c.Get(t.Context(), "https://example.com/", fetch.Options{}); !errs.Is(err, errs.NotFound) {
			t.Fatal(err)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("%d requests, want 1", asked.Load())
	}
	now = now.Add(time.Minute)
	if _, err := c.Get(t.Context(), "https://example.com/", fetch.Options{}); !errs.Is(err, errs.NotFound) || asked.Load() != 2 {
		t.Errorf("later: got %v after %d requests", err, asked.Load())
	}
}

func TestOneActivityMayNotCauseUnlimitedRequests(t *testing.T) {
	t.Parallel()
	asked := new(atomic.Int32)
	c, _ := site(t, func(w http.ResponseWriter, _ *http.Request) { asked.Add(1); object(w, "{}") })
	outer := fetch.WithBudget(t.Context(), 5)
	inner := fetch.WithBudget(outer, 100)
	var last error
	for i := range 10 {
		_, last = c.Get(inner, fmt.Sprintf("https://example.com/%d", i), fetch.Options{})
	}
	if !errs.Is(last, errs.TooMany) || asked.Load() != 5 || fetch.Left(inner) < 0 || fetch.Left(outer) != 0 || fetch.Left(t.Context()) != -1 {
		t.Errorf("got %v after %d requests, %d left", last, asked.Load(), fetch.Left(outer))
	}
}

func TestNoMoreThanFourAtOnceAreAskedOfAHost(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int32
	c, _ := site(t, func(w http.ResponseWriter, _ *http.Request) {
		n := now.Add(1)
		for {
			m := most.Load()
			if n <= m || most.CompareAndSwap(m, n) {
				break
			}
		}
		<-time.After(5 * time.Millisecond)
		now.Add(-1)
		object(w, "{}")
	})
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			if _, err := c.Get(t.Context(), fmt.Sprintf("https://example.com/%d", i), fetch.Options{}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if most.Load() > 4 {
		t.Errorf("%d requests at once", most.Load())
	}
}
