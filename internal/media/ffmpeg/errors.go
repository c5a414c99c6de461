package ffmpeg

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"sepiola/internal/errs"
)

// What went wrong with a run, for errors.Is. The error around it has the kind
// and the message for people.
var (
	// ErrMissing: the program is not installed or cannot be executed.
	ErrMissing = errors.New("program missing")
	// ErrDiskFull: no space, or no quota, where the output goes.
	ErrDiskFull = errors.New("disk full")
	// ErrMemory: the process ran into its memory limit or the machine's.
	ErrMemory = errors.New("out of memory")
	// ErrKilled: something outside ended the process.
	ErrKilled = errors.New("killed")
	// ErrStalled: no progress for too long; Run killed it.
	ErrStalled = errors.New("stalled")
	// ErrTimeout: it took longer than allowed; Run killed it.
	ErrTimeout = errors.New("timed out")
	// ErrOutputLimit: it wrote more than allowed.
	ErrOutputLimit = errors.New("output too large")
	// ErrCrashed: the program itself failed (a segmentation fault, an abort).
	ErrCrashed = errors.New("crashed")
	// ErrFeature: this build lacks an encoder, filter or option.
	ErrFeature = errors.New("feature missing")
	// ErrInput: the input cannot be read or converted.
	ErrInput = errors.New("bad input")
)

// install is what to do about a missing program.
const install = "install ffmpeg 5.1 or newer (Debian and Ubuntu: apt install ffmpeg; Fedora: dnf install ffmpeg; macOS: brew install ffmpeg)"

func missing(name string, cause error) error {
	return errs.Wrap(errs.Unavailable, fmt.Errorf("%w: %w", ErrMissing, cause),
		"the program %s cannot be run: %s", filepath.Base(name), install) // people read it: no path
}

// stopError explains why Run itself ended a process; nil when it did not.
func stopError(ctx context.Context) error {
	cause := context.Cause(ctx)
	switch {
	case cause == nil:
		return nil
	case errors.Is(cause, ErrStalled):
		return errs.Wrap(errs.Unprocessable, cause, "the conversion stopped making progress and was ended")
	case errors.Is(cause, ErrTimeout):
		return errs.Wrap(errs.Unprocessable, cause, "the conversion took too long and was ended")
	case errors.Is(cause, ErrOutputLimit):
		return outputLimit(cause)
	default:
		return cause
	}
}

func outputLimit(cause error) error {
	return errs.Wrap(errs.Unprocessable, cause, "the conversion would give far more data than such a file should and was ended").Because("output")
}

// exitError turns the end of a process and what it said into an error with a
// kind. tail is the end of its standard error.
func exitError(err error, tail string) error {
	if err == nil {
		return nil
	}
	cause := func(what error) error {
		return fmt.Errorf("%w: %w: %s", what, err, oneLine(tail))
	}
	if what := resource(tail); what != nil {
		return unavailable(what, cause(what))
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return signalError(status.Signal(), cause)
		}
	}
	if has(tail, "Unknown encoder", "No such filter", "Unrecognized option", "Unknown decoder", "Option not found") {
		return errs.Wrap(errs.Unavailable, cause(ErrFeature), "the installed ffmpeg lacks a feature that is needed; run the doctor command").
			Because("feature")
	}
	return errs.Wrap(errs.Unprocessable, cause(ErrInput), "the file cannot be converted; it may be damaged").Because("convert")
}

// resource recognises a lack of disk or memory in what ffmpeg says.
func resource(tail string) error {
	switch {
	case has(tail, "No space left on device", "Disk quota exceeded"):
		return ErrDiskFull
	case has(tail, "Cannot allocate memory", "malloc of size", "Out of memory"):
		return ErrMemory
	}
	return nil
}

// damaged recognises that a stream could be copied but is not whole. Decoders
// of ffmpeg leave out what is damaged, those of browsers stop playing.
func damaged(tail string) bool {
	return has(tail, "Invalid NAL unit size", "missing picture in access unit", "Error splitting the input into NAL units")
}

func unavailable(what, cause error) error {
	if errors.Is(what, ErrDiskFull) {
		return errs.Wrap(errs.Unavailable, cause, "disk full: there is no space left for the converted files").Because("disk_full")
	}
	return errs.Wrap(errs.Unavailable, cause, "there is not enough memory to convert this file").Because("memory")
}

func signalError(sig syscall.Signal, cause func(error) error) error {
	switch sig {
	case syscall.SIGXFSZ:
		return outputLimit(cause(ErrOutputLimit))
	case syscall.SIGKILL, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP:
		return errs.Wrap(errs.Unavailable, cause(ErrKilled), "the conversion was ended from outside (perhaps for lack of memory)").Because("killed")
	default:
		return errs.Wrap(errs.Unprocessable, cause(ErrCrashed), "the conversion crashed on this file").Because("crashed")
	}
}

func has(s string, parts ...string) bool {
	for _, p := range parts {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}

func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }), " | ")
}
