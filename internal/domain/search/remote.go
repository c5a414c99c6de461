package search

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// Resolved is what an address or a handle of another site names: one of these,
// stored here by then.
type Resolved struct {
	Video    video.ID
	Channel  actor.ChannelID
	Account  actor.AccountID // stands for its channels that are known here
	Playlist string          // UUID
}

// Remote asks other sites, for those who may. What cannot be found, or not
// now, is errs.NotFound.
type Remote interface {
	ByURL(ctx context.Context, w video.Viewer, url string) (Resolved, error)
	ByHandle(ctx context.Context, w video.Viewer, h Handle) (Resolved, error)
}

// resolve asks where a query leads that this site knows nothing of. Nothing is
// no error.
func (s *Service) resolve(ctx context.Context, w video.Viewer, q Query) (r Resolved, err error) {
	switch {
	case s.Remote == nil:
	case q.URL != "" && q.Video == (video.Ref{}) && q.Channel.Name == "" && q.Playlist == "":
		r, err = s.Remote.ByURL(ctx, w, q.URL)
	case q.Handle && q.Channel.Host != "":
		r, err = s.Remote.ByHandle(ctx, w, q.Channel)
	}
	if errs.Is(err, errs.NotFound) {
		return Resolved{}, nil
	}
	return r, err
}
