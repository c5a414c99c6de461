package outbox

import (
	"context"
	"sync"
	"time"
)

// health gathers PeerTube's points of inboxes: ten for each delivery that is
// taken, minus ten for each that is not, whatever the answer. Writing them down
// changes the rows of all who follow from there, so that it is done now and
// then. What a crash loses does not matter.
type health struct {
	mu     sync.Mutex
	points map[place]int
	since  time.Time
}

// place is an inbox of a host.
type place struct{ host, inbox string }

const (
	goodPoints, badPoints = 10, -10
	// healthEvery is for how long points are gathered.
	healthEvery = 10 * time.Minute
)

func (h *health) add(host, inbox string, points int, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.points == nil {
		h.points, h.since = map[place]int{}, now
	}
	h.points[place{host, inbox}] += points
}

// take returns what was gathered since before a time, if anything.
func (h *health) take(before time.Time) map[place]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.points == nil || h.since.After(before) {
		return nil
	}
	list := h.points
	h.points = nil
	return list
}

// Scores writes down what was gathered of the health of followers, and removes
// those who have no points left. It is called now and then.
func (d *Deliverer) Scores(ctx context.Context) error { return d.score(ctx, d.Now()) }

func (d *Deliverer) score(ctx context.Context, before time.Time) error {
	for p, points := range d.health.take(before) {
		if points == 0 {
			continue
		}
		gone, err := d.Followers.Score(ctx, p.host, p.inbox, points)
		if err != nil {
			return err
		}
		if gone > 0 {
			d.Log.InfoContext(ctx, "an inbox has refused too much: its followers are removed", "inbox", p.inbox, "followers", gone)
		}
	}
	return nil
}
