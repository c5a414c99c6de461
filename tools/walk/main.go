// Command walk starts three Sepiola sites and one server of another kind on
// this machine, each with its own name and TLS, and walks through what people
// do between them: they follow each other, publish, comment, like, edit and
// delete. It prints each step with what was expected and what was seen, and
// beneath it each activity that went from one server to another.
//
//	make walk
//
// The sites are a.test, b.test and c.test, the other server (tools/fedipeer,
// made of Fedify) is peer.test; each has an address of its own in 127.0.0.0/8,
// which are others in each walk, so that several may be on their way at once.
// Names are not asked of the DNS. Certificates are of an authority that lives
// as long as the walk. Where port 443 is not to be had it is 8443, which then
// is part of the names. b.test is on PostgreSQL when TEST_POSTGRES_URL names a
// server on which a database may be made, the others are on SQLite.
//
// A step that fails does not end the walk: those that need it are left out, and
// the exit code is 1. -part, -only and -list choose. Linux, ffmpeg; Node.js and
// Chromium for the steps of a viewer.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"time"
)

// options are the command's flags.
type options struct {
	binary, dir, peer, part, only, knock, software, e2e string
	port                                                int
	patience                                            time.Duration
	list, keep, secure, slow                            bool
}

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "bin/sepiola", "the binary to walk with")
	flag.StringVar(&o.dir, "dir", "", "directory for data and logs; empty is a temporary one")
	flag.StringVar(&o.peer, "peer", "tools/fedipeer", "directory of the other server; empty leaves it out")
	flag.StringVar(&o.e2e, "browser", "web/e2e", "directory with the browser's script and its node_modules; empty leaves out what a browser sees")
	flag.StringVar(&o.part, "part", "", "take only the steps between the three sites (sites), or those with the other server (peer)")
	flag.StringVar(&o.only, "only", "", "take only the steps whose name fits this regular expression, and those they need")
	flag.StringVar(&o.knock, "knock", "rfc9421", "the dialect of signatures that the other server tries first: rfc9421 or cavage")
	flag.StringVar(&o.software, "software", "fedipeer", "what the other server says it is: as lemmy it hears of what is said from the channel")
	flag.IntVar(&o.port, "port", 0, "port of all sites; 0 is 443, or 8443 where that is not to be had")
	flag.DurationVar(&o.patience, "patience", 30*time.Second, "how long something may take to arrive")
	flag.BoolVar(&o.list, "list", false, "tell the steps and end")
	flag.BoolVar(&o.keep, "keep", false, "keep data and logs, and the servers running until the command is interrupted")
	flag.BoolVar(&o.secure, "secure", true, "the other server answers signed requests only")
	flag.BoolVar(&o.slow, "slow", false, "take the steps that wait for minutes, too")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	failed, err := run(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "walk:", err)
		os.Exit(2)
	}
	if failed > 0 {
		os.Exit(1)
	}
}

// run walks and returns how many steps failed.
func run(ctx context.Context, o options) (failed int, err error) {
	only, err := regexp.Compile(o.only)
	if err != nil {
		return 0, fmt.Errorf("-only: %w", err)
	}
	var all []step
	switch o.part {
	case "":
		all = append(siteSteps(o), peerSteps(o)...)
	case "sites":
		all, o.peer = siteSteps(o), ""
	case "peer": // which need some of the others
		all = append(siteSteps(o), peerSteps(o)...)
		only = regexp.MustCompile("^peer:.*" + o.only)
	default:
		return 0, fmt.Errorf("-part is sites or peer, not %q", o.part)
	}
	steps := choose(all, only, o)
	if o.list {
		for _, s := range steps {
			fmt.Printf("%-28s %s\n", s.name, s.expect)
		}
		return 0, nil
	}
	if o.dir == "" {
		if o.dir, err = os.MkdirTemp("", "sepiola-walk-"); err != nil {
			return 0, err
		}
		if !o.keep {
			defer os.RemoveAll(o.dir)
		}
	}
	if o.dir, err = filepath.Abs(o.dir); err != nil {
		return 0, err
	}
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return 0, err
	}
	w, err := newWorld(ctx, o)
	if err != nil {
		return 0, err
	}
	defer w.close()
	failed = w.walk(ctx, steps)
	if o.keep {
		fmt.Printf("\nThe servers run until this is interrupted; data and logs are in %s.\nUse %s as SSL_CERT_FILE.\n", o.dir, w.net.caFile)
		<-ctx.Done()
	}
	return failed, nil
}
