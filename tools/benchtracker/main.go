// Benchtracker drives a tracker over WebSocket and reports how many announces
// it answers a second, what they cost its process, and what connected peers
// weigh. It speaks the protocol only, so it measures any tracker:
//
//	benchtracker -url ws://127.0.0.1:9000/tracker/socket -pid 1234
//
// Peers are spread over swarms and announce one after the other with five
// offers, each peer waiting for its answer before it announces again.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

type options struct {
	url, hash                  string
	pid, peers, swarms, offers int
	idle                       int
	duration                   time.Duration
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
	flag.DurationVar(&o.duration, "duration", 5*time.Second, "how long to measure")
	listen := flag.String("serve", "", "serve this site's tracker alone, without limits, on an address, instead of measuring")
	flag.Parse()
	if *listen != "" {
		if err := serve(*listen); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if err := run(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	before := memory(o.pid)
	stay, err := connect(ctx, o, o.idle, 1_000_000)
	if err != nil {
		return err
	}
	if o.idle > 0 {
		time.Sleep(2 * time.Second) // collectors of garbage take their time
		after := memory(o.pid)
		fmt.Printf("idle peers %d: %.1f MiB, %.1f KiB each\n", o.idle, float64(after)/(1<<20), float64(after-before)/float64(o.idle)/(1<<10))
	}
	defer closeAll(stay)
	active, err := connect(ctx, o, o.peers, 0)
	if err != nil {
		return err
	}
	defer closeAll(active)
	return measure(ctx, o, active)
}

func closeAll(list []*peer) {
	for _, p := range list {
		_ = p.ws.CloseNow()
	}
}

type peer struct {
	ws      *websocket.Conn
	message []byte
}

// connect opens sockets, some at a time, and announces each once.
func connect(ctx context.Context, o options, n, from int) ([]*peer, error) {
	list := make([]*peer, n)
	var wg sync.WaitGroup
	var failed atomic.Pointer[error]
	slots := make(chan struct{}, 50)
	for i := range n {
		wg.Add(1)
		slots <- struct{}{}
		go func() {
			defer wg.Done()
			defer func() { <-slots }()
			p, err := open(ctx, o, from+i)
			if err != nil {
				failed.Store(&err)
				return
			}
			list[i] = p
		}()
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return nil, *err
	}
	return list, nil
}

func open(ctx context.Context, o options, n int) (*peer, error) {
	ws, _, err := websocket.Dial(ctx, o.url, nil)
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(1 << 20)
	hash := o.hash
	if hash == "" {
		hash = fmt.Sprintf("swarm-%014d", n%o.swarms)
	}
	type offer struct {
		Offer map[string]string `json:"offer"`
		ID    string            `json:"offer_id"`
	}
	list := make([]offer, o.offers)
	for i := range list {
		list[i] = offer{map[string]string{"type": "offer", "sdp": strings.Repeat("a=candidate:1 1 udp 2113937151 192.0.2.1 50000 typ host\r\n", 8)}, fmt.Sprintf("%06d-%013d", n, i)}
	}
	m := map[string]any{
		"action": "announce", "info_hash": hash, "peer_id": fmt.Sprintf("peer-%015d", n), "numwant": o.offers, "event": "update",
		"uploaded": 0, "downloaded": 0, "left": 1000, "offers": list,
	}
	p := &peer{ws: ws}
	if p.message, err = json.Marshal(m); err != nil {
		return nil, err
	}
	m["event"], m["offers"] = "started", []offer{}
	first, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	if err := ws.Write(ctx, websocket.MessageText, first); err != nil {
		return nil, err
	}
	return p, p.answered(ctx)
}

var errRefused = errors.New("the tracker refused an announce")

// answered waits for the answer to an announce, past offers of others.
func (p *peer) answered(ctx context.Context) error {
	for {
		_, b, err := p.ws.Read(ctx)
		switch {
		case err != nil:
			return err
		case bytes.Contains(b, []byte("failure reason")):
			return fmt.Errorf("%w: %s", errRefused, b)
		case bytes.Contains(b, []byte(`"complete"`)):
			return nil
		}
	}
}

func measure(ctx context.Context, o options, list []*peer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var done atomic.Int64
	var wg sync.WaitGroup
	end := time.Now().Add(o.duration)
	cpu, began := processor(o.pid), time.Now()
	for _, p := range list {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for time.Now().Before(end) {
				if p.ws.Write(ctx, websocket.MessageText, p.message) != nil || p.answered(ctx) != nil {
					return
				}
				done.Add(1)
			}
		}()
	}
	wg.Wait()
	n, took := done.Load(), time.Since(began)
	fmt.Printf("announces %d in %.1f s: %.0f/s", n, took.Seconds(), float64(n)/took.Seconds())
	if o.pid > 0 && n > 0 {
		spent := processor(o.pid) - cpu
		fmt.Printf(", %.1f µs of CPU each, %.2f cores, memory %.1f MiB", float64(spent.Microseconds())/float64(n), spent.Seconds()/took.Seconds(), float64(memory(o.pid))/(1<<20))
	}
	fmt.Println()
	return nil
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
