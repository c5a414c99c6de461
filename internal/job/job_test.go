package job_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"sepiola/internal/errs"
	"sepiola/internal/job"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
)

type args struct {
	N int `json:"n"`
}

func (args) Kind() string { return "test" }

// worker calls its function.
type worker struct {
	river.WorkerDefaults[args]
	work func(ctx context.Context, j *river.Job[args]) error
}

func (w *worker) Work(ctx context.Context, j *river.Job[args]) error { return w.work(ctx, j) }

func open(t *testing.T, db *sqldb.DB, workers int, work func(ctx context.Context, j *river.Job[args]) error) *job.Queue {
	t.Helper()
	q, err := job.Open(t.Context(), job.Options{
		DB: db, Log: slog.New(slog.DiscardHandler), Queues: map[string]int{"default": workers}, Lease: 3 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	job.Add(q, &worker{work: work})
	return q
}

func start(t *testing.T, q *job.Queue) {
	t.Helper()
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := q.Stop(ctx, time.Millisecond); err != nil {
			t.Errorf("Stop: %v", err)
		}
	})
}

func insert(t *testing.T, q *job.Queue, n int, opts *river.InsertOpts) int64 {
	t.Helper()
	id, err := q.Insert(t.Context(), args{n}, opts)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func receive[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(20 * time.Second):
		t.Fatalf("waited too long for %s", what)
		panic("unreachable")
	}
}

// inState polls until n jobs are in a state.
func inState(t *testing.T, q *job.Queue, s job.State, n int) []job.Row {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		rows, total, err := q.List(t.Context(), job.ListParams{State: s, Count: 100})
		if err != nil {
			t.Fatal(err)
		}
		if total == n {
			return rows
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d jobs are %s, want %d", total, s, n)
		}
		time.Sleep(10 * time.Millisecond) // the database has no way to tell
	}
}

func TestAJobIsAsTrueAsItsTransaction(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		ran := make(chan int, 10)
		q := open(t, db, 2, func(_ context.Context, j *river.Job[args]) error {
			ran <- j.Args.N
			return nil
		})
		start(t, q)
		boom := errors.New("boom")
		err := db.InTx(t.Context(), func(ctx context.Context) error {
			if _, err := q.Insert(ctx, args{1}, nil); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		begun := time.Now()
		err = db.InTx(t.Context(), func(ctx context.Context) error {
			_, err := q.Insert(ctx, args{2}, nil)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := receive(t, ran, "the job"); n != 2 {
			t.Errorf("job %d ran, want only 2", n)
		}
		// On SQLite polling is so rare that a busy machine does not blur it.
		if d := time.Since(begun); db.Dialect == sqldb.SQLite && d > 4*time.Second {
			t.Errorf("the job began after %v: it was polled for, not fetched at once", d)
		}
		inState(t, q, job.Completed, 1)
		if _, total, err := q.List(t.Context(), job.ListParams{Count: 10}); err != nil || total != 1 {
			t.Errorf("%d jobs, %v; want 1", total, err)
		}
	})
}

func TestUniqueJobsAreQueuedOnce(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		q := open(t, db, 1, nil)
		unique := &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true}}
		first, again, other := insert(t, q, 1, unique), insert(t, q, 1, unique), insert(t, q, 2, unique)
		if first != again || other == first {
			t.Errorf("ids %d, %d, %d: want the first two equal and the third different", first, again, other)
		}
		inState(t, q, job.Waiting, 2)
	})
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		q := open(t, db, 4, func(_ context.Context, j *river.Job[args]) error {
			switch j.Args.N {
			case 1:
				return errs.New(errs.Invalid, "not a number")
			case 2:
				return fmt.Errorf("read the row: %w", errs.New(errs.NotFound, "no such video"))
			case 3:
				return errors.New("the disk is on fire")
			case 4:
				panic("a bug")
			}
			return nil
		})
		for n := range 5 {
			insert(t, q, n, &river.InsertOpts{MaxAttempts: 5})
		}
		start(t, q)
		inState(t, q, job.Completed, 1)
		failed := inState(t, q, job.Failed, 2)
		if failed[0].Error != "read the row: no such video" || failed[1].Error != "not a number" {
			t.Errorf("errors %q and %q", failed[0].Error, failed[1].Error)
		}
		// The others wait for their next attempt; short waits are "available".
		deadline := time.Now().Add(10 * time.Second)
		for {
			rows, _, err := q.List(t.Context(), job.ListParams{Count: 10, OldestFirst: true})
			if err != nil {
				t.Fatal(err)
			}
			if rows[3].Error == "the disk is on fire" && rows[4].Error == "a bug" && rows[3].State != job.Failed && rows[4].State != job.Failed {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("got %+v and %+v", rows[3], rows[4])
			}
			time.Sleep(10 * time.Millisecond)
		}
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		began, ended := make(chan int, 10), make(chan bool, 10)
		q := open(t, db, 1, func(ctx context.Context, j *river.Job[args]) error {
			began <- j.Args.N
			<-ctx.Done()
			ended <- job.Cancelled(ctx)
			return ctx.Err()
		})
		start(t, q)
		running := insert(t, q, 1, nil)
		receive(t, began, "the job to begin")
		waiting := insert(t, q, 2, nil)
		for _, id := range []int64{waiting, running} {
			if err := q.Cancel(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		if !receive(t, ended, "the job to end") {
			t.Error("the job does not know that it was cancelled")
		}
		inState(t, q, job.Failed, 2)
		if err := q.Cancel(t.Context(), running); !errs.Is(err, errs.Conflict) {
			t.Errorf("Cancel of a cancelled job: got %v, want Conflict", err)
		}
		if err := q.Cancel(t.Context(), 99999); !errs.Is(err, errs.NotFound) {
			t.Errorf("Cancel of no job: got %v, want NotFound", err)
		}
		n, err := sqldb.One(t.Context(), db, sqldb.Value[int], `SELECT count(*) FROM job_cancellations`)
		if err != nil || n != 0 {
			t.Errorf("%d cancellations are left, %v", n, err)
		}
		if err := q.Retry(t.Context(), running); err != nil {
			t.Fatal(err)
		}
		if n := receive(t, began, "the job to begin again"); n != 1 {
			t.Errorf("job %d began", n)
		}
		if err := q.Retry(t.Context(), running); !errs.Is(err, errs.Conflict) {
			t.Errorf("Retry of a running job: got %v, want Conflict", err)
		}
	})
}

func TestARunningJobIsCancelledFromAnotherNode(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Postgres(t)
	began, ended := make(chan int, 1), make(chan bool, 1)
	q := open(t, db, 1, func(ctx context.Context, j *river.Job[args]) error {
		began <- j.Args.N
		<-ctx.Done()
		ended <- job.Cancelled(ctx)
		return ctx.Err()
	})
	start(t, q)
	other, err := job.Open(t.Context(), job.Options{DB: db}) // a node that only serves
	if err != nil {
		t.Fatal(err)
	}
	id := insert(t, other, 1, nil)
	receive(t, began, "the job to begin")
	if err := other.Cancel(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if !receive(t, ended, "the job to end") {
		t.Error("the job does not know that it was cancelled")
	}
	inState(t, q, job.Failed, 1)
}

func TestPauseOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ran := make(chan int, 1)
		work := func(_ context.Context, j *river.Job[args]) error {
			ran <- j.Args.N
			return nil
		}
		first := open(t, db, 1, work)
		start(t, first)
		if err := first.Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := first.Stop(t.Context(), time.Second); err != nil {
			t.Fatal(err)
		}
		q := open(t, db, 1, work)
		start(t, q)
		insert(t, q, 7, nil)
		inState(t, q, job.Paused, 1)
		inState(t, q, job.Waiting, 0)
		if paused, err := q.Paused(t.Context()); err != nil || !paused {
			t.Errorf("Paused of a paused queue: %v, %v", paused, err)
		}
		if err := q.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		if paused, err := q.Paused(t.Context()); err != nil || paused {
			t.Errorf("Paused of a queue that goes on: %v, %v", paused, err)
		}
		if n := receive(t, ran, "the job"); n != 7 {
			t.Errorf("job %d ran", n)
		}
	})
}

// A process that is stopped while it becomes the leader ends too.
func TestStopAtOnce(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		for i := range 15 {
			q := open(t, db, 1, func(context.Context, *river.Job[args]) error { return nil })
			start(t, q)
			time.Sleep(time.Duration(i) * 3 * time.Millisecond)
			if err := q.Stop(t.Context(), 100*time.Millisecond); err != nil {
				t.Fatalf("after %d ms: %v", i*3, err)
			}
		}
	})
}

func TestStopGivesBackWhatRuns(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		began := make(chan int, 4)
		first := open(t, db, 1, func(ctx context.Context, j *river.Job[args]) error {
			began <- j.Attempt
			<-ctx.Done()
			if job.Cancelled(ctx) {
				t.Error("a stop looks like a cancellation")
			}
			return ctx.Err()
		})
		start(t, first)
		insert(t, first, 1, nil)
		receive(t, began, "the job")
		if err := first.Stop(t.Context(), time.Millisecond); err != nil {
			t.Fatal(err)
		}
		inState(t, first, job.Waiting, 1)
		q := open(t, db, 1, func(_ context.Context, j *river.Job[args]) error {
			began <- j.Attempt
			return nil
		})
		start(t, q)
		if n := receive(t, began, "the job again"); n != 1 {
			t.Errorf("attempt %d, want 1: a stop is not the job's fault", n)
		}
	})
}

// A process that was killed leaves its job running in the database.
func TestJobsOfAKilledProcessRunAgain(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) { testKilledProcess(t, db, `LOCALTIMESTAMP`) })
}

func TestJobsRunAgainAfterTheClockWasSetBack(t *testing.T) {
	t.Parallel()
	testKilledProcess(t, sqldbtest.Postgres(t), `LOCALTIMESTAMP + INTERVAL '1 day'`)
}

// testKilledProcess has a process die that was last seen at a time.
func testKilledProcess(t *testing.T, db *sqldb.DB, seen string) {
	t.Helper()
	began := make(chan int, 4)
	q := open(t, db, 1, func(_ context.Context, j *river.Job[args]) error {
		began <- j.Attempt
		return nil
	})
	id := insert(t, q, 1, nil)
	attemptedBy := `ARRAY['x', 'dead']`
	if db.Dialect == sqldb.SQLite {
		attemptedBy, seen = `'["dead"]'`, `datetime('now')`
	}
	for _, sql := range []string{
		`UPDATE river_job SET state = 'running', attempt = 1, attempted_by = ` + attemptedBy,
		`INSERT INTO job_nodes (id, seen_at) VALUES ('dead', ` + seen + `)`,
	} {
		if _, err := db.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	start(t, q)
	if n := receive(t, began, "the job"); n != 1 {
		t.Errorf("attempt %d, want 1", n)
	}
	if rows := inState(t, q, job.Completed, 1); rows[0].ID != id {
		t.Errorf("job %d completed", rows[0].ID)
	}
}

// A process that only slept must neither go on with its jobs nor record what
// became of them.
func TestAProcessTakenForDeadLetsGo(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Postgres(t)
	began := make(chan int, 4)
	var ends atomic.Int64
	q := open(t, db, 1, func(ctx context.Context, j *river.Job[args]) error {
		began <- j.Attempt
		select {
		case <-ctx.Done():
			ends.Add(1)
			return ctx.Err()
		case <-time.After(time.Minute):
			return nil
		}
	})
	start(t, q)
	insert(t, q, 1, nil)
	receive(t, began, "the job")
	// What another node does that saw no heartbeat.
	if _, err := db.Exec(t.Context(), `UPDATE job_nodes SET seen_at = LOCALTIMESTAMP - INTERVAL '1 hour'`); err != nil {
		t.Fatal(err)
	}
	other := open(t, db, 1, func(_ context.Context, j *river.Job[args]) error {
		began <- 100 + j.Attempt
		return nil
	})
	start(t, other)
	receive(t, began, "the job on the other node or again here")
	deadline := time.Now().Add(10 * time.Second)
	for ends.Load() == 0 && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if ends.Load() == 0 {
		t.Error("the first process went on with a job that is not its own any more")
	}
}

func TestTwoNodesNeverRunOneJobTwice(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Postgres(t)
	const jobs = 500
	var (
		mu   sync.Mutex
		runs = map[int]int{}
		done = make(chan struct{}, jobs)
	)
	work := func(_ context.Context, j *river.Job[args]) error {
		mu.Lock()
		runs[j.Args.N]++
		mu.Unlock()
		done <- struct{}{}
		return nil
	}
	a, b := open(t, db, 8, work), open(t, db, 8, work)
	start(t, a)
	start(t, b)
	for n := range jobs {
		insert(t, []*job.Queue{a, b}[n%2], n, nil)
	}
	for range jobs {
		receive(t, done, "a job")
	}
	inState(t, a, job.Completed, jobs)
	mu.Lock()
	defer mu.Unlock()
	for n, times := range runs {
		if times != 1 {
			t.Errorf("job %d ran %d times", n, times)
		}
	}
}

func TestSeveralProcessesMayStartTogether(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Postgres(t)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if _, err := job.Open(t.Context(), job.Options{DB: db}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestPeriodicJobsAreQueuedOnceInTheirPeriod(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ran := make(chan int, 4)
		for range 2 { // the second is a restart
			q, err := job.Open(t.Context(), job.Options{
				DB: db, Queues: map[string]int{"default": 1},
				Periodic: []job.Periodic{ // of one kind, as all tasks are
					{Args: args{9}, Every: 24 * time.Hour}, {Args: args{8}, Every: 24 * time.Hour},
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			job.Add(q, &worker{work: func(_ context.Context, j *river.Job[args]) error {
				ran <- j.Args.N
				return nil
			}})
			start(t, q)
			inState(t, q, job.Completed, 2)
			if err := q.Stop(t.Context(), time.Second); err != nil {
				t.Fatal(err)
			}
		}
		if len(ran) != 2 || <-ran+<-ran != 9+8 {
			t.Errorf("%d more ran, want each once", len(ran))
		}
	})
}
