package user

import (
	"net/netip"
	"time"

	"sepiola/internal/errs"
)

// Policy is what the administrators of the site want. It may change while the
// site runs, so services ask for it each time.
type Policy struct {
	Signup Signup
	// VideoQuota and VideoQuotaDaily are what new users get, in bytes;
	// Unlimited is -1.
	VideoQuota, VideoQuotaDaily int64
	// MinPassword is the fewest characters of a password.
	MinPassword int
	// ChannelName is the display name of a user's first channel; "$1" is the
	// user name.
	ChannelName string
	// NSFWPolicy, P2P and History are the preferences that new users get.
	NSFWPolicy   string
	P2P, History bool
	// RootCannotLogIn is user.disable_root_auth.
	RootCannotLogIn bool
	// Contact is true when people may write to the administrators, at
	// AdminEmail.
	Contact    bool
	AdminEmail string
	// Mail is true when the site can send mail.
	Mail bool
	// Language is that of mails to people who chose none.
	Language string
}

// Signup says who may register.
type Signup struct {
	Enabled           bool
	Limit             int // of users; -1 for none
	Approval          bool
	EmailVerification bool
	MinimumAge        int // shown in the form
	// Allowed is the networks that may register; empty for all. Denied wins.
	Allowed, Denied []netip.Prefix
}

// AllowsIP reports whether somebody may register from an address. Addresses
// that cannot be read are allowed only where no network is listed.
func (s Signup) AllowsIP(ip string) bool {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return len(s.Allowed) == 0 && len(s.Denied) == 0
	}
	addr = addr.Unmap()
	for _, p := range s.Denied {
		if p.Contains(addr) {
			return false
		}
	}
	for _, p := range s.Allowed {
		if p.Contains(addr) {
			return true
		}
	}
	return len(s.Allowed) == 0
}

// Lifetimes are how long secrets hold.
type Lifetimes struct {
	Access, Refresh, Browser time.Duration
	ResetPassword            time.Duration
	CreatePassword           time.Duration
	VerifyEmail              time.Duration
	TwoFactorRequest         time.Duration
}

// DefaultLifetimes are PeerTube's.
func DefaultLifetimes() Lifetimes {
	const day = 24 * time.Hour
	return Lifetimes{
		Access:           day,
		Refresh:          28 * day,
		Browser:          28 * day,
		ResetPassword:    time.Hour,
		CreatePassword:   7 * day,
		VerifyEmail:      time.Hour,
		TwoFactorRequest: 10 * time.Minute,
	}
}

func errUserExists() error {
	return errs.New(errs.Conflict, "User with this username or email already exists.")
}
