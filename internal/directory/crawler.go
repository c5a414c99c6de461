package directory

import (
	"context"
	"sync"
	"time"
)

// Crawler visits the sites whose time has come, some at once.
type Crawler struct {
	Service *Service
	// Parallel is how many sites are visited at a time.
	Parallel int
}

const (
	// visitTime is how long a visit may take in all.
	visitTime = time.Minute
	// lease is for how long a site that is being visited is nobody else's.
	lease = 5 * time.Minute
	// maxPoll bounds how long the crawler sleeps, and pollPart is that as a
	// part of the time between two visits.
	maxPoll  = 15 * time.Second
	pollPart = 4
)

// Run visits until ctx is done, and returns when the visits under way have
// ended. Errors of the store are logged and the work goes on: the sites come
// again after their lease.
func (c *Crawler) Run(ctx context.Context) {
	places := make(chan struct{}, c.Parallel)
	var under sync.WaitGroup
	defer under.Wait()
	for {
		free := take(ctx, places)
		if free == 0 {
			return
		}
		now := c.Service.Now()
		due, err := c.Service.Store.Due(ctx, now, now.Add(lease), free)
		if err != nil && ctx.Err() == nil {
			c.Service.Log.ErrorContext(ctx, "sites could not be visited", "err", err)
		}
		for range free - len(due) {
			<-places
		}
		for _, site := range due {
			under.Go(func() {
				defer func() { <-places }()
				c.visit(ctx, site)
			})
		}
		if len(due) == 0 && !sleep(ctx, min(c.Service.Every/pollPart, maxPoll)) {
			return
		}
	}
}

// take waits for a place and takes all that are free. It returns how many, 0
// when ctx is done.
func take(ctx context.Context, places chan<- struct{}) int {
	select {
	case <-ctx.Done():
		return 0
	case places <- struct{}{}:
	}
	for n := 1; ; n++ {
		select {
		case places <- struct{}{}:
		default:
			return n
		}
	}
}

// sleep reports whether the time passed before ctx was done.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (c *Crawler) visit(ctx context.Context, site *Site) {
	s := c.Service
	limited, cancel := context.WithTimeout(ctx, visitTime)
	defer cancel()
	if err := s.Visit(limited, site); err != nil && ctx.Err() == nil {
		s.Log.ErrorContext(ctx, "a visit could not be kept", "host", site.Host, "err", err)
	}
}
