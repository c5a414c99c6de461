package discovery

import (
	"context"
	"net/http"

	"sepiola/internal/domain/actor"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

// Actors finds accounts and channels. host is empty for local ones.
type Actors interface {
	AccountByName(ctx context.Context, name, host string) (*actor.Account, error)
	ChannelByName(ctx context.Context, name, host string) (*actor.Channel, error)
}

// toAccount serves GET /services/redirect/accounts/{handle}: what plugins and
// pages elsewhere link to when they know no more than a handle.
func (s *Server) toAccount(w http.ResponseWriter, r *http.Request) error {
	name, host := actor.ParseHandle(rest.Path(r, "handle"), s.Site.Host)
	a, err := s.Actors.AccountByName(r.Context(), name, host)
	if err != nil {
		return err
	}
	return moved(a.URL, http.StatusFound)(w, r)
}

// toActor serves GET /services/redirect/actors/{handle}: the same for accounts
// and channels, which share their names.
func (s *Server) toActor(w http.ResponseWriter, r *http.Request) error {
	name, host := actor.ParseHandle(rest.Path(r, "handle"), s.Site.Host)
	c, err := s.Actors.ChannelByName(r.Context(), name, host)
	if errs.Is(err, errs.NotFound) {
		return s.toAccount(w, r)
	}
	if err != nil {
		return err
	}
	return moved(c.URL, http.StatusFound)(w, r)
}
