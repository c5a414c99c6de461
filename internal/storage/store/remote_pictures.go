package store

import (
	"context"
	"time"

	"sepiola/internal/domain/origin"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// RemotePictures is the origin.Pictures.
type RemotePictures struct{ DB *sqldb.DB }

var _ origin.Pictures = RemotePictures{}

// pictureSources tell for each section where the URLs of its files stand.
var pictureSources = map[origin.PictureSection][]string{
	origin.Avatars: {`SELECT file_url FROM actor_images WHERE filename = $1`},
	origin.Thumbnails: {
		`SELECT file_url FROM thumbnails WHERE filename = $1`,
		`SELECT file_url FROM playlist_thumbnails WHERE filename = $1`,
	},
	origin.Storyboards: {`SELECT file_url FROM storyboards WHERE filename = $1`},
	origin.Captions:    {`SELECT file_url FROM video_captions WHERE filename = $1`},
}

// Source is part of origin.Pictures.
func (s RemotePictures) Source(ctx context.Context, section origin.PictureSection, filename string) (string, error) {
	for _, q := range pictureSources[section] {
		url, err := sqldb.One(ctx, s.DB, sqldb.Value[string], q, filename)
		if err == nil && url != "" {
			return url, nil
		}
		if err != nil && !errs.Is(err, errs.NotFound) {
			return "", err
		}
	}
	return "", errs.New(errs.NotFound, "not a picture of another site")
}

// Kept is part of origin.Pictures.
func (s RemotePictures) Kept(ctx context.Context, section origin.PictureSection, filename string, bytes int64, at time.Time) error {
	_, err := s.DB.Exec(ctx, `
		INSERT INTO remote_pictures (filename, section, bytes, used_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (filename) DO UPDATE SET bytes = excluded.bytes, used_at = excluded.used_at`, filename, section, bytes, at)
	return err
}

// Used is part of origin.Pictures.
func (s RemotePictures) Used(ctx context.Context, filenames []string, at time.Time) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		for _, name := range filenames {
			if _, err := s.DB.Exec(ctx, `UPDATE remote_pictures SET used_at = $2 WHERE filename = $1`, name, at); err != nil {
				return err
			}
		}
		return nil
	})
}

// Oldest is part of origin.Pictures.
func (s RemotePictures) Oldest(ctx context.Context, limit int) ([]origin.KeptPicture, error) {
	return sqldb.All(ctx, s.DB, func(r sqldb.Row) (k origin.KeptPicture, err error) {
		return k, r.Scan(&k.Section, &k.Filename, &k.Bytes)
	}, `SELECT section, filename, bytes FROM remote_pictures ORDER BY used_at LIMIT $1`, limit)
}

// Bytes is part of origin.Pictures. The sweep asks it once in a while.
func (s RemotePictures) Bytes(ctx context.Context) (int64, error) {
	return sqldb.One(ctx, s.DB, sqldb.Value[int64], `SELECT CAST(COALESCE(sum(bytes), 0) AS BIGINT) FROM remote_pictures`)
}

// Forget is part of origin.Pictures.
func (s RemotePictures) Forget(ctx context.Context, filename string) error {
	_, err := s.DB.Exec(ctx, `DELETE FROM remote_pictures WHERE filename = $1`, filename)
	return err
}
