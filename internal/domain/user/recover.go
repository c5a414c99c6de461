package user

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"sepiola/internal/errs"
)

// AskResetPassword sends a link to choose a new password. Nobody learns
// whether an address is known.
func (s *Service) AskResetPassword(ctx context.Context, email string) error {
	u, err := s.Store.ByEmail(ctx, email)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		return s.sendPasswordLink(ctx, u, MailResetPassword, s.Lifetimes.ResetPassword)
	})
}

func (s *Service) sendPasswordLink(ctx context.Context, u *User, kind MailKind, life time.Duration) error {
	token, err := s.secret(ctx, Verification{Purpose: ResetPassword, UserID: u.ID}, life)
	if err != nil {
		return err
	}
	return s.mail(ctx, u, kind, s.link("/reset-password", "userId", int64(u.ID), token, nil), "")
}

// link is what a mail leads to, at PeerTube's paths.
func (s *Service) link(path, idName string, id int64, token string, more url.Values) string {
	link := s.Site.URL(path) + "?" + idName + "=" + strconv.FormatInt(id, 10) + "&verificationString=" + token
	if len(more) > 0 {
		link += "&" + more.Encode()
	}
	return link
}

// ResetPassword sets a password with the string that was sent by mail, and
// ends all sessions.
func (s *Service) ResetPassword(ctx context.Context, id ID, token, password string) error {
	u, err := s.Store.ByID(ctx, id)
	if err != nil {
		return err
	}
	v, err := s.found(ctx, ResetPassword, token, func(v *Verification) bool { return v.UserID == u.ID })
	if err != nil {
		return err
	}
	if !ValidPassword(password, s.Policy().MinPassword) {
		return errs.Fields(errs.Param{Name: "password", Value: password})
	}
	hash, err := s.Passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.Verifications.Use(ctx, v.ID); err != nil {
			return errs.Wrap(errs.Forbidden, err, "Invalid verification string.")
		}
		return s.change(ctx, u.ID, Change{PasswordHash: &hash}, true, 0)
	})
}

// SetPassword sets a user's password, for the command line.
func (s *Service) SetPassword(ctx context.Context, id ID, password string) error {
	if !ValidPassword(password, s.Policy().MinPassword) {
		return errs.Fields(errs.Param{Name: "password"})
	}
	hash, err := s.Passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	return s.change(ctx, id, Change{PasswordHash: &hash}, true, 0)
}

// AskVerifyEmail sends the link that proves an address again, to those who
// have not proved it: the address of an account, or the one that it is to have.
// Nobody learns whether an address is known.
func (s *Service) AskVerifyEmail(ctx context.Context, email string) error {
	u, err := s.Store.ByEmail(ctx, email)
	if errs.Is(err, errs.NotFound) {
		u, err = s.Store.ByPendingEmail(ctx, email)
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.InTx(ctx, func(ctx context.Context) error { return s.sendVerifyPending(ctx, u, u.PendingEmail) })
	}
	if err != nil || u.EmailVerified != nil && *u.EmailVerified {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error { return s.sendVerifyEmail(ctx, u) })
}

func (s *Service) sendVerifyEmail(ctx context.Context, u *User) error {
	token, err := s.secret(ctx, Verification{Purpose: VerifyEmail, UserID: u.ID, Payload: u.Email}, s.Lifetimes.VerifyEmail)
	if err != nil {
		return err
	}
	return s.mail(ctx, u, MailVerifyEmail, s.link("/verify-account/email", "userId", int64(u.ID), token, nil), "")
}

// sendVerifyPending sends the proof of a new address to that address.
func (s *Service) sendVerifyPending(ctx context.Context, u *User, email string) error {
	token, err := s.secret(ctx, Verification{Purpose: VerifyPendingEmail, UserID: u.ID, Payload: email}, s.Lifetimes.VerifyEmail)
	if err != nil {
		return err
	}
	to := *u
	to.Email = email
	link := s.link("/verify-account/email", "userId", int64(u.ID), token, url.Values{"isPendingEmail": {"true"}})
	return s.mail(ctx, &to, MailVerifyPendingEmail, link, "")
}

// AskVerifyPending sends the link that proves a user's new address again; when
// none waits any more, it is NotFound.
func (s *Service) AskVerifyPending(ctx context.Context, id ID) error {
	u, err := s.Store.ByID(ctx, id) // as it is now
	if err != nil {
		return err
	}
	if u.PendingEmail == "" {
		return errs.New(errs.NotFound, "No new address waits to be proved")
	}
	return s.InTx(ctx, func(ctx context.Context) error { return s.sendVerifyPending(ctx, u, u.PendingEmail) })
}

// VerifyEmail proves the address of a user, or with pending the new one, with
// the string that was sent to it.
func (s *Service) VerifyEmail(ctx context.Context, id ID, token string, pending bool) error {
	u, err := s.Store.ByID(ctx, id)
	if err != nil {
		return err
	}
	purpose, expect := VerifyEmail, u.Email
	if pending {
		purpose, expect = VerifyPendingEmail, u.PendingEmail
	}
	v, err := s.found(ctx, purpose, token, func(v *Verification) bool { return v.UserID == u.ID && v.Payload == expect })
	if err != nil {
		return err
	}
	yes, none := true, ""
	proved := &yes
	c := Change{EmailVerified: &proved}
	if pending {
		c.Email, c.PendingEmail = &v.Payload, &none
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.Verifications.Use(ctx, v.ID); err != nil {
			return errs.Wrap(errs.Forbidden, err, "Invalid verification string.")
		}
		return s.change(ctx, u.ID, c, false, 0)
	})
}
