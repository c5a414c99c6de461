package markdown

import "sync"

// kept remembers what texts became: a page that many watch is rendered once.
type kept struct {
	mu   sync.Mutex
	done map[job]string
	size int // of texts and results, in bytes
}

// job is a text and what is made of it.
type job struct {
	text     string
	seek     bool
	duration int
	most     int  // of a plain text; 0 for HTML
	raw      bool // what other results are made of
}

// maxKept bounds what is remembered, in bytes. When there is more, all is
// forgotten: what is still asked for comes back at once.
const maxKept = 4 << 20

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
	const overhead = 100 // of an entry of the map
	size := len(j.text) + len(s) + overhead
	if k.done == nil || k.size+size > maxKept {
		k.done, k.size = map[job]string{}, 0
	}
	if _, ok := k.done[j]; !ok { // nobody was faster
		k.done[j], k.size = s, k.size+size
	}
	return s
}
