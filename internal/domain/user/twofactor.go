package user

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"sepiola/internal/errs"
)

// Cipher encrypts secrets that the database keeps: AES-256-GCM with a key
// derived from the site's secret (secrets.peertube).
type Cipher struct{ aead cipher.AEAD }

const sealedPrefix = "v1:"

// NewCipher derives the key. The secret must not be empty.
func NewCipher(secret string) (*Cipher, error) {
	if secret == "" {
		return nil, errors.New("secrets.peertube is empty")
	}
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "sepiola two-factor secrets", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &Cipher{aead}, err
}

// Seal encrypts text for an owner; only the same owner's can be opened.
func (c *Cipher) Seal(text, owner string) string {
	return sealedPrefix + base64.RawStdEncoding.EncodeToString(c.aead.Seal(nil, nil, []byte(text), []byte(owner))) //nolint:gosec // it makes a random nonce itself
}

// Open decrypts what Seal made.
func (c *Cipher) Open(sealed, owner string) (string, error) {
	b64, ok := strings.CutPrefix(sealed, sealedPrefix)
	if !ok {
		return "", errors.New("a two-factor secret of an unknown form")
	}
	b, err := base64.RawStdEncoding.DecodeString(b64)
	if err != nil {
		return "", err
	}
	text, err := c.aead.Open(nil, nil, b, []byte(owner))
	return string(text), err
}

func otpOwner(id ID) string { return "user " + strconv.FormatInt(int64(id), 10) }

const (
	otpSecretBytes = 20 // 32 characters of base32
	otpPeriod      = 30 // seconds
)

// validOTP accepts the code of now, and of one period before and after.
func validOTP(secret, code string, now time.Time) bool {
	ok, err := totp.ValidateCustom(code, secret, now, totp.ValidateOpts{
		Period: otpPeriod, Skew: 1, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1,
	})
	return ok && err == nil
}

// TwoFactor turns codes at login on and off.
type TwoFactor struct {
	Service *Service
	Cipher  *Cipher
}

// OTPRequest is what somebody sets up an authenticator with.
type OTPRequest struct{ Token, Secret, URI string }

// Request makes a secret that Confirm turns on.
func (s *TwoFactor) Request(ctx context.Context, by *User, id ID, password *string) (*OTPRequest, error) {
	u, err := s.target(ctx, by, id, password)
	if err != nil {
		return nil, err
	}
	if u.HasTwoFactor() {
		return nil, errs.New(errs.Invalid, "Two factor is already enabled.")
	}
	secret := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(s.Service.Random.bytes(otpSecretBytes))
	token, err := s.Service.secret(ctx, Verification{
		Purpose: ConfirmTwoFactor, UserID: u.ID, Payload: s.Cipher.Seal(secret, otpOwner(u.ID)),
	}, s.Service.Lifetimes.TwoFactorRequest)
	return &OTPRequest{Token: token, Secret: secret, URI: otpURI(s.Service.Site.Host, u.Email, secret)}, err
}

func otpURI(issuer, label, secret string) string {
	escape := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	return "otpauth://totp/" + escape(issuer) + ":" + escape(label) + "?issuer=" + escape(issuer) +
		"&secret=" + secret + "&algorithm=SHA1&digits=6&period=" + strconv.Itoa(otpPeriod)
}

// Confirm turns two-factor on when the code is right.
func (s *TwoFactor) Confirm(ctx context.Context, by *User, id ID, token, code string) error {
	u, err := s.reach(ctx, by, id)
	if err != nil {
		return err
	}
	if u.HasTwoFactor() {
		return errs.New(errs.Invalid, "Two factor is already enabled.")
	}
	v, err := s.Service.Verifications.Find(ctx, ConfirmTwoFactor, Hash(token), s.Service.Now())
	if errs.Is(err, errs.NotFound) || err == nil && v.UserID != u.ID {
		return errs.New(errs.Forbidden, "Invalid request token")
	}
	if err != nil {
		return err
	}
	secret, err := s.Cipher.Open(v.Payload, otpOwner(u.ID))
	if err != nil {
		return err
	}
	if !validOTP(secret, code, s.Service.Now()) {
		return errs.New(errs.Forbidden, "Invalid OTP token")
	}
	return s.Service.InTx(ctx, func(ctx context.Context) error {
		if err := s.Service.Verifications.Use(ctx, v.ID); err != nil {
			return errs.Wrap(errs.Forbidden, err, "Invalid request token")
		}
		return s.Service.change(ctx, u.ID, Change{OTPSecret: &v.Payload}, false, 0)
	})
}

// Disable turns two-factor off.
func (s *TwoFactor) Disable(ctx context.Context, by *User, id ID, password *string) error {
	u, err := s.target(ctx, by, id, password)
	if err != nil {
		return err
	}
	if !u.HasTwoFactor() {
		return errs.New(errs.Invalid, "Two factor is already disabled.")
	}
	none := ""
	return s.Service.change(ctx, u.ID, Change{OTPSecret: &none}, false, 0)
}

// reach returns the user when by is it or manages it.
func (s *TwoFactor) reach(ctx context.Context, by *User, id ID) (*User, error) {
	if by != nil && by.ID == id {
		return s.Service.Store.ByID(ctx, id)
	}
	if !by.Has(ManageUsers) {
		return nil, errs.New(errs.Forbidden, "User %s does not have right to change two factor setting of this user.", by.name())
	}
	return s.Service.Managed(ctx, by, id)
}

// target is reach, with the password of people who change their own setting.
func (s *TwoFactor) target(ctx context.Context, by *User, id ID, password *string) (*User, error) {
	u, err := s.reach(ctx, by, id)
	if err != nil || by.ID != id {
		return u, err
	}
	if password == nil {
		return nil, errs.New(errs.Invalid, "currentPassword is missing.")
	}
	ok, _, err := s.Service.Passwords.Verify(ctx, u.PasswordHash, *password)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errs.New(errs.Forbidden, "currentPassword is invalid.").WithCode("current_password_is_invalid")
	}
	return u, nil
}
