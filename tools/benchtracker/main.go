// Benchtracker drives a tracker over WebSocket and reports how many announces
// it answers a second, what they cost its process, and what connected peers
// weigh. It speaks the protocol only, so it measures any tracker:
//
//	benchtracker -url ws://127.0.0.1:9000/tracker/socket -pid 1234
//
// Peers are spread over swarms and announce one after the other with five
// offers, each peer waiting for its answer before it announces again. With
// -beside it starts our tracker and npm's bittorrent-tracker in turn, several
// times, on one core and on two, and prints a table:
//
//	npm install --prefix /tmp/npm bittorrent-tracker@11
//	benchtracker -beside /tmp/npm
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

type options struct {
	url, hash                  string
	pid, peers, swarms, offers int
	idle, threads              int
	duration                   time.Duration
	raw                        bool
}

func main() {
	var o options
	flag.StringVar(&o.url, "url", "ws://127.0.0.1:9000/tracker/socket", "address of the tracker")
	flag.StringVar(&o.hash, "hash", "", "use this info hash (20 characters) instead of made-up ones")
	flag.IntVar(&o.pid, "pid", 0, "process of the tracker, to read what it costs")
	flag.IntVar(&o.peers, "peers", 200, "peers that announce")
	flag.IntVar(&o.swarms, "swarms", 20, "swarms they are in")
	flag.IntVar(&o.offers, "offers", 5, "offers of each announce")
	flag.IntVar(&o.idle, "idle", 0, "peers that announce once and then only stay")
	flag.IntVar(&o.threads, "threads", runtime.NumCPU(), "threads that play the peers")
	flag.DurationVar(&o.duration, "duration", 5*time.Second, "how long to measure")
	flag.BoolVar(&o.raw, "raw", false, "print bare numbers, in nanoseconds and bytes")
	listen := flag.String("serve", "", "serve this site's tracker alone, without limits, on an address, instead of measuring")
	beside := flag.String("beside", "", "compare with npm's tracker, which is installed in this directory")
	rounds := flag.Int("rounds", 3, "how often to compare")
	flag.Parse()
	var err error
	switch {
	case *listen != "":
		err = serve(*listen)
	case *beside != "":
		err = compare(o, *beside, *rounds)
	default:
		err = run(o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// result is what one run measured.
type result struct {
	announces int64 // that were answered
	offers    int64 // that came
	took      time.Duration
	cpu, own  time.Duration // of the tracker and of this process
	memory    int64         // of the tracker at the end
}

func (r result) rate() float64 { return float64(r.announces) / r.took.Seconds() }

// each is the tracker's time for an announce in microseconds.
func (r result) each() float64 {
	return float64(r.cpu.Microseconds()) / float64(max(r.announces, 1))
}

func (r result) String() string {
	s := fmt.Sprintf("announces %d in %.1f s: %.0f/s, %.2f offers passed for each, %.1f µs of CPU each for who asks", r.announces, r.took.Seconds(), r.rate(),
		float64(r.offers)/float64(max(r.announces, 1)), float64(r.own.Microseconds())/float64(max(r.announces, 1)))
	if r.memory > 0 {
		s += fmt.Sprintf("; the tracker: %.1f µs of CPU each, %.2f cores, memory %.1f MiB", r.each(), r.cpu.Seconds()/r.took.Seconds(), float64(r.memory)/(1<<20))
	}
	return s
}

func run(o options) error {
	before := memory(o.pid)
	stay, err := connect(o, o.idle, 1_000_000)
	if err != nil {
		return err
	}
	defer stay.close()
	if o.idle > 0 {
		time.Sleep(2 * time.Second) // collectors of garbage take their time
		after := memory(o.pid)
		fmt.Printf("idle peers %d: %.1f MiB, %.1f KiB each\n", o.idle, float64(after)/(1<<20), float64(after-before)/float64(o.idle)/(1<<10))
	}
	r, err := measure(o)
	if err != nil {
		return err
	}
	if o.raw {
		fmt.Println(r.announces, r.offers, int64(r.took), int64(r.cpu), int64(r.own), r.memory)
		return nil
	}
	fmt.Println(r)
	return nil
}

// measure lets peers announce for as long as the options say.
func measure(o options) (r result, err error) {
	active, err := connect(o, o.peers, 0)
	if err != nil {
		return r, err
	}
	defer active.close()
	cpu, own, began := processor(o.pid), processor(os.Getpid()), time.Now()
	if r.announces, r.offers, err = active.announce(o); err != nil {
		return r, err
	}
	r.took, r.cpu, r.own, r.memory = time.Since(began), processor(o.pid)-cpu, processor(os.Getpid())-own, memory(o.pid)
	return r, nil
}

// processor is the CPU time of a process and of its threads.
func processor(pid int) time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	const user, system, tick = 11, 12, 10 * time.Millisecond
	var sum time.Duration
	for _, i := range []int{user, system} {
		n, _ := strconv.Atoi(fields[i])
		sum += time.Duration(n) * tick
	}
	return sum
}

// memory is the PSS of a process in bytes.
func memory(pid int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n << 10
		}
	}
	return 0
}
