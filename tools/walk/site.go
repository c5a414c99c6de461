package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

const rootPassword = "walk-password-1"

// site is one Sepiola, behind a proxy that ends TLS and sees what arrives.
type site struct {
	name    string // without port
	url     string
	backend string // address of the binary itself
	dir     string
	binary  string
	env     []string
	args    []string // of the binary; nil serves a site
	cmd     *exec.Cmd
	proxy   *http.Server
	remove  func() // of its database; nil for none
}

// activity is one delivery that arrived somewhere.
type activity struct {
	from, to, kind, object string
	status                 int
	took                   time.Duration
	body                   []byte
}

// newSite starts a site and the proxy before it. It is on PostgreSQL when
// server names one, else on SQLite.
func newSite(ctx context.Context, n *network, o options, name, server string, saw func(activity)) (*site, error) {
	s := &site{name: name, url: "https://" + n.host(name), backend: n.addresses[name] + ":9000", dir: filepath.Join(o.dir, name), binary: o.binary}
	s.env = append(os.Environ(),
		"PT_INITIAL_ROOT_PASSWORD="+rootPassword, "SSL_CERT_FILE="+n.caFile,
		"SEPIOLA_WEBSERVER_HTTPS=true", "SEPIOLA_WEBSERVER_HOSTNAME="+name, fmt.Sprintf("SEPIOLA_WEBSERVER_PORT=%d", n.port),
		"SEPIOLA_FEDERATION_ENABLED=true", "SEPIOLA_FEDERATION_ALLOWED_NETWORKS=[127.0.0.0/8]", "SEPIOLA_FEDERATION_HOSTS="+n.hosts(),
		"SEPIOLA_REMOTE_REDUNDANCY_VIDEOS_ACCEPT_FROM=anybody", "SEPIOLA_SEARCH_REMOTE_URI_USERS=true", "SEPIOLA_VIEWS_VIDEOS_LOCAL_BUFFER_UPDATE_INTERVAL=5 seconds",
	)
	if server != "" {
		dsn, remove, err := newDatabase(ctx, server)
		if err != nil {
			return nil, fmt.Errorf("a database for %s: %w", name, err)
		}
		s.env, s.remove = append(s.env, "SEPIOLA_DATABASE_URL="+dsn), remove
	}
	for _, group := range []string{"API", "LOGIN", "CLIENT", "WELL_KNOWN", "ACTIVITY_PUB"} {
		s.env = append(s.env, "SEPIOLA_RATES_LIMIT_"+group+"_MAX=1000000")
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return s, err
	}
	if err := s.listen(n, saw); err != nil {
		return s, err
	}
	return s, s.start(ctx)
}

// start runs the binary and waits until it answers.
func (s *site) start(ctx context.Context) error {
	out, err := os.OpenFile(filepath.Join(s.dir, "serve.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	args := s.args
	if args == nil {
		args = []string{"serve", "--data", filepath.Join(s.dir, "data"), "--listen", s.backend}
	}
	s.cmd = exec.CommandContext(context.WithoutCancel(ctx), s.binary, args...)
	s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = s.env, out, out
	if err := s.cmd.Start(); err != nil {
		return err
	}
	for range 300 {
		res, err := http.Get("http://" + s.backend + "/api/v1/ping")
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("%s does not answer; see %s", s.name, out.Name())
}

// stop ends the binary; the proxy stays and answers 502.
func (s *site) stop() {
	if s.cmd != nil && s.cmd.Process != nil {
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
		_ = s.cmd.Wait()
	}
	s.cmd = nil
}

// kill ends the binary without a word; the proxy stays and answers 502.
func (s *site) kill() {
	if s.cmd != nil && s.cmd.Process != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	}
	s.cmd = nil
}

func (s *site) close() {
	s.stop()
	if s.remove != nil {
		s.remove()
	}
	if s.proxy != nil {
		_ = s.proxy.Close()
	}
}

// listen serves the site's name with TLS.
func (s *site) listen(n *network, saw func(activity)) error {
	cert, key, err := n.certificate(s.name)
	if err != nil {
		return err
	}
	to := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: s.backend})
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		},
		ErrorLog:     log.New(io.Discard, "", 0), // of a site that is down
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	s.proxy = &http.Server{Addr: n.listenAddress(s.name), ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/inbox") {
			to.ServeHTTP(w, r)
			return
		}
		body, _ := io.ReadAll(io.LimitReader(r.Body, 4<<20))
		r.Body = io.NopCloser(bytes.NewReader(body))
		begin := time.Now()
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		to.ServeHTTP(seen, r)
		a := readActivity(body)
		a.body = body
		a.from, a.to, a.status, a.took = signedBy(r), s.name, seen.status, time.Since(begin)
		saw(a)
	})}
	failed := make(chan error, 1)
	go func() { failed <- s.proxy.ListenAndServeTLS(cert, key) }()
	select {
	case err := <-failed:
		return fmt.Errorf("%s cannot be served (try -port 8443): %w", s.name, err)
	case <-time.After(200 * time.Millisecond):
		return nil
	}
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// readActivity reads what kind of activity a delivery is.
func readActivity(body []byte) activity {
	var doc struct {
		Type   string
		Object json.RawMessage
	}
	if json.Unmarshal(body, &doc) != nil {
		return activity{kind: "(no JSON)"}
	}
	a := activity{kind: doc.Type}
	var inner struct{ Type, ID string }
	if json.Unmarshal(doc.Object, &inner) == nil {
		a.object = strings.TrimSpace(inner.Type + " " + inner.ID)
	} else {
		_ = json.Unmarshal(doc.Object, &a.object)
	}
	return a
}

var keyID = regexp.MustCompile(`(?i)keyid="https?://([^/"]+)`)

// signedBy is the host that a delivery says to come from.
func signedBy(r *http.Request) string {
	m := keyID.FindStringSubmatch(r.Header.Get("Signature") + r.Header.Get("Signature-Input"))
	if m == nil {
		return "(unsigned)"
	}
	return m[1]
}

// activities collects what arrives while steps are taken.
type activities struct {
	mu   sync.Mutex
	list []activity
	all  []activity
}

func (a *activities) saw(one activity) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list, a.all = append(a.list, one), append(a.all, one)
}

// those returns what has arrived since the start and fits.
func (a *activities) those(fits func(activity) bool) []activity {
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []activity
	for _, one := range a.all {
		if fits(one) {
			list = append(list, one)
		}
	}
	return list
}

// take returns what arrived since the last time.
func (a *activities) take() []activity {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := a.list
	a.list = nil
	return list
}
