package transcode_test

import (
	"syscall"
	"time"
)

// childCPU is the processor time of all processes that were waited for.
func childCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
