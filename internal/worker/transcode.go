package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/riverqueue/river"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/job"
	"sepiola/internal/media/ffmpeg"
	"sepiola/internal/media/image"
	"sepiola/internal/media/transcode"
)

// VideoFiles keeps the rows of what is made of videos; see store.VideoFiles.
type VideoFiles interface {
	ForWork(ctx context.Context, id video.ID) (*video.Video, error)
	Exclusive(ctx context.Context, id video.ID, fn func(ctx context.Context) error) error
	EnsurePlaylist(ctx context.Context, p video.StreamingPlaylist) (*video.StreamingPlaylist, error)
	PutFile(ctx context.Context, f *video.File) (old []video.File, err error)
	DropFiles(ctx context.Context, id video.ID, files []video.FileID) error
	SetSwarms(ctx context.Context, id video.PlaylistID, hashes []string, version int) error
	SetTorrent(ctx context.Context, id video.FileID, filename, infoHash string) error
	SetMedia(ctx context.Context, id video.ID, duration int, aspectRatio float64) error
	KeepSource(ctx context.Context, id video.ID, filename string) error
	KeptSource(ctx context.Context, id video.ID) (string, error)
	DropOldSources(ctx context.Context, id video.ID) (names []string, err error)
	OwnPictures(ctx context.Context, id video.ID) (bool, error)
	PutStoryboard(ctx context.Context, b video.Storyboard) (old string, err error)
	WithoutPictures(ctx context.Context, id video.ID) (bool, error)
	PlaylistCaptions(ctx context.Context, id video.ID) ([]video.Caption, error)
}

// Steps keeps what is to be made; see store.Transcodes.
type Steps interface {
	OfVideo(ctx context.Context, id video.ID) ([]video.Transcode, error)
	Plan(ctx context.Context, id video.ID, steps []video.Transcode) error
	Forget(ctx context.Context, id video.ID, kinds []video.TranscodeKind, before time.Time) error
	Progress(ctx context.Context, id video.ID, resolutions []int, percent float64, left int) error
	Hold(ctx context.Context, id video.ID, why video.Failure) error
	Done(ctx context.Context, id video.ID, kind video.TranscodeKind, resolution int) error
	Remark(ctx context.Context, id video.ID, what video.Failure) error
	End(ctx context.Context, id video.ID, state video.TranscodeState, why video.Failure) error
}

// Videos is the part of video.Store that the work needs.
type Videos interface {
	SetState(ctx context.Context, id video.ID, from, to video.State, publishedAt *time.Time) (bool, error)
	Touch(ctx context.Context, id video.ID) error
	Storyboard(ctx context.Context, id video.ID) (*video.Storyboard, error)
	SetThumbnails(ctx context.Context, id video.ID, list []video.Thumbnail) (old []video.Thumbnail, err error)
	OpenFiles(ctx context.Context, id video.ID) ([]video.OpenFile, error)
	RenameOpenFiles(ctx context.Context, id video.ID, files []video.OpenFile, names []string) error
	Chapters(ctx context.Context, id video.ID) ([]video.Chapter, error)
	SetChapters(ctx context.Context, id video.ID, list []video.Chapter) error
}

// Media is what the jobs about media files share.
type Media struct {
	Files  Files
	Rows   VideoFiles
	Steps  Steps
	Videos Videos
	Queue  *Queue
	// InTx runs fn in one transaction, in which Rows, Steps, Videos and Queue
	// take part when they are given fn's context.
	InTx     func(ctx context.Context, fn func(ctx context.Context) error) error
	Tools    *ffmpeg.Tools
	Site     instance.Site
	Settings func(ctx context.Context) Settings
	Now      func() time.Time
	Log      *slog.Logger
	// OnPublished are called in the transaction that publishes a video: they
	// queue what else follows from it.
	OnPublished []func(ctx context.Context, id video.ID) error
	// OnFinished is called in the transaction in which the work on a video
	// ends: its files have changed. It may be nil.
	OnFinished func(ctx context.Context, id video.ID) error
}

func (m *Media) transcoder() *transcode.Transcoder {
	return &transcode.Transcoder{Tools: m.Tools, Log: m.Log}
}

func (m *Media) frames(s Settings) *image.Frames {
	return &image.Frames{Tools: m.Tools, Analyze: s.FramesToAnalyze}
}

// tempDir makes a directory of its own and returns what removes it.
func (m *Media) tempDir(ctx context.Context, id video.ID) (dir string, remove func(), err error) {
	dir, err = m.Files.TempDir(ctx, fmt.Sprintf("job-%d-*", id))
	if err != nil {
		return "", nil, err
	}
	return dir, func() {
		if err := os.RemoveAll(dir); err != nil {
			m.Log.WarnContext(ctx, "a temporary directory was not removed; the sweep will", "err", err)
		}
	}, nil
}

// Transcode makes of an uploaded file what people can play: the jobs
// "video-transcoding". See domain/video/pipeline.go for what follows what.
type Transcode struct {
	river.WorkerDefaults[TranscodeArgs]
	*Media
}

// Timeout implements river.Worker: encodings take hours, and ffmpeg is watched
// for progress.
func (w *Transcode) Timeout(*river.Job[TranscodeArgs]) time.Duration {
	if d := w.Settings(context.Background()).MaxDuration; d > 0 {
		return d
	}
	return 48 * time.Hour
}

// Work implements river.Worker.
func (w *Transcode) Work(ctx context.Context, j *river.Job[TranscodeArgs]) error {
	err := w.stage(ctx, j)
	if err == nil {
		return nil
	}
	record := context.WithoutCancel(ctx)
	switch {
	case errs.Is(err, errs.NotFound) && w.gone(record, j.Args):
		return river.JobCancel(err)
	case job.Cancelled(ctx):
		return errors.Join(err, w.end(record, j.Args.VideoID, video.TranscodeCancelled, video.Failure{Error: "cancelled", Reason: errs.Reason{"cancelled"}}))
	case ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded):
		return err // the server stops; the job is given back
	case job.LastAttempt(j.JobRow, err), j.Attempt >= mediaFailures && !errs.Is(err, errs.Unavailable):
		if eerr := w.fail(record, j.Args, failure(err)); eerr != nil {
			return errors.Join(err, eerr) // tried again, so that it ends
		}
		return river.JobCancel(err)
	}
	if serr := w.hold(record, j.Args.VideoID, failure(err)); serr != nil {
		return errors.Join(err, serr)
	}
	return err
}

// hold records why work that will be tried again does not go on now.
func (w *Transcode) hold(ctx context.Context, id video.ID, why video.Failure) error {
	return w.InTx(ctx, func(ctx context.Context) error {
		if err := w.planFirst(ctx, id); err != nil {
			return err
		}
		return w.Steps.Hold(ctx, id, why)
	})
}

// fail records that nothing more is made. When there is nothing to play, or not
// the best quality, the upload is kept, so that an administrator can have it
// tried again.
func (w *Transcode) fail(ctx context.Context, args TranscodeArgs, why video.Failure) error {
	return w.InTx(ctx, func(ctx context.Context) error {
		if err := w.end(ctx, args.VideoID, video.TranscodeFailed, why); err != nil {
			return err
		}
		if args.Input == "" {
			return nil
		}
		v, err := w.Rows.ForWork(ctx, args.VideoID)
		if err != nil {
			return err
		}
		steps, err := w.Steps.OfVideo(ctx, args.VideoID)
		if err != nil || v.Playable() && !video.RequiredMissing(steps) {
			return err
		}
		return w.Rows.KeepSource(ctx, args.VideoID, args.Input)
	})
}

// failure is what the creator is told.
func failure(err error) video.Failure {
	if e := errs.As(err); e != nil && e.Kind != errs.Internal {
		return video.Failure{Error: e.Msg, Reason: e.Reason}
	}
	return video.Failure{Error: "an internal error occurred", Reason: errs.Reason{"internal"}}
}

func (w *Transcode) stage(ctx context.Context, j *river.Job[TranscodeArgs]) error {
	if j.Attempt > 1 {
		w.rewritePlaylists(ctx, j.Args.VideoID)
	}
	switch j.Args.Stage {
	case video.StagePrepare:
		return w.prepare(ctx, j)
	case video.StageEncode:
		return w.encode(ctx, j.Args)
	case video.StageFinish:
		return w.finish(ctx, j.Args)
	}
	return errs.New(errs.Invalid, "no such stage: %q", j.Args.Stage)
}

// rewritePlaylists makes up for a stop between the recording of a file and the
// writing of what names it.
func (w *Transcode) rewritePlaylists(ctx context.Context, id video.ID) {
	err := w.Rows.Exclusive(ctx, id, func(ctx context.Context) error { return w.writePlaylists(ctx, id, nil) })
	if err != nil && !errs.Is(err, errs.NotFound) && ctx.Err() == nil {
		w.Log.WarnContext(ctx, "the playlists of a video could not be written again", "err", err)
	}
}

// gone removes the input of a video that was deleted, and reports whether it
// was.
func (w *Transcode) gone(ctx context.Context, args TranscodeArgs) bool {
	if _, err := w.Rows.ForWork(ctx, args.VideoID); !errs.Is(err, errs.NotFound) {
		return false
	}
	for _, name := range []string{args.Input, args.Picture} {
		if name == "" {
			continue
		}
		if err := w.Files.Delete(ctx, originals, name); err != nil {
			w.Log.WarnContext(ctx, "the input of a deleted video was not removed; the sweep will", "err", err)
		}
	}
	return true
}

// end gives what is not made its last state, and the video the one that
// follows.
func (w *Transcode) end(ctx context.Context, id video.ID, state video.TranscodeState, why video.Failure) error {
	return w.InTx(ctx, func(ctx context.Context) error {
		if err := w.planFirst(ctx, id); err != nil {
			return err
		}
		if err := w.Steps.End(ctx, id, state, why); err != nil {
			return err
		}
		return w.settle(ctx, id)
	})
}

// planFirst plans a step when nothing was planned yet, to keep a reason: its
// creator has to see why.
func (w *Transcode) planFirst(ctx context.Context, id video.ID) error {
	steps, err := w.Steps.OfVideo(ctx, id)
	if err != nil || len(steps) > 0 {
		return err
	}
	return w.Steps.Plan(ctx, id, []video.Transcode{{Kind: video.HLS, Required: true}})
}

// settle gives the video the state that follows from what there is of it now.
// It belongs into the transaction of the change.
func (m *Media) settle(ctx context.Context, id video.ID) error {
	v, err := m.Rows.ForWork(ctx, id)
	if err != nil {
		return err
	}
	steps, err := m.Steps.OfVideo(ctx, id)
	if err != nil {
		return err
	}
	return m.setState(ctx, v, v.AfterWork(steps))
}

func (m *Media) setState(ctx context.Context, v *video.Video, to video.State) error {
	if v.State == to {
		return nil
	}
	var publishedAt *time.Time
	if to == video.Published {
		now := m.Now()
		publishedAt = &now
	}
	changed, err := m.Videos.SetState(ctx, v.ID, v.State, to, publishedAt)
	if err != nil || !changed || to != video.Published {
		return err
	}
	m.Log.InfoContext(ctx, "video published", "video", v.UUID)
	for _, f := range m.OnPublished {
		if err := f(ctx, v.ID); err != nil {
			return err
		}
	}
	return nil
}

// next queues the stage that follows.
func (w *Transcode) next(ctx context.Context, args TranscodeArgs) error {
	steps, err := w.Steps.OfVideo(ctx, args.VideoID)
	if err != nil {
		return err
	}
	stage := video.NextStage(args.Stage, steps)
	if stage == "" {
		return nil
	}
	args.Stage = stage
	return w.Queue.transcode(ctx, args)
}
