package store

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// Bounds of how many passages with the words are looked at, newest first, for
// those of videos that are asked for: few first, as mostly these are enough.
const (
	cuesAtOnce = 20_000
	maxCuesIn  = 100_000
)

// Cues is part of search.Store.
func (s Search) Cues(ctx context.Context, e search.Expr, f video.Filter, limit int) ([]search.Cue, error) {
	if len(e.Groups) == 0 {
		return nil, nil
	}
	var found []search.Cue
	before, size := int64(math.MaxInt64), limit
	for seen := 0; seen < maxCuesIn; seen += size {
		if seen > 0 {
			size = cuesAtOnce
		}
		text, args := s.cuesBefore(e, before, size)
		ids, err := sqldb.All(ctx, s.DB, sqldb.Value[int64], text, args...)
		if err != nil || len(ids) == 0 {
			return found, err
		}
		part, err := s.cuesOf(ctx, ids, f, limit-len(found))
		if err != nil {
			return nil, err
		}
		found = append(found, part...)
		if len(ids) < size || len(found) >= limit/2 {
			break
		}
		before = ids[len(ids)-1]
	}
	return found, nil
}

// cuesBefore reads the ids of passages that have the words, newest first.
func (s Search) cuesBefore(e search.Expr, before int64, limit int) (string, []any) {
	text := `SELECT rowid FROM search_cues_fts WHERE search_cues_fts MATCH $1 AND rowid < $2 ORDER BY rowid DESC LIMIT $3`
	if s.DB.Dialect == sqldb.Postgres {
		text = `SELECT q.id FROM search_cues q WHERE q.words @@ CAST($1 AS tsquery) AND q.id < $2 ORDER BY q.id DESC LIMIT $3`
	}
	return text, []any{s.expression(e), before, limit}
}

// cuesOf are those of some passages whose video the filter lets through.
func (s Search) cuesOf(ctx context.Context, ids []int64, f video.Filter, limit int) ([]search.Cue, error) {
	q := videoQueryFrom(`search_cues q `+s.then()+` videos v ON v.id = q.video_id`, video.ListParams{Filter: f}).
		Where(`q.id `+s.among(), list(s.DB, ids)).
		OrderBy(`q.id DESC`).Page(0, limit)
	if f.HideMuted {
		whereUnmuted(q, f.MutedBy)
	}
	if f.OnlyFollowed {
		whereFollowed(q)
	}
	text, args := q.Select(`q.id, q.video_id, q.language, q.second, q.text, v.views`)
	return sqldb.All(ctx, s.DB, func(r sqldb.Row) (c search.Cue, err error) {
		err = r.Scan(&c.ID, &c.VideoID, &c.Language, &c.Second, &c.Text, &c.Views)
		c.Text, c.Marks = unmarked(c.Text)
		return c, err
	}, text, args...)
}

// mark stands around the second at which a cue begins, in the text that is
// kept of a passage; nothing else has it, as texts have no control characters.
const mark = "\x1f"

// marked is the text of a passage with the seconds of its cues.
func marked(p search.Passage) string {
	if len(p.Marks) == 0 {
		return p.Text
	}
	var b strings.Builder
	from := 0
	for _, m := range p.Marks {
		b.WriteString(p.Text[from:m.At] + mark + strconv.Itoa(m.Second) + mark)
		from = m.At
	}
	b.WriteString(p.Text[from:])
	return b.String()
}

// unmarked takes the seconds out again. Passages of an older index have none.
func unmarked(text string) (string, []search.Mark) {
	parts := strings.Split(text, mark)
	if len(parts) == 1 {
		return text, nil
	}
	var b strings.Builder
	var marks []search.Mark
	for i, part := range parts {
		if i%2 == 0 {
			b.WriteString(part)
		} else if second, err := strconv.Atoi(part); err == nil {
			marks = append(marks, search.Mark{At: b.Len(), Second: second})
		}
	}
	return b.String(), marks
}

// StaleCaptions returns at most limit videos whose captions are to be read.
func (s Search) StaleCaptions(ctx context.Context, limit int) ([]video.ID, error) {
	return sqldb.All(ctx, s.DB, sqldb.Value[video.ID],
		`SELECT ref_id FROM search_stale WHERE kind = $1 ORDER BY ref_id LIMIT $2`, search.CaptionKind, limit)
}

// PutCues replaces the passages of a video's captions, unless the captions are
// not those of read any more: then they stay to be read.
func (s Search) PutCues(ctx context.Context, id video.ID, read []video.Caption, cues []search.Passage) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.DB.Exec(ctx, `DELETE FROM search_stale WHERE kind = $1 AND ref_id = $2`, search.CaptionKind, id); err != nil {
			return err
		}
		now, err := (&Videos{DB: s.DB}).Captions(ctx, id)
		if err != nil {
			return err
		}
		same := func(a, b video.Caption) bool { return a.Filename == b.Filename && a.Language == b.Language }
		if !slices.EqualFunc(now, read, same) {
			return s.staleCaptions(ctx, id)
		}
		if _, err := s.DB.Exec(ctx, `DELETE FROM search_cues WHERE video_id = $1`, id); err != nil {
			return err
		}
		for _, c := range cues {
			if err := s.insertCue(ctx, id, c); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s Search) insertCue(ctx context.Context, id video.ID, c search.Passage) error {
	if s.DB.Dialect == sqldb.Postgres {
		_, err := s.DB.Exec(ctx, `INSERT INTO search_cues (video_id, language, second, text, words) VALUES ($1, $2, $3, $4, CAST($5 AS tsvector))`,
			id, c.Language, c.Second, marked(c), vector(c.Words))
		return err
	}
	row, err := sqldb.Returning(ctx, s.DB, sqldb.Value[int64],
		`INSERT INTO search_cues (video_id, language, second, text) VALUES ($1, $2, $3, $4) RETURNING id`, id, c.Language, c.Second, marked(c))
	if err != nil {
		return err
	}
	_, err = s.DB.Exec(ctx, `INSERT INTO search_cues_fts (rowid, words) VALUES ($1, $2)`, row, document(c.Words))
	return err
}

// staleCaptions asks for the captions of a video to be read, and takes those
// out at once that are gone. It belongs into the transaction that changes them.
func (s Search) staleCaptions(ctx context.Context, id video.ID) error {
	if _, err := s.DB.Exec(ctx, `DELETE FROM search_cues WHERE video_id = $1 AND NOT EXISTS
		(SELECT 1 FROM video_captions c WHERE c.video_id = $1 AND c.language = search_cues.language)`, id); err != nil {
		return err
	}
	_, err := s.DB.Exec(ctx, `INSERT INTO search_stale (kind, ref_id) VALUES ($1, $2) ON CONFLICT (kind, ref_id) DO NOTHING`, search.CaptionKind, id)
	return err
}
