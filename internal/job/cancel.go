package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// Cancel ends a job: at once when it waits, and within a few seconds when it
// runs, on whatever node. A finished one is errs.Conflict.
func (q *Queue) Cancel(ctx context.Context, id int64) error {
	err := q.db.InTx(ctx, func(ctx context.Context) error {
		row, err := q.client.JobGetTx(ctx, q.db.Tx(ctx), id)
		if err != nil {
			return notFound(err, id)
		}
		switch row.State {
		case rivertype.JobStateCancelled, rivertype.JobStateCompleted, rivertype.JobStateDiscarded:
			return errs.New(errs.Conflict, "This job is already finished")
		case rivertype.JobStateRunning:
			if _, err = q.db.Exec(ctx, `
				INSERT INTO job_cancellations (job_id, created_at) VALUES ($1, $2)
				ON CONFLICT (job_id) DO NOTHING`, id, sqldb.Now()); err != nil {
				return err
			}
			return q.unwish(ctx, id) // nor is it to come again
		}
		_, err = q.client.JobCancelTx(ctx, q.db.Tx(ctx), id)
		return notFound(err, id)
	})
	if err == nil {
		q.running.cancel(id)
	}
	return err
}

// CancelWhere cancels the jobs of a kind that have not finished and for which
// match holds, as when their object is deleted. match gets the arguments as
// JSON. It returns how many there were.
func (q *Queue) CancelWhere(ctx context.Context, kind string, match func(args []byte) bool) (int, error) {
	rows, err := sqldb.All(ctx, q.db, scanRow, `
		SELECT `+q.rowColumns()+` FROM river_job j
		WHERE j.kind = $1 AND j.state IN ('available', 'pending', 'retryable', 'running', 'scheduled')
		ORDER BY j.id`, kind)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, row := range rows {
		if !match(row.Args) {
			continue
		}
		switch err := q.Cancel(ctx, row.ID); {
		case err == nil:
			n++
		case !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.NotFound): // it ended meanwhile
			return n, err
		}
	}
	return n, nil
}

// Retry makes a job that failed, was cancelled or waits for its time run now.
// One that runs or is done is errs.Conflict.
func (q *Queue) Retry(ctx context.Context, id int64) error {
	return q.db.InTx(ctx, func(ctx context.Context) error {
		row, err := q.client.JobGetTx(ctx, q.db.Tx(ctx), id)
		if err != nil {
			return notFound(err, id)
		}
		if row.State == rivertype.JobStateRunning || row.State == rivertype.JobStateCompleted {
			return errs.New(errs.Conflict, "This job runs or has completed")
		}
		if row, err = q.client.JobRetryTx(ctx, q.db.Tx(ctx), id); err != nil {
			return notFound(err, id)
		}
		q.db.AfterCommit(ctx, func(ctx context.Context) {
			q.driver.fetch(ctx, &rivertype.JobInsertResult{Job: row})
		})
		return nil
	})
}

func notFound(err error, id int64) error {
	if errors.Is(err, river.ErrNotFound) {
		return errs.Wrap(errs.NotFound, err, "Job %d not found", id)
	}
	return err
}

// cancelPoll is how often a process that runs jobs looks whether somebody on
// another node wants them cancelled.
const cancelPoll = 2 * time.Second

func (q *Queue) watchCancellations(ctx context.Context) {
	if q.db.Dialect == sqldb.SQLite {
		return // all calls of Cancel come to this process
	}
	ticker := time.NewTicker(cancelPoll)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := q.applyCancellations(ctx); err != nil && ctx.Err() == nil {
			q.log.WarnContext(ctx, "cancelled jobs could not be read", "err", err)
		}
	}
}

func (q *Queue) applyCancellations(ctx context.Context) error {
	here := q.running.ids()
	if len(here) == 0 {
		return nil
	}
	wanted, err := sqldb.All(ctx, q.db, sqldb.Value[int64], `SELECT job_id FROM job_cancellations ORDER BY job_id`)
	if err != nil {
		return err
	}
	for _, id := range wanted {
		if slices.Contains(here, id) {
			q.running.cancel(id)
		}
	}
	return nil
}

func (q *Queue) forgetCancellation(ctx context.Context, id int64) {
	if _, err := q.db.Exec(ctx, `DELETE FROM job_cancellations WHERE job_id = $1`, id); err != nil {
		q.log.WarnContext(ctx, "a cancellation was not removed", "err", err)
	}
}

// Clean removes wishes to cancel that came too late. It is part of the daily
// sweep.
func (q *Queue) Clean(ctx context.Context) error {
	_, err := q.db.Exec(ctx, `DELETE FROM job_cancellations WHERE created_at < $1`, sqldb.Now().Add(-24*time.Hour))
	if err != nil {
		return fmt.Errorf("remove old cancellations: %w", err)
	}
	return nil
}
