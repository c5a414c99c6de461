package api

import (
	"encoding/json"
	"strings"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

// uploadFields is PeerTube's VideoCreate, with what the resumable protocol
// adds. generateTranscription is accepted and has no effect: this site makes no
// transcriptions.
type uploadFields struct {
	Filename     rest.Field[string]          `json:"filename"`
	LastModified rest.Field[json.RawMessage] `json:"lastModified"`

	Category              rest.Field[int]            `json:"category"`
	Licence               rest.Field[int]            `json:"licence"`
	Language              rest.Field[string]         `json:"language"`
	Privacy               rest.Field[int]            `json:"privacy"`
	Description           rest.Field[string]         `json:"description"`
	Support               rest.Field[string]         `json:"support"`
	NSFW                  rest.Field[bool]           `json:"nsfw"`
	NSFWFlags             rest.Field[int]            `json:"nsfwFlags"`
	NSFWSummary           rest.Field[string]         `json:"nsfwSummary"`
	Tags                  rest.Field[[]string]       `json:"tags"`
	CommentsPolicy        rest.Field[int]            `json:"commentsPolicy"`
	CommentsEnabled       rest.Field[bool]           `json:"commentsEnabled"` // until 7.x
	DownloadEnabled       rest.Field[bool]           `json:"downloadEnabled"`
	WaitTranscoding       rest.Field[bool]           `json:"waitTranscoding"`
	OriginallyPublishedAt rest.Field[time.Time]      `json:"originallyPublishedAt"`
	ScheduleUpdate        rest.Field[uploadSchedule] `json:"scheduleUpdate"`
	Name                  rest.Field[string]         `json:"name"`
	ChannelID             rest.Field[int64]          `json:"channelId"`
	VideoPasswords        rest.Field[[]string]       `json:"videoPasswords"`
}

type uploadSchedule struct {
	UpdateAt rest.Field[time.Time] `json:"updateAt"`
	Privacy  rest.Field[int]       `json:"privacy"`
}

// lastModified is what the client sent, a number or a text.
func (in *uploadFields) lastModified() string {
	return strings.Trim(string(in.LastModified.Or(nil)), `"`)
}

func (in *uploadFields) changes() (video.Changes, error) {
	c := video.Changes{
		Category: sent(in.Category), Licence: sent(in.Licence), Language: sent(in.Language),
		Description: sent(in.Description), Support: sent(in.Support),
		NSFW: sent(in.NSFW), NSFWFlags: sent(in.NSFWFlags), NSFWSummary: sent(in.NSFWSummary),
		Tags: sent(in.Tags), DownloadEnabled: sent(in.DownloadEnabled), WaitTranscoding: sent(in.WaitTranscoding),
		Name: sent(in.Name), Passwords: sent(in.VideoPasswords),
	}
	if p := sent(in.Privacy); p != nil {
		c.Privacy = new(video.Privacy(*p))
	}
	if id := sent(in.ChannelID); id != nil {
		c.Channel = new(actor.ChannelID(*id))
	}
	switch {
	case in.CommentsPolicy.Has():
		c.CommentsPolicy = new(video.CommentsPolicy(in.CommentsPolicy.V))
	case in.CommentsEnabled.Has() && !in.CommentsEnabled.V:
		c.CommentsPolicy = new(video.CommentsDisabled)
	}
	if t := sent(in.OriginallyPublishedAt); t != nil {
		c.OriginallyPublishedAt = &t
	}
	return c, in.schedule(&c)
}

func (in *uploadFields) schedule(c *video.Changes) error {
	if !in.ScheduleUpdate.Has() {
		return nil
	}
	s := in.ScheduleUpdate.V
	if s.UpdateAt.V.IsZero() {
		return errs.Field("scheduleUpdate.updateAt", "Should have a schedule update date that conforms to ISO 8601")
	}
	u := &video.ScheduleUpdate{UpdateAt: s.UpdateAt.V, Privacy: video.Privacy(s.Privacy.Or(0))}
	c.Schedule = &u
	return nil
}

// sent returns a pointer to what was sent, nil for nothing and for null.
func sent[T any](f rest.Field[T]) *T {
	if !f.Has() {
		return nil
	}
	return &f.V
}
