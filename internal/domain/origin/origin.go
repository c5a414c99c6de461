// Package origin is what this site keeps of things that belong to other sites:
// the copies of their actors, videos and playlists, and how old they are.
//
// Copies lie in the same tables as this site's own things and are shown by the
// same code; this package has only what copies have besides. Their totals are
// what their origin says, and their files stay there.
//
// Not here: how a copy is fetched and checked (federation/remote).
package origin

import (
	"context"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// Fresh is how long a copy is good before its origin is asked again; PeerTube's.
const Fresh = 48 * time.Hour

// Stale reports whether a copy that was fetched at a time (nil never) is to be
// fetched again.
func Stale(refreshed *time.Time, now time.Time) bool {
	return refreshed == nil || now.Sub(*refreshed) > Fresh
}

// Picture is an image of an actor at its origin.
type Picture struct {
	Type          actor.ImageType
	URL           string
	Ext           string // of the file that is kept, with its dot
	Width, Height int    // 0 unknown
}

// Actor is an actor of another site, as its origin describes it.
type Actor struct {
	actor.Actor
	DisplayName, Description, Support string
	// KeyID is the id of the public key.
	KeyID                string
	PlaylistsURL, WebURL string
	Pictures             []Picture
	// Owner is the account of a Group; 0 for a Group without: it is known,
	// but no channel.
	Owner actor.AccountID
}

// Known is an actor, local or not, that this site has a row of.
type Known struct {
	ID        actor.ID
	Type      actor.Type
	URL       string
	Host      string // empty for ours
	Username  string
	InboxURL  string
	OutboxURL string
	// SharedInboxURL may be empty.
	SharedInboxURL string
	// KeyID is "" for the URL with #main-key.
	KeyID, PublicKey string
	PlaylistsURL     string
	AccountID        actor.AccountID // 0 is no account
	ChannelID        actor.ChannelID // 0 is no channel
	RefreshedAt      *time.Time
}

// Local reports whether the actor is of this site.
func (k *Known) Local() bool { return k.Host == "" }

// Actors keeps copies of actors. Missing ones are errs.NotFound.
type Actors interface {
	ByURL(ctx context.Context, url string) (*Known, error)
	ByID(ctx context.Context, id actor.ID) (*Known, error)
	// ByKey finds an actor by the id of its key, where that is not the URL
	// with #main-key.
	ByKey(ctx context.Context, keyID string) (*Known, error)
	// ByHandle finds an actor of another site.
	ByHandle(ctx context.Context, name, host string) (*Known, error)
	// Put inserts or updates, and sets a.ID. A name that another actor of the
	// host has is errs.Conflict, and so is a type that changes.
	Put(ctx context.Context, a *Actor, now time.Time) error
	// Touch records that the copy is as good as its origin.
	Touch(ctx context.Context, id actor.ID, now time.Time) error
	// SetPlayerTheme writes how the players of a channel of another site look.
	SetPlayerTheme(ctx context.Context, id actor.ChannelID, t instance.PlayerTheme) error
	// Remove deletes an actor of another site with all that is its own.
	Remove(ctx context.Context, id actor.ID) error
	// Stale returns actors of other sites that were fetched before a time and
	// that somebody here follows, or who follow somebody, at most limit.
	Stale(ctx context.Context, before time.Time, limit int) ([]*Known, error)
	// Orphans looks at limit actors behind an id, and returns those of other
	// sites to which nothing here refers and that were fetched last before a
	// time. last is where to go on, 0 at the end.
	Orphans(ctx context.Context, after actor.ID, before time.Time, limit int) (list []actor.ID, last actor.ID, err error)
	// RemoveOrphan removes one of them, unless something refers to it by now.
	RemoveOrphan(ctx context.Context, id actor.ID, before time.Time) (removed bool, err error)
}

// Caption is a caption of a video at its origin.
type Caption struct {
	video.Caption
	URL string
}

// Video is a video of another site, as its origin describes it.
type Video struct {
	video.Video
	// Hash is of the document: the same again changes nothing.
	Hash                             string
	LikesURL, DislikesURL, SharesURL string
	CommentsURL, WebURL, EmbedURL    string
	Captions                         []Caption
	Storyboard                       *video.Storyboard
	StoryboardURL                    string
	Chapters                         []video.Chapter
	HasChapters                      bool // false leaves them as they are
	Trackers                         []string
	Magnets                          []string // of the Files, by their place
	// AskedAt is when the origin was asked for this; zero when somebody sent
	// it, at a time that nobody knows.
	AskedAt time.Time
}

// ErrOvertaken says that the copy is newer than what was to be stored.
var ErrOvertaken = errs.New(errs.Conflict, "a newer copy is there already")

// clocks is how far another site's clock may be ahead.
const clocks = 30 * time.Minute

// HeldTo takes what is said to come later than now for what it cannot be: such
// a video would stand first for ever, and all that its site says of it later
// would be older. Of changes a clock that is ahead is let be, because they are
// put in order by it.
func (v *Video) HeldTo(now time.Time) {
	if v.PublishedAt.After(now) {
		v.PublishedAt = now
	}
	late := now.Add(clocks)
	if v.UpdatedAt.After(late) {
		v.UpdatedAt = now
	}
	for _, at := range []**time.Time{&v.OriginallyPublishedAt, &v.InputFileUpdatedAt} {
		if *at != nil && (*at).After(late) {
			*at = nil
		}
	}
}

// OvertakenBy reports whether a copy that was changed at its origin at one time
// and stored at another is to be believed rather than v. What was asked for
// after that is true even when it is older, because an origin may have been
// restored from a backup; what came or was asked for before is an old story,
// and of two of the same time it cannot be told.
func (v *Video) OvertakenBy(updated time.Time, stored *time.Time) bool {
	if v.AskedAt.IsZero() {
		return v.UpdatedAt.Before(updated)
	}
	return stored != nil && stored.After(v.AskedAt) && !v.UpdatedAt.After(updated)
}

// Copy is what is known of a stored video of another site.
type Copy struct {
	ID          video.ID
	UUID        string
	URL         string
	Remote      bool
	ChannelID   actor.ChannelID
	OwnerID     actor.AccountID
	Privacy     video.Privacy
	State       video.State
	Hash        string
	RefreshedAt *time.Time

	LikesURL, DislikesURL, SharesURL, CommentsURL string
}

// Totals are what a video's origin says of it; negative ones are unknown.
type Totals struct{ Views, Likes, Dislikes, Downloads int64 }

// Videos keeps copies of videos. Missing ones are errs.NotFound.
type Videos interface {
	ByURL(ctx context.Context, url string) (*Copy, error)
	// Put inserts or updates all of a video in one transaction and sets v.ID.
	// created is whether it is new. A UUID of another video is errs.Conflict.
	// Whoever stores the same video at the same time, on any node, waits; what
	// is OvertakenBy the copy changes nothing and is ErrOvertaken.
	Put(ctx context.Context, v *Video, now time.Time) (created bool, err error)
	Touch(ctx context.Context, id video.ID, now time.Time) error
	SetTotals(ctx context.Context, id video.ID, t Totals) error
	SetChapters(ctx context.Context, id video.ID, list []video.Chapter) error
	SetPlayerTheme(ctx context.Context, id video.ID, t instance.PlayerTheme) error
	// Share records that an actor announced a video; twice is once.
	Share(ctx context.Context, by actor.ID, id video.ID, url string, at time.Time) error
	// Unshare removes what an actor announced; done is false when that is not
	// known.
	Unshare(ctx context.Context, by actor.ID, url string) (done bool, err error)
	Remove(ctx context.Context, id video.ID) error
	// Orphans returns videos of other sites that nobody here has a reason to
	// keep (no follow, share, comment, playlist or history), fetched before a
	// time, at most limit.
	Orphans(ctx context.Context, before time.Time, limit int) ([]Copy, error)
}

// Comments keeps copies of comments, beside comment.Store.
type Comments interface {
	// ByURL finds a comment, local ones too; deleted ones are found.
	ByURL(ctx context.Context, url string) (*comment.Comment, error)
	// SetText changes the text of a comment of another site.
	SetText(ctx context.Context, id comment.ID, text string, at time.Time) error
}

// Playlist is a playlist of another site.
type Playlist struct {
	playlist.Playlist
	PictureURL string
	// Sent says that somebody sent it, so that it may have been overtaken.
	Sent bool
}

// Element is an element of a playlist of another site.
type Element struct {
	URL         string
	VideoID     video.ID
	Start, Stop *int // seconds
}

// Stretch is some elements of a playlist that follow each other.
type Stretch struct {
	// After is how many come before.
	After int
	List  []Element
	// Last says that none come behind: those that are kept go.
	Last bool
	// Of is when the playlist was put that these are the elements of; zero is
	// the one that is there now.
	Of time.Time
}

// Playlists keeps copies of playlists.
type Playlists interface {
	// ByURL returns the id and the owner.
	ByURL(ctx context.Context, url string) (playlist.ID, actor.AccountID, error)
	// Put inserts or updates a playlist, but for its elements, and sets p.ID.
	// What was sent and is older than the copy is ErrOvertaken.
	Put(ctx context.Context, p *Playlist, now time.Time) error
	// RefreshedAt returns when Put was called last; nil when nobody knows.
	RefreshedAt(ctx context.Context, id playlist.ID) (*time.Time, error)
	// SetElements replaces some of the elements. Positions count from 1
	// without gaps. Of a playlist that was Put since it is ErrOvertaken.
	SetElements(ctx context.Context, id playlist.ID, s Stretch) error
	Remove(ctx context.Context, id playlist.ID) error
	// Orphans looks at limit playlists behind an id, and returns those of
	// other sites that nobody here has a reason to keep and that were neither
	// changed nor fetched since a time. last is where to go on, 0 at the end.
	Orphans(ctx context.Context, after playlist.ID, before time.Time, limit int) (list []playlist.ID, last playlist.ID, err error)
}

// PictureSection is where the file of a picture lies.
type PictureSection string

// Sections of pictures that are kept.
const (
	Avatars     PictureSection = "avatars"
	Thumbnails  PictureSection = "thumbnails"
	Storyboards PictureSection = "storyboards"
	Captions    PictureSection = "captions"
)

// Pictures knows where pictures of other sites are to be had, and which are
// kept.
type Pictures interface {
	// Source returns the URL of a file that a row names; errs.NotFound when
	// there is none, or it is this site's own.
	Source(ctx context.Context, s PictureSection, filename string) (url string, err error)
	// Kept records that a file is kept now, or is used.
	Kept(ctx context.Context, s PictureSection, filename string, bytes int64, at time.Time) error
	// Used records that files that are kept were shown.
	Used(ctx context.Context, filenames []string, at time.Time) error
	// Oldest returns those that were not used for the longest, at most limit.
	Oldest(ctx context.Context, limit int) ([]KeptPicture, error)
	// Bytes is how much all kept ones take.
	Bytes(ctx context.Context) (int64, error)
	Forget(ctx context.Context, filename string) error
}

// KeptPicture is a file that is kept.
type KeptPicture struct {
	Section  PictureSection
	Filename string
	Bytes    int64
}
