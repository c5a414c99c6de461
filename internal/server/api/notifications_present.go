package api

import (
	"sepiola/internal/domain/abuse"
	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/rest"
)

// notificationJSON is PeerTube's UserNotification. What it is about is left
// out when that is gone or hidden, as its clients know it.
type notificationJSON struct {
	ID           notification.ID           `json:"id"`
	Type         notification.Type         `json:"type"`
	Read         bool                      `json:"read"`
	Video        *notifiedVideoJSON        `json:"video,omitempty"`
	Comment      *notifiedCommentJSON      `json:"comment,omitempty"`
	Abuse        *notifiedAbuseJSON        `json:"abuse,omitempty"`
	Account      *notifiedActorJSON        `json:"account,omitempty"`
	ActorFollow  *notifiedFollowJSON       `json:"actorFollow,omitempty"`
	Registration *notifiedRegistrationJSON `json:"registration,omitempty"`
	CreatedAt    isoTime                   `json:"createdAt"`
	UpdatedAt    isoTime                   `json:"updatedAt"`
}

// notifiedVideoJSON is PeerTube's VideoInfo.
type notifiedVideoJSON struct {
	ID        video.ID                   `json:"id"`
	UUID      string                     `json:"uuid"`
	ShortUUID string                     `json:"shortUUID"`
	Name      string                     `json:"name"`
	State     rest.Labelled[video.State] `json:"state"`
	Channel   *notifiedActorJSON         `json:"channel,omitempty"`
}

// notifiedActorJSON is PeerTube's ActorInfo.
type notifiedActorJSON struct {
	ID          int64                `json:"id"`
	DisplayName string               `json:"displayName"`
	Name        string               `json:"name"`
	Host        string               `json:"host"`
	Avatars     []notifiedAvatarJSON `json:"avatars"`
}

// notifiedAvatarJSON is PeerTube's AvatarInfo, with the path of versions
// before 7.1.
type notifiedAvatarJSON struct {
	Width   int    `json:"width"`
	Path    string `json:"path"`
	FileURL string `json:"fileUrl"`
}

type notifiedCommentJSON struct {
	ID            comment.ID         `json:"id"`
	ThreadID      comment.ID         `json:"threadId"`
	Account       *notifiedActorJSON `json:"account"`
	Video         *notifiedVideoJSON `json:"video"`
	HeldForReview bool               `json:"heldForReview"`
}

// notifiedAbuseJSON is what PeerTube tells of a report: one of the last three
// at most.
type notifiedAbuseJSON struct {
	ID      abuse.ID                  `json:"id"`
	State   abuse.State               `json:"state"`
	Video   *notifiedVideoJSON        `json:"video,omitempty"`
	Comment *notifiedAbuseCommentJSON `json:"comment,omitempty"`
	Account *notifiedActorJSON        `json:"account,omitempty"`
}

type notifiedAbuseCommentJSON struct {
	ThreadID comment.ID         `json:"threadId"`
	Video    *notifiedVideoJSON `json:"video"`
}

type notifiedFollowJSON struct {
	ID        follow.ID              `json:"id"`
	State     follow.State           `json:"state"`
	Follower  *notifiedActorJSON     `json:"follower"`
	Following notifiedFollowedTarget `json:"following"`
}

type notifiedFollowedTarget struct {
	Type        string `json:"type"` // account, channel, instance
	DisplayName string `json:"displayName"`
	Name        string `json:"name"`
	Host        string `json:"host"`
}

type notifiedRegistrationJSON struct {
	ID       user.RegistrationID `json:"id"`
	Username string              `json:"username"`
}

// PresentNotification presents a notification as the API does, for the live
// stream.
func PresentNotification(site instance.Site, n *notification.Notification) any {
	return presentNotification(site, n)
}

func presentNotification(site instance.Site, n *notification.Notification) notificationJSON {
	out := notificationJSON{ID: n.ID, Type: n.Type, Read: n.Read, CreatedAt: isoTime(n.CreatedAt), UpdatedAt: isoTime(n.UpdatedAt)}
	if n.Video != nil {
		out.Video = presentNotifiedVideo(n.Video)
		if c := n.Video.Channel; c != nil {
			out.Video.Channel = presentNotifiedActor(site, &c.Actor, int64(c.ChannelID), c.DisplayName)
		}
	}
	if c := n.Comment; c != nil {
		out.Comment = &notifiedCommentJSON{
			ID: c.ID, ThreadID: c.ThreadID, HeldForReview: c.HeldForReview, Video: presentNotifiedVideo(c.Video),
			Account: presentNotifiedActor(site, &c.Account.Actor, int64(c.Account.AccountID), c.Account.DisplayName),
		}
	}
	if n.Abuse != nil {
		out.Abuse = presentNotifiedAbuse(site, n.Abuse)
	}
	if a := n.Account; a != nil {
		out.Account = presentNotifiedActor(site, &a.Actor, int64(a.AccountID), a.DisplayName)
	}
	if f := n.Follow; f != nil {
		out.ActorFollow = presentNotifiedFollow(site, f)
	}
	if r := n.Registration; r != nil {
		out.Registration = &notifiedRegistrationJSON{r.ID, r.Username}
	}
	return out
}

// presentNotifiedAbuse leaves out what is gone or hidden, as its clients know
// it.
func presentNotifiedAbuse(site instance.Site, a *abuse.Abuse) *notifiedAbuseJSON {
	out := &notifiedAbuseJSON{ID: a.ID, State: a.State}
	switch {
	case a.Video != nil && a.Video.Now != nil:
		out.Video = presentNotifiedVideo(a.Video.Now)
	case a.Comment != nil && !a.Comment.Deleted && a.Comment.Video.Now != nil:
		out.Comment = &notifiedAbuseCommentJSON{ThreadID: a.Comment.ThreadID, Video: presentNotifiedVideo(a.Comment.Video.Now)}
	case a.Reportee != nil:
		out.Account = presentNotifiedActor(site, &a.Reportee.Actor, int64(a.ReporteeID), a.Reportee.DisplayName)
	}
	return out
}

func presentNotifiedVideo(v *video.Video) *notifiedVideoJSON {
	return &notifiedVideoJSON{
		ID: v.ID, UUID: v.UUID, ShortUUID: video.ShortUUID(v.UUID), Name: v.Name,
		State: rest.Labelled[video.State]{ID: v.State, Label: v.State.Label()},
	}
}

func presentNotifiedActor(site instance.Site, a *actor.Actor, id int64, displayName string) *notifiedActorJSON {
	out := &notifiedActorJSON{
		ID: id, DisplayName: displayName, Name: a.Username, Host: actorHost(site, a), Avatars: make([]notifiedAvatarJSON, len(a.Avatars)),
	}
	for i, img := range a.Avatars {
		path := actorImagePath(img)
		out.Avatars[i] = notifiedAvatarJSON{img.Width, path, site.URL(path)}
	}
	return out
}

func presentNotifiedFollow(site instance.Site, f *notification.Follow) *notifiedFollowJSON {
	kind := "account"
	switch f.Following.Type {
	case actor.Group:
		kind = "channel"
	case actor.Application:
		kind = "instance"
	}
	// Sites have accounts at PeerTube; here what is no account has the number
	// of its actor.
	follower := int64(f.FollowerID)
	if f.Account != nil {
		follower = int64(f.Account.AccountID)
	}
	return &notifiedFollowJSON{
		ID: f.ID, State: f.State,
		Follower: presentNotifiedActor(site, f.Follower, follower, f.FollowerName),
		Following: notifiedFollowedTarget{
			Type: kind, DisplayName: f.FollowingName, Name: f.Following.Username, Host: actorHost(site, f.Following),
		},
	}
}
