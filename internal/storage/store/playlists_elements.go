package store

import (
	"context"
	"math"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

const elementColumns = `e.id, e.playlist_id, e.position, e.start_timestamp, e.stop_timestamp, COALESCE(e.video_id, 0)`

func scanElement(r sqldb.Row) (*playlist.Element, error) {
	e := new(playlist.Element)
	return e, r.Scan(&e.ID, &e.PlaylistID, &e.Position, &e.Start, &e.Stop, &e.VideoID)
}

// Lock is part of playlist.Store. The write holds the row.
func (s Playlists) Lock(ctx context.Context, id playlist.ID) (count int, err error) {
	count, err = sqldb.Returning(ctx, s.DB, sqldb.Value[int],
		`UPDATE playlists SET updated_at = $2 WHERE id = $1 RETURNING videos_count`, id, sqldb.Now())
	return count, noPlaylist(err)
}

// elementPage reads a page by position, which counts from 1 without gaps.
const elementPage = `SELECT ` + elementColumns + ` FROM playlist_elements e
	WHERE e.playlist_id = $1 AND e.position > $2 AND e.position <= $3 ORDER BY e.position, e.id`

// Elements is part of playlist.Store.
func (s Playlists) Elements(ctx context.Context, id playlist.ID, start, count int) ([]*playlist.Element, error) {
	last := min(start+count, math.MaxInt32) // beyond, PostgreSQL knows no position
	list, err := sqldb.All(ctx, s.DB, scanElement, elementPage, id, start, last)
	if err != nil {
		return nil, err
	}
	return list, s.addVideos(ctx, list)
}

// ElementsAt is part of playlist.Store.
func (s Playlists) ElementsAt(ctx context.Context, id playlist.ID, positions []int) ([]*playlist.Element, error) {
	text, args := elementsAt(id, positions)
	list, err := sqldb.All(ctx, s.DB, scanElement, text, args...)
	if err != nil {
		return nil, err
	}
	return list, s.addVideos(ctx, list)
}

func elementsAt(id playlist.ID, positions []int) (string, []any) {
	return sqldb.In(sqldb.From(`playlist_elements e`), `e.position`, padded(positions)).Where(`e.playlist_id = ?`, id).Select(elementColumns)
}

func (s Playlists) addVideos(ctx context.Context, list []*playlist.Element) error {
	var ids []video.ID
	for _, e := range list {
		if e.VideoID != 0 {
			ids = append(ids, e.VideoID)
		}
	}
	videos, err := s.Videos.ByIDs(ctx, ids)
	for _, e := range list {
		e.Video = videos[e.VideoID]
	}
	return err
}

// Element is part of playlist.Store.
func (s Playlists) Element(ctx context.Context, id playlist.ID, element playlist.ElementID) (*playlist.Element, error) {
	e, err := sqldb.One(ctx, s.DB, scanElement, `SELECT `+elementColumns+` FROM playlist_elements e WHERE e.id = $1 AND e.playlist_id = $2`, element, id)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.New(errs.NotFound, "Video playlist element not found")
	}
	return e, err
}

// AddElement is part of playlist.Store.
func (s Playlists) AddElement(ctx context.Context, e *playlist.Element) error {
	return s.DB.InTx(ctx, func(ctx context.Context) (err error) {
		e.Position, err = sqldb.Returning(ctx, s.DB, sqldb.Value[int],
			`UPDATE playlists SET videos_count = videos_count + 1 WHERE id = $1 RETURNING videos_count`, e.PlaylistID)
		if err != nil {
			return noPlaylist(err)
		}
		e.ID, err = sqldb.Returning(ctx, s.DB, sqldb.Value[playlist.ElementID], `
			INSERT INTO playlist_elements (playlist_id, video_id, position, start_timestamp, stop_timestamp, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $6)
			RETURNING id`,
			e.PlaylistID, e.VideoID, e.Position, e.Start, e.Stop, sqldb.Now())
		return err
	})
}

// SetTimes is part of playlist.Store.
func (s Playlists) SetTimes(ctx context.Context, element playlist.ElementID, start, stop *int) error {
	_, err := s.DB.Exec(ctx, `UPDATE playlist_elements SET start_timestamp = $2, stop_timestamp = $3, updated_at = $4 WHERE id = $1`,
		element, start, stop, sqldb.Now())
	return err
}

// RemoveElement is part of playlist.Store.
func (s Playlists) RemoveElement(ctx context.Context, e *playlist.Element) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		n, err := s.DB.Exec(ctx, `DELETE FROM playlist_elements WHERE id = $1 AND playlist_id = $2`, e.ID, e.PlaylistID)
		if err != nil || n == 0 {
			return err
		}
		if _, err := s.DB.Exec(ctx, `UPDATE playlist_elements SET position = position - 1 WHERE playlist_id = $1 AND position > $2`,
			e.PlaylistID, e.Position); err != nil {
			return err
		}
		_, err = s.DB.Exec(ctx, `UPDATE playlists SET videos_count = videos_count - 1 WHERE id = $1`, e.PlaylistID)
		return err
	})
}

// Reorder is part of playlist.Store.
func (s Playlists) Reorder(ctx context.Context, id playlist.ID, start, after, length int) error {
	m, ok := newMove(start, after, length)
	if !ok {
		return nil
	}
	_, err := s.DB.Exec(ctx, `
		UPDATE playlist_elements SET position = CASE WHEN position >= $2 AND position <= $3 THEN position + $4 ELSE position + $5 END
		WHERE playlist_id = $1 AND position >= $6 AND position <= $7`,
		id, m.first, m.last, m.by, m.others, m.from, m.to)
	return err
}

// ReorderChannel is part of playlist.Store.
func (s Playlists) ReorderChannel(ctx context.Context, id actor.ChannelID, start, after, length int) error {
	m, ok := newMove(start, after, length)
	if !ok {
		return nil
	}
	_, err := s.DB.Exec(ctx, `
		UPDATE playlists SET channel_position = CASE WHEN channel_position >= $2 AND channel_position <= $3
			THEN channel_position + $4 ELSE channel_position + $5 END
		WHERE channel_id = $1 AND channel_position >= $6 AND channel_position <= $7`,
		id, m.first, m.last, m.by, m.others, m.from, m.to)
	return err
}

// move shifts the positions first to last by "by", and those they pass by
// "others"; from and to bound all that change.
type move struct{ first, last, by, others, from, to int }

// newMove works out how length positions from start come behind after. It
// returns false when nothing changes.
func newMove(start, after, length int) (move, bool) {
	end := start + length - 1
	switch {
	case after > end:
		return move{start, end, after - end, -length, start, after}, true
	case after < start-1:
		return move{start, end, after + 1 - start, length, after + 1, end}, true
	}
	return move{}, false
}

// Places is part of playlist.Store.
func (s Playlists) Places(ctx context.Context, id actor.AccountID, videos []video.ID) ([]playlist.Place, error) {
	text, args := sqldb.In(sqldb.From(`playlist_elements e JOIN playlists p ON p.id = e.playlist_id`), `e.video_id`, padded(videos)).
		Where(`p.account_id = ?`, id).OrderBy(`e.id`).
		Select(`e.video_id, e.id, p.id, p.uuid, p.name, p.type, e.start_timestamp, e.stop_timestamp`)
	return sqldb.All(ctx, s.DB, func(r sqldb.Row) (p playlist.Place, err error) {
		err = r.Scan(&p.VideoID, &p.ElementID, &p.PlaylistID, &p.PlaylistUUID, &p.PlaylistName, &p.Type, &p.Start, &p.Stop)
		return p, err
	}, text, args...)
}
