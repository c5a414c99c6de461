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
	blocks []*matching // that of the newest videos first

	ranked bool // what of the blocks First needs for places and bands is read
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
	rare := min(max(e.Rarest, 0), len(e.Groups)-1)
	if err := m.begin(ctx, e.Groups[rare]); err != nil || len(m.blocks) == 0 {
		return m, err
	}
	var others []string
	for i, g := range e.Groups {
		if i != rare {
			others = append(others, g...)
		}
	}
	groups, without := facetsOf(f)
	for _, g := range append(groups, without) {
		others = append(others, g...)
	}
	if err := m.read(ctx, others); err != nil {
		return m, err
	}
	if err := m.narrow(slices.Concat(e.Groups, groups), without); err != nil || len(m.blocks) == 0 {
		return m, err
	}
	return m, m.leaveOutGone(ctx)
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

// narrow leaves what has a word of each group and none of without.
func (m *matches) narrow(groups [][]string, without []string) error {
	left := m.blocks[:0]
	for _, b := range m.blocks {
		for _, g := range groups {
			if err := b.keep(&b.videos, g, inText); err != nil {
				return err
			}
		}
		var not bitset
		if err := b.anyOf(&not, without, inText); err != nil {
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
func (m *matches) leaveOutGone(ctx context.Context) error {
	gone, err := sqldb.All(ctx, m.search.DB, sqldb.Value[search.DocID], goneText)
	if err != nil || len(gone) == 0 {
		return err
	}
	for _, doc := range gone {
		id := refOf(doc)
		for _, b := range m.blocks {
			if b.number == id/blockSize {
				b.videos.clear(int(id % blockSize))
			}
		}
	}
	return nil
}

// First implements search.Matches.
func (m *matches) First(ctx context.Context, place search.Place, band, limit int) (docs []search.DocID, more bool, err error) {
	if place != search.Anywhere || band >= 0 {
		if err := m.readPlaces(ctx); err != nil {
			return nil, false, err
		}
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

// readPlaces reads the bands of what matches, and how long the titles are.
func (m *matches) readPlaces(ctx context.Context) error {
	if m.ranked || len(m.blocks) == 0 {
		return nil
	}
	m.ranked = true
	words := []string{titleLength(len(m.groups))}
	for b := range search.MaxBand + 1 {
		words = append(words, bandWord(b))
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
