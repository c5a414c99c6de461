package tracker

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// sockets are all that are open, by a number that tells them apart.
type sockets struct {
	last   atomic.Uint32
	shards [16]socketShard
}

type socketShard struct {
	mu  sync.Mutex
	all map[uint32]*conn
}

func (s *sockets) shard(n uint32) *socketShard { return &s.shards[n%uint32(len(s.shards))] }

func (s *sockets) add(c *conn) {
	for !s.put(s.last.Add(1), c) { // taken after four thousand million
	}
	c.t.stats.Sockets.Add(1)
}

func (s *sockets) put(n uint32, c *conn) bool {
	sh := s.shard(n)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.all == nil {
		sh.all = map[uint32]*conn{}
	}
	if sh.all[n] != nil {
		return false
	}
	c.number = n
	sh.all[n] = c
	return true
}

func (s *sockets) remove(c *conn) {
	sh := s.shard(c.number)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.all[c.number] == c {
		delete(sh.all, c.number)
		c.t.stats.Sockets.Add(-1)
	}
}

// byNumber returns a socket, nil for one that is gone.
func (s *sockets) byNumber(n uint32) *conn {
	sh := s.shard(n)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.all[n]
}

func (s *sockets) list() (list []*conn) {
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.Lock()
		for _, c := range sh.all {
			list = append(list, c)
		}
		sh.mu.Unlock()
	}
	return list
}

// Run asks peers whether they are there, and forgets what is old, until ctx
// ends; then it closes all sockets. Clients come back by themselves, and are
// spread over time by their own waiting.
func (t *Tracker) Run(ctx context.Context) {
	t.start()
	var bus sync.WaitGroup
	if t.Bus != nil {
		bus.Go(func() { t.runBus(ctx) })
	}
	defer bus.Wait()
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			var wg sync.WaitGroup
			for _, c := range t.sockets.list() {
				wg.Go(func() { c.close(errRestart) })
			}
			wg.Wait()
			return
		case <-tick.C:
			t.sweep()
		}
	}
}

// sweep closes sockets that say nothing, pings the others, and forgets peers
// of HTTP and addresses that are over.
func (t *Tracker) sweep() {
	now := t.Now()
	for _, c := range t.sockets.list() {
		c.mu.Lock()
		inAny := c.inAny
		c.mu.Unlock()
		idle := !inAny && now.UnixNano()-c.opened > int64(quiet)
		dead := now.UnixNano()-c.heard.Load() > int64(3*pingEvery)
		if idle || dead {
			t.stats.Refused.Add(1)
			c.drop()
			continue
		}
		c.ping()
	}
	for i := range t.shards {
		t.stats.Swarms.Add(-t.shards[i].expire(now, t.changed))
	}
	t.refused.expire(now)
	t.address.expire(now)
	t.known.expire(now)
}

// expire removes peers of HTTP that have not announced for twice the interval,
// calls changed for their swarms, and returns how many of these are empty then,
// which go too.
func (sh *shard) expire(now time.Time, changed func(Hash)) (gone int64) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for h, s := range sh.swarms {
		for id, p := range s.http {
			if now.Sub(p.seen) > 2*httpInterval {
				s.removeHTTP(id)
				changed(h)
			}
		}
		if s.empty() {
			delete(sh.swarms, h)
			gone++
		}
	}
	return gone
}
