package tracker

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gobwas/ws"
)

// conn is the socket of a viewer, which may be in several swarms.
type conn struct {
	t       *Tracker
	net     net.Conn
	raw     syscall.RawConn // of the connection under net, for the poller; nil where it cannot be
	secure  bool            // of TLS, which is read and written by goroutines
	address *address
	rate    bucket
	heard   atomic.Int64 // when the last frame came, in nanoseconds since 1970
	opened  int64        // as heard
	// number is the socket's in sockets.
	number uint32

	// These belong to who reads. joined are the peers that this socket is, few;
	// partial is the beginning of a frame, as it came; parts are the frames of a
	// message that goes on.
	joined         []membership
	partial, parts []byte
	watched        bool // the poller has it

	mu sync.Mutex
	// out are the frames that wait to be written, or nil.
	out *buffer
	// asked are the offers that this peer was given and may answer once, in no
	// order; next is the one that is forgotten when they are too many.
	asked []asked
	next  uint8
	// writing says that somebody writes; dirty that frames wait for the flusher,
	// since its tick number since; listed that the flusher has this socket.
	writing, dirty, listed, closed bool
	inAny                          bool // in a swarm, ever
	polled                         bool // the poller has had it: it ends by reading
	since                          uint32
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
	node *node
	peer PeerID
}

// asked is an offer and who made it.
type asked struct {
	asker

	key askedKey
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
	address := t.address.open(ip, t.Options().MaxSockets)
	if address == nil {
		t.stats.Refused.Add(1)
		http.Error(w, http.StatusText(http.StatusTooManyRequests), http.StatusTooManyRequests)
		return nil
	}
	socket, buffered, _, err := ws.UpgradeHTTP(r, w)
	if err != nil {
		t.address.close(address)
		return nil //nolint:nilerr // it was answered
	}
	_ = socket.SetDeadline(time.Time{}) // those of the request are over
	_, secure := socket.(*tls.Conn)
	c := &conn{t: t, net: socket, raw: t.poller.raw(socket), secure: secure, address: address, opened: t.Now().UnixNano()}
	c.heard.Store(c.opened)
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
	r := c.t.round()
	err := c.feed(r, early)
	if err == nil && c.raw != nil && c.secure {
		err = c.readSecure(r, 0)
	}
	r.done()
	switch {
	case err != nil:
		c.close(err)
		c.end()
	case c.raw != nil:
		c.rest()
	default:
		c.live()
	}
}

// rest leaves the socket to the poller until something comes.
func (c *conn) rest() {
	if !c.t.poller.watch(c) {
		c.end()
	}
}

// live handles messages until the socket is closed, where no poller is.
func (c *conn) live() {
	defer c.end()
	b := make([]byte, 512)
	for {
		n, err := c.net.Read(b)
		if err != nil {
			return
		}
		r := c.t.round()
		err = c.feed(r, b[:n])
		r.done()
		if err != nil {
			c.close(err)
			return
		}
	}
}

// wake handles what the poller has read, within its round. What has to wait is
// done by a goroutine, and the poller leaves the socket alone meanwhile.
func (c *conn) wake(r *round, b []byte) {
	err := c.feed(r, b)
	switch {
	case errors.Is(err, errWait):
		c.t.poller.leave(c)
		go c.later(bytes.Clone(r.wait))
	case err != nil:
		c.close(err)
		c.end()
	}
}

// later handles a message that has to wait for the database, and what came
// behind it.
func (c *conn) later(message []byte) {
	r := c.t.round()
	err := c.take(r, message)
	if err == nil {
		err = c.feed(r, nil)
	}
	r.done()
	if err != nil {
		c.close(err)
		c.end()
		return
	}
	c.rest()
}

// wakeSecure handles what has come over TLS.
func (c *conn) wakeSecure() {
	r := c.t.round()
	err := c.readSecure(r, recordTimeout)
	r.done()
	if err != nil {
		c.close(err)
		c.end()
		return
	}
	c.rest()
}

// recordTimeout is how long a goroutine waits for the rest of a record of TLS.
// It may come later, too.
const recordTimeout = 2 * time.Second

// readSecure handles the first record of TLS that comes within patience, and all
// that crypto/tls has read from the connection with it: of that the poller knows
// nothing. A read that is over time leaves TLS as it was.
func (c *conn) readSecure(r *round, patience time.Duration) error {
	for {
		deadline := time.Unix(1, 0) // only what was read already
		if patience > 0 {
			deadline = time.Now().Add(patience)
			patience = 0
		}
		if err := c.net.SetReadDeadline(deadline); err != nil {
			return err
		}
		n, err := c.net.Read(r.space())
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		if err == nil {
			err = c.feed(r, r.buffer[:n])
		}
		if err != nil {
			return err
		}
	}
}

// handle takes one message. An error closes the socket, but for errWait.
func (c *conn) handle(r *round, b []byte) error {
	if !c.rate.take(r.now, r.options.MaxRate) {
		c.t.stats.Refused.Add(1)
		return errFlood
	}
	return c.take(r, b)
}

// take does what a message says.
func (c *conn) take(r *round, b []byte) error {
	err := r.message.parse(b)
	if err == nil {
		err = c.do(r, &r.message)
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errWait):
		r.wait = b
		return err
	}
	c.t.stats.Bad.Add(1)
	r.answer(c, ws.OpText, failure(&r.message, err))
	if errors.Is(err, errUnknown) {
		c.t.refused.put(c.address.ip, r.now)
		return err
	}
	return nil
}

func (c *conn) do(r *round, m *message) error {
	if !r.options.Enabled {
		return errOff
	}
	if is(m.action, "scrape") {
		return c.scrape(r, m)
	}
	h, err := m.hash()
	if err != nil {
		return err
	}
	id, ok := twenty(m.peerID)
	if !ok {
		return errPeerID
	}
	if err := c.check(r, h); err != nil {
		return err
	}
	if m.answers() {
		return c.answer(m, h, id)
	}
	if err := c.address.announce(r.now, r.options.RejectTooMany); err != nil {
		return err
	}
	c.t.stats.Announces.Add(1)
	if is(m.event, "stopped") {
		c.leave(h)
		return nil
	}
	return c.announce(r, m, h, id)
}

// check reports whether viewers may share what a hash names. The poller does not
// wait for the database.
func (c *conn) check(r *round, h Hash) error {
	if r.patient {
		return c.t.check(context.Background(), r.options, h)
	}
	if yes, known := c.t.known.get(r.options, h, r.now); !known {
		return errWait
	} else if !yes {
		return errUnknown
	}
	return nil
}

// announce enters or keeps the peer in the swarm and passes its offers on.
func (c *conn) announce(r *round, m *message, h Hash, id PeerID) (err error) {
	var to [maxOffers]*conn
	given := 0
	offers := m.list[:m.offers]
	var far []share
	var reply [maxAnnounced]byte
	var answer []byte
	var hash string
	c.t.in(h, true, func(s *swarm) {
		var p *peer
		if p, err = c.join(s, h, id); err != nil {
			return
		}
		if m.whole() && !p.whole {
			s.finish(p, is(m.event, "completed"))
			c.t.changed(h)
		}
		hash, answer = s.quoted, appendAnnounced(reply[:0], s, s.tally())
		if len(offers) == 0 {
			return
		}
		offers, far = s.shares(offers, len(s.peers)-1)
		s.some(len(offers), p, func(other *peer) {
			to[given] = other.conn
			given++
		})
	})
	if err != nil {
		return err
	}
	r.answer(c, ws.OpText, answer)
	var quoted [maxQuoted]byte
	from := appendBinary(quoted[:0], id[:])
	passed := int64(0)
	for i, other := range to[:given] {
		if o := &offers[i]; len(o.offer) > 0 && len(o.id) > 0 {
			other.pass(&pass{"offer", hash, from, o.offer, o.id}, asked{asker{peer: id}, keyOf(h, o.id)})
			passed++
		}
	}
	c.t.stats.Offers.Add(passed)
	for _, sh := range far {
		c.t.sendOffers(h, id, sh)
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
	case other != nil && other.conn.address.ip != c.address.ip:
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
	to, ok := twenty(m.toPeerID)
	if !ok {
		return errToPeer
	}
	p := c.member(h)
	if p == nil || p.id != id || len(m.offerID) == 0 {
		c.t.stats.Dropped.Add(1)
		return nil
	}
	from, asked := c.expected(keyOf(h, m.offerID), to)
	switch {
	case !asked:
		c.t.stats.Dropped.Add(1) // nobody asked for it
	case from.node != nil:
		c.t.sendAnswer(from.node, h, id, from.peer, m)
	default:
		c.t.passAnswer(h, id, from.peer, m.answer, m.offerID)
	}
	return nil
}

// passAnswer gives an answer to a peer of this node.
func (t *Tracker) passAnswer(h Hash, from, to PeerID, answer, offerID raw) {
	var other *conn
	var hash string
	t.in(h, false, func(s *swarm) {
		if p := s.byID[to]; p != nil {
			other, hash = p.conn, s.quoted
		}
	})
	if other != nil {
		t.stats.Answers.Add(1)
		other.pass(&pass{"answer", hash, appendBinary(nil, from[:]), answer, offerID})
	}
}

// end takes a closed socket out of everything.
func (c *conn) end() {
	for len(c.joined) > 0 {
		c.leave(c.joined[0].hash)
	}
	c.t.sockets.remove(c)
	c.t.address.close(c.address)
	c.drop()
	_ = c.net.Close()
}
