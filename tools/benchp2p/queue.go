package main

import (
	"math/rand/v2"
	"slices"
)

// process begins and ends requests, under the lock, by the rules of
// p2p-media-loader: what is needed soon comes from the site, the rest from
// peers that have it.
func (v *viewer) process() {
	if v.gone || v.lies || v.joined.IsZero() {
		return
	}
	queue := v.queue()
	for at, i := range queue {
		r := v.requests[i]
		later := queue[at+1:]
		switch {
		case v.within(i, soon):
			v.hurry(i, r, later)
		case (r == nil || r.source == idle) && v.somebody(i, true):
			if v.count(fromPeer) < peersAtOnce || v.abortLast(fromPeer, later) {
				v.ask(i)
			}
		}
	}
}

// hurry gets a segment that is needed soon.
func (v *viewer) hurry(i int, r *request, later []int) {
	if r != nil && (r.source == fromSite || r.failed >= siteRetries) {
		return
	}
	if v.count(fromSite) < siteAtOnce || v.abortLast(fromSite, later) {
		v.load(i)
		return
	}
	if r != nil && r.source == fromPeer {
		return
	}
	if v.count(fromPeer) < peersAtOnce || v.abortLast(fromPeer, later) {
		v.ask(i)
	}
}

// queue is the segments that are not there, from where hls.js reads to the
// first that is far ahead and that nobody has.
func (v *viewer) queue() (list []int) {
	last := len(v.stream.segments) - 1
	for v.next < last && v.have[v.next] != nil && v.stream.segments[v.next].end < v.at+bufferLength {
		v.next++
	}
	for i := v.next; i <= last; i++ {
		if !v.within(i, soon) && !v.within(i, v.ahead()) && !v.somebody(i, false) {
			break
		}
		if v.have[i] == nil {
			list = append(list, i)
		}
	}
	return list
}

// within reports whether a segment is played in the next seconds.
func (v *viewer) within(i int, seconds float64) bool {
	g := v.stream.segments[i]
	return g.start <= v.at+seconds && v.at <= g.end
}

// ahead is how many seconds ahead the viewer fetches from the site what nobody
// has: as ahead of p2p.ts.
func (v *viewer) ahead() float64 { return 20 + 1.5*float64(len(v.peers)) }

func (v *viewer) count(s source) (n int) {
	for _, r := range v.requests {
		if r.source == s {
			n++
		}
	}
	return n
}

// somebody reports whether a peer has a segment, or, unless loaded, is getting
// it from the site.
func (v *viewer) somebody(i int, loaded bool) bool {
	for _, p := range v.peers {
		if p.loaded[i] || !loaded && p.loading[i] {
			return true
		}
	}
	return false
}

// ask gets a segment from a peer that has it and is not busy with another.
func (v *viewer) ask(i int) {
	var free []*peer
	for _, p := range v.peers {
		if p.getting == nil && p.loaded[i] {
			free = append(free, p)
		}
	}
	if len(free) > 0 {
		free[rand.IntN(len(free))].get(v.request(i))
	}
}

// abortLast ends the request that is needed last, if it is one of later.
func (v *viewer) abortLast(s source, later []int) bool {
	for _, i := range slices.Backward(later) {
		r := v.requests[i]
		if r == nil || r.source != s {
			continue
		}
		if s == fromPeer {
			r.peer.stop()
		} else {
			r.cancel()
			r.source = idle
		}
		return true
	}
	return false
}

// spread fetches, now and then, something from the site that nobody has, so
// that the viewers together do not fetch the same.
func (v *viewer) spread() {
	busy := v.count(fromSite)
	if v.gone || busy >= siteAtOnce || len(v.peers) == 0 {
		return
	}
	var list []int
	for _, i := range v.queue() {
		if r := v.requests[i]; (r == nil || r.source == idle && r.failed < siteRetries) && v.within(i, v.ahead()) && !v.somebody(i, false) {
			list = append(list, i)
		}
	}
	viewers := len(v.peers) + 1
	list = list[:min(len(list), siteAtOnce*viewers)]
	chance := float64(len(list)) / float64(viewers)
	for _, at := range rand.Perm(len(list)) {
		if busy >= siteAtOnce || chance <= 0 {
			return
		}
		if rand.Float64() <= chance {
			v.load(list[at])
			busy++
		}
		chance--
	}
}
