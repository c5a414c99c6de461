package store

import (
	"context"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// What waits in search_stale to be made comparable anew, beside search.Kind:
// names of videos and playlists as lists of one's own are searched by them,
// whether the index has them or not.
const (
	foldedVideo    = 5
	foldedPlaylist = 6
)

// named is a thing with what it is called, and what it is looked for by.
type named struct {
	id           int64
	text, folded string
}

func scanNamed(r sqldb.Row) (n named, err error) {
	err = r.Scan(&n.id, &n.text, &n.folded)
	return n, err
}

func (s Search) foldVideos(ctx context.Context, ids []int64) error {
	return s.foldAll(ctx, ids, `SELECT v.id, v.name || ' ' || COALESCE((SELECT string_agg(t.name, ' ')
			FROM video_tags vt JOIN tags t ON t.id = vt.tag_id WHERE vt.video_id = v.id), ''), v.search FROM videos v`,
		`UPDATE videos SET search = $2 WHERE id = $1 AND search = $3`)
}

func (s Search) foldPlaylists(ctx context.Context, ids []int64) error {
	return s.foldAll(ctx, ids, `SELECT v.id, v.name, v.folded FROM playlists v`, `UPDATE playlists SET folded = $2 WHERE id = $1 AND folded = $3`)
}

// foldAll reads the texts of v and writes them as they are compared by today's
// rules. What is the same stays untouched, and nobody hears of a change; what
// was edited after it was read was written by these rules then, and is left
// alone.
func (s Search) foldAll(ctx context.Context, ids []int64, read, write string) error {
	list, err := sqldb.All(ctx, s.DB, scanNamed, read+` WHERE v.id IN (SELECT CAST(j.value AS BIGINT) FROM `+each(s.DB, `$1`)+`)`, asJSON(ids))
	if err != nil {
		return err
	}
	for _, it := range list {
		if now := video.Searchable(it.text); now != it.folded {
			if _, err := s.DB.Exec(ctx, write, it.id, now, it.folded); err != nil {
				return err
			}
		}
	}
	return nil
}
