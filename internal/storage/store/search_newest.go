package store

import (
	"context"
	"slices"

	"sepiola/internal/domain/search"
	"sepiola/internal/storage/sqldb"
)

// PostgreSQL finds documents by their words in no order, and has to read and
// sort all of them to tell which are the newest, however many there are. So
// each document has the era that its video is of as a word too: eraSize videos
// that were made one after the other. SQLite keeps documents in their order.
const (
	eraSize = 1024
	maxEras = 64 // that are asked for at once
)

func eraWord(era int64) string { return facetOf("e", int(era)) }

// newest returns the first documents of videos that match.
func (s Search) newest(ctx context.Context, expression string, limit int) ([]search.DocID, error) {
	ids, err := s.some(ctx, expression, 2*limit)
	if err != nil || len(ids) < 2*limit {
		return ids[:min(len(ids), limit)], err
	}
	last, err := sqldb.One(ctx, s.DB, sqldb.Value[int64], `SELECT COALESCE(max(video_id), 0) FROM search_docs`)
	if err != nil {
		return nil, err
	}
	ids = ids[:0]
	for era, eras := last/eraSize, int64(1); era >= 0 && len(ids) < limit; era, eras = era-eras, min(2*eras, maxEras) {
		var words []string
		for e := era; e >= 0 && e > era-eras; e-- {
			words = append(words, eraWord(e))
		}
		of := s.and(expression, s.expression(search.Expr{Groups: [][]string{words}}))
		more, err := s.some(ctx, of, maxEras*eraSize)
		if err != nil {
			return nil, err
		}
		ids = append(ids, more...)
	}
	return ids[:min(len(ids), limit)], nil
}

// some returns at most n documents of videos that match, all of them in order
// when there are fewer.
func (s Search) some(ctx context.Context, expression string, n int) ([]search.DocID, error) {
	ids, err := sqldb.All(ctx, s.DB, sqldb.Value[search.DocID],
		`SELECT f.id FROM search_fts f WHERE f.words @@ CAST($1 AS tsquery) AND f.id % 4 = 3 LIMIT $2`, expression, n)
	slices.Sort(ids)
	return ids, err
}
