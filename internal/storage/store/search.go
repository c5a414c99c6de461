package store

import (
	"bytes"
	"context"
	"strconv"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

var _ search.Store = Search{}

// expression writes what is to be found in the language of the database. Words
// hold neither quotes nor operators, see search.Words.
func (s Search) expression(e search.Expr) string {
	and, or, quote := " AND ", " OR ", `"`
	if s.DB.Dialect == sqldb.Postgres {
		and, or, quote = " & ", " | ", `'`
	}
	word := func(w string) string {
		if s.DB.Dialect == sqldb.SQLite {
			w = tokenized(w)
		}
		return quote + w + quote
	}
	groups := make([]string, len(e.Groups))
	for i, g := range e.Groups {
		list := make([]string, len(g))
		for j, w := range g {
			list[j] = word(w)
		}
		groups[i] = "(" + strings.Join(list, or) + ")"
	}
	text := strings.Join(groups, and)
	if e.AnyButOne && len(groups) > 1 {
		ways := make([]string, len(groups))
		for i := range groups {
			rest := append(append([]string{}, groups[:i]...), groups[i+1:]...)
			ways[i] = "(" + strings.Join(rest, and) + ")"
		}
		text = "(" + strings.Join(ways, or) + ")"
	}
	return text
}

// and joins two expressions.
func (s Search) and(a, b string) string {
	if s.DB.Dialect == sqldb.Postgres {
		return "(" + a + ") & (" + b + ")"
	}
	return "(" + a + ") AND (" + b + ")"
}

// ofKind is an expression for documents of a kind.
func (s Search) ofKind(e search.Expr, kind search.Kind) string {
	return s.and(s.expression(search.Expr{Groups: [][]string{{kindWord(kind)}}}), s.expression(e))
}

// candidates returns the first documents that match, in the order of their
// ids.
func (s Search) candidates(ctx context.Context, expression string, kind search.Kind, limit int) ([]search.DocID, error) {
	if s.DB.Dialect == sqldb.Postgres {
		return sqldb.All(ctx, s.DB, sqldb.Value[search.DocID], s.candidatesText(), expression, 4-int(kind), limit)
	}
	text, err := sqldb.One(ctx, s.DB, sqldb.Value[[]byte], s.candidatesText(), expression, 4-int(kind), limit)
	if err != nil {
		return nil, err
	}
	return numbers[search.DocID](text)
}

// numbers reads a list of JSON.
func numbers[T ~int64](text []byte) ([]T, error) {
	var list []T
	for text = bytes.Trim(text, "[]"); len(text) > 0; {
		one, rest, _ := bytes.Cut(text, []byte(","))
		n, err := strconv.ParseInt(string(one), 10, 64)
		if err != nil {
			return nil, err
		}
		list, text = append(list, T(n)), rest
	}
	return list, nil
}

func (s Search) candidatesText() string {
	if s.DB.Dialect == sqldb.Postgres {
		return `SELECT f.id FROM search_fts f WHERE f.words @@ CAST($1 AS tsquery) AND f.id % 4 = $2 ORDER BY f.id LIMIT $3`
	}
	// One row: a thousand of them cost as much as finding them.
	return `SELECT json_group_array(t.rowid) FROM (SELECT rowid FROM search_fts WHERE search_fts MATCH $1 AND rowid % 4 = $2 ORDER BY rowid LIMIT $3) AS t`
}

// VideoTexts is part of search.Store.
func (s Search) VideoTexts(ctx context.Context, docs []search.DocID) ([]search.Hit, error) {
	return sqldb.All(ctx, s.DB, scanHit, s.videoTexts(), list(s.DB, docs))
}

func (s Search) videoTexts() string {
	return `SELECT d.id, d.title, d.tags, d.owner, d.band FROM search_docs d WHERE d.id ` + strings.Replace(s.among(), "?", "$1", 1)
}

// VideoHits is part of search.Store.
func (s Search) VideoHits(ctx context.Context, docs []search.DocID, f video.Filter, sort string) ([]search.Hit, error) {
	if len(docs) == 0 {
		return nil, nil
	}
	text, args := s.hitsQuery(docs, f, sort)
	return sqldb.All(ctx, s.DB, scanHit, text, args...)
}

func (s Search) hitsQuery(docs []search.DocID, f video.Filter, sort string) (string, []any) {
	q := videoQueryFrom(`search_docs d `+s.then()+` videos v ON v.id = d.video_id`, video.ListParams{Filter: f}).
		Where(`d.id `+s.among(), list(s.DB, docs))
	if f.HideMuted {
		whereUnmuted(q, f.MutedBy)
	}
	if f.OnlyFollowed {
		whereFollowed(q)
	}
	if sort != "" { // the order is all that is asked for
		return q.OrderBy(videoOrder(video.Sort(sort))).Select(`d.id, '', '', '', v.views`)
	}
	return q.OrderBy(`d.id`).Select(`d.id, d.title, d.tags, d.owner, v.views`)
}

// among is the condition to be one of the ids of list.
func (s Search) among() string {
	if s.DB.Dialect == sqldb.Postgres {
		return `= ANY (CAST(? AS BIGINT[]))`
	}
	return `IN (SELECT CAST(j.value AS BIGINT) FROM json_each(?) AS j)`
}

// list is ids as one argument of among.
func list[T ~int64](db *sqldb.DB, ids []T) string {
	text := asJSON(ids)
	if db.Dialect == sqldb.Postgres {
		return "{" + strings.Trim(text, "[]") + "}"
	}
	return text
}

// then joins a table after the one before: SQLite would rather read all videos
// that pass a filter than the few that were found.
func (s Search) then() string {
	if s.DB.Dialect == sqldb.SQLite {
		return `CROSS JOIN`
	}
	return `JOIN`
}

func scanHit(r sqldb.Row) (h search.Hit, err error) {
	h, err = scanThing(r)
	h.Doc = search.DocID(h.ID)
	h.ID = refOf(h.Doc)
	return h, err
}

var searchChannelOrders = map[string]string{
	"displayName":  `c.name, c.id`,
	"-displayName": `c.name DESC, c.id DESC`,
	"createdAt":    `c.created_at, c.id`,
	"-createdAt":   `c.created_at DESC, c.id DESC`,
}

// Channels is part of search.Store.
func (s Search) Channels(ctx context.Context, e search.Expr, f search.ChannelFilter, sort string, limit int) ([]search.Hit, error) {
	order, ok := searchChannelOrders[sort]
	if !ok {
		order = `c.id DESC`
	}
	q := sqldb.From(`video_channels c JOIN actors x ON x.id = c.actor_id LEFT JOIN servers s ON s.id = x.server_id
			LEFT JOIN search_docs d ON d.channel_id = c.id`).
		If(f.Local, `x.server_id IS NULL`).
		If(f.Host != "", `s.host = ?`, f.Host).
		OrderBy(order).Page(0, limit)
	if f.Muted {
		text, args := mutedChannels(f.MutedBy)
		q.Where(`c.id NOT IN (`+text+`)`, args...)
	}
	if len(e.Groups) > 0 {
		ids, err := s.candidates(ctx, s.ofKind(e, search.ChannelKind), search.ChannelKind, limit)
		if err != nil || len(ids) == 0 {
			return nil, err
		}
		q.Where(`c.id IN (SELECT (4398046511104 - CAST(j.value AS BIGINT)) / 4 FROM `+each(s.DB, `?`)+`)`, asJSON(ids))
	}
	whereHandles(q, f.Handles)
	text, args := q.Select(`c.id, COALESCE(d.title, ''), COALESCE(d.tags, ''), COALESCE(d.owner, ''), x.followers_count`)
	return sqldb.All(ctx, s.DB, scanThing, text, args...)
}

// scanThing scans a hit by the id of the thing, scanHit by that of its
// document.
func scanThing(r sqldb.Row) (h search.Hit, err error) {
	err = r.Scan(&h.ID, &h.Title, &h.Tags, &h.Owner, &h.Popularity)
	return h, err
}

func whereHandles(q *sqldb.Query, handles []search.Handle) {
	if len(handles) == 0 {
		return
	}
	var conds []string
	var args []any
	for _, h := range handles {
		if h.Host == "" {
			conds, args = append(conds, `x.preferred_username = ? AND x.server_id IS NULL`), append(args, h.Name)
		} else {
			conds, args = append(conds, `x.preferred_username = ? AND s.host = ?`), append(args, h.Name, h.Host)
		}
	}
	q.Where(strings.Join(conds, ` OR `), args...)
}

const wordsText = `SELECT id, word, docs FROM search_words WHERE id > $1 ORDER BY id LIMIT $2`

// Words is part of search.Store.
func (s Search) Words(ctx context.Context, after int64, limit int) ([]search.Word, error) {
	return sqldb.All(ctx, s.DB, func(r sqldb.Row) (w search.Word, err error) {
		err = r.Scan(&w.ID, &w.Text, &w.Docs)
		return w, err
	}, wordsText, after, limit)
}

// tagsText looks at the first few of the tags that begin so. Both
// databases find beginnings by the order of bytes.
func (s Search) tagsText() string {
	begins := `folded >= $1 AND folded < $1 || CAST(x'f48fbfbf' AS TEXT)`
	if s.DB.Dialect == sqldb.Postgres {
		begins = `folded ~>=~ $1 AND folded ~<~ ($1 || chr(1114111))`
	}
	return `SELECT t.name FROM (SELECT id, name FROM tags WHERE ` + begins + ` LIMIT $2) t
		WHERE EXISTS (SELECT 1 FROM video_tags vt JOIN videos v ON v.id = vt.video_id
			WHERE vt.tag_id = t.id AND v.privacy = 1 AND v.state = 1)
		ORDER BY length(t.name), t.name LIMIT $3`
}

// Tags is part of search.Store.
func (s Search) Tags(ctx context.Context, prefix string, limit int) ([]string, error) {
	const looked = 100
	return sqldb.All(ctx, s.DB, sqldb.Value[string], s.tagsText(), prefix, looked, limit)
}

// LoadChannels is part of search.Store.
func (s Search) LoadChannels(ctx context.Context, ids []actor.ChannelID) (map[actor.ChannelID]*actor.Channel, error) {
	return Actors{DB: s.DB}.Channels(ctx, padded(ids))
}

// VideoByURL is part of search.Store.
func (s Search) VideoByURL(ctx context.Context, url string) (video.ID, error) {
	return sqldb.One(ctx, s.DB, sqldb.Value[video.ID], `SELECT id FROM videos WHERE url = $1`, url)
}
