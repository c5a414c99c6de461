package store

import (
	"context"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// OfTorrent returns the video that a torrent's name belongs to, or
// errs.NotFound.
func (s *Videos) OfTorrent(ctx context.Context, filename string) (video.ID, error) {
	id, err := sqldb.One(ctx, s.DB, sqldb.Value[video.ID],
		`SELECT f.video_id FROM video_files f WHERE f.torrent_filename = $1 AND f.torrent_filename <> ''`, filename)
	return id, noVideo(err)
}

// OfOriginal returns the video whose kept original has a name, or
// errs.NotFound.
func (s *Videos) OfOriginal(ctx context.Context, filename string) (video.ID, error) {
	id, err := sqldb.One(ctx, s.DB, sqldb.Value[video.ID],
		`SELECT s.video_id FROM video_sources s WHERE s.kept_filename = $1 AND s.kept_filename <> '' ORDER BY s.id DESC LIMIT 1`, filename)
	return id, noVideo(err)
}
