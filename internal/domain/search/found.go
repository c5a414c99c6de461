package search

import (
	"context"
	"slices"
	"sync"

	"sepiola/internal/domain/video"
)

// How many videos are ranked among themselves, with how much they are watched
// now and after their filter. More than rankAtMost are first put in the order
// of what the index knows, and then ranked rankAtOnce at a time, as far as
// somebody looks.
const (
	rankAtMost = 200
	rankAtOnce = 50
)

// outcome says how something was found.
type outcome struct {
	corrected string // what was looked for instead of what was typed
	partial   bool   // nothing has all of the words
}

// finding is what a query found: the best videos in their order. Those on the
// first pages are known, the others are ranked when somebody asks for them.
type finding struct {
	outcome

	store  Store
	filter video.Filter
	parts  parts

	mu    sync.Mutex
	ids   []video.ID // only ever longer
	first Hit
	rest  []block
	ahead int // documents of rest
}

// block is documents that are ranked among themselves, by groups; hits are
// those that pass the filter, once they are ranked. Of very many only the first
// are known; others finds the rest of them, count documents, when somebody looks
// so far.
type block struct {
	groups [][]string
	docs   []DocID
	hits   []Hit
	others func(ctx context.Context) ([]DocID, error)
	count  int
}

// page returns some of the ids, and how many there are: exactly, when all are
// ranked or pass the filter, or else at most.
func (f *finding) page(ctx context.Context, start, count int) ([]video.ID, int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	start, count = min(max(start, 0), MaxResults), min(max(count, 0), MaxResults)
	err := f.rank(ctx, start+count)
	return pageOf(f.ids, start, count), len(f.ids) + f.ahead, err
}

// rank ranks until n videos are known, or all.
func (f *finding) rank(ctx context.Context, n int) error {
	for len(f.ids) < n && len(f.rest) > 0 {
		b := f.rest[0]
		if b.others != nil {
			docs, err := b.others(ctx)
			if err != nil {
				return err
			}
			f.rest = slices.Concat(blocks(b.groups, docs, rankAtOnce), f.rest[1:])
			f.ahead += len(docs) - b.count
			continue
		}
		if b.hits == nil {
			var err error
			if b.hits, err = f.hits(ctx, b); err != nil {
				return err
			}
		}
		f.add(b.hits)
		f.rest, f.ahead = f.rest[1:], f.ahead-len(b.docs)
	}
	return nil
}

// hits are the videos of a block, ranked.
func (f *finding) hits(ctx context.Context, b block) ([]Hit, error) {
	hits, err := f.store.VideoHits(ctx, b.docs, f.filter, "")
	rank(hits, b.groups)
	return hits, err
}

func (f *finding) add(hits []Hit) {
	if len(f.ids) == 0 && len(hits) > 0 {
		f.first = hits[0]
	}
	for _, h := range hits {
		f.ids = append(f.ids, video.ID(h.ID))
	}
}

// sorted finds videos in another order than that of the best: of very many,
// the newest or those that are watched most.
func (f *finding) sorted(ctx context.Context, q Question, e Expr, sort video.Sort, rarest func([][]string) []int) error {
	e.Rarest = rarest(e.Groups)
	m := q.Find(e)
	docs, more, err := m.First(ctx, Anywhere, -1, MaxResults)
	if err != nil || len(docs) == 0 {
		return err
	}
	if more && sort != "-publishedAt" && sort != "-createdAt" {
		g := gathering{Matches: m, most: MaxResults}
		if err := g.from(ctx, Anywhere); err != nil {
			return err
		}
		docs = g.docs
	}
	hits, err := f.store.VideoHits(ctx, docs, f.filter, string(sort))
	f.add(hits)
	return err
}

// best finds the best videos, and ranks the first of them. rarest orders
// groups of words.
func (f *finding) best(ctx context.Context, q Question, e Expr, rarest func([][]string) []int) error {
	e.Rarest = rarest(e.Groups)
	if !e.AnyButOne {
		if err := f.all(ctx, q, e.Groups, func(q Question) Matches { return q.Find(e) }); err != nil {
			return err
		}
		return f.rank(ctx, 1)
	}
	// No video has all, so each lacks another group, and none is found twice.
	// The rarest words say most of what is meant.
	for _, lacking := range slices.Backward(e.Rarest) {
		if f.ahead >= MaxResults {
			break
		}
		groups := slices.Delete(slices.Clone(e.Groups), lacking, lacking+1)
		if err := f.all(ctx, q, groups, func(q Question) Matches { return q.Find(e).Without(lacking) }); err != nil {
			return err
		}
	}
	return f.rank(ctx, 1)
}

// all adds the best documents of an expression after those that are there.
// find may be asked once more: most people look at one page, so that of very
// many only the first are put in order now, and what was read for them is not
// kept.
func (f *finding) all(ctx context.Context, q Question, groups [][]string, find func(Question) Matches) error {
	most := MaxResults - f.ahead
	if most <= 0 {
		return nil
	}
	key := f.parts.key(groups)
	b, known := f.parts.get(key, most)
	m := find(q)
	var docs []DocID
	more := known
	if !known {
		var err error
		if docs, more, err = m.First(ctx, Anywhere, -1, most); err != nil {
			return err
		}
	}
	if more && most > rankAtMost {
		if !known {
			first, err := f.gather(ctx, m, groups)
			if err != nil {
				return err
			}
			b = broad{first, most}
			f.parts.put(key, b)
		}
		docs = b.first.docs
		others := func(ctx context.Context) ([]DocID, error) {
			all, err := gather(ctx, find(f.store.Ask(f.filter)), most)
			return slices.DeleteFunc(all, func(d DocID) bool { return slices.Contains(docs, d) }), err
		}
		f.rest = append(f.rest, b.first, block{groups: groups, others: others, count: most - len(docs)})
		f.ahead += most
		return nil
	}
	atOnce := rankAtMost
	if len(docs) > rankAtMost {
		var err error
		if docs, err = f.ordered(ctx, groups, docs); err != nil {
			return err
		}
		atOnce = rankAtOnce
	}
	f.rest = append(f.rest, blocks(groups, docs, atOnce)...)
	f.ahead += len(docs)
	return nil
}

// gather is the first block of very many documents.
func (f *finding) gather(ctx context.Context, m Matches, groups [][]string) (block, error) {
	b := block{groups: groups}
	var err error
	if b.docs, err = gather(ctx, m, rankAtOnce); err == nil {
		b.hits, err = f.hits(ctx, b)
	}
	return b, err
}

// blocks cuts documents into blocks of at most so many.
func blocks(groups [][]string, docs []DocID, atOnce int) []block {
	var list []block
	for some := range slices.Chunk(docs, atOnce) {
		list = append(list, block{groups: groups, docs: some})
	}
	return list
}

// ordered puts documents in the order of what the index knows of them.
func (f *finding) ordered(ctx context.Context, groups [][]string, docs []DocID) ([]DocID, error) {
	hits, err := f.store.VideoTexts(ctx, docs)
	if err != nil {
		return nil, err
	}
	rank(hits, groups)
	docs = make([]DocID, len(hits))
	for i, h := range hits {
		docs[i] = h.Doc
	}
	return docs, nil
}

// gather finds the best of more documents than anybody looks through. Of fewer
// it finds the first of the same.
func gather(ctx context.Context, m Matches, most int) ([]DocID, error) {
	g := gathering{Matches: m, most: most}
	for _, at := range []Place{IsTitle, InTitle, InNames, Anywhere} {
		if err := g.from(ctx, at); err != nil {
			return nil, err
		}
	}
	return g.docs, nil
}

// gathering puts documents together, each once, until there are enough.
type gathering struct {
	Matches
	most int
	docs []DocID
	seen map[DocID]bool
}

// from adds documents with the words at a place: what is watched most before
// what is watched less, and of that the newest first.
func (g *gathering) from(ctx context.Context, at Place) error {
	first, last := TopBand, 0
	if at == IsTitle {
		first, last = -1, -1 // any
	}
	for band := first; band >= last && len(g.docs) < g.most; band-- {
		some, _, err := g.First(ctx, at, band, g.most) // with those that are there
		if err != nil {
			return err
		}
		g.put(some)
	}
	return nil
}

func (g *gathering) put(docs []DocID) {
	if g.seen == nil {
		g.seen = make(map[DocID]bool, g.most)
	}
	for _, d := range docs {
		if !g.seen[d] && len(g.docs) < g.most {
			g.seen[d] = true
			g.docs = append(g.docs, d)
		}
	}
}
