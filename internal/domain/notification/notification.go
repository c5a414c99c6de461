// Package notification is what people are told: that a channel they follow has
// a new video, that somebody commented on theirs, that somebody asks for an
// account.
//
// What happens is told to Causes, in the transaction in which it happens. It
// queues a job with the Cause; the job (Spread) finds who is to hear of it and
// writes the Notifications, some hundred people at a time, each once. Those
// who want a letter are written to a little later (Post), so that much at once
// becomes one letter; devices are pushed to at once.
//
// A notification holds ids only. What it is about is read again whenever it is
// shown, and left out when its reader may not see it any more: nobody learns
// of a video by having been told of it before it was hidden.
//
// Not here: how it is worded (Words gives the message of the catalogue) and
// sent (mail, server/push).
package notification

import (
	"time"

	"sepiola/internal/domain/abuse"
	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
)

// ID identifies a notification.
type ID int64

// Type is what happened. The numbers are PeerTube's UserNotificationType.
type Type int

// The types whose causes exist on this site.
const (
	NewVideo         Type = 1
	NewComment       Type = 2
	NewAbuse         Type = 3
	MyVideoPublished Type = 6
	NewUser          Type = 9
	NewFollow        Type = 10
	Mention          Type = 11
	// NewInstanceFollower is about somebody who follows the site, and
	// AutoInstanceFollowing about whom the site follows by itself.
	NewInstanceFollower   Type = 13
	AutoInstanceFollowing Type = 14
	AbuseStateChange      Type = 15
	AbuseNewMessage       Type = 16
	RegistrationRequest   Type = 20
)

// MaxType is the highest number that PeerTube has given.
const MaxType = 32

// Types are those whose causes exist on this site, in the order in which
// people are shown them.
func Types() []Type {
	return []Type{
		NewVideo, NewComment, Mention, NewFollow, MyVideoPublished, AbuseStateChange, AbuseNewMessage,
		NewAbuse, NewUser, RegistrationRequest, NewInstanceFollower, AutoInstanceFollowing,
	}
}

// Setting is PeerTube's name of the setting that says whether one is told.
func (t Type) Setting() string {
	switch t {
	case NewVideo:
		return "newVideoFromSubscription"
	case NewComment:
		return "newCommentOnMyVideo"
	case MyVideoPublished:
		return "myVideoPublished"
	case NewUser, RegistrationRequest:
		return "newUserRegistration"
	case NewAbuse:
		return "abuseAsModerator"
	case AbuseStateChange:
		return "abuseStateChange"
	case AbuseNewMessage:
		return "abuseNewMessage"
	case NewFollow:
		return "newFollow"
	case Mention:
		return "commentMention"
	case NewInstanceFollower:
		return "newInstanceFollower"
	case AutoInstanceFollowing:
		return "autoInstanceFollowing"
	}
	return ""
}

// Settings are the settings of Types, each once, in their order.
func Settings() []string {
	var list []string
	seen := map[string]bool{}
	for _, t := range Types() {
		if s := t.Setting(); !seen[s] {
			seen[s] = true
			list = append(list, s)
		}
	}
	return list
}

// Concerns reports whether a setting is of use to somebody: some are only to
// those who look after users, registrations and reports (moderators may all of
// it), and some to those who look after whom the site follows.
func Concerns(setting string, u *user.User) bool {
	switch setting {
	case NewUser.Setting(), NewAbuse.Setting():
		return u.Has(user.ManageUsers) || u.Has(user.ManageRegistrations)
	case NewInstanceFollower.Setting(), AutoInstanceFollowing.Setting():
		return u.Has(user.ManageServerFollow)
	}
	return true
}

// Notification is something that one person is told.
type Notification struct {
	ID     ID
	UserID user.ID
	Type   Type
	// Cause names what happened; a user has one notification of it.
	Cause string
	// Web notifications are shown on the site; others are only sent.
	Web  bool
	Read bool
	// MailAt is since when it waits to be mailed, nil when it does not.
	MailAt               *time.Time
	CreatedAt, UpdatedAt time.Time

	// What it is about; zero where it is not.
	VideoID        video.ID
	CommentID      comment.ID
	AccountID      actor.AccountID
	FollowID       follow.ID
	RegistrationID user.RegistrationID
	AbuseID        abuse.ID

	// Filled by lists; nil for what is gone, or hidden from its reader.
	Video *video.Video
	// Comment has Account and Video.
	Comment      *comment.Comment
	Account      *actor.Account
	Follow       *Follow
	Registration *user.Registration
	Abuse        *abuse.Abuse
	// Reported says that its reader wrote the report that it is about.
	Reported bool
}

// Follow is who follows what.
type Follow struct {
	*follow.Follow
	// Account is who follows, nil for what is no account: a site or a channel.
	Account *actor.Account
	// ChannelName is the name of the followed channel; "" when the account
	// itself is followed.
	ChannelName string
}

// hide takes away what u may not see. It is the rule that keeps what was
// hidden after somebody was told of it from being shown.
func (n *Notification) hide(u *user.User) {
	if n.Video != nil && !visible(n.Video, u) {
		n.Video = nil
	}
	if c := n.Comment; c != nil {
		held := c.HeldForReview && !comment.Manages(u, c.Video)
		if c.Deleted() || c.Account == nil || c.Video == nil || held || !visible(c.Video, u) {
			n.Comment = nil
		}
	}
	n.hideAbuse(u)
	n.hideFollow(u)
}

// hideAbuse keeps reports from who is neither their reporter nor a moderator
// (any more).
func (n *Notification) hideAbuse(u *user.User) {
	if n.Abuse == nil {
		return
	}
	n.Reported = n.Abuse.ReportedBy(u)
	switch {
	case u.Has(user.ManageAbuses):
	case n.Reported && n.Type != NewAbuse:
		n.Abuse.ForReporter(u)
	default:
		n.Abuse = nil
	}
}

// visible reports whether u may be shown a video in lists of what happened:
// published public and internal ones, and of others one's own. People who were
// given the address or the password of a video are not reminded of it here.
func visible(v *video.Video, u *user.User) bool {
	switch {
	case v == nil || u == nil:
		return false
	case v.OwnedBy(u), u.Has(user.SeeAllVideos):
		return true
	}
	return v.State == video.Published && (v.Privacy == video.Public || v.Privacy == video.InternalOnly)
}

// Available reports whether what the notification is about is there to be
// seen.
func (n *Notification) Available() bool {
	switch n.Type {
	case NewVideo, MyVideoPublished:
		return n.Video != nil
	case NewComment, Mention:
		return n.Comment != nil
	case NewUser:
		return n.Account != nil
	case NewFollow, NewInstanceFollower, AutoInstanceFollowing:
		return n.Follow != nil
	case RegistrationRequest:
		return n.Registration != nil
	case NewAbuse, AbuseStateChange, AbuseNewMessage:
		return n.Abuse != nil
	}
	return false
}
