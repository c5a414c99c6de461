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
	list, err := s.plainByID(ctx, ids)
	if err != nil || len(list) == 0 {
		return byID, err
	}
	for _, v := range list {
		byID[v.ID] = v
	}
	return byID, s.fillPage(ctx, list, 0)
}

// plainByID returns videos without relations, in no order: those that are kept
// (see keptVideos), and the others from the database.
func (s *Videos) plainByID(ctx context.Context, ids []video.ID) (list []*video.Video, err error) {
	if !s.cards.certain(ctx, s.DB) {
		return s.readByID(ctx, ids)
	}
	list = make([]*video.Video, 0, len(ids))
	var missing []video.ID
	changes := s.cards.changed()
	for _, id := range ids {
		if v, _ := s.cards.get(video.ByID(id)); v != nil {
			list = append(list, v)
		} else {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return list, nil
	}
	read, err := s.readByID(ctx, missing)
	for _, v := range read {
		s.cards.again(v, changes)
	}
	return append(list, read...), err
}

// textsByID are the texts of readByID, by the number of ids.
var textsByID = func() map[int]string {
	texts := make(map[int]string, len(paddings))
	for _, n := range paddings {
		texts[n], _ = textByID(make([]video.ID, n))
	}
	return texts
}()

func textByID(ids []video.ID) (string, []any) {
	return sqldb.In(sqldb.From(`videos v`), `v.id`, ids).Select(listColumns)
}

func (s *Videos) readByID(ctx context.Context, ids []video.ID) ([]*video.Video, error) {
	ids = padded(ids)
	text, args := textsByID[len(ids)], make([]any, len(ids))
	if text == "" {
		text, args = textByID(ids)
	} else {
		for i, id := range ids {
			args[i] = id
		}
	}
	return sqldb.All(ctx, s.DB, scanVideo, text, args...)
}
