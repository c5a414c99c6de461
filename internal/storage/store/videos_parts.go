package store

import (
	"context"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

func scanPassword(r sqldb.Row) (p video.Password, err error) {
	err = r.Scan(&p.ID, &p.VideoID, &p.Password, &p.CreatedAt, &p.UpdatedAt)
	return p, err
}

// Passwords lists a video's passwords, newest first.
func (s *Videos) Passwords(ctx context.Context, id video.ID) ([]video.Password, error) {
	return sqldb.All(ctx, s.DB, scanPassword, `
		SELECT id, video_id, password, created_at, updated_at FROM video_passwords WHERE video_id = $1 ORDER BY created_at DESC, id DESC`, id)
}

// SetPasswords replaces the passwords of a video. Those that stay keep their
// number.
func (s *Videos) SetPasswords(ctx context.Context, id video.ID, passwords []string) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.Touch(ctx, id); err != nil {
			return err
		}
		have, err := s.Passwords(ctx, id)
		if err != nil {
			return err
		}
		missing := make(map[string]bool, len(passwords))
		for _, p := range passwords {
			missing[p] = true
		}
		for _, p := range have {
			if missing[p.Password] {
				delete(missing, p.Password)
				continue
			}
			if err := s.DeletePassword(ctx, id, p.ID); err != nil {
				return err
			}
		}
		for _, p := range passwords {
			if !missing[p] {
				continue
			}
			if _, err := s.DB.Exec(ctx, `INSERT INTO video_passwords (video_id, password, created_at, updated_at) VALUES ($1, $2, $3, $3)`,
				id, p, sqldb.Now()); err != nil {
				return err
			}
		}
		return nil
	})
}

// DeletePassword removes one password of a video.
func (s *Videos) DeletePassword(ctx context.Context, id video.ID, password video.PasswordID) error {
	n, err := s.DB.Exec(ctx, `DELETE FROM video_passwords WHERE video_id = $1 AND id = $2`, id, password)
	if err == nil && n == 0 {
		return errs.New(errs.NotFound, "Video password not found")
	}
	return err
}

const captionColumns = `video_id, language, filename, m3u8_filename, automatic, updated_at`

func scanCaption(r sqldb.Row) (c video.Caption, err error) {
	err = r.Scan(&c.VideoID, &c.Language, &c.Filename, &c.M3U8Filename, &c.Automatic, &c.UpdatedAt)
	return c, err
}

// Captions lists the captions of a video by language.
func (s *Videos) Captions(ctx context.Context, id video.ID) ([]video.Caption, error) {
	return sqldb.All(ctx, s.DB, scanCaption, `SELECT `+captionColumns+` FROM video_captions WHERE video_id = $1 ORDER BY language`, id)
}

// PutCaption adds or replaces a caption; see video.Store.
func (s *Videos) PutCaption(ctx context.Context, c video.Caption) (old *video.Caption, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		was, err := s.DeleteCaption(ctx, c.VideoID, c.Language)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		old = was
		_, err = s.DB.Exec(ctx, `
			INSERT INTO video_captions (video_id, language, filename, m3u8_filename, automatic, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $6)`,
			c.VideoID, c.Language, c.Filename, c.M3U8Filename, c.Automatic, c.UpdatedAt)
		if err != nil {
			return err
		}
		return Search{DB: s.DB}.staleCaptions(ctx, c.VideoID)
	})
	return old, err
}

// DeleteCaption removes and returns a caption; see video.Store.
func (s *Videos) DeleteCaption(ctx context.Context, id video.ID, language string) (old *video.Caption, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.Touch(ctx, id); err != nil {
			return err
		}
		c, err := sqldb.Returning(ctx, s.DB, scanCaption,
			`DELETE FROM video_captions WHERE video_id = $1 AND language = $2 RETURNING `+captionColumns, id, language)
		if err != nil {
			return err
		}
		old = &c
		return Search{DB: s.DB}.staleCaptions(ctx, id)
	})
	return old, err
}

func scanChapter(r sqldb.Row) (c video.Chapter, err error) {
	err = r.Scan(&c.Timecode, &c.Title)
	return c, err
}

// Chapters lists the chapters of a video by time.
func (s *Videos) Chapters(ctx context.Context, id video.ID) ([]video.Chapter, error) {
	return sqldb.All(ctx, s.DB, scanChapter, `SELECT timecode, title FROM video_chapters WHERE video_id = $1 ORDER BY timecode`, id)
}

// SetChapters replaces the chapters of a video.
func (s *Videos) SetChapters(ctx context.Context, id video.ID, list []video.Chapter) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.Touch(ctx, id); err != nil {
			return err
		}
		return s.putChapters(ctx, id, list)
	})
}

func (s *Videos) putChapters(ctx context.Context, id video.ID, list []video.Chapter) error {
	if _, err := s.DB.Exec(ctx, `DELETE FROM video_chapters WHERE video_id = $1`, id); err != nil {
		return err
	}
	for _, c := range list {
		if _, err := s.DB.Exec(ctx, `INSERT INTO video_chapters (video_id, timecode, title) VALUES ($1, $2, $3)`, id, c.Timecode, c.Title); err != nil {
			return err
		}
	}
	return nil
}

// Storyboard returns the storyboard of a video.
func (s *Videos) Storyboard(ctx context.Context, id video.ID) (*video.Storyboard, error) {
	return sqldb.One(ctx, s.DB, func(r sqldb.Row) (*video.Storyboard, error) {
		b := &video.Storyboard{VideoID: id}
		return b, r.Scan(&b.Filename, &b.TotalWidth, &b.TotalHeight, &b.SpriteWidth, &b.SpriteHeight, &b.SpriteDuration)
	}, `SELECT filename, total_width, total_height, sprite_width, sprite_height, sprite_duration FROM storyboards WHERE video_id = $1`, id)
}

const sourceColumns = `s.video_id, s.input_filename, s.kept_filename, s.resolution, s.width, s.height, s.fps, s.size, s.metadata, s.created_at`

func scanSource(r sqldb.Row) (*video.Source, error) {
	s := new(video.Source)
	return s, r.Scan(&s.VideoID, &s.InputFilename, &s.KeptFilename, &s.Resolution, &s.Width, &s.Height, &s.FPS, &s.Size, &s.Metadata, &s.CreatedAt)
}

// Source returns the newest source of a video.
func (s *Videos) Source(ctx context.Context, id video.ID) (*video.Source, error) {
	return sqldb.One(ctx, s.DB, scanSource, `SELECT `+sourceColumns+` FROM video_sources s WHERE s.video_id = $1 ORDER BY s.id DESC LIMIT 1`, id)
}

// fillSources reads the newest source of each video of a page.
func (s *Videos) fillSources(ctx context.Context, p *videoPage) error {
	return fillAll(ctx, s, p, newestSources(p.ids), sourceColumns,
		func(r sqldb.Row, o *of[*video.Source]) (err error) {
			if o.it, err = scanSource(r); err == nil {
				o.video = o.it.VideoID
			}
			return err
		},
		func(v *video.Video, src *video.Source) { v.Extra = &video.Extra{Source: src} })
}

func newestSources(ids []video.ID) *sqldb.Query {
	return sqldb.In(sqldb.From(`video_sources s`), `s.video_id`, ids).
		Where(`NOT EXISTS (SELECT 1 FROM video_sources n WHERE n.video_id = s.video_id AND n.id > s.id)`).OrderBy(`s.video_id`)
}

// ForgetKeptSource records that originals are not kept; see video.Store.
func (s *Videos) ForgetKeptSource(ctx context.Context, id video.ID) (names []string, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.Touch(ctx, id); err != nil {
			return err
		}
		if names, err = sqldb.All(ctx, s.DB, sqldb.Value[string],
			`SELECT kept_filename FROM video_sources WHERE video_id = $1 AND kept_filename <> '' ORDER BY id`, id); err != nil {
			return err
		}
		_, err := s.DB.Exec(ctx, `UPDATE video_sources SET kept_filename = '' WHERE video_id = $1`, id)
		return err
	})
	return names, err
}

// FileMetadata returns ffprobe's JSON of one file of a video.
func (s *Videos) FileMetadata(ctx context.Context, id video.ID, file video.FileID) ([]byte, error) {
	return sqldb.One(ctx, s.DB, sqldb.Value[[]byte], `SELECT metadata FROM video_files WHERE video_id = $1 AND id = $2`, id, file)
}

// Transcodes lists what is still made of videos, or has a remark; see
// video.Store.
func (s *Videos) Transcodes(ctx context.Context, ids []video.ID) (map[video.ID][]video.Transcode, error) {
	if len(ids) == 0 {
		return nil, nil //nolint:nilnil // of no videos nothing is made
	}
	q := sqldb.In(sqldb.From(`video_transcodes t`), `t.video_id`, padded(ids)).Where(`(t.state <> ? OR t.error <> '')`, video.TranscodeDone).
		OrderBy(`t.video_id, t.required DESC, t.resolution DESC, t.kind`)
	text, args := q.Select(transcodeColumns)
	list, err := sqldb.All(ctx, s.DB, scanTranscode, text, args...)
	m := make(map[video.ID][]video.Transcode, len(ids))
	for _, t := range list {
		m[t.VideoID] = append(m[t.VideoID], t)
	}
	return m, err
}
