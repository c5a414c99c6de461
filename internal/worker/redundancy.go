package worker

import (
	"context"
	"encoding/json"
	"time"

	"github.com/riverqueue/river"

	"sepiola/internal/domain/redundancy"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/job"
)

// MirrorArgs asks for the files of a video of another site, or with Host for
// all mirrors of that site's videos to go.
type MirrorArgs struct {
	VideoID  video.ID            `json:"videoId,omitempty"`
	Strategy redundancy.Strategy `json:"strategy,omitempty"`
	Host     string              `json:"host,omitempty"`
}

// Kind implements river.JobArgs. The name is PeerTube's.
func (MirrorArgs) Kind() string { return "video-redundancy" }

// mirrorAttempts is how often the files of a video are tried to be had.
const mirrorAttempts = 5

// MirrorQueue is a redundancy.Queue.
type MirrorQueue struct{ Jobs Jobs }

var _ redundancy.Queue = MirrorQueue{}

// Mirror implements redundancy.Queue. What somebody waits for comes first.
func (q MirrorQueue) Mirror(ctx context.Context, id video.ID, s redundancy.Strategy) error {
	o := river.InsertOpts{Queue: QueueMirrors, MaxAttempts: mirrorAttempts, Priority: 3, UniqueOpts: once}
	if s == redundancy.Manual {
		o.Priority = 2
	}
	_, err := q.Jobs.Insert(ctx, MirrorArgs{VideoID: id, Strategy: s}, &o)
	return err
}

// Leave implements redundancy.Queue.
func (q MirrorQueue) Leave(ctx context.Context, host string) error {
	_, err := q.Jobs.Insert(ctx, MirrorArgs{Host: host}, &river.InsertOpts{Queue: QueueMirrors, MaxAttempts: mirrorAttempts, Priority: 1, UniqueOpts: once})
	return err
}

// GivenUp implements redundancy.Queue: of those whose jobs failed last, as many
// as a list of jobs has.
func (q MirrorQueue) GivenUp(ctx context.Context, since time.Time) (map[video.ID]bool, error) {
	const most = 100
	list, _, err := q.Jobs.List(ctx, job.ListParams{State: job.Failed, Kind: MirrorArgs{}.Kind(), Count: most})
	if err != nil {
		return nil, err
	}
	given := map[video.ID]bool{}
	for _, r := range list {
		var args MirrorArgs
		if err := json.Unmarshal(r.Args, &args); err != nil {
			return nil, err
		}
		if r.FinalizedAt != nil && r.FinalizedAt.After(since) && args.VideoID != 0 {
			given[args.VideoID] = true
		}
	}
	return given, nil
}

// Mirrors does the jobs "video-redundancy".
type Mirrors struct {
	river.WorkerDefaults[MirrorArgs]
	Keeper *redundancy.Keeper
}

// Timeout implements river.Worker: a film of many gigabytes on a slow line.
func (w *Mirrors) Timeout(*river.Job[MirrorArgs]) time.Duration { return 12 * time.Hour }

// Work implements river.Worker. What the video's site does not give out, or
// gives out otherwise than it says, is not asked for again at once: a file that
// is not there (yet) may be later.
func (w *Mirrors) Work(ctx context.Context, j *river.Job[MirrorArgs]) error {
	if j.Args.Host != "" {
		return w.Keeper.Leave(ctx, j.Args.Host)
	}
	err := w.Keeper.Mirror(ctx, j.Args.VideoID, j.Args.Strategy)
	switch errs.KindOf(err) {
	case errs.TooLarge, errs.Invalid:
		return river.JobCancel(err)
	}
	return err
}

// RegisterMirrors tells a queue how videos of others are mirrored.
func RegisterMirrors(q *job.Queue, k *redundancy.Keeper) { job.Add(q, &Mirrors{Keeper: k}) }
