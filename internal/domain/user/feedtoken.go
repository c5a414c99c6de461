package user

import (
	"context"
	"crypto/subtle"

	"sepiola/internal/domain/actor"
	"sepiola/internal/errs"
)

// ByFeedToken returns the user of an account when the token is that of their
// feeds. Whoever has the token may read what it opens and nothing else; an
// unknown account, somebody who is blocked and a wrong token are all the same
// errs.Forbidden.
func (s *Service) ByFeedToken(ctx context.Context, id actor.AccountID, token string) (*User, error) {
	u, err := s.ofAccount(ctx, id)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	if err != nil || u.Blocked || token == "" || subtle.ConstantTimeCompare([]byte(u.FeedToken), []byte(token)) != 1 {
		return nil, errs.New(errs.Forbidden, "User doesn't exist or the token of the feed is wrong")
	}
	return u, nil
}

func (s *Service) ofAccount(ctx context.Context, id actor.AccountID) (*User, error) {
	a, err := s.Actors.Account(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.Store.ByID(ctx, ID(a.UserID)) // remote ones have none
}
