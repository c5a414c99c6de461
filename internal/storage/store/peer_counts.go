package store

import (
	"context"
	"database/sql"
	"time"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/peer"
	"sepiola/internal/storage/sqldb"
)

// PeerCounts is the peer.Counts.
type PeerCounts struct{ DB *sqldb.DB }

var _ peer.Counts = PeerCounts{}

// Count is part of peer.Counts.
func (s PeerCounts) Count(ctx context.Context, list []instance.ActivityCount, at time.Time) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		for _, c := range list {
			if _, err := s.DB.Exec(ctx, `
				INSERT INTO activity_counts (type, successes, errors, created_at) VALUES ($1, $2, $3, $4)
				ON CONFLICT (type) DO UPDATE SET successes = activity_counts.successes + excluded.successes,
					errors = activity_counts.errors + excluded.errors`, c.Type, c.Successes, c.Errors, at); err != nil {
				return err
			}
		}
		return nil
	})
}

// maxCountedWaiting bounds how many activities that wait are counted.
const maxCountedWaiting = 1_000_000

// activities reads what was counted: some rows, and what waits now.
func (s Stats) activities(ctx context.Context, out *instance.Stats, now time.Time) (err error) {
	out.Activities, err = sqldb.All(ctx, s.DB, func(r sqldb.Row) (c instance.ActivityCount, err error) {
		return c, r.Scan(&c.Type, &c.Successes, &c.Errors)
	}, `SELECT type, successes, errors FROM activity_counts ORDER BY type`)
	if err != nil {
		return err
	}
	var since sql.NullTime
	err = s.fill(ctx, []any{&since, &out.ActivitiesWaiting}, `
		SELECT (SELECT c.created_at FROM activity_counts c ORDER BY c.created_at LIMIT 1),
			(SELECT count(*) FROM (SELECT 1 FROM inbox_activities LIMIT $1) i)`, maxCountedWaiting)
	if seconds := now.Sub(since.Time).Seconds(); since.Valid && seconds >= 1 {
		n := int64(0)
		for _, c := range out.Activities {
			n += c.Successes + c.Errors
		}
		out.ActivitiesPerSecond = float64(n) / seconds
	}
	return err
}
