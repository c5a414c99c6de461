package markdown

import "sync"

// kept remembers what texts became: a page that many watch is rendered once.
type kept struct {
	mu   sync.Mutex
	done map[job]string
}

// job is a text and what is made of it.
type job struct {
	text     string
	seek     bool
	duration int
	most     int // of a plain text; 0 for HTML
}

// maxKept bounds the texts that are remembered. When there are more, all are
// forgotten: those that are still asked for come back at once.
const maxKept = 256

func (k *kept) get(j job, make func() string) string {
	k.mu.Lock()
	s, ok := k.done[j]
	k.mu.Unlock()
	if ok {
		return s
	}
	s = make()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.done == nil || len(k.done) >= maxKept {
		k.done = map[job]string{}
	}
	k.done[j] = s
	return s
}
