//go:build unix && !linux

package ffmpeg

import "syscall"

func sysProcAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// bound does nothing: another process's limits cannot be set here. Time,
// progress and the size of outputs are still watched.
func bound(pid int, memory, fileSize int64) error { return nil }
