package view

import (
	"hash/maphash"
	"net/netip"
	"regexp"
	"sync"
	"time"
)

// Bounds of what one address, or one network of IPv6, may cause. Who is over
// them gets no error, but nothing is counted. Each node keeps its own figures,
// in memory and by hashes.
const (
	floodWindow = time.Hour
	// maxViewings is how many viewings may begin in floodWindow: enough for a
	// school behind one address, too few to make a video famous.
	maxViewings = 200
	// maxFloodEntries bounds the memory, at about 40 bytes each.
	maxFloodEntries = 500_000
)

// flood knows which viewings came from which address lately.
type flood struct {
	mu    sync.Mutex
	seed  maphash.Seed
	began time.Time
	seen  map[floodKey]struct{}
	count map[uint64]int
}

type floodKey struct{ addr, what uint64 }

// allows reports whether an address may have this viewing: one of those it
// has already, or one more, which is then its first report.
func (f *flood) allows(addr netip.Addr, what string, at time.Time) (ok, first bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen == nil || at.Sub(f.began) >= floodWindow || len(f.seen) >= maxFloodEntries {
		f.seed, f.began = maphash.MakeSeed(), at
		f.seen, f.count = make(map[floodKey]struct{}), make(map[uint64]int)
	}
	a := maphash.Comparable(f.seed, network(addr))
	key := floodKey{a, maphash.String(f.seed, what)}
	if _, known := f.seen[key]; known {
		return true, false
	}
	if f.count[a] >= maxViewings {
		return false, false
	}
	f.count[a]++
	f.seen[key] = struct{}{}
	return true, true
}

// network is what one person has: an address, of IPv6 the /64.
func network(a netip.Addr) netip.Addr {
	a = a.Unmap()
	if p, err := a.Prefix(64); err == nil && a.Is6() {
		return p.Addr()
	}
	return a.WithZone("")
}

// crawlers say what they are; they run players, and nobody watches.
var crawlers = regexp.MustCompile(`(?i)bot\b|bot/|crawl|spider|slurp|facebookexternalhit|bingpreview|lighthouse`)

func isCrawler(userAgent string) bool { return crawlers.MatchString(userAgent) }
