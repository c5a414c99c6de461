package notification

import (
	"sync"
	"time"

	"sepiola/internal/domain/user"
)

// The number on the bell is on every page: each node keeps it for keptLife and
// forgets it when it changes it itself.
const (
	keptLife = 5 * time.Second
	maxKept  = 20_000
)

// kept holds counts by user.
type kept struct {
	mu  sync.Mutex
	m   map[user.ID]keptCount
	gen int64 // of changes: what was read before one is not put after it
}

type keptCount struct {
	Count
	until time.Time
}

func (k *kept) get(id user.ID, now time.Time) (Count, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c, ok := k.m[id]
	return c.Count, ok && now.Before(c.until) && now.Add(keptLife).After(c.until.Add(-keptLife))
}

func (k *kept) generation() int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.gen
}

func (k *kept) put(id user.ID, c Count, gen int64, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if gen != k.gen {
		return
	}
	if k.m == nil || len(k.m) >= maxKept {
		k.m = make(map[user.ID]keptCount)
	}
	k.m[id] = keptCount{c, now.Add(keptLife)}
}

func (k *kept) forget(id user.ID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.m, id)
	k.gen++
}
