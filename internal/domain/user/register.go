package user

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/errs"
)

// NewRegistration is what somebody who registers sends.
type NewRegistration struct {
	Username, Password, Email string
	// DisplayName is nil when it was not sent.
	DisplayName *string
	// Channel is nil for the usual one.
	Channel *NewChannel
	// Reason is for the moderators; only where approval is required.
	Reason string
	// Language is that of the pages or the app, and becomes the user's; "" and
	// what ValidLocale does not know are none.
	Language string
}

// NewChannel is the first channel of somebody who registers.
type NewChannel struct{ Name, DisplayName string }

// Problems returns the fields that are wrong, under PeerTube's names.
func (in NewRegistration) Problems(policy Policy) []errs.Param {
	var p problems
	p.check(actor.ValidName(in.Username), "username", in.Username)
	p.check(ValidPassword(in.Password, policy.MinPassword), "password", in.Password)
	p.check(ValidEmail(in.Email), "email", in.Email)
	p.check(in.DisplayName == nil || actor.ValidDisplayName(*in.DisplayName), "displayName", in.DisplayName)
	if in.Channel != nil {
		p.check(actor.ValidName(in.Channel.Name), "channel.name", in.Channel.Name)
		p.check(actor.ValidDisplayName(in.Channel.DisplayName), "channel.displayName", in.Channel.DisplayName)
	}
	return p
}

// SignupAllowed reports, as an error, whether somebody at an address may
// register now.
func (s *Service) SignupAllowed(ctx context.Context, ip string) error {
	signup := s.Policy().Signup
	open, err := s.SignupOpen(ctx)
	if err != nil {
		return err
	}
	if !open {
		return errClosed()
	}
	if !signup.AllowsIP(ip) {
		return errs.New(errs.Forbidden, "You are not on a network authorized for registration.")
	}
	return nil
}

func errClosed() error { return errs.New(errs.Forbidden, "User registration is not allowed") }

// SignupOpen reports whether registrations are enabled and the limit of users
// is not reached.
func (s *Service) SignupOpen(ctx context.Context) (bool, error) {
	signup := s.Policy().Signup
	if !signup.Enabled {
		return false, nil
	}
	if signup.Limit < 0 {
		return true, nil
	}
	n, err := s.Store.Count(ctx)
	return n < signup.Limit, err
}

// Register makes a user of somebody at an address. SignupAllowed comes first,
// so that a closed site says so whatever was sent.
func (s *Service) Register(ctx context.Context, in NewRegistration, ip string) (*User, error) {
	if err := s.SignupAllowed(ctx, ip); err != nil {
		return nil, err
	}
	policy := s.Policy()
	if err := problems(in.Problems(policy)).err(); err != nil {
		return nil, err
	}
	if policy.Signup.Approval {
		return nil, errs.New(errs.Forbidden, "User registration requires approval")
	}
	if _, err := s.Limits.Signup(ctx, ip); err != nil {
		return nil, err
	}
	n := s.draftOf(in)
	err := s.add(ctx, n, func(ctx context.Context) error {
		if err := s.takePlace(ctx); err != nil {
			return err
		}
		if err := s.Limits.SignedUp(ctx, ip); err != nil {
			return err
		}
		if s.Events != nil {
			if err := s.Events.UserRegistered(ctx, n.user); err != nil {
				return err
			}
		}
		if n.user.EmailVerified == nil {
			return nil
		}
		return s.sendVerifyEmail(ctx, n.user)
	})
	return n.user, err
}

// takePlace refuses, in the transaction that has just made a user, one more
// than the limit. Of several that register at once each waits here until the
// one before it is kept or undone, and counts it.
func (s *Service) takePlace(ctx context.Context) error {
	limit := s.Policy().Signup.Limit
	if limit < 0 {
		return nil
	}
	if err := s.Store.LockSignups(ctx); err != nil {
		return err
	}
	n, err := s.Store.Count(ctx)
	if err == nil && n > limit {
		err = errClosed()
	}
	return err
}

func (s *Service) draftOf(in NewRegistration) draft {
	n := draft{user: s.newUser(in.Username, in.Email, Member), password: in.Password}
	if in.DisplayName != nil {
		n.displayName = *in.DisplayName
	}
	if in.Channel != nil {
		n.channel, n.channelTitle = in.Channel.Name, in.Channel.DisplayName
	}
	if ValidLocale(in.Language) {
		n.user.Preferences.Language = in.Language
	}
	n.user.EmailVerified = s.unproved()
	return n
}

// unproved is how an address begins: to be proved, or never asked about.
func (s *Service) unproved() *bool {
	if !s.Policy().Signup.EmailVerification {
		return nil
	}
	no := false
	return &no
}

// RequestRegistration stores a request that a moderator answers.
func (s *Service) RequestRegistration(ctx context.Context, in NewRegistration, ip string) (*Registration, error) {
	if err := s.SignupAllowed(ctx, ip); err != nil {
		return nil, err
	}
	policy := s.Policy()
	bad := problems(in.Problems(policy))
	bad.check(ValidReason(in.Reason), "registrationReason", in.Reason)
	if err := bad.err(); err != nil {
		return nil, err
	}
	if !policy.Signup.Approval {
		return nil, errs.New(errs.Invalid, "Signup approval is not enabled on this instance")
	}
	if _, err := s.Limits.Signup(ctx, ip); err != nil {
		return nil, err
	}
	if err := s.free(ctx, s.draftOf(in)); err != nil {
		return nil, err
	}
	r := s.registrationOf(in)
	var err error
	if r.PasswordHash, err = s.Passwords.Hash(ctx, in.Password); err != nil {
		return nil, err
	}
	return r, s.InTx(ctx, func(ctx context.Context) error { return s.keepRequest(ctx, r, ip) })
}

func (s *Service) keepRequest(ctx context.Context, r *Registration, ip string) error {
	taken := errs.New(errs.Conflict, "Registration with this username, channel name or email already exists.")
	if r.ChannelName != "" {
		awaited, err := s.Registrations.ChannelAwaited(ctx, r.ChannelName)
		if err != nil {
			return err
		}
		if awaited {
			return taken.Because(ReasonChannelTaken)
		}
	}
	if err := s.Registrations.Create(ctx, r); errs.Is(err, errs.Conflict) {
		return taken
	} else if err != nil {
		return err
	}
	if err := s.Limits.SignedUp(ctx, ip); err != nil {
		return err
	}
	if s.Events != nil {
		if err := s.Events.RegistrationRequested(ctx, r); err != nil {
			return err
		}
	}
	if err := s.tellModerators(ctx, r); err != nil || r.EmailVerified == nil {
		return err
	}
	return s.sendVerifyRegistration(ctx, r)
}

// maxModerators is how many of each role are written to at most.
const maxModerators = 50

// tellModerators writes of a new request to those who may answer it and want
// letters of it. The site shows it to them by Events.
func (s *Service) tellModerators(ctx context.Context, r *Registration) error {
	open := false
	for role := Administrator; role <= Member; role++ {
		if !role.Has(ManageRegistrations) {
			continue
		}
		people, _, err := s.Store.List(ctx, ListParams{Role: &role, Blocked: &open, Sort: "id", Count: maxModerators})
		if err != nil {
			return err
		}
		for _, u := range people {
			if err := s.tellModerator(ctx, u, r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) tellModerator(ctx context.Context, u *User, r *Registration) error {
	if _, mail := u.Wants("newUserRegistration"); !mail || !u.Reachable() {
		return nil
	}
	text := r.Username + " (" + r.Email + ")\n\n" + r.Reason
	return s.mail(ctx, u, MailRegistrationRequest, s.Site.URL("/admin/moderation/registrations/list"), text)
}

func (s *Service) registrationOf(in NewRegistration) *Registration {
	now := s.Now()
	r := &Registration{
		State: Pending, Username: in.Username, Email: in.Email, EmailVerified: s.unproved(), Reason: in.Reason,
		CreatedAt: now, UpdatedAt: now,
	}
	if in.DisplayName != nil {
		r.DisplayName = *in.DisplayName
	}
	if ValidLocale(in.Language) {
		r.Language = in.Language
	}
	if in.Channel != nil {
		r.ChannelName, r.ChannelDisplayName = in.Channel.Name, in.Channel.DisplayName
	}
	return r
}

func (s *Service) sendVerifyRegistration(ctx context.Context, r *Registration) error {
	token, err := s.secret(ctx, Verification{Purpose: VerifyRegistration, RegistrationID: r.ID}, s.Lifetimes.VerifyEmail)
	if err != nil {
		return err
	}
	link := s.link("/verify-account/email", "registrationId", int64(r.ID), token, nil)
	return s.mailRegistration(ctx, r, MailVerifyRegistration, link, "")
}

func (s *Service) mailRegistration(ctx context.Context, r *Registration, kind MailKind, link, text string) error {
	return s.Mailer.Queue(ctx, Mail{Kind: kind, To: r.Email, Language: r.Language, Username: r.Username, Link: link, Text: text})
}
