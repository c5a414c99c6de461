package inbox

import (
	"context"
	"sync"
	"time"

	"sepiola/internal/errs"
)

const (
	// maxBatch is how many rows one commit takes, and maxGathered how many may
	// wait for one.
	maxBatch    = 200
	maxGathered = 5000
	// commitTime is how long a commit may take.
	commitTime = 15 * time.Second
)

// batches commits rows in groups: while one group is committed the next one
// gathers (see docs/adr/0007). One alone waits for nobody.
type batches[T any] struct {
	// commit keeps all of a group or nothing of it.
	commit func(ctx context.Context, group []T) error

	mu      sync.Mutex
	waiting []*waiter[T]
	rows    int
	running bool
}

type waiter[T any] struct {
	rows []T
	done chan error
}

// add returns once the rows are committed, or with the reason why they are
// not.
func (b *batches[T]) add(ctx context.Context, rows []T) error {
	w := &waiter[T]{rows, make(chan error, 1)}
	b.mu.Lock()
	if b.rows+len(rows) > maxGathered {
		b.mu.Unlock()
		return errs.New(errs.Unavailable, "Too much to do, please try again later")
	}
	b.waiting, b.rows = append(b.waiting, w), b.rows+len(rows)
	if !b.running {
		b.running = true
		go b.run(context.WithoutCancel(ctx))
	}
	b.mu.Unlock()
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		return errs.Wrap(errs.Unavailable, ctx.Err(), "The database did not answer in time")
	}
}

func (b *batches[T]) run(ctx context.Context) {
	for {
		group, rows := b.next()
		if len(group) == 0 {
			return
		}
		err := b.once(ctx, rows)
		for _, w := range group {
			if err != nil && len(group) > 1 { // one of them may be to blame
				w.done <- b.once(ctx, w.rows)
				continue
			}
			w.done <- err
		}
	}
}

// next takes a group, none when nothing waits: then run is over.
func (b *batches[T]) next() (group []*waiter[T], rows []T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.waiting {
		if len(rows) > 0 && len(rows)+len(w.rows) > maxBatch {
			break
		}
		group, rows = append(group, w), append(rows, w.rows...)
	}
	b.waiting, b.rows = b.waiting[len(group):], b.rows-len(rows)
	if len(group) == 0 {
		b.waiting, b.running = nil, false
	}
	return group, rows
}

func (b *batches[T]) once(ctx context.Context, rows []T) error {
	ctx, cancel := context.WithTimeout(ctx, commitTime)
	defer cancel()
	return b.commit(ctx, rows)
}
