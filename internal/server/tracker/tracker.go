// Package tracker lets viewers of the same video find each other, so that they
// pass its pieces on: the BitTorrent tracker protocol over WebSocket, as
// browsers speak it (WebTorrent), and over HTTP.
//
// A swarm is the peers of one info hash. Swarms are spread over shards with a
// lock each; nothing locks them all. Peers of browsers are there as long as
// their socket is: one that vanishes is gone at once. Nothing of who watched
// what is kept or logged.
//
// Browsers connect to each other by offers and answers (WebRTC) that the
// tracker passes on. It passes an answer only to a peer whose offer it gave to
// who answers, so nobody can be spoken to unasked.
//
// https://www.bittorrent.org/beps/bep_0003.html, bep_0023 (compact), bep_0048
// (scrape); the form over WebSocket is that of npm bittorrent-tracker.
package tracker

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"sepiola/internal/server/rest"
)

type (
	// Hash is an info hash.
	Hash [20]byte
	// PeerID is what a peer calls itself.
	PeerID [20]byte
)

// Options are an administrator's settings and bounds.
type Options struct {
	// Enabled is false when viewers of this site do not share.
	Enabled bool
	// Private takes only hashes of this site's videos.
	Private bool
	// RejectTooMany refuses announces over the limit of an address.
	RejectTooMany bool
	// MaxSockets is how many sockets one address may have open, MaxRate how
	// many messages a second a socket may send over a while; 0 means 300 and
	// 20.
	MaxSockets int
	MaxRate    float64
}

// Bounds. Sizes are bytes.
const (
	// maxMessage is the longest message: offers of WebRTC have some 2 kB, and
	// clients send ten at most.
	maxMessage = 96 << 10
	// maxOffers is how many offers of one announce are passed on.
	maxOffers = 10
	// maxSwarms is how many swarms one socket may be in.
	maxSwarms = 40
	// maxQueue is how much waits for a peer that reads slowly; more is
	// dropped, as offers are worth nothing late.
	maxQueue = 256 << 10
	// maxSockets is how many sockets one address may have open by default:
	// people of one school share an address.
	maxSockets = 300
	// maxPerSwarm bounds one swarm.
	maxPerSwarm = 20_000
	// maxAsked is how many offers may wait for the answer of one peer.
	maxAsked = 128

	// quiet is how long a socket may be open without being in a swarm.
	quiet = time.Minute
	// pingEvery is how often peers are asked whether they are still there.
	pingEvery = 50 * time.Second
	// socketInterval and httpInterval are how often peers are told to
	// announce.
	socketInterval = 2 * time.Minute
	httpInterval   = 10 * time.Minute
	// refuseFor is how long an address is refused that asked for hashes
	// nobody knows.
	refuseFor = 3 * time.Minute
)

// Tracker is the tracker of a site.
type Tracker struct {
	// Known reports whether a hash is of a video of this site that viewers
	// may share. Answers are kept for a while.
	Known    func(ctx context.Context, h Hash) (bool, error)
	ClientIP func(r *http.Request) netip.Addr
	Options  func() Options
	Now      func() time.Time
	Log      *slog.Logger
	// Bus reaches the other nodes of the site; nil when there are none.
	Bus Bus

	nodes    nodes
	once     sync.Once
	shards   [shards]shard
	known    knownHashes
	refused  refusals
	address  addresses
	sockets  sockets
	flushers [flushers]flusher
	poller   poller
	stats    Counters
}

// Counters count what the tracker did since it began.
type Counters struct {
	Sockets, Peers, Swarms                            atomic.Int64 // now
	Announces, Offers, Answers, Dropped, Refused, Bad atomic.Int64
	// BusDropped are messages to other nodes that the bus had no room for.
	BusDropped atomic.Int64
}

// Counters returns the counters; they go on counting.
func (t *Tracker) Counters() *Counters { return &t.stats }

// Mount adds the routes, at absolute paths.
func (t *Tracker) Mount(r *rest.Router) {
	r = r.Bytes() // hashes and ids of peers are such
	r.Get("/tracker/socket", t.socket)
	r.Get("/tracker/announce", t.announceHTTP)
	r.Get("/tracker/scrape", t.scrapeHTTP)
}

// shards is a power of two.
const shards = 256

type shard struct {
	mu     sync.Mutex
	swarms map[Hash]*swarm
}

func (t *Tracker) shard(h Hash) *shard { return &t.shards[h[0]] }

// swarm is the peers of a hash. Peers of sockets and of HTTP do not meet: they
// speak different languages.
type swarm struct {
	// peers and byID are the same; the slice is for choosing at random.
	peers     []*peer
	byID      map[PeerID]*peer
	http      map[PeerID]*httpPeer
	complete  int // of both kinds
	completed int64
	quoted    string   // the hash as JSON
	remote    []remote // peers at other nodes
}

// peer is a peer of a socket, in one swarm.
type peer struct {
	id    PeerID
	conn  *conn
	at    int // in swarm.peers
	whole bool
}

// httpPeer is a peer that announces over HTTP.
type httpPeer struct {
	addr  netip.AddrPort
	whole bool
	seen  time.Time
}

// tally is how many peers have the whole, and how many not.
type tally struct{ complete, incomplete int }

// own counts the peers of this node.
func (s *swarm) own() tally {
	return tally{s.complete, len(s.peers) + len(s.http) - s.complete}
}

// tally counts the peers of all nodes.
func (s *swarm) tally() tally {
	n := s.own()
	for _, r := range s.remote {
		n.complete += r.complete
		n.incomplete += r.incomplete
	}
	return n
}

func (s *swarm) empty() bool { return len(s.peers) == 0 && len(s.http) == 0 && len(s.remote) == 0 }

func newSwarm(h Hash) *swarm {
	return &swarm{byID: make(map[PeerID]*peer, 1), quoted: string(appendBinary(nil, h[:]))}
}

// in runs fn with the swarm of a hash; with make it is made when there is none,
// else fn is not run. An empty swarm goes.
func (t *Tracker) in(h Hash, create bool, fn func(s *swarm)) {
	sh := t.shard(h)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	s := sh.swarms[h]
	if s == nil {
		if !create {
			return
		}
		if sh.swarms == nil {
			sh.swarms = map[Hash]*swarm{}
		}
		s = newSwarm(h)
		sh.swarms[h] = s
		t.stats.Swarms.Add(1)
	}
	fn(s)
	t.endEmpty(sh, h, s)
}

// endEmpty forgets a swarm that has no peers any more, under the shard's lock.
func (t *Tracker) endEmpty(sh *shard, h Hash, s *swarm) {
	if s.empty() {
		delete(sh.swarms, h)
		t.stats.Swarms.Add(-1)
	}
}

func (s *swarm) add(p *peer) {
	p.at = len(s.peers)
	s.peers = append(s.peers, p)
	s.byID[p.id] = p
	if p.whole {
		s.complete++
	}
}

func (s *swarm) remove(p *peer) {
	if s.byID[p.id] != p {
		return
	}
	delete(s.byID, p.id)
	last := len(s.peers) - 1
	s.peers[p.at] = s.peers[last]
	s.peers[p.at].at = p.at
	s.peers[last] = nil
	s.peers = s.peers[:last]
	if cap(s.peers) > 64 && len(s.peers) < cap(s.peers)/4 {
		s.peers = append(make([]*peer, 0, cap(s.peers)/2), s.peers...)
	}
	if p.whole {
		s.complete--
	}
}

// finish marks a peer as having the whole.
func (s *swarm) finish(p *peer, event bool) {
	if !p.whole {
		p.whole = true
		s.complete++
		if event {
			s.completed++
		}
	}
}

// some calls fn with up to n other peers than but, which may be nil, chosen at
// random, each once.
func (s *swarm) some(n int, but *peer, fn func(*peer)) {
	if len(s.peers) == 0 {
		return
	}
	// A walk from a random place with a random step that meets all once.
	size := len(s.peers)
	at, step := rand.IntN(size), 1 //nolint:gosec // whom one meets is no secret
	if size > 2 {
		step = coprime(1+rand.IntN(size-1), size) //nolint:gosec // as above
	}
	for i := 0; i < size && n > 0; i++ {
		if p := s.peers[at]; but == nil || p != but && p.conn != but.conn {
			fn(p)
			n--
		}
		at = (at + step) % size
	}
}

// coprime returns the first number from step on that has no factor in common
// with size.
func coprime(step, size int) int {
	for {
		a, b := step, size
		for b != 0 {
			a, b = b, a%b
		}
		if a == 1 {
			return step
		}
		step++
	}
}
