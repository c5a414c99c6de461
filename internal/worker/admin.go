package worker

import (
	"context"
	"encoding/json"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/job"
)

// Admin is the queue as administrators see it, with the progress of the work
// on videos.
type Admin struct {
	Jobs *job.Queue
	// Progress returns how far the work on videos is, in percent; see
	// store.Transcodes.Overall.
	Progress func(ctx context.Context, ids []video.ID) (map[video.ID]int, error)
	// Forget removes what waits to be sent to a site (see peer.Outbox), and
	// Ignore what waits in a lane to be done (see peer.Inbox).
	Forget func(ctx context.Context, host string) error
	Ignore func(ctx context.Context, lane string) error
}

// Types are the kinds of jobs that this program has.
func (a *Admin) Types() []string {
	return append(FederationKinds(),
		TranscodeArgs{}.Kind(), StoryboardArgs{}.Kind(), EmailArgs{}.Kind(), RemoveFilesArgs{}.Kind(),
		MoveFilesArgs{}.Kind(), RefreshFilesArgs{}.Kind(), RemoveCommentsArgs{}.Kind(), NotifyArgs{}.Kind(),
		NotifyMailArgs{}.Kind(), PushArgs{}.Kind(), MirrorArgs{}.Kind(), TaskArgs{}.Kind(),
	)
}

// List returns a page of jobs, newest first, and the number of all that match.
func (a *Admin) List(ctx context.Context, f instance.JobFilter) ([]instance.Job, int, error) {
	rows, total, err := a.Jobs.List(ctx, job.ListParams{
		State: job.State(f.State), Kind: f.Type, OldestFirst: f.OldestFirst, Start: f.Start, Count: f.Count,
		Quiet: TaskArgs{}.Kind(),
	})
	if err != nil {
		return nil, 0, err
	}
	progress, err := a.progress(ctx, rows)
	if err != nil {
		return nil, 0, err
	}
	list := make([]instance.Job, len(rows))
	for i, r := range rows {
		list[i] = instance.Job{
			ID: r.ID, State: instance.JobState(r.State), Type: r.Kind, Data: shown(r), Progress: progress[r.ID],
			Priority: r.Priority, Error: r.Error, CreatedAt: r.CreatedAt, StartedAt: r.AttemptedAt, FinishedAt: r.FinalizedAt,
		}
	}
	return list, total, nil
}

// progress of each job by its id: of an encoding that of its video, of others
// all or nothing.
func (a *Admin) progress(ctx context.Context, rows []job.Row) (map[int64]int, error) {
	videos := map[int64]video.ID{}
	progress := map[int64]int{}
	var ids []video.ID
	for _, r := range rows {
		var args TranscodeArgs
		if r.State == job.Completed {
			progress[r.ID] = 100
		} else if r.Kind == args.Kind() && r.State == job.Active && json.Unmarshal(r.Args, &args) == nil {
			videos[r.ID] = args.VideoID
			ids = append(ids, args.VideoID)
		}
	}
	if len(ids) == 0 {
		return progress, nil
	}
	of, err := a.Progress(ctx, ids)
	for id, v := range videos {
		progress[id] = of[v]
	}
	return progress, err
}

// shown are the arguments without what would let an administrator act as
// somebody else.
func shown(r job.Row) json.RawMessage {
	if r.Kind != (EmailArgs{}).Kind() {
		return r.Args
	}
	var letter EmailArgs
	if err := json.Unmarshal(r.Args, &letter); err != nil {
		return json.RawMessage(`{}`)
	}
	letter.Link = ""
	b, err := json.Marshal(letter)
	if err != nil {
		return json.RawMessage(`{}`)
	}
	return b
}

// Cancel ends a job of a type; see job.Queue.Cancel. What one had to send to
// another site, or to do of what another site sent, is given up: else there would
// be another job for it within a minute.
func (a *Admin) Cancel(ctx context.Context, jobType string, id int64) error {
	row, err := a.find(ctx, jobType, id)
	if err != nil {
		return err
	}
	if err := a.Jobs.Cancel(ctx, id); err != nil {
		return err
	}
	switch row.Kind {
	case UnicastArgs{}.Kind():
		var to UnicastArgs
		if err := json.Unmarshal(row.Args, &to); err != nil {
			return err
		}
		return a.Forget(ctx, to.Host)
	case InboxArgs{}.Kind():
		var from InboxArgs
		if err := json.Unmarshal(row.Args, &from); err != nil {
			return err
		}
		return a.Ignore(ctx, from.Lane)
	}
	return nil
}

// Retry makes a job of a type run now; see job.Queue.Retry.
func (a *Admin) Retry(ctx context.Context, jobType string, id int64) error {
	if _, err := a.find(ctx, jobType, id); err != nil {
		return err
	}
	return a.Jobs.Retry(ctx, id)
}

func (a *Admin) find(ctx context.Context, jobType string, id int64) (job.Row, error) {
	row, err := a.Jobs.Find(ctx, id)
	if err == nil && row.Kind != jobType {
		err = errs.New(errs.NotFound, "Job %d not found", id)
	}
	return row, err
}

// Pause is job.Queue.Pause.
func (a *Admin) Pause(ctx context.Context) error { return a.Jobs.Pause(ctx) }

// Resume is job.Queue.Resume.
func (a *Admin) Resume(ctx context.Context) error { return a.Jobs.Resume(ctx) }

// Paused is job.Queue.Paused.
func (a *Admin) Paused(ctx context.Context) (bool, error) { return a.Jobs.Paused(ctx) }
