package job

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// manyAtOnce bounds the jobs of one statement.
const manyAtOnce = 200

// InsertMany queues jobs, in the transaction of ctx if there is one. Of those
// that are unique and already queued it returns the ones that are: their state
// says whether they wait or run.
func (q *Queue) InsertMany(ctx context.Context, list []river.InsertManyParams) (queued []*rivertype.JobRow, err error) {
	err = q.db.InTx(ctx, func(ctx context.Context) error {
		queued = nil
		for part := range slices.Chunk(list, manyAtOnce) {
			res, err := q.client.InsertManyTx(ctx, q.db.Tx(ctx), part)
			if err != nil {
				return fmt.Errorf("queue %d jobs %s: %w", len(part), part[0].Args.Kind(), err)
			}
			var fresh *rivertype.JobInsertResult
			for _, r := range res {
				if r.UniqueSkippedAsDuplicate {
					queued = append(queued, r.Job)
				} else {
					fresh = r
				}
			}
			if fresh != nil { // one is enough to make its queue look for all
				q.db.AfterCommit(ctx, func(ctx context.Context) { q.driver.fetch(ctx, fresh) })
			}
		}
		return nil
	})
	return queued, err
}

// Forget removes jobs of a kind that were done before a time: of those that
// are many, not all are kept as long as others.
func (q *Queue) Forget(ctx context.Context, kind string, before time.Time) error {
	const step = 1000
	for {
		n, err := q.db.Exec(ctx, `DELETE FROM river_job WHERE id IN (
			SELECT id FROM river_job WHERE state = 'completed' AND kind = $1 AND finalized_at < $2 LIMIT $3)`, kind, before, step)
		if err != nil || n < step {
			return err
		}
	}
}
