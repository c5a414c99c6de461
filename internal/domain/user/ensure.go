package user

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/errs"
)

// rootEmail is what root has until an administrator says otherwise, when the
// configuration names no address.
const rootEmail = "admin@example.com"

// rootPasswordBytes is the size of a random password of root; it is sent as
// hex.
const rootPasswordBytes = 12

// EnsureRoot makes the first administrator, with a password or a random one,
// unless there is one. Run twice or by two at once, only one makes it.
func (s *Service) EnsureRoot(ctx context.Context, password, email string) (created bool, chosen string, err error) {
	if _, err := s.Store.ByUsername(ctx, RootName); err == nil || !errs.Is(err, errs.NotFound) {
		return false, "", err
	}
	if password == "" {
		password = s.Random.hex(rootPasswordBytes)
	}
	if email == "" {
		email = rootEmail
	}
	n := draft{user: s.newUser(RootName, email, Administrator), password: password}
	yes := true
	n.user.EmailVerified = &yes
	n.user.VideoQuota, n.user.VideoQuotaDaily = Unlimited, Unlimited
	err = s.add(ctx, n, func(context.Context) error {
		if s.KeepRootPassword == nil {
			return nil
		}
		return s.KeepRootPassword(password)
	})
	if errs.Is(err, errs.Conflict) {
		if _, err := s.Store.ByUsername(ctx, RootName); err == nil {
			return false, "", nil // another node was faster
		}
	}
	return err == nil, password, err
}

// EnsureInstanceActor makes the site's own actor unless there is one.
func (s *Service) EnsureInstanceActor(ctx context.Context) error {
	if _, err := s.Actors.Instance(ctx); err == nil || !errs.Is(err, errs.NotFound) {
		return err
	}
	keys, err := s.NewKeys()
	if err != nil {
		return err
	}
	err = s.Actors.CreateInstance(ctx, actor.NewInstance(s.Site, keys, s.Now()))
	if errs.Is(err, errs.Conflict) {
		return nil // another node was faster
	}
	return err
}

// EnsureOAuthClient makes the OAuth client of all programs unless there is one.
func (s *Service) EnsureOAuthClient(ctx context.Context) error {
	if _, err := s.Clients.Client(ctx); err == nil || !errs.Is(err, errs.NotFound) {
		return err
	}
	return s.Clients.CreateClient(ctx, Client{ID: s.Random.hex(clientBytes), Secret: s.Random.hex(clientBytes)}, s.Now())
}

// OAuthClient returns the client that programs log in with.
func (s *Service) OAuthClient(ctx context.Context) (Client, error) { return s.Clients.Client(ctx) }
