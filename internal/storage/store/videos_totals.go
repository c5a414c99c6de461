package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"sepiola/internal/storage/sqldb"
)

// Counting all videos of a site takes longer than reading a page of them, and
// the number is wanted with every page. A node keeps each number for a time in
// proportion to what counting cost, so that counting takes a hundredth of its
// time at most, and forgets all when it writes itself. A write of another node
// shows after maxTotalLife at the latest.
const (
	minTotalLife = 2 * time.Second
	maxTotalLife = 30 * time.Second
	totalWorth   = 100
	maxTotals    = 1000
)

// videoTotals keeps the totals of lists, by their conditions.
type videoTotals struct {
	mu sync.Mutex
	m  map[string]*keptTotal
}

type keptTotal struct {
	mu    sync.Mutex // held while counting: one counts, the others wait
	n     int
	until time.Time
}

func (t *videoTotals) entry(key string) *keptTotal {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.m == nil || len(t.m) >= maxTotals {
		t.m = make(map[string]*keptTotal)
	}
	e := t.m[key]
	if e == nil {
		e = new(keptTotal)
		t.m[key] = e
	}
	return e
}

func (t *videoTotals) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.m = nil
}

// total counts what q matches, or remembers it.
func (s *Videos) total(ctx context.Context, q *sqldb.Query) (int, error) {
	text, args := q.Count()
	return s.totals.of(ctx, s.DB, text, args)
}

// of runs a query that counts, or remembers what it said.
func (t *videoTotals) of(ctx context.Context, db *sqldb.DB, text string, args []any) (int, error) {
	if db.Tx(ctx) != nil {
		return sqldb.One(ctx, db, sqldb.Value[int], text, args...)
	}
	e := t.entry(fmt.Sprintf("%s %#v", text, args))
	e.mu.Lock()
	defer e.mu.Unlock()
	start := time.Now()
	if start.Before(e.until) {
		return e.n, nil
	}
	n, err := sqldb.One(ctx, db, sqldb.Value[int], text, args...)
	if err != nil {
		return 0, err
	}
	took := time.Since(start)
	e.n, e.until = n, time.Now().Add(min(max(took*totalWorth, minTotalLife), maxTotalLife))
	return n, nil
}
