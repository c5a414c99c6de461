package store

import (
	"context"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// RemoteComments is the origin.Comments.
type RemoteComments struct{ Comments *Comments }

var _ origin.Comments = RemoteComments{}

// ByURL is part of origin.Comments.
func (s RemoteComments) ByURL(ctx context.Context, url string) (*comment.Comment, error) {
	c, err := sqldb.One(ctx, s.Comments.DB, scanComment, `SELECT `+commentColumns+` FROM comments c WHERE c.url = $1`, url)
	if errs.Is(err, errs.NotFound) {
		return nil, comment.NotFound()
	}
	return c, err
}

// SetText is part of origin.Comments.
func (s RemoteComments) SetText(ctx context.Context, id comment.ID, text string, at time.Time) error {
	_, err := s.Comments.DB.Exec(ctx, `UPDATE comments SET text = $2, updated_at = $3 WHERE id = $1 AND remote = TRUE AND deleted_at IS NULL AND text <> $2`, id, text, at)
	s.Comments.DB.AfterCommit(ctx, func(context.Context) { s.Comments.pages.forget() })
	return err
}

// RemotePlaylists is the origin.Playlists.
type RemotePlaylists struct{ Playlists Playlists }

var _ origin.Playlists = RemotePlaylists{}

// ByURL is part of origin.Playlists.
func (s RemotePlaylists) ByURL(ctx context.Context, url string) (playlist.ID, actor.AccountID, error) {
	type found struct {
		id    playlist.ID
		owner actor.AccountID
	}
	f, err := sqldb.One(ctx, s.Playlists.DB, func(r sqldb.Row) (f found, err error) {
		return f, r.Scan(&f.id, &f.owner)
	}, `SELECT id, account_id FROM playlists WHERE url = $1`, url)
	return f.id, f.owner, noPlaylist(err)
}

// Put is part of origin.Playlists.
func (s RemotePlaylists) Put(ctx context.Context, p *origin.Playlist, now time.Time) error {
	db := s.Playlists.DB
	p.Remote, p.Type = true, playlist.Regular
	return db.InTx(ctx, func(ctx context.Context) error {
		id, owner, err := s.ByURL(ctx, p.URL)
		switch {
		case errs.Is(err, errs.NotFound):
			if err = freeUUID(ctx, db, `SELECT url FROM playlists WHERE uuid = $1`, p.UUID, p.URL); err == nil {
				err = s.Playlists.Create(ctx, &p.Playlist)
			}
		case err != nil:
		case owner != p.OwnerID:
			err = errs.New(errs.Forbidden, "the playlist is somebody else's")
		default:
			p.ID = id
			err = s.update(ctx, p)
		}
		if err != nil {
			return err
		}
		if _, err := db.Exec(ctx, `UPDATE playlists SET refreshed_at = $2 WHERE id = $1`, p.ID, now); err != nil {
			return err
		}
		return s.putPicture(ctx, p)
	})
}

// RefreshedAt is part of origin.Playlists.
func (s RemotePlaylists) RefreshedAt(ctx context.Context, id playlist.ID) (*time.Time, error) {
	at, err := sqldb.One(ctx, s.Playlists.DB, sqldb.Value[*time.Time], `SELECT refreshed_at FROM playlists WHERE id = $1`, id)
	return at, noPlaylist(err)
}

// update holds the row until the transaction ends, so that two who store the
// same playlist do it one after the other.
func (s RemotePlaylists) update(ctx context.Context, p *origin.Playlist) error {
	at, err := s.hold(ctx, p.ID)
	switch {
	case err != nil:
		return err
	case p.Sent && p.UpdatedAt.Before(at):
		return origin.ErrOvertaken
	}
	return s.Playlists.Update(ctx, &p.Playlist)
}

// hold returns when a playlist was changed at its origin.
func (s RemotePlaylists) hold(ctx context.Context, id playlist.ID) (time.Time, error) {
	text := `SELECT updated_at FROM playlists WHERE id = $1`
	if s.Playlists.DB.Dialect == sqldb.Postgres {
		text += ` FOR UPDATE`
	}
	at, err := sqldb.One(ctx, s.Playlists.DB, sqldb.Value[time.Time], text, id)
	return at, noPlaylist(err)
}

func (s RemotePlaylists) putPicture(ctx context.Context, p *origin.Playlist) error {
	have, err := sqldb.All(ctx, s.Playlists.DB, sqldb.Value[string], `SELECT file_url FROM playlist_thumbnails WHERE playlist_id = $1`, p.ID)
	if err != nil || len(have) == 1 && have[0] == p.PictureURL || len(have) == 0 && p.PictureURL == "" {
		return err
	}
	var list []video.Thumbnail
	if p.PictureURL != "" {
		list = []video.Thumbnail{{Filename: video.NewUUID() + extensionOf(p.PictureURL, ".jpg"), Width: 280, Height: 157, AspectRatio: "16:9", FileURL: p.PictureURL}}
	}
	_, err = s.Playlists.SetThumbnails(ctx, p.ID, list)
	return err
}

// SetElements is part of origin.Playlists. When a playlist was changed, its
// origin says. What stands behind the stretch stays until it is read too: a long
// list is not short to whoever looks at it meanwhile.
func (s RemotePlaylists) SetElements(ctx context.Context, id playlist.ID, part origin.Stretch) error {
	db := s.Playlists.DB
	return db.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.hold(ctx, id); err != nil {
			return err
		}
		if at, err := s.RefreshedAt(ctx, id); err != nil {
			return err
		} else if !part.Of.IsZero() && (at == nil || !at.Equal(part.Of)) {
			return origin.ErrOvertaken
		}
		have, err := sqldb.One(ctx, db, sqldb.Value[int], `SELECT COUNT(*) FROM playlist_elements WHERE playlist_id = $1 AND position <= $2`, id, part.After)
		if err != nil {
			return err
		}
		list := part.List[:min(len(part.List), max(playlist.MaxElements-have, 0))]
		all := part.Last || have < part.After
		if _, err := db.Exec(ctx, `
			DELETE FROM playlist_elements WHERE playlist_id = $1 AND position > $2 AND (position <= $3 OR $4)`, id, have, have+len(list), all); err != nil {
			return err
		}
		for i, e := range list {
			if _, err := db.Exec(ctx, `
				INSERT INTO playlist_elements (playlist_id, video_id, url, position, start_timestamp, stop_timestamp, created_at, updated_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`, id, nullID(int64(e.VideoID)), e.URL, have+i+1, e.Start, e.Stop, sqldb.Now()); err != nil {
				return err
			}
		}
		_, err = db.Exec(ctx, `UPDATE playlists SET videos_count = (SELECT COUNT(*) FROM playlist_elements WHERE playlist_id = $1) WHERE id = $1`, id)
		return err
	})
}

// Remove is part of origin.Playlists.
func (s RemotePlaylists) Remove(ctx context.Context, id playlist.ID) error {
	return s.Playlists.DB.InTx(ctx, func(ctx context.Context) error {
		remote, err := sqldb.One(ctx, s.Playlists.DB, sqldb.Value[bool], `SELECT remote FROM playlists WHERE id = $1`, id)
		if err != nil {
			return noPlaylist(err)
		}
		if !remote {
			return errs.New(errs.Forbidden, "this playlist is of this site")
		}
		return s.Playlists.Delete(ctx, id)
	})
}
