package playlist

import (
	"context"
	"slices"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// maxTimestamp bounds times in seconds: two weeks is longer than any video.
const maxTimestamp = 14 * 24 * 3600

// Elements returns a page of a playlist that w may see, and how many elements
// it has. What w may not watch keeps its place, without its video.
func (s *Service) Elements(ctx context.Context, w video.Viewer, ref Ref, start, count int) ([]*Element, int, error) {
	p, err := s.Get(ctx, w, ref)
	if err != nil {
		return nil, 0, err
	}
	list, err := s.ElementsOf(ctx, w, p, start, count)
	return list, int(p.VideosCount), err
}

// ElementsOf is Elements of a playlist that w was given.
func (s *Service) ElementsOf(ctx context.Context, w video.Viewer, p *Playlist, start, count int) ([]*Element, error) {
	list, err := s.Store.Elements(ctx, p.ID, start, count)
	for _, e := range list {
		if e.Type = e.typeFor(w); e.Type != Watchable {
			e.Video = nil
		}
	}
	return list, err
}

// checkTimes wants seconds, the end after the start. duration is the video's,
// or 0: clients may send a stop beyond the end, which means the end.
func checkTimes(start, stop *int, duration int) error {
	var bad []errs.Param
	for _, t := range []struct {
		name string
		at   *int
	}{{"startTimestamp", start}, {"stopTimestamp", stop}} {
		if t.at != nil && (*t.at < 0 || *t.at > maxTimestamp) {
			bad = append(bad, errs.Param{Name: t.name, Value: *t.at})
		}
	}
	switch {
	case len(bad) > 0:
	case start != nil && stop != nil && *start >= *stop:
		bad = append(bad, errs.Param{Name: "stopTimestamp", Value: *stop, Msg: "Should be after the start"})
	case start != nil && duration > 0 && *start > duration:
		bad = append(bad, errs.Param{Name: "startTimestamp", Value: *start, Msg: "Should be before the end of the video", Reason: errs.NewReason("video_over")})
	}
	if len(bad) > 0 {
		return errs.Fields(bad...)
	}
	return nil
}

// Add puts a video that w sees at the end of a playlist. The same video may be
// in it more than once.
func (s *Service) Add(ctx context.Context, w video.Viewer, ref Ref, of video.Ref, start, stop *int) (*Element, error) {
	return s.add(ctx, w, ref, of, start, stop, func(context.Context, *Playlist, *Element) (bool, error) { return true, nil })
}

// AddOnce is Add of who saw the copies that there were. A copy with the same
// times that they did not see was made by the same wish, sent twice: then it
// does nothing.
func (s *Service) AddOnce(ctx context.Context, w video.Viewer, ref Ref, of video.Ref, start, stop *int, seen []ElementID) error {
	_, err := s.add(ctx, w, ref, of, start, stop, func(ctx context.Context, p *Playlist, e *Element) (bool, error) {
		places, err := s.Store.Places(ctx, p.OwnerID, []video.ID{e.VideoID})
		return !slices.ContainsFunc(places, func(at Place) bool {
			return at.PlaylistID == p.ID && equal(at.Start, start) && equal(at.Stop, stop) && !slices.Contains(seen, at.ElementID)
		}), err
	})
	return err
}

func equal(a, b *int) bool { return a == b || a != nil && b != nil && *a == *b }

// add is Add, if wanted says so while nobody else changes the playlist.
func (s *Service) add(ctx context.Context, w video.Viewer, ref Ref, of video.Ref, start, stop *int, wanted func(context.Context, *Playlist, *Element) (bool, error)) (*Element, error) {
	p, err := s.Managed(ctx, w, ref, user.UpdateAnyVideoPlaylist)
	if err != nil {
		return nil, err
	}
	v, err := s.Videos.ByRef(ctx, of)
	if err != nil {
		return nil, err
	}
	if err := mayAdd(w, v, of.ID != 0); err != nil {
		return nil, err
	}
	if err := checkTimes(start, stop, v.Duration); err != nil {
		return nil, err
	}
	e := &Element{PlaylistID: p.ID, VideoID: v.ID, Start: start, Stop: stop}
	return e, s.change(ctx, p, func(ctx context.Context, count int) error {
		if add, err := wanted(ctx, p, e); err != nil || !add {
			return err
		}
		if count >= MaxElements {
			return errs.New(errs.Invalid, "A playlist cannot have more than %d videos", MaxElements)
		}
		return s.Store.AddElement(ctx, e)
	})
}

// change runs fn while nobody else changes the elements of p.
func (s *Service) change(ctx context.Context, p *Playlist, fn func(ctx context.Context, count int) error) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		count, err := s.Store.Lock(ctx, p.ID)
		if err != nil {
			return err
		}
		if err := fn(ctx, count); err != nil {
			return err
		}
		return s.saved(ctx, p, p.Privacy)
	})
}

// changeElement is change of one element.
func (s *Service) changeElement(ctx context.Context, w video.Viewer, ref Ref, id ElementID, fn func(ctx context.Context, e *Element, count int) error) error {
	p, err := s.Managed(ctx, w, ref, user.UpdateAnyVideoPlaylist)
	if err != nil {
		return err
	}
	return s.change(ctx, p, func(ctx context.Context, count int) error {
		e, err := s.Store.Element(ctx, p.ID, id)
		if err != nil {
			return err
		}
		return fn(ctx, e, count)
	})
}

// Times is where an element starts and stops; nil leaves a time as it is, a
// nil inside clears it.
type Times struct{ Start, Stop **int }

// SetTimes changes where an element starts and stops.
func (s *Service) SetTimes(ctx context.Context, w video.Viewer, ref Ref, id ElementID, t Times) error {
	return s.changeElement(ctx, w, ref, id, func(ctx context.Context, e *Element, _ int) error {
		duration := 0
		if t.Start != nil { // what was there before the video became shorter may stay
			var err error
			if duration, err = s.durationOf(ctx, e); err != nil {
				return err
			}
			e.Start = *t.Start
		}
		if t.Stop != nil {
			e.Stop = *t.Stop
		}
		if err := checkTimes(e.Start, e.Stop, duration); err != nil {
			return err
		}
		return s.Store.SetTimes(ctx, e.ID, e.Start, e.Stop)
	})
}

// durationOf is how long the video of an element is, 0 when it is gone.
func (s *Service) durationOf(ctx context.Context, e *Element) (int, error) {
	if e.VideoID == 0 {
		return 0, nil
	}
	v, err := s.Videos.ByRef(ctx, video.Ref{ID: e.VideoID})
	if errs.Is(err, errs.NotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return v.Duration, nil
}

// Remove takes an element out of a playlist; those behind it move up.
func (s *Service) Remove(ctx context.Context, w video.Viewer, ref Ref, id ElementID) error {
	return s.changeElement(ctx, w, ref, id, func(ctx context.Context, e *Element, _ int) error {
		return s.Store.RemoveElement(ctx, e)
	})
}

// Reorder moves length elements that begin at position start behind position
// after; 0 is before all.
func (s *Service) Reorder(ctx context.Context, w video.Viewer, ref Ref, start, after, length int) error {
	p, err := s.Managed(ctx, w, ref, user.UpdateAnyVideoPlaylist)
	if err != nil {
		return err
	}
	return s.change(ctx, p, func(ctx context.Context, count int) error {
		if err := checkMove(start, after, length, count); err != nil {
			return err
		}
		return s.Store.Reorder(ctx, p.ID, start, after, length)
	})
}

// Move puts an element behind another of the same playlist, or first when
// after is 0. Unlike positions, elements mean the same in two tabs.
func (s *Service) Move(ctx context.Context, w video.Viewer, ref Ref, id, after ElementID) error {
	return s.changeElement(ctx, w, ref, id, func(ctx context.Context, e *Element, _ int) error {
		position := 0
		if after != 0 {
			other, err := s.Store.Element(ctx, e.PlaylistID, after)
			if err != nil {
				return err
			}
			position = other.Position
		}
		return s.Store.Reorder(ctx, e.PlaylistID, e.Position, position, 1)
	})
}

// checkMove refuses places that a list of count does not have, in PeerTube's
// words.
func checkMove(start, after, length, count int) error {
	switch {
	case start < 1 || after < 0 || start > count || after > count:
		return errs.New(errs.Invalid, "Start position or insert after position exceed the playlist limits (max: %d)", count)
	case length < 1 || length > count+1-start:
		return errs.New(errs.Invalid, "Reorder length with this start position exceeds the playlist limits (max: %d)", count+1-start)
	}
	return nil
}

// Places tells where videos stand in w's playlists. The map has each of the
// videos.
func (s *Service) Places(ctx context.Context, w video.Viewer, ids []video.ID) (map[video.ID][]Place, error) {
	places := make(map[video.ID][]Place, len(ids))
	for _, id := range ids {
		places[id] = nil
	}
	if w == nil || len(ids) == 0 {
		return places, nil
	}
	list, err := s.Store.Places(ctx, w.AccountID, ids)
	for _, p := range list {
		places[p.VideoID] = append(places[p.VideoID], p)
	}
	return places, err
}
