package tracker

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
)

const (
	// writeTimeout is how long a peer may take to read.
	writeTimeout = 10 * time.Second
	// gather is how long offers and answers wait at most for others to the same
	// peer, to be written at once: writing is most of what a tracker does, and
	// browsers take longer than that to connect anyhow. They wait half as long
	// at least.
	gather = 25 * time.Millisecond
	// maxGather is how many bytes wait for others at most.
	maxGather = 32 << 10
	// maxIdleBuffer is the largest buffer that is kept for others.
	maxIdleBuffer = 16 << 10
)

// buffer is frames that wait.
type buffer struct{ b []byte }

var buffers = sync.Pool{New: func() any { return new(buffer) }}

func (o *buffer) free() {
	if cap(o.b) <= maxIdleBuffer {
		o.b = o.b[:0]
		buffers.Put(o)
	}
}

// room begins a frame of n bytes, which the caller appends to c.out. It reports
// false when the socket takes no more. It runs under c.mu.
func (c *conn) room(op ws.OpCode, n int) bool {
	if c.closed || c.out != nil && len(c.out.b)+n > maxQueue {
		c.t.stats.Dropped.Add(1)
		return false
	}
	if c.out == nil {
		c.out = buffers.Get().(*buffer)
	}
	c.out.b = appendHead(c.out.b, op, n)
	return true
}

// soon lets the flusher write what waits. It runs under c.mu.
func (c *conn) soon() {
	if c.dirty {
		return
	}
	f := c.t.flusher(c)
	c.dirty, c.since = true, f.tick.Load()
	if !c.listed {
		c.listed = true
		f.add(c)
	}
}

// pass sends what another peer wrote, soon, and remembers an offer, which may be
// answered.
func (c *conn) pass(p *pass, expect ...asked) {
	c.mu.Lock()
	much := false
	if c.room(ws.OpText, p.size()) {
		c.out.b = p.append(c.out.b)
		for _, it := range expect {
			c.expect(it)
		}
		c.soon()
		much = len(c.out.b) > maxGather && !c.writing
	}
	c.mu.Unlock()
	if much {
		c.flush(false)
	}
}

// expect remembers that an offer of a peer was given to this socket. It runs
// under c.mu.
func (c *conn) expect(it asked) {
	if len(c.asked) < maxAsked {
		c.asked = append(c.asked, it)
		return
	}
	c.asked[c.next] = it // most are never answered: any one goes
	c.next = (c.next + 1) % maxAsked
}

// expected returns the peer with this id if it made an offer that this socket may
// answer, once.
func (c *conn) expected(key askedKey, id PeerID) (from asker, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.asked {
		if c.asked[i].key == key && c.asked[i].peer == id {
			from = c.asked[i].asker
			last := len(c.asked) - 1
			c.asked[i] = c.asked[last]
			c.asked = c.asked[:last]
			return from, true
		}
	}
	return from, false
}

// ping asks the peer whether it is there, soon.
func (c *conn) ping() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.room(ws.OpPing, 0) {
		c.soon()
	}
}

// flush writes what waits, unless somebody does so already, who then goes on
// until nothing waits. What the kernel does not take at once is written by
// another goroutine, or by this one when it is patient: a peer that reads slowly
// holds up nobody else.
func (c *conn) flush(patient bool) {
	for {
		o := c.begun()
		if o == nil {
			return
		}
		n, err := c.tryWrite(o.b)
		switch {
		case err != nil || n == len(o.b):
			c.wrote(o, err)
		case patient:
			c.wrote(o, c.write(o.b[n:]))
		default:
			go func() {
				c.wrote(o, c.write(o.b[n:]))
				c.flush(true)
			}()
			return
		}
	}
}

// begun returns what is to be written now, nil for nothing, and says that
// somebody writes.
func (c *conn) begun() *buffer {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dirty = false
	if c.writing || c.closed {
		return nil
	}
	o := c.out
	c.out, c.writing = nil, o != nil
	return o
}

// wrote says that nobody writes any more.
func (c *conn) wrote(o *buffer, err error) {
	o.free()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writing = false
	if err != nil {
		c.closed = true
		c.hangUp(c.polled)
	}
}

// write writes and waits for the peer.
func (c *conn) write(b []byte) error {
	if err := c.net.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	_, err := c.net.Write(b)
	_ = c.net.SetWriteDeadline(time.Time{}) // tryWrite would mind it
	return err
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
	body := ws.NewCloseFrameBody(code, err.Error())
	c.mu.Lock()
	if c.room(ws.OpClose, len(body)) {
		c.out.b = append(c.out.b, body...)
	}
	patient := !c.polled || c.secure // else it is tried once
	c.mu.Unlock()
	c.flush(patient)
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
	if polled {
		_ = plain(c.net).CloseRead()
		return
	}
	_ = c.net.Close()
}

// isClosed reports whether the socket is to be ended.
func (c *conn) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// settled notes that the socket is in a swarm.
func (c *conn) settled() {
	c.mu.Lock()
	c.inAny = true
	c.mu.Unlock()
}

// flusher writes what waits to be written together.
type flusher struct {
	tick  atomic.Uint32 // counts its runs
	mu    sync.Mutex
	list  []*conn
	timer *time.Timer
}

// flushers is how many there are, so that not all sockets wait for one.
const flushers = 16

func (t *Tracker) flusher(c *conn) *flusher { return &t.flushers[c.number%flushers] }

func (f *flusher) add(c *conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, c)
	if len(f.list) == 1 {
		f.start()
	}
}

func (f *flusher) start() {
	if f.timer == nil {
		f.timer = time.AfterFunc(gather/2, f.run)
		return
	}
	f.timer.Reset(gather / 2)
}

// run writes what has waited for a whole tick, and keeps the others.
func (f *flusher) run() {
	tick := f.tick.Add(1)
	f.mu.Lock()
	list := f.list
	f.list = nil
	f.mu.Unlock()
	kept := list[:0]
	for _, c := range list {
		c.mu.Lock()
		young := c.dirty && tick-c.since < 2
		c.listed = young
		due := c.dirty && !young
		c.mu.Unlock()
		if due {
			c.flush(false)
		}
		if young {
			kept = append(kept, c)
		}
	}
	clear(list[len(kept):])
	if len(kept) == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	idle := len(f.list) == 0
	if f.list = append(f.list, kept...); idle {
		f.start()
	}
}
