package app

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// afterStart is when what only the start needed is given back: migrations have
// run and what comes by itself has begun.
const afterStart = 10 * time.Second

// forgetStart gives the kernel back the pages of the program's file that were
// read to start it: tables, migrations, code that runs once. That is much of
// what a small site holds at rest. What is needed again is mapped again, mostly
// without reading it: a fault costs a microsecond or two.
func (a *App) forgetStart(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-time.After(afterStart):
	}
	if err := forgetProgram(); err != nil {
		a.log.WarnContext(ctx, "the pages of the program's start stay in memory", "err", err)
	}
}

func forgetProgram() error {
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return err
	}
	defer func() { _ = maps.Close() }()
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	parts, err := readOnlyParts(maps, exe)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if _, _, errno := unix.Syscall(unix.SYS_MADVISE, p.from, p.to-p.from, unix.MADV_DONTNEED); errno != 0 {
			return fmt.Errorf("madvise: %w", errno)
		}
	}
	return nil
}

// part is a range of addresses; to is not in it.
type part struct{ from, to uintptr }

// readOnlyParts returns where a file is mapped that can only be read or run, of
// a list as in /proc/PID/maps (proc(5)). What can be written is no copy of the
// file any more and must stay.
func readOnlyParts(maps io.Reader, file string) (parts []part, err error) {
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		f := strings.Fields(lines.Text()) // addresses, rights, offset, device, inode, path
		if len(f) < 6 || f[5] != file || f[1] != "r-xp" && f[1] != "r--p" {
			continue
		}
		from, to, _ := strings.Cut(f[0], "-")
		a, err := strconv.ParseUint(from, 16, 64)
		if err != nil {
			return nil, err
		}
		b, err := strconv.ParseUint(to, 16, 64)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part{uintptr(a), uintptr(b)})
	}
	return parts, lines.Err()
}
