package store

import (
	"context"
	"math/bits"
	"slices"

	"sepiola/internal/domain/search"
	"sepiola/internal/storage/sqldb"
)

// matches are the videos that match an expression. Blocks are read and looked
// at when somebody asks for what is in them, those of the newest videos first,
// a few and then more at once.
type matches struct {
	*question
	groups []anyWord // as they were asked for
	rarest []anyWord // the same, those first that fewest have
	begun  bool
	few    bool        // of each block few have a word of the rarest group
	blocks []*matching // that may match, that of the newest videos first
	atOnce int         // blocks to read next
	asked  []string    // the first words of what was read beside the groups
}

// matching is what is known of a block.
type matching struct {
	number int64
	read   bool                // the rows of all groups and of the filter
	none   bool                // nothing of it matches
	looked [placeKinds]bool    // what at has
	at     [placeKinds]*bitset // what matches at a place, nil if nothing does
}

const placeKinds = int(search.IsTitle) + 1

func newMatches(q *question, groups, rarest []anyWord) *matches {
	first := 2
	if q.search.DB.Dialect == sqldb.Postgres {
		first = 32 // the way there takes longer than to read them
	}
	return &matches{question: q, groups: groups, rarest: rarest, atOnce: first}
}

// Without implements search.Matches.
func (m *matches) Without(group int) search.Matches {
	groups := slices.Delete(slices.Clone(m.groups), group, group+1)
	lacking := slices.IndexFunc(m.rarest, func(a anyWord) bool { return &a.words[0] == &m.groups[group].words[0] })
	return newMatches(m.question, groups, slices.Delete(slices.Clone(m.rarest), lacking, lacking+1))
}

// begin finds the blocks that have a word of the rarest group.
func (m *matches) begin(ctx context.Context) error {
	if m.begun || len(m.groups) == 0 {
		return nil
	}
	if err := m.readWhole(ctx, m.rarest[0].words); err != nil {
		return err
	}
	size := 0
	have := map[int64]bool{}
	for _, w := range m.rarest[0].rows {
		for _, r := range w.rows {
			if size += len(r.data); !have[r.block] {
				have[r.block] = true
				m.blocks = append(m.blocks, &matching{number: r.block})
			}
		}
	}
	slices.SortFunc(m.blocks, func(a, b *matching) int { return int(b.number - a.number) })
	const bytes = 32 // of a block of which few have them
	if m.few = size < bytes*len(m.blocks); m.few {
		m.atOnce = len(m.blocks)
	}
	m.begun = true
	return nil
}

// readFrom reads what is needed of blocks, from the i-th on, as many as are to
// be read at once: of those that may have one of each of beside.
func (m *matches) readFrom(ctx context.Context, i int, beside []anyWord) error {
	var some []*matching
	for _, b := range m.blocks[i:] {
		if len(some) == m.atOnce {
			break
		}
		if !b.read && !b.none && b.hasAll(beside) {
			some = append(some, b)
		}
	}
	m.atOnce *= 2
	if m.few && len(some) > 1 && len(m.rarest) > 1 {
		var err error
		if some, err = m.meeting(ctx, some); err != nil || len(some) == 0 {
			return err
		}
	}
	words := slices.Clone(m.not.words)
	for _, g := range slices.Concat(m.rarest[1:], m.facets) {
		words = append(words, g.words...)
	}
	for _, b := range some {
		b.read = true
	}
	return m.readSome(ctx, words, numbersOf(some))
}

// meeting leaves those blocks in which the two rarest groups meet. Most often
// it is none, so that nothing else is read.
func (m *matches) meeting(ctx context.Context, blocks []*matching) ([]*matching, error) {
	if err := m.readSome(ctx, m.rarest[1].words, numbersOf(blocks)); err != nil {
		return nil, err
	}
	left := blocks[:0]
	for _, b := range blocks {
		var some bitset
		if err := m.rarest[0].add(&some, b.number, inText); err != nil {
			return nil, err
		}
		if err := m.rarest[1].keep(&some, b.number, inText); err != nil {
			return nil, err
		}
		if b.none = some.empty(); !b.none {
			left = append(left, b)
		}
	}
	return left, nil
}

// numbersOf are the numbers of blocks in ascending order.
func numbersOf(blocks []*matching) []int64 {
	list := make([]int64, len(blocks))
	for i, b := range blocks {
		list[len(list)-1-i] = b.number
	}
	return list
}

func (b *matching) hasAll(of []anyWord) bool {
	return !slices.ContainsFunc(of, func(a anyWord) bool { return !a.in(b.number) })
}

// First implements search.Matches.
func (m *matches) First(ctx context.Context, place search.Place, band, limit int) (docs []search.DocID, more bool, err error) {
	if err := m.begin(ctx); err != nil {
		return nil, false, err
	}
	beside, err := m.beside(ctx, place, band)
	if err != nil {
		return nil, false, err
	}
	for i, b := range m.blocks {
		if b.none || !b.hasAll(beside) {
			continue
		}
		if !b.read {
			if err := m.readFrom(ctx, i, beside); err != nil {
				return nil, false, err
			}
		}
		some, err := m.of(ctx, b, place, band)
		if err != nil {
			return nil, false, err
		}
		if docs = b.append(docs, some, limit+1); len(docs) > limit {
			return docs[:limit], true, nil
		}
	}
	return docs, false, nil
}

// beside reads what a place and a band need beside the words and returns it.
func (m *matches) beside(ctx context.Context, place search.Place, band int) (list []anyWord, err error) {
	if place == search.IsTitle {
		list = append(list, m.any([]string{titleLength(len(m.groups))}))
	}
	if band >= 0 {
		list = append(list, m.band(band))
	}
	var words []string
	for _, a := range list {
		if !slices.Contains(m.asked, a.words[0]) {
			m.asked = append(m.asked, a.words[0])
			words = append(words, a.words...)
		}
	}
	if len(words) == 0 || len(m.blocks) == 0 {
		return list, nil
	}
	return list, m.readSome(ctx, words, numbersOf(m.blocks))
}

// of are the videos of a block that match at a place and are of a band, nil if
// there are none.
func (m *matches) of(ctx context.Context, b *matching, place search.Place, band int) (*bitset, error) {
	if band < 0 && !b.none {
		return m.at(ctx, b, place)
	}
	var some bitset
	if b.none {
		return some.kept(), nil
	}
	if err := m.band(band).add(&some, b.number, inText); err != nil || some.empty() {
		return nil, err
	}
	if all := b.at[search.Anywhere]; all != nil {
		some.and(all)
	}
	const few = 64 // which are looked at faster alone
	if !b.looked[place] && place != search.IsTitle && some.count(few) < few {
		return m.match(ctx, b, &some, levelOf(place), m.rarest)
	}
	all, err := m.at(ctx, b, place)
	if err != nil || all == nil {
		return nil, err
	}
	some.and(all)
	return some.kept(), nil
}

// levelOf is where words are at a place.
func levelOf(place search.Place) level {
	switch place {
	case search.Anywhere:
		return inText
	case search.InNames:
		return inNames
	}
	return inTitle
}

// at are the videos of a block that match at a place, nil if there are none.
func (m *matches) at(ctx context.Context, b *matching, place search.Place) (*bitset, error) {
	if b.looked[place] {
		return b.at[place], nil
	}
	some, err := m.lookAt(ctx, b, place)
	if err != nil {
		return nil, err
	}
	b.looked[place], b.at[place] = true, some
	b.none = b.none || place == search.Anywhere && some == nil
	return some, nil
}

func (m *matches) lookAt(ctx context.Context, b *matching, place search.Place) (*bitset, error) {
	var some bitset
	if place == search.IsTitle {
		length := m.any([]string{titleLength(len(m.groups))})
		if !length.in(b.number) {
			return some.kept(), nil
		}
		all, err := m.at(ctx, b, search.InTitle)
		if err != nil || all == nil {
			return nil, err
		}
		some = *all
		err = length.keep(&some, b.number, inText)
		return some.kept(), err
	}
	level := levelOf(place)
	if place != search.Anywhere && b.looked[search.Anywhere] {
		if all := b.at[search.Anywhere]; all != nil {
			some = *all
		}
		return m.match(ctx, b, &some, level, m.rarest)
	}
	if err := m.rarest[0].add(&some, b.number, level); err != nil {
		return nil, err
	}
	return m.match(ctx, b, &some, level, m.rarest[1:])
}

// match returns those of some videos of a block that have one of each of groups
// at a level and pass the filter, nil if there are none.
func (m *matches) match(ctx context.Context, b *matching, of *bitset, at level, groups []anyWord) (*bitset, error) {
	for _, g := range groups {
		if of.empty() {
			return of.kept(), nil
		}
		if err := g.keep(of, b.number, at); err != nil {
			return nil, err
		}
	}
	if b.looked[search.Anywhere] {
		return of.kept(), nil
	}
	for _, g := range m.facets {
		if of.empty() {
			return of.kept(), nil
		}
		if err := g.keep(of, b.number, inText); err != nil {
			return nil, err
		}
	}
	if of.empty() {
		return of.kept(), nil
	}
	if err := m.not.leaveOut(of, b.number); err != nil {
		return nil, err
	}
	if err := m.leaveOutGone(ctx, b.number, of); err != nil {
		return nil, err
	}
	return of.kept(), nil
}

// append adds the newest of a set until there are most documents.
func (b *matching) append(docs []search.DocID, some *bitset, most int) []search.DocID {
	if some == nil {
		return docs
	}
	for i := len(some) - 1; i >= 0 && len(docs) < most; i-- {
		for w := some[i]; w != 0 && len(docs) < most; {
			at := 63 - bits.LeadingZeros64(w)
			w &^= 1 << at
			docs = append(docs, docID(search.VideoKind, b.number*blockSize+int64(64*i+at)))
		}
	}
	return docs
}
