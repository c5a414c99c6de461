package store

import (
	"context"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// SiteMap finds what search engines are told of the site.
type SiteMap struct{ DB *sqldb.DB }

// MappedVideo is what they are told of a video.
type MappedVideo struct {
	UUID, Name, Description string // the beginning of the description
	Thumbnail               string // filename; "" none
	Duration                int    // seconds
	Views                   int64
	PublishedAt, UpdatedAt  time.Time
}

// MappedActor is a channel.
type MappedActor struct {
	Name      string
	UpdatedAt time.Time
}

// LastVideo is the largest number of a video; 0 when there is none.
func (s SiteMap) LastVideo(ctx context.Context) (video.ID, error) {
	return sqldb.One(ctx, s.DB, sqldb.Value[video.ID], `SELECT COALESCE(max(id), 0) FROM videos`)
}

const mappedVideos = `
	SELECT v.uuid, v.name, substr(v.description, 1, 1000), COALESCE((SELECT t.filename FROM thumbnails t
			WHERE t.video_id = v.id AND t.aspect_ratio = '16:9' ORDER BY t.width DESC LIMIT 1), ''),
		v.duration, v.views, v.published_at, v.updated_at
	FROM videos v
	WHERE v.id > $1 AND v.id <= $2 AND v.privacy = 1 AND v.state = 1 AND v.nsfw = FALSE AND v.remote = FALSE
	ORDER BY v.id`

// Videos lists the public videos of this site with numbers after from, up to
// to; sensitive ones are not told of.
func (s SiteMap) Videos(ctx context.Context, from, to video.ID) ([]MappedVideo, error) {
	return sqldb.All(ctx, s.DB, func(r sqldb.Row) (v MappedVideo, err error) {
		err = r.Scan(&v.UUID, &v.Name, &v.Description, &v.Thumbnail, &v.Duration, &v.Views, &v.PublishedAt, &v.UpdatedAt)
		return v, err
	}, mappedVideos, from, to)
}

// Channels lists channels of this site with public videos, the newest first.
func (s SiteMap) Channels(ctx context.Context, most int) ([]MappedActor, error) {
	return sqldb.All(ctx, s.DB, func(r sqldb.Row) (a MappedActor, err error) {
		err = r.Scan(&a.Name, &a.UpdatedAt)
		return a, err
	}, `SELECT x.preferred_username, c.updated_at FROM video_channels c JOIN actors x ON x.id = c.actor_id
		WHERE x.server_id IS NULL AND c.videos_count > 0 ORDER BY c.created_at DESC, c.id DESC LIMIT $1`, most)
}
