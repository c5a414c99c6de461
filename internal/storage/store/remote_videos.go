package store

import (
	"context"
	"encoding/json"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// RemoteVideos is the origin.Videos.
type RemoteVideos struct {
	DB     *sqldb.DB
	Videos *Videos
}

var _ origin.Videos = RemoteVideos{}

const copyColumns = `v.id, v.uuid, v.url, v.remote, v.channel_id, c.account_id, v.privacy, v.state, v.origin_hash, v.refreshed_at,
	v.likes_url, v.dislikes_url, v.shares_url, v.comments_url`

func scanCopy(r sqldb.Row) (c origin.Copy, err error) {
	return c, r.Scan(&c.ID, &c.UUID, &c.URL, &c.Remote, &c.ChannelID, &c.OwnerID, &c.Privacy, &c.State, &c.Hash, &c.RefreshedAt,
		&c.LikesURL, &c.DislikesURL, &c.SharesURL, &c.CommentsURL)
}

// ByURL is part of origin.Videos.
func (s RemoteVideos) ByURL(ctx context.Context, url string) (*origin.Copy, error) {
	c, err := sqldb.One(ctx, s.DB, scanCopy, `SELECT `+copyColumns+` FROM videos v JOIN video_channels c ON c.id = v.channel_id WHERE v.url = $1`, url)
	if err != nil {
		return nil, noVideo(err)
	}
	return &c, nil
}

// Put is part of origin.Videos.
func (s RemoteVideos) Put(ctx context.Context, v *origin.Video, now time.Time) (created bool, err error) {
	v.Remote = true
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		was, err := s.ByURL(ctx, v.URL)
		switch {
		case errs.Is(err, errs.NotFound):
			created = true
			err = s.create(ctx, v, now)
		case err != nil:
		case !was.Remote:
			err = errs.New(errs.Forbidden, "this video is of this site")
		default:
			created = false
			err = s.update(ctx, was, v)
		}
		if err != nil {
			return err
		}
		return s.putParts(ctx, v, now)
	})
	return created && err == nil, err
}

func (s RemoteVideos) create(ctx context.Context, v *origin.Video, now time.Time) error {
	v.CreatedAt, v.Schedule = now, nil
	if err := freeUUID(ctx, s.DB, `SELECT url FROM videos WHERE uuid = $1`, v.UUID, v.URL); err != nil {
		return err
	}
	return s.Videos.Create(ctx, &v.Video)
}

// freeUUID reports whether a UUID, which its site chose, is that of nothing else
// here: of two the first stays, because nothing tells whose it is.
func freeUUID(ctx context.Context, db *sqldb.DB, query, uuid, url string) error {
	holder, err := sqldb.One(ctx, db, sqldb.Value[string], query, uuid)
	switch {
	case errs.Is(err, errs.NotFound):
		return nil
	case err != nil:
		return err
	}
	return errs.New(errs.Conflict, "%s has the UUID %s of %s", url, uuid, holder)
}

func (s RemoteVideos) update(ctx context.Context, was *origin.Copy, v *origin.Video) error {
	if was.UUID != v.UUID {
		return errs.New(errs.Conflict, "a video cannot change its UUID")
	}
	if err := s.hold(ctx, was, v); err != nil {
		return err
	}
	v.ID, v.Schedule = was.ID, nil
	if was.State != v.State {
		if _, err := s.Videos.SetState(ctx, v.ID, was.State, v.State, nil); err != nil {
			return err
		}
	}
	return s.Videos.Update(ctx, &v.Video)
}

// hold keeps the row of a copy until the transaction ends, so that two who
// store the same video do it one after the other, and finds out how it is now.
func (s RemoteVideos) hold(ctx context.Context, was *origin.Copy, v *origin.Video) error {
	text := `SELECT likes, dislikes, comments, state, updated_at, refreshed_at FROM videos WHERE id = $1`
	if s.DB.Dialect == sqldb.Postgres {
		text += ` FOR UPDATE` // on SQLite one transaction writes at a time
	}
	type row struct {
		likes, dislikes, comments int64
		state                     video.State
		updated                   time.Time
		refreshed                 *time.Time
	}
	is, err := sqldb.One(ctx, s.DB, func(r sqldb.Row) (i row, err error) {
		return i, r.Scan(&i.likes, &i.dislikes, &i.comments, &i.state, &i.updated, &i.refreshed)
	}, text, was.ID)
	if err != nil {
		return noVideo(err)
	}
	if v.OvertakenBy(is.updated, is.refreshed) {
		return origin.ErrOvertaken
	}
	was.State = is.state
	// The likes and comments that are known make the hot score too.
	v.Likes, v.Dislikes, v.Comments = is.likes, is.dislikes, is.comments
	return nil
}

// putParts writes what Create and Update of local videos do not know.
func (s RemoteVideos) putParts(ctx context.Context, v *origin.Video, now time.Time) error {
	for _, put := range []func(context.Context, *origin.Video, time.Time) error{s.putThumbnails, s.putMedia, s.putStoryboard, s.putCaptions} {
		if err := put(ctx, v, now); err != nil {
			return err
		}
	}
	if v.HasChapters {
		if err := s.SetChapters(ctx, v.ID, v.Chapters); err != nil {
			return err
		}
	}
	// Last, because the others set the time of the last change.
	_, err := s.DB.Exec(ctx, `
		UPDATE videos SET duration = $2, aspect_ratio = $3, is_live = $4, views = $5, downloads = $6, input_file_updated_at = $7,
			origin_hash = $8, refreshed_at = $9, likes_url = $10, dislikes_url = $11, shares_url = $12, comments_url = $13,
			web_url = $14, embed_url = $15, hot_score = $16, updated_at = $17
		WHERE id = $1`,
		v.ID, v.Duration, v.AspectRatio, v.IsLive, v.Views, v.Downloads, v.InputFileUpdatedAt,
		v.Hash, now, v.LikesURL, v.DislikesURL, v.SharesURL, v.CommentsURL, v.WebURL, v.EmbedURL, hotScore(&v.Video), v.UpdatedAt)
	return err
}

// extensionOf is that of the file that is kept of a picture.
func extensionOf(name string, other string) string {
	for i := len(name) - 1; i >= 0 && len(name)-i < 6; i-- {
		if name[i] != '.' {
			continue
		}
		switch ext := video.Fold(name[i:]); ext {
		case ".jpg", ".jpeg", ".png", ".webp", ".gif":
			return ext
		}
	}
	return other
}

// putThumbnails keeps the names of those that are the same: their files may be
// here.
func (s RemoteVideos) putThumbnails(ctx context.Context, v *origin.Video, _ time.Time) error {
	have := &video.Video{ID: v.ID}
	if err := s.Videos.fillThumbnails(ctx, newVideoPage([]*video.Video{have})); err != nil {
		return err
	}
	names := make(map[string]string, len(have.Thumbnails))
	for _, t := range have.Thumbnails {
		names[t.FileURL] = t.Filename
	}
	same := len(have.Thumbnails) == len(v.Thumbnails)
	for i := range v.Thumbnails {
		t := &v.Thumbnails[i]
		name, known := names[t.FileURL]
		if same = same && known; !known {
			name = video.NewUUID() + extensionOf(t.FileURL, ".jpg")
		}
		delete(names, t.FileURL) // one name for one picture
		t.Filename = name
	}
	if same {
		return nil
	}
	_, err := s.Videos.SetThumbnails(ctx, v.ID, v.Thumbnails)
	return err
}

// putMedia writes the playlist and the files. Rows that stay keep their ids.
func (s RemoteVideos) putMedia(ctx context.Context, v *origin.Video, now time.Time) error {
	var playlist video.PlaylistID
	if v.Playlist == nil {
		if _, err := s.DB.Exec(ctx, `DELETE FROM streaming_playlists WHERE video_id = $1`, v.ID); err != nil {
			return err
		}
	} else {
		id, err := s.putPlaylist(ctx, v, now)
		if err != nil {
			return err
		}
		playlist = id
	}
	keep := map[video.FileID]bool{}
	for i := range v.Files {
		f := &v.Files[i]
		f.VideoID = v.ID
		if f.PlaylistID != 0 {
			f.PlaylistID = playlist
		}
		magnet := ""
		if i < len(v.Magnets) {
			magnet = v.Magnets[i]
		}
		id, err := s.putFile(ctx, f, magnet, now)
		if err != nil {
			return err
		}
		keep[id] = true
	}
	all, err := sqldb.All(ctx, s.DB, sqldb.Value[video.FileID], `SELECT id FROM video_files WHERE video_id = $1`, v.ID)
	if err != nil {
		return err
	}
	for _, id := range all {
		if keep[id] {
			continue
		}
		if _, err := s.DB.Exec(ctx, `DELETE FROM video_files WHERE id = $1`, id); err != nil {
			return err
		}
	}
	return nil
}

func (s RemoteVideos) putPlaylist(ctx context.Context, v *origin.Video, now time.Time) (video.PlaylistID, error) {
	hashes, trackers := v.Playlist.P2PInfoHashes, v.Trackers
	if hashes == nil {
		hashes = []string{}
	}
	if trackers == nil {
		trackers = []string{}
	}
	hashText, err := json.Marshal(hashes)
	if err != nil {
		return 0, err
	}
	trackerText, err := json.Marshal(trackers)
	if err != nil {
		return 0, err
	}
	return sqldb.Returning(ctx, s.DB, sqldb.Value[video.PlaylistID], `
		INSERT INTO streaming_playlists (video_id, type, playlist_url, segments_url, p2p_info_hashes, trackers, created_at, updated_at)
		VALUES ($1, 1, $2, $3, $4, $5, $6, $6)
		ON CONFLICT (video_id, type) DO UPDATE SET playlist_url = excluded.playlist_url, segments_url = excluded.segments_url,
			p2p_info_hashes = excluded.p2p_info_hashes, trackers = excluded.trackers, updated_at = excluded.updated_at
		RETURNING id`,
		v.ID, v.Playlist.PlaylistURL, v.Playlist.SegmentsURL, string(hashText), string(trackerText), now)
}

func (s RemoteVideos) putFile(ctx context.Context, f *video.File, magnet string, now time.Time) (video.FileID, error) {
	return sqldb.Returning(ctx, s.DB, sqldb.Value[video.FileID], `
		INSERT INTO video_files (video_id, playlist_id, resolution, width, height, fps, size, extname, file_url, torrent_url, magnet_url,
			info_hash, has_audio, has_video, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)
		ON CONFLICT (video_id, COALESCE(playlist_id, 0), resolution, fps) DO UPDATE SET width = excluded.width, height = excluded.height,
			size = excluded.size, extname = excluded.extname, file_url = excluded.file_url, torrent_url = excluded.torrent_url,
			magnet_url = excluded.magnet_url, info_hash = excluded.info_hash, has_audio = excluded.has_audio, has_video = excluded.has_video,
			updated_at = excluded.updated_at
		RETURNING id`,
		f.VideoID, nullID(int64(f.PlaylistID)), f.Resolution, f.Width, f.Height, f.FPS, f.Size, f.Extname, f.FileURL, f.TorrentURL, magnet,
		f.InfoHash, f.HasAudio, f.HasVideo, now)
}

func (s RemoteVideos) putStoryboard(ctx context.Context, v *origin.Video, now time.Time) error {
	if v.Storyboard == nil {
		_, err := s.DB.Exec(ctx, `DELETE FROM storyboards WHERE video_id = $1`, v.ID)
		return err
	}
	b := v.Storyboard
	_, err := s.DB.Exec(ctx, `
		INSERT INTO storyboards (video_id, filename, file_url, total_width, total_height, sprite_width, sprite_height, sprite_duration, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (video_id) DO UPDATE SET
			filename = CASE WHEN storyboards.file_url = excluded.file_url THEN storyboards.filename ELSE excluded.filename END,
			file_url = excluded.file_url, total_width = excluded.total_width, total_height = excluded.total_height,
			sprite_width = excluded.sprite_width, sprite_height = excluded.sprite_height, sprite_duration = excluded.sprite_duration`,
		v.ID, video.NewUUID()+extensionOf(v.StoryboardURL, ".jpg"), v.StoryboardURL, b.TotalWidth, b.TotalHeight,
		b.SpriteWidth, b.SpriteHeight, b.SpriteDuration, now)
	return err
}

// putCaptions writes the captions. Their texts are not searched: nobody here
// has read them.
func (s RemoteVideos) putCaptions(ctx context.Context, v *origin.Video, now time.Time) error {
	keep := map[string]bool{}
	for _, c := range v.Captions {
		if keep[c.Language] {
			continue
		}
		keep[c.Language] = true
		if _, err := s.DB.Exec(ctx, `
			INSERT INTO video_captions (video_id, language, filename, file_url, automatic, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6)
			ON CONFLICT (video_id, language) DO UPDATE SET
				filename = CASE WHEN video_captions.file_url = excluded.file_url THEN video_captions.filename ELSE excluded.filename END,
				file_url = excluded.file_url, automatic = excluded.automatic`,
			v.ID, c.Language, video.NewUUID()+"-"+c.Language+".vtt", c.URL, c.Automatic, now); err != nil {
			return err
		}
	}
	have, err := s.Videos.Captions(ctx, v.ID)
	if err != nil {
		return err
	}
	for _, c := range have {
		if keep[c.Language] {
			continue
		}
		if _, err := s.DB.Exec(ctx, `DELETE FROM video_captions WHERE video_id = $1 AND language = $2`, v.ID, c.Language); err != nil {
			return err
		}
	}
	return nil
}

// SetChapters is part of origin.Videos. It is no change of the video: when that
// was, its origin says.
func (s RemoteVideos) SetChapters(ctx context.Context, id video.ID, list []video.Chapter) error {
	seen := map[int]bool{}
	unique := make([]video.Chapter, 0, len(list))
	for _, c := range list {
		if !seen[c.Timecode] {
			seen[c.Timecode] = true
			unique = append(unique, c)
		}
	}
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		s.Videos.changed(ctx)
		return s.Videos.putChapters(ctx, id, unique)
	})
}

// Touch is part of origin.Videos.
func (s RemoteVideos) Touch(ctx context.Context, id video.ID, now time.Time) error {
	_, err := s.DB.Exec(ctx, `UPDATE videos SET refreshed_at = $2 WHERE id = $1 AND remote = TRUE`, id, now)
	return err
}

// SetTotals is part of origin.Videos.
func (s RemoteVideos) SetTotals(ctx context.Context, id video.ID, t origin.Totals) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		err := reacted(ctx, s.DB, `UPDATE videos SET
				views = CASE WHEN CAST($2 AS BIGINT) >= 0 THEN CAST($2 AS BIGINT) ELSE views END, likes = CASE WHEN CAST($3 AS BIGINT) >= 0 THEN CAST($3 AS BIGINT) ELSE likes END,
				dislikes = CASE WHEN CAST($4 AS BIGINT) >= 0 THEN CAST($4 AS BIGINT) ELSE dislikes END, downloads = CASE WHEN CAST($5 AS BIGINT) >= 0 THEN CAST($5 AS BIGINT) ELSE downloads END
			WHERE id = $1 AND remote = TRUE`, id, t.Views, t.Likes, t.Dislikes, t.Downloads)
		s.Videos.changed(ctx)
		return err
	})
}

// SetPlayerTheme is part of origin.Videos.
func (s RemoteVideos) SetPlayerTheme(ctx context.Context, id video.ID, t instance.PlayerTheme) error {
	return s.Videos.SetPlayerTheme(ctx, id, t)
}

// Share is part of origin.Videos.
func (s RemoteVideos) Share(ctx context.Context, by actor.ID, id video.ID, url string, at time.Time) error {
	_, err := s.DB.Exec(ctx, `INSERT INTO video_shares (actor_id, video_id, url, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, by, id, url, at)
	return err
}

// Unshare is part of origin.Videos.
func (s RemoteVideos) Unshare(ctx context.Context, by actor.ID, url string) (bool, error) {
	n, err := s.DB.Exec(ctx, `DELETE FROM video_shares WHERE url = $1 AND actor_id = $2`, url, by)
	return n > 0, err
}

// Remove is part of origin.Videos.
func (s RemoteVideos) Remove(ctx context.Context, id video.ID) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		remote, err := sqldb.One(ctx, s.DB, sqldb.Value[bool], `SELECT remote FROM videos WHERE id = $1`, id)
		if err != nil {
			return noVideo(err)
		}
		if !remote {
			return errs.New(errs.Forbidden, "this video is of this site")
		}
		return s.Videos.Delete(ctx, id)
	})
}

// orphanVideos are those that nobody here follows, shares, comments, likes,
// lists, mirrors or watched. Of other sites' playlists those keep them that are
// kept themselves (orphanPlaylists). The innermost conditions are looked up by index.
const orphanVideos = `SELECT ` + copyColumns + ` FROM videos v JOIN video_channels c ON c.id = v.channel_id JOIN accounts a ON a.id = c.account_id
	WHERE v.remote = TRUE AND v.refreshed_at < $1
		AND NOT EXISTS (SELECT 1 FROM actor_follows f WHERE f.target_actor_id = c.actor_id)
		AND NOT EXISTS (SELECT 1 FROM actor_follows f WHERE f.target_actor_id = a.actor_id)
		AND NOT EXISTS (SELECT 1 FROM video_shares h JOIN actor_follows f ON f.target_actor_id = h.actor_id WHERE h.video_id = v.id)
		AND NOT EXISTS (SELECT 1 FROM comments m WHERE m.video_id = v.id AND m.remote = FALSE)
		AND NOT EXISTS (SELECT 1 FROM video_rates r WHERE r.video_id = v.id)
		AND NOT EXISTS (SELECT 1 FROM playlist_elements e WHERE e.video_id = v.id)
		AND NOT EXISTS (SELECT 1 FROM user_video_history h WHERE h.video_id = v.id)
		AND NOT EXISTS (SELECT 1 FROM video_redundancies r WHERE r.video_id = v.id AND r.strategy <> '')
	ORDER BY v.refreshed_at LIMIT $2`

// Orphans is part of origin.Videos.
func (s RemoteVideos) Orphans(ctx context.Context, before time.Time, limit int) ([]origin.Copy, error) {
	return sqldb.All(ctx, s.DB, scanCopy, orphanVideos, before, limit)
}
