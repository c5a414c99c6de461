package store

import (
	"context"
	"reflect"
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

// asked reports whether a video is (still) one that a list asks for, as far as
// the video itself says it.
func asked(v *video.Video, p video.ListParams) bool {
	return (len(p.Privacies) == 0 || slices.Contains(p.Privacies, v.Privacy)) &&
		(len(p.States) == 0 || slices.Contains(p.States, v.State)) &&
		(p.IsLocal == nil || *p.IsLocal != v.Remote) &&
		(p.NSFW == nil || *p.NSFW == v.NSFW || !*p.NSFW && v.NSFWFlags&p.NSFWFlagsIncluded != 0) &&
		v.NSFWFlags&p.NSFWFlagsExcluded == 0
}

// byNumber reads those of some videos that are listed, where each of them says
// itself whether it is (asked): then no query has to find out which they are.
// ok is false for other lists.
func (s *Videos) byNumber(ctx context.Context, p video.ListParams) (list []*video.Video, ok bool, err error) {
	if p.Sort != video.InAnyOrder || !p.SkipCount || p.Start != 0 || p.Count < len(p.IDs) || !onlyByNumber(p.Filter) {
		return nil, false, nil
	}
	if p.HideMuted {
		if muted, err := s.anyMuted(ctx, p.MutedBy); muted || err != nil {
			return nil, false, err
		}
	}
	if p.OnlyFollowed {
		if some, err := s.anyUnfollowed(ctx); some || err != nil {
			return nil, false, err
		}
	}
	if list, err = s.plainByID(ctx, p.IDs); err != nil {
		return nil, false, err
	}
	list = slices.DeleteFunc(list, func(v *video.Video) bool { return !asked(v, p) })
	if len(list) == 0 {
		return []*video.Video{}, true, nil
	}
	return list, true, s.fillPage(context.WithoutCancel(ctx), list, p.Include) // short reads by key
}

// onlyByNumber reports whether a filter asks for some videos by their numbers,
// and for nothing else that asked does not look at.
func onlyByNumber(f video.Filter) bool {
	some := len(f.IDs) > 0
	f.IDs, f.Privacies, f.States, f.IsLocal, f.NSFW, f.AnyNSFW = nil, nil, nil, nil, nil, false
	f.NSFWFlagsIncluded, f.NSFWFlagsExcluded, f.Include = 0, 0, 0
	f.HideMuted, f.MutedBy, f.Anywhere, f.OnlyFollowed = false, 0, false, false
	return some && reflect.ValueOf(f).IsZero()
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
