package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// The peers share the processor with the tracker that is measured, so they cost
// as little as can be: descriptors of the kernel without Go's connections, a
// queue of epoll and a buffer for each thread, messages that are masked once for
// all times, and answers of which no more is read than that they are answers.

// peers are connected sockets.
type peers []*peer

type peer struct {
	fd      int
	message []byte // the frame of its announce
	held    []byte // the beginning of a short frame
	skip    int    // bytes of a long frame that are still to come

	answers, offers int64 // that came
}

func (list peers) close() {
	for _, p := range list {
		if p != nil {
			_ = unix.Close(p.fd)
		}
	}
}

// connect opens sockets, some at a time, and announces each once.
func connect(o options, n, from int) (peers, error) {
	u, err := url.Parse(o.url)
	if err != nil {
		return nil, err
	}
	list, errs := make(peers, n), make([]error, n)
	var wg sync.WaitGroup
	slots := make(chan struct{}, 50)
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			list[i], errs[i] = open(o, u, from+i)
		})
	}
	wg.Wait()
	return list, errors.Join(errs...)
}

func open(o options, u *url.URL, n int) (*peer, error) {
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		return nil, err
	}
	defer conn.Close() // a copy of the descriptor stays
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	p := new(peer)
	first, err := p.messages(o, n)
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n%s", u.RequestURI(), u.Host, first); err != nil {
		return nil, err
	}
	in := bufio.NewReader(conn)
	for line := ""; line != "\r\n"; {
		if line, err = in.ReadString('\n'); err != nil {
			return nil, err
		}
	}
	b := make([]byte, 64<<10)
	for p.answers == 0 {
		n, err := in.Read(b)
		if err != nil {
			return nil, err
		}
		if err := p.heard(b[:n]); err != nil {
			return nil, err
		}
	}
	if in.Buffered() > 0 {
		return nil, errEarly
	}
	p.answers, p.offers = 0, 0
	return p, p.take(conn.(*net.TCPConn))
}

// take takes a connection from Go.
func (p *peer) take(conn *net.TCPConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { p.fd, failed = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) })
	return errors.Join(err, failed)
}

var (
	errClosed  = errors.New("the tracker closed a socket")
	errRefused = errors.New("the tracker refused an announce")
	errShort   = errors.New("the tracker does not read")
	errEarly   = errors.New("the tracker sends more than was asked for")
)

// messages makes the announce of a peer, and returns its first one.
func (p *peer) messages(o options, n int) (first []byte, err error) {
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
	b, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	p.message = masked(b)
	m["event"], m["offers"] = "started", []offer{}
	if b, err = json.Marshal(m); err != nil {
		return nil, err
	}
	return masked(b), nil
}

// masked returns the frame of a text of 126 to 65,535 bytes as a client sends it.
func masked(text []byte) []byte {
	mask := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	b := binary.BigEndian.AppendUint16([]byte{0x81, 0x80 | 126}, uint16(len(text)))
	b = append(b, mask[:]...)
	for i, c := range text {
		b = append(b, c^mask[i%4])
	}
	return b
}

// maxAnswer is longer than any answer, and shorter than any offer.
const maxAnswer = 400

// heard counts the answers and the offers in the bytes that came.
func (p *peer) heard(b []byte) error {
	if len(p.held) > 0 {
		b = append(p.held, b...)
		p.held = nil
	}
	for {
		n := min(p.skip, len(b))
		p.skip -= n
		if b = b[n:]; len(b) == 0 {
			return nil
		}
		head, size := 2, 0
		if len(b) >= 4 {
			if size = int(b[1]); size == 126 {
				head, size = 4, int(binary.BigEndian.Uint16(b[2:]))
			}
		}
		switch {
		case size > maxAnswer:
			p.skip = head + size
			p.offers++
		case len(b) < 4 || len(b) < head+size:
			p.held = bytes.Clone(b)
			return nil
		default:
			text := b[head : head+size]
			if bytes.Contains(text, []byte(`"complete"`)) {
				p.answers++
			} else if bytes.Contains(text, []byte("failure reason")) {
				return fmt.Errorf("%w: %s", errRefused, text)
			}
			b = b[head+size:]
		}
	}
}

// announce lets all peers announce, and counts the answers and the offers that
// came.
func (list peers) announce(o options) (answers, offers int64, err error) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // next to nothing is allocated
	until := time.Now().Add(o.duration)
	errs := make([]error, o.threads)
	var wg sync.WaitGroup
	for i := range o.threads {
		var own peers
		for n := i; n < len(list); n += o.threads {
			own = append(own, list[n])
		}
		wg.Go(func() { errs[i] = own.thread(until) })
	}
	wg.Wait()
	for _, p := range list {
		answers, offers = answers+p.answers, offers+p.offers
	}
	return answers, offers, errors.Join(errs...)
}

// thread plays some peers.
func (list peers) thread(until time.Time) error {
	queue, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(queue)
	for i, p := range list {
		if err := unix.EpollCtl(queue, unix.EPOLL_CTL_ADD, p.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(i)}); err != nil {
			return err
		}
		if err := p.say(); err != nil {
			return err
		}
	}
	events, b := make([]unix.EpollEvent, 256), make([]byte, 64<<10)
	for time.Now().Before(until) {
		n, err := unix.EpollWait(queue, events, 100)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
		for _, e := range events[:max(n, 0)] {
			if err := list[e.Fd].readable(b); err != nil {
				return err
			}
		}
	}
	return nil
}

// readable reads what came, and announces again after an answer.
func (p *peer) readable(b []byte) error {
	n, err := unix.Read(p.fd, b)
	switch {
	case errors.Is(err, unix.EINTR) || errors.Is(err, unix.EAGAIN):
		return nil // once more
	case err != nil:
		return err
	case n == 0:
		return errClosed
	}
	before := p.answers
	if err := p.heard(b[:n]); err != nil || p.answers == before {
		return err
	}
	return p.say()
}

func (p *peer) say() error {
	n, err := unix.Write(p.fd, p.message)
	for errors.Is(err, unix.EINTR) {
		n, err = unix.Write(p.fd, p.message)
	}
	if err == nil && n < len(p.message) {
		err = errShort
	}
	return err
}
