package ffmpeg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"sepiola/internal/errs"
)

const (
	defaultMemory = 16 << 30
	defaultStall  = 2 * time.Minute
	tailBytes     = 8 << 10
	// killDelay is how long a killed process may keep its pipes open.
	killDelay = 5 * time.Second
)

// Run executes ffmpeg and waits for it. Its errors tell apart (see the Err
// variables): a missing program, a full disk, a lack of memory and a process
// killed from outside are errs.Unavailable and may be tried again; a run that
// hangs, takes too long or writes too much, and input that cannot be read, are
// errs.Unprocessable. When ctx ends the error is ctx's.
func (t *Tools) Run(ctx context.Context, c Command) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	dog := newWatchdog(first(c.Stall, t.Stall, defaultStall), cancel)
	defer dog.stop()
	p := process{
		program: first(t.FFmpeg, "ffmpeg"),
		args:    append(t.commonArgs(), c.Args...),
		dir:     c.Dir,
		nice:    t.Nice,
		timeout: c.Timeout,
		memory:  first(t.MaxMemory, defaultMemory),
		file:    first(c.MaxOutput, t.MaxOutput),
		progress: func(p Progress) {
			dog.saw(p)
			if c.Progress != nil {
				c.Progress(p)
			}
		},
		log: t.log(),
	}
	if c.Stdout != nil {
		p.stdout = &limited{w: c.Stdout, left: first(c.StdoutLimit, 64<<20), over: func() {
			cancel(fmt.Errorf("%w: more than %d bytes on its standard output", ErrOutputLimit, c.StdoutLimit))
		}}
	}
	tail, err := p.run(ctx)
	if stopped := stopError(ctx); stopped != nil {
		return stopped
	}
	if err == nil && resource(tail) != nil {
		// The HLS muxer may go on, and succeed, after a failed write.
		err = errors.New("it reported success")
	}
	if err == nil && c.Copies && damaged(tail) {
		err = errors.New("it copied damaged pictures")
	}
	if errs.As(err) != nil {
		return err
	}
	return exitError(err, tail)
}

// commonArgs come before the inputs of every run.
func (t *Tools) commonArgs() []string {
	return []string{"-hide_banner", "-nostdin", "-y", "-loglevel", "error", "-nostats", "-progress", "pipe:3"}
}

func (t *Tools) log() *slog.Logger {
	if t.Log == nil {
		return slog.Default()
	}
	return t.Log
}

// process is one run of an external program.
type process struct {
	program      string
	args         []string
	dir          string
	nice         int
	timeout      time.Duration
	memory, file int64
	stdout       io.Writer
	// progress, when set, gets what the program writes to descriptor 3.
	progress func(Progress)
	log      *slog.Logger
}

// run executes the program and returns the end of its standard error.
func (p process) run(ctx context.Context) (tail string, err error) {
	if p.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, p.timeout,
			fmt.Errorf("%w after %s", ErrTimeout, p.timeout))
		defer cancel()
	}
	path, err := exec.LookPath(p.program)
	if err != nil {
		return "", missing(p.program, err)
	}
	stderr := &tailBuffer{max: tailBytes}
	cmd := exec.CommandContext(ctx, path, p.args...)
	cmd.Dir = p.dir
	cmd.Env = environment()
	cmd.Stdout, cmd.Stderr = p.stdout, stderr
	cmd.SysProcAttr = sysProcAttr()
	cmd.Cancel = func() error { return killGroup(cmd.Process.Pid) }
	cmd.WaitDelay = killDelay
	wait, err := p.pipeProgress(cmd)
	if err != nil {
		return "", err
	}
	err = cmd.Start()
	if err == nil {
		p.restrain(ctx, cmd.Process.Pid)
		err = cmd.Wait()
		if errors.Is(err, exec.ErrWaitDelay) {
			_ = killGroup(cmd.Process.Pid) // a child of the program holds its pipes
		}
	} else {
		err = startError(p.program, err)
	}
	wait()
	if stop := stopError(ctx); stop != nil {
		err = stop
	}
	return stderr.String(), err
}

func startError(program string, err error) error {
	if errors.Is(err, os.ErrPermission) || errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ENOEXEC) {
		return missing(program, err)
	}
	return err
}

// restrain lowers the priority of a process and sets its limits. Where that is
// not permitted the process runs without.
func (p process) restrain(ctx context.Context, pid int) {
	if p.nice > 0 {
		if err := syscall.Setpriority(syscall.PRIO_PROCESS, pid, p.nice); err != nil && !errors.Is(err, syscall.ESRCH) {
			p.log.DebugContext(ctx, "niceness not set", "err", err)
		}
	}
	if err := bound(pid, p.memory, p.file); err != nil && !errors.Is(err, syscall.ESRCH) {
		p.log.WarnContext(ctx, "limits of a process not set", "program", p.program, "err", err)
	}
}

// pipeProgress connects descriptor 3; wait must be called after the end.
func (p process) pipeProgress(cmd *exec.Cmd) (wait func(), err error) {
	if p.progress == nil {
		return func() {}, nil
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.ExtraFiles = []*os.File{w}
	done := make(chan struct{})
	go func() {
		defer close(done)
		readProgress(r, p.progress)
	}()
	return func() {
		w.Close()
		select {
		case <-done:
		case <-time.After(killDelay): // somebody else still holds the other end
		}
		r.Close()
		<-done
	}, nil
}

// environment is the little that programs need: no secret of ours, English
// messages.
func environment() []string {
	env := []string{"LC_ALL=C", "AV_LOG_FORCE_NOCOLOR=1"}
	for _, key := range []string{"PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"} {
		if v, ok := os.LookupEnv(key); ok {
			env = append(env, key+"="+v)
		}
	}
	return env
}

func killGroup(pid int) error {
	err := syscall.Kill(-pid, syscall.SIGKILL)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// watchdog ends a run that makes no progress.
type watchdog struct {
	limit time.Duration
	timer *time.Timer
	mu    sync.Mutex
	last  Progress
}

func newWatchdog(limit time.Duration, cancel context.CancelCauseFunc) *watchdog {
	return &watchdog{limit: limit, timer: time.AfterFunc(limit, func() {
		cancel(fmt.Errorf("%w: nothing new for %s", ErrStalled, limit))
	})}
}

// saw keeps the dog quiet when p differs from the last report. A hung ffmpeg
// may go on reporting the same.
func (d *watchdog) saw(p Progress) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p.FPS, p.Speed = 0, 0 // averages change without progress
	if p != d.last {
		d.last = p
		d.timer.Reset(d.limit)
	}
}

func (d *watchdog) stop() { d.timer.Stop() }

// tailBuffer keeps the last bytes written to it.
type tailBuffer struct {
	max int
	buf []byte
}

func (b *tailBuffer) Write(p []byte) (int, error) {
	b.buf = append(b.buf, p...)
	if over := len(b.buf) - b.max; over > 0 {
		b.buf = append(b.buf[:0], b.buf[over:]...)
	}
	return len(p), nil
}

func (b *tailBuffer) String() string {
	return string(bytes.ToValidUTF8(bytes.TrimSpace(b.buf), []byte("?")))
}

// limited passes on at most left bytes, then calls over once.
type limited struct {
	w    io.Writer
	left int64
	over func()
}

func (l *limited) Write(p []byte) (int, error) {
	if int64(len(p)) > l.left {
		l.over()
		return 0, ErrOutputLimit
	}
	l.left -= int64(len(p))
	return l.w.Write(p)
}

// first returns the first value that is not zero.
func first[T comparable](values ...T) T {
	var zero T
	for _, v := range values {
		if v != zero {
			return v
		}
	}
	return zero
}
