package playlist

import (
	"context"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// Later tells which of some videos are in w's list "watch later".
func (s *Service) Later(ctx context.Context, w video.Viewer, ids []video.ID) (map[video.ID]bool, error) {
	in := map[video.ID]bool{}
	if w == nil || len(ids) == 0 {
		return in, nil
	}
	places, err := s.Store.Places(ctx, w.AccountID, ids)
	for _, at := range places {
		if at.Type == WatchLater {
			in[at.VideoID] = true
		}
	}
	return in, err
}

// KeepForLater puts a video that w sees at the end of w's list "watch later",
// unless it is there, or takes it out of it. What is not there is taken out
// already, whether or not w may see it.
func (s *Service) KeepForLater(ctx context.Context, w video.Viewer, of video.Ref, keep bool) error {
	list, err := s.WatchLater(ctx, w)
	if err != nil {
		return err
	}
	// Two presses at once are one after the other.
	return s.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.Store.Lock(ctx, list.ID); err != nil {
			return err
		}
		return s.keepIn(ctx, w, list.ID, of, keep)
	})
}

func (s *Service) keepIn(ctx context.Context, w video.Viewer, list ID, of video.Ref, keep bool) error {
	v, err := s.Videos.ByRef(ctx, of)
	if err != nil {
		if !keep && errs.Is(err, errs.NotFound) {
			return nil
		}
		return err
	}
	places, err := s.Store.Places(ctx, w.AccountID, []video.ID{v.ID})
	if err != nil {
		return err
	}
	there := false
	for _, at := range places {
		if at.PlaylistID != list {
			continue
		}
		if there = true; keep {
			break
		}
		if err := s.Remove(ctx, w, Ref{ID: list}, at.ElementID); err != nil && !errs.Is(err, errs.NotFound) { // another tab was faster
			return err
		}
	}
	if keep && !there {
		_, err = s.Add(ctx, w, Ref{ID: list}, of, nil, nil)
	}
	return err
}
