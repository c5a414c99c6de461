package store

import (
	"context"

	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/search"
	"sepiola/internal/storage/sqldb"
)

var (
	_ playlist.Index   = Search{}
	_ search.Playlists = Playlists{}
)

// PutPlaylist implements playlist.Index.
func (s Search) PutPlaylist(ctx context.Context, p *playlist.Playlist) error {
	owner, err := sqldb.One(ctx, s.DB, sqldb.Value[string], `
		SELECT a.name || ' ' || x.preferred_username || ' ' || COALESCE((
			SELECT c.name || ' ' || y.preferred_username FROM video_channels c JOIN actors y ON y.id = c.actor_id WHERE c.id = $2), '')
		FROM accounts a JOIN actors x ON x.id = a.actor_id WHERE a.id = $1`, p.OwnerID, p.ChannelID)
	if err != nil {
		return err
	}
	return s.Put(ctx, search.Doc{Kind: search.PlaylistKind, ID: int64(p.ID), Title: p.Name, Text: p.Description, Owner: owner})
}

// RemovePlaylist implements playlist.Index.
func (s Search) RemovePlaylist(ctx context.Context, id playlist.ID) error {
	return s.Remove(ctx, search.PlaylistKind, int64(id))
}

var searchPlaylistOrders = map[string]string{
	"displayName":  `p.folded, p.id`,
	"-displayName": `p.folded DESC, p.id DESC`,
	"createdAt":    `p.created_at, p.id`,
	"-createdAt":   `p.created_at DESC, p.id DESC`,
}

// Playlists is part of search.Store.
func (s Search) Playlists(ctx context.Context, e search.Expr, f search.PlaylistFilter, sort string, limit int) ([]search.Hit, error) {
	order, ok := searchPlaylistOrders[sort]
	if !ok {
		order = `p.id DESC`
	}
	q := sqldb.From(`playlists p LEFT JOIN search_docs d ON d.id = 4398046511104 - (4 * p.id + 3)`).
		Where(`p.privacy = 1 AND p.videos_count > 0 AND p.type = 1`).
		If(f.Local, `p.remote = FALSE`).
		If(f.Host != "", `p.account_id IN (SELECT a.id FROM accounts a JOIN actors x ON x.id = a.actor_id JOIN servers s ON s.id = x.server_id WHERE s.host = ?)`, f.Host).
		OrderBy(order).Page(0, limit)
	sqldb.In(q, `p.uuid`, f.UUIDs)
	if f.Muted {
		text, args := mutedAccounts(f.MutedBy)
		q.Where(`p.account_id NOT IN (`+text+`)`, args...)
	}
	if len(e.Groups) > 0 {
		ids, err := s.candidates(ctx, s.ofKind(e, search.PlaylistKind), search.PlaylistKind, limit)
		if err != nil || len(ids) == 0 {
			return nil, err
		}
		q.Where(`p.id IN (SELECT (4398046511104 - CAST(j.value AS BIGINT)) / 4 FROM `+each(s.DB, `?`)+`)`, asJSON(ids))
	}
	text, args := q.Select(`p.id, COALESCE(d.title, ''), COALESCE(d.tags, ''), COALESCE(d.owner, ''), p.videos_count`)
	return sqldb.All(ctx, s.DB, scanThing, text, args...)
}

// ByIDs implements search.Playlists: the public ones.
func (s Playlists) ByIDs(ctx context.Context, ids []playlist.ID) (map[playlist.ID]*playlist.Playlist, error) {
	byID := make(map[playlist.ID]*playlist.Playlist, len(ids))
	if len(ids) == 0 {
		return byID, nil
	}
	text, args := sqldb.In(sqldb.From(`playlists p`).Where(`p.privacy = 1`), `p.id`, padded(ids)).OrderBy(`p.id`).Select(playlistFields)
	list, err := sqldb.All(ctx, s.DB, scanPlaylistRow, text, args...)
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		byID[p.ID] = p
	}
	return byID, s.complete(ctx, list)
}
