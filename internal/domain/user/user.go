// Package user is people who can log in: who they are, what they may do, how
// they prove it, and what they prefer.
//
// A User has one account (actor.Account), which is what others see. Nobody is
// a nil *User: its methods say no.
package user

import (
	"time"

	"sepiola/internal/domain/actor"
)

// ID identifies a user.
type ID int64

// RootName is the user name of the first administrator, who can be neither
// removed nor blocked.
const RootName = "root"

// Unlimited is a quota without bound.
const Unlimited int64 = -1

// User is somebody who can log in.
type User struct {
	ID       ID
	Username string
	Email    string
	// EmailVerified is nil when nobody asked for a proof, and false while one
	// is awaited: then the user cannot log in.
	EmailVerified *bool
	PendingEmail  string
	PasswordHash  string
	Role          Role
	Blocked       bool
	BlockedReason string
	AdminFlags    int

	// Bytes; Unlimited is -1.
	VideoQuota, VideoQuotaDaily int64
	// VideoQuotaUsed is the bytes of all uploads that still exist.
	VideoQuotaUsed int64

	// OTPSecret is encrypted; empty without two-factor.
	OTPSecret string
	FeedToken string

	Preferences   Preferences
	Notifications map[string]int // PeerTube's setting names; values 0 to 3

	AccountID   actor.AccountID
	LastLoginAt *time.Time
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// IsRoot reports whether u is the first administrator.
func (u *User) IsRoot() bool { return u != nil && u.Username == RootName }

// HasTwoFactor reports whether logging in takes a code too.
func (u *User) HasTwoFactor() bool { return u.OTPSecret != "" }

// Manager returns u as who changes channels.
func (u *User) Manager() actor.Manager {
	if u == nil {
		return actor.Manager{}
	}
	return actor.Manager{AccountID: u.AccountID, Any: u.Has(ManageAnyVideoChannel)}
}

// Preferences are kept as one JSON document; zero values are PeerTube's
// defaults where they could be chosen so.
type Preferences struct {
	NSFWPolicy                   string
	NSFWFlagsDisplayed           int
	NSFWFlagsHidden              int
	NSFWFlagsWarned              int
	NSFWFlagsBlurred             int
	P2PDisabled                  bool
	HistoryDisabled              bool
	AutoPlayDisabled             bool
	AutoPlayNext                 bool
	AutoPlayNextPlaylistDisabled bool
	VideoLanguages               []string // nil: all
	Language                     string   // of the interface; "" from the browser
	Theme                        string
	EmailPublic                  bool
	NoInstanceConfigWarning      bool
	NoWelcome                    bool
	NoAccountSetupWarning        bool
	NewFeaturesRead              int
	ShortcutsDisabled            bool // keys that do something on pages
}

// IDOf returns u's id, or 0 for nobody.
func IDOf(u *User) ID {
	if u == nil {
		return 0
	}
	return u.ID
}
