package app

import (
	"bytes"
	"context"
	"io"
	"os/exec"

	"sepiola/internal/config"
	"sepiola/internal/media/ffmpeg"
	"sepiola/internal/media/transcode"
	"sepiola/internal/server/files"
	"sepiola/internal/storage/blob"
)

func newTools(cfg *config.Config) *ffmpeg.Tools {
	return &ffmpeg.Tools{
		FFmpeg:       cfg.FFmpeg.Path,
		FFprobe:      cfg.FFmpeg.ProbePath,
		Nice:         cfg.Transcoding.Nice,
		Threads:      cfg.Transcoding.Threads,
		ProbeTimeout: cfg.FFmpeg.Probe,
		MaxArea:      cfg.Limits.FramePixels,
	}
}

// missingPrograms says which programs cannot be found, and what follows. It
// does not run them; sepiola doctor does.
func missingPrograms(cfg *config.Config) []string {
	for _, path := range []string{cfg.FFmpeg.Path, cfg.FFmpeg.ProbePath} {
		if _, err := exec.LookPath(path); err != nil {
			return []string{"the program " + path + " cannot be found: uploads are refused and nothing is transcoded"}
		}
	}
	return nil
}

// joinFiles is files.Server.Join.
func (a *App) joinFiles(ctx context.Context, w io.Writer, picture, sound files.Part) error {
	var paths []string
	for _, p := range []files.Part{picture, sound} {
		path, done, err := a.services.files.Local(ctx, blob.Key{Section: blob.Section(p.Section), Name: p.Name})
		if err != nil {
			return err
		}
		defer done()
		paths = append(paths, path)
	}
	t := &transcode.Transcoder{Tools: newTools(a.cfg), Log: a.log}
	return t.Join(ctx, w, paths[0], paths[1], picture.Size+sound.Size)
}

// captionFiles keeps subtitle files. It is a video.CaptionFiles.
type captionFiles struct{ files blob.Store }

// Put writes a file, whole or not at all.
func (c captionFiles) Put(ctx context.Context, filename string, vtt []byte) error {
	return c.files.Put(ctx, blob.Key{Section: blob.Captions, Name: filename}, bytes.NewReader(vtt))
}
