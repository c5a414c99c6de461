package tracker

import (
	"context"
	"log/slog"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// poller waits for sockets that say nothing, so that none of them needs a
// goroutine: epoll(7) tells which have something to read. Each is told once and
// then armed again. The connection stays one of package net, whose Read and
// Write are used when something is there; only the waiting is done here.
type poller struct {
	queue int      // the descriptor of epoll
	file  *os.File // the same, by which Go waits for it; nil where there is none
	wait  syscall.RawConn
}

// start opens the queue. find returns a socket by its number, or nil.
func (p *poller) start(find func(uint32) *conn, log *slog.Logger) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		log.Warn("the tracker waits for each socket by itself", "err", err)
		return
	}
	// A descriptor that does not block is waited for as any other by Go: a queue
	// of epoll can be in a queue of epoll.
	if err = unix.SetNonblock(fd, true); err == nil {
		p.queue, p.file = fd, os.NewFile(uintptr(fd), "epoll")
		p.wait, err = p.file.SyscallConn()
	}
	if err != nil {
		log.Warn("the tracker waits for each socket by itself", "err", err)
		_ = unix.Close(fd)
		p.file = nil
		return
	}
	go p.run(find, log)
}

// run wakes sockets that have something to read, for as long as the process
// lives.
func (p *poller) run(find func(uint32) *conn, log *slog.Logger) {
	events := make([]unix.EpollEvent, 128)
	for {
		n := 0
		err := p.wait.Read(func(fd uintptr) bool {
			var err error
			for {
				if n, err = unix.EpollWait(int(fd), events, 0); err != unix.EINTR {
					return err == nil && n > 0
				}
			}
		})
		if err != nil {
			log.Error("the tracker cannot wait for its sockets", "err", err)
			return
		}
		for _, e := range events[:n] {
			if c := find(uint32(e.Fd)); c != nil {
				go c.wake(context.Background(), nil)
			}
		}
	}
}

const pollFor = unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLONESHOT

// add takes a socket over, not yet armed. It reports false for one that is not a
// plain connection: what TLS has decrypted already is no business of the kernel.
func (p *poller) add(c *conn) bool {
	if p.file == nil {
		return false
	}
	if _, plain := c.net.(interface{ CloseRead() error }); !plain {
		return false
	}
	polled := p.control(c, unix.EPOLL_CTL_ADD, 0)
	c.mu.Lock()
	c.polled = polled
	c.mu.Unlock()
	return polled
}

// arm lets the poller wake the socket once. It reports false when the socket is
// closed.
func (p *poller) arm(c *conn) bool { return p.control(c, unix.EPOLL_CTL_MOD, pollFor) }

func (p *poller) control(c *conn, what int, events uint32) (ok bool) {
	plain, is := c.net.(syscall.Conn)
	if !is {
		return false
	}
	raw, err := plain.SyscallConn()
	if err != nil {
		return false
	}
	// Fd is data for us; the number is told back with the event.
	e := unix.EpollEvent{Events: events | unix.EPOLLONESHOT, Fd: int32(c.number)}
	err = raw.Control(func(fd uintptr) {
		ok = unix.EpollCtl(p.queue, what, int(fd), &e) == nil
	})
	return ok && err == nil
}
