// Command bench measures a running Sepiola from outside, as `make bench`.
//
// It fills a database, starts the binary on it as a process of its own, drives
// it over HTTP on loopback, and reads what it cost from /proc: CPU time of the
// process (and of the ffmpeg processes it waited for), PSS at rest and at its
// peak, requests per second, start time, upload to playable, page weights. The
// file server is measured beside nginx in the same run when nginx is there.
//
// It prints Markdown tables for docs/benchmarks.md. Linux only.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"sepiola/internal/storage/store/filltest"
)

// options are the command's flags.
type options struct {
	binary     string
	videos     int
	local      int
	federation bool
	seconds    float64
	parallel   int
	clip       string
	ladder     bool
	dir        string
	postgres   string
	database   string
	only       string
	idle       bool
	comments   int
	crowd      filltest.Crowd
}

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "bin/sepiola", "the binary to measure")
	flag.IntVar(&o.videos, "videos", 1000, "videos in the database")
	flag.Float64Var(&o.seconds, "seconds", 4, "seconds of load for each kind of request")
	flag.IntVar(&o.parallel, "parallel", 4, "requests under way at once")
	flag.StringVar(&o.clip, "clip", "", "a file to upload; empty makes 60 s of 720p H.264/AAC with ffmpeg")
	flag.BoolVar(&o.ladder, "ladder", true, "upload a clip and measure its whole ladder")
	flag.StringVar(&o.dir, "dir", "", "directory for data; empty is a temporary one. What an earlier run put there is used as it is")
	flag.StringVar(&o.postgres, "postgres", "", "URL of a PostgreSQL on which a database may be made; empty measures SQLite")
	flag.StringVar(&o.database, "database", "", "URL of a PostgreSQL database of ours that is kept; what an earlier run put there is used as it is")
	flag.IntVar(&o.comments, "comments", 0, "comments on the videos, when they are filled")
	flag.IntVar(&o.crowd.People, "people", 0, "people who follow, watch and are told; 0 leaves out what is asked for by somebody. As it was filled")
	flag.IntVar(&o.crowd.History, "history", 0, "rows of their histories, when they are filled")
	flag.IntVar(&o.crowd.Notifications, "notifications", 0, "their notifications, when they are filled")
	flag.IntVar(&o.local, "local", 0, "how many of the videos are the site's own, beside copies of others; 0 is all")
	flag.BoolVar(&o.federation, "federation", false, "measure what other sites cost, on a database of its own, and nothing else")
	flag.StringVar(&o.only, "only", "", "measure only the requests whose name matches this regular expression")
	flag.BoolVar(&o.idle, "idle", true, "measure what the site takes at rest")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if o.dir == "" {
		dir, err := os.MkdirTemp("", "sepiola-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		o.dir = dir
	}
	binary, err := filepath.Abs(o.binary)
	if err != nil {
		return err
	}
	site := &site{binary: binary, data: filepath.Join(o.dir, "data")}
	kind := "SQLite"
	if o.database != "" {
		kind, site.database = "PostgreSQL", o.database
	} else if o.postgres != "" {
		kind = "PostgreSQL"
		drop, err := site.makeDatabase(ctx, o.postgres)
		if err != nil {
			return err
		}
		defer drop()
	}
	if o.federation {
		return runFederation(ctx, site, o, kind)
	}
	uuids, own, err := site.fill(ctx, o)
	if err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	if err := site.follow(ctx); err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	started, err := site.start(ctx)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	defer site.stop()
	fmt.Printf("## %d videos, %s\n\n", o.videos, kind)
	r := &report{}
	r.add("start to first answer", fmt.Sprintf("%.2f s", started.Seconds()))
	if err := site.settle(ctx); err != nil {
		return err
	}
	if o.idle {
		if err := measureIdle(site, r); err != nil {
			return err
		}
	}
	if err := site.warm(); err != nil {
		return err
	}
	if err := measureRequests(ctx, site, o, uuids, own, r); err != nil {
		return err
	}
	if o.ladder {
		if err := measureUpload(ctx, site, o, r); err != nil {
			return fmt.Errorf("upload: %w", err)
		}
	}
	r.print()
	return nil
}

// report collects the rows of a table.
type report struct{ rows [][2]string }

func (r *report) add(what, value string) { r.rows = append(r.rows, [2]string{what, value}) }

func (r *report) print() {
	fmt.Print("| work | Sepiola |\n|---|---|\n")
	for _, row := range r.rows {
		fmt.Printf("| %s | %s |\n", row[0], row[1])
	}
	fmt.Println()
}
