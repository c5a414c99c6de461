package tracker

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

func (t *Tracker) start() {
	t.once.Do(func() {
		if t.Now == nil {
			t.Now = time.Now
		}
		if t.Log == nil {
			t.Log = slog.New(slog.DiscardHandler)
		}
		t.poller.start(t, t.Log)
	})
}

// bucket lets a socket send messages as fast as clients do and no faster.
type bucket struct {
	left float64
	at   int64 // in nanoseconds since 1970
}

const (
	// messageRate is how many messages a second a socket may send by default,
	// burstSeconds how long it may have been silent to send more at once.
	messageRate  = 20
	burstSeconds = 6
)

func (b *bucket) take(now time.Time, rate float64) bool {
	if rate <= 0 {
		rate = messageRate
	}
	nano := now.UnixNano()
	if b.at == 0 {
		b.left, b.at = rate*burstSeconds, nano
	}
	b.left = min(rate*burstSeconds, b.left+time.Duration(nano-b.at).Seconds()*rate)
	b.at = nano
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

// refusals are addresses that asked for what nobody knows. After some of it
// they are not let in for a while: one viewer may have an old page open, and
// others may share the address.
type refusals struct {
	mu  sync.Mutex
	all map[netip.Addr]refusal
}

type refusal struct {
	times int
	until time.Time // when it is forgotten
}

// maxUnknown is how often an address may ask for a hash that nobody knows.
const maxUnknown = 5

// maxRefusals bounds the table; over it, who comes is not remembered.
const maxRefusals = 100_000

func (r *refusals) is(ip netip.Addr, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	it := r.all[ip]
	return it.times >= maxUnknown && now.Before(it.until)
}

func (r *refusals) put(ip netip.Addr, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = map[netip.Addr]refusal{}
	}
	it, known := r.all[ip]
	if !known && len(r.all) >= maxRefusals {
		return
	}
	if now.After(it.until) {
		it.times = 0
	}
	r.all[ip] = refusal{it.times + 1, now.Add(refuseFor)}
}

func (r *refusals) expire(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for ip, it := range r.all {
		if now.After(it.until) {
			delete(r.all, ip)
		}
	}
}

// addresses count what each address does.
type addresses struct {
	mu  sync.Mutex
	all map[netip.Addr]*address
}

// address is one; its sockets keep it.
type address struct {
	ip        netip.Addr
	sockets   int // under the lock of addresses
	announces atomic.Int32
	began     atomic.Int64 // when the counting did, in nanoseconds since 1970
}

const (
	announceWindow = 5 * time.Minute
	// maxAnnounces is of one address in a window. PeerTube allows 15 for each
	// hash; an address may be a school, and a player has several hashes.
	maxAnnounces = 3000
)

// of returns an address.
func (a *addresses) of(ip netip.Addr) *address {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.get(ip)
}

func (a *addresses) get(ip netip.Addr) *address {
	if a.all == nil {
		a.all = map[netip.Addr]*address{}
	}
	it := a.all[ip]
	if it == nil {
		it = &address{ip: ip}
		a.all[ip] = it
	}
	return it
}

// open counts a socket of an address, and returns nil when it has too many.
func (a *addresses) open(ip netip.Addr, most int) *address {
	if most <= 0 {
		most = maxSockets
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	it := a.get(ip)
	if it.sockets >= most {
		return nil
	}
	it.sockets++
	return it
}

func (a *addresses) close(it *address) {
	a.mu.Lock()
	defer a.mu.Unlock()
	it.sockets--
}

// announce counts an announce.
func (it *address) announce(now time.Time, reject bool) error {
	n, began := now.UnixNano(), it.began.Load()
	if n-began > int64(announceWindow) && it.began.CompareAndSwap(began, n) {
		it.announces.Store(0)
	}
	if it.announces.Add(1) > maxAnnounces && reject {
		return errTooMany
	}
	return nil
}

func (a *addresses) expire(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for ip, it := range a.all {
		if it.sockets == 0 && now.UnixNano()-it.began.Load() > int64(announceWindow) {
			delete(a.all, ip)
		}
	}
}

// knownHashes keeps for a while which hashes are of this site.
type knownHashes struct{ shards [16]knownShard }

type knownShard struct {
	mu  sync.RWMutex
	all map[Hash]knownHash
}

type knownHash struct {
	yes   bool
	until time.Time
}

const (
	// knownFor is how long a video that became private is still shared by who
	// asks for it; players ask the site for its pieces too, and get none.
	knownFor = 30 * time.Second
	// unknownFor is short: a video may be published the next moment.
	unknownFor = 2 * time.Second
	// maxKnown is how many a shard keeps.
	maxKnown = 12_500
)

func (k *knownHashes) shard(h Hash) *knownShard { return &k.shards[int(h[0])%len(k.shards)] }

// get reports whether a hash may be shared, if that is known.
func (k *knownHashes) get(o Options, h Hash, now time.Time) (yes, known bool) {
	if !o.Private {
		return true, true
	}
	sh := k.shard(h)
	sh.mu.RLock()
	it, ok := sh.all[h]
	sh.mu.RUnlock()
	return it.yes, ok && !now.After(it.until)
}

// check reports whether viewers may share what a hash names. It asks the
// database when that is not known.
func (t *Tracker) check(ctx context.Context, o Options, h Hash) error {
	now := t.Now()
	yes, known := t.known.get(o, h, now)
	if !known {
		var err error
		if yes, err = t.Known(ctx, h); err != nil {
			t.Log.WarnContext(ctx, "the tracker could not look for a video", "err", err)
			return errUnknownNow
		}
		it := knownHash{yes, now.Add(unknownFor)}
		if yes {
			it.until = now.Add(knownFor)
		}
		t.known.put(h, it)
	}
	if !yes {
		return errUnknown
	}
	return nil
}

func (k *knownHashes) put(h Hash, it knownHash) {
	sh := k.shard(h)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.all == nil {
		sh.all = map[Hash]knownHash{}
	}
	if _, had := sh.all[h]; had || len(sh.all) < maxKnown {
		sh.all[h] = it
	}
}

func (k *knownHashes) expire(now time.Time) {
	for i := range k.shards {
		sh := &k.shards[i]
		sh.mu.Lock()
		for h, it := range sh.all {
			if now.After(it.until) {
				delete(sh.all, h)
			}
		}
		sh.mu.Unlock()
	}
}
