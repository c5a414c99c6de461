package user

import (
	"context"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/errs"
)

// Service makes, changes and removes users, and lets people register.
// Logging in is Sessions, two-factor TwoFactor.
type Service struct {
	Store         Store
	Actors        ActorStore
	Channels      *actor.Channels
	Sessions      SessionStore
	Clients       ClientStore
	Registrations RegistrationStore
	Verifications VerificationStore
	Limits        *Limiter
	Mailer        Mailer
	Passwords     *Passwords
	Site          instance.Site
	Lifetimes     Lifetimes
	Policy        func() Policy
	Random        Random
	Now           func() time.Time
	// NewKeys is actor.GenerateKeys; tests have a faster one.
	NewKeys func() (actor.Keys, error)
	// KeepRootPassword keeps root's first password where an administrator
	// finds it. It is called before root is there for good: a crash must not
	// leave a root whose password nobody knows. nil keeps it nowhere.
	KeepRootPassword func(password string) error
	// Events may be nil.
	Events Events
	// AccountEdited is told of an account whose texts have changed, in the
	// transaction in which they do. It may be nil.
	AccountEdited func(ctx context.Context, id actor.AccountID) error
	// InTx runs fn in one database transaction.
	InTx func(ctx context.Context, fn func(ctx context.Context) error) error
	// Changed is told after a change that logged-in requests must see at
	// once, such as a blocking. It may be nil.
	Changed func(id ID)
}

// Events are told of people who come, in the transaction in which they do.
type Events interface {
	// UserRegistered is told of somebody who made an account.
	UserRegistered(ctx context.Context, u *User) error
	// RegistrationRequested is told of somebody who asks for one. Letters to
	// moderators are sent already.
	RegistrationRequested(ctx context.Context, r *Registration) error
}

// ActorStore is the part of actor.Store that users need, and the removal of
// what a user has.
type ActorStore interface {
	actor.Store
	// DeleteOfUser removes the account of a user with its channels and
	// videos.
	DeleteOfUser(ctx context.Context, userID int64) error
}

// Get returns a user.
func (s *Service) Get(ctx context.Context, id ID) (*User, error) { return s.Store.ByID(ctx, id) }

// Managed returns a user that by may change.
func (s *Service) Managed(ctx context.Context, by *User, id ID) (*User, error) {
	u, err := s.Store.ByID(ctx, id)
	if err != nil {
		return nil, err
	}
	if !by.MayManage(u) {
		return nil, errs.New(errs.Forbidden, "A moderator can only manage users.")
	}
	return u, nil
}

func (s *Service) changed(id ID) {
	if s.Changed != nil {
		s.Changed(id)
	}
}

// change writes c and, when logout is set, ends the user's sessions but one.
func (s *Service) change(ctx context.Context, id ID, c Change, logout bool, but int64) error {
	err := s.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Change(ctx, id, c); err != nil {
			return err
		}
		if !logout {
			return nil
		}
		return s.Sessions.DeleteOfUser(ctx, id, but)
	})
	if errs.Is(err, errs.Conflict) {
		return errUserExists()
	}
	if err == nil {
		s.changed(id)
	}
	return err
}

func (s *Service) mail(ctx context.Context, u *User, kind MailKind, link, text string) error {
	return s.Mailer.Queue(ctx, Mail{
		Kind: kind, To: u.Email, Language: u.Preferences.Language, Username: u.Username, Link: link, Text: text,
	})
}

// secret stores a new verification and returns what is sent.
func (s *Service) secret(ctx context.Context, v Verification, life time.Duration) (string, error) {
	token := s.Random.hex(secretBytes)
	v.TokenHash, v.CreatedAt = Hash(token), s.Now()
	v.ExpiresAt = v.CreatedAt.Add(life)
	return token, s.Verifications.Create(ctx, &v)
}

// found checks what came back by mail; owner is compared with it.
func (s *Service) found(ctx context.Context, p Purpose, token string, owner func(*Verification) bool) (*Verification, error) {
	v, err := s.Verifications.Find(ctx, p, Hash(token), s.Now())
	if errs.Is(err, errs.NotFound) || err == nil && !owner(v) {
		return nil, errs.New(errs.Forbidden, "Invalid verification string.")
	}
	return v, err
}

// Cleanup removes what has expired: sessions, secrets and windows of limits.
// A periodic job calls it.
func (s *Service) Cleanup(ctx context.Context) error {
	if _, err := s.Sessions.DeleteExpired(ctx, s.Now()); err != nil {
		return err
	}
	if _, err := s.Verifications.DeleteExpired(ctx, s.Now()); err != nil {
		return err
	}
	return s.Limits.Cleanup(ctx)
}
