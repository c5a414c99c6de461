package actor

import (
	"context"

	"sepiola/internal/domain/instance"
)

// Store keeps accounts, channels and the site's actor. What is read carries
// its images; keys come only from Keys. Missing ones are errs.NotFound, names and URLs that are taken errs.Conflict.
type Store interface {
	// CreateAccount inserts the actor and the account and sets their ids.
	CreateAccount(ctx context.Context, a *Account) error
	// CreateChannel inserts the actor and the channel and sets their ids.
	CreateChannel(ctx context.Context, c *Channel) error
	// CreateInstance inserts the site's actor and sets its id.
	CreateInstance(ctx context.Context, a *Actor) error
	// Instance returns the site's own actor.
	Instance(ctx context.Context) (*Actor, error)
	// Keys returns the key pair of an actor.
	Keys(ctx context.Context, id ID) (Keys, error)

	// NameTaken reports whether a local actor has or had the name.
	NameTaken(ctx context.Context, name string) (bool, error)
	// ReserveName keeps the name of a deleted local actor from being used
	// again. Reserving it twice succeeds.
	ReserveName(ctx context.Context, name string) error

	Account(ctx context.Context, id AccountID) (*Account, error)
	// AccountByName finds an account; host is empty for local ones.
	AccountByName(ctx context.Context, name, host string) (*Account, error)
	// Channel returns a channel with its owner.
	Channel(ctx context.Context, id ChannelID) (*Channel, error)
	// ChannelByName finds a channel with its owner; host is empty for local
	// ones.
	ChannelByName(ctx context.Context, name, host string) (*Channel, error)
	// ChannelsOf returns the channels of an account, oldest first.
	ChannelsOf(ctx context.Context, id AccountID) ([]*Channel, error)
	// CountChannels returns the number of an account's channels. Inside a
	// transaction it keeps others from adding channels meanwhile.
	CountChannels(ctx context.Context, id AccountID) (int, error)

	// SetAccountTexts changes what others read about an account.
	SetAccountTexts(ctx context.Context, id AccountID, displayName, description string) error
	// SetChannelTexts changes what others read about a channel.
	SetChannelTexts(ctx context.Context, id ChannelID, displayName, description, support string) error
	// SetChannelSharing lets viewers of a channel's videos share them, or not.
	SetChannelSharing(ctx context.Context, id ChannelID, on bool) error
	// SetChannelPlayerTheme changes how players of a channel's videos look.
	SetChannelPlayerTheme(ctx context.Context, id ChannelID, t instance.PlayerTheme) error
	// SetVideosSupport changes the support text of all videos of a channel.
	SetVideosSupport(ctx context.Context, id ChannelID, support string) error

	// DeleteChannel removes the channel and everything in it.
	DeleteChannel(ctx context.Context, id ChannelID) error
}

// Files queues the removal of files whose rows are about to be deleted. It is
// called in the transaction that deletes them, before it does.
type Files interface {
	// RemoveOfChannel queues the files of a channel's videos and its images.
	RemoveOfChannel(ctx context.Context, id ChannelID) error
	// RemoveOfAccount queues the images of an account; its channels come
	// through RemoveOfChannel.
	RemoveOfAccount(ctx context.Context, id AccountID) error
}
