package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// Where videos are kept until they change (keptVideos), a page of a list is
// their numbers, which the indexes of lists hold with all that is usually
// asked, and what is kept of each. Many people's page is numbers only, so it
// takes little memory for answerLife, and what it shows is always what is.

// numbersAnswer is a page, and how many videos the whole list has.
type numbersAnswer struct {
	ids   []video.ID
	total int
}

func (s *Videos) listOfKept(ctx context.Context, q *sqldb.Query, p video.ListParams) ([]*video.Video, int, error) {
	text, args := idsOf(q, p)
	var page numbersAnswer
	if atOnce(p) {
		var err error
		if page, err = s.readNumbers(ctx, q, p, text, args); err != nil {
			return nil, 0, err
		}
	} else {
		key := fmt.Sprintf("%s %v %#v", text, p.SkipCount, args)
		var ok bool
		var gen int
		if page, ok, gen = s.numbers.get(key); !ok {
			var err error
			if page, err = s.readNumbers(ctx, q, p, text, args); err != nil {
				return nil, 0, err
			}
			s.numbers.put(key, page, gen)
		}
	}
	list, err := s.inOrder(context.WithoutCancel(ctx), page.ids, p) // short reads by key
	return list, page.total, err
}

func (s *Videos) readNumbers(ctx context.Context, q *sqldb.Query, p video.ListParams, text string, args []any) (a numbersAnswer, err error) {
	a.total = -1
	if !p.SkipCount {
		if a.total, err = s.listTotal(ctx, q, p); err != nil {
			return a, err
		}
	}
	if p.Count > 0 && (a.total < 0 || p.Start < a.total) {
		a.ids, err = sqldb.All(ctx, s.DB, sqldb.Value[video.ID], text, args...)
	}
	return a, err
}

// inOrder returns videos of a page in its order, with their relations. What
// was hidden since its number was read is left out.
func (s *Videos) inOrder(ctx context.Context, ids []video.ID, p video.ListParams) ([]*video.Video, error) {
	list := make([]*video.Video, 0, len(ids))
	if len(ids) == 0 {
		return list, nil
	}
	found, err := s.plainByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	byID := make(map[video.ID]*video.Video, len(found))
	for _, v := range found {
		byID[v.ID] = v
	}
	for _, id := range ids {
		if v := byID[id]; v != nil && asked(v, p) {
			list = append(list, v)
		}
	}
	return list, s.fillPage(ctx, list, p.Include)
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
