package worker

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"sepiola/internal/errs"
	"sepiola/internal/federation/remote"
	"sepiola/internal/job"
)

// CheckArgs asks for a part of what people of other sites did with videos here
// to be looked for at their sites.
type CheckArgs struct{ remote.Check }

// Kind implements river.JobArgs. The name is PeerTube's.
func (CheckArgs) Kind() string { return "activitypub-cleaner" }

// Checks queues them. It is a remote.CheckQueue.
type Checks struct {
	Jobs Inserter
	Now  func() time.Time
	// Waiting reports whether jobs of a kind wait or run.
	Waiting func(ctx context.Context, kind string) (bool, error)
}

var _ remote.CheckQueue = Checks{}

const (
	checkAttempts = 8
	checkBusy     = time.Minute
)

// Check implements remote.CheckQueue.
func (q Checks) Check(ctx context.Context, c remote.Check, in time.Duration) error {
	o := river.InsertOpts{Queue: QueueFetch, MaxAttempts: checkAttempts, Priority: 4, UniqueOpts: once, ScheduledAt: q.Now().Add(in)}
	_, err := q.Jobs.Insert(ctx, CheckArgs{c}, &o)
	return err
}

// Begin starts to go through all, unless that is under way: on a large site it
// may take longer than until the next time.
func (q Checks) Begin(ctx context.Context) error {
	waiting, err := q.Waiting(ctx, CheckArgs{}.Kind())
	if err != nil || waiting {
		return err
	}
	return q.Check(ctx, remote.FirstCheck, 0)
}

// checks does the jobs "activitypub-cleaner".
type checks struct {
	river.WorkerDefaults[CheckArgs]
	do func(ctx context.Context, c remote.Check) error
}

// Timeout implements river.Worker.
func (*checks) Timeout(*river.Job[CheckArgs]) time.Duration { return 30 * time.Minute }

// Work implements river.Worker.
func (w *checks) Work(ctx context.Context, j *river.Job[CheckArgs]) error {
	err := w.do(ctx, j.Args.Check)
	if errs.Is(err, errs.TooMany) {
		return river.JobSnooze(checkBusy)
	}
	return err
}

// RegisterChecks tells a queue how they are done.
func RegisterChecks(q *job.Queue, in *remote.Interactions) { job.Add(q, &checks{do: in.Do}) }
