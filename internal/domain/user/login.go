package user

import (
	"context"

	"sepiola/internal/errs"
)

// Credentials are what somebody logs in with.
type Credentials struct {
	Login    string // user name or address
	Password string
	OTP      string // of two-factor; empty when none was sent
	Kind     SessionKind
	From     Device
}

// maxLoginPassword bounds, in bytes, what is hashed at a login. Passwords of a
// PeerTube that was taken over may be longer than those chosen here.
const maxLoginPassword = 1024

// LogIn checks credentials and starts a session. Refusals carry PeerTube's
// code: invalid_grant, missing_two_factor, account_blocked …
//
// Tries are limited per address by Limits.Login, which the caller counts.
func (s *Sessions) LogIn(ctx context.Context, c Credentials) (*Tokens, *User, error) {
	u, err := s.admit(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	if err := s.checkOTP(ctx, u, c.OTP); err != nil {
		return nil, nil, err
	}
	t, err := s.enter(ctx, u, c)
	return t, u, err
}

// admit returns who may log in with a right password, but for two-factor.
func (s *Sessions) admit(ctx context.Context, c Credentials) (*User, error) {
	if len(c.Password) > maxLoginPassword {
		return nil, errs.New(errs.Invalid, "The password is too long").WithCode("too_long_password")
	}
	u, err := s.checkPassword(ctx, c)
	if err != nil {
		return nil, err
	}
	return u, mayLogIn(u)
}

// enter starts the session of somebody who proved everything.
func (s *Sessions) enter(ctx context.Context, u *User, c Credentials) (*Tokens, error) {
	t, err := s.start(ctx, u.ID, c.Kind, c.From)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	u.LastLoginAt = &now
	return t, s.Users.Change(ctx, u.ID, Change{LastLoginAt: &now})
}

// checkPassword returns the user of right credentials. It takes as long for
// logins that do not exist.
func (s *Sessions) checkPassword(ctx context.Context, c Credentials) (*User, error) {
	u, err := s.byLogin(ctx, c.Login)
	if errs.Is(err, errs.NotFound) {
		return nil, s.checkRegistration(ctx, c)
	}
	if err != nil {
		return nil, err
	}
	ok, renew, err := s.Passwords.Verify(ctx, u.PasswordHash, c.Password)
	if err != nil {
		return nil, err
	}
	if !ok || u.IsRoot() && s.Policy().RootCannotLogIn {
		return nil, errGrant("user credentials are invalid")
	}
	if renew {
		if err := s.renewHash(ctx, u, c.Password); err != nil {
			return nil, err
		}
	}
	return u, nil
}

func (s *Sessions) renewHash(ctx context.Context, u *User, password string) error {
	hash, err := s.Passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	u.PasswordHash = hash
	return s.Users.Change(ctx, u.ID, Change{PasswordHash: &hash})
}

func (s *Sessions) byLogin(ctx context.Context, login string) (*User, error) {
	u, err := s.Users.ByUsername(ctx, Fold(login))
	if errs.Is(err, errs.NotFound) {
		return s.Users.ByEmail(ctx, login)
	}
	return u, err
}

// checkRegistration tells who waits for approval so, if the password is right.
func (s *Sessions) checkRegistration(ctx context.Context, c Credentials) error {
	r, err := s.Registrations.ByLogin(ctx, c.Login)
	hash := ""
	if err == nil {
		hash = r.PasswordHash
	} else if !errs.Is(err, errs.NotFound) {
		return err
	}
	ok, _, err := s.Passwords.Verify(ctx, hash, c.Password)
	if err != nil {
		return err
	}
	if ok && r.State == Pending {
		return errs.New(errs.Invalid, "Registration for this account is awaiting approval").WithCode("account_waiting_for_approval")
	}
	if ok && r.State == Rejected {
		return errs.New(errs.Invalid, "Registration approval for this account has been rejected").WithCode("account_approval_rejected")
	}
	return errGrant("user credentials are invalid")
}

func mayLogIn(u *User) error {
	if u.Blocked {
		return errs.New(errs.Invalid, "User is blocked.").WithCode("account_blocked")
	}
	if u.EmailVerified != nil && !*u.EmailVerified {
		return errs.New(errs.Invalid, "User email is not verified.").WithCode("email_not_verified")
	}
	return nil
}

func (s *Sessions) checkOTP(ctx context.Context, u *User, code string) error {
	if !u.HasTwoFactor() {
		return nil
	}
	if code == "" {
		return errs.New(errs.Unauthorized, "Missing two factor header").WithCode("missing_two_factor")
	}
	if err := s.Limits.otpAllowed(ctx, u.ID); err != nil {
		return err
	}
	secret, err := s.Cipher.Open(u.OTPSecret, otpOwner(u.ID))
	if err != nil {
		return err
	}
	if validOTP(secret, code, s.Now()) {
		return nil
	}
	if err := s.Limits.otpFailed(ctx, u.ID); err != nil {
		return err
	}
	return errs.New(errs.Invalid, "Invalid two factor header").WithCode("invalid_two_factor")
}

func errGrant(why string) error {
	return errs.New(errs.Invalid, "Invalid grant: %s", why).WithCode("invalid_grant")
}
