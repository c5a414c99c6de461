package view

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// Bounds of what one address, or one network of IPv6, may claim to have played
// in floodWindow: a school behind one address stays below them, and who lies
// cannot turn the figures of a site upside down. Each node keeps its own, in
// memory and by hashes.
const (
	maxClaimedSessions = 1000
	maxClaimedHour     = 1 << 40 // bytes
	// maxClaimants bounds the memory, at about 50 bytes each.
	maxClaimants = 200_000
)

// claims know what each address has claimed lately.
type claims struct {
	mu    sync.Mutex
	seed  maphash.Seed
	began time.Time
	m     map[uint64]claim
}

type claim struct {
	sessions int
	bytes    int64
}

// take reports whether an address may claim bytes and, with first, another
// viewing.
func (c *claims) take(addr netip.Addr, first bool, bytes int64, at time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil || at.Sub(c.began) >= floodWindow || len(c.m) >= maxClaimants {
		c.seed, c.began, c.m = maphash.MakeSeed(), at, make(map[uint64]claim)
	}
	who := maphash.Comparable(c.seed, network(addr))
	had := c.m[who]
	if first {
		had.sessions++
	}
	had.bytes += bytes
	if had.sessions > maxClaimedSessions || had.bytes > maxClaimedHour {
		return false
	}
	c.m[who] = had
	return true
}
