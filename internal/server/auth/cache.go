package auth

import (
	"crypto/sha256"
	"sync"
	"time"

	"sepiola/internal/domain/user"
)

const (
	// cacheTTL is how long a revoked token may still hold on other nodes.
	cacheTTL = 3 * time.Second
	// cacheMax bounds the memory of the cache: about 1 KB each.
	cacheMax = 10_000
)

// tokenKey is the hash of a token: the cache does not hold tokens.
type tokenKey [sha256.Size]byte

// cache remembers who holds a token for a moment, so that a burst of requests
// costs one look-up.
type cache struct {
	mu sync.RWMutex
	m  map[tokenKey]cached
}

type cached struct {
	id    *user.Identity
	until time.Time
}

func (c *cache) get(key tokenKey, now time.Time) *user.Identity {
	c.mu.RLock()
	defer c.mu.RUnlock()
	// What is kept for longer was put before the clock was set back.
	if e, ok := c.m[key]; ok && now.Before(e.until) && e.until.Sub(now) <= cacheTTL {
		return e.id
	}
	return nil
}

func (c *cache) put(key tokenKey, id *user.Identity, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil {
		c.m = make(map[tokenKey]cached)
	}
	if len(c.m) >= cacheMax {
		c.sweep(now)
	}
	c.m[key] = cached{id: id, until: now.Add(cacheTTL)}
}

// sweep removes what is over, or everything if nothing is.
func (c *cache) sweep(now time.Time) {
	for key, e := range c.m {
		if !now.Before(e.until) {
			delete(c.m, key)
		}
	}
	if len(c.m) >= cacheMax {
		clear(c.m)
	}
}

func (c *cache) forget(id user.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, e := range c.m {
		if e.id.User.ID == id {
			delete(c.m, key)
		}
	}
}
