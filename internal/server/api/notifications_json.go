package api

import (
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/notification"
	ja "sepiola/internal/jsonappend"
)

// Pages of notifications are written by appending, as videos are
// (videos_json.go): the same bytes as json.Marshal makes of the structs, see
// TestNotificationsAreWrittenAsTheirStructsSay.

// appendNotifications writes a page.
func appendNotifications(b []byte, site instance.Site, list []*notification.Notification, total int) []byte {
	b = append(putNumber(b, `{"total":`, total), `,"data":[`...)
	for i, n := range list {
		if i > 0 {
			b = append(b, ',')
		}
		out := presentNotification(site, n)
		b = out.append(b)
	}
	return append(b, `]}`...)
}

func (o *notificationJSON) append(b []byte) []byte {
	b = putNumber(b, `{"id":`, o.ID)
	b = putNumber(b, `,"type":`, o.Type)
	b = putFlag(b, `,"read":`, o.Read)
	if o.Video != nil {
		b = o.Video.append(append(b, `,"video":`...))
	}
	if o.Comment != nil {
		b = o.Comment.append(append(b, `,"comment":`...))
	}
	if o.Abuse != nil {
		b = o.Abuse.append(append(b, `,"abuse":`...))
	}
	if o.Account != nil {
		b = o.Account.append(append(b, `,"account":`...))
	}
	if o.ActorFollow != nil {
		b = o.ActorFollow.append(append(b, `,"actorFollow":`...))
	}
	if o.Registration != nil {
		b = o.Registration.append(append(b, `,"registration":`...))
	}
	b = putTime(b, `,"createdAt":`, o.CreatedAt)
	return append(putTime(b, `,"updatedAt":`, o.UpdatedAt), '}')
}

func (o *notifiedVideoJSON) append(b []byte) []byte {
	if o == nil {
		return append(b, "null"...)
	}
	b = putNumber(b, `{"id":`, o.ID)
	b = putText(b, `,"uuid":`, o.UUID)
	b = putText(b, `,"shortUUID":`, o.ShortUUID)
	b = putText(b, `,"name":`, o.Name)
	b = putLabelled(b, `,"state":`, &o.State, ja.Int)
	if o.Channel != nil {
		b = o.Channel.append(append(b, `,"channel":`...))
	}
	return append(b, '}')
}

func (o *notifiedActorJSON) append(b []byte) []byte {
	if o == nil {
		return append(b, "null"...)
	}
	b = putNumber(b, `{"id":`, o.ID)
	b = putText(b, `,"displayName":`, o.DisplayName)
	b = putText(b, `,"name":`, o.Name)
	b = putText(b, `,"host":`, o.Host)
	return append(ja.List(append(b, `,"avatars":`...), o.Avatars, appendNotifiedAvatar), '}')
}

func appendNotifiedAvatar(b []byte, o *notifiedAvatarJSON) []byte {
	b = putNumber(b, `{"width":`, o.Width)
	b = putText(b, `,"path":`, o.Path)
	return append(putText(b, `,"fileUrl":`, o.FileURL), '}')
}

func (o *notifiedCommentJSON) append(b []byte) []byte {
	b = putNumber(b, `{"id":`, o.ID)
	b = putNumber(b, `,"threadId":`, o.ThreadID)
	b = o.Account.append(append(b, `,"account":`...))
	b = o.Video.append(append(b, `,"video":`...))
	return append(putFlag(b, `,"heldForReview":`, o.HeldForReview), '}')
}

func (o *notifiedAbuseJSON) append(b []byte) []byte {
	b = putNumber(b, `{"id":`, o.ID)
	b = putNumber(b, `,"state":`, o.State)
	if o.Video != nil {
		b = o.Video.append(append(b, `,"video":`...))
	}
	if o.Comment != nil {
		b = putNumber(b, `,"comment":{"threadId":`, o.Comment.ThreadID)
		b = append(o.Comment.Video.append(append(b, `,"video":`...)), '}')
	}
	if o.Account != nil {
		b = o.Account.append(append(b, `,"account":`...))
	}
	return append(b, '}')
}

func (o *notifiedFollowJSON) append(b []byte) []byte {
	b = putNumber(b, `{"id":`, o.ID)
	b = putText(b, `,"state":`, string(o.State))
	b = o.Follower.append(append(b, `,"follower":`...))
	b = putText(b, `,"following":{"type":`, o.Following.Type)
	b = putText(b, `,"displayName":`, o.Following.DisplayName)
	b = putText(b, `,"name":`, o.Following.Name)
	return append(putText(b, `,"host":`, o.Following.Host), `}}`...)
}

func (o *notifiedRegistrationJSON) append(b []byte) []byte {
	b = putNumber(b, `{"id":`, o.ID)
	return append(putText(b, `,"username":`, o.Username), '}')
}
