package job_test

import (
	"context"
	"errors"
	"testing"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"sepiola/internal/errs"
	"sepiola/internal/job"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
)

var unique = &river.InsertOpts{MaxAttempts: 3, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
}}}

func anew(t *testing.T, q *job.Queue, n int) int64 {
	t.Helper()
	id, err := q.InsertAnew(t.Context(), args{n}, unique)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// What is asked for while it runs runs once more after it, however it ended and
// however often it was asked for.
func TestWhatRunsIsDoneAnew(t *testing.T) {
	t.Parallel()
	for name, outcome := range map[string]error{"done": nil, "failed for good": errs.New(errs.Invalid, "no"), "to be tried again": errors.New("not now")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
				t.Helper()
				began, end := make(chan int64, 10), make(chan error)
				q := open(t, db, 4, func(_ context.Context, j *river.Job[args]) error {
					began <- j.ID
					return <-end
				})
				start(t, q)
				id := anew(t, q, 1)
				receive(t, began, "the first run")
				boom := errors.New("boom")
				if err := db.InTx(t.Context(), func(ctx context.Context) error { // a wish is as true as its transaction
					_, err := q.InsertAnew(ctx, args{1}, unique)
					return errors.Join(boom, err)
				}); !errors.Is(err, boom) {
					t.Fatal(err)
				}
				for range 10 {
					if again := anew(t, q, 1); again != id {
						t.Errorf("job %d was queued beside %d", again, id)
					}
				}
				if len(began) > 0 {
					t.Error("it runs beside itself")
				}
				end <- outcome
				if again := receive(t, began, "the second run"); again != id {
					t.Errorf("job %d ran, want %d", again, id)
				}
				end <- nil
				if rows := inState(t, q, job.Completed, 1); rows[0].Attempt > 2 {
					t.Errorf("attempt %d", rows[0].Attempt)
				}
				if _, total, err := q.List(t.Context(), job.ListParams{Count: 10}); err != nil || total != 1 || len(began) != 0 {
					t.Errorf("%d jobs %v, %d more runs: want one run for ten wishes", total, err, len(began))
				}
				if next := anew(t, q, 1); next == id { // what has ended is queued as any other
					t.Error("the job that ended was found")
				}
				receive(t, began, "the next job")
				end <- nil
				inState(t, q, job.Completed, 2)
			})
		})
	}
}

// Who cancels a job wants it no more than once either.
func TestACancelledJobIsNotDoneAnew(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		began := make(chan int64, 10)
		q := open(t, db, 1, func(ctx context.Context, j *river.Job[args]) error {
			began <- j.ID
			<-ctx.Done()
			return ctx.Err()
		})
		start(t, q)
		id := anew(t, q, 1)
		receive(t, began, "the first run")
		anew(t, q, 1)
		if err := q.Cancel(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		inState(t, q, job.Failed, 1)
		if next := anew(t, q, 1); next == id {
			t.Error("it was queued again")
		}
		if got := receive(t, began, "another"); got == id {
			t.Error("the cancelled job ran again")
		}
	})
}

// A wish that was undone, and one on a job that only waits, changes nothing.
func TestWhatWaitsIsNotDoneTwice(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		began, end := make(chan int, 10), make(chan error)
		q := open(t, db, 1, func(_ context.Context, j *river.Job[args]) error {
			began <- j.Args.N
			return <-end
		})
		start(t, q)
		insert(t, q, 0, nil) // keeps the only worker
		receive(t, began, "the first")
		for range 3 {
			anew(t, q, 1)
		}
		boom := errors.New("boom")
		end <- nil
		receive(t, began, "the second")
		if err := db.InTx(t.Context(), func(ctx context.Context) error {
			_, err := q.InsertAnew(ctx, args{1}, unique)
			return errors.Join(boom, err)
		}); !errors.Is(err, boom) {
			t.Fatal(err)
		}
		end <- nil
		inState(t, q, job.Completed, 2)
		if len(began) > 0 {
			t.Error("it ran twice")
		}
	})
}
