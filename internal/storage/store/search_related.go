package store

import (
	"context"
	"strconv"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/search"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

var (
	_ search.RelatedStore  = Search{}
	_ search.OverviewStore = Search{}
)

// newestOfTagText reads numbers from an index alone: whether the videos are
// listed is seen when the first few of them are read. Of each spelling it reads
// no more than the newest: those from the $2th on. Other sites choose how many
// spellings there are, so of those not all are read.
const newestOfTagText = `SELECT DISTINCT vt.video_id FROM (SELECT id FROM tags WHERE folded = $1 ORDER BY id LIMIT 20) t
	JOIN video_tags vt ON vt.tag_id = t.id
	AND vt.video_id >= COALESCE((SELECT l.video_id FROM video_tags l WHERE l.tag_id = t.id ORDER BY l.video_id DESC LIMIT 1 OFFSET $2 - 1), 0)
	ORDER BY vt.video_id DESC LIMIT $2`

// NewestOfTag is part of search.RelatedStore.
func (s Search) NewestOfTag(ctx context.Context, tag string, limit int) ([]video.ID, error) {
	return sqldb.All(ctx, s.DB, sqldb.Value[video.ID], newestOfTagText, tag, limit)
}

// newestOfChannelText is for all of a channel, or for what comes after $3.
func newestOfChannelText(all bool) string {
	after := ` AND (v.published_at, v.id) < (SELECT l.published_at, l.id FROM videos l WHERE l.id = $3)`
	if all {
		after = ``
	}
	return `SELECT v.id FROM videos v WHERE v.channel_id = $1 AND v.privacy IN (1, 4) AND v.state = 1` + after + `
	ORDER BY v.published_at DESC, v.id DESC LIMIT $2`
}

// NewestOfChannel is part of search.RelatedStore.
func (s Search) NewestOfChannel(ctx context.Context, id actor.ChannelID, after video.ID, limit int) ([]video.ID, error) {
	args := []any{id, limit}
	if after != 0 {
		args = append(args, after)
	}
	return sqldb.All(ctx, s.DB, sqldb.Value[video.ID], newestOfChannelText(after == 0), args...)
}

// popularText is in the order of "-trending".
func popularText(local bool) string {
	here := ``
	if local {
		here = ` AND v.remote = FALSE`
	}
	return `SELECT v.id FROM videos v WHERE v.privacy IN (1, 4) AND v.state = 1` + here + ` ORDER BY v.recent_views DESC, v.id DESC LIMIT $1`
}

// Popular is part of search.RelatedStore.
func (s Search) Popular(ctx context.Context, local bool, limit int) ([]video.ID, error) {
	return sqldb.All(ctx, s.DB, sqldb.Value[video.ID], popularText(local), limit)
}

// Samples is part of search.OverviewStore.
func (s Search) Samples(ctx context.Context, least, limit int) (o search.Samples, err error) {
	// Each category is counted to least by its index.
	if o.Categories, err = sqldb.All(ctx, s.DB, sqldb.Value[int], `
		SELECT c.category FROM (`+categoryList()+`) c
		WHERE (SELECT count(*) FROM (SELECT 1 FROM videos v WHERE v.category = c.category AND v.privacy IN (1, 4) AND v.state = 1 AND v.privacy = 1 LIMIT $1) n) >= $1
		ORDER BY c.category LIMIT $2`, least, limit); err != nil {
		return o, err
	}
	if o.Tags, err = sqldb.All(ctx, s.DB, sqldb.Value[string], `
		SELECT t.name FROM (
			SELECT vt.tag_id, count(*) AS n FROM (
				SELECT v.id FROM videos v WHERE v.privacy IN (1, 4) AND v.state = 1 AND v.privacy = 1 ORDER BY v.published_at DESC, v.id DESC LIMIT 2000
			) r JOIN video_tags vt ON vt.video_id = r.id GROUP BY vt.tag_id HAVING count(*) >= $1 ORDER BY n DESC, vt.tag_id LIMIT $2
		) u JOIN tags t ON t.id = u.tag_id ORDER BY u.n DESC, t.id`, least, limit); err != nil {
		return o, err
	}
	o.Channels, err = sqldb.All(ctx, s.DB, sqldb.Value[actor.ChannelID],
		`SELECT id FROM video_channels WHERE videos_count >= $1 ORDER BY updated_at DESC, id DESC LIMIT $2`, least, limit)
	return o, err
}

// categoryList is a table of all categories.
func categoryList() string {
	text := ``
	for i, c := range video.Categories() {
		if i > 0 {
			text += ` UNION ALL `
		}
		text += `SELECT ` + strconv.Itoa(c.ID) + ` AS category`
	}
	return text
}

// Watched is a search.Watched, by the rule of view.ToEnd.
func (s Search) Watched(ctx context.Context, u user.ID, ids []video.ID) (map[video.ID]bool, error) {
	text, args := sqldb.In(sqldb.From(`user_video_history h JOIN videos v ON v.id = h.video_id`).
		Where(`h.user_id = ? AND v.duration > 0 AND (h.position * 20 >= v.duration * 19 OR v.duration > 60 AND h.position >= v.duration - 10)`, u),
		`h.video_id`, padded(ids)).Select(`h.video_id`)
	list, err := sqldb.All(ctx, s.DB, sqldb.Value[video.ID], text, args...)
	if err != nil {
		return nil, err
	}
	done := make(map[video.ID]bool, len(list))
	for _, id := range list {
		done[id] = true
	}
	return done, nil
}
