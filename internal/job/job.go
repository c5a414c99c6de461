// Package job is the queue of work that happens outside of requests. It is
// River (https://riverqueue.com), set up once for both databases.
//
// Whoever causes work queues it with Insert, in the transaction of the cause:
// if that is undone, so is the job. Workers have River's shape and are added
// with Add before Start:
//
//	q, err := job.Open(ctx, job.Options{DB: db, Queues: map[string]int{"default": 5}})
//	job.Add(q, &worker.Email{…})
//	err = q.Start(ctx)
//	defer q.Stop(…)
//
// What this package adds to River:
//
//   - a job that fails because of its input (errs.Invalid and the like) fails
//     for good, anything else is retried later and later;
//   - a running job can be cancelled on whatever node it runs (Cancel), which
//     River can only do with LISTEN;
//   - work under way when the process is stopped is given back, and work of a
//     process that was killed is taken over: at once on SQLite, where there is
//     one process, and within a minute on PostgreSQL, where every process holds
//     a lease (see lease.go);
//   - an inserted job is fetched at once by its own process; others poll;
//   - a unique job that is asked for while it runs can run once more after it
//     (InsertAnew).
//
// Not here: what the jobs do (worker).
package job

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"sepiola/internal/storage/sqldb"
)

// Options say how to run a queue.
type Options struct {
	DB  *sqldb.DB
	Log *slog.Logger
	// Queues are the names of queues and how many jobs of each run at once in
	// this process. With none the process only inserts jobs.
	Queues map[string]int
	// Periodic are the jobs that come by themselves.
	Periodic []Periodic
	// Lease is how long a process may stay silent before others take its jobs
	// over; 0 means 30 s.
	Lease time.Duration
}

// Periodic is a job that is queued at even times. On several nodes it is
// queued once.
type Periodic struct {
	Args river.JobArgs
	// Every is the period, whole seconds; 0 switches the job off.
	Every time.Duration
	// Queue it goes to; empty means the one its Args say, or "default".
	Queue string
}

// Queue takes and runs jobs.
type Queue struct {
	db      *sqldb.DB
	log     *slog.Logger
	options Options
	node    string // of this process

	workers *river.Workers
	client  *river.Client[*sql.Tx]
	driver  *driver

	running  running
	stopBeat context.CancelFunc
	beating  sync.WaitGroup
}

// Open brings River's tables up to date and prepares the queue. Jobs can be
// inserted from then on; they run after Start.
func Open(ctx context.Context, o Options) (*Queue, error) {
	if o.Lease <= 0 {
		o.Lease = 30 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	q := &Queue{db: o.DB, log: o.Log, options: o, node: strings.ToLower(rand.Text()), workers: river.NewWorkers()}
	q.driver = newDriver(q)
	if err := q.migrate(ctx); err != nil {
		return nil, fmt.Errorf("tables of the queue: %w", err)
	}
	client, err := river.NewClient(q.driver, q.config())
	if err != nil {
		return nil, fmt.Errorf("set up the queue: %w", err)
	}
	q.client = client
	return q, nil
}

// Add makes q run the jobs of a kind with w. Call it before Start.
func Add[T river.JobArgs](q *Queue, w river.Worker[T]) { river.AddWorker(q.workers, w) }

// Pauses of the loops that look for jobs. What this process inserts it fetches
// at once; polling finds what other nodes inserted and what becomes due.
const (
	fetchCooldown = 5 * time.Millisecond
	pollPostgres  = time.Second
	pollSQLite    = 5 * time.Second // only for what becomes due

	// Finished jobs are shown to administrators for a while. It bounds the
	// period of periodic jobs, which are unique by it.
	keepCompleted = 48 * time.Hour
	keepFailed    = 14 * 24 * time.Hour

	// maxAttempts of jobs that do not say otherwise.
	maxAttempts = 8

	// never is for River's own rescue, which goes by how long a job runs.
	never = 10 * 365 * 24 * time.Hour
)

func (q *Queue) config() *river.Config {
	c := &river.Config{
		ID:                          q.node,
		Logger:                      slog.New(quiet{q.log.Handler()}),
		Workers:                     q.workers,
		Middleware:                  []rivertype.Middleware{&middleware{queue: q}},
		FetchCooldown:               fetchCooldown,
		FetchPollInterval:           pollPostgres,
		PollOnly:                    true,
		JobTimeout:                  -1,
		MaxAttempts:                 maxAttempts,
		RescueStuckJobsAfter:        never,
		RetryPolicy:                 retryPolicy{},
		CompletedJobRetentionPeriod: keepCompleted,
		CancelledJobRetentionPeriod: keepFailed,
		DiscardedJobRetentionPeriod: keepFailed,
		ReindexerSchedule:           noSchedule{}, // PostgreSQL's autovacuum is enough for tables this small
		SkipUnknownJobCheck:         true,         // other nodes may run what this one inserts
	}
	if q.db.Dialect == sqldb.SQLite {
		c.FetchPollInterval = pollSQLite
	}
	if len(q.options.Queues) == 0 {
		c.Workers = nil
		return c
	}
	c.Queues = make(map[string]river.QueueConfig, len(q.options.Queues))
	for name, workers := range q.options.Queues {
		c.Queues[name] = river.QueueConfig{MaxWorkers: max(workers, 1)}
	}
	for _, p := range q.options.Periodic {
		if p.Every >= time.Second { // shorter is switched off
			c.PeriodicJobs = append(c.PeriodicJobs, p.river())
		}
	}
	return c
}

// river describes p so that a restart neither skips nor repeats it: it is
// tried at every start, and unique in its period among jobs with its arguments:
// kinds may be shared by several tasks.
func (p Periodic) river() *river.PeriodicJob {
	construct := func() (river.JobArgs, *river.InsertOpts) {
		return p.Args, &river.InsertOpts{Queue: p.Queue, UniqueOpts: river.UniqueOpts{ByArgs: true, ByPeriod: p.Every}}
	}
	return river.NewPeriodicJob(river.PeriodicInterval(p.Every), construct, &river.PeriodicJobOpts{RunOnStart: true})
}

// noSchedule is a time that does not come.
type noSchedule struct{}

func (noSchedule) Next(t time.Time) time.Time { return t.Add(never) }

// Start begins to run jobs, until Stop. Jobs that a killed process left behind
// are taken over first.
func (q *Queue) Start(ctx context.Context) error {
	if len(q.options.Queues) == 0 {
		return nil
	}
	if err := q.beginLease(ctx); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if err := q.client.Start(ctx); err != nil {
		return fmt.Errorf("start the queue: %w", err)
	}
	ctx, q.stopBeat = context.WithCancel(ctx)
	q.beating.Go(func() { q.beat(ctx) })
	q.beating.Go(func() { q.watchCancellations(ctx) })
	return nil
}

// Stop takes no more jobs, lets those under way finish for the time soft, then
// cuts them off and gives them back. When ctx ends before all is done, their
// lease will run out and somebody else takes them.
func (q *Queue) Stop(ctx context.Context, soft time.Duration) error {
	if q.stopBeat == nil {
		return nil
	}
	wait, cancel := context.WithTimeout(ctx, soft)
	defer cancel()
	err := q.client.Stop(wait)
	if err != nil && ctx.Err() == nil {
		q.running.stopAll()
		err = q.cutOff(ctx)
	}
	q.stopBeat()
	q.beating.Wait()
	if err != nil {
		return fmt.Errorf("jobs did not stop in time: %w", err)
	}
	return q.endLease(ctx)
}

// stuck is how long River may take to end when no job runs any more.
const stuck = 3 * time.Second

// cutOff waits until all jobs have ended, and River with them. River 0.31 may
// never end when it is stopped as it becomes the leader of the nodes: its
// elector then waits, with a lock, for somebody who waits for the lock. By then
// it has resigned, and what jobs came to is recorded: nothing is left to wait
// for.
func (q *Queue) cutOff(ctx context.Context) error {
	for {
		wait, cancel := context.WithTimeout(ctx, stuck)
		err := q.client.StopAndCancel(wait)
		cancel()
		if err == nil || ctx.Err() != nil {
			return err
		}
		if len(q.running.ids()) == 0 {
			q.log.WarnContext(ctx, "the queue's own services did not end; no job runs", "err", err)
			return nil
		}
	}
}

// Insert queues a job, in the transaction of ctx if there is one, and returns
// its id. Of a job that is unique and already queued it returns the id of that
// one.
func (q *Queue) Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) (int64, error) {
	var res *rivertype.JobInsertResult
	err := q.db.InTx(ctx, func(ctx context.Context) (err error) {
		res, err = q.client.InsertTx(ctx, q.db.Tx(ctx), args, opts)
		if err != nil {
			return fmt.Errorf("queue a job %s: %w", args.Kind(), err)
		}
		q.db.AfterCommit(ctx, func(ctx context.Context) { q.driver.fetch(ctx, res) })
		return nil
	})
	if err != nil {
		return 0, err
	}
	return res.Job.ID, nil
}

// Pause keeps all nodes from starting jobs, also after a restart, until
// Resume. Those under way go on.
func (q *Queue) Pause(ctx context.Context) error {
	return q.eachQueue(ctx, func(name string) error { return q.client.QueuePause(ctx, name, nil) })
}

// Resume undoes Pause.
func (q *Queue) Resume(ctx context.Context) error {
	return q.eachQueue(ctx, func(name string) error { return q.client.QueueResume(ctx, name, nil) })
}

// eachQueue calls fn for the queues of this process, which then hear of it at
// once, and for all others, whose processes find out by polling.
func (q *Queue) eachQueue(ctx context.Context, fn func(name string) error) error {
	for _, name := range append(slices.Sorted(maps.Keys(q.options.Queues)), "*") {
		if err := fn(name); err != nil {
			return fmt.Errorf("queue %s: %w", name, err)
		}
	}
	return ctx.Err()
}
