package inbox

import (
	"cmp"
	"context"
	"slices"

	"sepiola/internal/domain/peer"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// together is how many activities one transaction does.
const together = 25

// turn goes over the rows of a lane. Several that do not meet are done in one
// transaction; what changes the same as one before it waits for that.
type turn struct {
	p *Processor
	// held are the scopes of what is left waiting.
	held scopes
	done int

	ready []ready
	under scopes // of those
}

// ready is a row of which it is known what it does.
type ready struct {
	row   *peer.Received
	about scope
	what  step
	video video.ID // whose counters it changes
	gone  bool     // somebody else did it
}

// take finds out what a row does and does it, at once or with those that come.
func (t *turn) take(ctx context.Context, r *peer.Received) error {
	about := scopeOf(r)
	if r.RetryAt != nil && t.p.Now().Before(*r.RetryAt) || t.held.meets(about) {
		t.held.changes(about)
		return nil
	}
	if len(t.ready) >= together || t.under.meets(about) {
		if err := t.flush(ctx); err != nil {
			return err
		}
		if t.held.meets(about) {
			t.held.changes(about)
			return nil
		}
	}
	what, of, err := t.p.prepare(ctx, r)
	if err != nil {
		return t.settle(ctx, ready{row: r, about: about}, err)
	}
	t.under.add(about)
	t.ready = append(t.ready, ready{row: r, about: about, what: what, video: of})
	return nil
}

// flush does what is ready: all at once, or one by one when that fails.
func (t *turn) flush(ctx context.Context) error {
	list := t.ready
	t.ready, t.under = nil, scopes{}
	if len(list) == 0 {
		return nil
	}
	// They do not meet, so their order is free; batches that hold the rows of
	// the same videos in another order would wait for each other.
	slices.SortStableFunc(list, func(a, b ready) int { return cmp.Compare(a.video, b.video) })
	err := t.p.commit(ctx, list)
	switch {
	case err == nil:
		t.done += len(list)
		for _, it := range list {
			t.p.countDone(ctx, it)
		}
		return nil
	case len(list) == 1:
		return t.settle(ctx, list[0], err)
	}
	for _, it := range list {
		if t.held.meets(it.about) {
			t.held.changes(it.about)
			continue
		}
		one := []ready{it}
		err := t.p.commit(ctx, one)
		if err := t.settle(ctx, one[0], err); err != nil {
			return err
		}
	}
	return nil
}

// settle counts a row, or leaves it waiting.
func (t *turn) settle(ctx context.Context, it ready, why error) error {
	left := false
	if why != nil {
		var err error
		if left, err = t.p.settle(ctx, it.row, why); err != nil {
			return err
		}
		if !left {
			t.p.tally(ctx, it.about.kind, false)
		}
	} else {
		t.p.countDone(ctx, it)
	}
	if left {
		t.held.changes(it.about)
	} else {
		t.done++
	}
	return nil
}

// commit removes rows and does what they do, in one transaction. A row that is
// gone was done by somebody else.
func (p *Processor) commit(ctx context.Context, list []ready) error {
	if err := p.writes.begin(ctx, p.AtOnce); err != nil {
		return err
	}
	defer p.writes.end()
	return p.InTx(ctx, func(ctx context.Context) error {
		return p.Outbox.Together(ctx, func(ctx context.Context) error { return p.performAll(ctx, list) })
	})
}

func (p *Processor) performAll(ctx context.Context, list []ready) error {
	for i := range list {
		it := &list[i]
		// First, so that nobody else does it meanwhile.
		err := p.Inbox.Done(ctx, it.row.ID)
		if it.gone = errs.Is(err, errs.NotFound); it.gone {
			continue
		}
		if err != nil {
			return err
		}
		if err := p.perform(ctx, *it); err != nil {
			return err
		}
	}
	return nil
}

// countDone counts what was done here.
func (p *Processor) countDone(ctx context.Context, it ready) {
	if !it.gone {
		p.tally(ctx, it.about.kind, true)
	}
}

func (p *Processor) perform(ctx context.Context, it ready) (err error) {
	defer p.recovered(ctx, it.row, &err)
	if it.what == nil {
		return nil
	}
	return it.what(ctx)
}
