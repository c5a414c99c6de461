package store

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/storage/sqldb"
)

// ChannelViews sums the views of all videos of channels. Channels without
// videos are missing.
func (s Actors) ChannelViews(ctx context.Context, ids []actor.ChannelID) (map[actor.ChannelID]int64, error) {
	sums := make(map[actor.ChannelID]int64, len(ids))
	if len(ids) == 0 {
		return sums, nil
	}
	type sum struct {
		id    actor.ChannelID
		views int64
	}
	text, args := sqldb.In(sqldb.From(`video_channels c`), `c.id`, ids).
		Select(`c.id, (SELECT CAST(COALESCE(SUM(v.views), 0) AS BIGINT) FROM videos v WHERE v.channel_id = c.id)`)
	list, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) (v sum, err error) { return v, r.Scan(&v.id, &v.views) }, text, args...)
	for _, v := range list {
		sums[v.id] = v.views
	}
	return sums, err
}
