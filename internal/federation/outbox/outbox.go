// Package outbox is what this site tells others.
//
// Outbox is told what happens here, in the transaction in which it does. Of
// what stays it only writes an Intent there, a job; the job looks at the thing
// as it is then, makes the documents (broadcast.go) and gives them to all who
// are to hear (say.go). Of what goes the documents and their audience are
// written at once, since later nobody would know them. Deliverer sends to one
// host after the other what waits for it (deliver.go).
//
// An intent is done once: what it says and that it was said are one
// transaction. A document is sent until its host has answered, so that one
// whose answer was lost comes twice; its id tells.
//
// Not here: documents (activity), requests (fetch), who follows whom (follow),
// and the jobs (worker).
package outbox

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/peer"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/federation/activity"
)

// Cause is what there is to tell.
type Cause string

// The causes.
const (
	VideoPublished   Cause = "video-published"
	VideoChanged     Cause = "video-changed"
	VideoMoved       Cause = "video-moved"
	VideoTotals      Cause = "video-totals"
	VideoRated       Cause = "video-rated"
	VideoViewed      Cause = "video-viewed"
	VideoWatched     Cause = "video-watched" // by how many now
	VideoSeen        Cause = "video-seen"    // what of it
	CommentWritten   Cause = "comment-written"
	CommentApproved  Cause = "comment-approved"
	AccountChanged   Cause = "account-changed"
	ChannelChanged   Cause = "channel-changed"
	VideoPlayerSet   Cause = "video-player"
	ChannelPlayerSet Cause = "channel-player"
	PlaylistCreated  Cause = "playlist-created"
	PlaylistChanged  Cause = "playlist-changed"
)

// Intent is something that is to be told. It names things: what is said of
// them is what they are when it is said.
type Intent struct {
	Cause    Cause           `json:"type"`
	Video    video.ID        `json:"videoId,omitempty"`
	Comment  comment.ID      `json:"commentId,omitempty"`
	Account  actor.AccountID `json:"accountId,omitempty"`
	Channel  actor.ChannelID `json:"channelId,omitempty"`
	Playlist playlist.ID     `json:"playlistId,omitempty"`
	// Before and After are ratings.
	Before video.RateType `json:"before,omitempty"`
	After  video.RateType `json:"after,omitempty"`
	// Videos are told of one by one, in the place of Video and Count.
	Videos []Counted `json:"videos,omitempty"`
	// Watches are viewings, in the order of their videos.
	Watches []Watch `json:"watches,omitempty"`
	// Count is how many watch, or have watched; Mark tells viewings apart.
	Count int    `json:"count,omitempty"`
	Mark  string `json:"mark,omitempty"`
	// Again says that others may have heard of it before and that it was gone
	// since: its activities get other ids.
	Again bool `json:"again,omitempty"`
	// At is when it happened.
	At time.Time `json:"at"`
	// Until is when it is told; zero is at once. Intents that are equal until
	// then are one.
	Until time.Time `json:"until,omitzero"`
}

// Counted is a video with how many watch it.
type Counted struct {
	Video video.ID `json:"id"`
	Count int      `json:"count,omitempty"`
}

// Wish is a follow that is asked for.
type Wish struct {
	Follower actor.ID `json:"followerId"`
	Name     string   `json:"name,omitempty"` // "" the site itself
	Host     string   `json:"host"`
	// ByItself says that nobody here asked for it.
	ByItself bool `json:"byItself,omitempty"`
}

// Queue takes the work that follows. Its calls take part in the transaction of
// ctx.
type Queue interface {
	// Broadcast asks for Outbox.Broadcast.
	Broadcast(ctx context.Context, in Intent) error
	// Follow asks for Outbox.Fulfil.
	Follow(ctx context.Context, w Wish) error
	// Deliver asks for Deliverer.Deliver of each host.
	Deliver(ctx context.Context, hosts []string) error
}

// Store is a peer.Outbox that knows what was said.
type Store interface {
	peer.Outbox
	// Once records that an intent was told and reports whether it is the first
	// time.
	Once(ctx context.Context, key string, at time.Time) (bool, error)
}

// Audience is a peer.Audience with the wider circles.
type Audience interface {
	peer.Audience
	// SharersOf returns the inboxes of who announced a video of an account, or
	// of a channel of it (account 0), and of their followers.
	SharersOf(ctx context.Context, account actor.AccountID, channel actor.ChannelID) ([]peer.Inboxes, error)
	// Software returns what hosts run, by host.
	Software(ctx context.Context, hosts []string) (map[string]string, error)
	// Alone reports whether no other site is known.
	Alone(ctx context.Context) (bool, error)
}

// Graves buries what goes.
type Graves interface {
	peer.Tombstones
	// BuryVideo buries a video and what was said under it here, BuryChannel
	// and BuryAccount all that goes with them.
	BuryVideo(ctx context.Context, id video.ID, at time.Time) error
	BuryChannel(ctx context.Context, id actor.ChannelID, at time.Time) error
	BuryAccount(ctx context.Context, id actor.AccountID, at time.Time) error
}

// Shares keeps who announced what.
type Shares interface {
	Share(ctx context.Context, by actor.ID, id video.ID, url string, at time.Time) error
	// FirstShare is Share, unless the actor has announced the video already;
	// then it is false.
	FirstShare(ctx context.Context, by actor.ID, id video.ID, url string, at time.Time) (bool, error)
	// Unshare removes what an actor announced of a video and returns the id
	// of that, "" for nothing. By 0 it removes what all did.
	Unshare(ctx context.Context, by actor.ID, id video.ID) (url string, err error)
}

// Actors finds actors.
type Actors interface {
	Instance(ctx context.Context) (*actor.Actor, error)
	Keys(ctx context.Context, id actor.ID) (actor.Keys, error)
	Account(ctx context.Context, id actor.AccountID) (*actor.Account, error)
	Channel(ctx context.Context, id actor.ChannelID) (*actor.Channel, error)
}

// Known finds actors of all sites; see origin.Actors.
type Known interface {
	ByID(ctx context.Context, id actor.ID) (*origin.Known, error)
	ByHandle(ctx context.Context, name, host string) (*origin.Known, error)
}

// Resolver finds actors of other sites, asking these.
type Resolver interface {
	ByHandle(ctx context.Context, name, host string) (*actor.Actor, error)
	// SiteOf finds the actor of a site itself.
	SiteOf(ctx context.Context, host string) (*actor.Actor, error)
}

// Videos is the part of video.Store that is needed.
type Videos interface {
	ByRef(ctx context.Context, ref video.Ref) (*video.Video, error)
	Load(ctx context.Context, v *video.Video) error
	Captions(ctx context.Context, id video.ID) ([]video.Caption, error)
	Storyboard(ctx context.Context, id video.ID) (*video.Storyboard, error)
}

// Comments reads comments.
type Comments interface {
	ByID(ctx context.Context, id comment.ID) (*comment.Comment, error)
}

// Notes makes documents of comments; see publish.Documents.
type Notes interface {
	Note(ctx context.Context, c *comment.Comment, v *video.Video) (activity.Doc, error)
	// Approval is the activity by which the owner of a local video agrees to
	// a comment.
	Approval(ctx context.Context, c *comment.Comment, v *video.Video) (activity.Doc, error)
	// Parents returns what a comment answers, the nearest first, with their
	// accounts.
	Parents(ctx context.Context, c *comment.Comment) ([]*comment.Comment, error)
}

// Rates reads ratings.
type Rates interface {
	Rating(ctx context.Context, account actor.AccountID, id video.ID) (video.RateType, error)
}

// Playlists reads playlists.
type Playlists interface {
	ByRef(ctx context.Context, ref playlist.Ref) (*playlist.Playlist, error)
}

// Follows keeps follows.
type Follows interface {
	Create(ctx context.Context, f *follow.Follow) (created bool, err error)
	Between(ctx context.Context, follower, following actor.ID) (*follow.Follow, error)
	SetState(ctx context.Context, id follow.ID, state follow.State, at time.Time) error
	Delete(ctx context.Context, id follow.ID) error
}

// Rules are the settings that say what is told.
type Rules struct {
	// Enabled is federation.enabled: without it nothing is told.
	Enabled bool
	// Unlisted videos are told of too (federation.videos.federate_unlisted).
	Unlisted bool
}

// Outbox is told what happens and tells others. Its fields are set before the
// first use.
type Outbox struct {
	Store    Store
	Audience Audience
	Graves   Graves
	Shares   Shares
	Actors   Actors
	Known    Known
	Videos   Videos
	Comments Comments
	Notes    Notes
	// ActorDocuments is needed by KeysChanged.
	ActorDocuments ActorDocuments
	Rates          Rates
	Playlists      Playlists
	Follows        Follows
	Resolver       Resolver
	Queue          Queue
	// Back follows those who follow this site, if that is wanted; see
	// follow.Sites.FollowBack.
	Back func(ctx context.Context, follower *actor.Actor) error
	// Events, which may be nil, hear of whom the site follows by itself.
	Events follow.SiteEvents
	// Learn asks for what an actor has published to be read; see
	// remote.Crawler.
	Learn func(ctx context.Context, id actor.ID) error
	Site  instance.Site
	// Rules are asked for each time.
	Rules func() Rules
	// InTx runs fn in one database transaction; all stores and Queue take part.
	InTx func(ctx context.Context, fn func(ctx context.Context) error) error
	// AfterCommit runs f once the transaction of ctx is committed.
	AfterCommit func(ctx context.Context, f func(ctx context.Context))
	// Later runs f after a while.
	Later func(d time.Duration, f func())
	Now   func() time.Time
	Log   *slog.Logger

	keys   keyring
	views  gathering
	totals gathering
	// turns are had by things, some of which share one.
	turns [turns]sync.Mutex
}

// intend writes an intent, unless this site tells nothing.
func (o *Outbox) intend(ctx context.Context, in Intent) error {
	if !o.Rules().Enabled {
		return nil
	}
	if in.At.IsZero() {
		in.At = o.Now()
	}
	return o.Queue.Broadcast(ctx, in)
}

// gathered writes an intent that is told at the end of a window of time, with
// all that are equal.
func (o *Outbox) gathered(ctx context.Context, in Intent, window time.Duration) error {
	// A little after the end, so that what begins in the window is committed.
	const grace = 2 * time.Second
	in.Until = o.Now().Truncate(window).Add(window + grace)
	in.At = in.Until
	return o.intend(ctx, in)
}
