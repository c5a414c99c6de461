package worker

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"sepiola/internal/domain/peer"
	"sepiola/internal/federation/inbox"
	"sepiola/internal/federation/outbox"
	"sepiola/internal/job"
)

// BroadcastArgs asks for something to be told to all who are to hear of it.
type BroadcastArgs struct {
	outbox.Intent
}

// Kind implements river.JobArgs.
func (BroadcastArgs) Kind() string { return "activitypub-http-broadcast" }

// UnicastArgs asks for what waits for a host to be sent.
type UnicastArgs struct {
	Host string `json:"host"`
}

// Kind implements river.JobArgs.
func (UnicastArgs) Kind() string { return "activitypub-http-unicast" }

// InboxArgs asks for what was received in a lane to be done.
type InboxArgs struct {
	Lane string `json:"lane"`
}

// Kind implements river.JobArgs.
func (InboxArgs) Kind() string { return "activitypub-inbox" }

// FollowArgs asks for somebody of another site to be followed.
type FollowArgs struct {
	outbox.Wish
}

// Kind implements river.JobArgs.
func (FollowArgs) Kind() string { return "activitypub-follow" }

// FederationKinds are the kinds of jobs of federation.
func FederationKinds() []string {
	return []string{
		BroadcastArgs{}.Kind(), UnicastArgs{}.Kind(), InboxArgs{}.Kind(), FollowArgs{}.Kind(),
		CrawlArgs{}.Kind(), RefreshRemoteArgs{}.Kind(), CheckArgs{}.Kind(),
	}
}

const (
	broadcastAttempts = 20
	followAttempts    = 10 // over about half an hour
	// laneAttempts is of a lane or of a host: what waits is kept elsewhere,
	// and the sweep begins anew.
	laneAttempts = 1000
)

// Jobs is the part of job.Queue that Federation and RemoteQueue need.
type Jobs interface {
	AnewInserter
	InsertMany(ctx context.Context, list []river.InsertManyParams) (queued []*rivertype.JobRow, err error)
	Retry(ctx context.Context, id int64) error
	List(ctx context.Context, p job.ListParams) ([]job.Row, int, error)
}

// Federation queues the work of telling and asking other sites, and of doing
// what they say. It is the Queue of outbox and of inbox. All its calls
// take part in the transaction of ctx.
//
// There is one job for each host and lane. What comes when it is about to end
// would find nobody: those are asked for again until they are taken (again),
// and a sweep each minute finds what a crash left (Sweep).
type Federation struct {
	Jobs Jobs
	// AfterCommit runs f once the transaction of ctx is committed.
	AfterCommit func(ctx context.Context, f func(ctx context.Context))
	Log         *slog.Logger

	windows windows
	mu      sync.Mutex
	waiting map[river.JobArgs]bool
}

var _ outbox.Queue = (*Federation)(nil)

// Broadcast implements outbox.Queue.
func (q *Federation) Broadcast(ctx context.Context, in outbox.Intent) error {
	opts := river.InsertOpts{Queue: QueueFederation, MaxAttempts: broadcastAttempts, Priority: 1}
	if in.Until.IsZero() {
		_, err := q.Jobs.Insert(ctx, BroadcastArgs{in}, &opts)
		return err
	}
	// Those of one window are one; what is queued is not asked for again.
	key, err := json.Marshal(in)
	if err != nil {
		return err
	}
	if q.windows.has(string(key)) {
		return nil
	}
	opts.UniqueOpts, opts.ScheduledAt, opts.Priority = once, in.Until, 3
	if _, err := q.Jobs.Insert(ctx, BroadcastArgs{in}, &opts); err != nil {
		return err
	}
	q.AfterCommit(ctx, func(context.Context) { q.windows.add(string(key)) })
	return nil
}

// windows are the intents of the last windows that are queued, as their jobs
// have them.
type windows struct {
	mu     sync.Mutex
	queued map[string]bool
}

// maxWindows bounds what is remembered.
const maxWindows = 10_000

func (w *windows) has(in string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.queued[in]
}

func (w *windows) add(in string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.queued == nil || len(w.queued) >= maxWindows {
		w.queued = map[string]bool{}
	}
	w.queued[in] = true
}

// Follow implements outbox.Queue.
func (q *Federation) Follow(ctx context.Context, w outbox.Wish) error {
	_, err := q.Jobs.Insert(ctx, FollowArgs{w}, &river.InsertOpts{Queue: QueueFederation, MaxAttempts: followAttempts, UniqueOpts: once, Priority: 1})
	return err
}

// Deliver implements outbox.Queue.
func (q *Federation) Deliver(ctx context.Context, hosts []string) error {
	_, err := q.deliver(ctx, hosts)
	return err
}

func (q *Federation) deliver(ctx context.Context, hosts []string) ([]*rivertype.JobRow, error) {
	list := make([]river.JobArgs, len(hosts))
	for i, h := range hosts {
		list[i] = UnicastArgs{h}
	}
	return q.each(ctx, list, river.InsertOpts{Queue: QueueDeliveries, MaxAttempts: laneAttempts, UniqueOpts: once})
}

// Lanes asks for the work on lanes. Those of strangers have a queue of their
// own: their sites have to be asked, and whoever has many names for sites that
// never answer must hold up nobody else.
func (q *Federation) Lanes(ctx context.Context, lanes []string) error {
	var known, strange []river.JobArgs
	for _, l := range lanes {
		if inbox.Doubtful(l) {
			strange = append(strange, InboxArgs{l})
		} else {
			known = append(known, InboxArgs{l})
		}
	}
	opts := river.InsertOpts{Queue: QueueFederation, MaxAttempts: laneAttempts, UniqueOpts: once, Priority: 2}
	_, err := q.each(ctx, known, opts)
	if err != nil {
		return err
	}
	opts.Queue = QueueDoubts
	_, err = q.each(ctx, strange, opts)
	return err
}

// each queues unique jobs. Those that run now are asked for again.
func (q *Federation) each(ctx context.Context, list []river.JobArgs, opts river.InsertOpts) ([]*rivertype.JobRow, error) {
	if len(list) == 0 {
		return nil, nil
	}
	params := make([]river.InsertManyParams, len(list))
	for i, args := range list {
		o := opts
		params[i] = river.InsertManyParams{Args: args, InsertOpts: &o}
	}
	queued, err := q.Jobs.InsertMany(ctx, params)
	if err != nil {
		return nil, err
	}
	var busy []river.JobArgs
	for _, row := range queued {
		if row.State == rivertype.JobStateRunning {
			if args := argsOf(row); args != nil {
				busy = append(busy, args)
			}
		}
	}
	if len(busy) > 0 {
		q.AfterCommit(ctx, func(ctx context.Context) { q.again(context.WithoutCancel(ctx), busy, opts) })
	}
	return queued, nil
}

const (
	againEvery = 300 * time.Millisecond
	// againMost bounds what is asked for again; the sweep finds the rest.
	againMost = 20_000
)

// again asks for jobs that run until they have ended and are queued anew.
func (q *Federation) again(ctx context.Context, list []river.JobArgs, opts river.InsertOpts) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiting == nil {
		q.waiting = map[river.JobArgs]bool{}
	}
	fresh := list[:0:0]
	for _, args := range list {
		if !q.waiting[args] && len(q.waiting) < againMost {
			q.waiting[args] = true
			fresh = append(fresh, args)
		}
	}
	if len(fresh) == 0 {
		return
	}
	time.AfterFunc(againEvery, func() {
		q.mu.Lock()
		for _, args := range fresh {
			delete(q.waiting, args)
		}
		q.mu.Unlock()
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		if _, err := q.each(ctx, fresh, opts); err != nil {
			q.Log.WarnContext(ctx, "jobs were not queued again; the sweep will", "err", err)
		}
	})
}

const (
	// sweepMost bounds what one sweep asks for.
	sweepMost = 10_000
	// soon is when a job is due that need not be hurried.
	soon = 5 * time.Second
)

// Sweep asks for the work on all lanes and hosts that have something to do, and
// hurries jobs that wait for a host which answers again.
func (q *Federation) Sweep(ctx context.Context, in peer.Inbox, out peer.Outbox, now time.Time) error {
	lanes, err := in.Lanes(ctx, now, sweepMost)
	if err != nil {
		return err
	}
	hosts, err := out.Hosts(ctx, now, sweepMost)
	if err != nil {
		return err
	}
	queued, err := q.deliver(ctx, hosts)
	for _, row := range queued {
		if row.State == rivertype.JobStateRetryable && row.ScheduledAt.After(now.Add(soon)) {
			err = errors.Join(err, q.Jobs.Retry(ctx, row.ID))
		}
	}
	return errors.Join(err, q.Lanes(ctx, lanes))
}

// FederationWork is what the jobs of federation call.
type FederationWork struct {
	Said      *outbox.Outbox
	Deliverer *outbox.Deliverer
}

// RegisterFederation adds the workers of federation to a queue. Call it before
// the queue starts.
func RegisterFederation(q *job.Queue, w FederationWork) {
	job.Add(q, &broadcast{said: w.Said})
	job.Add(q, &wish{said: w.Said})
	job.Add(q, &unicast{deliverer: w.Deliverer})
}

// RegisterInbox adds the worker that does what was received in a lane, as
// inbox.Processor.Lane does, to a queue. Call it before the queue starts.
func RegisterInbox(q *job.Queue, do func(ctx context.Context, lane string) error) {
	job.Add(q, &lane{do: do})
}
