//go:build !linux

package tracker

import (
	"log/slog"
	"net"
	"syscall"
)

// poller waits for sockets that say nothing, where the system has epoll. Here
// each socket has a goroutine that waits.
type poller struct{}

func (*poller) start(*Tracker, *slog.Logger) {}
func (*poller) raw(net.Conn) syscall.RawConn { return nil }
func (*poller) watch(*conn) bool             { return false }
func (*poller) leave(*conn)                  {}

// transfer is of the poller.
type transfer struct{}

func (*conn) tryWrite([]byte) (int, error) { return 0, nil }

func plain(c net.Conn) interface{ CloseRead() error } {
	it, _ := c.(interface{ CloseRead() error })
	return it
}
