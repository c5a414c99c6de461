package playlist

import (
	"cmp"
	"context"
	"slices"

	"sepiola/internal/domain/video"
)

// How many elements are read at once on the way to one that may be watched:
// mostly it is the first.
const (
	fewAtOnce  = 8
	manyAtOnce = 200
)

// Step is a way through a playlist.
type Step struct {
	// From is the position where one is.
	From int
	// Back goes to what comes before.
	Back bool
	// Loop goes on at the other end; who is alone comes again.
	Loop bool
	// Seed, if there is one, is of a mixed order that everything comes once in.
	Seed *uint32
	// Keep leaves out what is not to be shown for a reason of the caller's. nil
	// keeps everything that may be watched.
	Keep func(ctx context.Context, list []*Element) ([]*Element, error)
}

// Next returns the element that w comes to by a step, nil for none: the
// nearest on the way that w may watch.
func (s *Service) Next(ctx context.Context, w video.Viewer, p *Playlist, step Step) (*Element, error) {
	way := step.way(int(p.VideosCount))
	for n := fewAtOnce; len(way) > 0; n = manyAtOnce {
		part := way[:min(n, len(way))]
		way = way[len(part):]
		list, err := s.Store.ElementsAt(ctx, p.ID, part)
		if err != nil {
			return nil, err
		}
		byPosition := make(map[int]*Element, len(list))
		if list, err = step.kept(ctx, w, list); err != nil {
			return nil, err
		}
		for _, e := range list {
			byPosition[e.Position] = e
		}
		for _, at := range part {
			if e := byPosition[at]; e != nil {
				return e, nil
			}
		}
	}
	return nil, nil //nolint:nilnil // it is the end
}

func (step Step) kept(ctx context.Context, w video.Viewer, list []*Element) ([]*Element, error) {
	list = slices.DeleteFunc(list, func(e *Element) bool {
		e.Type = e.typeFor(w)
		return e.Type != Watchable || e.Video == nil
	})
	if step.Keep == nil || len(list) == 0 {
		return list, nil
	}
	return step.Keep(ctx, list)
}

// way is the positions to try among count, in the order of the step.
func (step Step) way(count int) []int {
	all := make([]int, count)
	for i := range all {
		all[i] = i + 1
	}
	if step.Seed != nil {
		slices.SortFunc(all, func(a, b int) int { return cmp.Compare(mixed(*step.Seed, a), mixed(*step.Seed, b)) })
	}
	if step.Back {
		slices.Reverse(all)
	}
	at := slices.Index(all, step.From)
	switch {
	case at >= 0 && step.Loop:
		return append(all[at+1:len(all):len(all)], all[:at+1]...)
	case at >= 0:
		return all[at+1:]
	case step.Back != (step.From < 1): // from beyond the end, forward or back
		return all
	}
	return nil
}

// mixed is a number that looks like chance, each another, of a position.
// player/playlist.ts reckons the same.
func mixed(seed uint32, position int) uint32 {
	x := ((seed + uint32(position)) ^ 0x9e3779b9) * 0x85ebca6b
	x = (x ^ x>>13) * 0xc2b2ae35
	return x ^ x>>16
}
