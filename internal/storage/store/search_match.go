package store

import (
	"context"
	"math/bits"
	"slices"

	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// matches are the videos that match an expression, in memory.
type matches struct {
	search Search
	groups [][]string
	facets [][]string // of the filter, and those that none may have
	not    []string
	blocks []*matching // that of the newest videos first
	gone   []search.DocID
	known  map[string]bool // words that First has read for the blocks
}

// matching is what matches of a block.
type matching struct {
	number int64
	videos bitset
	rows   map[string][]byte // of the words of the expression
	places map[search.Place]*bitset
}

// FindVideos is part of search.Store.
func (s Search) FindVideos(ctx context.Context, e search.Expr, f video.Filter) (search.Matches, error) {
	m := &matches{search: s, groups: e.Groups}
	if len(e.Groups) == 0 {
		return m, nil
	}
	m.facets, m.not = facetsOf(f)
	begin, others := m.words(e)
	if err := m.begin(ctx, begin); err != nil || len(m.blocks) == 0 {
		return m, err
	}
	if err := m.read(ctx, others); err != nil {
		return m, err
	}
	if !e.AnyButOne {
		if err := m.narrow(); err != nil || len(m.blocks) == 0 {
			return m, err
		}
	}
	var err error
	m.gone, err = sqldb.All(ctx, s.DB, sqldb.Value[search.DocID], goneText)
	m.leaveOutGone()
	return m, err
}

// words are those to be read first, which say in what blocks something may
// match, and those to be read of these blocks.
func (m *matches) words(e search.Expr) (first, others []string) {
	rare := min(max(e.Rarest, 0), len(e.Groups)-1)
	for i, g := range e.Groups {
		if i == rare || e.AnyButOne {
			first = append(first, g...)
		} else {
			others = append(others, g...)
		}
	}
	for _, g := range m.facets {
		others = append(others, g...)
	}
	return first, append(others, m.not...)
}

// Without implements search.Matches.
func (m *matches) Without(group int) (search.Matches, error) {
	less := &matches{
		search: m.search, groups: slices.Delete(slices.Clone(m.groups), group, group+1), facets: m.facets, not: m.not,
		blocks: make([]*matching, len(m.blocks)), gone: m.gone,
	}
	for i, b := range m.blocks {
		less.blocks[i] = &matching{number: b.number, videos: b.videos, rows: b.rows}
	}
	err := less.narrow()
	less.leaveOutGone()
	return less, err
}

// begin reads the words of one group, and with them which blocks may match.
func (m *matches) begin(ctx context.Context, group []string) error {
	rows, err := m.search.postings(ctx, group, nil)
	if err != nil {
		return err
	}
	byNumber := map[int64]*matching{}
	for _, r := range rows {
		b := byNumber[r.block]
		if b == nil {
			b = &matching{number: r.block, rows: map[string][]byte{}}
			byNumber[r.block] = b
			m.blocks = append(m.blocks, b)
		}
		b.rows[r.word] = r.data
		if err := b.videos.addLevel(r.data, inText); err != nil {
			return err
		}
	}
	slices.SortFunc(m.blocks, func(a, b *matching) int { return int(b.number - a.number) })
	return nil
}

// read reads words for the blocks that are left.
func (m *matches) read(ctx context.Context, words []string) error {
	numbers, byNumber := make([]int64, len(m.blocks)), make(map[int64]*matching, len(m.blocks))
	for i, b := range m.blocks {
		numbers[i], byNumber[b.number] = b.number, b
	}
	rows, err := m.search.postings(ctx, words, numbers)
	for _, r := range rows {
		byNumber[r.block].rows[r.word] = r.data
	}
	return err
}

// narrow leaves what has a word of each group and passes the filter.
func (m *matches) narrow() error {
	groups := slices.Concat(m.groups, m.facets)
	left := m.blocks[:0]
	for _, b := range m.blocks {
		for _, g := range groups {
			if err := b.keep(&b.videos, g, inText); err != nil {
				return err
			}
		}
		var not bitset
		if err := b.anyOf(&not, m.not, inText); err != nil {
			return err
		}
		if b.videos.andNot(&not); !b.videos.empty() {
			left = append(left, b)
		}
	}
	m.blocks = left
	return nil
}

// keep leaves of a set what has one of some words at a level.
func (b *matching) keep(of *bitset, words []string, at level) error {
	var some bitset
	err := b.anyOf(&some, words, at)
	of.and(&some)
	return err
}

func (b *matching) anyOf(of *bitset, words []string, at level) error {
	for _, w := range words {
		if data, ok := b.rows[w]; ok {
			if err := of.addLevel(data, at); err != nil {
				return err
			}
		}
	}
	return nil
}

const goneText = `SELECT id FROM search_gone`

// leaveOutGone leaves out what is deleted and still in the postings.
func (m *matches) leaveOutGone() {
	for _, doc := range m.gone {
		id := refOf(doc)
		for _, b := range m.blocks {
			if b.number == id/blockSize {
				b.videos.clear(int(id % blockSize))
			}
		}
	}
}

// First implements search.Matches.
func (m *matches) First(ctx context.Context, place search.Place, band, limit int) (docs []search.DocID, more bool, err error) {
	if err := m.readMore(ctx, place, band); err != nil {
		return nil, false, err
	}
	for _, b := range m.blocks {
		some, err := b.of(m.groups, place, band)
		if err != nil {
			return nil, false, err
		}
		if docs = b.append(docs, some, limit+1); len(docs) > limit {
			return docs[:limit], true, nil
		}
	}
	return docs, false, nil
}

// readMore reads what a place and a band need beside the words.
func (m *matches) readMore(ctx context.Context, place search.Place, band int) error {
	var words []string
	if place == search.IsTitle {
		words = append(words, titleLength(len(m.groups)))
	}
	if band >= 0 {
		words = append(words, bandWords(band)...)
	}
	words = slices.DeleteFunc(words, func(w string) bool { return m.known[w] })
	if len(words) == 0 || len(m.blocks) == 0 {
		return nil
	}
	if m.known == nil {
		m.known = map[string]bool{}
	}
	for _, w := range words {
		m.known[w] = true
	}
	return m.read(ctx, words)
}

// of are those of a place and a band.
func (b *matching) of(groups [][]string, place search.Place, band int) (*bitset, error) {
	some, err := b.at(groups, place)
	if err != nil || band < 0 {
		return some, err
	}
	of := *some
	return &of, b.keep(&of, bandWords(band), inText)
}

// at are those of a place.
func (b *matching) at(groups [][]string, place search.Place) (*bitset, error) {
	if place == search.Anywhere {
		return &b.videos, nil
	}
	if some := b.places[place]; some != nil {
		return some, nil
	}
	some, at := b.videos, inTitle
	if place == search.InNames {
		at = inNames
	}
	for _, g := range groups {
		if err := b.keep(&some, g, at); err != nil {
			return nil, err
		}
	}
	if place == search.IsTitle {
		if err := b.keep(&some, []string{titleLength(len(groups))}, inText); err != nil {
			return nil, err
		}
	}
	if b.places == nil {
		b.places = map[search.Place]*bitset{}
	}
	b.places[place] = &some
	return &some, nil
}

// append adds the newest of a set until there are most documents.
func (b *matching) append(docs []search.DocID, some *bitset, most int) []search.DocID {
	for i := len(some) - 1; i >= 0 && len(docs) < most; i-- {
		for w := some[i]; w != 0 && len(docs) < most; {
			at := 63 - bits.LeadingZeros64(w)
			w &^= 1 << at
			docs = append(docs, docID(search.VideoKind, b.number*blockSize+int64(64*i+at)))
		}
	}
	return docs
}
