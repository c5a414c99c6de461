package tracker

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// Bus takes messages between the nodes of a site, so that peers of one swarm
// meet that are connected to different nodes.
//
// Each node tells the others how many peers its swarms have, whenever that
// changes. An announce gives some of its offers to other nodes, as many as fits
// their share of the swarm; the node chooses among its peers and sends the answer
// back. Messages may get lost: counts are told again now and then, and offers are
// many. A node that is silent for three hellos is gone, and its peers with it.
type Bus interface {
	// Send takes a message to a node, or to all others when to is "". It never
	// waits; it reports false when the message was dropped.
	Send(to string, message []byte) bool
	// Run calls receive with each message and the node that it is from, from one
	// goroutine, until ctx ends.
	Run(ctx context.Context, receive func(from string, message []byte))
}

// nodes are the other nodes of the site. It is empty when there is no bus.
type nodes struct {
	mu  sync.RWMutex
	all map[string]*node
	any atomic.Bool // there are some

	dirtyMu sync.Mutex
	dirty   map[Hash]struct{} // swarms whose counts changed
}

// node is another node of the site.
type node struct {
	name  string
	heard time.Time
}

// remote is how many peers a swarm has at another node.
type remote struct {
	node    *node
	sockets int // peers of sockets, which can be met
	tally       // all peers
}

// Kinds of messages between nodes. They go with a site's version: a message of
// an unknown kind is ignored.
const (
	busHello  = 'h' // a node is there
	busAsk    = 'q' // a node wants to be told all counts
	busBye    = 'b' // it stops
	busCounts = 'c' // counts of swarms
	busOffers = 'o' // offers for any peers of a swarm
	busAnswer = 'a' // an answer for a peer
)

const (
	helloEvery = 5 * time.Second
	nodeLost   = 3*helloEvery + time.Second
	// countsEvery is how often changed counts are told, recountEvery all.
	countsEvery  = 250 * time.Millisecond
	recountEvery = time.Minute
	// maxCounts is how many swarms are in one message, which is of 3 kB then.
	maxCounts = 100
	// maxNodes bounds what strangers on the bus could make us keep.
	maxNodes = 1000
)

// changed notes that a swarm has other peers now, for the other nodes.
func (t *Tracker) changed(h Hash) {
	if t.Bus == nil || !t.nodes.any.Load() {
		return
	}
	t.nodes.dirtyMu.Lock()
	defer t.nodes.dirtyMu.Unlock()
	if t.nodes.dirty == nil {
		t.nodes.dirty = map[Hash]struct{}{}
	}
	t.nodes.dirty[h] = struct{}{}
}

// publish sends a message to a node, or to all.
func (t *Tracker) publish(to string, b []byte) {
	if !t.Bus.Send(to, b) {
		t.stats.BusDropped.Add(1)
	}
}

// runBus keeps up with the other nodes until ctx ends.
func (t *Tracker) runBus(ctx context.Context) {
	var wg sync.WaitGroup
	// The bus outlives ctx by the farewell.
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	wg.Go(func() { t.Bus.Run(life, t.hear) })
	hello, counts, recount := time.NewTicker(helloEvery), time.NewTicker(countsEvery), time.NewTicker(recountEvery)
	defer hello.Stop()
	defer counts.Stop()
	defer recount.Stop()
	t.publish("", []byte{busHello})
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-hello.C:
			t.publish("", []byte{busHello})
			t.forgetLost(t.Now())
		case <-counts.C:
			t.tellChanges()
		case <-recount.C:
			if t.nodes.any.Load() {
				t.tellAll("")
			}
		}
	}
	t.publish("", []byte{busBye})
	const farewell = 200 * time.Millisecond
	time.Sleep(farewell) // the bus gathers what it sends
	end()
	wg.Wait()
}

// tellChanges tells the others the counts that changed.
func (t *Tracker) tellChanges() {
	t.nodes.dirtyMu.Lock()
	list := t.nodes.dirty
	t.nodes.dirty = nil
	t.nodes.dirtyMu.Unlock()
	b := []byte{busCounts}
	for h := range list {
		b = t.appendCounts(b, h)
		if len(b) > maxCounts*(len(h)+3) {
			t.publish("", b)
			b = []byte{busCounts}
		}
	}
	if len(b) > 1 {
		t.publish("", b)
	}
}

// tellAll tells a node, or all, the counts of all swarms.
func (t *Tracker) tellAll(to string) {
	for i := range t.shards {
		sh := &t.shards[i]
		sh.mu.Lock()
		var list []Hash
		for h, s := range sh.swarms {
			if len(s.peers)+len(s.http) > 0 {
				list = append(list, h)
			}
		}
		sh.mu.Unlock()
		for len(list) > 0 {
			n := min(len(list), maxCounts)
			b := []byte{busCounts}
			for _, h := range list[:n] {
				b = t.appendCounts(b, h)
			}
			t.publish(to, b)
			list = list[n:]
		}
	}
}

// appendCounts writes the counts of this node's peers of a swarm.
func (t *Tracker) appendCounts(b []byte, h Hash) []byte {
	var sockets int
	var n tally
	t.in(h, false, func(s *swarm) { sockets, n = len(s.peers), s.own() })
	b = append(b, h[:]...)
	b = binary.AppendUvarint(b, uint64(sockets))
	b = binary.AppendUvarint(b, uint64(n.complete))
	return binary.AppendUvarint(b, uint64(n.incomplete))
}

// hear takes a message of another node.
func (t *Tracker) hear(from string, b []byte) {
	if len(b) == 0 || len(b) > 2*maxMessage {
		return
	}
	n, fresh := t.node(from)
	if n == nil {
		return
	}
	r := &busReader{b: b[1:]}
	switch b[0] {
	case busBye:
		t.lose(n)
		return
	case busAsk:
		t.tellAll(from)
	case busCounts:
		t.hearCounts(n, r)
	case busOffers:
		t.hearOffers(n, r)
	case busAnswer:
		t.hearAnswer(r)
	}
	if r.err != nil {
		t.stats.Bad.Add(1)
	}
	if fresh {
		t.publish(from, []byte{busAsk})
		t.tellAll(from)
	}
}

// node returns a node by its name, and whether it was not known.
func (t *Tracker) node(name string) (n *node, fresh bool) {
	t.nodes.mu.Lock()
	defer t.nodes.mu.Unlock()
	if n = t.nodes.all[name]; n == nil {
		if len(t.nodes.all) >= maxNodes {
			return nil, false
		}
		if t.nodes.all == nil {
			t.nodes.all = map[string]*node{}
		}
		n, fresh = &node{name: name}, true
		t.nodes.all[name] = n
		t.nodes.any.Store(true)
	}
	n.heard = t.Now()
	return n, fresh
}

// forgetLost forgets nodes that are silent.
func (t *Tracker) forgetLost(now time.Time) {
	var lost []*node
	t.nodes.mu.RLock()
	for _, n := range t.nodes.all {
		if now.Sub(n.heard) > nodeLost {
			lost = append(lost, n)
		}
	}
	t.nodes.mu.RUnlock()
	for _, n := range lost {
		t.lose(n)
	}
}

// lose forgets a node and its peers.
func (t *Tracker) lose(n *node) {
	t.nodes.mu.Lock()
	delete(t.nodes.all, n.name)
	t.nodes.any.Store(len(t.nodes.all) > 0)
	t.nodes.mu.Unlock()
	for i := range t.shards {
		sh := &t.shards[i]
		sh.mu.Lock()
		for h, s := range sh.swarms {
			s.setRemote(n, 0, tally{})
			t.endEmpty(sh, h, s)
		}
		sh.mu.Unlock()
	}
}

// setRemote keeps how many peers the swarm has at a node.
func (s *swarm) setRemote(n *node, sockets int, all tally) {
	for i := range s.remote {
		if s.remote[i].node == n {
			last := len(s.remote) - 1
			s.remote[i] = s.remote[last]
			s.remote = s.remote[:last]
			break
		}
	}
	if all.complete+all.incomplete > 0 {
		s.remote = append(s.remote, remote{n, sockets, all})
	}
	if len(s.remote) == 0 {
		s.remote = nil
	}
}

func (t *Tracker) hearCounts(n *node, r *busReader) {
	for len(r.b) > 0 && r.err == nil {
		h := Hash(r.twenty())
		sockets := r.number()
		all := tally{r.number(), r.number()}
		if r.err == nil {
			t.in(h, all.complete+all.incomplete > 0, func(s *swarm) { s.setRemote(n, sockets, all) })
		}
	}
}

// share is offers that go to peers of another node.
type share struct {
	to     *node
	offers []offer
}

// shares takes from the offers of an announce those that go to other nodes, by
// chance, so that each peer of the whole swarm is met as likely; others that the
// own peers are too few for go there too.
func (s *swarm) shares(offers []offer, others int) (own []offer, list []share) {
	far := 0
	for _, r := range s.remote {
		far += r.sockets
	}
	if far == 0 {
		return offers, nil
	}
	for _, o := range offers {
		if others > 0 && rand.IntN(others+far) < others { //nolint:gosec // whom one meets is no secret
			own = append(own, o)
			others--
			continue
		}
		if far == 0 {
			break
		}
		at := rand.IntN(far) //nolint:gosec // as above
		for _, r := range s.remote {
			if at -= r.sockets; at < 0 {
				list = give(list, r.node, o)
				break
			}
		}
	}
	return own, list
}

func give(list []share, to *node, o offer) []share {
	for i := range list {
		if list[i].to == to {
			list[i].offers = append(list[i].offers, o)
			return list
		}
	}
	return append(list, share{to, []offer{o}})
}

// sendOffers gives offers of a peer to another node.
func (t *Tracker) sendOffers(h Hash, from PeerID, sh share) {
	b := append([]byte{busOffers}, h[:]...)
	b = append(b, from[:]...)
	for _, o := range sh.offers {
		b = appendBytes(appendBytes(b, o.offer), o.id)
	}
	t.publish(sh.to.name, b)
}

// hearOffers passes offers of another node's peer to peers here.
func (t *Tracker) hearOffers(n *node, r *busReader) {
	h, from := Hash(r.twenty()), PeerID(r.twenty())
	var offers []offer
	for len(r.b) > 0 && len(offers) < maxOffers && r.err == nil {
		offers = append(offers, offer{r.bytes(), r.bytes()})
	}
	if r.err != nil {
		return
	}
	var to []*conn
	var hash string
	t.in(h, false, func(s *swarm) {
		hash = s.quoted
		s.some(len(offers), nil, func(other *peer) { to = append(to, other.conn) })
	})
	quoted := appendBinary(nil, from[:])
	for i, other := range to {
		o := &offers[i]
		other.pass(&pass{"offer", hash, quoted, o.offer, o.id}, asked{asker{n, from}, keyOf(h, o.id)})
	}
	t.stats.Offers.Add(int64(len(to)))
}

// sendAnswer takes an answer to the node of who made the offer.
func (t *Tracker) sendAnswer(to *node, h Hash, from, peer PeerID, m *message) {
	b := append([]byte{busAnswer}, h[:]...)
	b = append(append(b, from[:]...), peer[:]...)
	t.publish(to.name, appendBytes(appendBytes(b, m.answer), m.offerID))
}

func (t *Tracker) hearAnswer(r *busReader) {
	h, from, to := Hash(r.twenty()), PeerID(r.twenty()), PeerID(r.twenty())
	answer, id := r.bytes(), r.bytes()
	if r.err == nil {
		t.passAnswer(h, from, to, answer, id)
	}
}

func appendBytes(b, field []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(field))), field...)
}

var errBus = errors.New("a message of another node is broken")

// busReader reads the fields of a message. After an error they are empty.
type busReader struct {
	b   []byte
	err error
}

func (r *busReader) take(n uint64) []byte {
	if r.err != nil || n > uint64(len(r.b)) {
		r.err, r.b = errBus, nil
		return nil
	}
	field := r.b[:n]
	r.b = r.b[n:]
	return field
}

func (r *busReader) twenty() (out [20]byte) {
	copy(out[:], r.take(uint64(len(out))))
	return out
}

func (r *busReader) length() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.err, r.b = errBus, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *busReader) number() int { return int(min(r.length(), maxPerSwarm)) }

func (r *busReader) bytes() []byte { return r.take(r.length()) }
