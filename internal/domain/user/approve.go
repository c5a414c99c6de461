package user

import (
	"context"

	"sepiola/internal/errs"
)

// ListRegistrations returns one page of registrations and their number.
func (s *Service) ListRegistrations(ctx context.Context, p RegistrationList) ([]*Registration, int, error) {
	return s.Registrations.List(ctx, p)
}

// MostWaiting bounds WaitingRegistrations: more are not counted.
const MostWaiting = 1000

// WaitingRegistrations is how many registrations wait for an answer,
// MostWaiting at most, for who answers them.
func (s *Service) WaitingRegistrations(ctx context.Context, by *User) (int, error) {
	if !by.Has(ManageRegistrations) {
		return 0, errs.New(errs.Forbidden, "You are not allowed to manage registrations")
	}
	return s.Registrations.Waiting(ctx, MostWaiting)
}

// Answer is what a moderator says to a registration.
type Answer struct {
	Response string
	// Silent keeps the answer from being mailed.
	Silent bool
}

// Accept makes a user of a waiting registration.
func (s *Service) Accept(ctx context.Context, id RegistrationID, a Answer) error {
	r, err := s.waiting(ctx, id, a)
	if err != nil {
		return err
	}
	n := draft{user: s.newUser(r.Username, r.Email, Member), displayName: r.DisplayName, channel: r.ChannelName, channelTitle: r.ChannelDisplayName}
	n.user.PasswordHash, n.user.EmailVerified = r.PasswordHash, r.EmailVerified
	n.user.Preferences.Language = r.Language
	return s.add(ctx, n, func(ctx context.Context) error {
		if err := s.settle(ctx, r, Accepted, a, n.user.ID); err != nil || a.Silent {
			return err
		}
		return s.mailRegistration(ctx, r, MailRegistrationAccepted, s.Site.URL("/login"), a.Response)
	})
}

// Reject says no to a waiting registration.
func (s *Service) Reject(ctx context.Context, id RegistrationID, a Answer) error {
	r, err := s.waiting(ctx, id, a)
	if err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.settle(ctx, r, Rejected, a, 0); err != nil || a.Silent {
			return err
		}
		return s.mailRegistration(ctx, r, MailRegistrationRejected, "", a.Response)
	})
}

// waiting returns a registration that nobody has answered yet.
func (s *Service) waiting(ctx context.Context, id RegistrationID, a Answer) (*Registration, error) {
	r, err := s.Registrations.ByID(ctx, id)
	if err != nil {
		return nil, err
	}
	if !ValidReason(a.Response) {
		return nil, errs.Fields(errs.Param{Name: "moderationResponse", Value: a.Response})
	}
	if r.State != Pending {
		return nil, errAnswered()
	}
	return r, nil
}

func (s *Service) settle(ctx context.Context, r *Registration, state RegistrationState, a Answer, id ID) error {
	err := s.Registrations.Settle(ctx, r.ID, state, a.Response, id, s.Now())
	if errs.Is(err, errs.Conflict) {
		return errAnswered()
	}
	return err
}

func errAnswered() error {
	return errs.New(errs.Conflict, "This registration is already accepted or rejected.")
}

// DeleteRegistration forgets a registration. A user made of it stays.
func (s *Service) DeleteRegistration(ctx context.Context, id RegistrationID) error {
	return s.Registrations.Delete(ctx, id)
}

// AskVerifyRegistration sends the link that proves the address of a waiting
// registration again. Nobody learns whether an address is known.
func (s *Service) AskVerifyRegistration(ctx context.Context, email string) error {
	r, err := s.Registrations.ByEmail(ctx, email)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil || r.State != Pending || r.EmailVerified != nil && *r.EmailVerified {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error { return s.sendVerifyRegistration(ctx, r) })
}

// VerifyRegistration proves the address of a registration, and of the user
// that was made of it meanwhile.
func (s *Service) VerifyRegistration(ctx context.Context, id RegistrationID, token string) error {
	r, err := s.Registrations.ByID(ctx, id)
	if err != nil {
		return err
	}
	v, err := s.found(ctx, VerifyRegistration, token, func(v *Verification) bool { return v.RegistrationID == r.ID })
	if err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.Verifications.Use(ctx, v.ID); err != nil {
			return errs.Wrap(errs.Forbidden, err, "Invalid verification string.")
		}
		if err := s.Registrations.SetEmailVerified(ctx, r.ID); err != nil || r.UserID == 0 {
			return err
		}
		yes := true
		proved := &yes
		return s.change(ctx, r.UserID, Change{EmailVerified: &proved}, false, 0)
	})
}
