package inbox

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"sepiola/internal/domain/instance"
)

// countEvery is how often what was counted is written down. In the transactions
// that do the work it would make the lanes wait for each other; what a crash
// loses is the count of some seconds.
const countEvery = 10 * time.Second

// counts are activities that were done, or could not be, since they were
// written down last.
type counts struct {
	mu      sync.Mutex
	n       map[string]*instance.ActivityCount
	planned bool
}

// add counts an activity and reports whether somebody has to write down what
// was counted.
func (c *counts) add(kind string, ok bool) (plan bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]*instance.ActivityCount{}
	}
	it := c.n[kind]
	if it == nil {
		it = &instance.ActivityCount{Type: kind}
		c.n[kind] = it
	}
	if ok {
		it.Successes++
	} else {
		it.Errors++
	}
	plan, c.planned = !c.planned, true
	return plan
}

// take returns what was counted, and begins anew.
func (c *counts) take() []instance.ActivityCount {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]instance.ActivityCount, 0, len(c.n))
	for _, it := range c.n {
		list = append(list, *it)
	}
	c.n, c.planned = nil, false
	// In one order, so that two nodes do not wait for each other.
	slices.SortFunc(list, func(a, b instance.ActivityCount) int { return strings.Compare(a.Type, b.Type) })
	return list
}

// tally counts an activity of a type; what was not verified has none.
func (p *Processor) tally(ctx context.Context, kind string, ok bool) {
	if p.Counts == nil || kind == "" || !p.counted.add(kind, ok) {
		return
	}
	ctx = context.WithoutCancel(ctx)
	p.Later(countEvery, func() { p.WriteCounts(ctx) })
}

// WriteCounts writes down what was counted. It is called at the end, too.
func (p *Processor) WriteCounts(ctx context.Context) {
	list := p.counted.take()
	if len(list) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := p.Counts.Count(ctx, list, p.Now()); err != nil {
		p.Log.WarnContext(ctx, "how many activities were done was not written down", "err", err)
	}
}
