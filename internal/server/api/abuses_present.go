package api

import (
	"sepiola/internal/domain/abuse"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/rest"
)

// abuseJSON is PeerTube's UserAbuse.
type abuseJSON struct {
	ID                abuse.ID                   `json:"id"`
	Reason            string                     `json:"reason"`
	PredefinedReasons []string                   `json:"predefinedReasons"`
	FlaggedAccount    *accountJSON               `json:"flaggedAccount"`
	State             rest.Labelled[abuse.State] `json:"state"`
	CountMessages     int                        `json:"countMessages"`
	CreatedAt         isoTime                    `json:"createdAt"`
	UpdatedAt         isoTime                    `json:"updatedAt"`
	Video             *abuseVideoJSON            `json:"video"`
	Comment           *abuseCommentJSON          `json:"comment"`
}

// adminAbuseJSON is PeerTube's AdminAbuse.
type adminAbuseJSON struct {
	abuseJSON
	ModerationComment       *string      `json:"moderationComment"`
	ReporterAccount         *accountJSON `json:"reporterAccount"`
	CountReportsForReporter int          `json:"countReportsForReporter"`
	CountReportsForReportee int          `json:"countReportsForReportee"`
}

// abuseVideoJSON is PeerTube's AdminVideoAbuse; reporters are not told the
// last two.
type abuseVideoJSON struct {
	ID            video.ID             `json:"id"`
	UUID          string               `json:"uuid"`
	ShortUUID     string               `json:"shortUUID"`
	Name          string               `json:"name"`
	NSFW          bool                 `json:"nsfw"`
	StartAt       *int                 `json:"startAt"`
	EndAt         *int                 `json:"endAt"`
	Deleted       bool                 `json:"deleted"`
	Blacklisted   bool                 `json:"blacklisted"`
	ThumbnailPath *string              `json:"thumbnailPath"`
	Thumbnails    []videoThumbnailJSON `json:"thumbnails"`
	Channel       *channelJSON         `json:"channel"`
	CountReports  int                  `json:"countReports,omitempty"`
	NthReport     int                  `json:"nthReport,omitempty"`
}

// abuseCommentJSON is PeerTube's AdminVideoCommentAbuse.
type abuseCommentJSON struct {
	ID       comment.ID            `json:"id"`
	ThreadID comment.ID            `json:"threadId"`
	Text     string                `json:"text"`
	Deleted  bool                  `json:"deleted"`
	Video    abuseCommentVideoJSON `json:"video"`
}

type abuseCommentVideoJSON struct {
	ID   video.ID `json:"id"`
	Name string   `json:"name"`
	UUID string   `json:"uuid"`
}

// abuseMessageJSON is PeerTube's AbuseMessage.
type abuseMessageJSON struct {
	ID          abuse.MessageID   `json:"id"`
	CreatedAt   isoTime           `json:"createdAt"`
	ByModerator bool              `json:"byModerator"`
	Message     string            `json:"message"`
	Account     *actorSummaryJSON `json:"account"`
}

func presentAbuse(site instance.Site, a *abuse.Abuse) abuseJSON {
	out := abuseJSON{
		ID: a.ID, Reason: a.Reason, PredefinedReasons: make([]string, len(a.Reasons)), FlaggedAccount: presentAuthor(site, a.Reportee),
		State:         rest.Labelled[abuse.State]{ID: a.State, Label: a.State.Label()},
		CountMessages: a.Messages, CreatedAt: isoTime(a.CreatedAt), UpdatedAt: isoTime(a.UpdatedAt),
	}
	for i, r := range a.Reasons {
		out.PredefinedReasons[i] = r.Name()
	}
	if a.Video != nil {
		out.Video = presentAbuseVideo(site, a.Video)
	}
	if c := a.Comment; c != nil {
		v := presentAbuseVideo(site, &c.Video)
		out.Comment = &abuseCommentJSON{
			ID: c.ID, ThreadID: c.ThreadID, Text: c.Text, Deleted: c.Deleted,
			Video: abuseCommentVideoJSON{ID: v.ID, Name: v.Name, UUID: v.UUID},
		}
	}
	return out
}

func presentAdminAbuse(site instance.Site, a *abuse.Abuse) adminAbuseJSON {
	out := adminAbuseJSON{
		abuseJSON: presentAbuse(site, a), ModerationComment: nullable(a.ModerationComment), ReporterAccount: presentAuthor(site, a.Reporter),
		CountReportsForReporter: a.Counts.ByReporter, CountReportsForReportee: a.Counts.OfReportee,
	}
	if out.Video != nil {
		out.Video.CountReports, out.Video.NthReport = a.Counts.OfVideo, a.Counts.Nth
	}
	return out
}

// presentAbuseVideo shows a video as it is, or as it was when it was reported
// where nothing is known of it any more.
func presentAbuseVideo(site instance.Site, v *abuse.Video) *abuseVideoJSON {
	out := &abuseVideoJSON{
		ID: v.ID, UUID: v.UUID, ShortUUID: video.ShortUUID(v.UUID), Name: v.Name, NSFW: v.NSFW,
		StartAt: v.StartAt, EndAt: v.EndAt, Deleted: v.Deleted, Thumbnails: []videoThumbnailJSON{},
	}
	if v.Now == nil {
		return out
	}
	base := presentVideoBase(site, v.Now)
	out.Name, out.NSFW, out.ThumbnailPath, out.Thumbnails = base.Name, base.NSFW, base.ThumbnailPath, base.Thumbnails
	if v.Now.Channel != nil {
		ch := presentChannel(site, v.Now.Channel)
		ch.OwnerAccount = nil // flaggedAccount
		out.Channel = &ch
	}
	return out
}

func presentAbuseMessage(site instance.Site, m *abuse.Message) abuseMessageJSON {
	out := abuseMessageJSON{ID: m.ID, CreatedAt: isoTime(m.CreatedAt), ByModerator: m.ByModerator, Message: m.Text}
	if m.Account != nil {
		account := presentAccountSummary(site, m.Account)
		out.Account = &account
	}
	return out
}
