// Package actor is who acts: people's accounts, the channels they publish in,
// and the site's own actor. Local and remote ones are the same types; Host
// tells them apart.
//
// Not here: how people log in (user) and what they publish (video).
package actor

import (
	"time"

	"sepiola/internal/domain/instance"
)

// Ids of rows on this site.
type (
	// ID identifies an actor.
	ID int64
	// AccountID identifies an account.
	AccountID int64
	// ChannelID identifies a channel.
	ChannelID int64
	// ImageID identifies an image.
	ImageID int64
)

// Type is the ActivityPub type of an actor.
type Type string

// The types: accounts, channels and sites.
const (
	Person      Type = "Person"
	Group       Type = "Group"
	Application Type = "Application"
)

// InstanceName is the name of the site's own actor.
const InstanceName = "peertube"

// Actor is the part that accounts, channels and sites share.
type Actor struct {
	ID       ID
	Type     Type
	Username string
	// Host is the origin of a remote actor; empty for ours.
	Host string

	// URL is the ActivityPub id. It is stored, never rebuilt.
	URL            string
	InboxURL       string
	OutboxURL      string
	SharedInboxURL string
	FollowersURL   string
	FollowingURL   string

	// PEM. Empty until generated or fetched; PrivateKey only for ours.
	PublicKey, PrivateKey string

	FollowersCount, FollowingCount int64
	// Largest first.
	Avatars, Banners []Image

	CreatedAt, UpdatedAt time.Time
}

// Local reports whether the actor is of this site.
func (a *Actor) Local() bool { return a.Host == "" }

// ImageType tells avatars and banners apart. The numbers are PeerTube's.
type ImageType int

// The types of images.
const (
	Avatar ImageType = 1
	Banner ImageType = 2
)

// Image is one size of an avatar or a banner.
type Image struct {
	ID                   ImageID
	Type                 ImageType
	Filename             string
	Width, Height        int
	CreatedAt, UpdatedAt time.Time
}

// Account is a person (or a bot) that comments, likes and owns channels.
type Account struct {
	Actor       // the embedded fields are the actor's
	AccountID   AccountID
	UserID      int64 // 0 for remote accounts
	DisplayName string
	Description string
}

// Channel is where videos are published.
type Channel struct {
	Actor
	ChannelID   ChannelID
	DisplayName string
	Description string
	Support     string
	VideosCount int64
	// P2PDisabled keeps viewers of its videos from passing pieces of them to
	// each other.
	P2PDisabled bool
	// PlayerTheme is how the players of its videos look.
	PlayerTheme instance.PlayerTheme
	// Owner is filled where it is needed for showing; OwnerID always.
	OwnerID AccountID
	Owner   *Account
}
