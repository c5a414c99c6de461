package worker

import (
	"time"

	"sepiola/internal/media/image"
	"sepiola/internal/media/transcode"
)

// Settings are what administrators decide about the work on videos. They are
// asked for each time, because they can be edited.
type Settings struct {
	// Transcoding off serves what was uploaded, as a progressive file.
	Transcoding bool
	// HLS and WebVideos say which kinds are made. With neither, HLS is.
	HLS, WebVideos bool
	// Options of plans; Capabilities and MaxGOP are filled in.
	Options transcode.Options
	// KeepOriginal keeps the uploaded file.
	KeepOriginal bool
	// Torrents makes a torrent of each media file.
	Torrents bool
	// Storyboards makes storyboards.
	Storyboards bool
	// ThumbnailSizes of pictures; nil means image.ThumbnailSizes.
	ThumbnailSizes []image.Size
	// FramesToAnalyze to choose a typical one; 0 means the default of
	// image.Frames.
	FramesToAnalyze int
	// MaxDuration of the work on one video; 0 means 48 hours.
	MaxDuration time.Duration
}
