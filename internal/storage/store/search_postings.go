package store

import (
	"context"
	"slices"
	"strings"

	"sepiola/internal/domain/search"
	"sepiola/internal/storage/sqldb"
)

// postingRow is a row of search_postings.
type postingRow struct {
	word  string
	block int64
	data  []byte
}

func scanPosting(r sqldb.Row) (p postingRow, err error) {
	err = r.Scan(&p.word, &p.block, &p.data)
	return p, err
}

// which says of which blocks rows are read.
type which int

const (
	allBlocks which = iota
	someBlocks
	blocksBetween // two of them, with both
)

// postingsText reads the rows of words.
func (s Search) postingsText(blocks which) string {
	// SQLite looks up each word as it comes.
	text, some := `SELECT p.word, p.block, p.videos FROM json_each($1) AS w CROSS JOIN search_postings p WHERE p.word = w.value`,
		` AND p.block IN (SELECT CAST(j.value AS BIGINT) FROM json_each($2) AS j)`
	if s.DB.Dialect == sqldb.Postgres {
		text, some = `SELECT p.word, p.block, p.videos FROM search_postings p WHERE p.word = ANY (CAST($1 AS TEXT[]))`, ` AND p.block = ANY (CAST($2 AS BIGINT[]))`
	}
	switch blocks {
	case someBlocks:
		return text + some
	case blocksBetween:
		return text + ` AND p.block BETWEEN $2 AND $3`
	}
	return text
}

// postings reads the rows of words, of all blocks or of some in ascending order.
func (s Search) postings(ctx context.Context, words []string, blocks []int64) ([]postingRow, error) {
	if len(words) == 0 {
		return nil, nil
	}
	args, of := []any{s.wordList(words)}, allBlocks
	if n := len(blocks); n > 0 {
		if first, last := blocks[0], blocks[n-1]; last-first == int64(n)-1 {
			args, of = append(args, first, last), blocksBetween
		} else {
			args, of = append(args, list(s.DB, blocks)), someBlocks
		}
	}
	return sqldb.All(ctx, s.DB, scanPosting, s.postingsText(of), args...)
}

// wordList is words as one argument. They hold letters, digits and pictures only.
func (s Search) wordList(words []string) string {
	if s.DB.Dialect == sqldb.Postgres {
		return `{"` + strings.Join(words, `","`) + `"}`
	}
	return asJSON(words)
}

// was is a document of a video as it was indexed before.
type was struct {
	id                       search.DocID
	title, tags, owner, rest string
	live                     bool // and not gone
}

func scanWas(r sqldb.Row) (w was, err error) {
	err = r.Scan(&w.id, &w.title, &w.tags, &w.owner, &w.rest, &w.live)
	return w, err
}

// levels are the words of a document with where it has them. What an older
// index has is none.
func (w was) levels() map[string]level {
	if w.rest == "" {
		return nil
	}
	return levelsOf(w.title, w.tags+w.owner, w.rest)
}

func levelsOf(title, names, rest string) map[string]level {
	at := make(map[string]level)
	for w := range strings.FieldsSeq(rest) {
		at[w] = inText
	}
	for _, w := range search.VocabularyOf(names) {
		at[w] = inNames
	}
	for _, w := range search.VocabularyOf(title) {
		at[w] = inTitle
	}
	return at
}

// moved is a video that has a word elsewhere than before.
type moved struct {
	video int64
	at    level
}

// moves are what changes of the postings, by word.
type moves map[string][]moved

// replace changes what a video has.
func (m moves) replace(video int64, before, now map[string]level) {
	for w, at := range now {
		if before[w] != at {
			m[w] = append(m[w], moved{video, at})
		}
	}
	for w := range before {
		if now[w] == nowhere {
			m[w] = append(m[w], moved{video, nowhere})
		}
	}
}

// lockPostings lets one transaction at a time change postings: rows of what
// nearly all have are changed by each. SQLite has one writer anyway.
func (s Search) lockPostings(ctx context.Context) error {
	if s.DB.Dialect != sqldb.Postgres {
		return nil
	}
	const key = 0x5ea2c8 // of nothing else
	_, err := s.DB.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, key)
	return err
}

// wordsAtOnce bounds the rows that are changed at once.
const wordsAtOnce = 2000

// move changes the postings. Who calls it holds their lock.
func (s Search) move(ctx context.Context, m moves) error {
	words := make([]string, 0, len(m))
	for w := range m {
		words = append(words, w)
	}
	slices.Sort(words)
	for some := range slices.Chunk(words, wordsAtOnce) {
		if err := s.moveSome(ctx, m, some); err != nil {
			return err
		}
	}
	return nil
}

type postingKey struct {
	word  string
	block int64
}

func (s Search) moveSome(ctx context.Context, m moves, words []string) error {
	byBlock := map[postingKey][]moved{}
	var keys []postingKey
	var blocks []int64
	for _, w := range words {
		for _, v := range m[w] {
			k := postingKey{w, v.video / blockSize}
			if len(byBlock[k]) == 0 {
				keys = append(keys, k)
			}
			if at, ok := slices.BinarySearch(blocks, k.block); !ok {
				blocks = slices.Insert(blocks, at, k.block)
			}
			byBlock[k] = append(byBlock[k], v)
		}
	}
	rows, err := s.postings(ctx, words, blocks)
	if err != nil {
		return err
	}
	have := make(map[postingKey][]byte, len(rows))
	for _, r := range rows {
		have[postingKey{r.word, r.block}] = r.data
	}
	var p posting
	list := make([]postingRow, len(keys))
	for i, k := range keys {
		p = posting{}
		if old, ok := have[k]; ok {
			if err := p.read(old); err != nil {
				return err
			}
		}
		for _, v := range byBlock[k] {
			p.put(int(v.video%blockSize), v.at)
		}
		list[i] = postingRow{k.word, k.block, p.bytes()}
	}
	return s.writePostings(ctx, list)
}

// putPosting ends the statement that writes a row.
const putPosting = ` ON CONFLICT (word, block) DO UPDATE SET videos = excluded.videos`

func (s Search) writePostings(ctx context.Context, rows []postingRow) error {
	if s.DB.Dialect == sqldb.Postgres {
		return s.writeTogether(ctx, rows)
	}
	for _, r := range rows {
		var err error
		if r.data == nil {
			_, err = s.DB.Exec(ctx, `DELETE FROM search_postings WHERE word = $1 AND block = $2`, r.word, r.block)
		} else {
			_, err = s.DB.Exec(ctx, `INSERT INTO search_postings (word, block, videos) VALUES ($1, $2, $3)`+putPosting, r.word, r.block, r.data)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// writeTogether spares the way to PostgreSQL for each row.
func (s Search) writeTogether(ctx context.Context, rows []postingRow) error {
	var words, noWords []string
	var blocks, noBlocks []int64
	var data [][]byte
	for _, r := range rows {
		if r.data == nil {
			noWords, noBlocks = append(noWords, r.word), append(noBlocks, r.block)
		} else {
			words, blocks, data = append(words, r.word), append(blocks, r.block), append(data, r.data)
		}
	}
	if len(words) > 0 {
		if _, err := s.DB.Exec(ctx, `INSERT INTO search_postings (word, block, videos)
			SELECT * FROM unnest(CAST($1 AS TEXT[]), CAST($2 AS BIGINT[]), CAST($3 AS BYTEA[]))`+putPosting, words, blocks, data); err != nil {
			return err
		}
	}
	if len(noWords) == 0 {
		return nil
	}
	_, err := s.DB.Exec(ctx, `DELETE FROM search_postings p USING unnest(CAST($1 AS TEXT[]), CAST($2 AS BIGINT[])) AS n (word, block)
		WHERE p.word = n.word AND p.block = n.block`, noWords, noBlocks)
	return err
}

// sweepDeleted takes at most limit videos out of the postings that are
// deleted, and returns how many it did.
func (s Search) sweepDeleted(ctx context.Context, limit int) (n int, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.lockPostings(ctx); err != nil {
			return err
		}
		gone, err := sqldb.ReturningAll(ctx, s.DB, scanWas, `DELETE FROM search_gone WHERE id IN (SELECT id FROM search_gone ORDER BY id LIMIT $1)
			RETURNING id, title, tags, owner, rest, FALSE`, limit)
		if n = len(gone); err != nil || n == 0 {
			return err
		}
		m := moves{}
		for _, w := range gone {
			m.replace(refOf(w.id), w.levels(), nil)
		}
		return s.move(ctx, m)
	})
	return n, err
}
