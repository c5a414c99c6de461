package ffmpeg

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// sysProcAttr puts a process into its own group, and has it killed when this
// program dies, so that nothing keeps writing after a crash.
func sysProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// bound sets the limits of a process that has just been started. What it did
// before (loading its libraries) is harmless.
func bound(pid int, memory, fileSize int64) error {
	set := func(resource int, v int64) error {
		if v <= 0 {
			return nil
		}
		return unix.Prlimit(pid, resource, &unix.Rlimit{Cur: uint64(v), Max: uint64(v)}, nil)
	}
	if err := set(unix.RLIMIT_AS, memory); err != nil {
		return fmt.Errorf("limit memory: %w", err)
	}
	if err := set(unix.RLIMIT_FSIZE, fileSize); err != nil {
		return fmt.Errorf("limit file size: %w", err)
	}
	if err := unix.Prlimit(pid, unix.RLIMIT_CORE, &unix.Rlimit{}, nil); err != nil {
		return fmt.Errorf("limit core dumps: %w", err)
	}
	return nil
}
