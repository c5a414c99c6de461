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

// Cause is something that happened and that people are to be told of.
type Cause struct {
	Type         Type                `json:"type"`
	Video        video.ID            `json:"videoId,omitempty"`
	Comment      comment.ID          `json:"commentId,omitempty"`
	Follow       follow.ID           `json:"followId,omitempty"`
	User         user.ID             `json:"userId,omitempty"`
	Registration user.RegistrationID `json:"registrationId,omitempty"`
	Abuse        abuse.ID            `json:"abuseId,omitempty"`
	AbuseMessage abuse.MessageID     `json:"abuseMessageId,omitempty"`
	// At tells changes of one thing from each other, in microseconds.
	At int64 `json:"at,omitempty"`

	// How far it has been told: people are told in turns.
	Step  int       `json:"step,omitempty"`
	After follow.ID `json:"after,omitempty"`
}

// Queue takes the work of telling. Its calls take part in the transaction of
// ctx.
type Queue interface {
	// Spread asks for Service.Spread.
	Spread(ctx context.Context, c Cause) error
	// Push asks for a notification to be pushed to a device.
	Push(ctx context.Context, d DeviceID, id user.ID, n ID) error
	// Mail asks for one letter about notifications.
	Mail(ctx context.Context, id user.ID, list []ID) error
}

// Causes is told what happens, in the transaction in which it does.
type Causes struct {
	Store Announcements
	Queue Queue
	Now   func() time.Time
}

// Announcements is the part of Store that Causes needs.
type Announcements interface {
	Announce(ctx context.Context, id video.ID, at time.Time) (bool, error)
	AnnounceFollow(ctx context.Context, follower, following actor.ID, at time.Time) (bool, error)
	VideoOf(ctx context.Context, id video.ID) (*video.Video, error)
	Scheduled(ctx context.Context, id video.ID) (bool, error)
}

// announced reports whether subscribers are told of a video now.
func announced(v *video.Video) bool {
	return v.State == video.Published && (v.Privacy == video.Public || v.Privacy == video.InternalOnly)
}

// VideoPublished is told of a video that becomes published when the work on it
// is far enough. Its owner is told when publishing waited for that work, and
// for nothing else.
func (c *Causes) VideoPublished(ctx context.Context, id video.ID) error {
	v, err := c.Store.VideoOf(ctx, id)
	if err != nil {
		return err
	}
	later, err := c.Store.Scheduled(ctx, id)
	if err != nil {
		return err
	}
	if v.WaitTranscoding && !later {
		if err := c.Queue.Spread(ctx, Cause{Type: MyVideoPublished, Video: id}); err != nil {
			return err
		}
	}
	return c.announce(ctx, v)
}

// VideoChanged is told of a video whose privacy has changed. Its owner is told
// when the site did so by itself, at a time that was set.
func (c *Causes) VideoChanged(ctx context.Context, before, after *video.Video, scheduled bool) error {
	if scheduled && !announced(before) && announced(after) {
		if err := c.Queue.Spread(ctx, Cause{Type: MyVideoPublished, Video: after.ID}); err != nil {
			return err
		}
	}
	return c.announce(ctx, after)
}

// announce tells subscribers of a video that they can see, once for all time.
func (c *Causes) announce(ctx context.Context, v *video.Video) error {
	if !announced(v) {
		return nil
	}
	first, err := c.Store.Announce(ctx, v.ID, c.Now())
	if err != nil || !first {
		return err
	}
	return c.Queue.Spread(ctx, Cause{Type: NewVideo, Video: v.ID})
}

// CommentPublished implements comment.Events. Held comments are for who
// manages the video; whom they mention or answer hears of them once they are
// approved.
func (c *Causes) CommentPublished(ctx context.Context, k *comment.Comment, _ *video.Video) error {
	if !k.JustApproved {
		if err := c.Queue.Spread(ctx, Cause{Type: NewComment, Comment: k.ID}); err != nil {
			return err
		}
	}
	if k.HeldForReview || len(comment.Mentions(k.Text)) == 0 && k.ReplyTo == 0 {
		return nil
	}
	return c.Queue.Spread(ctx, Cause{Type: Mention, Comment: k.ID})
}

// CommentDeleted implements comment.Events: what was told of it stays, and
// says that the comment is gone.
func (*Causes) CommentDeleted(context.Context, *comment.Comment, *video.Video) error { return nil }

// Followed implements follow.Events. Who leaves and comes back is not told of
// again.
func (c *Causes) Followed(ctx context.Context, f *follow.Follow) error {
	first, err := c.Store.AnnounceFollow(ctx, f.FollowerID, f.FollowingID, c.Now())
	if err != nil || !first {
		return err
	}
	return c.Queue.Spread(ctx, Cause{Type: NewFollow, Follow: f.ID})
}

// UserRegistered is told of somebody who made an account.
func (c *Causes) UserRegistered(ctx context.Context, u *user.User) error {
	return c.Queue.Spread(ctx, Cause{Type: NewUser, User: u.ID})
}

// RegistrationRequested is told of somebody who asks for an account.
func (c *Causes) RegistrationRequested(ctx context.Context, r *user.Registration) error {
	return c.Queue.Spread(ctx, Cause{Type: RegistrationRequest, Registration: r.ID})
}
