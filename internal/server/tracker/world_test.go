package tracker_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"sepiola/internal/server/rest"
	"sepiola/internal/server/tracker"
)

const (
	known   = "kkkkkkkkkkkkkkkkkkkk"
	binaryH = "\x00\x01\u00ff\"\\\u0080kkkkkkkkkkkkkk" // 20 characters that need care
	unknown = "uuuuuuuuuuuuuuuuuuuu"
)

type site struct {
	t       testing.TB
	tracker *tracker.Tracker
	server  *httptest.Server
	ip      atomic.Value
	options atomic.Pointer[tracker.Options]
	now     atomic.Int64
}

func newSite(t testing.TB) *site {
	t.Helper()
	s := &site{t: t}
	s.options.Store(&tracker.Options{Enabled: true, Private: true, RejectTooMany: true})
	s.from("192.0.2.1")
	s.now.Store(time.Now().UnixNano())
	s.tracker = &tracker.Tracker{
		Known:    func(_ context.Context, h tracker.Hash) (bool, error) { return h[19] == 'k', nil },
		ClientIP: func(*http.Request) netip.Addr { return s.ip.Load().(netip.Addr) },
		Options:  func() tracker.Options { return *s.options.Load() },
		Now:      func() time.Time { return time.Unix(0, s.now.Load()) },
		Log:      slog.New(slog.DiscardHandler),
	}
	r := rest.NewRouter(slog.New(slog.DiscardHandler))
	s.tracker.Mount(r)
	s.server = httptest.NewServer(r)
	t.Cleanup(s.server.Close)
	return s
}

func (s *site) set(change func(o *tracker.Options)) {
	o := *s.options.Load()
	change(&o)
	s.options.Store(&o)
}

func (s *site) from(ip string)        { s.ip.Store(netip.MustParseAddr(ip)) }
func (s *site) later(d time.Duration) { s.now.Add(int64(d)) }
func peerID(n int) string             { return fmt.Sprintf("peer-%015d", n) }
func (s *site) get(path string) (int, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.server.URL+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b := make([]byte, 1<<16)
	n, _ := res.Body.Read(b)
	return res.StatusCode, string(b[:n])
}

const upgrade = "GET /tracker/socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

// viewer is a browser.
type viewer struct {
	s   *site
	ws  *websocket.Conn
	id  string
	tcp net.Conn // of one that has no ws
}

func (s *site) open(n int) *viewer {
	s.t.Helper()
	ws, res, err := websocket.Dial(s.t.Context(), strings.Replace(s.server.URL, "http", "ws", 1)+"/tracker/socket",
		&websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://another.example"}}})
	if err != nil {
		s.t.Fatal(err)
	}
	_ = res
	s.t.Cleanup(func() { _ = ws.CloseNow() })
	return &viewer{s: s, ws: ws, id: peerID(n)}
}

// silent opens a socket with no more than the kernel needs at this end.
func (s *site) silent(n int) *viewer {
	s.t.Helper()
	c, err := (&net.Dialer{}).DialContext(s.t.Context(), "tcp", s.server.Listener.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Close() })
	if _, err := c.Write([]byte(upgrade)); err != nil {
		s.t.Fatal(err)
	}
	return &viewer{s: s, id: peerID(n), tcp: c}
}

func (v *viewer) say(m map[string]any) {
	v.s.t.Helper()
	if m["peer_id"] == nil {
		m["peer_id"] = v.id
	}
	b, err := json.Marshal(m)
	if err != nil {
		v.s.t.Fatal(err)
	}
	v.raw(string(b))
}

func (v *viewer) raw(b string) {
	v.s.t.Helper()
	if err := v.ws.Write(v.s.t.Context(), websocket.MessageText, []byte(b)); err != nil {
		v.s.t.Fatal(err)
	}
}

func (v *viewer) hear() map[string]any {
	v.s.t.Helper()
	ctx, cancel := context.WithTimeout(v.s.t.Context(), 10*time.Second)
	defer cancel()
	_, b, err := v.ws.Read(ctx)
	if err != nil {
		v.s.t.Fatalf("%s: %v", v.id, err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		v.s.t.Fatalf("%v in %s", err, b)
	}
	return m
}

// closed waits until the site closes the socket.
func (v *viewer) closed() {
	v.s.t.Helper()
	ctx, cancel := context.WithTimeout(v.s.t.Context(), 10*time.Second)
	defer cancel()
	for {
		if _, _, err := v.ws.Read(ctx); err != nil {
			if ctx.Err() != nil {
				v.s.t.Errorf("%s is still there", v.id)
			}
			return
		}
	}
}

func offers(n int) []any {
	var list []any
	for i := range n {
		list = append(list, map[string]any{"offer": map[string]string{"type": "offer", "sdp": "v=0\r\nfrom " + fmt.Sprint(i)}, "offer_id": fmt.Sprintf("offer-%014d", i)})
	}
	return list
}

func announce(hash string, n int) map[string]any {
	return map[string]any{"action": "announce", "info_hash": hash, "numwant": n, "event": "started", "left": 100, "offers": offers(n)}
}
