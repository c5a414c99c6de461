package store

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// Published lists the ids of what others may read of this site's own things,
// page by page. Totals come from counters where there are some.
type Published struct{ DB *sqldb.DB }

func urlOf(r sqldb.Row) (string, error) { return sqldb.Value[string](r) }

// published are the videos that are told of.
const published = `v.privacy = 1 AND v.state = 1 AND v.remote = FALSE`

// readable are the videos that others may read when they know the id: what is
// public or unlisted, and published, or going to be streamed or has been.
const readable = `v.privacy IN (1, 2) AND v.state IN (1, 4, 5)`

// VideosOf returns public videos of a channel, newest first, and their number.
func (s Published) VideosOf(ctx context.Context, id actor.ChannelID, start, count int) ([]string, int, error) {
	total, err := sqldb.One(ctx, s.DB, sqldb.Value[int], `SELECT videos_count FROM video_channels WHERE id = $1`, id)
	if err != nil {
		return nil, 0, err
	}
	urls, err := sqldb.All(ctx, s.DB, urlOf, `SELECT v.url FROM videos v WHERE v.channel_id = $1 AND `+published+`
		ORDER BY v.published_at DESC, v.id DESC LIMIT $2 OFFSET $3`, id, count, start)
	return urls, total, err
}

// VideosBy returns public videos of all channels of an account.
func (s Published) VideosBy(ctx context.Context, id actor.AccountID, start, count int) ([]string, int, error) {
	total, err := sqldb.One(ctx, s.DB, sqldb.Value[int],
		`SELECT CAST(COALESCE(SUM(videos_count), 0) AS BIGINT) FROM video_channels WHERE account_id = $1`, id)
	if err != nil {
		return nil, 0, err
	}
	urls, err := sqldb.All(ctx, s.DB, urlOf, `SELECT v.url FROM videos v
		WHERE v.channel_id IN (SELECT c.id FROM video_channels c WHERE c.account_id = $1) AND `+published+`
		ORDER BY v.published_at DESC, v.id DESC LIMIT $2 OFFSET $3`, id, count, start)
	return urls, total, err
}

// Videos returns all public videos of this site.
func (s Published) Videos(ctx context.Context, start, count int) ([]string, int, error) {
	total, err := sqldb.One(ctx, s.DB, sqldb.Value[int], `SELECT count(*) FROM videos v WHERE `+published+` AND v.privacy IN (1, 4)`)
	if err != nil {
		return nil, 0, err
	}
	urls, err := sqldb.All(ctx, s.DB, urlOf, `SELECT v.url FROM videos v WHERE `+published+` AND v.privacy IN (1, 4)
		ORDER BY v.published_at DESC, v.id DESC LIMIT $1 OFFSET $2`, count, start)
	return urls, total, err
}

// Comments returns the comments of a video that everybody sees, newest first.
func (s Published) Comments(ctx context.Context, id video.ID, start, count int) ([]string, int, error) {
	total, err := s.counter(ctx, `comments`, id)
	if err != nil {
		return nil, 0, err
	}
	urls, err := sqldb.All(ctx, s.DB, urlOf, `SELECT c.url FROM comments c
		WHERE c.video_id = $1 AND c.deleted_at IS NULL AND c.held_for_review = FALSE
		ORDER BY c.created_at DESC, c.id DESC LIMIT $2 OFFSET $3`, id, count, start)
	return urls, total, err
}

// Rates returns the likes or the dislikes of a video, newest first.
func (s Published) Rates(ctx context.Context, id video.ID, t video.RateType, start, count int) ([]string, int, error) {
	total, err := s.counter(ctx, string(t)+`s`, id)
	if err != nil {
		return nil, 0, err
	}
	urls, err := sqldb.All(ctx, s.DB, urlOf, `SELECT url FROM video_rates WHERE video_id = $1 AND type = $2
		ORDER BY created_at DESC, account_id DESC LIMIT $3 OFFSET $4`, id, t, count, start)
	return urls, total, err
}

// counter is a counter of a video; the column is one of this file's own.
func (s Published) counter(ctx context.Context, column string, id video.ID) (int, error) {
	return sqldb.One(ctx, s.DB, sqldb.Value[int], `SELECT `+column+` FROM videos WHERE id = $1`, id)
}

// Shares returns who announced a video.
func (s Published) Shares(ctx context.Context, id video.ID, start, count int) ([]string, int, error) {
	total, err := sqldb.One(ctx, s.DB, sqldb.Value[int], `SELECT count(*) FROM video_shares WHERE video_id = $1`, id)
	if err != nil {
		return nil, 0, err
	}
	urls, err := sqldb.All(ctx, s.DB, urlOf, `SELECT url FROM video_shares WHERE video_id = $1 ORDER BY actor_id LIMIT $2 OFFSET $3`,
		id, count, start)
	return urls, total, err
}

// Share returns the actor that announced a video here under an id.
func (s Published) Share(ctx context.Context, url string) (*actor.Actor, error) {
	return sqldb.One(ctx, s.DB, func(r sqldb.Row) (*actor.Actor, error) {
		a := &actor.Actor{}
		return a, r.Scan(&a.ID, &a.URL, &a.FollowersURL)
	}, `SELECT x.id, x.url, x.followers_url FROM video_shares h JOIN actors x ON x.id = h.actor_id WHERE h.url = $1 AND x.server_id IS NULL`, url)
}

// Rate returns a rating by somebody of this site. Those of unlisted videos have
// no document: their ids hold the video's number, which could be tried.
func (s Published) Rate(ctx context.Context, url string) (by, videoURL, ownerURL string, t video.RateType, err error) {
	_, err = sqldb.One(ctx, s.DB, func(r sqldb.Row) (struct{}, error) {
		return struct{}{}, r.Scan(&by, &videoURL, &ownerURL, &t)
	}, `SELECT x.url, v.url, ox.url, r.type FROM video_rates r
		JOIN accounts a ON a.id = r.account_id JOIN actors x ON x.id = a.actor_id
		JOIN videos v ON v.id = r.video_id JOIN video_channels c ON c.id = v.channel_id
		JOIN accounts o ON o.id = c.account_id JOIN actors ox ON ox.id = o.actor_id
		WHERE r.url = $1 AND x.server_id IS NULL AND v.privacy = 1 AND `+readable, url)
	return by, videoURL, ownerURL, t, err
}

// Followers returns who follows an actor, and is accepted.
func (s Published) Followers(ctx context.Context, id actor.ID, start, count int) ([]string, int, error) {
	return s.follows(ctx, id, `followers_count`, `target_actor_id`, `actor_id`, start, count)
}

// Following returns whom an actor follows.
func (s Published) Following(ctx context.Context, id actor.ID, start, count int) ([]string, int, error) {
	return s.follows(ctx, id, `following_count`, `actor_id`, `target_actor_id`, start, count)
}

func (s Published) follows(ctx context.Context, id actor.ID, counter, of, other string, start, count int) ([]string, int, error) {
	total, err := sqldb.One(ctx, s.DB, sqldb.Value[int], `SELECT `+counter+` FROM actors WHERE id = $1`, id)
	if err != nil {
		return nil, 0, err
	}
	urls, err := sqldb.All(ctx, s.DB, urlOf, `SELECT x.url FROM actor_follows f JOIN actors x ON x.id = f.`+other+`
		WHERE f.`+of+` = $1 AND f.state = 'accepted' ORDER BY f.created_at DESC, f.id DESC LIMIT $2 OFFSET $3`, id, count, start)
	return urls, total, err
}

// PlaylistsBy returns the public playlists of an account.
func (s Published) PlaylistsBy(ctx context.Context, id actor.AccountID, start, count int) ([]string, int, error) {
	return s.playlists(ctx, `account_id`, int64(id), start, count)
}

// PlaylistsOf returns the public playlists of a channel.
func (s Published) PlaylistsOf(ctx context.Context, id actor.ChannelID, start, count int) ([]string, int, error) {
	return s.playlists(ctx, `channel_id`, int64(id), start, count)
}

func (s Published) playlists(ctx context.Context, column string, id int64, start, count int) ([]string, int, error) {
	total, err := sqldb.One(ctx, s.DB, sqldb.Value[int],
		`SELECT count(*) FROM playlists WHERE `+column+` = $1 AND privacy = 1 AND remote = FALSE`, id)
	if err != nil {
		return nil, 0, err
	}
	urls, err := sqldb.All(ctx, s.DB, urlOf, `SELECT url FROM playlists WHERE `+column+` = $1 AND privacy = 1 AND remote = FALSE
		ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3`, id, count, start)
	return urls, total, err
}

// Elements returns the elements of a playlist whose videos others may read, by
// their place.
func (s Published) Elements(ctx context.Context, id playlist.ID, start, count int) ([]playlist.ElementID, error) {
	return sqldb.All(ctx, s.DB, sqldb.Value[playlist.ElementID], `SELECT e.id FROM playlist_elements e JOIN videos v ON v.id = e.video_id
		WHERE e.playlist_id = $1 AND `+readable+` ORDER BY e.position, e.id LIMIT $2 OFFSET $3`, id, count, start)
}
