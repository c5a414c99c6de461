// Package kept keeps what was written, such as the JSON of a video or a piece
// of a page, for as long as the same would be written again: it is found by all
// that it is made of. What has changed, or may not be seen any more, is another
// key, so that nothing has to be forgotten for its sake.
package kept

import (
	"sync"
	"sync/atomic"

	"sepiola/internal/lately"
)

// Map keeps values by key, with a bound in bytes. The zero value is empty, and
// several goroutines may use it.
//
// When it is full, one value gives way to another, no matter which, but those
// that were asked for since it was last their turn are spared. So what is asked
// for often stays, and who asks for more than there is room for, one after the
// other, still finds most of what fits: were it the oldest that give way, each
// would be gone right before it is asked for again.
type Map[K comparable, V any] struct {
	asked lately.Keys

	mu   sync.RWMutex
	m    map[K]*entry[V]
	size int // of all, in bytes
}

type entry[V any] struct {
	value V
	size  int
	asked atomic.Bool
}

const (
	// overhead is what an entry takes beside what callers count, in bytes.
	overhead = 140
	// spared is how many are spared at most for one that gives way.
	spared = 8
)

// Get returns a value that is kept.
func (m *Map[K, V]) Get(key K) (value V, ok bool) {
	m.mu.RLock()
	it := m.m[key]
	m.mu.RUnlock()
	if it == nil {
		return value, false
	}
	if !it.asked.Load() { // so that what many ask for is not written to each time
		it.asked.Store(true)
	}
	return it.value, true
}

// Again reports whether what has this hash was asked for lately, and remembers
// that it was. What is not asked for again is not worth a Put.
func (m *Map[K, V]) Again(hash uint64) bool { return m.asked.Again(hash) }

// Put keeps a value, which takes size bytes with its key, and forgets others
// so that all together take at most most bytes. A value of an eighth of that is
// not kept: it would cost too many others their place.
func (m *Map[K, V]) Put(most int, key K, value V, size int) {
	if size += overhead; size > most/8 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.remove(key)
	for m.size+size > most {
		m.giveWay()
	}
	if m.m == nil {
		m.m = map[K]*entry[V]{}
	}
	m.m[key] = &entry[V]{value: value, size: size}
	m.size += size
}

// giveWay forgets one of the values, of which there are some. The order of a
// Go map's keys begins anywhere.
func (m *Map[K, V]) giveWay() {
	tries := 0
	for key, it := range m.m {
		if tries++; tries > spared || !it.asked.Swap(false) {
			m.remove(key)
			return
		}
	}
	for key := range m.m { // few, and all were asked for
		m.remove(key)
		return
	}
}

func (m *Map[K, V]) remove(key K) {
	if it := m.m[key]; it != nil {
		delete(m.m, key)
		m.size -= it.size
	}
}

// Len is how many values are kept.
func (m *Map[K, V]) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.m)
}
