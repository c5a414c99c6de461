package main

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// speeds of a viewer's line, in bits a second; 0 is no limit.
type speeds struct{ down, up int }

// place is where somebody is: a network namespace whose line the kernel limits,
// or, without the right to make one, this machine, where the viewer keeps to its
// speeds by itself.
type place struct {
	address  string // IP
	space    *space // nil without namespaces
	down, up *bucket
}

// client returns who speaks HTTP from the place.
func (p *place) client() *http.Client {
	d := net.Dialer{Timeout: 20 * time.Second, FallbackDelay: -1}
	return &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: 4,
		DialContext: func(ctx context.Context, network, address string) (c net.Conn, err error) {
			err = p.space.do(func() error {
				c, err = d.DialContext(ctx, network, address)
				return err
			})
			return c, err
		},
	}}
}

// bucket lets bytes pass at a speed. A nil one lets all pass at once.
type bucket struct {
	perSecond float64 // bytes
	mu        sync.Mutex
	free      time.Time // when what was let pass is through
}

func newBucket(bits int) *bucket {
	if bits <= 0 {
		return nil
	}
	return &bucket{perSecond: float64(bits) / 8}
}

// pass waits until n bytes are through.
func (b *bucket) pass(n int) {
	if b == nil {
		return
	}
	b.mu.Lock()
	now := time.Now()
	if b.free.Before(now) {
		b.free = now
	}
	b.free = b.free.Add(time.Duration(float64(n) / b.perSecond * float64(time.Second)))
	wait := b.free.Sub(now)
	b.mu.Unlock()
	time.Sleep(wait)
}
