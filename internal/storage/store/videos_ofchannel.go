package store

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// OfChannel implements video.Store.
func (s *Videos) OfChannel(ctx context.Context, id actor.ChannelID) ([]video.ID, error) {
	return sqldb.All(ctx, s.DB, sqldb.Value[video.ID], `SELECT id FROM videos WHERE channel_id = $1 ORDER BY id`, id)
}
