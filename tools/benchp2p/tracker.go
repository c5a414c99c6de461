package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/webrtc/v4"
)

// meeting is a viewer's side of the tracker: it announces offers and answers
// those of others, as npm bittorrent-tracker's client does.
type meeting struct {
	v   *viewer
	rtc *rtc
	id  string // of the peer

	mu      sync.Mutex
	ws      *websocket.Conn
	pending map[string]*waiting // by offer
}

// waiting is an offer that nobody has answered yet.
type waiting struct {
	pc   *webrtc.PeerConnection
	peer string // who answered
}

const (
	offersEach   = 5
	offerTimeout = 50 * time.Second
)

type description struct {
	Type string `json:"type"`
	SDP  string `json:"sdp"`
}

type offered struct {
	Offer description `json:"offer"`
	ID    string      `json:"offer_id"`
}

// trackerMessage is what goes either way.
type trackerMessage struct {
	Action   string       `json:"action"`
	InfoHash string       `json:"info_hash"`
	PeerID   string       `json:"peer_id"`
	ToPeerID string       `json:"to_peer_id,omitempty"`
	Event    string       `json:"event,omitempty"`
	Want     int          `json:"numwant,omitempty"`
	Left     *int         `json:"left,omitempty"`
	Offers   []offered    `json:"offers,omitempty"`
	Offer    *description `json:"offer,omitempty"`
	Answer   *description `json:"answer,omitempty"`
	OfferID  string       `json:"offer_id,omitempty"`
	Interval int          `json:"interval,omitempty"`
	Failure  string       `json:"failure reason,omitempty"`
}

// random returns a text of letters and digits.
func random(n int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[rand.IntN(len(letters))]
	}
	return string(b)
}

// run stays connected to the tracker until ctx ends.
func (m *meeting) run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := m.session(ctx); err != nil && ctx.Err() == nil {
			m.v.note("tracker: %v", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second + time.Duration(rand.Int64N(int64(3*time.Second)))):
		}
	}
}

func (m *meeting) session(ctx context.Context) error {
	ws, _, err := websocket.Dial(ctx, m.v.stream.trackers[0], &websocket.DialOptions{HTTPClient: m.v.client})
	if err != nil {
		return err
	}
	defer func() { _ = ws.CloseNow() }()
	ws.SetReadLimit(1 << 20)
	m.mu.Lock()
	m.ws = ws
	m.mu.Unlock()
	go m.announce(ctx, "started")
	next := time.AfterFunc(time.Hour, func() { m.announce(ctx, "") })
	defer next.Stop()
	for {
		_, b, err := ws.Read(ctx)
		if err != nil {
			return err
		}
		var in trackerMessage
		if err := json.Unmarshal(b, &in); err != nil {
			return err
		}
		switch {
		case in.Failure != "":
			return fmt.Errorf("refused: %s", in.Failure)
		case in.Offer != nil:
			go m.take(ctx, in)
		case in.Answer != nil:
			m.taken(in)
		case in.Interval > 0:
			next.Reset(time.Duration(in.Interval) * time.Second)
		}
	}
}

func (m *meeting) send(ctx context.Context, out trackerMessage) {
	out.Action, out.InfoHash, out.PeerID = "announce", m.v.stream.swarm, m.id
	b, err := json.Marshal(out)
	if err != nil {
		return
	}
	m.mu.Lock()
	ws := m.ws
	m.mu.Unlock()
	if err := ws.Write(ctx, websocket.MessageText, b); err != nil && ctx.Err() == nil {
		m.v.note("tracker: %v", err)
	}
}

func (m *meeting) announce(ctx context.Context, event string) {
	var list []offered
	for range offersEach {
		id, w := random(20), new(waiting)
		pc, err := m.rtc.offer(func(pc *webrtc.PeerConnection, c *webrtc.DataChannel) {
			m.mu.Lock()
			peer := w.peer
			m.mu.Unlock()
			m.v.meet(peer, pc, c)
		})
		if err != nil {
			m.v.note("offer: %v", err)
			return
		}
		w.pc = pc
		m.mu.Lock()
		m.pending[id] = w
		m.mu.Unlock()
		list = append(list, offered{description{"offer", pc.LocalDescription().SDP}, id})
		time.AfterFunc(offerTimeout, func() { m.drop(id) })
	}
	left := 1
	m.send(ctx, trackerMessage{Event: event, Want: len(list), Offers: list, Left: &left})
}

// drop closes what nobody answered.
func (m *meeting) drop(id string) {
	m.mu.Lock()
	w := m.pending[id]
	delete(m.pending, id)
	m.mu.Unlock()
	if w != nil {
		_ = w.pc.Close()
	}
}

// take answers an offer.
func (m *meeting) take(ctx context.Context, in trackerMessage) {
	if m.v.met(in.PeerID) {
		return
	}
	pc, err := m.rtc.answer(in.Offer.SDP, func(pc *webrtc.PeerConnection, c *webrtc.DataChannel) { m.v.meet(in.PeerID, pc, c) })
	if err != nil {
		m.v.note("answer: %v", err)
		return
	}
	m.send(ctx, trackerMessage{ToPeerID: in.PeerID, OfferID: in.OfferID, Answer: &description{"answer", pc.LocalDescription().SDP}})
}

// taken is told that somebody answered an offer.
func (m *meeting) taken(in trackerMessage) {
	m.mu.Lock()
	w := m.pending[in.OfferID]
	delete(m.pending, in.OfferID)
	if w != nil {
		w.peer = in.PeerID
	}
	m.mu.Unlock()
	if w == nil {
		return
	}
	if err := w.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: in.Answer.SDP}); err != nil {
		m.v.note("answer: %v", err)
		_ = w.pc.Close()
	}
}

// close ends offers that wait.
func (m *meeting) close() {
	m.mu.Lock()
	list := m.pending
	m.pending = map[string]*waiting{}
	m.mu.Unlock()
	for _, w := range list {
		_ = w.pc.Close()
	}
}
