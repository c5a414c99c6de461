package store

import (
	"hash/maphash"
	"sync"
	"time"

	"sepiola/internal/lately"
)

const (
	// maxKeptPostings bounds what is kept of the postings, in bytes.
	maxKeptPostings = 2 << 20
	// keptPostingsLife is how long it is: another node may have written since.
	keptPostingsLife = time.Second
)

// KeptPostings keeps rows of the postings that many searches read, for a moment
// and until this node changes a video. What is deleted and who may see what is
// asked anew by each search, so that with an old row a video is found by words
// that it had a second ago, and no more. Nil keeps nothing.
type KeptPostings struct {
	// Changes counts what changes of videos on this node; see Videos.Changes.
	Changes func() int
	Now     func() time.Time

	asked lately.Keys

	mu    sync.RWMutex
	rows  map[postingKey][]byte // nil is no row
	whole map[string][]blockRow // all rows of a word
	bytes int
	since asOf // when the first of it was read
}

// asOf is when something is read, and how much had changed by then.
type asOf struct {
	time    time.Time
	changes int
}

var postingSeed = maphash.MakeSeed()

// allOf is the block of a key that stands for all rows of a word.
const allOf = -1

func (k *KeptPostings) now() asOf {
	if k == nil {
		return asOf{}
	}
	return asOf{k.Now(), k.Changes()}
}

// holds reports whether what is kept may be used.
func (k *KeptPostings) holds(at asOf) bool {
	return k.since.changes == at.changes && at.time.Sub(k.since.time) < keptPostingsLife
}

// fill gives a question the kept rows of words for blocks.
func (k *KeptPostings) fill(q *question, words []string, blocks []int64, at asOf) {
	if k == nil {
		return
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	if !k.holds(at) {
		return
	}
	for _, w := range words {
		rows := q.word(w)
		if rows.whole {
			continue
		}
		var known []int64
		for _, b := range blocks {
			data, ok := k.rows[postingKey{w, b}]
			if !ok || rows.knows(b) {
				continue
			}
			if known = append(known, b); data != nil {
				rows.put(blockRow{b, data})
			}
		}
		if len(known) > 0 {
			rows.learn(known)
		}
	}
}

// fillWhole gives a question all rows of those words of which all are kept.
func (k *KeptPostings) fillWhole(q *question, words []string, at asOf) {
	if k == nil {
		return
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	if !k.holds(at) {
		return
	}
	for _, w := range words {
		if list, ok := k.whole[w]; ok {
			*q.word(w) = wordRows{whole: true, rows: list[:len(list):len(list)]}
		}
	}
}

// keep keeps what a question has read of words for blocks, if that was asked
// for lately before.
func (k *KeptPostings) keep(q *question, words []string, blocks []int64, at asOf) {
	if k == nil {
		return
	}
	var again []postingKey
	for _, w := range words {
		for _, b := range blocks {
			if key := (postingKey{w, b}); k.again(key) {
				again = append(again, key)
			}
		}
	}
	k.put(at, len(again), func() {
		for _, key := range again {
			data := q.words[key.word].of(key.block)
			if _, have := k.rows[key]; !have && k.room(key.word, len(data)) {
				k.rows[key] = data
			}
		}
	})
}

// keepWhole keeps all rows of words that a question has read, as keep does.
func (k *KeptPostings) keepWhole(q *question, words []string, at asOf) {
	if k == nil {
		return
	}
	var again []string
	for _, w := range words {
		if k.again(postingKey{w, allOf}) {
			again = append(again, w)
		}
	}
	k.put(at, len(again), func() {
		for _, w := range again {
			list := q.words[w].rows
			size := 0
			for _, r := range list {
				size += len(r.data) + 32
			}
			if _, have := k.whole[w]; !have && k.room(w, size) {
				k.whole[w] = list
			}
		}
	})
}

func (k *KeptPostings) again(key postingKey) bool {
	return k.asked.Again(maphash.Comparable(postingSeed, key))
}

// put has n things added that were read after fill, unless something has
// changed since.
func (k *KeptPostings) put(at asOf, n int, add func()) {
	if n == 0 || at.changes != k.Changes() {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.rows == nil || !k.holds(at) {
		k.rows, k.whole, k.bytes, k.since = map[postingKey][]byte{}, map[string][]blockRow{}, 0, at
	}
	add()
}

// room takes room for so many bytes of a word, if there is some.
func (k *KeptPostings) room(word string, size int) bool {
	const place = 96 // in a map
	size += len(word) + place
	if k.bytes+size > maxKeptPostings {
		return false
	}
	k.bytes += size
	return true
}
