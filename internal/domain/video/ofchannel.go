package video

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/errs"
)

// RemoveOfChannel removes all videos of a channel that is about to be
// deleted, as Delete does: rows and quota in the transaction of ctx, files by
// jobs that are queued in it.
func (s *Service) RemoveOfChannel(ctx context.Context, id actor.ChannelID) error {
	ids, err := s.Store.OfChannel(ctx, id)
	if err != nil {
		return err
	}
	for _, id := range ids {
		v, err := s.Store.ByRef(ctx, ByID(id))
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if err := s.remove(ctx, v); err != nil {
			return err
		}
	}
	return nil
}
