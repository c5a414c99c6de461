package inbox

import (
	"context"
	"sync"
)

// writes are the transactions that may be under way at once.
type writes struct {
	once sync.Once
	free chan struct{} // nil: any number
}

// begin waits until one more may be under way; end has to follow.
func (w *writes) begin(ctx context.Context, most int) error {
	w.once.Do(func() {
		if most > 0 {
			w.free = make(chan struct{}, most)
		}
	})
	if w.free == nil {
		return nil
	}
	select {
	case w.free <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *writes) end() {
	if w.free != nil {
		<-w.free
	}
}

// busy are the lanes that this process works on.
type busy struct {
	mu    sync.Mutex
	lanes map[string]bool // whether to look again
}

// begin reports whether the caller is the first; otherwise the first will look
// again.
func (b *busy) begin(lane string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lanes == nil {
		b.lanes = map[string]bool{}
	}
	if _, there := b.lanes[lane]; there {
		b.lanes[lane] = true
		return false
	}
	b.lanes[lane] = false
	return true
}

// leave ends the work unless there is a reason to look again.
func (b *busy) leave(lane string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lanes[lane] {
		b.lanes[lane] = false
		return false
	}
	delete(b.lanes, lane)
	return true
}

func (b *busy) end(lane string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.lanes, lane)
}
