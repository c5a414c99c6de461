package job

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"sepiola/internal/storage/sqldb"
)

// Doing it anew.
//
// Whoever asks for a unique job while it runs cannot know whether it has read
// already what is new, and River queues no second one. So the wish is written on
// the row of the job that runs, in the transaction of whoever asks, and the job
// is queued again in the transaction that records its outcome. Both change the
// row, so one of them comes first: either the wish is seen when the job ends, or
// the job has ended when it is wished for, and is queued as any other. Ten
// wishes are one, nothing is lost with the process, and as it is the same job it
// never runs beside itself: an older answer cannot follow a newer one.
//
// A wish written on a job that is tried again for another reason is fulfilled
// by that.

// anew is the key of the wish in a job's metadata.
const anew = "anew"

// InsertAnew is Insert of a unique job that is to begin after this: one that
// runs already is run once more when it has ended, unless somebody
// cancels it later.
func (q *Queue) InsertAnew(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) (id int64, err error) {
	err = q.db.InTx(ctx, func(ctx context.Context) error {
		res, err := q.client.InsertTx(ctx, q.db.Tx(ctx), args, opts)
		if err != nil {
			return fmt.Errorf("queue a job %s: %w", args.Kind(), err)
		}
		if id = res.Job.ID; res.UniqueSkippedAsDuplicate && res.Job.State == rivertype.JobStateRunning {
			return q.wish(ctx, id)
		}
		q.db.AfterCommit(ctx, func(ctx context.Context) { q.driver.fetch(ctx, res) })
		return nil
	})
	return id, err
}

// wish writes on a job that it is wanted anew. Its row is held since it was
// found to run.
func (q *Queue) wish(ctx context.Context, id int64) error {
	set := `json_set(metadata, '$.` + anew + `', 1)`
	if q.db.Dialect == sqldb.Postgres {
		set = `jsonb_set(metadata, '{` + anew + `}', '1')`
	}
	_, err := q.db.Exec(ctx, `UPDATE river_job SET metadata = `+set+` WHERE id = $1 AND state = 'running'`, id)
	return err
}

// unwish takes what was wished of a job away.
func (q *Queue) unwish(ctx context.Context, id int64) error {
	without := `json_remove(metadata, '$.` + anew + `')`
	if q.db.Dialect == sqldb.Postgres {
		without = `metadata - '` + anew + `'`
	}
	_, err := q.db.Exec(ctx, `UPDATE river_job SET metadata = `+without+` WHERE id = $1`, id)
	return err
}

// outcomes records what became of jobs, with set, and queues again those that
// are wanted anew.
func (q *Queue) outcomes(ctx context.Context, set func(exec riverdriver.Executor) ([]*rivertype.JobRow, error)) (rows []*rivertype.JobRow, err error) {
	err = q.db.InTx(ctx, func(ctx context.Context) error {
		if rows, err = set(q.driver.UnwrapExecutor(q.db.Tx(ctx))); err != nil {
			return err
		}
		for _, row := range rows {
			if row == nil || row.State == rivertype.JobStateRunning || !wished(row.Metadata) {
				continue
			}
			if err := q.again(ctx, row); err != nil {
				return err
			}
		}
		return nil
	})
	return rows, err
}

func wished(metadata []byte) bool {
	var m struct {
		Anew int `json:"anew"`
	}
	return json.Unmarshal(metadata, &m) == nil && m.Anew != 0
}

// again queues a job that has ended as if it was new. One that is to be tried
// again comes anyway.
func (q *Queue) again(ctx context.Context, row *rivertype.JobRow) error {
	if err := q.unwish(ctx, row.ID); err != nil || row.FinalizedAt == nil {
		return err
	}
	now := `strftime('%Y-%m-%d %H:%M:%f', 'now')`
	if q.db.Dialect == sqldb.Postgres {
		now = `now()`
	}
	_, err := q.db.Exec(ctx, `UPDATE river_job SET state = 'available', attempt = 0, finalized_at = NULL, scheduled_at = `+now+` WHERE id = $1`, row.ID)
	if err == nil {
		q.db.AfterCommit(ctx, func(ctx context.Context) { q.driver.fetch(ctx, &rivertype.JobInsertResult{Job: row}) })
	}
	return err
}
