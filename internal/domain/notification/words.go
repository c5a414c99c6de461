package notification

import (
	"strconv"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
)

// Words are the key of the message in the catalogue that says what happened,
// and its arguments. Names among these are isolated: a sentence reads in the
// direction of its language, and each name in its own.
func (n *Notification) Words() (key string, args []any) {
	if !n.Available() {
		if n.Type == NewComment || n.Type == Mention {
			return "notification.comment_gone", nil
		}
		return "notification.gone", nil
	}
	switch n.Type {
	case NewVideo:
		return "notification.new_video", []any{"channel", isolated(n.Video.Channel.DisplayName), "video", isolated(n.Video.Name)}
	case MyVideoPublished:
		return "notification.published", []any{"video", isolated(n.Video.Name)}
	case NewComment:
		key = "notification.new_comment"
		if n.Comment.HeldForReview {
			key = "notification.held_comment"
		}
		return key, []any{"name", isolated(n.Comment.Account.DisplayName), "video", isolated(n.Comment.Video.Name)}
	case Mention:
		return "notification.mention", []any{"name", isolated(n.Comment.Account.DisplayName), "video", isolated(n.Comment.Video.Name)}
	case NewFollow:
		if n.Follow.ChannelName != "" {
			return "notification.follow_channel", []any{"name", isolated(n.Follow.Account.DisplayName), "channel", isolated(n.Follow.ChannelName)}
		}
		return "notification.follow_account", []any{"name", isolated(n.Follow.Account.DisplayName)}
	case NewInstanceFollower, AutoInstanceFollowing:
		return n.siteFollowWords()
	case NewUser:
		return "notification.new_user", []any{"name", isolated(n.Account.Username)}
	case RegistrationRequest:
		return "notification.registration", []any{"name", isolated(n.Registration.Username)}
	case NewAbuse, AbuseStateChange, AbuseNewMessage:
		return n.abuseWords()
	}
	return "notification.gone", nil
}

const (
	firstStrongIsolate = "\u2068"
	popIsolate         = "\u2069"
)

// ownIsolates are the marks that would end the isolation of a name before it, or
// keep it from ending.
var ownIsolates = strings.NewReplacer("\u2066", "", "\u2067", "", firstStrongIsolate, "", popIsolate, "")

// isolated keeps a name from changing the order of the words around it, which
// may be written in the other direction: with characters, since sentences go
// into texts that know no elements too.
func isolated(name string) string {
	return firstStrongIsolate + ownIsolates.Replace(name) + popIsolate
}

// Path is the address of the page where one sees what happened.
func (n *Notification) Path() string {
	if !n.Available() {
		return "/my-account/notifications"
	}
	switch n.Type {
	case NewVideo, MyVideoPublished:
		return "/w/" + video.ShortUUID(n.Video.UUID)
	case NewComment, Mention:
		id := strconv.FormatInt(int64(n.Comment.ID), 10)
		return "/w/" + video.ShortUUID(n.Comment.Video.UUID) + "?threadId=" + id + "#comment-" + id
	case NewFollow:
		return accountPath(&n.Follow.Account.Actor)
	case NewInstanceFollower, AutoInstanceFollowing:
		return n.siteFollowPath()
	case NewUser:
		return "/admin/overview/users"
	case RegistrationRequest:
		return "/admin/moderation/registrations/list"
	case NewAbuse, AbuseStateChange, AbuseNewMessage:
		return n.abusePath()
	}
	return "/my-account/notifications"
}

func accountPath(a *actor.Actor) string {
	return "/a/" + a.Handle() + "/video-channels"
}

// maxExcerpt is how many characters of a comment are shown in letters and
// lists.
const maxExcerpt = 300

// Excerpt is the beginning of the comment it is about, or of why something was
// reported, or "". read makes at most so many characters as people read them of
// what was said in a comment, which is HTML when it is remote; with nil it stays
// as it was written. Reasons have no marks.
func (n *Notification) Excerpt(read func(text string, remote bool, most int) string) string {
	var text []rune
	switch {
	case n.Comment != nil && read != nil:
		return read(n.Comment.Text, n.Comment.Remote, maxExcerpt)
	case n.Comment != nil:
		text = []rune(n.Comment.Text)
	case n.Abuse != nil && n.Type == NewAbuse:
		text = []rune(n.Abuse.Reason)
	}
	if len(text) > maxExcerpt {
		return string(text[:maxExcerpt]) + "…"
	}
	return string(text)
}

// Actor is who did it, for a picture, with the display name; nil for none.
func (n *Notification) Actor() (a *actor.Actor, name string) {
	switch {
	case !n.Available():
		return nil, ""
	case n.Type == NewVideo:
		return &n.Video.Channel.Actor, n.Video.Channel.DisplayName
	case n.Comment != nil:
		return &n.Comment.Account.Actor, n.Comment.Account.DisplayName
	case n.ofSite():
		return n.other()
	case n.Follow != nil:
		return &n.Follow.Account.Actor, n.Follow.Account.DisplayName
	case n.Account != nil:
		return &n.Account.Actor, n.Account.DisplayName
	}
	return nil, ""
}
