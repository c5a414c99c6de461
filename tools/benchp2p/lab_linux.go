package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// space is a network namespace.
type space struct {
	name string
	file *os.File
}

// do runs fn so that the sockets that it makes are in the namespace. A nil
// space is where the process is.
func (s *space) do(fn func() error) error {
	if s == nil {
		return fn()
	}
	runtime.LockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer home.Close()
	if err := unix.Setns(int(s.file.Fd()), unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("enter the namespace %s: %w", s.name, err)
	}
	err = fn()
	if back := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); back != nil {
		return back // the thread stays locked, and ends with its goroutine
	}
	runtime.UnlockOSThread()
	return err
}

// command returns a program that runs in the namespace.
func (s *space) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	if s == nil {
		return exec.CommandContext(ctx, name, args...)
	}
	return exec.CommandContext(ctx, "ip", append([]string{"netns", "exec", s.name, name}, args...)...)
}

// lab is the network between the site and the viewers: a router in a namespace
// of its own, to which each namespace has a line. On one wire each would have to
// know the hardware of all others: the kernel keeps 1,024 such neighbours.
type lab struct {
	prefix string
	hub    bool // namespaces are used
	made   []*space
	next   int
}

const (
	network = "10.207."
	router  = network + "255.254"
)

// newLab makes the router, or a lab without namespaces when that is not
// allowed; why tells what was missing.
func newLab(ctx context.Context, prefer bool) (l *lab, why error) {
	l = &lab{prefix: fmt.Sprintf("p2p%d-", os.Getpid())}
	if !prefer {
		return l, errNotWanted
	}
	hub, err := l.space(ctx, "hub")
	if err == nil {
		err = hub.do(func() error { return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0) })
	}
	if err == nil { // the queue of limited lines may not be in the kernel
		err = run(ctx, "ip", "netns", "exec", hub.name, "tc", "qdisc", "add", "dev", "lo", "root", "tbf", "rate", "1gbit", "burst", "1mb", "latency", "100ms")
	}
	if err == nil {
		err = run(ctx, "ip", "netns", "exec", hub.name, "tc", "qdisc", "del", "dev", "lo", "root")
	}
	if err != nil {
		l.close()
		return l, err
	}
	l.hub = true
	return l, nil
}

func (l *lab) space(ctx context.Context, name string) (*space, error) {
	s := &space{name: l.prefix + name}
	if err := run(ctx, "ip", "netns", "add", s.name); err != nil {
		return nil, err
	}
	l.made = append(l.made, s)
	var err error
	if s.file, err = os.Open(filepath.Join("/run/netns", s.name)); err != nil {
		return nil, err
	}
	return s, s.ip(ctx, "link set lo up")
}

// place makes a place with a line of these speeds.
func (l *lab) place(ctx context.Context, v speeds) (*place, error) {
	if !l.hub {
		return &place{address: "127.0.0.1", down: newBucket(v.down), up: newBucket(v.up)}, nil
	}
	l.next++
	n := l.next
	s, err := l.space(ctx, strconv.Itoa(n))
	if err != nil {
		return nil, err
	}
	p := &place{space: s, address: fmt.Sprintf("%s%d.%d", network, n/250, n%250+1)}
	hub := l.made[0]
	port := "v" + strconv.Itoa(n)
	if err := hub.ip(ctx, "link add "+port+" type veth peer name line netns "+s.name, "addr add "+router+"/32 dev "+port, "link set "+port+" up", "route add "+p.address+"/32 dev "+port); err != nil {
		return nil, err
	}
	if err := s.ip(ctx, "addr add "+p.address+"/32 dev line", "link set line up", "route add "+router+"/32 dev line", "route add default via "+router+" dev line"); err != nil {
		return nil, err
	}
	for _, end := range []struct {
		at   *space
		dev  string
		rate int
	}{{s, "line", v.up}, {hub, port, v.down}} {
		if end.rate == 0 {
			continue
		}
		// The queue holds a second, as those of simple routers do.
		if err := run(ctx, "ip", "netns", "exec", end.at.name, "tc", "qdisc", "add", "dev", end.dev, "root", "tbf",
			"rate", strconv.Itoa(end.rate)+"bit", "burst", strconv.Itoa(max(32<<10, end.rate/8/100)), "latency", "1s"); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// ip runs commands of iproute2 in the namespace.
func (s *space) ip(ctx context.Context, commands ...string) error {
	for _, c := range commands {
		if err := run(ctx, "ip", append([]string{"-n", s.name}, strings.Fields(c)...)...); err != nil {
			return err
		}
	}
	return nil
}

func run(ctx context.Context, name string, args ...string) error {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// close takes down what was made.
func (l *lab) close() {
	for _, s := range l.made {
		if s.file != nil {
			_ = s.file.Close()
		}
		_ = run(context.WithoutCancel(context.Background()), "ip", "netns", "del", s.name)
	}
	l.made, l.hub = nil, false
}
