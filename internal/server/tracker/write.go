package tracker

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

const (
	// writeTimeout is how long a peer may take to read.
	writeTimeout = 10 * time.Second
	// gather is how long offers and answers wait for others to the same peer,
	// to be written at once: writing is most of what a tracker does, and
	// browsers take longer than that to connect anyhow.
	gather = 25 * time.Millisecond
)

// outs are buffers of frames.
var outs = sync.Pool{New: func() any { return new([]byte) }}

// send queues a frame. With now it is written at once with all that waits,
// else soon.
func (c *conn) send(op ws.OpCode, payload []byte, now bool) {
	c.mu.Lock()
	if c.closed || len(c.out)+len(payload) > maxQueue {
		c.mu.Unlock()
		c.t.stats.Dropped.Add(1)
		return
	}
	if c.out == nil {
		c.out = (*outs.Get().(*[]byte))[:0]
	}
	c.out = append(appendHeader(c.out, op, len(payload)), payload...)
	soon := !now && !c.dirty
	if soon {
		c.dirty = true
	}
	c.mu.Unlock()
	switch {
	case now:
		c.flush()
	case soon:
		c.t.flusher.add(c)
	}
}

// appendHeader writes the head of a frame of a server (RFC 6455, section 5.2).
func appendHeader(b []byte, op ws.OpCode, n int) []byte {
	const final, two, eight = 0x80, 126, 127
	b = append(b, final|byte(op))
	switch {
	case n < two:
		return append(b, byte(n))
	case n <= 0xFFFF:
		return binary.BigEndian.AppendUint16(append(b, two), uint16(n))
	}
	return binary.BigEndian.AppendUint64(append(b, eight), uint64(n))
}

// flush writes what waits, unless somebody does so already, who then goes on
// until nothing waits.
func (c *conn) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dirty = false
	if c.writing {
		return
	}
	for len(c.out) > 0 && !c.closed {
		b := c.out
		c.out, c.writing = nil, true
		c.mu.Unlock()
		_ = c.net.SetWriteDeadline(time.Now().Add(writeTimeout))
		_, err := c.net.Write(b)
		if cap(b) <= maxIdleBuffer {
			outs.Put(&b)
		}
		c.mu.Lock()
		c.writing = false
		if err != nil {
			c.closed = true
			c.hangUp(c.polled)
		}
	}
}

// close tells the peer why it is sent away, and closes the socket.
func (c *conn) close(err error) {
	code := ws.StatusPolicyViolation
	switch {
	case errors.Is(err, io.EOF):
		code = ws.StatusNormalClosure
	case errors.Is(err, errFrame):
		code = ws.StatusProtocolError
	case errors.Is(err, errRestart):
		code = ws.StatusGoingAway
	}
	c.send(ws.OpClose, ws.NewCloseFrameBody(code, err.Error()), true)
	c.drop()
}

// errRestart closes sockets when the site stops.
var errRestart = errors.New("the site restarts")

// drop closes the socket.
func (c *conn) drop() {
	c.mu.Lock()
	c.closed, c.out = true, nil
	polled := c.polled
	c.mu.Unlock()
	c.hangUp(polled)
}

// hangUp ends the connection so that who reads, or the poller, sees it and cleans
// up. The poller would never hear of a descriptor that is closed.
func (c *conn) hangUp(polled bool) {
	if half, ok := c.net.(interface{ CloseRead() error }); ok && polled {
		_ = half.CloseRead()
		return
	}
	_ = c.net.Close()
}

// flusher writes what waits to be written together.
type flusher struct {
	mu    sync.Mutex
	dirty []*conn
	timer *time.Timer
}

func (f *flusher) add(c *conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dirty = append(f.dirty, c)
	switch {
	case len(f.dirty) > 1:
	case f.timer == nil:
		f.timer = time.AfterFunc(gather, f.run)
	default:
		f.timer.Reset(gather)
	}
}

func (f *flusher) run() {
	f.mu.Lock()
	list := f.dirty
	f.dirty = nil
	f.mu.Unlock()
	for _, c := range list {
		c.mu.Lock()
		waits := c.dirty
		c.mu.Unlock()
		if waits {
			go c.flush() // a peer that reads slowly holds up nobody else
		}
	}
}

// settled notes that the socket is in a swarm.
func (c *conn) settled() {
	c.mu.Lock()
	c.inAny = true
	c.mu.Unlock()
}

// sockets are all that are open, by a number that tells them apart.
type sockets struct {
	mu   sync.Mutex
	all  map[uint32]*conn
	last uint32
}

func (s *sockets) add(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[uint32]*conn{}
	}
	for s.last++; s.all[s.last] != nil; s.last++ { // after four thousand million
	}
	c.number = s.last
	s.all[c.number] = c
	c.t.stats.Sockets.Add(1)
}

func (s *sockets) remove(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all[c.number] == c {
		delete(s.all, c.number)
		c.t.stats.Sockets.Add(-1)
	}
}

func (s *sockets) byNumber(n uint32) *conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[n]
}

func (s *sockets) list() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*conn, 0, len(s.all))
	for _, c := range s.all {
		list = append(list, c)
	}
	return list
}

// Run asks peers whether they are there, and forgets what is old, until ctx
// ends; then it closes all sockets. Clients come back by themselves, and are
// spread over time by their own waiting.
func (t *Tracker) Run(ctx context.Context) {
	t.start()
	var bus sync.WaitGroup
	if t.Bus != nil {
		bus.Go(func() { t.runBus(ctx) })
	}
	defer bus.Wait()
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			var wg sync.WaitGroup
			for _, c := range t.sockets.list() {
				wg.Go(func() { c.close(errRestart) })
			}
			wg.Wait()
			return
		case <-tick.C:
			t.sweep()
		}
	}
}

// sweep closes sockets that say nothing, pings the others, and forgets peers
// of HTTP and addresses that are over.
func (t *Tracker) sweep() {
	now := t.Now()
	for _, c := range t.sockets.list() {
		c.mu.Lock()
		idle := !c.inAny && now.Sub(c.opened) > quiet
		dead := now.Sub(c.heard) > 3*pingEvery
		c.mu.Unlock()
		if idle || dead {
			t.stats.Refused.Add(1)
			c.drop()
			continue
		}
		c.send(ws.OpPing, nil, false)
	}
	for i := range t.shards {
		t.stats.Swarms.Add(-t.shards[i].expire(now, t.changed))
	}
	t.refused.expire(now)
	t.address.expire(now)
	t.known.expire(now)
}

// expire removes peers of HTTP that have not announced for twice the interval,
// calls changed for their swarms, and returns how many of these are empty then,
// which go too.
func (sh *shard) expire(now time.Time, changed func(Hash)) (gone int64) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for h, s := range sh.swarms {
		for id, p := range s.http {
			if now.Sub(p.seen) > 2*httpInterval {
				s.removeHTTP(id)
				changed(h)
			}
		}
		if s.empty() {
			delete(sh.swarms, h)
			gone++
		}
	}
	return gone
}
