package job

import (
	"context"
	"fmt"
	"time"

	"sepiola/internal/storage/sqldb"
)

// Leases.
//
// River records which process runs a job, but not whether that process still
// lives. So every process that runs jobs keeps a row in job_nodes fresh, by
// the database's clock. Whoever finds a row that is too old deletes it and
// frees the jobs of that process in one transaction: deleting the row is the
// lock, so two cannot do it. A process that was only asleep finds its row gone
// (or, when it cannot reach the database, its lease over by its own clock),
// cuts its jobs off and does not record what became of them.
//
// A row of the future was written before the clock was set back; it becomes one
// of now, and so grows old if nobody keeps it fresh.
//
// SQLite has one process: at its start every running job is a dead one's.

func (q *Queue) beginLease(ctx context.Context) error {
	if q.db.Dialect == sqldb.SQLite {
		return q.inTxRescue(ctx, func(ctx context.Context) (int64, error) { return q.rescue(ctx, "") })
	}
	if err := q.register(ctx); err != nil {
		return fmt.Errorf("register this process: %w", err)
	}
	return q.rescueDead(ctx)
}

func (q *Queue) register(ctx context.Context) error {
	_, err := q.db.Exec(ctx, `
		INSERT INTO job_nodes (id, seen_at) VALUES ($1, LOCALTIMESTAMP)
		ON CONFLICT (id) DO UPDATE SET seen_at = LOCALTIMESTAMP`, q.node)
	return err
}

func (q *Queue) endLease(ctx context.Context) error {
	_, err := q.db.Exec(ctx, `DELETE FROM job_nodes WHERE id = $1`, q.node)
	return err
}

// beat keeps the lease of this process and looks for those of dead ones.
func (q *Queue) beat(ctx context.Context) {
	if q.db.Dialect == sqldb.SQLite {
		return
	}
	ticker := time.NewTicker(q.options.Lease / 3)
	defer ticker.Stop()
	kept := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := time.Now()
		err := q.beatOnce(ctx)
		switch {
		case err == nil:
			kept = now
		case ctx.Err() == nil:
			q.log.WarnContext(ctx, "the lease of this process was not renewed", "err", err)
			if time.Since(kept) > q.options.Lease {
				q.running.loseAll()
			}
		}
	}
}

func (q *Queue) beatOnce(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, q.options.Lease/3)
	defer cancel()
	n, err := q.db.Exec(ctx, `UPDATE job_nodes SET seen_at = LOCALTIMESTAMP WHERE id = $1`, q.node)
	if err != nil {
		return err
	}
	if n == 0 {
		q.log.WarnContext(ctx, "this process was taken for dead, its jobs went to others")
		q.running.loseAll()
		if err := q.register(ctx); err != nil {
			return err
		}
	}
	return q.rescueDead(ctx)
}

// rescueDead frees the jobs of processes whose lease ran out.
func (q *Queue) rescueDead(ctx context.Context) error {
	return q.inTxRescue(ctx, func(ctx context.Context) (int64, error) {
		if _, err := q.db.Exec(ctx, `
			UPDATE job_nodes SET seen_at = LOCALTIMESTAMP WHERE seen_at > LOCALTIMESTAMP + $1 * INTERVAL '1 second'`,
			q.options.Lease.Seconds()); err != nil {
			return 0, err
		}
		dead, err := sqldb.ReturningAll(ctx, q.db, sqldb.Value[string], `
			DELETE FROM job_nodes WHERE seen_at < LOCALTIMESTAMP - $1 * INTERVAL '1 second' RETURNING id`,
			q.options.Lease.Seconds())
		if err != nil {
			return 0, err
		}
		var total int64
		for _, node := range dead {
			n, err := q.rescue(ctx, node)
			if err != nil {
				return 0, err
			}
			total += n
		}
		return total, nil
	})
}

func (q *Queue) inTxRescue(ctx context.Context, fn func(ctx context.Context) (int64, error)) error {
	var n int64
	err := q.db.InTx(ctx, func(ctx context.Context) (err error) {
		n, err = fn(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("take over jobs: %w", err)
	}
	if n > 0 {
		q.log.WarnContext(ctx, "jobs of a process that died will run again", "jobs", n)
	}
	return nil
}

// rescue makes the running jobs of a dead process available. Being killed is
// not the job's fault, so the attempt does not count; but a job that kills its
// process again and again waits longer and longer, 5 minutes at most.
func (q *Queue) rescue(ctx context.Context, node string) (int64, error) {
	if q.db.Dialect == sqldb.SQLite {
		return q.db.Exec(ctx, `
			UPDATE river_job SET
				state = CASE WHEN scheduled THEN 'scheduled' ELSE 'available' END,
				attempt = max(attempt - 1, 0),
				metadata = json_set(metadata, '$.rescues', rescues + 1),
				scheduled_at = strftime('%Y-%m-%d %H:%M:%f', 'now', wait || ' seconds')
			FROM (
				SELECT id AS rid, rescues, rescues >= 3 AS scheduled,
					CASE WHEN rescues < 3 THEN 0 ELSE min(1 << min(rescues - 1, 9), 300) END AS wait
				FROM (SELECT id, coalesce(json_extract(metadata, '$.rescues'), 0) AS rescues FROM river_job WHERE state = 'running')
			) AS r
			WHERE id = r.rid`)
	}
	return q.db.Exec(ctx, `
		UPDATE river_job SET
			state = (CASE WHEN rescues < 3 THEN 'available' ELSE 'scheduled' END)::river_job_state,
			attempt = greatest(attempt - 1, 0),
			metadata = jsonb_set(metadata, '{rescues}', to_jsonb(rescues + 1)),
			scheduled_at = now() + CASE WHEN rescues < 3 THEN 0 ELSE least(power(2, least(rescues - 1, 9)), 300) END * INTERVAL '1 second'
		FROM (
			SELECT id AS rid, coalesce((metadata->>'rescues')::int, 0) AS rescues
			FROM river_job WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $1
		) AS r
		WHERE id = r.rid`, node)
}
