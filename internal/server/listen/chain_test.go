package listen

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/instance"
	"sepiola/internal/server/rest"
)

func newChain(log io.Writer) *Chain {
	return &Chain{
		Site:       instance.Site{Scheme: "https", Host: "tube.example"},
		Proxies:    Proxies{netip.MustParsePrefix("127.0.0.0/8")},
		PoweredBy:  true,
		FrameGuard: true,
		Metrics:    NewMetrics(),
		Log:        slog.New(slog.NewTextHandler(log, nil)),
		Access:     AccessLog{Enabled: true, Anonymize: true},
	}
}

func newHandler(t testing.TB) http.Handler {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, bytes.Repeat([]byte("x"), 4<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	r := rest.NewRouter(slog.New(slog.DiscardHandler))
	r.Get("/api/v1/long", func(w http.ResponseWriter, _ *http.Request) error {
		return rest.JSON(w, http.StatusOK, strings.Repeat("long ", 1000))
	})
	r.Get("/api/v1/ping", func(w http.ResponseWriter, _ *http.Request) error {
		_, err := io.WriteString(w, "pong")
		return err
	})
	r.Get("/api/v1/videos/{id}", func(http.ResponseWriter, *http.Request) error { panic("a bug") })
	r.Get("/static/{file}", func(w http.ResponseWriter, r *http.Request) error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close() // only read
		w.Header().Set("Content-Type", "text/plain")
		http.ServeContent(w, r, "", time.Time{}, f)
		return nil
	})
	return r
}

func get(h http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	r.RemoteAddr = "127.0.0.1:4711"
	for _, line := range headers {
		key, value, _ := strings.Cut(line, ": ")
		r.Header.Add(key, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	h := newChain(io.Discard).Wrap(newHandler(t))
	for _, tt := range []struct{ path, header, want string }{
		{"/api/v1/ping", "X-Powered-By", "PeerTube"},
		{"/api/v1/ping", "X-Frame-Options", "DENY"},
		{"/api/v1/ping", "Tk", "N"},
		{"/api/v1/ping", "Access-Control-Allow-Origin", "*"},
		{"/api/v1/ping", "Access-Control-Allow-Credentials", "true"},
		{"/api/v1/ping", "Access-Control-Expose-Headers", "Retry-After"},
		{"/api/v1/ping", "Content-Security-Policy", ""},
		{"/api/v1/ping", "Strict-Transport-Security", "max-age=31536000"},
		{"/static/f", "Access-Control-Allow-Origin", "*"},
		{"/static/f", "Access-Control-Allow-Credentials", ""},
		{"/about", "Referrer-Policy", "strict-origin-when-cross-origin"},
		{"/about", "Content-Security-Policy", pagePolicy + "wss://tube.example; frame-ancestors 'none'"},
		{"/videos/embed/x", "Content-Security-Policy", pagePolicy + "wss://tube.example; frame-ancestors *"},
		{"/videos/embed/x", "X-Frame-Options", ""},
	} {
		if got := get(h, tt.path).Header().Get(tt.header); got != tt.want {
			t.Errorf("%s of %s: got %q, want %q", tt.header, tt.path, got, tt.want)
		}
	}
	if strings.Contains(pagePolicy, "script-src 'self' '") {
		t.Error("scripts of pages may come from elsewhere than a file of ours")
	}
}

// TestHeadersAreEachAnswersOwn: what one page adds to its policy, in whatever
// way, is no other page's.
func TestHeadersAreEachAnswersOwn(t *testing.T) {
	t.Parallel()
	h := newChain(io.Discard).Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range w.Header() {
			values[0] += " more"
			w.Header()[name] = append(values, "another")
		}
	}))
	first := get(h, "/w/1").Header()
	if got := first["Content-Security-Policy"]; len(got) != 2 || !strings.HasSuffix(got[0], "'none' more") || got[1] != "another" {
		t.Errorf("a page cannot add to its policy: %q", got)
	}
	second := get(h, "/w/2").Header()
	first.Del("X-Request-Id")
	second.Del("X-Request-Id")
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("one answer changes the next (-first +second):\n%s", diff)
	}
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("OPTIONS", "/api/v1/videos", nil)
	r.Header.Set("Access-Control-Request-Method", "PUT")
	r.Header.Set("Access-Control-Request-Headers", "authorization,content-type")
	w := httptest.NewRecorder()
	newChain(io.Discard).Wrap(newHandler(t)).ServeHTTP(w, r)
	h := w.Header()
	if w.Code != 204 || h.Get("Access-Control-Allow-Methods") != "GET,HEAD,PUT,PATCH,POST,DELETE" ||
		h.Get("Access-Control-Allow-Headers") != "authorization,content-type" || h.Get("Vary") != "Access-Control-Request-Headers" {
		t.Errorf("got %d %v", w.Code, h)
	}
}

func TestOptionsOfTheAPIAreToldUnaskedToo(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	newChain(io.Discard).Wrap(newHandler(t)).ServeHTTP(w, httptest.NewRequest("OPTIONS", "/api/v1/videos/upload-resumable", nil))
	if got := w.Header().Get("Access-Control-Allow-Methods"); w.Code != 204 || got != "GET,HEAD,PUT,PATCH,POST,DELETE" {
		t.Errorf("got %d %q", w.Code, got)
	}
}

func TestTextsAreCompressedFilesAreNot(t *testing.T) {
	t.Parallel()
	h := newChain(io.Discard).Wrap(newHandler(t))
	w := get(h, "/api/v1/long", "Accept-Encoding: br, gzip")
	if w.Header().Get("Content-Encoding") != "gzip" || w.Header().Get("Vary") != "Accept-Encoding" {
		t.Fatalf("a long JSON answer: got %v", w.Header())
	}
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(z); err != nil || len(b) != 5002 {
		t.Errorf("got %d bytes, %v; want 5002", len(b), err)
	}
	for _, path := range []string{"/static/f", "/api/v1/ping"} {
		if got := get(h, path, "Accept-Encoding: gzip").Header().Get("Content-Encoding"); got != "" {
			t.Errorf("%s: got encoding %q", path, got)
		}
	}
	if got := get(h, "/api/v1/long", "Accept-Encoding: gzip;q=0").Header().Get("Content-Encoding"); got != "" {
		t.Errorf("to those who refuse it: got %q", got)
	}
}

func TestPanicsAreAnsweredAndLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	w := get(newChain(&log).Wrap(newHandler(t)), "/api/v1/videos/5")
	if w.Code != 500 || strings.Contains(w.Body.String(), "bug") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "a bug") || !strings.Contains(log.String(), w.Header().Get("X-Request-Id")) {
		t.Errorf("the log does not tell: %s", &log)
	}
}

func TestAccessLog(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := newChain(&log).Wrap(newHandler(t))
	get(h, "/api/v1/ping")
	if log.Len() > 0 {
		t.Errorf("a ping was logged: %s", &log)
	}
	get(h, "/api/v1/long?videoFileToken=secret", "X-Forwarded-For: 6.6.6.6, 203.0.113.9")
	line := log.String()
	if !strings.Contains(line, "path=/api/v1/long ") || !strings.Contains(line, "ip=203.0.113.0") || !strings.Contains(line, "status=200") {
		t.Errorf("got %s", line)
	}
	if strings.Contains(line, "secret") {
		t.Errorf("the query was logged: %s", line)
	}
}

func TestMetricsGoByRoute(t *testing.T) {
	t.Parallel()
	c := newChain(io.Discard)
	h := c.Wrap(newHandler(t))
	get(h, "/api/v1/videos/5")
	get(h, "/nowhere/at/all")
	w := httptest.NewRecorder()
	c.Metrics.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`http_request_duration_seconds_count{method="GET",route="/api/v1/videos/{id}",status="500"} 1`,
		`http_request_duration_seconds_count{method="GET",route="unmatched",status="404"} 1`,
		"go_goroutines",
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestClientBehindProxies(t *testing.T) {
	t.Parallel()
	proxies, err := ParseProxies([]string{"loopback", "192.0.2.1", "10.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, peer, forwarded, want string }{
		{"directly", "203.0.113.9:1", "", "203.0.113.9"},
		{"a stranger's claim", "203.0.113.9:1", "1.2.3.4", "203.0.113.9"},
		{"one proxy", "127.0.0.1:1", "203.0.113.9", "203.0.113.9"},
		{"two proxies", "[::1]:1", "203.0.113.9, 10.1.2.3", "203.0.113.9"},
		{"a claim before a proxy", "127.0.0.1:1", "1.2.3.4, 203.0.113.9", "203.0.113.9"},
		{"nonsense", "127.0.0.1:1", "what?", "127.0.0.1"},
		{"mapped", "[::ffff:203.0.113.9]:1", "", "203.0.113.9"},
	} {
		r := &http.Request{RemoteAddr: tt.peer, Header: http.Header{}}
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		if got := proxies.Client(r).String(); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
	if _, err := ParseProxies([]string{"everyone"}); err == nil {
		t.Error("an unknown name was taken")
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	broken := errors.New("gone")
	for _, tt := range []struct {
		ping     error
		problems []string
		status   int
		want     string
	}{
		{nil, nil, 200, `{"status":"ok","problems":[]}`},
		{nil, []string{"the disk is nearly full"}, 200, `{"status":"degraded","problems":["the disk is nearly full"]}`},
		{broken, nil, 503, `{"status":"down","problems":["the database does not answer"]}`},
	} {
		h := &Health{
			Ping:     func(context.Context) error { return tt.ping },
			Problems: func(context.Context) []string { return tt.problems },
		}
		w := get(h, "/healthz")
		if w.Code != tt.status || w.Body.String() != tt.want {
			t.Errorf("got %d %s, want %d %s", w.Code, w.Body, tt.status, tt.want)
		}
	}
}

// serve runs a Server until the test ends and returns its address.
func serve(t testing.TB, h http.Handler, timeouts Timeouts) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Handler: h, Timeouts: timeouts, Log: slog.New(slog.DiscardHandler)}
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	return l.Addr().String()
}

// fileWriter is a connection that can copy files by itself.
type fileWriter struct {
	*httptest.ResponseRecorder
	file *os.File
}

func (w *fileWriter) ReadFrom(r io.Reader) (int64, error) {
	if l, ok := r.(*io.LimitedReader); ok {
		w.file, _ = l.R.(*os.File)
	}
	return io.Copy(w.ResponseRecorder, r)
}

func TestFilesPassTheChainBare(t *testing.T) {
	t.Parallel()
	limits := &Limits{Counter: NewMemory(), Now: time.Now}
	h := limits.Middleware(Rule{Scope: "x", Limit: Limit{time.Second, 5}, SuccessOnly: true})(newHandler(t))
	h = bodyProgress(newChain(io.Discard).Wrap(h), time.Second)
	for _, path := range []string{"/static/f"} {
		w := &fileWriter{ResponseRecorder: httptest.NewRecorder()}
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Accept-Encoding", "gzip")
		h.ServeHTTP(w, r)
		if w.file == nil {
			t.Errorf("%s: the connection did not get the *os.File: sendfile is out of reach", path)
		}
	}
}

func TestWholeServer(t *testing.T) {
	t.Parallel()
	addr := serve(t, newChain(io.Discard).Wrap(newHandler(t)), Timeouts{Header: time.Second, Progress: time.Minute, Idle: time.Second, Shutdown: time.Second})
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+addr+"/static/f", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Range", "bytes=100-3145827")
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() // only read
	n, err := io.Copy(io.Discard, resp.Body)
	if err != nil || n != 3145728 || resp.StatusCode != http.StatusPartialContent {
		t.Errorf("got %d bytes, status %d, %v", n, resp.StatusCode, err)
	}
}

func TestSilentUploadsAreCutOff(t *testing.T) {
	t.Parallel()
	failed := make(chan error, 1)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		failed <- err
		w.WriteHeader(http.StatusRequestTimeout)
	})
	addr := serve(t, h, Timeouts{Header: time.Second, Progress: 50 * time.Millisecond, Idle: time.Second, Shutdown: time.Second})
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() // the server closes it
	if _, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhello"); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v, want a time-out", err)
	}
}

func TestWorkAfterAnUploadIsNotCutOff(t *testing.T) {
	t.Parallel()
	const patience = 30 * time.Millisecond
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Error(err)
		}
		_, _ = r.Body.Read(make([]byte, 1)) // some ask once more after the end
		select {                            // longer than a client may be silent
		case <-r.Context().Done():
			t.Error("the request was given up while its client waited")
		case <-time.After(4 * patience):
		}
		w.WriteHeader(http.StatusNoContent)
	})
	addr := serve(t, h, Timeouts{Header: time.Second, Progress: patience, Idle: time.Second, Shutdown: time.Second})
	resp, err := http.Post("http://"+addr, "text/plain", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() // only read
	if resp.StatusCode != http.StatusNoContent {
		t.Errorf("got %d", resp.StatusCode)
	}
}

func BenchmarkChain(b *testing.B) {
	c := newChain(io.Discard)
	c.Access.Enabled = false
	h := c.Wrap(newHandler(b))
	r := httptest.NewRequest("GET", "/api/v1/ping", nil)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
}
