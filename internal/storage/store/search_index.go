package store

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// Search is the search.Store and the search.Index. The tables are described in
// the migrations 00004_search and 00019_search_postings. Which videos have a
// word is in search_postings, and what has several is found in Go. The words
// of channels, playlists and captions SQLite has in tables of FTS5, PostgreSQL
// in columns of type tsvector; what is asked of either is "the first documents
// with these words", and all else is the same SQL.
type Search struct {
	DB *sqldb.DB
	// Kept keeps what many searches read, where it is not nil.
	Kept *KeptPostings
}

var _ search.Index = Search{}

// docBase makes ids of documents count down from it: both databases find the
// first in the order of the ids fastest, and those should be the newest.
const docBase = 4398046511104 // 1 << 42, a multiple of 4

func docID(kind search.Kind, id int64) search.DocID {
	return search.DocID(docBase - (4*id + int64(kind)))
}

// refOf is the id of the thing that a document is of.
func refOf(doc search.DocID) int64 { return (docBase - int64(doc)) / 4 }

func each(db *sqldb.DB, arg string) string {
	if db.Dialect == sqldb.Postgres {
		return `jsonb_array_elements_text(CAST(` + arg + ` AS jsonb)) AS j (value)`
	}
	return `json_each(` + arg + `) AS j`
}

// asJSON is a list as one argument.
func asJSON[T any](list []T) string {
	b, err := json.Marshal(list)
	if err != nil {
		panic(err) // lists of numbers and texts only
	}
	return string(b)
}

// Put implements search.Index.
func (s Search) Put(ctx context.Context, d search.Doc) error {
	return s.put(ctx, []search.Doc{d})
}

// Remove implements search.Index.
func (s Search) Remove(ctx context.Context, kind search.Kind, id int64) error {
	return s.remove(ctx, []search.DocID{docID(kind, id)})
}

func (s Search) put(ctx context.Context, docs []search.Doc) error {
	var videos, others []search.Doc
	for _, d := range docs {
		if d.Kind == search.VideoKind {
			videos = append(videos, d)
		} else {
			others = append(others, d)
		}
	}
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.putVideos(ctx, videos); err != nil {
			return err
		}
		return s.putOthers(ctx, others)
	})
}

// putVideos changes the postings of videos where their words changed.
func (s Search) putVideos(ctx context.Context, docs []search.Doc) error {
	if len(docs) == 0 {
		return nil
	}
	if err := s.lockPostings(ctx); err != nil {
		return err
	}
	ids := make([]search.DocID, len(docs))
	for i, d := range docs {
		ids[i] = docID(d.Kind, d.ID)
	}
	before, err := s.before(ctx, ids)
	if err != nil {
		return err
	}
	m, change := moves{}, map[string]int64{}
	for i, d := range docs {
		e, old := search.EntryOf(d), before[ids[i]]
		band := search.Band(d.Popularity)
		rest := restOf(e, band)
		m.replace(d.ID, old.levels(), levelsOf(e.Title, e.Tags+e.Owner, rest))
		if old.live {
			for _, w := range search.VocabularyOf(old.title + old.tags + old.owner) {
				change[w]--
			}
		}
		for _, w := range e.Vocabulary {
			change[w]++
		}
		if err := s.putDoc(ctx, ids[i], d, e, band, rest); err != nil {
			return err
		}
		if old.live && old.rest == "" {
			if err := s.dropFromFullText(ctx, ids[i]); err != nil {
				return err
			}
		}
	}
	if err := s.move(ctx, m); err != nil {
		return err
	}
	return s.count(ctx, change)
}

// before returns what is in the postings of documents of videos, and takes
// them out of those that are gone.
func (s Search) before(ctx context.Context, ids []search.DocID) (map[search.DocID]was, error) {
	of := list(s.DB, ids)
	live, err := sqldb.All(ctx, s.DB, scanWas,
		`SELECT id, title, tags, owner, rest, TRUE FROM search_docs WHERE id `+strings.Replace(s.among(), "?", "$1", 1), of)
	if err != nil {
		return nil, err
	}
	gone, err := sqldb.ReturningAll(ctx, s.DB, scanWas,
		`DELETE FROM search_gone WHERE id `+strings.Replace(s.among(), "?", "$1", 1)+` RETURNING id, title, tags, owner, rest, FALSE`, of)
	before := make(map[search.DocID]was, len(live)+len(gone))
	for _, w := range append(gone, live...) {
		before[w.id] = w
	}
	return before, err
}

func (s Search) putDoc(ctx context.Context, id search.DocID, d search.Doc, e search.Entry, band int, rest string) error {
	_, err := s.DB.Exec(ctx, `INSERT INTO search_docs (id, video_id, title, tags, owner, band, rest) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET title = excluded.title, tags = excluded.tags, owner = excluded.owner, band = excluded.band, rest = excluded.rest`,
		id, d.ID, e.Title, e.Tags, e.Owner, band, rest)
	return err
}

// dropFromFullText takes a video out of the index of before.
func (s Search) dropFromFullText(ctx context.Context, id search.DocID) error {
	text := `DELETE FROM search_fts WHERE rowid = $1`
	if s.DB.Dialect == sqldb.Postgres {
		text = `DELETE FROM search_fts WHERE id = $1`
	}
	_, err := s.DB.Exec(ctx, text, id)
	return err
}

// putOthers replaces channels and playlists.
func (s Search) putOthers(ctx context.Context, docs []search.Doc) error {
	if len(docs) == 0 {
		return nil
	}
	rows, ids := make([]search.Entry, len(docs)), make([]search.DocID, len(docs))
	for i, d := range docs {
		rows[i], ids[i] = search.EntryOf(d), docID(d.Kind, d.ID)
	}
	change, err := s.drop(ctx, ids)
	if err != nil {
		return err
	}
	for i, d := range docs {
		if err := s.insert(ctx, ids[i], d, rows[i]); err != nil {
			return err
		}
		for _, w := range rows[i].Vocabulary {
			change[w]++
		}
	}
	return s.count(ctx, change)
}

func (s Search) remove(ctx context.Context, ids []search.DocID) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		change, err := s.drop(ctx, ids)
		if err != nil {
			return err
		}
		return s.count(ctx, change)
	})
}

// drop deletes documents and returns what that takes from the vocabulary. What
// the postings have of videos a trigger writes down for the job.
func (s Search) drop(ctx context.Context, ids []search.DocID) (map[string]int64, error) {
	change := map[string]int64{}
	old, err := sqldb.ReturningAll(ctx, s.DB, sqldb.Value[string], `
		DELETE FROM search_docs WHERE id IN (SELECT CAST(j.value AS BIGINT) FROM `+each(s.DB, `$1`)+`)
		RETURNING title || tags || owner`, asJSON(ids))
	for _, text := range old {
		for _, w := range search.VocabularyOf(text) {
			change[w]--
		}
	}
	return change, err
}

// insert adds a channel or a playlist.
func (s Search) insert(ctx context.Context, id search.DocID, d search.Doc, e search.Entry) error {
	words, channelID := append(e.Words, kindWord(d.Kind)), any(nil)
	if d.Kind == search.ChannelKind {
		channelID = d.ID
	}
	if _, err := s.DB.Exec(ctx, `INSERT INTO search_docs (id, channel_id, title, tags, owner, band) VALUES ($1, $2, $3, $4, $5, 0)`,
		id, channelID, e.Title, e.Tags, e.Owner); err != nil {
		return err
	}
	if s.DB.Dialect == sqldb.Postgres {
		_, err := s.DB.Exec(ctx, `INSERT INTO search_fts (id, words) VALUES ($1, CAST($2 AS tsvector))`, id, vector(words))
		return err
	}
	_, err := s.DB.Exec(ctx, `INSERT INTO search_fts (rowid, words) VALUES ($1, $2)`, id, document(words))
	return err
}

// count keeps how many documents have a word. Words are locked in their order,
// so that two transactions wait for each other but not in a circle.
func (s Search) count(ctx context.Context, change map[string]int64) error {
	by := map[int64][]string{}
	for w, n := range change {
		by[n] = append(by[n], w)
	}
	var counts []int64
	for n, words := range by {
		slices.Sort(words)
		if n != 0 {
			counts = append(counts, n)
		}
	}
	slices.Sort(counts)
	for _, n := range counts {
		text := `INSERT INTO search_words (word, docs) SELECT j.value, CAST($2 AS BIGINT) FROM ` + each(s.DB, `$1`) + ` WHERE TRUE
			ON CONFLICT (word) DO UPDATE SET docs = search_words.docs + excluded.docs`
		if n < 0 {
			text = `UPDATE search_words SET docs = docs + $2 WHERE word IN (SELECT j.value FROM ` + each(s.DB, `$1`) + `)`
		}
		if _, err := s.DB.Exec(ctx, text, asJSON(by[n]), n); err != nil {
			return err
		}
	}
	return nil
}

// IndexVideos reads videos into the index as they are now, and takes those out
// that search must not find. It belongs into the transaction that changed them.
func (s Search) IndexVideos(ctx context.Context, ids ...video.ID) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		docs, err := s.docsOfVideos(ctx, ids)
		if err != nil {
			return err
		}
		there := make(map[int64]bool, len(docs))
		for _, d := range docs {
			there[d.ID] = true
		}
		var gone []search.DocID
		for _, id := range ids {
			if !there[int64(id)] {
				gone = append(gone, docID(search.VideoKind, int64(id)))
			}
		}
		if len(gone) > 0 {
			if err := s.remove(ctx, gone); err != nil {
				return err
			}
		}
		return s.put(ctx, docs)
	})
}

func (s Search) docsOfVideos(ctx context.Context, ids []video.ID) ([]search.Doc, error) {
	list := asJSON(ids)
	docs, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) (d search.Doc, err error) {
		var owner [4]string
		var v video.Video
		err = r.Scan(&d.ID, &d.Title, &d.Text, &d.Popularity, &owner[0], &owner[1], &owner[2], &owner[3],
			&v.Privacy, &v.Category, &v.Licence, &v.Language, &v.NSFW, &v.IsLive, &v.Remote, &v.Duration, &v.PublishedAt, &v.OriginallyPublishedAt)
		d.Kind, d.Owner, d.Facets = search.VideoKind, strings.Join(owner[:], " "), videoFacets(&v)
		return d, err
	}, `SELECT v.id, v.name, substr(v.description, 1, 4000), v.views, c.name, x.preferred_username, a.name, y.preferred_username,
			v.privacy, v.category, v.licence, v.language, v.nsfw, v.is_live, v.remote, v.duration, v.published_at, v.originally_published_at
		FROM videos v
		JOIN video_channels c ON c.id = v.channel_id JOIN actors x ON x.id = c.actor_id
		JOIN accounts a ON a.id = c.account_id JOIN actors y ON y.id = a.actor_id
		WHERE v.id IN (SELECT CAST(j.value AS BIGINT) FROM `+each(s.DB, `$1`)+`) AND v.privacy IN (1, 4) AND v.state = 1`, list)
	if err != nil || len(docs) == 0 {
		return nil, err
	}
	tags, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) (o of[string], err error) {
		err = r.Scan(&o.video, &o.it)
		return o, err
	}, `SELECT vt.video_id, t.name FROM video_tags vt JOIN tags t ON t.id = vt.tag_id
		WHERE vt.video_id IN (SELECT CAST(j.value AS BIGINT) FROM `+each(s.DB, `$1`)+`) ORDER BY vt.video_id, vt.position`, list)
	byID := make(map[int64][]string, len(docs))
	for _, t := range tags {
		byID[int64(t.video)] = append(byID[int64(t.video)], t.it)
	}
	for i := range docs {
		docs[i].Tags = byID[docs[i].ID]
	}
	return docs, err
}

// IndexChannels reads channels into the index as they are now.
func (s Search) IndexChannels(ctx context.Context, ids ...actor.ChannelID) error {
	docs, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) (d search.Doc, err error) {
		d.Kind, d.Tags = search.ChannelKind, []string{""}
		err = r.Scan(&d.ID, &d.Title, &d.Text, &d.Tags[0], &d.Owner)
		return d, err
	}, `SELECT c.id, c.name, substr(c.description, 1, 4000), x.preferred_username, a.name || ' ' || y.preferred_username
		FROM video_channels c JOIN actors x ON x.id = c.actor_id
		JOIN accounts a ON a.id = c.account_id JOIN actors y ON y.id = a.actor_id
		WHERE c.id IN (SELECT CAST(j.value AS BIGINT) FROM `+each(s.DB, `$1`)+`)`, asJSON(ids))
	if err != nil {
		return err
	}
	return s.put(ctx, docs)
}

// vector is words as PostgreSQL reads a tsvector.
func vector(words []string) string {
	var b strings.Builder
	for _, w := range words {
		b.WriteString("'" + w + "' ")
	}
	return b.String()
}

// document is words as SQLite's tokenizer finds them again.
func document(words []string) string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = tokenized(w)
	}
	return strings.Join(list, " ")
}

// tokenized writes characters that SQLite's tokenizer may not know, because
// its tables are older than they, in letters that it knows.
func tokenized(w string) string {
	const known = 0xFFFF
	if strings.IndexFunc(w, func(c rune) bool { return c > known }) < 0 {
		return w
	}
	var b strings.Builder
	for _, c := range w {
		if c <= known {
			b.WriteRune(c)
			continue
		}
		b.WriteString("\ue001")
		for ; c > 0; c /= 16 {
			b.WriteByte("0123456789abcdef"[c%16])
		}
	}
	return b.String()
}
