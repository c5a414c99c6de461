//go:build profile

package main

import (
	"fmt"
	"io"
	"os"
	"runtime/pprof"
)

// startProfile writes down where the program spends its time, into the file
// that CPU_PROFILE names, until stop is called. See `make profile`.
func startProfile(complaints io.Writer) (stop func()) {
	f, err := os.Create(os.Getenv("CPU_PROFILE"))
	if err == nil {
		err = pprof.StartCPUProfile(f)
	}
	if err != nil {
		fmt.Fprintln(complaints, "no profile:", err)
		return func() {}
	}
	return func() {
		pprof.StopCPUProfile()
		if err := f.Close(); err != nil {
			fmt.Fprintln(complaints, "no profile:", err)
		}
	}
}
