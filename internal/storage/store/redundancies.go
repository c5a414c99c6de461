package store

import (
	"context"
	"time"

	"sepiola/internal/domain/redundancy"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// Redundancies is the redundancy.Store. Triggers keep the addresses beside the
// playlists of their videos (streaming_playlists.mirrors), where details are
// read.
type Redundancies struct{ DB *sqldb.DB }

var _ redundancy.Store = Redundancies{}

const mirrorColumns = `r.id, r.url, r.video_id, r.actor_id, COALESCE(s.host, ''), r.base_url, r.expires_at, r.created_at, r.updated_at, r.strategy, r.size, r.files`

const mirrorTables = `video_redundancies r JOIN actors x ON x.id = r.actor_id LEFT JOIN servers s ON s.id = x.server_id`

func scanMirror(r sqldb.Row) (*redundancy.Mirror, error) {
	m := new(redundancy.Mirror)
	var expires *time.Time
	err := r.Scan(&m.ID, &m.URL, &m.VideoID, &m.ActorID, &m.Host, &m.BaseURL, &expires, &m.CreatedAt, &m.UpdatedAt, &m.Strategy, &m.Size, &m.Files)
	if expires != nil {
		m.ExpiresAt = *expires
	}
	return m, err
}

// Put is part of redundancy.Store.
func (s Redundancies) Put(ctx context.Context, m *redundancy.Mirror) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.hold(ctx, m.VideoID); err != nil {
			return err
		}
		old, err := s.ByURL(ctx, m.URL)
		switch {
		case errs.Is(err, errs.NotFound):
			return s.insert(ctx, m)
		case err != nil:
			return err
		case old.ActorID != m.ActorID || old.VideoID != m.VideoID:
			return errs.New(errs.Forbidden, "the mirror %s is another one", m.URL)
		}
		m.ID, m.CreatedAt = old.ID, old.CreatedAt
		_, err = s.DB.Exec(ctx, `UPDATE video_redundancies SET base_url = $2, expires_at = $3, updated_at = $4, strategy = $5, size = $6, files = $7 WHERE id = $1`,
			m.ID, m.BaseURL, nullTime(m.ExpiresAt), m.UpdatedAt, m.Strategy, m.Size, m.Files)
		return err
	})
}

// hold has others who change the mirrors of a video wait, so that each sees
// all that the addresses beside its playlist are made of.
func (s Redundancies) hold(ctx context.Context, id video.ID) error {
	text := `SELECT id FROM videos WHERE id = $1`
	if s.DB.Dialect == sqldb.Postgres {
		text += ` FOR NO KEY UPDATE`
	}
	_, err := sqldb.One(ctx, s.DB, sqldb.Value[video.ID], text, id)
	return err
}

func (s Redundancies) insert(ctx context.Context, m *redundancy.Mirror) error {
	n, err := sqldb.One(ctx, s.DB, sqldb.Value[int], `SELECT COUNT(*) FROM video_redundancies WHERE video_id = $1`, m.VideoID)
	if err != nil {
		return err
	}
	if n >= redundancy.MaxPerVideo && m.Strategy == "" {
		return errs.New(errs.Conflict, "the video has %d mirrors already", n)
	}
	m.ID, err = sqldb.Returning(ctx, s.DB, sqldb.Value[redundancy.ID], `
		INSERT INTO video_redundancies (url, video_id, actor_id, base_url, expires_at, created_at, updated_at, strategy, size, files)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`,
		m.URL, m.VideoID, m.ActorID, m.BaseURL, nullTime(m.ExpiresAt), m.CreatedAt, m.UpdatedAt, m.Strategy, m.Size, m.Files)
	return err
}

// ByURL is part of redundancy.Store.
func (s Redundancies) ByURL(ctx context.Context, url string) (*redundancy.Mirror, error) {
	return sqldb.One(ctx, s.DB, scanMirror, `SELECT `+mirrorColumns+` FROM `+mirrorTables+` WHERE r.url = $1`, url)
}

// ByID is part of redundancy.Store.
func (s Redundancies) ByID(ctx context.Context, id redundancy.ID) (*redundancy.Mirror, error) {
	return sqldb.One(ctx, s.DB, scanMirror, `SELECT `+mirrorColumns+` FROM `+mirrorTables+` WHERE r.id = $1`, id)
}

// Delete is part of redundancy.Store.
func (s Redundancies) Delete(ctx context.Context, id redundancy.ID) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		of, err := sqldb.One(ctx, s.DB, sqldb.Value[video.ID], `SELECT video_id FROM video_redundancies WHERE id = $1`, id)
		if err != nil {
			return err
		}
		if err := s.hold(ctx, of); err != nil {
			return err
		}
		n, err := s.DB.Exec(ctx, `DELETE FROM video_redundancies WHERE id = $1`, id)
		return noneIsNotFound(n, err)
	})
}

// sweptAtOnce is how many mirrors go at once.
const sweptAtOnce = 500

// Sweep is part of redundancy.Store.
func (s Redundancies) Sweep(ctx context.Context, accept string, now time.Time) (gone int64, err error) {
	unwanted := `r.expires_at <= $1 OR EXISTS (SELECT 1 FROM server_blocks b WHERE b.account_id IS NULL AND b.target_server_id = x.server_id)`
	switch accept {
	case redundancy.Anybody:
	case redundancy.Followings:
		unwanted += ` OR NOT EXISTS (SELECT 1 FROM site_follows f WHERE f.target_actor_id = r.actor_id)`
	default:
		unwanted = `CAST($1 AS TIMESTAMP) IS NOT NULL` // all
	}
	list, err := sqldb.All(ctx, s.DB, sqldb.Value[redundancy.ID],
		`SELECT r.id FROM `+mirrorTables+` WHERE r.strategy = '' AND (`+unwanted+`) ORDER BY r.video_id, r.id LIMIT $2`, now, sweptAtOnce)
	if err != nil {
		return 0, err
	}
	for _, id := range list {
		if err := s.Delete(ctx, id); err != nil && !errs.Is(err, errs.NotFound) {
			return gone, err
		}
		gone++
	}
	return gone, nil
}

// mirrored are the videos that have mirrors: of this site those of others, of
// others those that are here.
func mirrored(q redundancy.Query) *sqldb.Query {
	switch {
	case !q.Remote:
		return sqldb.From(`videos v`).Where(`v.id IN (SELECT r.video_id FROM video_redundancies r)`).Where(`v.remote = FALSE`)
	case q.Strategy != "":
		return sqldb.From(`videos v`).Where(`v.id IN (SELECT r.video_id FROM video_redundancies r WHERE r.strategy <> '' AND r.strategy = ?)`, q.Strategy)
	}
	return sqldb.From(`videos v`).Where(`v.id IN (SELECT r.video_id FROM video_redundancies r WHERE r.strategy <> '')`)
}

// List is part of redundancy.Store.
func (s Redundancies) List(ctx context.Context, q redundancy.Query) ([]redundancy.Mirrored, int, error) {
	text, args := mirrored(q).Count()
	total, err := sqldb.One(ctx, s.DB, sqldb.Value[int], text, args...)
	if err != nil || total == 0 {
		return nil, total, err
	}
	order := `v.name, v.id`
	if q.Descending {
		order = `v.name DESC, v.id DESC`
	}
	text, args = mirrored(q).OrderBy(order).Page(q.Start, q.Count).Select(`v.id, v.uuid, v.url, v.name,
		(SELECT COALESCE(SUM(f.size), 0) FROM video_files f WHERE f.video_id = v.id AND f.playlist_id IS NOT NULL)`)
	list, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) (m redundancy.Mirrored, err error) {
		return m, r.Scan(&m.ID, &m.UUID, &m.URL, &m.Name, &m.Size)
	}, text, args...)
	if err != nil || len(list) == 0 {
		return nil, total, err
	}
	at := make(map[video.ID]int, len(list))
	ids := make([]video.ID, len(list))
	for i, m := range list {
		at[m.ID], ids[i] = i, m.ID
	}
	of := sqldb.From(mirrorTables)
	if q.Remote {
		of = of.Where(`r.strategy <> ''`)
	}
	text, args = sqldb.In(of, `r.video_id`, padded(ids)).OrderBy(`r.id`).Select(mirrorColumns)
	all, err := sqldb.All(ctx, s.DB, scanMirror, text, args...)
	for _, m := range all {
		of := &list[at[m.VideoID]]
		of.Mirrors = append(of.Mirrors, *m)
	}
	return list, total, err
}
