package main

import (
	"context"
	"crypto/rand"
	mathrand "math/rand/v2"
	"time"

	"github.com/pion/webrtc/v4"
)

// peer is another viewer that this one is connected to.
type peer struct {
	v       *viewer
	id      string
	pc      *webrtc.PeerConnection
	channel *webrtc.DataChannel
	join    joiner // of the goroutine that reads
	room    chan struct{}

	// Of the viewer's lock.
	loaded, loading map[int]bool
	getting         *request // what this viewer gets from it
	asked           int      // the number of that request
	began           bool     // bytes of it may come
	late            int      // requests that no bytes came for
	timer           *time.Timer
	upload          context.CancelFunc // of what it gets from this viewer
	uploading       int                // the number of that request
}

const (
	// patience is how long a peer may send nothing of what it was asked for,
	// and maxLate how often.
	patience = 6 * time.Second
	maxLate  = 3
	// pieceSize is the length of the messages that bring a segment, in bytes.
	pieceSize = 16<<10 - 1
	// lowWater is how much waits in the channel before more is written.
	lowWater = 64 << 10
)

// meet is called when a channel to a peer is open.
func (v *viewer) meet(id string, pc *webrtc.PeerConnection, c *webrtc.DataChannel) {
	p := &peer{v: v, id: id, pc: pc, channel: c, room: make(chan struct{}, 1)}
	v.mu.Lock()
	if v.gone || id == "" || v.peers[id] != nil {
		v.mu.Unlock()
		_ = pc.Close()
		return
	}
	v.peers[id] = p
	v.everMet++
	hello := v.announcement()
	v.mu.Unlock()
	c.SetBufferedAmountLowThreshold(lowWater)
	c.OnBufferedAmountLow(func() {
		select {
		case p.room <- struct{}{}:
		default:
		}
	})
	c.OnClose(p.closed)
	c.OnMessage(func(m webrtc.DataChannelMessage) {
		v.place.down.pass(len(m.Data))
		p.heard(m.Data)
	})
	p.say(hello)
}

// met reports whether there is a connection to a peer already.
func (v *viewer) met(id string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.peers[id] != nil
}

func (p *peer) say(c command) { _ = p.channel.Send(c.encode()) }

// closed forgets the peer; what it was sending is fetched elsewhere.
func (p *peer) closed() {
	p.v.mu.Lock()
	if p.v.peers[p.id] == p {
		delete(p.v.peers, p.id)
	}
	p.lose()
	if p.upload != nil {
		p.upload()
	}
	p.v.process()
	p.v.mu.Unlock()
	go func() { _ = p.pc.Close() }()
}

// drop ends the connection.
func (p *peer) drop() { go p.closed() }

// lose ends what the peer was asked for, under the viewer's lock.
func (p *peer) lose() {
	if p.timer != nil {
		p.timer.Stop()
	}
	if p.getting != nil {
		p.getting.source, p.getting.peer = idle, nil
		p.getting = nil
	}
}

func (p *peer) heard(b []byte) {
	if !isCommand(b) {
		p.chunk(b)
		return
	}
	c, whole, err := p.join.add(b)
	if err != nil || !whole {
		return
	}
	p.v.mu.Lock()
	defer p.v.mu.Unlock()
	switch c.kind {
	case announcement:
		p.loaded, p.loading = set(c.loaded), set(c.loading)
		p.v.process()
	case ask:
		p.give(c)
	case cancel:
		if p.upload != nil && p.uploading == c.id {
			p.upload()
			p.upload = nil
		}
	case data:
		if p.getting == nil || p.began || p.getting.segment != c.segment || p.asked != c.id {
			return
		}
		p.began = true
		p.timer.Reset(patience)
		if p.v.stream.segments[c.segment].n-len(p.getting.got) != c.size {
			p.getting.got = nil
			p.drop()
		}
	case sent:
		if p.getting != nil && p.began {
			p.whole(c)
		}
	case absent:
		if p.getting != nil && p.getting.segment == c.segment && p.asked == c.id {
			delete(p.loaded, c.segment)
			p.lose()
			p.v.process()
		}
	}
}

// whole is called when a peer says that it has sent all.
func (p *peer) whole(c command) {
	r := p.getting
	if r.segment != c.segment || p.asked != c.id || len(r.got) != p.v.stream.segments[r.segment].n {
		r.got = nil
		p.drop()
		return
	}
	got, ok := p.v.stream.right(r.segment, r.got)
	r.got = got
	if !ok {
		p.v.refused++
		p.drop()
		return
	}
	p.timer.Stop()
	p.getting, p.late = nil, 0
	p.v.store(r)
}

func (p *peer) chunk(b []byte) {
	p.v.mu.Lock()
	defer p.v.mu.Unlock()
	r := p.getting
	if r == nil || !p.began {
		return
	}
	if len(r.got)+len(b) > p.v.stream.segments[r.segment].n {
		r.got = nil
		p.drop()
		return
	}
	r.got = append(r.got, b...)
	p.v.fromPeers += int64(len(b))
	p.timer.Reset(patience)
}

// get asks the peer for a segment, under the viewer's lock.
func (p *peer) get(r *request) {
	p.getting, p.asked, p.began = r, mathrand.IntN(1000), false
	r.source, r.peer = fromPeer, p
	id := p.asked
	p.timer = time.AfterFunc(patience, func() {
		p.v.mu.Lock()
		defer p.v.mu.Unlock()
		if p.getting != r || p.asked != id {
			return
		}
		p.lose()
		p.late++
		if p.late >= maxLate {
			p.drop()
		}
		go p.say(command{kind: cancel, segment: r.segment, id: id})
		p.v.process()
	})
	go p.say(command{kind: ask, segment: r.segment, id: p.asked, from: len(r.got)})
}

// stop gives up what the peer was asked for, under the viewer's lock.
func (p *peer) stop() {
	r := p.getting
	p.lose()
	if r != nil {
		go p.say(command{kind: cancel, segment: r.segment, id: p.asked})
	}
}

// give sends a segment, under the viewer's lock. Another that is being sent on
// this channel ends.
func (p *peer) give(c command) {
	if p.upload != nil {
		p.upload()
		p.upload = nil
	}
	b := p.v.have[c.segment]
	if p.v.lies && c.segment < len(p.v.stream.segments) {
		b = make([]byte, p.v.stream.segments[c.segment].n)
		_, _ = rand.Read(b)
	}
	if b == nil || c.from > len(b) {
		go p.say(command{kind: absent, segment: c.segment, id: c.id})
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.upload, p.uploading = cancel, c.id
	go p.push(ctx, c, b[c.from:])
}

func (p *peer) push(ctx context.Context, c command, b []byte) {
	p.say(command{kind: data, segment: c.segment, id: c.id, size: len(b)})
	for len(b) > 0 {
		for p.channel.BufferedAmount() > lowWater {
			select {
			case <-ctx.Done():
				return
			case <-p.room:
			case <-time.After(time.Second): // the channel may have ended
				if p.channel.ReadyState() != webrtc.DataChannelStateOpen {
					return
				}
			}
		}
		if ctx.Err() != nil {
			return
		}
		n := min(len(b), pieceSize)
		p.v.place.up.pass(n)
		if p.channel.Send(b[:n]) != nil {
			return
		}
		p.v.passedOn.Add(int64(n))
		b = b[n:]
	}
	p.say(command{kind: sent, segment: c.segment, id: c.id})
	p.v.mu.Lock()
	defer p.v.mu.Unlock()
	if p.upload != nil && p.uploading == c.id && ctx.Err() == nil {
		p.upload()
		p.upload = nil
	}
}

func set(list []int) map[int]bool {
	m := make(map[int]bool, len(list))
	for _, n := range list {
		m[n] = true
	}
	return m
}
