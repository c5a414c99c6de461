// Package playlist is lists of videos that people make: who may see and change
// them, what is in them and in which order.
//
// Each account has a "watch later" list, which is made when it is first asked
// for and which only its owner sees.
package playlist

import (
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
)

// Ids of rows on this site.
type (
	// ID identifies a playlist.
	ID int64
	// ElementID identifies an element of a playlist.
	ElementID int64
)

// Bounds, PeerTube's where it has any. Lengths are in characters.
const (
	MaxName        = 120
	MinDescription = 3
	MaxDescription = 1000
	// MaxElements is how many elements a playlist may have.
	MaxElements = 5000
	// MaxPlaylists is how many playlists an account may have.
	MaxPlaylists = 1000
)

// Privacy says who may see a playlist. The numbers are PeerTube's.
type Privacy int

// The privacies.
const (
	Public   Privacy = 1
	Unlisted Privacy = 2
	Private  Privacy = 3
)

// Valid reports whether p is one of the privacies.
func (p Privacy) Valid() bool { return p >= Public && p <= Private }

// Label is PeerTube's name of a privacy.
func (p Privacy) Label() string {
	switch p {
	case Public:
		return "Public"
	case Unlisted:
		return "Unlisted"
	case Private:
		return "Private"
	}
	return video.Unknown
}

// Type tells the list "watch later" from others. The numbers are PeerTube's.
type Type int

// The types.
const (
	Regular    Type = 1
	WatchLater Type = 2
)

// Label is PeerTube's name of a type.
func (t Type) Label() string {
	switch t {
	case Regular:
		return "Regular"
	case WatchLater:
		return "Watch later"
	}
	return video.Unknown
}

// Playlist is a list of videos, local or federated.
type Playlist struct {
	ID   ID
	UUID string
	// URL is the ActivityPub id. It is stored, never rebuilt.
	URL         string
	Remote      bool
	Type        Type
	Privacy     Privacy
	Name        string
	Description string // markdown
	// ChannelPosition is the place among the public playlists of the channel,
	// from 1; 0 none.
	ChannelPosition      int
	VideosCount          int64
	CreatedAt, UpdatedAt time.Time

	OwnerID   actor.AccountID
	ChannelID actor.ChannelID // 0 none
	// Owner, Channel and Thumbnails are filled by all calls that return
	// playlists. Without a picture of its own the thumbnails are those of its
	// first public video.
	Owner      *actor.Account
	Channel    *actor.Channel
	Thumbnails []video.Thumbnail
}

// ElementType says whether an element can be watched by who asks. The numbers
// are PeerTube's.
type ElementType int

// The types of elements.
const (
	Watchable   ElementType = 0
	Deleted     ElementType = 1
	NotForYou   ElementType = 2 // private, internal or behind a password
	Unavailable ElementType = 3 // not published (any more)
)

// Element is a place in a playlist.
type Element struct {
	ID         ElementID
	PlaylistID ID
	Position   int // from 1
	// Start and Stop are seconds; nil the beginning and the end.
	Start, Stop *int
	VideoID     video.ID // 0 when the video is gone
	// Type and Video are for who asked: Video is nil unless Watchable.
	Type  ElementType
	Video *video.Video
}

// Place is where a video stands in somebody's playlists.
type Place struct {
	VideoID      video.ID
	ElementID    ElementID
	PlaylistID   ID
	PlaylistUUID string
	PlaylistName string
	Type         Type // of the playlist
	Start, Stop  *int
}
