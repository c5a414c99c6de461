package tracker

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/gobwas/ws"
)

var (
	errFrame = errors.New("a frame is too large or broken")
	// errFlood closes a socket that sends far more than any client does.
	errFlood = errors.New("too many messages")
	// errWait says that a message must wait for the database.
	errWait = errors.New("it is not known yet")
)

const (
	final, two, eight = 0x80, 126, 127
	maxControl        = 125 // bytes of a ping, of a pong and of the farewell
)

// frame is the head of one frame (RFC 6455, section 5.2).
type frame struct {
	op   ws.OpCode
	fin  bool
	mask [4]byte
	n    int // bytes of the payload
}

func (f *frame) control() bool { return f.op&8 != 0 }

// readHead reads the head of a frame of a client, and how long it is: 0 when not
// all of it is there.
func readHead(b []byte) (f frame, size int, err error) {
	if len(b) < 2 {
		return f, 0, nil
	}
	const reserved, masked, opcode = 0x70, 0x80, 0x0F
	if b[0]&reserved != 0 || b[1]&masked == 0 {
		return f, 0, errFrame
	}
	f.op, f.fin, f.n, size = ws.OpCode(b[0]&opcode), b[0]&final != 0, int(b[1]&^masked), 2
	switch f.n {
	case two:
		size += 2
	case eight:
		size += 8
	}
	if len(b) < size+len(f.mask) {
		return f, 0, nil
	}
	switch f.n {
	case two:
		f.n = int(binary.BigEndian.Uint16(b[2:]))
	case eight:
		f.n = int(min(binary.BigEndian.Uint64(b[2:]), maxMessage+1))
	}
	copy(f.mask[:], b[size:])
	if f.n > maxMessage || f.control() && (!f.fin || f.n > maxControl) {
		return f, 0, errFrame
	}
	return f, size + len(f.mask), nil
}

// appendHead writes the head of a frame of a server.
func appendHead(b []byte, op ws.OpCode, n int) []byte {
	b = append(b, final|byte(op))
	switch {
	case n < two:
		return append(b, byte(n))
	case n <= 0xFFFF:
		return binary.BigEndian.AppendUint16(append(b, two), uint16(n))
	}
	return binary.BigEndian.AppendUint64(append(b, eight), uint64(n))
}

// feed handles the frames of which b are the next bytes, and keeps what is not
// whole yet. It writes to b. Only one goroutine at a time feeds a socket.
func (c *conn) feed(r *round, b []byte) error {
	if len(c.partial) == 0 {
		rest, err := c.frames(r, b)
		if len(rest) > 0 {
			c.partial = bytes.Clone(rest)
		}
		return err
	}
	held := append(c.partial, b...)
	rest, err := c.frames(r, held)
	switch len(rest) {
	case len(held):
		c.partial = held
	case 0:
		c.partial = nil
	default:
		c.partial = bytes.Clone(rest)
	}
	return err
}

// frames handles all frames that are whole, and returns the bytes that are left.
func (c *conn) frames(r *round, b []byte) (rest []byte, err error) {
	for {
		f, size, err := readHead(b)
		if err != nil || size == 0 || len(b) < size+f.n {
			return b, err
		}
		payload := b[size : size+f.n]
		ws.Cipher(payload, f.mask, 0)
		b = b[size+f.n:]
		if err := c.frame(r, &f, payload); err != nil {
			return b, err
		}
	}
}

// frame handles one frame. A message may be split over several, and controls may
// come in between.
func (c *conn) frame(r *round, f *frame, payload []byte) error {
	c.heard.Store(r.now.UnixNano())
	switch f.op {
	case ws.OpClose:
		return io.EOF
	case ws.OpPing:
		r.answer(c, ws.OpPong, payload)
		return nil
	case ws.OpPong:
		return nil
	case ws.OpText, ws.OpBinary, ws.OpContinuation:
		goesOn := f.op == ws.OpContinuation
		if goesOn != (c.parts != nil) || len(c.parts)+len(payload) > maxMessage {
			return errFrame
		}
		if f.fin && !goesOn {
			return c.handle(r, payload)
		}
		if c.parts == nil {
			c.parts = make([]byte, 0, len(payload))
		}
		c.parts = append(c.parts, payload...)
		if !f.fin {
			return nil
		}
		payload, c.parts = c.parts, nil
		return c.handle(r, payload)
	}
	return errFrame
}
