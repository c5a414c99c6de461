package store

import (
	"context"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// ByIDs returns videos as lists show them, with channel, owner and thumbnails,
// whatever their privacy and state: the caller decides who may see them. Ids
// of none are left out. A few hundred at most.
func (s *Videos) ByIDs(ctx context.Context, ids []video.ID) (map[video.ID]*video.Video, error) {
	byID := make(map[video.ID]*video.Video, len(ids))
	if len(ids) == 0 {
		return byID, nil
	}
	text, args := sqldb.In(sqldb.From(`videos v`), `v.id`, padded(ids)).Select(listColumns)
	list, err := sqldb.All(ctx, s.DB, scanVideo, text, args...)
	if err != nil || len(list) == 0 {
		return byID, err
	}
	for _, v := range list {
		byID[v.ID] = v
	}
	return byID, s.fillPage(ctx, list, 0)
}
