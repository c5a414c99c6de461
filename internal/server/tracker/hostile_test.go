package tracker_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"sepiola/internal/server/tracker"
)

func TestWhatIsWrongIsTold(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.open(1)
	for in, want := range map[string]string{
		`nonsense`: "not JSON", `{}`: "invalid action", `[]`: "not JSON", `{"action":"dance"}`: "invalid action", `null`: "invalid action",
		`{"action":"announce"}`: "invalid info_hash",
		`{"action":"announce","info_hash":"short","peer_id":"` + v.id + `"}`:                                     "invalid info_hash",
		`{"action":"announce","info_hash":"` + known + `"}`:                                                      "invalid peer_id",
		`{"action":"announce","info_hash":"` + known + `","peer_id":"` + strings.Repeat("é", 21) + `"}`:          "invalid peer_id",
		`{"action":"announce","info_hash":"` + known + `","peer_id":"` + strings.Repeat("漢", 20) + `"}`:          "invalid peer_id",
		`{"action":"announce","info_hash":"` + known + `","peer_id":"` + v.id + `","answer":{},"to_peer_id":""}`: "to_peer_id",
		`{"action":"scrape","info_hash":[1,2]}`:                                                                  "invalid info_hash",
	} {
		v.raw(in)
		if m := v.hear(); !strings.Contains(fmt.Sprint(m["failure reason"]), want) {
			t.Errorf("%s: %v", in, m)
		}
	}
	v.say(announce(known, 0))
	v.hear()
	v.say(map[string]any{"action": "announce", "info_hash": known, "peer_id": peerID(7)})
	if m := v.hear(); m["failure reason"] == nil {
		t.Errorf("two names on one socket: %v", m)
	}
	s.from("192.0.2.99")
	thief := s.open(1)
	thief.say(announce(known, 0))
	if m := thief.hear(); m["failure reason"] != "peer_id is taken" {
		t.Errorf("another's name: %v", m)
	}
	s.from("192.0.2.1")
	again := s.open(1) // the same viewer, whose old socket is not yet known to be dead
	again.say(announce(known, 0))
	if m := again.hear(); m["incomplete"] != 1.0 {
		t.Errorf("back on another socket: %v", m)
	}
	s.set(func(o *tracker.Options) { o.Enabled = false })
	again.say(announce(known, 0))
	if m := again.hear(); m["failure reason"] != "tracker is disabled on this instance" {
		t.Errorf("off: %v", m)
	}
}

func TestUnknownVideosAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for i := range 5 {
		v := s.open(i)
		v.say(announce(unknown, 1))
		if m := v.hear(); m["failure reason"] != "disallowed info_hash" {
			t.Errorf("got %v", m)
		}
		v.closed()
	}
	if status, _ := s.get("/tracker/socket"); status != http.StatusForbidden {
		t.Errorf("the address again: %d", status)
	}
	s.from("192.0.2.2")
	other := s.open(2)
	other.say(announce(known, 0))
	other.hear()
	s.from("192.0.2.1")
	s.later(4 * time.Minute)
	s.open(3)
	s.set(func(o *tracker.Options) { o.Private = false })
	open := s.open(4)
	open.say(announce(unknown, 0))
	if m := open.hear(); m["failure reason"] != nil {
		t.Errorf("a tracker for all: %v", m)
	}
}

func TestFloodsEnd(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.open(1)
	go func() {
		for range 1000 {
			if v.ws.Write(t.Context(), websocket.MessageText, []byte(`{"action":"scrape","info_hash":[]}`)) != nil {
				return
			}
		}
	}()
	v.closed()
	big := s.open(2)
	_ = big.ws.Write(t.Context(), websocket.MessageText, []byte(strings.Repeat(" ", 200<<10)))
	big.closed()
	many := s.open(3)
	for i := range 45 {
		many.say(announce(fmt.Sprintf("%019dk", i), 0))
		m := many.hear()
		if (m["failure reason"] != nil) != (i >= 40) {
			t.Fatalf("swarm %d: %v", i, m)
		}
	}
	if n := s.tracker.Counters().Peers.Load(); n != 40 {
		t.Errorf("%d peers", n)
	}
}

// A text that is not UTF-8 would make browsers close the socket that it is
// passed to.
func TestWhatIsNoUTF8IsNotPassedOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.open(1), s.open(2)
	a.say(announce(known, 0))
	a.hear()
	b.raw(`{"action":"announce","info_hash":"` + known + `","peer_id":"` + b.id + `","offers":[{"offer":{"sdp":"` + "\xff" + `"},"offer_id":"x"}]}`)
	if m := b.hear(); m["failure reason"] == nil {
		t.Errorf("got %v", m)
	}
	b.say(announce(known, 1))
	b.hear()
	if m := a.hear(); m["offer_id"] != "offer-00000000000000" {
		t.Errorf("got %v", m)
	}
}

// A peer that does not read holds up nobody; what is too much for it is dropped,
// and it is itself after a while.
func TestPeersThatDoNotReadAreDropped(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for a deadline of ten seconds")
	}
	t.Parallel()
	s := newSite(t)
	s.set(func(o *tracker.Options) { o.MaxRate = 1e6 })
	deaf := s.silent(1)
	b := fmt.Appendf(nil, `{"action":"announce","info_hash":%q,"peer_id":%q}`, known, deaf.id)
	if _, err := deaf.tcp.Write(append([]byte{0x81, 0x80 | byte(len(b)), 0, 0, 0, 0}, b...)); err != nil {
		t.Fatal(err)
	}
	v := s.open(2)
	m := announce(known, 0)
	m["offers"] = []any{map[string]any{"offer": map[string]string{"sdp": strings.Repeat("x", 60_000)}, "offer_id": "offer"}}
	deadline := time.Now().Add(time.Minute)
	for s.tracker.Counters().Dropped.Load() == 0 {
		v.say(m)
		v.hear()
		if time.Now().After(deadline) {
			t.Fatal("everything is kept for who does not read")
		}
	}
	for s.tracker.Counters().Sockets.Load() != 1 {
		if time.Now().After(deadline) {
			t.Fatal("who does not read is still there")
		}
		time.Sleep(10 * time.Millisecond)
	}
	v.say(announce(known, 0))
	if m := v.hear(); m["incomplete"] != 1.0 {
		t.Errorf("got %v", m)
	}
}
