package tracker

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
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
		t.poller.start(t.sockets.byNumber, t.Log)
	})
}

// bucket lets a socket send messages as fast as clients do and no faster.
type bucket struct {
	left float64
	at   time.Time
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
	if b.at.IsZero() {
		b.left = rate * burstSeconds
	}
	b.left = min(rate*burstSeconds, b.left+now.Sub(b.at).Seconds()*rate)
	b.at = now
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

type address struct {
	sockets   int
	announces int
	began     time.Time // of the counting
}

const (
	announceWindow = 5 * time.Minute
	// maxAnnounces is of one address in a window. PeerTube allows 15 for each
	// hash; an address may be a school, and a player has several hashes.
	maxAnnounces = 3000
)

func (a *addresses) of(ip netip.Addr) *address {
	if a.all == nil {
		a.all = map[netip.Addr]*address{}
	}
	it := a.all[ip]
	if it == nil {
		it = &address{}
		a.all[ip] = it
	}
	return it
}

func (a *addresses) open(ip netip.Addr, most int) bool {
	if most <= 0 {
		most = maxSockets
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	it := a.of(ip)
	if it.sockets >= most {
		return false
	}
	it.sockets++
	return true
}

func (a *addresses) close(ip netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.of(ip).sockets--
}

func (a *addresses) announce(ip netip.Addr, now time.Time, reject bool) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	it := a.of(ip)
	if now.Sub(it.began) > announceWindow {
		it.began, it.announces = now, 0
	}
	it.announces++
	if reject && it.announces > maxAnnounces {
		return errTooMany
	}
	return nil
}

func (a *addresses) expire(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for ip, it := range a.all {
		if it.sockets == 0 && now.Sub(it.began) > announceWindow {
			delete(a.all, ip)
		}
	}
}

// knownHashes keeps for a while which hashes are of this site.
type knownHashes struct {
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
	maxKnown   = 200_000
)

// check reports whether viewers may share what a hash names.
func (t *Tracker) check(ctx context.Context, h Hash) error {
	if !t.Options().Private {
		return nil
	}
	now := t.Now()
	t.known.mu.RLock()
	k, ok := t.known.all[h]
	t.known.mu.RUnlock()
	if !ok || now.After(k.until) {
		yes, err := t.Known(ctx, h)
		if err != nil {
			t.Log.WarnContext(ctx, "the tracker could not look for a video", "err", err)
			return errUnknownNow
		}
		k = knownHash{yes, now.Add(unknownFor)}
		if yes {
			k.until = now.Add(knownFor)
		}
		t.known.put(h, k)
	}
	if !k.yes {
		return errUnknown
	}
	return nil
}

func (k *knownHashes) put(h Hash, it knownHash) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.all == nil {
		k.all = map[Hash]knownHash{}
	}
	if len(k.all) < maxKnown {
		k.all[h] = it
	}
}

func (k *knownHashes) expire(now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for h, it := range k.all {
		if now.After(it.until) {
			delete(k.all, h)
		}
	}
}
