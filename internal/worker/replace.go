package worker

import (
	"context"

	"sepiola/internal/domain/video"
)

// Replacing the file of a video: what was made of the old one is watched until
// the first file of the new one is recorded (dropSuperseded). What goes with
// the file follows: its length at once, pictures and the old original when all
// is made. A new file of which nothing can be made changes nothing.

// again completes what is asked for of a video whose last upload came to
// nothing: its file was kept, and takes the place of what there is.
func (w *Transcode) again(ctx context.Context, v *video.Video, args TranscodeArgs) (TranscodeArgs, error) {
	if args.Input != "" {
		return args, nil
	}
	kept, err := w.Rows.KeptSource(ctx, v.ID)
	if err != nil || kept == "" {
		return args, err
	}
	steps, err := w.Steps.OfVideo(ctx, v.ID)
	if err != nil {
		return args, err
	}
	if v.Playable() && video.RequiredMissing(steps) && !video.SomethingMade(steps) {
		args.Input, args.Replace = kept, true
	}
	return args, nil
}

// replaced lets what is known of a video follow the new file, as soon as that
// is the one that is watched.
func (w *Transcode) replaced(ctx context.Context, id video.ID, src *source, args TranscodeArgs) error {
	steps, err := w.Steps.OfVideo(ctx, id)
	if err != nil || !video.SomethingMade(steps) {
		return err
	}
	return w.setMedia(ctx, id, src, args)
}

// finishReplacement makes the pictures anew that nobody chose, and removes the
// originals of earlier uploads.
func (w *Transcode) finishReplacement(ctx context.Context, v *video.Video, args TranscodeArgs) error {
	if err := w.renewPictures(ctx, v, args); err != nil {
		return err
	}
	return w.InTx(ctx, func(ctx context.Context) error {
		names, err := w.Rows.DropOldSources(ctx, v.ID)
		if err != nil || len(names) == 0 {
			return err
		}
		return w.Queue.RemoveFiles(ctx, video.Removal{UUID: v.UUID, Originals: names})
	})
}

func (w *Transcode) renewPictures(ctx context.Context, v *video.Video, args TranscodeArgs) error {
	own, err := w.Rows.OwnPictures(ctx, v.ID)
	if err != nil || !own {
		return err
	}
	dir, remove, err := w.tempDir(ctx, v.ID)
	if err != nil {
		return err
	}
	defer remove()
	path, done, err := w.Files.Local(ctx, originals, args.Input)
	if err != nil {
		return notFoundIsDone(err)
	}
	defer done()
	src := &source{path: path}
	if src.info, err = w.Tools.Probe(ctx, path); err != nil {
		return err
	}
	list, err := w.newThumbnails(ctx, v, src, "", dir)
	if err != nil {
		return err
	}
	return w.InTx(ctx, func(ctx context.Context) error {
		old, err := w.Videos.SetThumbnails(ctx, v.ID, list)
		if err != nil || len(old) == 0 {
			return err
		}
		r := video.Removal{UUID: v.UUID}
		for _, t := range old {
			r.Thumbnails = append(r.Thumbnails, t.Filename)
		}
		return w.Queue.RemoveFiles(ctx, r)
	})
}
