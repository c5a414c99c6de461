package worker

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"sepiola/internal/errs"
	"sepiola/internal/federation/remote"
	"sepiola/internal/job"
)

// RefreshRemoteArgs asks for the copy of something of another site to be
// brought up to date.
type RefreshRemoteArgs struct {
	What remote.Kind `json:"type"`
	URL  string      `json:"url"`
	// Missing says that its origin did not know it the last time.
	Missing bool `json:"missing,omitempty"`
}

// Kind implements river.JobArgs.
func (RefreshRemoteArgs) Kind() string { return "activitypub-refresher" }

// CrawlArgs asks for a page of a collection of another site.
type CrawlArgs struct{ remote.Step }

// Kind implements river.JobArgs.
func (CrawlArgs) Kind() string { return "activitypub-http-fetcher" }

// Attempts of jobs that ask other sites.
const (
	refreshAttempts = 3
	crawlAttempts   = 8
	// missingPause is how long something that its origin does not know stays
	// before it is asked for the second time.
	missingPause = time.Hour
)

// AnewInserter is an Inserter that queues anew what runs.
type AnewInserter interface {
	Inserter
	InsertAnew(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) (int64, error)
}

// RemoteQueue is a remote.Queue.
type RemoteQueue struct {
	Jobs AnewInserter
	Now  func() time.Time
}

var _ remote.Queue = RemoteQueue{}

// Refresh implements remote.Queue. What is old is not asked for anew while it is
// asked for already: nobody said that it has changed.
func (q RemoteQueue) Refresh(ctx context.Context, k remote.Kind, url string, missing bool) error {
	o := river.InsertOpts{Queue: QueueFetch, MaxAttempts: refreshAttempts, Priority: 3, UniqueOpts: once}
	if missing {
		o.ScheduledAt = q.Now().Add(missingPause)
	}
	_, err := q.Jobs.Insert(ctx, RefreshRemoteArgs{k, url, missing}, &o)
	return err
}

// Crawl implements remote.Queue. What people look at now comes first, whole
// outboxes last. A page that is read just now is read once more: whoever asks may
// have heard that it has changed, as of a playlist to which several videos are
// added one after the other.
func (q RemoteQueue) Crawl(ctx context.Context, s remote.Step) error {
	o := river.InsertOpts{Queue: QueueFetch, MaxAttempts: crawlAttempts, Priority: 2, UniqueOpts: once}
	if s.What == remote.CrawlOutbox || s.What == remote.CrawlPlaylists || s.What == remote.CrawlElements {
		o.Priority = 4
	}
	_, err := q.Jobs.InsertAnew(ctx, CrawlArgs{s}, &o)
	return err
}

// RefreshRemote does the jobs "activitypub-refresher".
type RefreshRemote struct {
	river.WorkerDefaults[RefreshRemoteArgs]
	Refresher *remote.Refresher
}

// Timeout implements river.Worker.
func (w *RefreshRemote) Timeout(*river.Job[RefreshRemoteArgs]) time.Duration { return 10 * time.Minute }

// Work implements river.Worker.
func (w *RefreshRemote) Work(ctx context.Context, j *river.Job[RefreshRemoteArgs]) error {
	return w.Refresher.Do(ctx, j.Args.What, j.Args.URL, j.Args.Missing)
}

// Crawl does the jobs "activitypub-http-fetcher".
type Crawl struct {
	river.WorkerDefaults[CrawlArgs]
	Crawler *remote.Crawler
}

// Timeout implements river.Worker.
func (w *Crawl) Timeout(*river.Job[CrawlArgs]) time.Duration { return 30 * time.Minute }

// Work implements river.Worker. What another site does not have any more, or
// gives out wrongly, is let be.
func (w *Crawl) Work(ctx context.Context, j *river.Job[CrawlArgs]) error {
	step := j.Args.Step
	step.Last = j.Attempt >= j.MaxAttempts
	err := w.Crawler.Do(ctx, step)
	switch errs.KindOf(err) {
	case errs.NotFound, errs.Gone, errs.Forbidden, errs.Invalid, errs.UnsupportedType, errs.TooLarge:
		return nil
	}
	return err
}

// RegisterRemote tells a queue how other sites are asked.
func RegisterRemote(q *job.Queue, r *RefreshRemote, c *Crawl) {
	job.Add(q, r)
	job.Add(q, c)
}
