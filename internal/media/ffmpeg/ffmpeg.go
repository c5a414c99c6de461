// Package ffmpeg runs the external programs ffmpeg and ffprobe, version 5.1 or
// newer, as subprocesses that cannot do harm: argument slices instead of a
// shell, their own process group that is killed as a whole, a niceness, limits
// on memory, time and output, only local files as input, and a watchdog for
// hangs.
//
// Tools is the one part: Check says what is installed, Probe says what a file
// is (and refuses what is not media), Run executes one ffmpeg command.
//
// What to do with a file is not decided here: see media/transcode and
// media/image.
package ffmpeg

import (
	"io"
	"log/slog"
	"sync"
	"time"
)

// Tools knows the programs and the bounds they run under. Its zero value works
// where ffmpeg is in PATH. It must not be copied after first use.
type Tools struct {
	// FFmpeg and FFprobe are paths or names looked up in PATH; empty means
	// "ffmpeg" and "ffprobe".
	FFmpeg, FFprobe string
	// Nice is the niceness of encodings, 0 to 19.
	Nice int
	// Threads bounds the threads of each encoding; 0 lets ffmpeg decide.
	Threads int
	// MaxMemory bounds the address space of a process in bytes; 0 means 16 GiB
	// (address space, much of which is never touched). Linux only.
	MaxMemory int64
	// MaxOutput bounds each file a process writes, in bytes; 0 means no bound.
	// Linux only.
	MaxOutput int64
	// ProbeTimeout bounds one probe; 0 means 60 s.
	ProbeTimeout time.Duration
	// Stall is how long a run may report no progress before it is killed; 0
	// means 2 minutes.
	Stall time.Duration
	// MaxArea is the largest picture taken, in pixels; 0 means 8192x8192.
	MaxArea int
	// Log receives what only an administrator wants to know; nil means
	// slog.Default().
	Log *slog.Logger

	mu       sync.Mutex
	caps     *Capabilities
	examined []examined // the newest last
}

// Capabilities is what the installed ffmpeg can do.
type Capabilities struct {
	// Version is as the program prints it, for example "5.1.9-0+deb12u1".
	Version string
	// Major and Minor are its numbers; both 0 for a build from a snapshot.
	Major, Minor int
	// ProbeVersion is the version of ffprobe.
	ProbeVersion string
	// Encoders and Filters are the names of those present.
	Encoders, Filters map[string]bool
	// Problems are sentences for an administrator on what is missing and what
	// to do; empty when everything is there.
	Problems []string
}

// Command is one run of ffmpeg.
type Command struct {
	// Args follow the common ones (-hide_banner -nostdin -y ...), which Run adds.
	Args []string
	// Dir is the working directory, where relative output names end up.
	Dir string
	// Stdout receives the output of pipe:1, bounded by StdoutLimit bytes.
	// Progress and Stdout exclude each other.
	Stdout      io.Writer
	StdoutLimit int64
	// Progress is called about twice a second, from one goroutine; may be nil.
	Progress func(Progress)
	// Timeout bounds the run; 0 means only ctx and the watchdog do.
	Timeout time.Duration
	// Stall overrides Tools.Stall.
	Stall time.Duration
	// MaxOutput overrides Tools.MaxOutput.
	MaxOutput int64
	// Copies says that the picture is copied: then complaints about its bytes,
	// which do not end such a run, make it fail with ErrInput.
	Copies bool
}

// Progress is a moment of a run.
type Progress struct {
	// OutTime is how much of the output's time line is written.
	OutTime time.Duration
	// Frame counts encoded frames of the first output.
	Frame int64
	// FPS is frames encoded a second, Speed the multiple of real time; 0 when
	// not known yet.
	FPS, Speed float64
	// size is the bytes written, for the watchdog.
	size int64
	// Done is true in the last report.
	Done bool
}
