package user

import (
	"context"
	"net/netip"
	"strconv"
	"time"

	"sepiola/internal/errs"
)

// Rate is how often something may happen.
type Rate struct {
	Max    int // 0 for no limit
	Window time.Duration
}

// Rates are the limits that hold across nodes and restarts.
type Rates struct {
	Login    Rate // per address, each try
	Signup   Rate // per address, successes only
	AskEmail Rate // per address
	OTP      Rate // per user, wrong codes
	Contact  Rate // per address, messages to the administrators
}

// DefaultRates are PeerTube's, and a limit of wrong codes.
func DefaultRates() Rates {
	const window = 5 * time.Minute
	return Rates{
		Login: Rate{15, window}, Signup: Rate{2, window}, AskEmail: Rate{3, window}, OTP: Rate{10, window},
		Contact: Rate{1, time.Hour},
	}
}

// Limiter counts tries in the database.
type Limiter struct {
	Store LimitStore
	Rates Rates
	Now   func() time.Time
}

// Limit is the state of a limit after a try.
type Limit struct {
	Max, Left int
	Reset     time.Time
	Wait      time.Duration // until Reset
}

// The scopes of limits.
const (
	scopeLogin   = "login"
	scopeSignup  = "signup"
	scopeMail    = "ask_send_email"
	scopeOTP     = "otp"
	scopeContact = "contact_form"
)

// Login counts a try to log in from an address. Too many are errs.TooMany.
func (l *Limiter) Login(ctx context.Context, ip string) (Limit, error) {
	return l.take(ctx, scopeLogin, network(ip), l.Rates.Login)
}

// AskEmail counts a request for a mail.
func (l *Limiter) AskEmail(ctx context.Context, ip string) (Limit, error) {
	return l.take(ctx, scopeMail, network(ip), l.Rates.AskEmail)
}

// Signup reports whether an address may register; SignedUp counts.
func (l *Limiter) Signup(ctx context.Context, ip string) (Limit, error) {
	return l.peek(ctx, scopeSignup, network(ip), l.Rates.Signup)
}

func (l *Limiter) contact(ctx context.Context, ip string) error {
	_, err := l.take(ctx, scopeContact, network(ip), l.Rates.Contact)
	return err
}

// SignedUp counts a registration.
func (l *Limiter) SignedUp(ctx context.Context, ip string) error {
	_, err := l.count(ctx, scopeSignup, network(ip), l.Rates.Signup)
	return err
}

func (l *Limiter) otpAllowed(ctx context.Context, id ID) error {
	_, err := l.peek(ctx, scopeOTP, strconv.FormatInt(int64(id), 10), l.Rates.OTP)
	return err
}

func (l *Limiter) otpFailed(ctx context.Context, id ID) error {
	_, err := l.count(ctx, scopeOTP, strconv.FormatInt(int64(id), 10), l.Rates.OTP)
	return err
}

// Cleanup forgets windows that are over.
func (l *Limiter) Cleanup(ctx context.Context) error {
	_, err := l.Store.DeleteExpired(ctx, l.Now())
	return err
}

func (l *Limiter) take(ctx context.Context, scope, key string, r Rate) (Limit, error) {
	limit, err := l.count(ctx, scope, key, r)
	if err == nil && limit.Left < 0 {
		limit.Left, err = 0, errTooMany()
	}
	return limit, err
}

func (l *Limiter) peek(ctx context.Context, scope, key string, r Rate) (Limit, error) {
	if r.Max <= 0 {
		return Limit{}, nil
	}
	now := l.Now()
	hits, ends, err := l.Store.Peek(ctx, scope, key, now, now.Add(r.Window))
	if err == nil && hits >= r.Max {
		err = errTooMany()
	}
	return Limit{Max: r.Max, Left: max(r.Max-hits, 0), Reset: ends, Wait: ends.Sub(now)}, err
}

func (l *Limiter) count(ctx context.Context, scope, key string, r Rate) (Limit, error) {
	if r.Max <= 0 {
		return Limit{}, nil
	}
	now := l.Now()
	hits, ends, err := l.Store.Hit(ctx, scope, key, now, now.Add(r.Window))
	return Limit{Max: r.Max, Left: r.Max - hits, Reset: ends, Wait: ends.Sub(now)}, err
}

func errTooMany() error { return errs.New(errs.TooMany, "Too many requests, please try again later.") }

// network is who a limit counts: an address, or the /64 of IPv6, of which one
// customer has all addresses.
func network(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return ip
	}
	if a = a.Unmap(); a.Is4() {
		return a.String()
	}
	p, _ := a.WithZone("").Prefix(64)
	return p.String()
}
