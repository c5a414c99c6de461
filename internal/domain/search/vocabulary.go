package search

import (
	"cmp"
	"context"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// How long what is known of the vocabulary may be behind what is stored. New
// words are read by their ids every checkVocabulary; how many documents have a
// word is read anew with all of them after reloadVocabulary.
const (
	checkVocabulary  = time.Second
	reloadVocabulary = time.Hour
	wordsAtOnce      = 20_000
	maxVocabulary    = 2_000_000
	maxNewWords      = 2_000 // that are kept beside the sorted ones
)

// vocabulary holds the words of titles, tags and names in memory, some 30
// bytes for each: looking through all of them for words like another takes
// milliseconds, and every database gives the same. It is only a copy: what it
// lacks is found by exact words all the same.
type vocabulary struct {
	mu      sync.RWMutex
	sorted  []entry
	letters []uint64 // of each of sorted: most words need not be looked at
	fresh   []entry  // since then, in the order they came
	last    int64    // the id that was read last
	checked time.Time
	loaded  time.Time
	loading sync.Mutex
}

type entry struct {
	text   string
	docs   int64
	length int32 // in characters
}

func entryOf(w Word) entry {
	return entry{w.Text, w.Docs, int32(utf8.RuneCountInString(w.Text))}
}

// lettersOf has a bit for each letter of a word; letters may share one.
func lettersOf(s string) uint64 {
	var set uint64
	for _, c := range s {
		set |= 1 << (uint32(c) * 0x9E3779B1 >> 26)
	}
	return set
}

// refresh reads what is new, if it is time. Somebody who reads keeps others
// from reading, not from searching with what there is.
func (v *vocabulary) refresh(ctx context.Context, s Store, now time.Time) error {
	v.mu.RLock()
	due, empty := now.Sub(v.checked) >= checkVocabulary, v.loaded.IsZero()
	v.mu.RUnlock()
	if !due {
		return nil
	}
	if empty {
		v.loading.Lock()
	} else if !v.loading.TryLock() {
		return nil
	}
	defer v.loading.Unlock()
	return v.read(ctx, s, now)
}

func (v *vocabulary) read(ctx context.Context, s Store, now time.Time) error {
	v.mu.RLock()
	again, last, size := now.Sub(v.loaded) >= reloadVocabulary, v.last, len(v.sorted)+len(v.fresh)
	checked := v.checked
	v.mu.RUnlock()
	if now.Sub(checked) < checkVocabulary { // somebody was faster
		return nil
	}
	if again {
		last, size = 0, 0
	}
	var list []entry
	for size+len(list) < maxVocabulary {
		some, err := s.Words(context.WithoutCancel(ctx), last, wordsAtOnce)
		if err != nil {
			return err
		}
		for _, w := range some {
			list = append(list, entryOf(w))
			last = w.ID
		}
		if len(some) < wordsAtOnce {
			break
		}
	}
	v.put(list, last, again, now)
	return nil
}

func (v *vocabulary) put(list []entry, last int64, all bool, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.last, v.checked = last, now
	if all {
		v.sorted, v.fresh, v.loaded = nil, nil, now
	}
	v.fresh = append(v.fresh, list...)
	if !all && len(v.fresh) <= maxNewWords {
		return
	}
	v.sorted = append(v.sorted[:len(v.sorted):len(v.sorted)], v.fresh...)
	v.fresh = nil
	slices.SortFunc(v.sorted, func(a, b entry) int { return strings.Compare(a.text, b.text) })
	v.sorted = slices.Clip(v.sorted)
	v.letters = make([]uint64, len(v.sorted))
	for i, e := range v.sorted {
		v.letters[i] = lettersOf(e.text)
	}
}

// known reports whether a word is in the vocabulary.
func (v *vocabulary) known(word string) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if _, ok := v.find(word); ok {
		return true
	}
	return slices.ContainsFunc(v.fresh, func(e entry) bool { return e.text == word })
}

func (v *vocabulary) find(word string) (int, bool) {
	return slices.BinarySearchFunc(v.sorted, word, func(e entry, w string) int { return strings.Compare(e.text, w) })
}

// commonest returns the numbers of groups of words, those first that most
// documents have. What is not in the vocabulary is rare.
func (v *vocabulary) commonest(groups [][]string) []int {
	v.mu.RLock()
	defer v.mu.RUnlock()
	order, docs := make([]int, len(groups)), make([]int64, len(groups))
	for i, g := range groups {
		order[i] = i
		for _, w := range g {
			if at, ok := v.find(w); ok {
				docs[i] += v.sorted[at].docs
			}
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(docs[b], docs[a]) })
	return order
}

// startingWith returns at most n words that begin with prefix and are at most
// longer characters longer, those first that most documents have.
func (v *vocabulary) startingWith(prefix string, longer, n int) []string {
	v.mu.RLock()
	defer v.mu.RUnlock()
	best := ranking{n: n}
	most := int32(utf8.RuneCountInString(prefix) + longer)
	take := func(e entry) {
		if e.length <= most && e.text != prefix {
			best.add(e, 0)
		}
	}
	for i, _ := v.find(prefix); i < len(v.sorted) && strings.HasPrefix(v.sorted[i].text, prefix); i++ {
		take(v.sorted[i])
	}
	for _, e := range v.fresh {
		if strings.HasPrefix(e.text, prefix) {
			take(e)
		}
	}
	return best.words()
}

// like returns at most n words that differ from word by a typing error or two
// (letters missing, added, wrong or swapped), the nearest first, and among
// those the ones that most documents have. Short words may have one error,
// words under three letters none.
func (v *vocabulary) like(word string, n int) []string {
	chars := []rune(word)
	errors := 2
	switch {
	case len(chars) < 3:
		return nil
	case len(chars) < 6:
		errors = 1
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	m, best, letters := newMeter(chars), ranking{n: n}, lettersOf(word)
	look := func(e *entry, has uint64) {
		// One error changes one letter for another at most.
		if bits.OnesCount64(has&^letters) > errors || bits.OnesCount64(letters&^has) > errors {
			return
		}
		if d := int(e.length) - len(chars); d > errors || -d > errors {
			return
		}
		if d := m.distance(e.text, errors); d > 0 && d <= errors {
			best.add(*e, d)
		}
	}
	for i, has := range v.letters {
		look(&v.sorted[i], has)
	}
	for i := range v.fresh {
		look(&v.fresh[i], lettersOf(v.fresh[i].text))
	}
	return best.words()
}

// ranking keeps the best n entries.
type ranking struct {
	n    int
	list []ranked
}

type ranked struct {
	entry
	far int
}

func (r *ranking) add(e entry, far int) {
	it := ranked{e, far}
	if len(r.list) == r.n && it.compare(r.list[r.n-1]) >= 0 {
		return
	}
	i, _ := slices.BinarySearchFunc(r.list, it, ranked.compare)
	if len(r.list) == r.n {
		r.list = r.list[:r.n-1]
	}
	r.list = slices.Insert(r.list, i, it)
}

func (a ranked) compare(b ranked) int {
	return cmp.Or(cmp.Compare(a.far, b.far), cmp.Compare(b.docs, a.docs), strings.Compare(a.text, b.text))
}

func (r *ranking) words() []string {
	list := make([]string, len(r.list))
	for i, e := range r.list {
		list[i] = e.text
	}
	return list
}

// meter measures how far words are from one word: the number of letters to
// add, leave out, replace or swap with a neighbour (optimal string alignment).
type meter struct {
	word             []rune
	before, row, old []int
	other            []rune
}

func newMeter(word []rune) *meter {
	n := len(word) + 1
	return &meter{word: word, before: make([]int, n), row: make([]int, n), old: make([]int, n)}
}

// distance returns the distance, or more than most when it is more than that.
func (m *meter) distance(text string, most int) int {
	m.other = m.other[:0]
	for _, c := range text {
		m.other = append(m.other, c)
	}
	for j := range m.row {
		m.row[j] = j
	}
	for i, c := range m.other {
		m.old, m.before, m.row = m.before, m.row, m.old
		m.row[0] = i + 1
		least := m.row[0]
		for j, w := range m.word {
			d := m.before[j]
			if w != c {
				d = 1 + min(d, m.before[j+1], m.row[j])
				if i > 0 && j > 0 && c == m.word[j-1] && m.other[i-1] == w {
					d = min(d, m.old[j-1]+1)
				}
			}
			m.row[j+1] = d
			least = min(least, d)
		}
		if least > most {
			return most + 1
		}
	}
	return m.row[len(m.word)]
}
