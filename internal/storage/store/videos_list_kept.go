package store

import (
	"context"
	"slices"
	"strconv"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// pageOfKept reads a page where videos are kept until they change (keptVideos):
// its numbers, which the indexes of lists hold with all that is usually asked,
// and what is kept of each video. What was hidden since its number was read is
// left out.
func (s *Videos) pageOfKept(ctx context.Context, q *sqldb.Query, p video.ListParams) ([]*video.Video, error) {
	text, args := idsOf(q, p)
	ids, err := sqldb.All(ctx, s.DB, sqldb.Value[video.ID], text, args...)
	if err != nil || len(ids) == 0 {
		return []*video.Video{}, err
	}
	found, err := s.plainByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	byID := make(map[video.ID]*video.Video, len(found))
	for _, v := range found {
		byID[v.ID] = v
	}
	list := make([]*video.Video, 0, len(ids))
	for _, id := range ids {
		if v := byID[id]; v != nil && asked(v, p) {
			list = append(list, v)
		}
	}
	return list, nil
}

// asked reports whether a video is still one that a list asks for.
func asked(v *video.Video, p video.ListParams) bool {
	return (len(p.Privacies) == 0 || slices.Contains(p.Privacies, v.Privacy)) &&
		(len(p.States) == 0 || slices.Contains(p.States, v.State))
}

// idsOf is the text and arguments of the numbers of a page's videos, in order.
func idsOf(q *sqldb.Query, p video.ListParams) (string, []any) {
	text, args := q.Select(`v.id`)
	text += ` LIMIT ` + strconv.Itoa(max(0, p.Count))
	if p.Start == 0 {
		return text, args
	}
	args = append(args[:len(args):len(args)], p.Start)
	return text + ` OFFSET $` + strconv.Itoa(len(args)), args
}
