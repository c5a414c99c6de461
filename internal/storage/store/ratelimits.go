package store

import (
	"context"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// RateLimits is the user.LimitStore.
type RateLimits struct{ DB *sqldb.DB }

var _ user.LimitStore = RateLimits{}

// hits is what a window holds.
type hits struct {
	n    int
	ends time.Time
}

func scanHits(r sqldb.Row) (h hits, err error) { return h, r.Scan(&h.n, &h.ends) }

// Hit is part of user.LimitStore.
func (s RateLimits) Hit(ctx context.Context, scope, key string, now, end time.Time) (int, time.Time, error) {
	h, err := sqldb.Returning(ctx, s.DB, scanHits, `
		INSERT INTO rate_limits AS l (scope, key, window_end, hits) VALUES ($1, $2, $3, 1)
		ON CONFLICT (scope, key) DO UPDATE SET
			hits = CASE WHEN l.window_end <= $4 OR l.window_end > $5 THEN 1 ELSE l.hits + 1 END,
			window_end = CASE WHEN l.window_end <= $4 OR l.window_end > $5 THEN excluded.window_end ELSE l.window_end END
		RETURNING hits, window_end`, scope, key, end, now, tooLate(now, end))
	return h.n, h.ends, err
}

// tooLate is when no window of now can end, whatever the clocks of nodes
// differ by.
func tooLate(now, end time.Time) time.Time { return end.Add(end.Sub(now)) }

// Peek is part of user.LimitStore.
func (s RateLimits) Peek(ctx context.Context, scope, key string, now, end time.Time) (int, time.Time, error) {
	h, err := sqldb.One(ctx, s.DB, scanHits,
		`SELECT hits, window_end FROM rate_limits WHERE scope = $1 AND key = $2 AND window_end > $3 AND window_end <= $4`,
		scope, key, now, tooLate(now, end))
	if errs.Is(err, errs.NotFound) {
		return 0, time.Time{}, nil
	}
	return h.n, h.ends, err
}

// DeleteExpired is part of user.LimitStore.
func (s RateLimits) DeleteExpired(ctx context.Context, now time.Time) (int64, error) {
	return s.DB.Exec(ctx, `DELETE FROM rate_limits WHERE window_end <= $1`, now)
}
