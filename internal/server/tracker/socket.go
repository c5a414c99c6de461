package tracker

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"hash/maphash"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// conn is the socket of a viewer, which may be in several swarms.
type conn struct {
	t    *Tracker
	net  net.Conn
	ip   netip.Addr
	rate bucket

	// joined belongs to the goroutine that reads: the peers that this socket
	// is, few.
	joined []membership
	opened time.Time
	// number is the socket's in sockets.
	number uint32

	mu sync.Mutex
	// out are the frames that wait to be written; writing says that somebody
	// does so, dirty that the flusher will.
	out                    []byte
	writing, dirty, closed bool
	inAny                  bool // in a swarm, ever
	polled                 bool // no goroutine waits for this socket, only the poller
	// asked are the offers that this peer was given and may answer once.
	asked map[askedKey]asker
	heard time.Time
}

// membership is the peer that a socket is in a swarm.
type membership struct {
	hash Hash
	peer *peer
}

func (c *conn) member(h Hash) *peer {
	for i := range c.joined {
		if c.joined[i].hash == h {
			return c.joined[i].peer
		}
	}
	return nil
}

// asker is who made an offer, and the node where it is; nil is this one.
type asker struct {
	peer PeerID
	node *node
}

// askedKey names an offer: its swarm and its id, hashed.
type askedKey struct {
	swarm Hash
	offer uint64
}

var offerSeed = maphash.MakeSeed()

// keyOf names an offer by what its id means: who answers may write the same
// characters otherwise than who offered.
func keyOf(h Hash, offerID raw) askedKey {
	if bytes.IndexByte(offerID, '\\') >= 0 {
		var s string
		if json.Unmarshal(offerID, &s) == nil {
			return askedKey{h, maphash.String(offerSeed, s)}
		}
	}
	if n := len(offerID); n >= 2 && offerID[0] == '"' {
		offerID = offerID[1 : n-1]
	}
	return askedKey{h, maphash.Bytes(offerSeed, offerID)}
}

// socket serves GET /tracker/socket. Viewers of any site may come: those of
// other PeerTubes watch our videos too.
func (t *Tracker) socket(w http.ResponseWriter, r *http.Request) error {
	t.start()
	ip := t.ClientIP(r)
	if t.refused.is(ip, t.Now()) {
		t.stats.Refused.Add(1)
		http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
		return nil
	}
	if !t.address.open(ip, t.Options().MaxSockets) {
		t.stats.Refused.Add(1)
		http.Error(w, http.StatusText(http.StatusTooManyRequests), http.StatusTooManyRequests)
		return nil
	}
	socket, buffered, _, err := ws.UpgradeHTTP(r, w)
	if err != nil {
		t.address.close(ip)
		return nil //nolint:nilerr // it was answered
	}
	_ = socket.SetDeadline(time.Time{}) // those of the request are over
	now := t.Now()
	c := &conn{t: t, net: socket, ip: ip, opened: now, heard: now}
	t.sockets.add(c)
	early, _ := buffered.Peek(buffered.Reader.Buffered())
	// The request ends here, with all that it holds, its context too: a socket
	// lives long and says little.
	go c.begin(bytes.Clone(early))
	return nil
}

// begin handles what came with the request, and leaves the socket to the poller
// if it can be left, else to this goroutine.
func (c *conn) begin(early []byte) {
	ctx := context.Background()
	if !c.t.poller.add(c) {
		c.live(ctx, early)
		return
	}
	if len(early) > 0 {
		c.wake(ctx, early)
	} else {
		c.rest()
	}
}

// rest leaves the socket to the poller, which calls wake when something comes.
func (c *conn) rest() {
	if !c.t.poller.arm(c) {
		c.end()
	}
}

// wake handles what has come, of which early is read already.
func (c *conn) wake(ctx context.Context, early []byte) {
	if err := c.some(ctx, early); err != nil {
		c.close(err)
		c.end()
		return
	}
	c.rest()
}

// maxIdleBuffer is the largest buffer that is kept for the next message.
const maxIdleBuffer = 16 << 10

// reader reads frames. Sockets have one only while they say something.
type reader struct {
	*bufio.Reader

	first []byte // what was read already
	rest  io.Reader
	b     []byte // of the message
}

// Read reads what was read already, then on.
func (r *reader) Read(b []byte) (int, error) {
	if len(r.first) > 0 {
		n := copy(b, r.first)
		r.first = r.first[n:]
		return n, nil
	}
	return r.rest.Read(b)
}

var readers = sync.Pool{New: func() any {
	r := new(reader)
	r.Reader = bufio.NewReader(nil)
	return r
}}

// live handles messages until the socket is closed. While it waits it holds no
// larger buffer than this one.
func (c *conn) live(ctx context.Context, early []byte) {
	defer c.end()
	head := make([]byte, 32)
	for {
		if len(early) == 0 {
			n, err := c.net.Read(head)
			if err != nil {
				return
			}
			early = head[:n]
		}
		if err := c.some(ctx, early); err != nil {
			c.close(err)
			return
		}
		early = nil
	}
}

// some handles the messages that are there, of which first is the beginning.
func (c *conn) some(ctx context.Context, first []byte) error {
	r := readers.Get().(*reader)
	defer func() {
		r.first, r.rest = nil, nil
		readers.Put(r)
	}()
	r.first, r.rest = first, c.net
	r.Reset(sources{r})
	for {
		message, err := c.message(r.Reader, r.b[:0])
		if cap(message) <= maxIdleBuffer {
			r.b = message[:0]
		}
		if err != nil {
			return err
		}
		if message != nil {
			if err := c.handle(ctx, message); err != nil {
				return err
			}
		}
		if r.Buffered() == 0 && len(r.first) == 0 {
			return nil
		}
	}
}

// sources is the reader under the buffer of a reader.
type sources struct{ r *reader }

func (s sources) Read(b []byte) (int, error) { return s.r.Read(b) }

// message reads frames until a message is whole (RFC 6455, section 5). A ping
// or a pong that comes alone is dealt with, and returned as nil.
func (c *conn) message(r *bufio.Reader, b []byte) ([]byte, error) {
	for {
		h, err := ws.ReadHeader(r)
		if err != nil {
			return b, err
		}
		if !h.Masked || h.Rsv != 0 || int64(len(b))+h.Length > maxMessage || h.OpCode.IsControl() && (!h.Fin || h.Length > ws.MaxControlFramePayloadSize) {
			return b, errFrame
		}
		from := len(b)
		b = append(b, make([]byte, h.Length)...)
		if _, err := io.ReadFull(r, b[from:]); err != nil {
			return b, err
		}
		ws.Cipher(b[from:], h.Mask, 0)
		c.mu.Lock()
		c.heard = c.t.Now()
		c.mu.Unlock()
		switch h.OpCode {
		case ws.OpClose:
			return b, io.EOF
		case ws.OpPing:
			c.send(ws.OpPong, b[from:], true)
			if b = b[:from]; from == 0 {
				return nil, nil
			}
		case ws.OpPong:
			if b = b[:from]; from == 0 {
				return nil, nil
			}
		case ws.OpText, ws.OpBinary, ws.OpContinuation:
			if h.Fin {
				return b, nil
			}
		default:
			return b, errFrame
		}
	}
}

var errFrame = errors.New("a frame is too large or broken")

// errFlood closes a socket that sends far more than any client does.
var errFlood = errors.New("too many messages")

// handle takes one message. An error closes the socket.
func (c *conn) handle(ctx context.Context, b []byte) error {
	now := c.t.Now()
	if !c.rate.take(now, c.t.Options().MaxRate) {
		c.t.stats.Refused.Add(1)
		return errFlood
	}
	m, err := parse(b)
	if err == nil {
		err = c.do(ctx, &m, now)
	}
	if err == nil {
		return nil
	}
	c.t.stats.Bad.Add(1)
	c.send(ws.OpText, failure(&m, err), true)
	if errors.Is(err, errUnknown) {
		c.t.refused.put(c.ip, now)
		return err
	}
	return nil
}

func (c *conn) do(ctx context.Context, m *message, now time.Time) error {
	if !c.t.Options().Enabled {
		return errOff
	}
	if m.Action == "scrape" {
		return c.scrape(m)
	}
	h, err := m.hash()
	if err != nil {
		return err
	}
	id, ok := twenty(m.PeerID)
	if !ok {
		return errPeerID
	}
	if err := c.t.check(ctx, h); err != nil {
		return err
	}
	if len(m.Answer) > 0 && string(m.Answer) != "null" {
		return c.answer(m, h, PeerID(id))
	}
	if err := c.t.address.announce(c.ip, now, c.t.Options().RejectTooMany); err != nil {
		return err
	}
	c.t.stats.Announces.Add(1)
	if m.Event == "stopped" {
		c.leave(h)
		return nil
	}
	return c.announce(m, h, PeerID(id))
}

// announce enters or keeps the peer in the swarm and passes its offers on.
func (c *conn) announce(m *message, h Hash, id PeerID) (err error) {
	type gift struct {
		to         *conn
		begin, end int // of the message in b
	}
	var gifts [maxOffers]gift
	given := 0
	out := outs.Get().(*[]byte)
	defer outs.Put(out)
	b := (*out)[:0]
	var reply []byte
	var far []share
	c.t.in(h, true, func(s *swarm) {
		var p *peer
		if p, err = c.join(s, h, id); err != nil {
			return
		}
		if m.whole() && !p.whole {
			s.finish(p, m.Event == "completed")
			c.t.changed(h)
		}
		reply = announced(s, s.tally())
		offers := m.Offers[:min(len(m.Offers), maxOffers)]
		if len(offers) == 0 {
			return
		}
		offers, far = s.shares(offers, len(s.peers)-1)
		quoted := appendBinary(nil, id[:])
		s.some(len(offers), p, func(to *peer) {
			o := offers[given]
			if len(o.Offer) > 0 && len(o.OfferID) > 0 {
				begin := len(b)
				b = appendPassed(b, s, "offer", quoted, o.Offer, o.OfferID)
				gifts[given] = gift{to.conn, begin, len(b)}
				to.conn.expect(keyOf(h, o.OfferID), asker{peer: id})
			}
			given++
		})
	})
	if err != nil {
		return err
	}
	c.send(ws.OpText, reply, true)
	for _, g := range gifts[:given] {
		if g.to != nil {
			c.t.stats.Offers.Add(1)
			g.to.send(ws.OpText, b[g.begin:g.end], false)
		}
	}
	for _, sh := range far {
		c.t.sendOffers(h, id, sh)
	}
	if cap(b) <= maxIdleBuffer {
		*out = b
	}
	return nil
}

// join returns the peer of this socket in a swarm. A peer that comes back on
// another socket, from the same address, takes the place it had.
func (c *conn) join(s *swarm, h Hash, id PeerID) (*peer, error) {
	if p := c.member(h); p != nil {
		if p.id == id {
			return p, nil
		}
		return nil, errPeerID // one socket is one peer of a swarm
	}
	switch other := s.byID[id]; {
	case other != nil && other.conn.ip != c.ip:
		return nil, errTaken
	case len(c.joined) >= maxSwarms:
		return nil, errSwarms
	case len(s.peers) >= maxPerSwarm:
		return nil, errFull
	case other != nil:
		s.remove(other)
		c.t.stats.Peers.Add(-1)
	}
	p := &peer{id: id, conn: c}
	s.add(p)
	c.joined = append(c.joined, membership{h, p})
	c.t.stats.Peers.Add(1)
	c.t.changed(h)
	c.settled()
	return p, nil
}

func (c *conn) leave(h Hash) {
	p := c.member(h)
	if p == nil {
		return
	}
	c.joined = slices.DeleteFunc(c.joined, func(m membership) bool { return m.peer == p })
	c.t.in(h, false, func(s *swarm) {
		if s.byID[p.id] == p {
			s.remove(p)
			c.t.stats.Peers.Add(-1)
			c.t.changed(h)
		}
	})
}

// answer passes an answer to who made the offer.
func (c *conn) answer(m *message, h Hash, id PeerID) error {
	to, ok := twenty(m.ToPeerID)
	if !ok {
		return errToPeer
	}
	p := c.member(h)
	if p == nil || p.id != id || len(m.OfferID) == 0 {
		c.t.stats.Dropped.Add(1)
		return nil
	}
	from, asked := c.expected(keyOf(h, m.OfferID))
	switch {
	case !asked || from.peer != PeerID(to):
		c.t.stats.Dropped.Add(1) // nobody asked for it
	case from.node != nil:
		c.t.sendAnswer(from.node, h, id, from.peer, m)
	default:
		c.t.passAnswer(h, id, from.peer, m.Answer, m.OfferID)
	}
	return nil
}

// passAnswer gives an answer to a peer of this node.
func (t *Tracker) passAnswer(h Hash, from, to PeerID, answer, offerID raw) {
	var conn *conn
	var b []byte
	t.in(h, false, func(s *swarm) {
		if p := s.byID[to]; p != nil {
			conn, b = p.conn, appendPassed(nil, s, "answer", appendBinary(nil, from[:]), answer, offerID)
		}
	})
	if conn != nil {
		t.stats.Answers.Add(1)
		conn.send(ws.OpText, b, false)
	}
}

// expect remembers that an offer of a peer was given to this socket.
func (c *conn) expect(key askedKey, from asker) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked == nil {
		c.asked = make(map[askedKey]asker, 4)
	}
	if len(c.asked) >= maxAsked { // most are never answered: any one goes
		for k := range c.asked {
			delete(c.asked, k)
			break
		}
	}
	c.asked[key] = from
}

// expected returns who made an offer that this socket may answer, once.
func (c *conn) expected(key askedKey) (from asker, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	from, ok = c.asked[key]
	delete(c.asked, key)
	return from, ok
}

// end takes a closed socket out of everything.
func (c *conn) end() {
	for len(c.joined) > 0 {
		c.leave(c.joined[0].hash)
	}
	c.t.sockets.remove(c)
	c.t.address.close(c.ip)
	c.drop()
	_ = c.net.Close()
}
