package listen

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"sepiola/internal/domain/instance"
	"sepiola/internal/server/rest"
)

// Chain is what surrounds every handler.
type Chain struct {
	Site instance.Site
	// Proxies are believed about who asks.
	Proxies Proxies
	// PoweredBy sends X-Powered-By, as PeerTube does.
	PoweredBy bool
	// FrameGuard forbids other sites to show pages in frames; embeds may
	// always be shown.
	FrameGuard bool
	CSP        CSP
	Metrics    *Metrics // nil: none are kept
	Log        *slog.Logger
	Access     AccessLog
}

// AccessLog says which requests are logged.
type AccessLog struct {
	Enabled bool
	// Pings logs /api/v1/ping and /healthz too.
	Pings bool
	// Anonymize cuts addresses down to their network.
	Anonymize bool
}

// Wrap puts the chain around h.
func (c *Chain) Wrap(h http.Handler) http.Handler {
	h = compress(h)
	h = c.headers(h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.serve(h, w, r)
	})
}

func (c *Chain) serve(h http.Handler, w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	ip := c.Proxies.Client(r)
	if ip.IsValid() {
		r.RemoteAddr = netip.AddrPortFrom(ip, 0).String()
	}
	id := newRequestID()
	route := chi.NewRouteContext() // chi fills ours when there is one
	ctx := context.WithValue(r.Context(), chi.RouteCtxKey, route)
	ctx = context.WithValue(ctx, requestKey{}, request{id, ip})
	r = r.WithContext(ctx)
	rec := &recorder{ResponseWriter: w}
	rec.Header().Set("X-Request-Id", id)
	defer func() {
		if fault := recover(); fault != nil {
			c.recovered(rec, r, fault)
		}
		took := time.Since(began)
		if c.Metrics != nil {
			c.Metrics.observe(r.Method, route.RoutePattern(), rec.status, took)
		}
		c.log(r, rec, ip, took)
	}()
	h.ServeHTTP(rec, r)
}

// recovered answers after a handler panicked. A handler that means to cut the
// connection (http.ErrAbortHandler) is let to.
func (c *Chain) recovered(w *recorder, r *http.Request, fault any) {
	if fault == http.ErrAbortHandler { //nolint:errorlint // it is compared as net/http does
		panic(fault)
	}
	c.Log.ErrorContext(r.Context(), "a request handler panicked", "panic", fault, "method", r.Method, "path", r.URL.Path,
		"request", RequestID(r.Context()), "stack", string(debug.Stack()))
	if w.status != 0 {
		panic(http.ErrAbortHandler) // half an answer must not look like a whole one
	}
	rest.Problem(w, r, slog.New(slog.DiscardHandler), errPanicked)
}

func (c *Chain) log(r *http.Request, w *recorder, ip netip.Addr, took time.Duration) {
	if !c.Access.Enabled || !c.Access.Pings && isPing(r.URL.Path) {
		return
	}
	if c.Access.Anonymize {
		ip = network(ip)
	}
	// The query is left out: it may hold tokens of files and feeds.
	c.Log.LogAttrs(r.Context(), slog.LevelInfo, "request",
		slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", w.status),
		slog.Int64("bytes", w.bytes), slog.Duration("took", took), slog.String("ip", ip.String()),
		slog.String("request", RequestID(r.Context())))
}

func isPing(path string) bool { return path == "/api/v1/ping" || path == "/healthz" }

type requestKey struct{}

type request struct {
	id string
	ip netip.Addr
}

// RequestID returns the id that the log knows a request by, or "".
func RequestID(ctx context.Context) string {
	r, _ := ctx.Value(requestKey{}).(request)
	return r.id
}

// ClientIP returns the address of who asks, which is invalid outside of a
// Chain.
func ClientIP(ctx context.Context) netip.Addr {
	r, _ := ctx.Value(requestKey{}).(request)
	return r.ip
}

func newRequestID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, see its documentation
	return hex.EncodeToString(b[:])
}

// kindOf sorts paths by what may be done with their answers.
type kind int

const (
	page kind = iota
	embed
	apiAnswer
	file
	kinds int = iota
)

func kindOf(path string) kind {
	switch {
	case strings.HasPrefix(path, "/api/"):
		return apiAnswer
	case strings.HasPrefix(path, "/static/"), strings.HasPrefix(path, "/lazy-static/"), strings.HasPrefix(path, "/download/"):
		return file
	case strings.HasPrefix(path, "/videos/embed/"), strings.HasPrefix(path, "/video-playlists/embed/"):
		return embed
	}
	return page
}
