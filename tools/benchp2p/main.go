// Benchp2p shows what a site saves when viewers share what they watch: it starts
// a site with one film, lets many viewers watch it, and counts who sent what.
//
//	go run ./tools/benchp2p -viewers 2,10,50,100
//
// A few viewers are real browsers (headless Chromium with this site's player);
// the others are simulated: they speak to the tracker, connect by WebRTC (pion),
// and speak p2p-media-loader's protocol with the browsers and with each other,
// choosing between site and peers by the same rules. Where network namespaces
// can be made (Linux, root), each viewer and the site have a line of their own
// whose speed the kernel limits; elsewhere all share the machine's loopback, and
// simulated viewers limit themselves, browsers not at all.
//
// With -lying, simulated viewers say that they have everything and send wrong
// bytes; the tool fails if a browser takes any of it, stays with them, or stops.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

type options struct {
	binary, root      string
	viewers           []int
	browsers          int
	seconds, kbits    int
	each, site        speeds
	stagger, longest  time.Duration
	spaces, lying     bool
	together, onebyon bool
	verbose           bool
}

var errNotWanted = errors.New("not wanted")

func main() {
	var o options
	var viewers string
	flag.StringVar(&o.binary, "binary", "bin/sepiola", "the site")
	flag.StringVar(&o.root, "root", ".", "the source tree, for web/e2e")
	flag.StringVar(&viewers, "viewers", "2,10,50,100", "how many viewers, in turn")
	flag.IntVar(&o.browsers, "browsers", 2, "how many of them are real browsers, at most")
	flag.IntVar(&o.seconds, "seconds", 300, "length of the film")
	flag.IntVar(&o.kbits, "kbits", 96, "bit rate of the film's picture, kbit/s")
	flag.IntVar(&o.each.down, "down", 8_000_000, "speed of each viewer's line to the viewer, bit/s; 0 is no limit")
	flag.IntVar(&o.each.up, "up", 4_000_000, "speed of each viewer's line from the viewer, bit/s; 0 is no limit")
	flag.IntVar(&o.site.up, "site", 100_000_000, "speed of the site's line, bit/s; 0 is no limit")
	flag.DurationVar(&o.stagger, "stagger", time.Second, "time between two viewers that come one after another")
	flag.DurationVar(&o.longest, "longest", 0, "when to give up waiting for viewers to have everything; 0 is the film's length and a minute")
	flag.BoolVar(&o.spaces, "namespaces", true, "use network namespaces where that is allowed")
	flag.BoolVar(&o.together, "together", true, "measure viewers that come at once")
	flag.BoolVar(&o.onebyon, "apart", true, "measure viewers that come one after another")
	flag.BoolVar(&o.lying, "lying", false, "show what becomes of viewers that send wrong bytes, instead of measuring")
	flag.BoolVar(&o.verbose, "v", false, "tell what goes wrong on the way")
	flag.Parse()
	for text := range strings.SplitSeq(viewers, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 2 {
			fmt.Fprintln(os.Stderr, "-viewers: numbers from 2 on, with commas")
			os.Exit(2)
		}
		o.viewers = append(o.viewers, n)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

// bench makes the film once and lets each crowd see it on a fresh network.
func bench(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "benchp2p-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if o.binary, err = filepath.Abs(o.binary); err != nil {
		return err
	}
	if o.longest == 0 {
		o.longest = time.Duration(o.seconds+60) * time.Second
	}
	clip := filepath.Join(dir, "film.mp4")
	if err := makeClip(ctx, clip, o.seconds, o.kbits); err != nil {
		return err
	}
	if o.lying {
		return lying(ctx, o, dir, clip)
	}
	first := true
	for _, way := range []struct {
		name    string
		wanted  bool
		stagger time.Duration
	}{{"together", o.together, 0}, {"one after another", o.onebyon, o.stagger}} {
		if !way.wanted {
			continue
		}
		for _, n := range o.viewers {
			r, err := crowd(ctx, o, dir, clip, n, way.stagger)
			if err != nil {
				return fmt.Errorf("%d viewers: %w", n, err)
			}
			if first {
				r.head(os.Stdout, o)
				first = false
			}
			r.row(os.Stdout, way.name)
		}
	}
	return nil
}

// crowd lets n viewers watch, each coming stagger after the one before.
func crowd(ctx context.Context, o options, dir, clip string, n int, stagger time.Duration) (*result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	h, err := openHouse(ctx, o, dir, clip, n)
	if err != nil {
		return nil, err
	}
	defer h.close()
	h.real = min(o.browsers, n/2)
	began := time.Now()
	for i, p := range h.places {
		if err := h.enter(ctx, o, i, p); err != nil {
			return nil, err
		}
		wait(ctx, stagger)
	}
	for time.Since(began) < o.longest && !h.whole() && ctx.Err() == nil {
		wait(ctx, 500*time.Millisecond)
	}
	took := time.Since(began)
	wait(ctx, 1500*time.Millisecond) // browsers tell once a second
	if err := ctx.Err(); err != nil {
		return nil, err // a row of half a run would be wrong
	}
	return h.result(took)
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// house is a site with its viewers.
type house struct {
	lab      *lab
	why      error // why there are no namespaces
	site     *site
	stream   *stream
	page     string
	places   []*place
	real     int
	browsers []*browser
	viewers  []*viewer
	leave    []func()
}

// openHouse starts a site with the film, and makes n places for viewers.
func openHouse(ctx context.Context, o options, dir, clip string, n int) (*house, error) {
	h := &house{}
	h.lab, h.why = newLab(ctx, o.spaces)
	if err := h.open(ctx, o, dir, clip, n); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

func (h *house) open(ctx context.Context, o options, dir, clip string, n int) error {
	at, err := h.lab.place(ctx, o.site)
	if err != nil {
		return err
	}
	data, err := os.MkdirTemp(dir, "site-")
	if err != nil {
		return err
	}
	port, err := freePort(ctx, at)
	if err != nil {
		return err
	}
	if h.site, err = startSite(ctx, o.binary, data, at, port); err != nil {
		return err
	}
	uuid, err := h.site.publish(ctx, clip)
	if err != nil {
		return err
	}
	h.page = h.site.url + "/w/" + uuid
	if h.stream, err = openStream(ctx, h.site.client, h.site.url, uuid); err != nil {
		return err
	}
	for range n {
		p, err := h.lab.place(ctx, o.each)
		if err != nil {
			return err
		}
		h.places = append(h.places, p)
	}
	return nil
}

// enter lets viewer i begin: every few a browser, until there are enough.
func (h *house) enter(ctx context.Context, o options, i int, p *place) error {
	if every := len(h.places) / max(1, h.real); h.real > 0 && i%every == every-1 && len(h.browsers) < h.real {
		b, err := startBrowser(ctx, o.root, p, h.page)
		if err == nil {
			h.browsers = append(h.browsers, b)
		}
		return err
	}
	h.add(ctx, newViewer(i, p, h.stream), o.verbose)
	return nil
}

// add lets a simulated viewer begin.
func (h *house) add(ctx context.Context, v *viewer, loud bool) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	v.loud = loud
	go func() {
		defer close(done)
		if err := v.run(ctx); err != nil {
			fmt.Fprintf(os.Stderr, "viewer %d: %v\n", v.n, err)
		}
	}()
	h.viewers = append(h.viewers, v)
	h.leave = append(h.leave, func() { cancel(); <-done })
}

// whole reports whether everybody has everything.
func (h *house) whole() bool {
	for _, v := range h.viewers {
		if !v.whole() {
			return false
		}
	}
	for _, b := range h.browsers {
		if f := b.fared(); f.Site+f.Peers < int64(h.stream.size) {
			return false
		}
	}
	return true
}

func (h *house) close() {
	for _, b := range h.browsers {
		b.close()
	}
	for _, leave := range h.leave {
		leave()
	}
	if h.site != nil {
		h.site.stop()
	}
	h.lab.close()
}

// median of some times.
func median(list []time.Duration) time.Duration {
	if len(list) == 0 {
		return 0
	}
	slices.SortFunc(list, cmp.Compare)
	return list[len(list)/2]
}
