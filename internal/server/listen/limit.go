package listen

import (
	"context"
	"hash/maphash"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

// Limit is how many requests one address may make in a window of time.
type Limit struct {
	Window time.Duration
	Max    int
}

// Count is the state of a window after a request.
type Count struct {
	Hits  int
	Reset time.Time // when the window ends
}

// Counter counts requests. Memory is one for a single node; several nodes
// share one that keeps its figures in the database.
type Counter interface {
	// Hit counts one request of key in a scope and returns how many there
	// were in the window that now is in.
	Hit(ctx context.Context, scope, key string, window time.Duration, now time.Time) (Count, error)
	// Forgive takes a request back, for limits that count only successes.
	Forgive(ctx context.Context, scope, key string) error
}

// Limits makes middleware that refuses who asks too often.
type Limits struct {
	Counter Counter
	Now     func() time.Time
	// Bypass lets somebody through who is over a limit: administrators and
	// moderators. It is only asked then. nil lets nobody through.
	Bypass func(r *http.Request) bool
}

// Rule is one limit.
type Rule struct {
	// Scope keeps the counts of rules apart.
	Scope string
	Limit
	// SuccessOnly counts only requests that were answered with a status
	// below 400.
	SuccessOnly bool
}

// Middleware limits the requests that pass through it. It sends PeerTube's
// headers. A counter that fails limits nobody.
func (l *Limits) Middleware(rule Rule) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			key, now := limitKey(r), l.Now()
			count, err := l.Counter.Hit(r.Context(), rule.Scope, key, rule.Window, now)
			if err != nil {
				next.ServeHTTP(w, r)
				return
			}
			rule.announce(w.Header(), count)
			if count.Hits > rule.Max && (l.Bypass == nil || !l.Bypass(r)) {
				refuse(w, count.Reset.Sub(now))
				return
			}
			if !rule.SuccessOnly {
				next.ServeHTTP(w, r)
				return
			}
			rec := &recorder{ResponseWriter: w}
			next.ServeHTTP(rec, r)
			if rec.status >= http.StatusBadRequest {
				_ = l.Counter.Forgive(context.WithoutCancel(r.Context()), rule.Scope, key) // counting once too often is no harm
			}
		})
	}
}

func (r Rule) announce(h http.Header, c Count) {
	h.Set("X-RateLimit-Limit", strconv.Itoa(r.Max))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(0, r.Max-c.Hits)))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(ceilSeconds(time.Duration(c.Reset.UnixNano())), 10))
}

func ceilSeconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

func refuse(w http.ResponseWriter, wait time.Duration) {
	h := w.Header()
	h.Set("Retry-After", strconv.FormatInt(max(1, ceilSeconds(wait)), 10))
	h.Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusTooManyRequests)
	_, _ = w.Write([]byte("Too many requests, please try again later."))
}

// limitKey is who asks: an IPv4 address, or the network of an IPv6 one, of
// which everybody has as many as they like.
func limitKey(r *http.Request) string {
	ip := ClientIP(r.Context())
	if !ip.IsValid() {
		if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
			ip = peer.Addr().Unmap()
		}
	}
	if ip.Is6() {
		ip = network(ip)
	}
	return ip.String()
}

const (
	shards = 32
	// maxWindows bounds the memory of a Memory: about 100 bytes each.
	maxWindows = 200_000
)

// Memory counts requests in this process. Its size is bounded: when too many
// addresses ask at once, the oldest windows are forgotten.
type Memory struct {
	seed   maphash.Seed
	shards [shards]memoryShard
}

// NewMemory returns an empty Memory.
func NewMemory() *Memory {
	m := &Memory{seed: maphash.MakeSeed()}
	for i := range m.shards {
		m.shards[i].windows = make(map[windowKey]Count)
	}
	return m
}

type windowKey struct{ scope, key string }

type memoryShard struct {
	mu      sync.Mutex
	windows map[windowKey]Count
}

func (m *Memory) shard(k windowKey) *memoryShard {
	return &m.shards[maphash.Comparable(m.seed, k)%shards]
}

// Hit implements Counter.
func (m *Memory) Hit(_ context.Context, scope, key string, window time.Duration, now time.Time) (Count, error) {
	k := windowKey{scope, key}
	s := m.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.windows[k]
	if !ok || !now.Before(c.Reset) || c.Reset.Sub(now) > window { // longer when the clock was set back
		if !ok {
			s.makeRoom(now)
		}
		c = Count{Reset: now.Add(window)}
	}
	c.Hits++
	s.windows[k] = c
	return c, nil
}

// Forgive implements Counter.
func (m *Memory) Forgive(_ context.Context, scope, key string) error {
	k := windowKey{scope, key}
	s := m.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.windows[k]; ok && c.Hits > 0 {
		c.Hits--
		s.windows[k] = c
	}
	return nil
}

// makeRoom removes windows that are over once the shard is full, and half of
// the others if that was not enough.
func (s *memoryShard) makeRoom(now time.Time) {
	if len(s.windows) < maxWindows/shards {
		return
	}
	for k, c := range s.windows {
		if !now.Before(c.Reset) {
			delete(s.windows, k)
		}
	}
	for k := range s.windows {
		if len(s.windows) <= maxWindows/shards/2 {
			return
		}
		delete(s.windows, k)
	}
}
