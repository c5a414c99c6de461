package follow

import (
	"context"

	"sepiola/internal/domain/actor"
)

// Store keeps follows. The numbers of followers and of what is followed, which
// actors carry, change with the rows, in the same transaction. Missing follows
// are errs.NotFound.
type Store interface {
	// Create inserts f and sets its id. When the follower follows already,
	// nothing changes and created is false.
	Create(ctx context.Context, f *Follow) (created bool, err error)
	// Between returns the follow of one actor by another.
	Between(ctx context.Context, follower, following actor.ID) (*Follow, error)
	Delete(ctx context.Context, id ID) error
	// States returns the states of follows of several actors by one; actors
	// that are not followed are left out.
	States(ctx context.Context, follower actor.ID, following []actor.ID) (map[actor.ID]State, error)
	// StateOf returns the state of the follow of an actor by an account, "" for
	// none.
	StateOf(ctx context.Context, follower actor.AccountID, following actor.ID) (State, error)
	// Channels returns a page of the channels that somebody is subscribed to,
	// with their owners, and the number of all that match.
	Channels(ctx context.Context, p SubscriptionList) ([]*actor.Channel, int, error)
	// Followed returns a page of everything that somebody is subscribed to,
	// channels and accounts, newest first, with Following, and their number.
	Followed(ctx context.Context, p SubscriptionList) ([]*Follow, int, error)
	// Followers returns a page of accepted follows with Follower and
	// Following, and the number of all that match.
	Followers(ctx context.Context, p FollowerList) ([]*Follow, int, error)
}

// SubscriptionList says which subscriptions are listed.
type SubscriptionList struct {
	Follower actor.ID
	// Search is part of a name or a display name; "" for all.
	Search string
	// Sort is one of SubscriptionSorts, with "-" before it for descending.
	Sort         string
	Start, Count int
}

// SubscriptionSorts are what subscriptions may be sorted by, the default
// first.
var SubscriptionSorts = []string{"-createdAt", "id", "channelUpdatedAt"}

// FollowerList says whose followers are listed.
type FollowerList struct {
	Of []actor.ID
	// Search is part of the follower's name or display name; "" for all.
	Search string
	// Sort is createdAt, with "-" before it for newest first.
	Sort         string
	Start, Count int
}

// ActorStore reads accounts and channels: the part of actor.Store that
// Subscriptions needs.
type ActorStore interface {
	Account(ctx context.Context, id actor.AccountID) (*actor.Account, error)
	AccountByName(ctx context.Context, name, host string) (*actor.Account, error)
	ChannelByName(ctx context.Context, name, host string) (*actor.Channel, error)
	ChannelsOf(ctx context.Context, id actor.AccountID) ([]*actor.Channel, error)
}

// Events are told what happens, in the transaction in which it does.
type Events interface {
	// Followed is called for a follow that is new and accepted.
	Followed(ctx context.Context, f *Follow) error
}

// Outbound asks other sites for follows. Its calls take part in the
// transaction of ctx: what is to be sent is queued.
type Outbound interface {
	// Follow asks for the actor of a handle of another site, which may not be
	// known here yet.
	Follow(ctx context.Context, follower *actor.Account, name, host string) error
	// Undo tells the site of f.Following that it is over.
	Undo(ctx context.Context, follower *actor.Account, f *Follow) error
}
