// Package kept keeps what was written, such as the JSON of a video or a piece
// of a page, for as long as the same would be written again: it is found by all
// that it is made of. What has changed, or may not be seen any more, is another
// key, so that nothing has to be forgotten for its sake.
package kept

import "sync"

// Map keeps values by key, with a bound in bytes. The zero value is empty, and
// several goroutines may use it.
type Map[K comparable, V any] struct {
	mu sync.RWMutex
	// Values are forgotten in two steps: when young is full it becomes old, and
	// what was old is let go of. What is still asked for comes back.
	young, old map[K]entry[V]
	size       int // of the young ones, in bytes
	most       int // of Put
}

type entry[V any] struct {
	value V
	size  int
}

// overhead is what an entry of a map takes beside what callers count, in bytes.
const overhead = 120

// Get returns a value that is kept.
func (m *Map[K, V]) Get(key K) (value V, ok bool) {
	m.mu.RLock()
	it, young := m.young[key]
	ok = young
	if !young {
		it, ok = m.old[key]
	}
	m.mu.RUnlock()
	if ok && !young {
		m.mu.Lock()
		m.put(key, it)
		m.mu.Unlock()
	}
	return it.value, ok
}

// Put keeps a value, which takes size bytes with its key, and forgets others
// so that all together take at most most bytes; most must always be the same.
// A value of an eighth of that is not kept: it would cost too many others their
// place.
func (m *Map[K, V]) Put(most int, key K, value V, size int) {
	if size += overhead; size > most/8 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.most = most
	m.put(key, entry[V]{value, size})
}

func (m *Map[K, V]) put(key K, it entry[V]) {
	if was, have := m.young[key]; have {
		m.size -= was.size
	}
	if m.young == nil || m.size+it.size > m.most/2 {
		m.young, m.old, m.size = map[K]entry[V]{}, m.young, 0
	}
	m.young[key] = it
	m.size += it.size
}

// Len is how many values are kept. One that came back from the old ones may
// count twice.
func (m *Map[K, V]) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.young) + len(m.old)
}
