package store

import (
	"context"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// OpenFiles lists what of a local video lies at addresses that need no login,
// only their name: pictures, the storyboard and captions.
func (s *Videos) OpenFiles(ctx context.Context, id video.ID) ([]video.OpenFile, error) {
	return sqldb.All(ctx, s.DB, func(r sqldb.Row) (f video.OpenFile, err error) { return f, r.Scan(&f.Kind, &f.Name) }, `
		SELECT 'thumbnail', filename FROM thumbnails WHERE video_id = $1 AND file_url = ''
		UNION ALL SELECT 'storyboard', filename FROM storyboards WHERE video_id = $1 AND file_url = ''
		UNION ALL SELECT 'caption', filename FROM video_captions WHERE video_id = $1 AND file_url = '' AND m3u8_filename = ''`, id)
}

// RenameOpenFiles gives such files the names at the same places of names. What
// is gone by now, or was replaced, is left as it is.
func (s *Videos) RenameOpenFiles(ctx context.Context, id video.ID, files []video.OpenFile, names []string) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.Touch(ctx, id); err != nil { // holds the row: pictures may be replaced at once
			return err
		}
		for i, f := range files {
			var err error
			switch f.Kind {
			case video.OpenThumbnail:
				_, err = s.DB.Exec(ctx, `UPDATE thumbnails SET filename = $3 WHERE video_id = $1 AND filename = $2`, id, f.Name, names[i])
			case video.OpenStoryboard:
				_, err = s.DB.Exec(ctx, `UPDATE storyboards SET filename = $3 WHERE video_id = $1 AND filename = $2`, id, f.Name, names[i])
			case video.OpenCaption:
				_, err = s.DB.Exec(ctx, `UPDATE video_captions SET filename = $3 WHERE video_id = $1 AND filename = $2`, id, f.Name, names[i])
			}
			if err != nil {
				return err
			}
		}
		v := &video.Video{ID: id}
		if err := s.fillThumbnails(ctx, newVideoPage([]*video.Video{v})); err != nil {
			return err
		}
		_, err := s.DB.Exec(ctx, `UPDATE videos SET pictures = $2 WHERE id = $1`, id, pictures(v.Thumbnails).text())
		return err
	})
}
