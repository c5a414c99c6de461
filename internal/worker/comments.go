package worker

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"sepiola/internal/domain/actor"
	"sepiola/internal/job"
)

// RemoveCommentsArgs asks for all comments of an account to be removed: of the
// videos of Owner, or of all when that is 0.
type RemoveCommentsArgs struct {
	AccountID actor.AccountID `json:"accountId"`
	OwnerID   actor.AccountID `json:"ownerId,omitempty"`
}

// Kind implements river.JobArgs.
func (RemoveCommentsArgs) Kind() string { return "remove-comments" }

// RemoveComments implements comment.Queue.
func (q *Queue) RemoveComments(ctx context.Context, of, owner actor.AccountID) error {
	return q.insert(ctx, RemoveCommentsArgs{of, owner}, river.InsertOpts{Queue: QueueDefault, MaxAttempts: fileAttempts, Priority: 3})
}

// RemoveComments removes all comments of an account: the jobs
// "remove-comments".
type RemoveComments struct {
	river.WorkerDefaults[RemoveCommentsArgs]
	// Comments is comment.Service.
	Comments interface {
		RemoveAll(ctx context.Context, of, owner actor.AccountID) error
	}
}

// Timeout implements river.Worker.
func (w *RemoveComments) Timeout(*river.Job[RemoveCommentsArgs]) time.Duration { return time.Hour }

// Work implements river.Worker.
func (w *RemoveComments) Work(ctx context.Context, j *river.Job[RemoveCommentsArgs]) error {
	return w.Comments.RemoveAll(ctx, j.Args.AccountID, j.Args.OwnerID)
}

// RegisterComments tells a queue how comments are removed.
func RegisterComments(q *job.Queue, w *RemoveComments) { job.Add(q, w) }
