package user

import (
	"context"
	"crypto/subtle"
	"fmt"
	"time"

	"sepiola/internal/errs"
)

// CodeWithin is how long somebody whose password was right may take to send
// the code of two-factor.
const CodeWithin = 10 * time.Minute

// stepOwner keeps what is sealed for this from being taken for anything else
// that the same key seals.
const stepOwner = "login, before the code"

// Entry is what comes of the first step of a login in the browser: either
// Tokens and User, or Pending.
type Entry struct {
	Tokens *Tokens
	User   *User
	// Pending is not empty when the code of two-factor is still needed. It
	// says, sealed, whose password was right and when; EnterCode takes it.
	Pending string
}

// Enter is LogIn for browsers, in two steps: the password is sent in the first
// one only. Tries are limited as in LogIn.
func (s *Sessions) Enter(ctx context.Context, c Credentials) (*Entry, error) {
	u, err := s.admit(ctx, c)
	if err != nil {
		return nil, err
	}
	if u.HasTwoFactor() {
		return &Entry{Pending: s.Cipher.Seal(stepText(u, s.Now().Add(CodeWithin)), stepOwner)}, nil
	}
	t, err := s.enter(ctx, u, c)
	return &Entry{Tokens: t, User: u}, err
}

// EnterCode is the second step. A pending login that is too old or made up,
// and one of somebody whose password was changed since, is errs.Unauthorized
// (code login_step_over): then it begins anew. Wrong codes are limited per
// user; the caller counts tries per address (Limits.Login).
func (s *Sessions) EnterCode(ctx context.Context, pending, code string, kind SessionKind, from Device) (*Tokens, *User, error) {
	u, err := s.pendingUser(ctx, pending)
	if err != nil {
		return nil, nil, err
	}
	if err := mayLogIn(u); err != nil {
		return nil, nil, err
	}
	if code == "" && u.HasTwoFactor() {
		return nil, nil, errs.New(errs.Invalid, "Invalid two factor header").WithCode("invalid_two_factor")
	}
	if err := s.checkOTP(ctx, u, code); err != nil {
		return nil, nil, err
	}
	t, err := s.enter(ctx, u, Credentials{Kind: kind, From: from})
	return t, u, err
}

// StepPending reports whether EnterCode would take a code for a pending login.
func (s *Sessions) StepPending(ctx context.Context, pending string) bool {
	_, err := s.pendingUser(ctx, pending)
	return err == nil
}

func (s *Sessions) pendingUser(ctx context.Context, pending string) (*User, error) {
	over := errs.New(errs.Unauthorized, "This login has begun too long ago").WithCode("login_step_over")
	text, err := s.Cipher.Open(pending, stepOwner)
	if err != nil {
		return nil, over
	}
	var id ID
	var until int64
	var password string
	if _, err := fmt.Sscanf(text, stepFormat, &id, &until, &password); err != nil || s.Now().Unix() >= until {
		return nil, over
	}
	u, err := s.Users.ByID(ctx, id)
	if errs.Is(err, errs.NotFound) {
		return nil, over
	}
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare([]byte(password), []byte(Hash(u.PasswordHash))) != 1 {
		return nil, over
	}
	return u, nil
}

const stepFormat = "%d %d %s"

// stepText binds a pending login to the password that was right.
func stepText(u *User, until time.Time) string {
	return fmt.Sprintf(stepFormat, u.ID, until.Unix(), Hash(u.PasswordHash))
}
