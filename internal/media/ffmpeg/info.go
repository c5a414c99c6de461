package ffmpeg

import (
	"encoding/json"
	"time"
)

// Info describes a media file.
type Info struct {
	// Container is ffprobe's name of the format, for example
	// "mov,mp4,m4a,3gp,3g2,mj2" or "matroska,webm".
	Container string
	// Duration is how long it really plays, which is not always what its
	// header says; never 0.
	Duration time.Duration
	// DurationCorrected is true when the header claimed another duration than
	// the packets have: the file was cut short or lies.
	DurationCorrected bool
	// Claimed is what the header said then, and 0 otherwise.
	Claimed time.Duration
	// Size is that of the file in bytes, Bitrate of everything in bits/s.
	Size    int64
	Bitrate int64
	// Video is the picture, nil when there is none (cover art is none).
	Video *VideoStream
	// Audio has the audio tracks in the file's order.
	Audio []AudioStream
	// Subtitles are the text and picture subtitle tracks.
	Subtitles []SubtitleStream
	// Cover is the picture attached to a sound file, nil without one.
	Cover          *VideoStream
	videoIsDefault bool
	// Chapters are those of the container, in time order.
	Chapters []Chapter
	// Raw is {"streams": [...], "format": {...}, "chapters": [...]} as
	// PeerTube's /metadata shows it: numbers as numbers, no path of ours.
	Raw json.RawMessage
}

// VideoStream is the main picture of a file.
type VideoStream struct {
	// Index is the stream's number in the file.
	Index int
	// Codec is ffprobe's name ("h264"), Profile and Level of the codec.
	Codec, Profile string
	Level          int
	// Width and Height are as people see it: after rotation and with square
	// pixels. CodedWidth and CodedHeight are as stored.
	Width, Height           int
	CodedWidth, CodedHeight int
	// FPS is the average frame rate; 0 when it cannot be known.
	FPS float64
	// Variable is true when frames are visibly not evenly spaced.
	Variable bool
	// Bitrate in bits/s; estimated from the file where the stream says nothing.
	Bitrate  int64
	PixFmt   string
	BitDepth int
	// Rotation is clockwise, one of 0, 90, 180, 270; Flipped when mirrored.
	Rotation int
	Flipped  bool
	// SquarePixels is false when the sample aspect ratio is not 1:1.
	SquarePixels bool
	// HDR is true for PQ and HLG transfers.
	HDR                             bool
	Transfer, Primaries, ColorSpace string
	ColorRange                      string
	// FieldOrder is "progressive", "tt", "bb", "tb", "bt" or empty when unknown.
	FieldOrder string
	// Frames counts them when the container says, else 0.
	Frames int64
	// Duration of this stream, 0 when unknown.
	Duration time.Duration
	// Start is the time of the first frame, in the container's clock.
	Start time.Duration
}

// AudioStream is one audio track.
type AudioStream struct {
	Index          int
	Codec, Profile string
	SampleRate     int
	Channels       int
	// Layout is ffmpeg's name ("stereo", "5.1"), empty when unknown.
	Layout string
	// Bitrate in bits/s, 0 when unknown.
	Bitrate int64
	// Language is an ISO 639 code or empty, Title free text or empty.
	Language, Title string
	Default         bool
	Duration        time.Duration
	Start           time.Duration
}

// SubtitleStream is one subtitle track.
type SubtitleStream struct {
	Index           int
	Codec           string
	Language, Title string
	Forced, Default bool
	// Text is false for subtitles that are pictures, which cannot become VTT.
	Text bool
}

// Chapter is a named moment.
type Chapter struct {
	Start, End time.Duration
	Title      string
}
