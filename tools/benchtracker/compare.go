package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// setting is where the two run.
type setting struct {
	name    string
	tracker string // CPUs of the tracker, as taskset(1) takes them
	peers   string // CPUs of those who ask
}

var settings = []setting{
	{"one core, peers on the other", "0", "1"},
	{"one core, shared with the peers", "0", "0"},
	{"both cores, shared with the peers", "0,1", "0,1"},
}

// contender is a tracker.
type contender struct {
	name, url, address string
	command            []string
}

const npmServer = `import('%s').then(({ default: Server }) => {
	const s = new Server({ udp: false, http: false, ws: true, stats: false })
	s.on('error', (e) => { console.error(e); process.exit(1) })
	s.on('warning', () => {})
	s.listen(%s, '127.0.0.1')
})`

// compare runs both trackers in turn and prints the medians.
func compare(o options, npm string, rounds int) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	module, err := filepath.Abs(filepath.Join(npm, "node_modules/bittorrent-tracker/server.js"))
	if err != nil {
		return err
	}
	const ours, theirs = "9100", "9101"
	contenders := []contender{
		{"ours", "ws://127.0.0.1:" + ours + "/tracker/socket", "127.0.0.1:" + ours, []string{self, "-serve", "127.0.0.1:" + ours}},
		{"npm", "ws://127.0.0.1:" + theirs + "/", "127.0.0.1:" + theirs, []string{"node", "-e", fmt.Sprintf(npmServer, module, theirs)}},
	}
	for _, s := range settings {
		all := map[string][]result{}
		for range rounds {
			for _, c := range contenders {
				r, err := once(o, self, c, s)
				if err != nil {
					return fmt.Errorf("%s: %w", c.name, err)
				}
				fmt.Fprintf(os.Stderr, "%s, %s: %s\n", s.name, c.name, r)
				all[c.name] = append(all[c.name], r)
			}
		}
		rate, cpu := func(r result) float64 { return r.rate() }, func(r result) float64 { return r.each() }
		a, b := all["ours"], all["npm"]
		fmt.Printf("%s: announces a second %.0f and %.0f, %.1f times; CPU each %.1f and %.1f µs, %.1f times; memory %.0f and %.0f MiB\n",
			s.name, median(a, rate), median(b, rate), median(a, rate)/median(b, rate), median(a, cpu), median(b, cpu), median(b, cpu)/median(a, cpu),
			float64(a[0].memory)/(1<<20), float64(b[0].memory)/(1<<20))
	}
	return nil
}

func median(list []result, of func(result) float64) float64 {
	var all []float64
	for _, r := range list {
		all = append(all, of(r))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// once measures one tracker by another process of this program.
func once(o options, self string, c contender, s setting) (r result, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tracker := exec.CommandContext(ctx, "taskset", append([]string{"-c", s.tracker}, c.command...)...)
	tracker.Stderr = os.Stderr
	if err := tracker.Start(); err != nil {
		return r, err
	}
	defer func() { cancel(); _ = tracker.Wait() }()
	for range 100 {
		if conn, err := net.Dial("tcp", c.address); err == nil {
			_ = conn.Close()
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	out, err := exec.CommandContext(ctx, "taskset", "-c", s.peers, self, "-url", c.url, "-pid", fmt.Sprint(tracker.Process.Pid), "-raw",
		"-peers", fmt.Sprint(o.peers), "-swarms", fmt.Sprint(o.swarms), "-offers", fmt.Sprint(o.offers), "-threads", fmt.Sprint(o.threads), "-duration", o.duration.String()).Output()
	if err != nil {
		if failed := new(exec.ExitError); errors.As(err, &failed) {
			err = fmt.Errorf("%w: %s", err, failed.Stderr)
		}
		return r, err
	}
	_, err = fmt.Sscan(string(out), &r.announces, &r.offers, &r.took, &r.cpu, &r.own, &r.memory)
	return r, err
}
