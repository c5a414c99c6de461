package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"time"
)

// result is what came of a crowd.
type result struct {
	viewers, real, size int
	seconds             float64
	spaces              bool
	why                 error
	took                time.Duration
	sent                int64 // by the site, of the film
	chromium            fared // browsers together
	stalls, stalled     int   // stalls, and viewers that had any
	waited              time.Duration
	startups            []time.Duration
	incomplete          int
	fewest              int // connections of the viewer that had the fewest over time
}

func (h *house) result(took time.Duration) (*result, error) {
	r := &result{
		viewers: len(h.places), real: len(h.browsers), size: h.stream.size, seconds: h.stream.seconds(), spaces: h.lab.hub, why: h.why, took: took,
		fewest: len(h.places),
	}
	var err error
	if r.sent, err = h.site.sent(h.stream.file); err != nil {
		return nil, err
	}
	for _, v := range h.viewers {
		whole := v.whole()
		v.mu.Lock()
		r.add(v.startup, v.stalls, v.waited, whole, v.everMet)
		v.mu.Unlock()
	}
	for _, b := range h.browsers {
		f := b.fared()
		r.chromium.Site += f.Site
		r.chromium.Peers += f.Peers
		r.chromium.Sent += f.Sent
		r.add(milliseconds(f.Startup), f.Stalls, milliseconds(f.Waited), f.Site+f.Peers >= int64(h.stream.size), f.Met)
	}
	return r, nil
}

func milliseconds(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }

func (r *result) add(startup time.Duration, stalls int, waited time.Duration, whole bool, met int) {
	r.startups = append(r.startups, startup)
	r.stalls += stalls
	if stalls > 0 {
		r.stalled++
	}
	r.waited += waited
	if !whole {
		r.incomplete++
	}
	r.fewest = min(r.fewest, met)
}

const mib = 1 << 20

// head writes what the table is about.
func (r *result) head(w io.Writer, o options) {
	way := "Each viewer and the site have a network namespace with a line of their own (tc tbf)"
	if !r.spaces {
		way = fmt.Sprintf("No network namespaces (%v): simulated viewers limit themselves, browsers have no limit", r.why)
	}
	fmt.Fprintf(w, "A film of %.0f s and %.1f MiB in %s. %s: %.1f Mbit/s down and %.1f up for each viewer, %.1f Mbit/s up for the site. %d CPUs for everything.\n\n",
		r.seconds, float64(r.size)/mib, "segments of 4 s", way, float64(o.each.down)/1e6, float64(o.each.up)/1e6, float64(o.site.up)/1e6, runtime.NumCPU())
	fmt.Fprintln(w, "| viewers (real browsers) | they come | all have it after | site sent | without sharing | saved | bound | site's share | stalls (viewers) | start-up, median / longest | browsers: from the site, from others, passed on |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|---|---|")
}

func (r *result) row(w io.Writer, way string) {
	all := float64(r.size) * float64(r.viewers)
	saved := 100 * (1 - float64(r.sent)/all)
	after := fmt.Sprintf("%.0f s", r.took.Seconds())
	if r.incomplete > 0 {
		after = fmt.Sprintf("%d had not after %.0f s", r.incomplete, r.took.Seconds())
	}
	fmt.Fprintf(w, "| %d (%d) | %s | %s | %.1f MiB | %.1f MiB | %.0f %% | %.0f %% | %.2f | %d (%d), %.1f s | %.2f s / %.2f s | %.1f, %.1f, %.1f MiB |\n",
		r.viewers, r.real, way, after, float64(r.sent)/mib, all/mib, saved, 100*float64(r.viewers-1)/float64(r.viewers), float64(r.sent)/all,
		r.stalls, r.stalled, r.waited.Seconds(), median(r.startups).Seconds(), slices.Max(r.startups).Seconds(),
		float64(r.chromium.Site)/mib, float64(r.chromium.Peers)/mib, float64(r.chromium.Sent)/mib)
}

var errTaken = errors.New("a lie was taken, or the liar was not dropped")

// liars is how many lie to a browser that has no other peers.
const liars = 3

// lying lets a browser watch whose only peers send wrong bytes.
func lying(ctx context.Context, o options, dir, clip string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	h, err := openHouse(ctx, o, dir, clip, liars+1)
	if err != nil {
		return err
	}
	defer h.close()
	for i := range liars {
		liar := newViewer(i, h.places[i], h.stream)
		liar.lies = true
		h.add(ctx, liar, o.verbose)
	}
	wait(ctx, 2*time.Second)
	b, err := startBrowser(ctx, o.root, h.places[liars], h.page)
	if err != nil {
		return err
	}
	h.browsers = append(h.browsers, b)
	most := time.Now().Add(time.Duration(o.seconds)*time.Second + time.Minute)
	for ctx.Err() == nil && time.Now().Before(most) && b.fared().At < h.stream.seconds()-1 {
		wait(ctx, 500*time.Millisecond)
	}
	f := b.fared()
	var lies int64
	for _, v := range h.viewers {
		lies += v.passedOn.Load()
	}
	fmt.Printf("%d liars sent %.1f MiB of wrong bytes. The browser refused %d segments by their hash, took %.1f MiB of %.1f from the site, played to %.0f s of %.0f with %d stalls, met %d peers and is connected to %d.\n",
		liars, float64(lies)/mib, f.Refused, float64(f.Site)/mib, float64(h.stream.size)/mib, f.At, h.stream.seconds(), f.Stalls, f.Met, f.Connected)
	if f.Refused == 0 || f.Connected != 0 || f.Site < int64(h.stream.size) || f.At < h.stream.seconds()-1 {
		return errTaken
	}
	return nil
}

// freePort finds a port that nobody listens on.
func freePort(ctx context.Context, at *place) (port int, err error) {
	err = at.space.do(func() error {
		var c net.ListenConfig
		l, err := c.Listen(ctx, "tcp", at.address+":0")
		if err != nil {
			return err
		}
		port = l.Addr().(*net.TCPAddr).Port
		return l.Close()
	})
	return port, err
}
