package tracker

import (
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// poller waits for sockets that say nothing, so that none of them needs a
// goroutine: epoll(7) tells which have something to read. Its lanes share the
// sockets, one for each core. The connections stay those of package net, whose
// descriptors are held while they are used; only the waiting is done here.
type poller struct{ lanes []*lane }

// lane is a queue of epoll, and the goroutine that reads the sockets of it.
type lane struct {
	t     *Tracker
	queue int      // the descriptor
	file  *os.File // the same, by which Go waits for it
	wait  syscall.RawConn
}

// perRound is how many sockets are read before what they cause is written.
const perRound = 64

// start opens the queues.
func (p *poller) start(t *Tracker, log *slog.Logger) {
	for range runtime.GOMAXPROCS(0) {
		l, err := openLane(t)
		if err != nil {
			log.Warn("the tracker has not all queues to wait for its sockets", "err", err)
			return
		}
		p.lanes = append(p.lanes, l)
		go l.run(log)
	}
}

func openLane(t *Tracker) (*lane, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	// A descriptor that does not block is waited for as any other by Go: a queue
	// of epoll can be in a queue of epoll.
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	l := &lane{t: t, queue: fd, file: os.NewFile(uintptr(fd), "epoll")}
	if l.wait, err = l.file.SyscallConn(); err != nil {
		_ = l.file.Close()
		return nil, err
	}
	return l, nil
}

// run reads what has come, for as long as the process lives.
func (l *lane) run(log *slog.Logger) {
	events := make([]unix.EpollEvent, perRound)
	n := 0
	some := func(fd uintptr) bool {
		var err error
		for {
			if n, err = unix.EpollWait(int(fd), events, 0); err != unix.EINTR {
				return err == nil && n > 0
			}
		}
	}
	var r round
	for {
		if err := l.wait.Read(some); err != nil {
			log.Error("the tracker cannot wait for its sockets", "err", err)
			return
		}
		r.begin(l.t)
		for i := range events[:n] {
			if c := l.t.sockets.byNumber(uint32(events[i].Fd)); c != nil {
				c.readable(&r)
			}
		}
		r.end()
		runtime.Gosched() // when there is always something, others want to live too
	}
}

// readable handles what has come on a socket.
func (c *conn) readable(r *round) {
	if c.secure {
		go c.wakeSecure()
		return
	}
	n, err := r.io.read(c.raw, r.space())
	switch {
	case errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR):
		return // there will be more
	case err != nil || n == 0 || c.isClosed():
		c.end()
	default:
		c.wake(r, r.buffer[:n])
	}
}

// connection is what the poller needs of a connection.
type connection interface {
	CloseRead() error
	SyscallConn() (syscall.RawConn, error)
}

// plain returns the connection under TLS or itself; nil when it is of another
// kind.
func plain(c net.Conn) connection {
	if s, secure := c.(*tls.Conn); secure {
		c = s.NetConn()
	}
	it, _ := c.(connection)
	return it
}

// raw returns the descriptor of a connection that the poller can watch, nil for
// another.
func (p *poller) raw(c net.Conn) syscall.RawConn {
	it := plain(c)
	if it == nil || len(p.lanes) == 0 {
		return nil
	}
	raw, err := it.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// watch lets the poller wake the socket; one of TLS once, as a goroutine reads it
// then. It reports false when the socket is closed.
func (p *poller) watch(c *conn) bool {
	c.mu.Lock()
	c.polled = true
	c.mu.Unlock()
	events, what := uint32(unix.EPOLLIN|unix.EPOLLRDHUP), unix.EPOLL_CTL_ADD
	if c.secure {
		events |= unix.EPOLLONESHOT
	}
	if c.watched {
		what = unix.EPOLL_CTL_MOD
	}
	c.watched = true
	return p.control(c, what, events)
}

// leave keeps the poller from waking the socket.
func (p *poller) leave(c *conn) {
	c.watched = false
	p.control(c, unix.EPOLL_CTL_DEL, 0)
}

func (p *poller) control(c *conn, what int, events uint32) (ok bool) {
	// Fd is data for us; the number is told back with the event.
	e := unix.EpollEvent{Events: events, Fd: int32(c.number)}
	queue := p.lanes[int(c.number)%len(p.lanes)].queue
	err := c.raw.Control(func(fd uintptr) {
		ok = unix.EpollCtl(queue, what, int(fd), &e) == nil
	})
	return ok && err == nil
}

// transfer reads or writes what there is or the kernel takes at once. It is kept
// for the next time, as its functions are.
type transfer struct {
	b           []byte
	n           int
	err         error
	reads, puts func(fd uintptr) bool
}

// read returns 0 bytes at the end.
func (x *transfer) read(c syscall.RawConn, b []byte) (int, error) {
	if x.reads == nil {
		x.reads = func(fd uintptr) bool {
			x.n, x.err = unix.Read(int(fd), x.b)
			return true
		}
	}
	x.b, x.n, x.err = b, 0, nil
	if err := c.Read(x.reads); err != nil {
		return 0, err
	}
	return x.n, x.err
}

func (x *transfer) write(c syscall.RawConn, b []byte) (int, error) {
	if x.puts == nil {
		x.puts = func(fd uintptr) bool {
			x.n, x.err = unix.Write(int(fd), x.b)
			return true
		}
	}
	x.b, x.n, x.err = b, 0, nil
	err := c.Write(x.puts)
	x.b = nil
	switch {
	case err != nil:
		return 0, err
	case errors.Is(x.err, unix.EAGAIN) || errors.Is(x.err, unix.EINTR):
		return 0, nil
	case x.err != nil:
		return 0, x.err
	case x.n < 0:
		return 0, io.ErrShortWrite
	}
	return x.n, nil
}

var transfers = sync.Pool{New: func() any { return new(transfer) }}

// tryWrite writes what the kernel takes at once, which is nothing where another
// way has to be gone.
func (c *conn) tryWrite(b []byte) (int, error) {
	if c.raw == nil || c.secure {
		return 0, nil
	}
	x := transfers.Get().(*transfer)
	defer transfers.Put(x)
	return x.write(c.raw, b)
}
