package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sepiola/internal/config"
)

// directories are those that the site writes to.
func directories(cfg *config.Config) []string {
	s := cfg.Storage
	return []string{
		cfg.DataDir, s.Tmp, s.Avatars, s.WebVideos, s.StreamingPlaylists, s.OriginalVideoFiles,
		s.Thumbnails, s.Storyboards, s.Torrents, s.Captions, s.Redundancy,
	}
}

func checkDirectories(_ context.Context, cfg *config.Config) []Finding {
	const subject = "directories"
	var list []Finding
	for _, dir := range directories(cfg) {
		if err := writable(dir); err != nil {
			list = append(list, Finding{
				Level: Fail, Subject: subject, Text: err.Error(),
				Do: fmt.Sprintf("give it to the user that sepiola runs as (uid %d), or choose another one", os.Getuid()),
			})
		}
	}
	if list == nil {
		list = append(list, fine(subject, "%s and all below can be written", cfg.DataDir))
	}
	return list
}

// writable tries to write to dir, or to the directory in which dir would be
// made.
func writable(dir string) error {
	f, err := os.CreateTemp(existing(dir), ".doctor-*")
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// existing returns dir or the nearest directory above it that exists.
func existing(dir string) string {
	for {
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

// comfortable is the free space below which an admin should start to think.
const comfortable = 10 << 30

func checkDisk(_ context.Context, cfg *config.Config) []Finding {
	const subject = "free disk"
	var list []Finding
	seen := map[unix.Fsid]bool{}
	for _, dir := range directories(cfg) {
		var fs unix.Statfs_t
		at := existing(dir)
		if err := unix.Statfs(at, &fs); err != nil {
			list = append(list, Finding{Level: Warn, Subject: subject, Text: at + ": " + err.Error(), Do: "check the file system"})
			continue
		}
		if !seen[fs.Fsid] {
			seen[fs.Fsid] = true
			list = append(list, freeSpace(at, int64(fs.Bavail)*fs.Bsize, int64(cfg.Limits.FreeDisk)))
		}
	}
	return list
}

func freeSpace(dir string, free, needed int64) Finding {
	f := fine("free disk", "%.1f GB at %s", float64(free)/(1<<30), dir)
	switch {
	case free < needed:
		f.Level, f.Do = Fail, "make room: uploads are refused below limits.free_disk"
	case free < comfortable:
		f.Level, f.Do = Warn, "make room: an hour of video takes a few GB in all its qualities"
	}
	return f
}

// checkClock finds clocks that are plainly wrong. Log-ins by two factors and
// messages between servers fail when the clock is minutes away.
func checkClock(_ context.Context, _ *config.Config) []Finding {
	const subject, do = "clock", "set it, and keep it right with chrony or systemd-timesyncd"
	if program, err := os.Executable(); err == nil {
		if info, err := os.Stat(program); err == nil && time.Now().Before(info.ModTime().Add(-24*time.Hour)) {
			return []Finding{{
				Level: Fail, Subject: subject, Do: do,
				Text: fmt.Sprintf("it is %s here, but this program was made on %s", time.Now().UTC().Format(time.DateOnly), info.ModTime().UTC().Format(time.DateOnly)),
			}}
		}
	}
	const unsynchronised = 5 // TIME_ERROR of adjtimex(2)
	if state, err := unix.Adjtimex(new(unix.Timex)); err == nil && state == unsynchronised {
		return []Finding{{
			Level: Warn, Subject: subject, Do: do,
			Text: "it is " + time.Now().UTC().Format("2006-01-02 15:04 MST") + ", but nothing keeps the clock right",
		}}
	}
	return []Finding{fine(subject, "%s", time.Now().UTC().Format("2006-01-02 15:04 MST"))}
}

func checkPorts(ctx context.Context, cfg *config.Config) []Finding {
	addrs := []string{cfg.ListenAddr()}
	if cfg.TLS.ACME.Enabled && cfg.TLS.ACME.HTTPListen != "" {
		addrs = append(addrs, cfg.TLS.ACME.HTTPListen)
	}
	if m := cfg.OpenTelemetry.Metrics; m.Enabled {
		addrs = append(addrs, net.JoinHostPort(m.PrometheusExporter.Hostname, strconv.Itoa(m.PrometheusExporter.Port)))
	}
	var list []Finding
	for _, addr := range addrs {
		list = append(list, checkPort(ctx, addr))
	}
	return list
}

func checkPort(ctx context.Context, addr string) Finding {
	const subject = "port"
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	switch {
	case err == nil:
		_ = listener.Close()
		return fine(subject, "%s is free", addr)
	case errors.Is(err, syscall.EADDRINUSE) && answersAsSite(ctx, addr):
		return fine(subject, "the site runs at %s", addr)
	case errors.Is(err, syscall.EADDRINUSE):
		return Finding{Level: Fail, Subject: subject, Text: addr + " is in use by another program", Do: "stop it, or choose another with listen.port"}
	default:
		message, _ := Explain(err)
		return Finding{Level: Fail, Subject: subject, Text: strings.TrimSpace(message), Do: "choose another with listen.*"}
	}
}
