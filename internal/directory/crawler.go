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
	// maxPoll bounds how long the crawler sleeps.
	maxPoll = 15 * time.Second
	// pollPart is that as a part of the time between two visits.
	pollPart = 4
)

// Run visits until ctx is done. Errors of the store are logged and the work
// goes on: the sites come again after their lease.
func (c *Crawler) Run(ctx context.Context) {
	wait := min(c.Service.Every/pollPart, maxPoll)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		n, err := c.Round(ctx)
		if err != nil && ctx.Err() == nil {
			c.Service.Log.ErrorContext(ctx, "sites could not be visited", "err", err)
		}
		if n > 0 && err == nil {
			timer.Reset(0) // there may be more
			continue
		}
		timer.Reset(wait)
	}
}

// Round visits sites that are due, as many as are visited at a time, and
// returns how many they were.
func (c *Crawler) Round(ctx context.Context) (int, error) {
	s := c.Service
	now := s.Now()
	due, err := s.Store.Due(ctx, now, now.Add(lease), c.Parallel)
	if err != nil {
		return 0, err
	}
	var all sync.WaitGroup
	for _, site := range due {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, visitTime)
			defer cancel()
			if err := s.Visit(ctx, site); err != nil && ctx.Err() == nil {
				s.Log.ErrorContext(ctx, "a visit could not be kept", "host", site.Host, "err", err)
			}
		})
	}
	all.Wait()
	return len(due), nil
}
