package job

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"sepiola/internal/errs"
)

// Why the context of a job ends early.
var (
	errCancelled = errors.New("cancelled")
	errStopping  = errors.New("the server stops")
	errLost      = errors.New("the lease of this process ran out; somebody else has its jobs now")
)

// running are the jobs under way in this process.
type running struct {
	mu   sync.Mutex
	jobs map[int64]context.CancelCauseFunc
	lost map[int64]bool
}

func (r *running) add(id int64, cancel context.CancelCauseFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.jobs == nil {
		r.jobs, r.lost = map[int64]context.CancelCauseFunc{}, map[int64]bool{}
	}
	r.jobs[id] = cancel
	delete(r.lost, id) // it came back to us
}

func (r *running) remove(id int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.jobs, id)
}

// cancel ends one job, if it runs here.
func (r *running) cancel(id int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if cancel, ok := r.jobs[id]; ok {
		cancel(errCancelled)
	}
}

func (r *running) ids() []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Keys(r.jobs))
}

// stopAll ends all jobs so that they are given back.
func (r *running) stopAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, cancel := range r.jobs {
		cancel(errStopping)
	}
}

// loseAll ends all jobs, whose outcome will not be recorded.
func (r *running) loseAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, cancel := range r.jobs {
		r.lost[id] = true
		cancel(errLost)
	}
}

func (r *running) isLost(id int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lost[id]
}

// middleware is around every job.
type middleware struct {
	river.WorkerMiddlewareDefaults
	queue *Queue
}

// Work implements rivertype.WorkerMiddleware.
func (m *middleware) Work(ctx context.Context, row *rivertype.JobRow, work func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	m.queue.running.add(row.ID, cancel)
	defer m.queue.running.remove(row.ID)
	return m.queue.outcome(ctx, row, work(ctx))
}

// outcome turns what a worker returned into what River understands.
func (q *Queue) outcome(ctx context.Context, row *rivertype.JobRow, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*rivertype.JobSnoozeError](err); ok {
		return err
	}
	log := q.log.With("job", row.ID, "kind", row.Kind, "attempt", row.Attempt)
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errCancelled):
		log.InfoContext(ctx, "job cancelled")
		q.forgetCancellation(context.WithoutCancel(ctx), row.ID)
		return river.JobCancel(errCancelled)
	case errors.Is(cause, errLost):
		log.WarnContext(ctx, "job abandoned", "err", cause)
		return cause // not recorded, see driver
	case ctx.Err() != nil:
		log.InfoContext(ctx, "job given back, it will run again")
		return river.JobSnooze(0)
	case permanent(err):
		log.WarnContext(ctx, "job failed for good", "err", err)
		return river.JobCancel(err)
	case row.Attempt >= row.MaxAttempts:
		log.ErrorContext(ctx, "job failed too often", "err", err)
		return err
	}
	log.WarnContext(ctx, "job failed, it will be retried", "err", err, "in", delay(row.Attempt))
	return err
}

// permanent reports whether trying again cannot help.
func permanent(err error) bool {
	if _, ok := errors.AsType[*rivertype.JobCancelError](err); ok {
		return true
	}
	switch errs.KindOf(err) {
	case errs.Invalid, errs.Forbidden, errs.NotFound, errs.Gone,
		errs.Unprocessable, errs.UnsupportedType, errs.NotSupported, errs.TooLarge:
		return true
	}
	return false
}

// LastAttempt reports whether a job that fails now is not retried, for workers
// that have to tell somebody.
func LastAttempt(row *rivertype.JobRow, err error) bool {
	return permanent(err) || row.Attempt >= row.MaxAttempts
}

// Cancelled reports whether a job ends because somebody cancelled it, as
// opposed to a stop of the server after which it runs again.
func Cancelled(ctx context.Context) bool { return errors.Is(context.Cause(ctx), errCancelled) }

// delay before the next attempt: 2 s doubled each time, an hour at most.
func delay(attempt int) time.Duration {
	return min(2*time.Second<<min(max(attempt-1, 0), 11), time.Hour)
}

type retryPolicy struct{}

// NextRetry implements river.ClientRetryPolicy. The jitter keeps jobs that
// failed together from coming back together.
func (retryPolicy) NextRetry(row *rivertype.JobRow) time.Time {
	d := delay(row.Attempt)
	return time.Now().Add(d + rand.N(d/4+1)) //nolint:gosec // nothing depends on it being hard to guess
}

// quiet passes on what River logs of itself but not of jobs, whose outcome
// this package logs, and nothing below Warn.
type quiet struct{ slog.Handler }

func (h quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

func (h quiet) Handle(ctx context.Context, r slog.Record) error {
	if strings.HasPrefix(r.Message, "JobExecutor: Job errored") {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

func (h quiet) WithAttrs(attrs []slog.Attr) slog.Handler { return quiet{h.Handler.WithAttrs(attrs)} }

func (h quiet) WithGroup(name string) slog.Handler { return quiet{h.Handler.WithGroup(name)} }
