package store

import (
	"context"
	"slices"

	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// question keeps what was read of the postings for the expressions of one
// question: those that are tried later need much of the same.
type question struct {
	search    Search
	words     map[string]*wordRows
	facets    []anyWord // of the filter
	not       anyWord   // facets that none may have
	bands     [search.TopBand + 1]anyWord
	gone      []search.DocID
	knowsGone bool
}

// anyWord is words of which one is to be there, with what was read of them.
type anyWord struct {
	words []string
	rows  []*wordRows
}

// Ask is part of search.Store.
func (s Search) Ask(f video.Filter) search.Question {
	q := &question{search: s, words: map[string]*wordRows{}}
	facets, not := facetsOf(f)
	q.facets, q.not = q.anyOfEach(facets), q.any(not)
	return q
}

// Find implements search.Question.
func (q *question) Find(e search.Expr) search.Matches {
	groups, sorted := q.anyOfEach(e.Groups), make([]anyWord, 0, len(e.Groups))
	if len(e.Rarest) != len(groups) {
		return newMatches(q, groups, groups)
	}
	for _, n := range e.Rarest {
		sorted = append(sorted, groups[n])
	}
	return newMatches(q, groups, sorted)
}

func (q *question) anyOfEach(groups [][]string) []anyWord {
	list := make([]anyWord, len(groups))
	for i, g := range groups {
		list[i] = q.any(g)
	}
	return list
}

func (q *question) any(words []string) anyWord {
	rows := make([]*wordRows, len(words))
	for i, w := range words {
		rows[i] = q.word(w)
	}
	return anyWord{words, rows}
}

// band is that of a band, see bandWords.
func (q *question) band(n int) anyWord {
	n = min(n, search.TopBand)
	if q.bands[n].words == nil {
		q.bands[n] = q.any(bandWords(n))
	}
	return q.bands[n]
}

// in reports whether a block may have one of the words.
func (a anyWord) in(block int64) bool {
	return slices.ContainsFunc(a.rows, func(w *wordRows) bool { return w.of(block) != nil })
}

// add adds the videos of a block that have one of the words at a level.
func (a anyWord) add(of *bitset, block int64, at level) error {
	for _, w := range a.rows {
		if data := w.of(block); data != nil {
			if err := of.addLevel(data, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// keep leaves of videos of a block those that have one of the words at a level.
func (a anyWord) keep(of *bitset, block int64, at level) error {
	var alone []byte
	n := 0
	for _, w := range a.rows {
		data := w.of(block)
		if data == nil {
			continue
		}
		list, err := parts(data)
		if err != nil {
			return err
		}
		for _, part := range list[:1+int(inTitle-at)] {
			if len(part) > 0 {
				alone, n = part, n+1
			}
		}
	}
	switch n {
	case 0:
		*of = bitset{}
		return nil
	case 1:
		return of.keep(alone)
	}
	var some bitset
	err := a.add(&some, block, at)
	of.and(&some)
	return err
}

// leaveOut leaves out videos of a block that have one of the words.
func (a anyWord) leaveOut(of *bitset, block int64) error {
	for _, w := range a.rows {
		list, err := parts(w.of(block))
		for i := 0; err == nil && i < len(list); i++ {
			err = of.remove(list[i])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// wordRows are the rows of a word that were read: all, or those of some blocks.
type wordRows struct {
	whole bool
	known []int64    // the blocks, ascending, if not whole
	rows  []blockRow // by their blocks, ascending
}

type blockRow struct {
	block int64
	data  []byte
}

// of is the row of a block, nil if there is none.
func (w *wordRows) of(block int64) []byte {
	if len(w.rows) == 0 {
		return nil
	}
	// Of what many have each block has a row.
	if i := block - w.rows[0].block; i >= 0 && i < int64(len(w.rows)) && w.rows[i].block == block {
		return w.rows[i].data
	}
	if i, ok := w.find(block); ok {
		return w.rows[i].data
	}
	return nil
}

func (w *wordRows) find(block int64) (int, bool) {
	return slices.BinarySearchFunc(w.rows, block, func(r blockRow, block int64) int { return int(r.block - block) })
}

func (w *wordRows) put(r blockRow) {
	if n := len(w.rows); n == 0 || w.rows[n-1].block < r.block {
		w.rows = append(w.rows, r)
		return
	}
	if i, ok := w.find(r.block); !ok {
		w.rows = slices.Insert(w.rows, i, r)
	}
}

func (w *wordRows) knows(block int64) bool {
	if w.whole {
		return true
	}
	_, ok := slices.BinarySearch(w.known, block)
	return ok
}

// learn says that what there is of some blocks was put.
func (w *wordRows) learn(blocks []int64) {
	if len(w.known) == 0 {
		w.known = blocks // which nobody changes
		return
	}
	w.known = slices.Concat(w.known, blocks)
	slices.Sort(w.known)
	w.known = slices.Compact(w.known)
}

// word is what was read of a word.
func (q *question) word(w string) *wordRows {
	rows := q.words[w]
	if rows == nil {
		rows = new(wordRows)
		q.words[w] = rows
	}
	return rows
}

// readWhole reads all rows of words that are not read.
func (q *question) readWhole(ctx context.Context, words []string) error {
	kept := q.search.Kept
	at := kept.now()
	kept.fillWhole(q, words, at)
	missing := make([]string, 0, len(words))
	for _, w := range words {
		if !q.word(w).whole {
			missing = append(missing, w)
		}
	}
	if err := q.put(q.search.postings(ctx, missing, nil)); err != nil {
		return err
	}
	for _, w := range missing {
		*q.words[w] = wordRows{whole: true, rows: q.words[w].rows}
	}
	kept.keepWhole(q, missing, at)
	return nil
}

// readSome reads rows of words for some blocks, in ascending order, where they are
// not read.
func (q *question) readSome(ctx context.Context, words []string, blocks []int64) error {
	kept := q.search.Kept
	at := kept.now()
	kept.fill(q, words, blocks, at)
	var missing []string
	var of []int64
	for _, w := range words {
		before := len(of)
		rows := q.word(w)
		for _, b := range blocks {
			if rows.knows(b) {
				continue
			}
			of = append(of, b)
		}
		if len(of) > before {
			missing = append(missing, w)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(of)
	of = closed(slices.Compact(of))
	if err := q.put(q.search.postings(ctx, missing, of)); err != nil {
		return err
	}
	for _, w := range missing {
		q.words[w].learn(of)
	}
	kept.keep(q, missing, of, at)
	return nil
}

// closed are blocks with those between them, if these are not many more: from
// one to another they are read faster than each.
func closed(blocks []int64) []int64 {
	first, last := blocks[0], blocks[len(blocks)-1]
	if int64(len(blocks))*2 < last-first {
		return blocks
	}
	list := make([]int64, 0, last-first+1)
	for b := first; b <= last; b++ {
		list = append(list, b)
	}
	return list
}

func (q *question) put(rows []postingRow, err error) error {
	for _, r := range rows {
		q.words[r.word].put(blockRow{r.block, r.data})
	}
	return err
}

const goneText = `SELECT id FROM search_gone`

// leaveOutGone leaves out what is deleted and still in the postings.
func (q *question) leaveOutGone(ctx context.Context, block int64, of *bitset) error {
	if !q.knowsGone {
		gone, err := sqldb.All(ctx, q.search.DB, sqldb.Value[search.DocID], goneText)
		if err != nil {
			return err
		}
		q.gone, q.knowsGone = gone, true
	}
	for _, doc := range q.gone {
		if id := refOf(doc); id/blockSize == block {
			of.clear(int(id % blockSize))
		}
	}
	return nil
}
