package worker

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/media/ffmpeg"
	"sepiola/internal/media/transcode"
)

// encode is the stage of the ladder: all renditions that are missing, in one
// run of ffmpeg, but for one that comes before if there is nothing to watch.
func (w *Transcode) encode(ctx context.Context, args TranscodeArgs) error {
	v, err := w.Rows.ForWork(ctx, args.VideoID)
	if err != nil {
		return err
	}
	dir, remove, err := w.tempDir(ctx, v.ID)
	if err != nil {
		return err
	}
	defer remove()
	src, err := w.open(ctx, v, args, dir)
	if err != nil {
		return err
	}
	defer src.done()
	if err := w.withoutCopies(ctx, v, src, args); err != nil {
		return err
	}
	if err := w.ladder(ctx, v, src, args, dir); err != nil {
		return err
	}
	return w.InTx(ctx, func(ctx context.Context) error {
		if err := w.settle(ctx, v.ID); err != nil {
			return err
		}
		if args.Replace {
			if err := w.replaced(ctx, v.ID, src, args); err != nil {
				return err
			}
		}
		return w.next(ctx, args)
	})
}

// withoutCopies plans the encoding of what the stage before could not copy:
// see encodeInstead.
func (w *Transcode) withoutCopies(ctx context.Context, v *video.Video, src *source, args TranscodeArgs) error {
	left, err := w.missing(ctx, v.ID, src.plan.Remux)
	if err != nil || len(left) == 0 {
		return err
	}
	src.plan, err = w.plan(ctx, src.info, args, 0)
	return err
}

func (w *Transcode) ladder(ctx context.Context, v *video.Video, src *source, args TranscodeArgs, dir string) error {
	left, err := w.missing(ctx, v.ID, src.plan.Ladder)
	if err != nil {
		return err
	}
	var first []transcode.Rung
	if !v.Playable() && !v.WaitTranscoding {
		first, left = transcode.First(left)
	}
	for _, part := range []struct {
		name  string
		rungs []transcode.Rung
	}{{"first", first}, {"ladder", left}} {
		if err := w.encodeRungs(ctx, v, src, args, dir, part.name, part.rungs); err != nil {
			return err
		}
		if err := w.remark(ctx, v.ID, src.info); err != nil {
			return err
		}
	}
	return nil
}

// remark tells whoever uploaded a file that it ends before it says: it can be
// watched, but most likely some of it was lost on its way here.
func (w *Transcode) remark(ctx context.Context, id video.ID, info *ffmpeg.Info) error {
	if info.Claimed <= info.Duration {
		return nil
	}
	is, says := clock(info.Duration), clock(info.Claimed)
	e := errs.New(errs.Unprocessable, "the file ends after %s, though it says %s", is, says).Because("cut_short", "is", is, "says", says)
	return w.Steps.Remark(ctx, id, video.Failure{Error: e.Msg, Reason: e.Reason})
}

// clock writes a duration as players do: 0:01, 1:02:03.
func clock(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// encodeRungs makes and commits rungs in one run of ffmpeg, in a directory of
// its own.
func (w *Transcode) encodeRungs(ctx context.Context, v *video.Video, src *source, args TranscodeArgs, dir, name string, left []transcode.Rung) error {
	if len(left) == 0 {
		return nil
	}
	out, err := subdir(dir, name)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	job := transcode.Job{Plan: src.plan, Input: src.path, Dir: out, Rungs: left, Progress: w.progress(ctx, v.ID, left, stop)}
	if src.plan.StillPicture {
		if job.Picture, err = w.stillPicture(ctx, v, src, args.Picture, dir); err != nil {
			return err
		}
	}
	made, err := w.transcoder().Ladder(ctx, job)
	if cause := context.Cause(ctx); errs.Is(cause, errs.NotFound) {
		return cause
	}
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	return w.commitAll(ctx, args, made, out)
}

// progressEvery is how often progress is written, at most.
const progressEvery = time.Second

// progress returns a function that keeps the steps of rungs up to date for
// their creator. It is called from one goroutine. When there are no steps any
// more, because the video was deleted, it stops the work.
func (w *Transcode) progress(ctx context.Context, id video.ID, rungs []transcode.Rung, stop context.CancelCauseFunc) func(float64, ffmpeg.Progress) {
	resolutions := make([]int, len(rungs))
	for i, r := range rungs {
		resolutions[i] = r.Resolution
	}
	begun, last := time.Now(), time.Time{}
	return func(done float64, _ ffmpeg.Progress) {
		now := time.Now()
		if now.Sub(last) < progressEvery {
			return
		}
		last = now
		// 100 is for what is there to be played.
		percent := math.Min(math.Round(done*1000)/10, 99)
		switch err := w.Steps.Progress(ctx, id, resolutions, percent, left(now.Sub(begun), done)); {
		case errs.Is(err, errs.NotFound):
			stop(err)
		case err != nil && ctx.Err() == nil:
			w.Log.WarnContext(ctx, "progress was not written", "err", err)
		}
	}
}

// left estimates the seconds to go; -1 is unknown.
func left(spent time.Duration, done float64) int {
	if done < 0.01 {
		return -1
	}
	return int(spent.Seconds() * (1 - done) / done)
}

// servesInput reports whether the uploaded file is to be served as it is: on
// sites that do not transcode.
func servesInput(s Settings, args TranscodeArgs) bool {
	return !s.Transcoding && len(args.Kinds) == 0 && args.Input != ""
}

func inputResolution(info *ffmpeg.Info) int {
	if info.Video == nil {
		return 0
	}
	return transcode.Resolution(info.Video)
}

// serveInput makes a progressive file of the uploaded one.
func (w *Transcode) serveInput(ctx context.Context, v *video.Video, src *source, args TranscodeArgs) error {
	have, err := w.Steps.OfVideo(ctx, v.ID)
	if err != nil || !video.Missing(have, video.WebVideo, inputResolution(src.info)) {
		return err
	}
	info, ext := src.info, filepath.Ext(args.Input)
	f := &video.File{
		VideoID: v.ID, Size: info.Size, Extname: ext,
		HasAudio: len(info.Audio) > 0, HasVideo: info.Video != nil, Metadata: info.Raw,
	}
	if info.Video != nil {
		f.Resolution, f.Width, f.Height = inputResolution(info), info.Video.Width, info.Video.Height
		f.FPS = int(math.Round(info.Video.FPS))
	}
	f.Filename = fmt.Sprintf("%s-%d%s", video.NewUUID(), f.Resolution, ext)
	return w.Rows.Exclusive(ctx, v.ID, func(ctx context.Context) error {
		v, err := w.Rows.ForWork(ctx, v.ID)
		if err != nil {
			return err
		}
		in, err := os.Open(src.path)
		if err != nil {
			return err
		}
		defer in.Close()
		section, name := place(v, f)
		if err := w.Files.Put(ctx, section, name, in); err != nil {
			return err
		}
		if err := w.addTorrent(ctx, v, f, src.path); err != nil {
			return err
		}
		return w.InTx(ctx, func(ctx context.Context) error {
			return w.recordFile(ctx, v, &finished{kind: video.WebVideo, file: *f, replaces: args.Replace})
		})
	})
}

// finish is the last stage: what was uploaded is kept or removed.
func (w *Transcode) finish(ctx context.Context, args TranscodeArgs) error {
	v, err := w.Rows.ForWork(ctx, args.VideoID)
	if err != nil {
		return err
	}
	if args.Input != "" {
		if err := w.dropStale(ctx, v.ID); err != nil {
			return err
		}
	}
	if args.Replace {
		if err := w.finishReplacement(ctx, v, args); err != nil {
			return err
		}
	}
	return w.InTx(ctx, func(ctx context.Context) error {
		r := video.Removal{UUID: v.UUID}
		if args.Picture != "" {
			r.Originals = append(r.Originals, args.Picture)
		}
		if args.Input != "" && w.Settings(ctx).KeepOriginal {
			if err := w.Rows.KeepSource(ctx, v.ID, args.Input); err != nil {
				return err
			}
		} else if args.Input != "" && len(v.Inputs()) == 0 {
			r.Originals = append(r.Originals, args.Input)
		}
		if len(r.Originals) > 0 {
			if err := w.Queue.RemoveFiles(ctx, r); err != nil {
				return err
			}
		}
		if err := w.settle(ctx, v.ID); err != nil {
			return err
		}
		if w.OnFinished != nil {
			if err := w.OnFinished(ctx, v.ID); err != nil {
				return err
			}
		}
		return w.askStoryboard(ctx, v.ID, args.Replace)
	})
}

// dropStale removes files that were made of an earlier upload and that the
// new one has no counterpart of.
func (w *Transcode) dropStale(ctx context.Context, id video.ID) error {
	return w.Rows.Exclusive(ctx, id, func(ctx context.Context) error {
		v, err := w.Rows.ForWork(ctx, id)
		if err != nil {
			return err
		}
		steps, err := w.Steps.OfVideo(ctx, id)
		if err != nil {
			return err
		}
		stale := v.Stale(steps)
		if len(stale) == 0 {
			return nil
		}
		ids := make([]video.FileID, len(stale))
		for i, f := range stale {
			ids[i] = f.ID
		}
		err = w.InTx(ctx, func(ctx context.Context) error {
			if err := w.Rows.DropFiles(ctx, id, ids); err != nil {
				return err
			}
			return w.Queue.RemoveFiles(ctx, removal(v.UUID, stale))
		})
		if err != nil {
			return err
		}
		return w.writePlaylists(ctx, id, nil)
	})
}

func subdir(dir, name string) (string, error) {
	path := filepath.Join(dir, name)
	if err := os.Mkdir(path, 0o700); err != nil {
		return "", errs.Wrap(errs.Unavailable, err, "the temporary directory cannot be written")
	}
	return path, nil
}
