package abuse

import (
	"context"
	"sync"
	"time"

	"sepiola/internal/domain/video"
)

// MostOpen bounds Open: more are not counted.
const MostOpen = 1000

// The number of open reports is on every page of moderators: each node keeps
// it for openLife, and forgets it when it changes a report itself.
const openLife = 5 * time.Second

// open is that number.
type open struct {
	mu    sync.Mutex
	n     int
	until time.Time
	gen   int64 // of changes: what was counted before one is not kept after it
}

// Open is how many reports wait for a decision, MostOpen at most, for who
// manages reports. It may be some seconds old.
func (s *Service) Open(ctx context.Context, w video.Viewer) (int, error) {
	if err := mayManage(w); err != nil {
		return 0, err
	}
	n, gen, ok := s.open.get(s.Now())
	if ok {
		return n, nil
	}
	n, err := s.Store.Open(ctx, MostOpen)
	if err == nil {
		s.open.put(n, gen, s.Now())
	}
	return n, err
}

func (o *open) get(now time.Time) (n int, gen int64, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.n, o.gen, now.Before(o.until)
}

func (o *open) put(n int, gen int64, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if gen == o.gen {
		o.n, o.until = n, now.Add(openLife)
	}
}

func (o *open) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.until = time.Time{}
	o.gen++
}
