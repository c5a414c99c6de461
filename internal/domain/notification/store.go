package notification

import (
	"context"
	"time"

	"sepiola/internal/domain/abuse"
	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
)

// Store keeps notifications. Missing things are errs.NotFound.
type Store interface {
	// Announce remembers that the subscribers of a video are told of it, and
	// reports whether that is new.
	Announce(ctx context.Context, id video.ID, at time.Time) (bool, error)

	// AnnounceFollow remembers that an actor is told of as a new follower of
	// another, and reports whether that is new.
	AnnounceFollow(ctx context.Context, follower, following actor.ID, at time.Time) (bool, error)
	// Scheduled reports whether a video's privacy changes by itself later.
	Scheduled(ctx context.Context, id video.ID) (bool, error)

	// Add inserts notifications whose user has none of their cause, sets
	// their ids, and returns those.
	Add(ctx context.Context, list []*Notification) ([]*Notification, error)
	// List returns a page of a user's notifications on the site, filled, and
	// the number of all that match. Here and in ByIDs Cause and MailAt are left
	// out, which nobody is shown.
	List(ctx context.Context, id user.ID, p ListParams) ([]*Notification, int, error)
	// ByIDs returns a user's notifications, filled, newest first; ids of none
	// are left out.
	ByIDs(ctx context.Context, id user.ID, ids []ID) ([]*Notification, error)
	// Counts returns the states of several users; those without any
	// notification are left out.
	Counts(ctx context.Context, ids []user.ID) (map[user.ID]Count, error)
	// MarkRead marks notifications of a user as read; with no ids all of them.
	MarkRead(ctx context.Context, id user.ID, ids []ID, at time.Time) error
	// DeleteBefore removes what is older: what the site shows, and what was
	// only sent.
	DeleteBefore(ctx context.Context, shown, sent time.Time) (int64, error)

	// VideoOf and CommentOf read what causes are about, with channel, owner
	// and account.
	VideoOf(ctx context.Context, id video.ID) (*video.Video, error)
	// VideosOf reads several as lists show them, with their pictures. Ids of
	// none are left out.
	VideosOf(ctx context.Context, ids []video.ID) (map[video.ID]*video.Video, error)
	CommentOf(ctx context.Context, id comment.ID) (*comment.Comment, error)
	FollowOf(ctx context.Context, id follow.ID) (*follow.Follow, error)
	// AbuseOf and AbuseMessageOf read reports, with Reporter and Reportee, and
	// what is written about them.
	AbuseOf(ctx context.Context, id abuse.ID) (*abuse.Abuse, error)
	AbuseMessageOf(ctx context.Context, id abuse.ID, message abuse.MessageID) (*abuse.Message, error)
	// OwnerOf returns the account that an actor is, or that owns the channel
	// that it is; 0 for remote ones and others.
	OwnerOf(ctx context.Context, id actor.ID) (actor.AccountID, error)
	// AccountOf returns the account that an actor is; 0 for others.
	AccountOf(ctx context.Context, id actor.ID) (actor.AccountID, error)

	// Subscribers returns the people who follow an actor with follows after
	// one, and the last follow that was looked at; 0 when there were no more.
	// People who have muted muter are left out, as are blocked ones.
	Subscribers(ctx context.Context, of actor.ID, muter actor.AccountID, after follow.ID, limit int) ([]*user.User, follow.ID, error)
	// People returns the users of accounts, without those who are blocked or
	// have muted muter.
	People(ctx context.Context, accounts []actor.AccountID, muter actor.AccountID) ([]*user.User, error)
	// LocalAccounts returns the accounts of this site that names are of.
	LocalAccounts(ctx context.Context, names []string) ([]actor.AccountID, error)
	// Staff returns the users of roles, a bounded number.
	Staff(ctx context.Context, roles []user.Role) ([]*user.User, error)

	// DueMail returns users with notifications that wait to be mailed since
	// before due and who were not written to after quiet, some at a time.
	DueMail(ctx context.Context, due, quiet time.Time, limit int) ([]user.ID, error)
	// TakeMail takes a user's waiting notifications, oldest first, and
	// remembers that the user is written to.
	TakeMail(ctx context.Context, id user.ID, at time.Time, limit int) ([]ID, error)

	DeviceStore
}

// DeviceStore keeps the browsers that take pushed messages.
type DeviceStore interface {
	// PutDevice adds a device or gives it to another user, with new keys, and
	// removes the oldest of the user's over most.
	PutDevice(ctx context.Context, d *Device, most int) error
	// DeleteDevice removes a device of a user by its endpoint.
	DeleteDevice(ctx context.Context, id user.ID, endpoint string) error
	// DropDevice removes a device that is gone.
	DropDevice(ctx context.Context, id DeviceID) error
	// Device returns one.
	Device(ctx context.Context, id DeviceID) (*Device, error)
	// DevicesOf lists a user's devices, newest first.
	DevicesOf(ctx context.Context, id user.ID) ([]*Device, error)
	// Pushed returns the devices of several users who want a setting pushed.
	Pushed(ctx context.Context, ids []user.ID, setting string) (map[user.ID][]DeviceID, error)
	// MutedPush lists the settings that a user does not want pushed.
	MutedPush(ctx context.Context, id user.ID) ([]string, error)
	// SetMutedPush replaces them.
	SetMutedPush(ctx context.Context, id user.ID, settings []string) error
}

// ListParams say which notifications are listed.
type ListParams struct {
	// Unread is nil for all.
	Unread *bool
	Types  []Type // empty for all
	// Sort is one of Sorts, with "-" before it for descending. "read" shows
	// unread ones first, the newest of each first; "-read" is its reverse.
	Sort         string
	Start, Count int
	// SkipCount saves adding the counters up: the total is then -1.
	SkipCount bool
}

// Sorts are what notifications may be sorted by, the default first.
var Sorts = []string{"-createdAt", "read"}

// Count is how many notifications somebody has on the site.
type Count struct{ Total, Unread int64 }

// DeviceID identifies a device.
type DeviceID int64

// Device is a browser that takes pushed messages (RFC 8030).
type Device struct {
	ID      DeviceID
	UserID  user.ID
	Session int64 // the login it goes with; 0 none
	// Endpoint is where messages are sent, an address that somebody gave us.
	Endpoint string
	// P256DH and Auth are its keys (RFC 8291), base64url.
	P256DH, Auth string
	Agent        string
	CreatedAt    time.Time
}
