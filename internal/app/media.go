package app

import (
	"bytes"
	"context"

	"sepiola/internal/config"
	"sepiola/internal/media/ffmpeg"
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

// captionFiles keeps subtitle files. It is a video.CaptionFiles.
type captionFiles struct{ files blob.Store }

// Put writes a file, whole or not at all.
func (c captionFiles) Put(ctx context.Context, filename string, vtt []byte) error {
	return c.files.Put(ctx, blob.Key{Section: blob.Captions, Name: filename}, bytes.NewReader(vtt))
}
