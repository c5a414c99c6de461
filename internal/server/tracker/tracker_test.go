package tracker_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"sepiola/internal/server/tracker"
)

func TestViewersMeet(t *testing.T) {
	t.Parallel()
	for _, hash := range []string{known, binaryH} {
		s := newSite(t)
		a, b := s.open(1), s.open(2)
		a.say(announce(hash, 5))
		if m := a.hear(); m["action"] != "announce" || m["incomplete"] != 1.0 || m["complete"] != 0.0 || m["info_hash"] != hash || m["interval"] != 120.0 {
			t.Fatalf("the first: %v", m)
		}
		b.say(announce(hash, 5))
		if m := b.hear(); m["incomplete"] != 2.0 {
			t.Fatalf("the second: %v", m)
		}
		got := a.hear()
		if got["peer_id"] != b.id || got["info_hash"] != hash || got["offer"].(map[string]any)["type"] != "offer" {
			t.Fatalf("the offer: %v", got)
		}
		a.say(map[string]any{"action": "announce", "info_hash": hash, "to_peer_id": b.id, "offer_id": got["offer_id"], "answer": map[string]string{"type": "answer", "sdp": "x"}})
		if m := b.hear(); m["peer_id"] != a.id || m["offer_id"] != got["offer_id"] || m["answer"].(map[string]any)["sdp"] != "x" {
			t.Fatalf("the answer: %v", m)
		}
		// The same answer again, and one that nobody asked for, reach nobody.
		for _, id := range []any{got["offer_id"], "offer-99999999999999"} {
			a.say(map[string]any{"action": "announce", "info_hash": hash, "to_peer_id": b.id, "offer_id": id, "answer": map[string]string{"type": "answer"}})
		}
		b.say(map[string]any{"action": "announce", "info_hash": hash, "event": "completed", "left": 0})
		if m := b.hear(); m["complete"] != 1.0 || m["incomplete"] != 1.0 || m["answer"] != nil {
			t.Fatalf("whole: %v", m)
		}
		b.say(map[string]any{"action": "scrape", "info_hash": []string{hash}})
		if m := b.hear(); m["files"].(map[string]any)[hash].(map[string]any)["downloaded"] != 1.0 {
			t.Fatalf("scrape: %v", m)
		}
		// Who vanishes is gone at once.
		_ = b.ws.CloseNow()
		for s.tracker.Counters().Peers.Load() != 1 {
			time.Sleep(time.Millisecond)
		}
		a.say(announce(hash, 5))
		if m := a.hear(); m["complete"] != 0.0 || m["incomplete"] != 1.0 {
			t.Fatalf("alone again: %v", m)
		}
		a.say(map[string]any{"action": "announce", "info_hash": hash, "event": "stopped", "left": 5})
		a.say(map[string]any{"action": "scrape", "info_hash": hash})
		if m := a.hear(); m["files"].(map[string]any)[hash].(map[string]any)["incomplete"] != 0.0 {
			t.Fatalf("after stopping: %v", m)
		}
	}
}

// JSON has several forms of the same text.
func TestAnswersNameOffersInTheirOwnWords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.open(1), s.open(2)
	a.say(announce(known, 0))
	a.hear()
	b.raw(`{"action":"announce","info_hash":"` + known + `","peer_id":"` + b.id + `","offers":[{"offer":{"type":"offer"},"offer_id":"<\u000b&\u00e9/\n"}]}`)
	b.hear()
	a.hear()
	a.raw(`{"action":"announce","info_hash":"` + known + `","peer_id":"` + a.id + `","to_peer_id":"` + b.id + `","offer_id":"\u003C\u000B\u0026é\/\u000a","answer":{"type":"answer"}}`)
	if m := b.hear(); m["answer"] == nil || m["offer_id"] != "<\u000b&é/\n" {
		t.Errorf("got %v", m)
	}
}

func TestEachOfferGoesToOnePeer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const others = 30
	var list []*viewer
	for i := range others {
		v := s.open(i)
		v.say(announce(known, 0))
		v.hear()
		list = append(list, v)
	}
	me := s.open(99)
	me.say(announce(known, 10))
	me.hear()
	me.say(map[string]any{"action": "scrape", "info_hash": known})
	me.hear()
	for s.tracker.Counters().Offers.Load() != 10 {
		time.Sleep(time.Millisecond)
	}
	seen := map[any]bool{}
	for _, v := range list {
		v.say(map[string]any{"action": "scrape", "info_hash": known})
		for m := v.hear(); m["action"] != "scrape"; m = v.hear() {
			if seen[m["offer_id"]] {
				t.Errorf("the offer %v came twice", m["offer_id"])
			}
			seen[m["offer_id"]] = true
		}
	}
	if len(seen) != 10 {
		t.Errorf("%d of 10 offers came", len(seen))
	}
}

func TestFramesMayBeSplitAndMixed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.open(1)
	for range 3 {
		go func() { _ = v.ws.Ping(t.Context()) }()
		w, err := v.ws.Writer(t.Context(), websocket.MessageText)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(map[string]any{"action": "announce", "info_hash": known, "peer_id": v.id, "offers": offers(9), "x": strings.Repeat("y", 9000)})
		if err != nil {
			t.Fatal(err)
		}
		for len(b) > 0 {
			n := min(len(b), 1234)
			if _, err := w.Write(b[:n]); err != nil {
				t.Fatal(err)
			}
			b = b[n:]
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		v.say(map[string]any{"action": "scrape", "info_hash": known})
		if m := v.hear(); m["action"] != "announce" || m["incomplete"] != 1.0 {
			t.Fatalf("got %v", m)
		}
		if m := v.hear(); m["action"] != "scrape" {
			t.Fatalf("got %v", m)
		}
	}
}

func TestSilentSocketsAreClosed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	silent, busy := s.open(1), s.open(2)
	busy.say(announce(known, 0))
	busy.hear()
	s.later(2 * time.Minute)
	go func() { _, _, _ = busy.ws.Read(t.Context()) }() // answers pings
	s.tracker.Sweep()
	silent.closed()
	if n := s.tracker.Counters().Peers.Load(); n != 1 {
		t.Errorf("%d peers", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { s.tracker.Run(ctx); close(done) }()
	cancel()
	<-done
	for s.tracker.Counters().Sockets.Load() != 0 {
		time.Sleep(time.Millisecond)
	}
}

// Where TLS ends in this process, and where there is no epoll, each socket has a
// goroutine.
func TestViewersMeetOverTLS(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	secure := httptest.NewTLSServer(s.server.Config.Handler)
	defer secure.Close()
	open := func(n int) *viewer {
		ws, _, err := websocket.Dial(t.Context(), strings.Replace(secure.URL, "http", "ws", 1)+"/tracker/socket", &websocket.DialOptions{HTTPClient: secure.Client()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = ws.CloseNow() })
		return &viewer{s: s, ws: ws, id: peerID(n)}
	}
	a, b := open(1), open(2)
	a.say(announce(known, 0))
	a.hear()
	b.say(announce(known, 1))
	b.hear()
	if m := a.hear(); m["offer"] == nil {
		t.Errorf("got %v", m)
	}
	_ = b.ws.CloseNow()
	for s.tracker.Counters().Sockets.Load() != 1 {
		time.Sleep(time.Millisecond)
	}
	s.later(10 * time.Minute)
	s.tracker.Sweep()
	a.closed()
	for s.tracker.Counters().Sockets.Load() != 0 {
		time.Sleep(time.Millisecond)
	}
}

// A thousand people who say nothing cost no goroutine each, and go when their
// time is over.
func TestManySilentSockets(t *testing.T) {
	if testing.Short() {
		t.Skip("opens many sockets")
	}
	s := newSite(t)
	const many = 1000
	s.set(func(o *tracker.Options) { o.MaxSockets = many })
	before := runtime.NumGoroutine()
	for i := range many {
		s.silent(i)
	}
	for s.tracker.Counters().Sockets.Load() != many {
		time.Sleep(time.Millisecond)
	}
	if runtime.GOOS == "linux" {
		deadline := time.Now().Add(10 * time.Second)
		for runtime.NumGoroutine() > before+many/2 && time.Now().Before(deadline) {
			time.Sleep(10 * time.Millisecond)
		}
		if n := runtime.NumGoroutine() - before; n > many/2 {
			t.Errorf("%d goroutines for %d sockets", n, many)
		}
	}
	if status, _ := s.get("/tracker/socket"); status != http.StatusTooManyRequests {
		t.Errorf("one more: %d", status)
	}
	// Viewers are served meanwhile, from another address.
	s.from("192.0.2.2")
	v := s.open(1)
	v.say(announce(known, 0))
	v.hear()
	s.later(2 * time.Minute)
	go func() { _, _, _ = v.ws.Read(t.Context()) }()
	s.tracker.Sweep()
	for s.tracker.Counters().Sockets.Load() != 1 {
		time.Sleep(time.Millisecond)
	}
}

func TestAnnounceOverHTTP(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ask := func(n int, more string) string {
		_, body := s.get("/tracker/announce?info_hash=" + url.PathEscape(known) + "&peer_id=" + peerID(n) + "&port=" + fmt.Sprint(1000+n) + "&compact=1" + more)
		return body
	}
	if got := ask(1, "&left=0"); got != "d8:completei1e10:incompletei0e8:intervali600e5:peers0:e" {
		t.Errorf("the first: %q", got)
	}
	s.from("2001:db8::1")
	ask(2, "&left=9")
	s.from("192.0.2.3")
	if got := ask(3, "&left=9&numwant=9"); !strings.Contains(got, "5:peers6:\xc0\x00\x02\x01\x03\xe9") || !strings.Contains(got, "6:peers618:\x20\x01\x0d\xb8") {
		t.Errorf("the third: %q", got)
	}
	if _, got := s.get("/tracker/scrape?info_hash=" + known + "&info_hash=" + unknown + "&info_hash=" + known); got !=
		"d5:filesd20:"+known+"d8:completei1e10:downloadedi0e10:incompletei2ee20:"+unknown+"d8:completei0e10:downloadedi0e10:incompletei0eee5:flagsd20:min_request_intervali600eee" {
		t.Errorf("scrape: %q", got)
	}
	if got := ask(3, "&event=stopped"); !strings.Contains(got, "10:incompletei1e") {
		t.Errorf("stopped: %q", got)
	}
	s.later(30 * time.Minute)
	s.tracker.Sweep()
	if _, got := s.get("/tracker/scrape?info_hash=" + known); !strings.Contains(got, "8:completei0e") {
		t.Errorf("much later: %q", got)
	}
	for query, want := range map[string]string{
		"": "invalid info_hash", "?info_hash=" + known: "invalid peer_id", "?info_hash=" + known + "&peer_id=" + peerID(1): "invalid port",
		"?info_hash=%zz": "invalid query", "?info_hash=" + strings.Repeat("a", 5000): "invalid query",
		"?info_hash=" + known + "&port=99999&peer_id=" + peerID(1): "invalid port",
	} {
		if _, got := s.get("/tracker/announce" + query); !strings.Contains(got, "failure reason") || !strings.Contains(got, want) {
			t.Errorf("%.60s: %q", query, got)
		}
	}
	if _, got := s.get("/tracker/scrape"); !strings.Contains(got, "failure reason") {
		t.Errorf("a scrape of all: %q", got)
	}
	for range 5 {
		if _, got := s.get("/tracker/announce?info_hash=" + unknown + "&peer_id=" + peerID(1) + "&port=1"); !strings.Contains(got, "disallowed") {
			t.Errorf("unknown: %q", got)
		}
	}
	if status, _ := s.get("/tracker/announce?info_hash=" + known + "&peer_id=" + peerID(1) + "&port=1"); status != 403 {
		t.Errorf("after the unknown: %d", status)
	}
}

// What comes in single bytes is put together, and costs no more than it weighs.
func TestMessagesMayComeInSingleBytes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.silent(1)
	b := fmt.Appendf(nil, `{"action":"announce","info_hash":%q,"peer_id":%q}`, known, c.id)
	frame := append([]byte{0x81, 0x80 | byte(len(b)), 0, 0, 0, 0}, b...)
	for range 2 {
		for i := range frame {
			if _, err := c.tcp.Write(frame[i : i+1]); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
		}
	}
	for s.tracker.Counters().Announces.Load() != 2 {
		time.Sleep(time.Millisecond)
	}
}

// gathering is a connection that writes what it was given at once, when told.
type gathering struct {
	net.Conn

	hold bool
	b    []byte
}

func (g *gathering) Write(b []byte) (int, error) {
	if !g.hold {
		return g.Conn.Write(b)
	}
	g.b = append(g.b, b...)
	return len(b), nil
}

// Over TLS, too, who is silent has no goroutine; and what TLS has read already
// is handled though the kernel has no more.
func TestSilentSocketsOverTLS(t *testing.T) {
	s := newSite(t)
	secure := httptest.NewTLSServer(s.server.Config.Handler)
	defer secure.Close()
	config := secure.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	config.ServerName = "example.com"
	const many = 100
	before := runtime.NumGoroutine()
	var last *tls.Conn
	var wire *gathering
	for range many {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", secure.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		wire = &gathering{Conn: c}
		last = tls.Client(wire, config)
		defer last.Close()
		if _, err := last.Write([]byte(upgrade)); err != nil {
			t.Fatal(err)
		}
	}
	for s.tracker.Counters().Sockets.Load() != many {
		time.Sleep(time.Millisecond)
	}
	if runtime.GOOS == "linux" {
		deadline := time.Now().Add(10 * time.Second)
		for runtime.NumGoroutine() > before+many/2 && time.Now().Before(deadline) {
			time.Sleep(10 * time.Millisecond)
		}
		if n := runtime.NumGoroutine() - before; n > many/2 {
			t.Errorf("%d goroutines for %d sockets", n, many)
		}
	}
	wire.hold = true
	for i := range 3 { // three records
		b := fmt.Appendf(nil, `{"action":"announce","info_hash":"%019dk","peer_id":%q}`, i, peerID(1))
		if _, err := last.Write(append([]byte{0x81, 0x80 | byte(len(b)), 0, 0, 0, 0}, b...)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := wire.Conn.Write(wire.b[:len(wire.b)-7]); err != nil { // and not all of the last
		t.Fatal(err)
	}
	for s.tracker.Counters().Announces.Load() != 2 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(10 * time.Millisecond)
	if _, err := wire.Conn.Write(wire.b[len(wire.b)-7:]); err != nil {
		t.Fatal(err)
	}
	for s.tracker.Counters().Announces.Load() != 3 {
		time.Sleep(time.Millisecond)
	}
}
