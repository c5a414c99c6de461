package user

import (
	"context"
	"time"
)

// Store keeps users. Missing ones are errs.NotFound ("User not found"), user
// names and addresses that are taken errs.Conflict.
type Store interface {
	// Create inserts u and sets its id.
	Create(ctx context.Context, u *User) error
	ByID(ctx context.Context, id ID) (*User, error)
	ByUsername(ctx context.Context, username string) (*User, error)
	// ByEmail finds an address regardless of case.
	ByEmail(ctx context.Context, email string) (*User, error)
	// ByPendingEmail finds whose new address waits to be proved, as it was
	// typed. An address that several wait for is nobody's.
	ByPendingEmail(ctx context.Context, email string) (*User, error)
	// Count returns the number of users.
	Count(ctx context.Context) (int, error)
	// LockSignups keeps others that call it waiting until the transaction
	// ends.
	LockSignups(ctx context.Context) error
	// List returns one page and the number of all that match.
	List(ctx context.Context, p ListParams) ([]*User, int, error)
	// Usernames returns the first names that start with prefix, in order.
	Usernames(ctx context.Context, prefix string, limit int) ([]string, error)
	// Change writes what c names and leaves the rest as it is.
	Change(ctx context.Context, id ID, c Change) error
	// Lock keeps others from changing the user until the transaction ends.
	Lock(ctx context.Context, id ID) error
	// Delete removes the user with sessions and uploads. The account must be
	// gone before.
	Delete(ctx context.Context, id ID) error
	// Usages returns what users have uploaded; day is 24 hours ago.
	Usages(ctx context.Context, ids []ID, day time.Time) (map[ID]Usage, error)
}

// ListParams says which users are listed.
type ListParams struct {
	// Search is part of a user name or an address; "" for all.
	Search  string
	Blocked *bool
	Role    *Role
	// Sort is id, username, videoQuotaUsed, createdAt, lastLoginDate or role,
	// with "-" before it for descending.
	Sort         string
	Start, Count int
}

// Change is a change of a user: what is nil stays.
type Change struct {
	Email           *string
	EmailVerified   **bool // to nil, too
	PendingEmail    *string
	PasswordHash    *string
	Role            *Role
	Blocked         *bool
	BlockedReason   *string
	AdminFlags      *int
	VideoQuota      *int64
	VideoQuotaDaily *int64
	OTPSecret       *string
	FeedToken       *string
	Preferences     *Preferences
	Notifications   map[string]int
	LastLoginAt     *time.Time
}

// Usage is what a user has uploaded, in bytes.
type Usage struct {
	// Used counts against the quota; Daily is its part of the last 24 hours.
	Used, Daily int64
	// Files is the size of all files that were made from it.
	Files  int64
	Videos int
}

// SessionKind tells logins of API clients from those of browsers.
type SessionKind string

// The kinds of sessions.
const (
	OAuth   SessionKind = "oauth"
	Browser SessionKind = "browser"
)

// Device is where a request comes from.
type Device struct {
	Agent string // User-Agent, cut to MaxAgent
	IP    string
}

// Session is a login. Tokens themselves are not kept, only their hashes.
type Session struct {
	ID               int64
	UserID           ID
	Kind             SessionKind
	AccessHash       string
	RefreshHash      string // empty for browsers
	AccessExpiresAt  time.Time
	RefreshExpiresAt time.Time // zero for browsers
	Login, Last      Device
	LastActivityAt   time.Time
	CreatedAt        time.Time
}

// SessionStore keeps sessions. Missing ones are errs.NotFound.
type SessionStore interface {
	Create(ctx context.Context, s *Session) error
	ByID(ctx context.Context, id int64) (*Session, error)
	// Identify returns the session of an access token and its user. Of the
	// session it reads the ids, kind, last activity and when the token expires.
	Identify(ctx context.Context, access string) (*Session, *User, error)
	ByRefresh(ctx context.Context, hash string) (*Session, error)
	// Rotate gives the session that still has the refresh hash old the tokens
	// and times of s. When it has it no more, that is errs.NotFound.
	Rotate(ctx context.Context, old string, s *Session) error
	// Touch records activity, in one transaction. Sessions that are gone, or
	// were active later, stay as they are.
	Touch(ctx context.Context, list []Touch) error
	Delete(ctx context.Context, id int64) error
	// DeleteOfUser removes all sessions of a user but one; 0 spares none.
	DeleteOfUser(ctx context.Context, id ID, but int64) error
	// Of returns one page of a user's sessions and their number. sort is
	// createdAt, with "-" before it for newest first.
	Of(ctx context.Context, id ID, sort string, start, count int) ([]*Session, int, error)
	// DeleteExpired removes sessions whose tokens have all expired.
	DeleteExpired(ctx context.Context, now time.Time) (int64, error)
}

// Client is the OAuth client that all programs use.
type Client struct{ ID, Secret string }

// ClientStore keeps the OAuth client.
type ClientStore interface {
	// Client returns the oldest client, or errs.NotFound.
	Client(ctx context.Context) (Client, error)
	// HasClient reports whether a client is known by both its values.
	HasClient(ctx context.Context, c Client) (bool, error)
	CreateClient(ctx context.Context, c Client, now time.Time) error
}

// Purpose is what a secret is for.
type Purpose string

// The purposes.
const (
	ResetPassword      Purpose = "reset-password"
	VerifyEmail        Purpose = "verify-email"
	VerifyPendingEmail Purpose = "verify-pending-email"
	VerifyRegistration Purpose = "verify-registration-email"
	ConfirmTwoFactor   Purpose = "two-factor"
)

// Verification is a secret that was sent by mail or is held between two
// steps. It belongs to a user or to a registration. Only its hash is kept.
type Verification struct {
	ID             int64
	Purpose        Purpose
	UserID         ID
	RegistrationID RegistrationID
	TokenHash      string
	Payload        string
	ExpiresAt      time.Time
	CreatedAt      time.Time
}

// VerificationStore keeps verifications.
type VerificationStore interface {
	// Create stores v in place of the owner's earlier ones of its purpose.
	Create(ctx context.Context, v *Verification) error
	// Find returns what is not expired, or errs.NotFound.
	Find(ctx context.Context, p Purpose, tokenHash string, now time.Time) (*Verification, error)
	// Use removes a verification; if somebody else did before, that is
	// errs.NotFound.
	Use(ctx context.Context, id int64) error
	DeleteExpired(ctx context.Context, now time.Time) (int64, error)
}

// LimitStore counts events in windows of time, for all nodes together.
type LimitStore interface {
	// Hit counts one event of key and returns how many the window holds by
	// now, and its end. A window that is over starts anew, ending at end. So
	// does one that ends more than another window's length after end: it was
	// begun before the clock was set back.
	Hit(ctx context.Context, scope, key string, now, end time.Time) (hits int, ends time.Time, err error)
	// Peek returns what Hit would, without counting.
	Peek(ctx context.Context, scope, key string, now, end time.Time) (hits int, ends time.Time, err error)
	DeleteExpired(ctx context.Context, now time.Time) (int64, error)
}
