package ffmpeg

import (
	"context"
	"time"

	"sepiola/internal/errs"
)

// Probe says what the file at path is. What cannot become a video is refused
// with errs.Unprocessable and a reason for people; a missing program or a full
// disk is errs.Unavailable.
func (t *Tools) Probe(ctx context.Context, path string) (*Info, error) {
	return nil, errs.New(errs.NotSupported, "not built yet")
}

// MaxGOP returns the longest distance between two keyframes of the main
// picture, read without decoding. It is the length of the longest HLS segment
// that a stream copy would give.
func (t *Tools) MaxGOP(ctx context.Context, path string, info *Info) (time.Duration, error) {
	return 0, errs.New(errs.NotSupported, "not built yet")
}

// Check asks the programs for their versions, encoders and filters. When one
// cannot be run it returns an errs.Unavailable error that says what to install;
// what is merely missing is in Problems.
func (t *Tools) Check(ctx context.Context) (*Capabilities, error) {
	return nil, errs.New(errs.NotSupported, "not built yet")
}

// Capabilities is Check, asked once and remembered when it succeeds.
func (t *Tools) Capabilities(ctx context.Context) (*Capabilities, error) {
	return t.Check(ctx)
}

// Run executes ffmpeg and waits for it. Its errors tell apart: a missing
// program, a full disk and a process killed from outside or out of memory
// (errs.Unavailable, may be tried again), a run that hangs or exceeds its time
// (errs.Unprocessable), and input that cannot be read (errs.Unprocessable).
// When ctx ends the error is ctx's.
func (t *Tools) Run(ctx context.Context, c Command) error {
	return errs.New(errs.NotSupported, "not built yet")
}
