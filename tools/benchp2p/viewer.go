package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// viewer plays a stream as this site's player does: p2p-media-loader's rules of
// what comes from the site and what from others, with hls.js' buffer in front.
// It shows nothing.
type viewer struct {
	n      int
	place  *place
	client *http.Client
	stream *stream
	lies   bool // passes wrong bytes on
	loud   bool

	passedOn atomic.Int64

	mu       sync.Mutex
	peers    map[string]*peer
	have     map[int][]byte
	requests map[int]*request
	gone     bool
	joined   time.Time
	last     time.Time
	next     int     // the segment that hls.js waits for
	at       float64 // seconds
	playing  bool
	stalled  bool

	startup             time.Duration
	stalls              int
	waited              time.Duration // in stalls
	fromSite, fromPeers int64
	refused, everMet    int
}

// source is where a segment is being loaded from.
type source int

const (
	idle source = iota
	fromSite
	fromPeer
)

// request is a segment that is not there yet.
type request struct {
	segment int
	got     []byte // what came so far
	source  source
	peer    *peer
	cancel  context.CancelFunc
	failed  int
}

// What the player is set to: seconds that come from the site when others are
// late, requests at once, and how far hls.js reads ahead.
const (
	soon         = 15.0
	siteAtOnce   = 2
	peersAtOnce  = 3
	siteRetries  = 3
	bufferLength = 20.0
)

func newViewer(n int, p *place, s *stream) *viewer {
	return &viewer{n: n, place: p, client: p.client(), stream: s, peers: map[string]*peer{}, have: map[int][]byte{}, requests: map[int]*request{}}
}

// run watches until ctx ends.
func (v *viewer) run(ctx context.Context) error {
	r, err := newRTC(v.place)
	if err != nil {
		return err
	}
	m := &meeting{v: v, rtc: r, id: "-PM0202-" + random(12), pending: map[string]*waiting{}}
	go m.run(ctx)
	defer m.close()
	defer v.leave()
	v.mu.Lock()
	v.joined = time.Now()
	v.last = v.joined
	v.mu.Unlock()
	if v.lies {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	spread := time.NewTimer(v.spreadAfter())
	defer spread.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			v.mu.Lock()
			v.play(time.Now())
			if i%5 == 0 {
				v.process()
			}
			v.mu.Unlock()
		case <-spread.C:
			v.mu.Lock()
			v.spread()
			v.mu.Unlock()
			spread.Reset(v.spreadAfter())
		}
	}
}

// leave ends all connections.
func (v *viewer) leave() {
	v.mu.Lock()
	v.gone = true
	for _, r := range v.requests {
		if r.cancel != nil {
			r.cancel()
		}
	}
	var list []*peer
	for _, p := range v.peers {
		list = append(list, p)
	}
	v.mu.Unlock()
	for _, p := range list {
		p.closed()
	}
	v.client.CloseIdleConnections()
}

func (v *viewer) note(format string, args ...any) {
	if v.loud {
		fmt.Fprintf(os.Stderr, "viewer %d: %s\n", v.n, fmt.Sprintf(format, args...))
	}
}

// whole reports whether the viewer has the whole stream.
func (v *viewer) whole() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.lies || len(v.have) == len(v.stream.segments)
}

// play moves the picture on.
func (v *viewer) play(now time.Time) {
	passed := now.Sub(v.last)
	v.last = now
	if !v.playing {
		if v.have[0] != nil {
			v.playing, v.startup = true, now.Sub(v.joined)
		}
		return
	}
	if v.at >= v.stream.seconds() {
		return
	}
	i := v.segmentAt(v.at)
	if v.have[i] != nil {
		v.stalled = false
		v.at += passed.Seconds()
		return
	}
	if !v.stalled {
		v.stalled = true
		v.stalls++
	}
	v.waited += passed
}

func (v *viewer) segmentAt(t float64) int {
	for i := v.segmentNear(t); i < len(v.stream.segments); i++ {
		if t < v.stream.segments[i].end {
			return i
		}
	}
	return len(v.stream.segments) - 1
}

// segmentNear is a segment that begins before t, near it.
func (v *viewer) segmentNear(t float64) int {
	i := int(t / v.stream.seconds() * float64(len(v.stream.segments)))
	for i = min(i, len(v.stream.segments)-1); i > 0 && v.stream.segments[i].start > t; {
		i--
	}
	return i
}

// announcement is what peers are told of this viewer.
func (v *viewer) announcement() command {
	c := command{kind: announcement}
	for i := range v.stream.segments {
		if v.lies || v.have[i] != nil {
			c.loaded = append(c.loaded, i)
		} else if r := v.requests[i]; r != nil && r.source == fromSite {
			c.loading = append(c.loading, i)
		}
	}
	return c
}

func (v *viewer) tellAll() {
	c := v.announcement()
	for _, p := range v.peers {
		go p.say(c)
	}
}

// store keeps a segment that is whole, under the lock.
func (v *viewer) store(r *request) {
	r.source, r.peer = idle, nil
	v.have[r.segment] = r.got
	delete(v.requests, r.segment)
	v.tellAll()
	v.process()
}

// load fetches a segment from the site, under the lock.
func (v *viewer) load(i int) {
	r := v.request(i)
	if r.failed >= siteRetries {
		return
	}
	if r.source == fromPeer {
		r.peer.stop()
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.source, r.cancel = fromSite, cancel
	go v.fetch(ctx, r, len(r.got))
	v.tellAll()
}

func (v *viewer) request(i int) *request {
	r := v.requests[i]
	if r == nil {
		r = &request{segment: i}
		v.requests[i] = r
	}
	return r
}

func (v *viewer) fetch(ctx context.Context, r *request, from int) {
	err := v.read(ctx, r, from)
	v.mu.Lock()
	defer v.mu.Unlock()
	if ctx.Err() != nil { // something else was more urgent
		return
	}
	r.cancel()
	if err == nil {
		b, ok := v.stream.right(r.segment, r.got)
		if ok {
			r.got = b
			v.store(r)
			return
		}
		r.got = nil // the beginning came from a peer, and was wrong
		v.refused++
	} else {
		v.note("segment %d: %v", r.segment, err)
	}
	r.source = idle
	r.failed++
	time.AfterFunc(time.Second, func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		r.failed = 0
		v.process()
	})
}

// read appends what the site sends of a segment.
func (v *viewer) read(ctx context.Context, r *request, from int) error {
	g := v.stream.segments[r.segment]
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, v.stream.file, nil)
	if err != nil {
		return err
	}
	q.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", g.first+from, g.first+g.n-1))
	res, err := v.client.Do(q)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusPartialContent {
		return fmt.Errorf("the site answered %s", res.Status)
	}
	b := make([]byte, 32<<10)
	for {
		n, err := res.Body.Read(b)
		v.place.down.pass(n)
		v.mu.Lock()
		if ctx.Err() != nil {
			v.mu.Unlock()
			return ctx.Err()
		}
		r.got = append(r.got, b[:n]...)
		v.fromSite += int64(n)
		v.mu.Unlock()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if len(r.got) != g.n {
		return io.ErrUnexpectedEOF
	}
	return nil
}

func (v *viewer) spreadAfter() time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	return time.Second + time.Duration(rand.Float64()*float64(len(v.peers))*float64(time.Second))
}
