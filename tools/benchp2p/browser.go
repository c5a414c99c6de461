package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// browser is a real one, headless Chromium, driven by web/e2e/viewers.mjs. It
// tells every second how it fares.
type browser struct {
	cmd   *exec.Cmd
	stdin io.Closer

	mu   sync.Mutex
	last fared
}

// fared is what a browser tells. Times are milliseconds, the rest bytes and
// counts.
type fared struct {
	Startup   float64 `json:"startup"`
	Stalls    int     `json:"stalls"`
	Waited    float64 `json:"waited"`
	At        float64 `json:"at"`
	Site      int64   `json:"site"`
	Peers     int64   `json:"peers"`
	Sent      int64   `json:"sent"`
	Connected int     `json:"connected"`
	Met       int     `json:"met"`     // peers, over time
	Refused   int     `json:"refused"` // segments whose hash was wrong
	Trouble   string  `json:"trouble"`
}

func startBrowser(ctx context.Context, root string, at *place, page string) (*browser, error) {
	b := &browser{cmd: at.space.command(ctx, "node", filepath.Join(root, "web/e2e/viewers.mjs"), page)}
	b.cmd.Stderr = os.Stderr
	b.cmd.WaitDelay = 10 * time.Second
	in, err := b.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	b.stdin = in
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := b.cmd.Start(); err != nil {
		return nil, err
	}
	go b.listen(out)
	return b, nil
}

func (b *browser) listen(out io.Reader) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var f fared
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			fmt.Fprintf(os.Stderr, "a browser says %q\n", lines.Text())
			continue
		}
		b.mu.Lock()
		b.last = f
		b.mu.Unlock()
	}
}

func (b *browser) fared() fared {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.last
}

// close ends the browser: the script does so when nobody speaks to it any more.
func (b *browser) close() {
	_ = b.stdin.Close()
	_ = b.cmd.Wait()
}
