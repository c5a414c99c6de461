package tracker

import (
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// round is what a goroutine needs to handle what has come from some sockets:
// answers wait for its end, so that all that goes to one peer is written at once.
type round struct {
	t       *Tracker
	now     time.Time
	options Options
	// patient says that this goroutine may wait for the database and for slow
	// peers: it serves one socket alone.
	patient bool
	waits   []*conn // answers to these are to be written
	message message
	wait    []byte // the message that must wait for the database
	buffer  []byte // to read into
	io      transfer
}

// readSize is how much is read from a socket at once, in bytes: an announce
// with ten offers has 20 kB.
const readSize = 32 << 10

var rounds = sync.Pool{New: func() any { return new(round) }}

// round begins a round of one socket alone. done ends it.
func (t *Tracker) round() *round {
	r := rounds.Get().(*round)
	r.patient = true
	r.begin(t)
	return r
}

func (r *round) begin(t *Tracker) {
	r.t, r.now, r.options = t, t.Now(), t.Options()
}

// space returns where to read to.
func (r *round) space() []byte {
	if r.buffer == nil {
		r.buffer = make([]byte, readSize)
	}
	return r.buffer
}

// answer sends a frame to a socket at the end of the round.
func (r *round) answer(c *conn, op ws.OpCode, payload []byte) {
	c.mu.Lock()
	if c.room(op, len(payload)) {
		c.out.b = append(c.out.b, payload...)
	}
	c.mu.Unlock()
	if n := len(r.waits); n == 0 || r.waits[n-1] != c {
		r.waits = append(r.waits, c)
	}
}

// end writes what waits for the round's end.
func (r *round) end() {
	for i, c := range r.waits {
		c.flush(r.patient)
		r.waits[i] = nil
	}
	r.waits = r.waits[:0]
	r.message = message{}
}

// done ends the round and gives it back.
func (r *round) done() {
	r.end()
	r.t, r.wait = nil, nil
	rounds.Put(r)
}
