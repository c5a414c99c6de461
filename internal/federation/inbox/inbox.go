// Package inbox is what other sites tell this one.
//
// A Receiver takes what arrives: it checks what is cheap to check, writes the
// activity down and answers; it asks no other site, because some serve and
// deliver from the same threads. A Processor does later what was written down,
// lane by lane: the lane of an activity is the host of its actor, and those of
// one lane are done in their order. What could not be verified at once (the key
// is not known here, or somebody else passes the activity on) waits in a lane
// of doubts, by whom it came, and gets to the lane of its actor once it is
// verified: nobody can fill the lane of another, or use up its ids.
//
// Each activity is done once: what it does and its removal from the inbox are
// one transaction. Other sites are asked before that transaction; what is
// learned from them is stored on its own and may be learned twice.
//
// Not here: HTTP (server/fed), how the things of others are fetched and stored
// (remote), and what this site answers (outbox).
package inbox

import (
	"context"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/redundancy"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/federation/activity"
)

// Actors knows the actors of other sites and asks for those it does not know.
// What cannot be had for good is of a kind that fails for good (errs.NotFound,
// Gone, Invalid, Forbidden); everything else may be tried again.
type Actors interface {
	// ByURL returns an actor, fetched when it is not known. Of this site's own
	// actors it returns those that exist.
	ByURL(ctx context.Context, url string) (*origin.Known, error)
	// Key returns the actor whose key has an id (also acct:name@host); refresh
	// asks its site even when it is known.
	Key(ctx context.Context, keyID string, refresh bool) (*origin.Known, error)
	// Refresh fetches an actor again.
	Refresh(ctx context.Context, url string) (*origin.Known, error)
	// Remove removes an actor of another site with what is its own, in the
	// transaction of ctx. One that is not known is no error.
	Remove(ctx context.Context, url string) error
}

// Videos knows the videos of other sites.
type Videos interface {
	// ByURL returns a video, fetched when it is not known. Of this site's own
	// it returns those that exist.
	ByURL(ctx context.Context, url string) (*origin.Copy, error)
	// Put stores what the video's own site says of it in a document.
	Put(ctx context.Context, d activity.Doc) (*origin.Copy, error)
	// Refresh fetches a video again. Gone and NotFound are what its site says:
	// it is looked for once more then, and removed later.
	Refresh(ctx context.Context, url string) (*origin.Copy, error)
	// Remove removes a video of another site, in the transaction of ctx.
	Remove(ctx context.Context, url string) error
	// PutPlayer stores how the players of a video or a channel look, as by says
	// of what is its own; RefreshPlayer fetches that.
	PutPlayer(ctx context.Context, d activity.Doc, by *origin.Known) error
	RefreshPlayer(ctx context.Context, url string) error
}

// Comments knows the comments of other sites.
type Comments interface {
	// ByURL returns a comment of a video that is known or can be, fetched with
	// those above it when it is not known.
	ByURL(ctx context.Context, url string) (*comment.Comment, error)
	// Prepare returns what stores what the note's own site says in a document,
	// under the video v that it is about, by that video's rules, in the
	// transaction of its ctx; errs.Conflict says that somebody else does.
	Prepare(ctx context.Context, d activity.Doc) (put func(ctx context.Context) (c *comment.Comment, created bool, err error), v *video.Video, err error)
	// Refresh fetches a comment again, as that of Videos.
	Refresh(ctx context.Context, url string) error
	// Remove empties a comment, in the transaction of ctx.
	Remove(ctx context.Context, url string) error
}

// Playlists knows the playlists of other sites.
type Playlists interface {
	// Put stores what the playlist's own site says in a document.
	Put(ctx context.Context, d activity.Doc) error
	// Refresh fetches a playlist again.
	Refresh(ctx context.Context, url string) error
	// Remove removes a playlist of another site, in the transaction of ctx.
	Remove(ctx context.Context, url string) error
}

// Outbox answers. Its calls take part in the transaction of ctx.
type Outbox interface {
	// Together runs fn, and asks once for all to be delivered that fn gives.
	Together(ctx context.Context, fn func(ctx context.Context) error) error
	// Accept and Reject answer a follow that came as doc.
	Accept(ctx context.Context, f *follow.Follow, doc activity.Doc) error
	Reject(ctx context.Context, by, follower actor.ID, doc activity.Doc) error
	// FollowBack is told of a site that follows this one, accepted.
	FollowBack(ctx context.Context, follower *origin.Known) error
	// Followed is told of a follow that another site accepted: what it has is
	// to be fetched.
	Followed(ctx context.Context, f *follow.Follow) error
	// VideoChanged is told of a local video whose totals have changed.
	VideoChanged(ctx context.Context, id video.ID) error
	// Forward passes an activity about a local video on, as it came, to those
	// who hear of the video, but not to the host it came from; one that is not
	// signed itself only to those who ask its origin.
	Forward(ctx context.Context, id video.ID, activityURL, kind string, body []byte, except string) error
	// Approve tells that a comment of another site is accepted under a local
	// video.
	Approve(ctx context.Context, c *comment.Comment, v *video.Video) error
}

// Follows is the part of follow.Store that is needed, and the change of a
// state.
type Follows interface {
	Create(ctx context.Context, f *follow.Follow) (created bool, err error)
	Between(ctx context.Context, follower, following actor.ID) (*follow.Follow, error)
	// ByURL returns the follow with an id, if it is of follower.
	ByURL(ctx context.Context, follower actor.ID, url string) (*follow.Follow, error)
	Delete(ctx context.Context, id follow.ID) error
	// SetState moves a follow to a state.
	SetState(ctx context.Context, id follow.ID, state follow.State, at time.Time) error
}

// Mirrors is the part of redundancy.Store that others fill.
type Mirrors interface {
	Put(ctx context.Context, m *redundancy.Mirror) error
	ByURL(ctx context.Context, url string) (*redundancy.Mirror, error)
	Delete(ctx context.Context, id redundancy.ID) error
}

// Views counts.
type Views interface {
	// Buffer adds to the counters of videos, in the transaction of ctx.
	Buffer(ctx context.Context, list []view.Count) error
}

// Mutes says whom accounts, and the site, do not want to hear of; see
// user.Blocks.
type Mutes interface {
	Muted(ctx context.Context, by actor.AccountID) (user.Muted, error)
}

// VideoStore is the part of video.Store that finds videos, with channel and
// owner.
type VideoStore interface {
	ByRef(ctx context.Context, ref video.Ref) (*video.Video, error)
}

// Rules are the site's settings.
type Rules struct {
	// FollowersOfSite are taken (followers.instance.enabled), of channels
	// (followers.channels.enabled).
	FollowersOfSite, FollowersOfChannels bool
	// ApproveFollowers leaves followers of the site waiting for an
	// administrator.
	ApproveFollowers bool
	// MirrorsOf is whose mirrors of videos are taken, as redundancy has it
	// (remote_redundancy.videos.accept_from); "" is nobody's.
	MirrorsOf string
}
