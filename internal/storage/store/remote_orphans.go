package store

import (
	"context"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/storage/sqldb"
)

// orphanPlaylists goes through playlists behind an id, and says of each whether
// nobody here has a reason to keep it: nobody follows its owner, one of the
// owner's channels or, as the site, the owner's site, and it was neither
// fetched nor sent since a time: what somebody looks at is fetched anew.
const orphanPlaylists = `SELECT p.id, (p.remote = TRUE AND COALESCE(p.refreshed_at, p.updated_at) < $2
		AND NOT EXISTS (SELECT 1 FROM playlist_elements e WHERE e.playlist_id = p.id AND e.updated_at >= $2)
		AND NOT EXISTS (SELECT 1 FROM accounts a JOIN actor_follows f ON f.target_actor_id = a.actor_id WHERE a.id = p.account_id)
		AND NOT EXISTS (SELECT 1 FROM video_channels c JOIN actor_follows f ON f.target_actor_id = c.actor_id WHERE c.account_id = p.account_id)
		AND NOT EXISTS (SELECT 1 FROM accounts a JOIN actors x ON x.id = a.actor_id JOIN actors y ON y.server_id = x.server_id
			JOIN site_follows f ON f.target_actor_id = y.id WHERE a.id = p.account_id))
	FROM (SELECT id, remote, account_id, updated_at, refreshed_at FROM playlists WHERE id > $1 ORDER BY id LIMIT $3) p ORDER BY p.id`

// orphanActors goes through actors behind an id, and says of each whether it is
// of another site, was fetched last before a time, and nothing here refers to
// it: it follows nobody here and nobody follows it, shared, mirrors, has, says,
// likes, lists or reports nothing, and is neither blocked nor reported. Whom
// people block is gone through, so that it is asked last.
const orphanActors = `SELECT w.id, (w.server_id IS NOT NULL AND COALESCE(w.refreshed_at, w.updated_at) < $2
		AND NOT EXISTS (SELECT 1 FROM actor_follows f WHERE f.actor_id = w.id)
		AND NOT EXISTS (SELECT 1 FROM actor_follows f WHERE f.target_actor_id = w.id)
		AND NOT EXISTS (SELECT 1 FROM follow_announcements f WHERE f.actor_id = w.id)
		AND NOT EXISTS (SELECT 1 FROM follow_announcements f WHERE f.target_actor_id = w.id)
		AND NOT EXISTS (SELECT 1 FROM video_shares h WHERE h.actor_id = w.id)
		AND NOT EXISTS (SELECT 1 FROM video_redundancies r WHERE r.actor_id = w.id)
		AND NOT EXISTS (SELECT 1 FROM video_channels c JOIN videos v ON v.channel_id = c.id WHERE c.actor_id = w.id)
		AND NOT EXISTS (SELECT 1 FROM video_channels c JOIN playlists p ON p.channel_id = c.id WHERE c.actor_id = w.id)
		AND NOT EXISTS (SELECT 1 FROM accounts a JOIN video_channels c ON c.account_id = a.id WHERE a.actor_id = w.id)
		AND NOT EXISTS (SELECT 1 FROM accounts a JOIN comments m ON m.account_id = a.id WHERE a.actor_id = w.id)
		AND NOT EXISTS (SELECT 1 FROM accounts a JOIN video_rates r ON r.account_id = a.id WHERE a.actor_id = w.id)
		AND NOT EXISTS (SELECT 1 FROM accounts a JOIN playlists p ON p.account_id = a.id WHERE a.actor_id = w.id)
		AND NOT EXISTS (SELECT 1 FROM accounts a JOIN abuses b ON b.reporter_account_id = a.id WHERE a.actor_id = w.id)
		AND NOT EXISTS (SELECT 1 FROM accounts a JOIN abuses b ON b.reportee_account_id = a.id WHERE a.actor_id = w.id)
		AND NOT EXISTS (SELECT 1 FROM accounts a JOIN abuse_messages b ON b.account_id = a.id WHERE a.actor_id = w.id)
		AND NOT EXISTS (SELECT 1 FROM accounts a JOIN notifications n ON n.account_id = a.id WHERE a.actor_id = w.id)
		AND NOT EXISTS (SELECT 1 FROM accounts a JOIN account_blocks b ON b.target_account_id = a.id WHERE a.actor_id = w.id))
	FROM (SELECT id, server_id, refreshed_at, updated_at FROM actors WHERE id > $1 ORDER BY id LIMIT $3) w ORDER BY w.id`

type mayGo[ID ~int64] struct {
	id     ID
	orphan bool
}

func scanMayGo[ID ~int64](r sqldb.Row) (m mayGo[ID], err error) { return m, r.Scan(&m.id, &m.orphan) }

// orphansOf reads a part; last is 0 at the end.
func orphansOf[ID ~int64](ctx context.Context, db *sqldb.DB, query string, after ID, before time.Time, limit int) (list []ID, last ID, err error) {
	rows, err := sqldb.All(ctx, db, scanMayGo[ID], query, after, before, limit)
	if err != nil {
		return nil, 0, err
	}
	for _, r := range rows {
		if r.orphan {
			list = append(list, r.id)
		}
	}
	if len(rows) == limit {
		last = rows[len(rows)-1].id
	}
	return list, last, nil
}

// Orphans is part of origin.Playlists.
func (s RemotePlaylists) Orphans(ctx context.Context, after playlist.ID, before time.Time, limit int) ([]playlist.ID, playlist.ID, error) {
	return orphansOf(ctx, s.Playlists.DB, orphanPlaylists, after, before, limit)
}

// Orphans is part of origin.Actors.
func (s RemoteActors) Orphans(ctx context.Context, after actor.ID, before time.Time, limit int) ([]actor.ID, actor.ID, error) {
	return orphansOf(ctx, s.DB, orphanActors, after, before, limit)
}

// RemoveOrphan is part of origin.Actors.
func (s RemoteActors) RemoveOrphan(ctx context.Context, id actor.ID, before time.Time) (removed bool, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		list, _, err := s.Orphans(ctx, id-1, before, 1)
		if removed = len(list) == 1 && list[0] == id; err != nil || !removed {
			return err
		}
		return s.Remove(ctx, id)
	})
	return removed, err
}

var (
	_ origin.Playlists = RemotePlaylists{}
	_ origin.Actors    = RemoteActors{}
)
