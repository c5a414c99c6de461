package view

import (
	"context"
	"sync"
	"time"

	"sepiola/internal/errs"
)

const (
	// maxBatch is the most reports of one commit, and maxWaiting the most
	// that wait; beyond, reports are refused.
	maxBatch   = 400
	maxWaiting = 10_000
	// commitTime is how long a commit may take: longer than the database
	// waits for a lock.
	commitTime = 15 * time.Second
)

// batches commits things in groups: while one group is committed the next one
// gathers, so that many wait for one commit together, and one alone waits for
// nobody.
type batches[T any] struct {
	// commit keeps all of a group or nothing of it.
	commit func(ctx context.Context, group []T) error

	mu      sync.Mutex
	waiting []*waiter[T]
	running bool
}

type waiter[T any] struct {
	it   T
	done chan error
}

// add returns once it is committed, or with the reason why it is not. Who
// gives up waiting does not take it back.
func (b *batches[T]) add(ctx context.Context, it T) error {
	w := &waiter[T]{it, make(chan error, 1)}
	b.mu.Lock()
	if len(b.waiting) >= maxWaiting {
		b.mu.Unlock()
		return errs.New(errs.Unavailable, "Too much to do, please try again later")
	}
	b.waiting = append(b.waiting, w)
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

// run commits until nothing waits.
func (b *batches[T]) run(ctx context.Context) {
	for {
		b.mu.Lock()
		group := b.waiting[:min(len(b.waiting), maxBatch)]
		b.waiting = b.waiting[len(group):]
		if len(group) == 0 {
			b.running, b.waiting = false, nil
			b.mu.Unlock()
			return
		}
		b.mu.Unlock()
		b.keep(ctx, group)
	}
}

// keep commits a group. When one of it cannot be kept (its video has just been
// deleted), each is tried alone.
func (b *batches[T]) keep(ctx context.Context, group []*waiter[T]) {
	items := make([]T, len(group))
	for i, w := range group {
		items[i] = w.it
	}
	err := b.once(ctx, items)
	alone := len(group) > 1 && errs.Is(err, errs.NotFound)
	for _, w := range group {
		if alone {
			err = b.once(ctx, []T{w.it})
		}
		w.done <- err
	}
}

func (b *batches[T]) once(ctx context.Context, items []T) error {
	ctx, cancel := context.WithTimeout(ctx, commitTime)
	defer cancel()
	return b.commit(ctx, items)
}
