package worker

import (
	"context"
	"path/filepath"
	"time"

	"github.com/riverqueue/river"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/media/image"
)

// Storyboard makes the sheet of previews that players show over the time
// line: the jobs "generate-video-storyboard".
type Storyboard struct {
	river.WorkerDefaults[StoryboardArgs]
	*Media
}

// Timeout implements river.Worker.
func (w *Storyboard) Timeout(*river.Job[StoryboardArgs]) time.Duration { return 6 * time.Hour }

// Work implements river.Worker. A video without picture, or too short, gets
// none, and that is no error.
func (w *Storyboard) Work(ctx context.Context, j *river.Job[StoryboardArgs]) error {
	v, err := w.Rows.ForWork(ctx, j.Args.VideoID)
	if err != nil {
		return err
	}
	best, _ := v.Best()
	if best == nil || !best.HasVideo || v.IsLive || v.Remote {
		return nil
	}
	path, done, err := w.localFile(ctx, v, cheapest(v, best))
	if err != nil {
		return err
	}
	defer done()
	info, err := w.Tools.Probe(ctx, path)
	if err != nil {
		return err
	}
	plan, ok := image.PlanStoryboard(info)
	if !ok {
		return nil
	}
	dir, remove, err := w.tempDir(ctx, v.ID)
	if err != nil {
		return err
	}
	defer remove()
	file, err := w.frames(w.Settings(ctx)).Storyboard(ctx, path, info, plan, filepath.Join(dir, "storyboard.jpg"))
	if err != nil {
		return err
	}
	name := video.NewUUID() + file.Ext
	if err := w.Files.Adopt(ctx, file.Path, storyboards, name); err != nil {
		return err
	}
	return w.record(ctx, v, plan, name)
}

// cheapest returns the smallest file whose picture is still larger than the
// previews: decoding it costs a fraction of the best one.
func cheapest(v *video.Video, best *video.File) *video.File {
	const enough = 240
	for i := range v.Files {
		f := &v.Files[i]
		if f.HasVideo && f.Resolution >= enough && f.Resolution < best.Resolution {
			best = f
		}
	}
	return best
}

func (w *Storyboard) record(ctx context.Context, v *video.Video, plan image.Storyboard, name string) error {
	return w.InTx(ctx, func(ctx context.Context) error {
		old, err := w.Rows.PutStoryboard(ctx, video.Storyboard{
			VideoID: v.ID, Filename: name, TotalWidth: plan.Width, TotalHeight: plan.Height,
			SpriteWidth: plan.Sprite.Width, SpriteHeight: plan.Sprite.Height, SpriteDuration: plan.SpriteDuration,
		})
		if err != nil || old == "" {
			return err
		}
		return w.Queue.RemoveFiles(ctx, video.Removal{UUID: v.UUID, Storyboards: []string{old}})
	})
}

// notFoundIsDone is for jobs on things that may be gone when their turn comes.
func notFoundIsDone(err error) error {
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}
