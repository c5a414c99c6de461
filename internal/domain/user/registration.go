package user

import (
	"context"
	"time"
)

// RegistrationID identifies a request to register.
type RegistrationID int64

// RegistrationState is how far a request is. The numbers are PeerTube's.
type RegistrationState int

// The states.
const (
	Pending  RegistrationState = 1
	Rejected RegistrationState = 2
	Accepted RegistrationState = 3
)

// Label is PeerTube's name of a state.
func (s RegistrationState) Label() string {
	switch s {
	case Rejected:
		return "Rejected"
	case Accepted:
		return "Accepted"
	}
	return "Pending"
}

// Registration is a request to register that waits for a moderator, or was
// answered by one.
type Registration struct {
	ID                 RegistrationID
	State              RegistrationState
	Username           string
	Email              string
	PasswordHash       string
	EmailVerified      *bool // nil when nobody asked for a proof
	DisplayName        string
	ChannelName        string
	ChannelDisplayName string
	Reason             string
	Response           string
	Language           string // a locale, of the answer and then the user's; "" the site's
	UserID             ID     // 0 until accepted, and when the user is gone
	CreatedAt          time.Time
	UpdatedAt          time.Time
}

// RegistrationList says which registrations are listed.
type RegistrationList struct {
	Search string
	States []RegistrationState // empty for all
	// Sort is createdAt or state, with "-" before it for descending.
	Sort         string
	Start, Count int
}

// RegistrationStore keeps registrations. Missing ones are errs.NotFound.
type RegistrationStore interface {
	// Create inserts r and sets its id. One that waits with the same name or
	// address is errs.Conflict.
	Create(ctx context.Context, r *Registration) error
	ByID(ctx context.Context, id RegistrationID) (*Registration, error)
	// ByLogin returns the newest with this user name or address.
	ByLogin(ctx context.Context, login string) (*Registration, error)
	ByEmail(ctx context.Context, email string) (*Registration, error)
	// ChannelAwaited reports whether a waiting registration has the name of
	// a channel.
	ChannelAwaited(ctx context.Context, name string) (bool, error)
	List(ctx context.Context, p RegistrationList) ([]*Registration, int, error)
	// Waiting counts those that wait for an answer, at most so many.
	Waiting(ctx context.Context, most int) (int, error)
	// Settle moves a waiting registration to a state. One that is settled
	// already is errs.Conflict.
	Settle(ctx context.Context, id RegistrationID, s RegistrationState, response string, userID ID, at time.Time) error
	SetEmailVerified(ctx context.Context, id RegistrationID) error
	Delete(ctx context.Context, id RegistrationID) error
}
