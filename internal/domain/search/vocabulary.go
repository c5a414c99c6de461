package search

import (
	"cmp"
	"context"
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

// vocabulary holds the words of titles, tags and names in memory, some 15
// bytes for each: looking through them for words like another takes less than
// a millisecond, and every database gives the same. It is only a copy: what it
// lacks is found by exact words all the same.
type vocabulary struct {
	mu      sync.RWMutex
	sorted  wordList
	fresh   []entry // since then, in the order they came
	last    int64   // the id that was read last
	checked time.Time
	loaded  time.Time
	loading sync.Mutex
}

type entry struct {
	text string
	docs int64
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
	again, last, size := now.Sub(v.loaded) >= reloadVocabulary, v.last, v.sorted.len()+len(v.fresh)
	checked := v.checked
	v.mu.RUnlock()
	if now.Sub(checked) < checkVocabulary { // somebody was faster
		return nil
	}
	if again {
		last, size = 0, 0
	}
	var list wordList
	for size+list.len() < maxVocabulary {
		some, err := s.Words(context.WithoutCancel(ctx), last, wordsAtOnce)
		if err != nil {
			return err
		}
		for _, w := range some {
			list.add(w.Text, w.Docs)
			last = w.ID
		}
		if len(some) < wordsAtOnce {
			break
		}
	}
	v.put(list, last, again, now)
	return nil
}

func (v *vocabulary) put(list wordList, last int64, all bool, now time.Time) {
	if all { // before others wait for it
		list = list.inOrder()
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.last, v.checked = last, now
	if all {
		v.sorted, v.fresh, v.loaded = list, nil, now
		return
	}
	for i := range list.len() {
		v.fresh = append(v.fresh, list.entry(i))
	}
	if len(v.fresh) <= maxNewWords {
		return
	}
	var both wordList
	for i := range v.sorted.len() {
		both.add(v.sorted.word(i), int64(v.sorted.docs[i]))
	}
	for _, e := range v.fresh {
		both.add(e.text, e.docs)
	}
	v.sorted, v.fresh = both.inOrder(), nil
}

// known reports whether a word is in the vocabulary.
func (v *vocabulary) known(word string) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if _, ok := v.sorted.find(word); ok {
		return true
	}
	return slices.ContainsFunc(v.fresh, func(e entry) bool { return e.text == word })
}

// rarest returns the numbers of groups of words, those first that fewest
// documents have. What is not in the vocabulary is rare.
func (v *vocabulary) rarest(groups [][]string) []int {
	v.mu.RLock()
	defer v.mu.RUnlock()
	order, docs := make([]int, len(groups)), make([]int64, len(groups))
	for i, g := range groups {
		order[i] = i
		for _, w := range g {
			if at, ok := v.sorted.find(w); ok {
				docs[i] += int64(v.sorted.docs[at])
			}
		}
	}
	// Of those that as many have the last is first.
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(docs[a], docs[b]), cmp.Compare(b, a)) })
	return order
}

// startingWith returns at most n words that begin with prefix and are at most
// longer characters longer, those first that most documents have.
func (v *vocabulary) startingWith(prefix string, longer, n int) []string {
	v.mu.RLock()
	defer v.mu.RUnlock()
	best := ranking{n: n}
	most := utf8.RuneCountInString(prefix) + longer
	take := func(e entry) {
		if best.wants(e, 0) && e.text != prefix && utf8.RuneCountInString(e.text) <= most {
			best.add(e, 0)
		}
	}
	for i, _ := v.sorted.find(prefix); i < v.sorted.len() && strings.HasPrefix(v.sorted.word(i), prefix); i++ {
		take(v.sorted.entry(i))
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
	best := v.near(chars, 1, n)
	if errors > 1 && len(best.list) < n { // else what is further comes after those
		best = v.near(chars, errors, n)
	}
	return best.words()
}

// near are the best n words that differ from one by so many errors at most.
// Who calls it holds the lock.
func (v *vocabulary) near(word []rune, errors, n int) ranking {
	best := ranking{n: n}
	near := newWalk(&v.sorted, word, errors)
	for i, d := range near.all {
		if e := v.sorted.entry(i); best.wants(e, d) {
			best.add(e, d)
		}
	}
	m := newMeter(word)
	for _, e := range v.fresh {
		if d := m.distance(e.text, errors); d > 0 && d <= errors {
			best.add(e, d)
		}
	}
	return best
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

// wants reports whether an entry may be among the best.
func (r *ranking) wants(e entry, far int) bool {
	if len(r.list) < r.n {
		return true
	}
	last := r.list[len(r.list)-1]
	return far < last.far || far == last.far && e.docs >= last.docs
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
