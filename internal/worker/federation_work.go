package worker

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"sepiola/internal/federation/inbox"
	"sepiola/internal/federation/outbox"
)

// argsOf are the arguments of a job of a lane or a host.
func argsOf(row *rivertype.JobRow) river.JobArgs {
	switch row.Kind {
	case UnicastArgs{}.Kind():
		var a UnicastArgs
		if json.Unmarshal(row.EncodedArgs, &a) == nil {
			return a
		}
	case InboxArgs{}.Kind():
		var a InboxArgs
		if json.Unmarshal(row.EncodedArgs, &a) == nil {
			return a
		}
	}
	return nil
}

// broadcast tells all who are to hear: the jobs "activitypub-http-broadcast".
type broadcast struct {
	river.WorkerDefaults[BroadcastArgs]
	said *outbox.Outbox
}

// Timeout implements river.Worker.
func (*broadcast) Timeout(*river.Job[BroadcastArgs]) time.Duration { return 5 * time.Minute }

// Work implements river.Worker. The job's number keeps it from being done
// twice.
func (w *broadcast) Work(ctx context.Context, j *river.Job[BroadcastArgs]) error {
	err := w.said.Broadcast(ctx, strconv.FormatInt(j.ID, 10), j.Args.Intent)
	if errors.Is(err, outbox.ErrEarly) {
		return river.JobSnooze(time.Second)
	}
	return err
}

// wish follows somebody: the jobs "activitypub-follow".
type wish struct {
	river.WorkerDefaults[FollowArgs]
	said *outbox.Outbox
}

// Timeout implements river.Worker.
func (*wish) Timeout(*river.Job[FollowArgs]) time.Duration { return 2 * time.Minute }

// Work implements river.Worker.
func (w *wish) Work(ctx context.Context, j *river.Job[FollowArgs]) error {
	return w.said.Fulfil(ctx, j.Args.Wish)
}

// unicast sends what waits for a host: the jobs "activitypub-http-unicast".
type unicast struct {
	river.WorkerDefaults[UnicastArgs]
	deliverer *outbox.Deliverer
	next      sync.Map // of jobs that failed, by their id: when they are tried again
}

// Timeout implements river.Worker.
func (*unicast) Timeout(*river.Job[UnicastArgs]) time.Duration { return 5 * time.Minute }

// Work implements river.Worker.
func (w *unicast) Work(ctx context.Context, j *river.Job[UnicastArgs]) error {
	again, err := w.deliverer.Deliver(ctx, j.Args.Host)
	switch {
	case err != nil:
		if !again.IsZero() {
			w.next.Store(j.ID, again)
		}
		return err
	case !again.IsZero():
		return river.JobSnooze(max(0, time.Until(again)))
	}
	return nil
}

// NextRetry implements river.Worker: when the host may be asked again.
func (w *unicast) NextRetry(j *river.Job[UnicastArgs]) time.Time {
	if at, ok := w.next.LoadAndDelete(j.ID); ok {
		return at.(time.Time)
	}
	return time.Time{}
}

// lane does what was received: the jobs "activitypub-inbox".
type lane struct {
	river.WorkerDefaults[InboxArgs]
	do func(ctx context.Context, lane string) error
}

// Timeout implements river.Worker.
func (*lane) Timeout(*river.Job[InboxArgs]) time.Duration { return 10 * time.Minute }

// Work implements river.Worker.
func (w *lane) Work(ctx context.Context, j *river.Job[InboxArgs]) error {
	err := w.do(ctx, j.Args.Lane)
	if errors.Is(err, inbox.ErrMore) { // behind those that wait
		return river.JobSnooze(0)
	}
	return err
}
