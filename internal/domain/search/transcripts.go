package search

import (
	"cmp"
	"context"
	"slices"

	"sepiola/internal/domain/video"
)

// Bounds of what is looked for in what is said.
const (
	maxCues  = 500
	perVideo = 3 // passages of one video that are shown
)

// FindCues searches what is said in videos that w may see in lists: the
// passages in which the words follow each other first, then those of what is
// watched more.
func (s *Service) FindCues(ctx context.Context, w video.Viewer, p Params) (Page[Cue], error) {
	page := Page[Cue]{List: []Cue{}}
	q := ParseQuery(p.Text, s.Site.Host)
	if len(q.Words) == 0 {
		return page, nil
	}
	listed := video.ListParams{Filter: p.Filter}
	listed.Anywhere = true
	if err := s.Videos.Listed(w, &listed); err != nil {
		return page, err
	}
	var cues []Cue
	var err error
	expr, fixed, err := s.widen(ctx, q, func(e Expr) (bool, error) {
		cues, err = s.Store.Cues(ctx, e, listed.Filter, maxCues)
		return len(cues) > 0, err
	})
	if err != nil || len(cues) == 0 {
		return page, err
	}
	cues = bestCues(cues, expr.Groups)
	if fixed {
		page.Corrected = correction(expr.Groups, Hit{Title: line(cues[0].Text)})
	}
	page.Total = len(cues)
	shown := pageOf(cues, p.Start, p.Count)
	for i, c := range shown {
		shown[i].Second = secondOf(c, expr.Groups)
	}
	page.List, err = s.withVideos(ctx, w, shown)
	return page, err
}

// bestCues sorts passages and leaves out what is too many of one video.
func bestCues(cues []Cue, groups [][]string) []Cue {
	type scored struct {
		Cue
		place, typed int
	}
	list := make([]scored, len(cues))
	for i, c := range cues {
		place, typed := score(Hit{Title: line(c.Text)}, groups)
		list[i] = scored{c, max(place, phrase), typed}
	}
	slices.SortFunc(list, func(a, b scored) int {
		return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(b.typed, a.typed), cmp.Compare(b.Views, a.Views),
			cmp.Compare(b.VideoID, a.VideoID), cmp.Compare(a.Second, b.Second))
	})
	of, out := map[video.ID]int{}, cues[:0]
	for _, c := range list {
		if of[c.VideoID]++; of[c.VideoID] <= perVideo {
			out = append(out, c.Cue)
		}
	}
	return out
}

// withVideos gives passages their videos; those whose video is not listed any
// more are left out.
func (s *Service) withVideos(ctx context.Context, w video.Viewer, cues []Cue) ([]Cue, error) {
	var ids []video.ID
	for _, c := range cues {
		if !slices.Contains(ids, c.VideoID) {
			ids = append(ids, c.VideoID)
		}
	}
	videos, err := s.load(ctx, w, ids, 0)
	if err != nil {
		return nil, err
	}
	byID := make(map[video.ID]*video.Video, len(videos))
	for _, v := range videos {
		byID[v.ID] = v
	}
	out := make([]Cue, 0, len(cues))
	for _, c := range cues {
		if c.Video = byID[c.VideoID]; c.Video != nil {
			out = append(out, c)
		}
	}
	return out, nil
}
