package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// load is one kind of request. url gives the n-th of them, so that a run does
// not ask for the same thing again and again.
type load struct {
	name   string
	url    func(n int) string
	header http.Header
	// token gives the access token of who asks; nil is nobody.
	token  func(n int) string
	method string
	status int
	// body and from give the n-th request a body, of JSON, and an address of
	// its sender; nil neither.
	body, from func(n int) string
	parallel   int // 0 as all loads
}

// result is what a load has cost.
type result struct {
	requests int64
	wall     time.Duration
	cpu      time.Duration
	took     []time.Duration // of each request, ascending
}

// under is the time that 99 of 100 requests stayed under, as their client saw
// it: on cores that it shares with the server.
func (r result) under() time.Duration { return r.took[len(r.took)*99/100] }

func (r result) perSecond() float64 { return float64(r.requests) / r.wall.Seconds() }

// cpuMillis is the server's CPU time for one request.
func (r result) cpuMillis() float64 {
	return r.cpu.Seconds() * 1000 / float64(r.requests)
}

// drive runs a load for a while and reads the CPU time the server used.
func drive(ctx context.Context, pids []int, l load, seconds float64, parallel int) (result, error) {
	if l.parallel > 0 {
		parallel = l.parallel
	}
	client := &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: parallel, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	if err := once(ctx, client, l, 0); err != nil { // warm, and see that it works
		return result{}, fmt.Errorf("%s: %w", l.name, err)
	}
	before, err := cpuOf(pids)
	if err != nil {
		return result{}, err
	}
	start := time.Now()
	deadline := start.Add(time.Duration(seconds * float64(time.Second)))
	var n atomic.Int64
	var firstErr atomic.Pointer[error]
	var wg sync.WaitGroup
	took := make([][]time.Duration, parallel)
	for i := range parallel {
		wg.Go(func() {
			for time.Now().Before(deadline) && firstErr.Load() == nil {
				asked := time.Now()
				if err := once(ctx, client, l, int(n.Add(1))); err != nil {
					firstErr.CompareAndSwap(nil, &err)
				}
				took[i] = append(took[i], time.Since(asked))
			}
		})
	}
	wg.Wait()
	if err := firstErr.Load(); err != nil {
		return result{}, fmt.Errorf("%s: %w", l.name, *err)
	}
	wall := time.Since(start)
	after, err := cpuOf(pids)
	all := slices.Concat(took...)
	slices.Sort(all)
	return result{n.Load(), wall, after - before, all}, err
}

func cpuOf(pids []int) (time.Duration, error) {
	var sum time.Duration
	for _, pid := range pids {
		own, _, err := cpu(pid)
		if err != nil {
			return 0, err
		}
		sum += own
	}
	return sum, nil
}

func once(ctx context.Context, client *http.Client, l load, n int) error {
	method := l.method
	if method == "" {
		method = http.MethodGet
	}
	var body io.Reader
	if l.body != nil {
		body = strings.NewReader(l.body(n))
	}
	req, err := http.NewRequestWithContext(ctx, method, l.url(n), body)
	if err != nil {
		return err
	}
	if l.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if l.from != nil {
		req.Header.Set("X-Forwarded-For", l.from(n))
	}
	if l.token != nil {
		req.Header.Set("Authorization", "Bearer "+l.token(n))
	}
	for k, v := range l.header {
		req.Header[k] = v
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	want := l.status
	if want == 0 {
		want = http.StatusOK
	}
	if res.StatusCode != want {
		return fmt.Errorf("%s answered %s", req.URL, res.Status)
	}
	return nil
}
