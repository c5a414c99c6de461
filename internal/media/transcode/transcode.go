// Package transcode decides which renditions a file becomes and makes them.
//
// The rules (resolutions, frame rates, bitrates, what may be copied) are pure
// functions over ffmpeg.Info; NewPlan joins them. Building ffmpeg's arguments
// is pure too. Transcoder runs a plan:
//
//   - Remux copies a suitable file into fragmented MP4 HLS, in seconds;
//   - Ladder encodes all missing renditions in one process with one decode;
//   - WebVideo turns a finished HLS rendition into a progressive MP4 by copy.
//
// Everything is written under a directory the caller owns and names; nothing is
// moved into place here, and master playlists are media/hls's work.
package transcode

import (
	"log/slog"
	"time"

	"sepiola/internal/media/ffmpeg"
)

// Options are what an administrator chose (config "transcoding").
type Options struct {
	// Resolutions are those enabled, in any order; 0 is the audio-only one.
	Resolutions []int
	// AlwaysOriginal also keeps the input's own resolution when it is not one
	// of Resolutions.
	AlwaysOriginal bool
	// MaxFPS caps the frame rate; 0 or less means no cap.
	MaxFPS int
	// SplitAudio puts the sound into its own rendition (R=0) and none into the
	// video ones.
	SplitAudio bool
	// PodcastAudio always adds the audio-only rendition where there is sound.
	PodcastAudio bool
	// Capabilities choose encoders and filters; nil means only x264 and ffmpeg's own aac.
	Capabilities *ffmpeg.Capabilities
	// MaxGOP is what ffmpeg.Tools.MaxGOP found; 0 means unknown, in which case
	// nothing is copied.
	MaxGOP time.Duration
}

// Rung is one rendition to make.
type Rung struct {
	// Resolution is PeerTube's number: the shorter edge, or 0 for audio only.
	Resolution int
	// Width and Height of the picture, even; 0 without one.
	Width, Height int
	// FPS of the picture, 0 without one.
	FPS float64
	// VideoBitrate is the ceiling in bits/s, AudioBitrate the target.
	VideoBitrate, AudioBitrate int64
	HasVideo, HasAudio         bool
	// CopyVideo and CopyAudio say that the stream is taken over unchanged.
	CopyVideo, CopyAudio bool
	// Original is true for the rung of the input's own resolution.
	Original bool
}

// Plan is what to make of one file.
type Plan struct {
	// Info is the file's.
	Info *ffmpeg.Info
	// Remux are the renditions that need no encoding of the picture: made at
	// once, then the video can be published. Empty when nothing can be copied.
	// With split audio they are two.
	Remux []Rung
	// Ladder are the renditions to encode, in one run, highest first.
	Ladder []Rung
	// Audio is the track that is used, -1 for none: an index into Info.Audio.
	Audio int
	// StillPicture says that the file has sound only and that its picture is to
	// be given to Ladder's Job.
	StillPicture bool
	// ToneMap says that HDR has to become SDR.
	ToneMap bool
	// Notes say what was decided and why, for the log.
	Notes []string

	options Options
}

// Transcoder runs plans.
type Transcoder struct {
	Tools *ffmpeg.Tools
	Log   *slog.Logger
}

// Job is one run of a plan.
type Job struct {
	Plan *Plan
	// Input is the file's path.
	Input string
	// Picture is the path of a JPEG or PNG, needed when Plan.StillPicture.
	Picture string
	// Dir is an existing, empty directory of the caller, for all that is made.
	Dir string
	// Rungs are those to make now: Plan.Remux, Plan.Ladder or a part of it.
	Rungs []Rung
	// Progress is called with the part done, 0 to 1, and ffmpeg's report.
	Progress func(done float64, p ffmpeg.Progress)
}

// Rendition is a finished fragmented MP4 with its playlist.
type Rendition struct {
	Rung Rung
	// Media is the path of the single fMP4 file, Playlist of its media playlist,
	// which names the media file by its base name.
	Media, Playlist string
	// Size of Media in bytes and its play time.
	Size     int64
	Duration time.Duration
	// Width, Height and FPS are those of the real file.
	Width, Height      int
	FPS                float64
	HasVideo, HasAudio bool
}
