package fetch

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"sepiola/internal/errs"
)

// What one host is asked at most, so that nobody can use this site to flood
// another, and what all answers together may take.
const (
	perHost      = 4   // requests at once, of fetches and of deliveries each
	burst        = 120 // requests after a quiet time
	perSecond    = 20  // requests in the long run
	maxHosts     = 4096
	freeBytes    = 64 << 10 // of a body, read without asking for memory
	memoryBudget = 24 << 20 // bytes of larger bodies that are read at once
	maxFailures  = 4096
)

type budgetKey struct{}

// WithBudget bounds how many requests are made in this context and those that
// come of it: what one activity may cause. A budget inside another counts on
// both.
func WithBudget(ctx context.Context, requests int) context.Context {
	b := &budget{outer: budgetOf(ctx)}
	b.left.Store(int64(requests))
	return context.WithValue(ctx, budgetKey{}, b)
}

// Left returns how many requests are left in the budget of ctx; -1 without
// one.
func Left(ctx context.Context) int {
	b := budgetOf(ctx)
	if b == nil {
		return -1
	}
	return int(max(b.left.Load(), 0))
}

type budget struct {
	left  atomic.Int64
	outer *budget
}

func budgetOf(ctx context.Context) *budget {
	b, _ := ctx.Value(budgetKey{}).(*budget)
	return b
}

// ErrSpent says that an activity has caused as many requests as it may.
var ErrSpent = errors.New("the budget of requests is spent")

// Spend takes a request from the budgets of ctx; errs.TooMany, with ErrSpent, when
// none is left. A Client does so itself.
func Spend(ctx context.Context) error {
	for b := budgetOf(ctx); b != nil; b = b.outer {
		if b.left.Add(-1) < 0 {
			return errs.Wrap(errs.TooMany, ErrSpent, "this would take too many requests to other sites")
		}
	}
	return nil
}

// hosts are the ones that are asked now or were lately.
type hosts struct {
	now func() time.Time
	mu  sync.Mutex
	all map[string]*host
}

// host is a bucket of tokens, and places for requests at once.
type host struct {
	users  int
	tokens float64
	filled time.Time
	gets   chan struct{}
	posts  chan struct{}
}

func newHosts(now func() time.Time) *hosts { return &hosts{now: now, all: map[string]*host{}} }

// enter waits until a host may be asked, no longer than ctx, and returns what
// is called when it was.
func (h *hosts) enter(ctx context.Context, name string, delivery bool) (leave func(), err error) {
	one := h.take(name)
	places := one.gets
	if delivery {
		places = one.posts
	}
	release := func() {
		h.mu.Lock()
		one.users--
		h.mu.Unlock()
	}
	select {
	case places <- struct{}{}:
	case <-ctx.Done():
		release()
		return nil, errs.Wrap(errs.Unavailable, ctx.Err(), "too much is asked of this site at once")
	}
	leave = func() {
		<-places
		release()
	}
	if err := h.token(ctx, one); err != nil {
		leave()
		return nil, err
	}
	return leave, nil
}

func (h *hosts) take(name string) *host {
	h.mu.Lock()
	defer h.mu.Unlock()
	one := h.all[name]
	if one == nil {
		if len(h.all) >= maxHosts {
			h.sweep()
		}
		one = &host{tokens: burst, filled: h.now(), gets: make(chan struct{}, perHost), posts: make(chan struct{}, perHost)}
		h.all[name] = one
	}
	one.users++
	return one
}

// sweep forgets hosts that nobody asks and whose bucket is full again.
func (h *hosts) sweep() {
	now := h.now()
	for name, one := range h.all {
		if one.users == 0 && one.tokens+now.Sub(one.filled).Seconds()*perSecond >= burst {
			delete(h.all, name)
		}
	}
}

// token takes a token, which may have to be waited for.
func (h *hosts) token(ctx context.Context, one *host) error {
	h.mu.Lock()
	now := h.now()
	one.tokens = min(burst, one.tokens+now.Sub(one.filled).Seconds()*perSecond)
	one.filled = now
	one.tokens--
	wait := time.Duration(-one.tokens / perSecond * float64(time.Second))
	if wait > Total { // nobody waits so long: the token is not taken
		one.tokens++
	}
	h.mu.Unlock()
	if wait <= 0 {
		return nil
	}
	if wait > Total {
		return errs.New(errs.Unavailable, "too much is asked of this site")
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return errs.Wrap(errs.Unavailable, ctx.Err(), "too much is asked of this site")
	}
}

// failures are URLs that failed lately and are not asked again at once.
type failures struct {
	now func() time.Time
	mu  sync.Mutex
	all map[string]failure
}

type failure struct {
	err   error
	until time.Time
}

func newFailures(now func() time.Time) *failures {
	return &failures{now: now, all: map[string]failure{}}
}

func (f *failures) get(key string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	one, ok := f.all[key]
	if !ok {
		return nil
	}
	if f.now().After(one.until) {
		delete(f.all, key)
		return nil
	}
	return one.err
}

// put remembers a failure, for longer than usual when the host wants that.
func (f *failures) put(key string, err error, wanted time.Duration) {
	keep := 30 * time.Second
	switch errs.KindOf(err) {
	case errs.TooMany, errs.Internal:
		return // not about the URL
	case errs.NotFound, errs.Gone, errs.Unavailable:
		keep = 10 * time.Second // a moment later it may be there
	}
	keep = max(keep, wanted)
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.all) >= maxFailures {
		f.sweep()
	}
	f.all[key] = failure{err: err, until: f.now().Add(keep)}
}

// sweep makes room: what is over, or, if that is nothing, anything.
func (f *failures) sweep() {
	now := f.now()
	for key, one := range f.all {
		if now.After(one.until) {
			delete(f.all, key)
		}
	}
	for key := range f.all {
		if len(f.all) < maxFailures {
			return
		}
		delete(f.all, key)
	}
}
