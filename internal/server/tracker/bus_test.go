package tracker_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"sepiola/internal/server/tracker"
	"sepiola/internal/storage/nodebus"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
)

// wire joins the nodes of a test in memory.
type wire struct {
	mu  sync.Mutex
	all map[string]*end
}

type end struct {
	w    *wire
	name string
	in   chan message
	dead bool
}

type message struct {
	from string
	b    []byte
}

func (w *wire) end(name string) *end {
	w.mu.Lock()
	defer w.mu.Unlock()
	e := &end{w: w, name: name, in: make(chan message, 10_000)}
	w.all[name] = e
	return e
}

func (e *end) Send(to string, b []byte) bool {
	e.w.mu.Lock()
	defer e.w.mu.Unlock()
	for name, other := range e.w.all {
		if other != e && !e.dead && !other.dead && (to == "" || to == name) {
			other.in <- message{e.name, b}
		}
	}
	return true
}

func (e *end) Run(ctx context.Context, receive func(from string, b []byte)) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-e.in:
			receive(m.from, m.b)
		}
	}
}

// node is a site that runs with a bus, until stop is called.
func node(t *testing.T, bus tracker.Bus) (s *site, stop func()) {
	t.Helper()
	s = newSite(t)
	s.set(func(o *tracker.Options) { o.MaxRate = 1e6 }) // the clock stands still
	s.tracker.Bus = bus
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { s.tracker.Run(ctx); close(done) }()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return s, stop
}

// counted waits until a viewer is told of this many peers.
func counted(v *viewer, complete, incomplete float64) {
	v.s.t.Helper()
	deadline := time.Now().Add(15 * time.Second)
	for {
		v.say(map[string]any{"action": "scrape", "info_hash": known})
		m := v.hear()
		for m["action"] != "scrape" {
			m = v.hear()
		}
		files, _ := m["files"].(map[string]any)
		one, _ := files[known].(map[string]any)
		if one["complete"] == complete && one["incomplete"] == incomplete {
			return
		}
		if time.Now().After(deadline) {
			v.s.t.Fatalf("got %v, want %v and %v", one, complete, incomplete)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// meet lets peers of two nodes exchange an offer and its answer.
func meet(t *testing.T, one, two *site) (*viewer, *viewer) {
	t.Helper()
	a, b := one.open(1), two.open(2)
	a.say(announce(known, 0))
	a.hear()
	b.say(announce(known, 0))
	b.hear()
	counted(a, 0, 2)
	counted(b, 0, 2)
	b.say(announce(known, 5))
	if m := b.hear(); m["incomplete"] != 2.0 {
		t.Fatalf("the second is told %v", m)
	}
	offer := a.hear()
	if offer["peer_id"] != b.id || offer["offer"] == nil || offer["info_hash"] != known {
		t.Fatalf("the offer: %v", offer)
	}
	answer := func(to string) {
		a.say(map[string]any{"action": "announce", "info_hash": known, "to_peer_id": to, "offer_id": offer["offer_id"], "answer": map[string]string{"type": "answer", "sdp": "x"}})
	}
	answer(b.id)
	if m := b.hear(); m["peer_id"] != a.id || m["offer_id"] != offer["offer_id"] || m["answer"].(map[string]any)["sdp"] != "x" {
		t.Fatalf("the answer: %v", m)
	}
	answer(b.id) // once more: nobody hears it
	counted(b, 0, 2)
	return a, b
}

func TestPeersOfTwoNodesMeet(t *testing.T) {
	t.Parallel()
	w := &wire{all: map[string]*end{}}
	one, _ := node(t, w.end("one"))
	two, _ := node(t, w.end("two"))
	a, b := meet(t, one, two)
	// A node that comes later learns of what is there.
	three, stop := node(t, w.end("three"))
	c := three.open(3)
	c.say(announce(known, 0))
	c.hear()
	counted(c, 0, 3)
	counted(a, 0, 3)
	c.say(map[string]any{"action": "announce", "info_hash": known, "event": "completed", "left": 0})
	c.hear()
	counted(b, 1, 2)
	// One that stops says so; its peers are gone at once.
	stop()
	counted(a, 0, 2)
	_ = b.ws.CloseNow()
	counted(a, 0, 1)
}

func TestPeersOfALostNodeVanish(t *testing.T) {
	t.Parallel()
	w := &wire{all: map[string]*end{}}
	one, _ := node(t, w.end("one"))
	e := w.end("two")
	two, _ := node(t, e)
	a, _ := meet(t, one, two)
	w.mu.Lock()
	e.dead = true
	w.mu.Unlock()
	one.later(20 * time.Second)
	one.tracker.ForgetLost()
	counted(a, 0, 1)
	a.say(announce(known, 5)) // offers go nowhere
	if m := a.hear(); m["incomplete"] != 1.0 {
		t.Errorf("got %v", m)
	}
	w.mu.Lock()
	e.dead = false
	w.mu.Unlock()
	counted(a, 0, 2) // it was only slow
}

func TestOffersAreSharedAmongNodes(t *testing.T) {
	t.Parallel()
	w := &wire{all: map[string]*end{}}
	one, _ := node(t, w.end("one"))
	two, _ := node(t, w.end("two"))
	for i := range 10 {
		for at, s := range []*site{one, two} {
			s.open(100*at + i).say(announce(known, 0))
		}
	}
	me := one.open(99)
	me.say(announce(known, 0))
	me.hear()
	counted(me, 0, 21)
	const announces = 20
	for range announces {
		me.say(announce(known, 10))
		me.hear()
	}
	offers := func() (int64, int64) {
		return one.tracker.Counters().Offers.Load(), two.tracker.Counters().Offers.Load()
	}
	for own, far := offers(); own+far < announces*10; own, far = offers() {
		time.Sleep(time.Millisecond)
	}
	if own, far := offers(); own+far != announces*10 || own < 50 || far < 50 {
		t.Errorf("%d offers stayed, %d went, want some half of %d", own, far, announces*10)
	}
}

// TestPeersMeetOverPostgreSQL is the same with the bus that sites use.
func TestPeersMeetOverPostgreSQL(t *testing.T) {
	t.Parallel()
	dsn := sqldbtest.PostgresURL(t)
	db, err := sqldb.Open(t.Context(), sqldb.Options{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	log := slog.New(slog.DiscardHandler)
	one, stopOne := node(t, nodebus.New(db, dsn, "tracker", log))
	two, stopTwo := node(t, nodebus.New(db, dsn, "tracker", log))
	a, _ := meet(t, one, two)
	stopTwo()
	counted(a, 0, 1)
	stopOne()
}

func TestNodesSurviveNonsense(t *testing.T) {
	t.Parallel()
	w := &wire{all: map[string]*end{}}
	one, _ := node(t, w.end("one"))
	stranger := w.end("stranger")
	for _, b := range []string{"", "x", "c", "c123", "o", "a", "o" + known, "a" + known + known + known + "\xff", "c" + known + "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"} {
		stranger.Send("", []byte(b))
	}
	v := one.open(1)
	v.say(announce(known, 3))
	if m := v.hear(); m["incomplete"] != 1.0 {
		t.Errorf("got %v", m)
	}
	counted(v, 0, 1)
	for one.tracker.Counters().Bad.Load() < 6 {
		time.Sleep(time.Millisecond)
	}
}
