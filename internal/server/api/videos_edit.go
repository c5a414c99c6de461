package api

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// videoBody is PeerTube's VideoUpdate, and the part of VideoCreate that is
// the same.
type videoBody struct {
	Name                  rest.Field[string]            `json:"name"`
	Category              rest.Field[int]               `json:"category"`
	Licence               rest.Field[int]               `json:"licence"`
	Language              rest.Field[string]            `json:"language"`
	Description           rest.Field[string]            `json:"description"`
	Support               rest.Field[string]            `json:"support"`
	Tags                  rest.Field[[]string]          `json:"tags"`
	Privacy               rest.Field[int]               `json:"privacy"`
	NSFW                  rest.Field[bool]              `json:"nsfw"`
	NSFWFlags             rest.Field[int]               `json:"nsfwFlags"`
	NSFWSummary           rest.Field[string]            `json:"nsfwSummary"`
	WaitTranscoding       rest.Field[bool]              `json:"waitTranscoding"`
	CommentsPolicy        rest.Field[int]               `json:"commentsPolicy"`
	CommentsEnabled       rest.Field[bool]              `json:"commentsEnabled"` // of clients up to 7
	DownloadEnabled       rest.Field[bool]              `json:"downloadEnabled"`
	SharingEnabled        rest.Field[bool]              `json:"sharingEnabled"` // ours
	OriginallyPublishedAt rest.Field[time.Time]         `json:"originallyPublishedAt"`
	ScheduleUpdate        rest.Field[videoScheduleBody] `json:"scheduleUpdate"`
	ChannelID             rest.Field[int64]             `json:"channelId"`
	VideoPasswords        rest.Field[[]string]          `json:"videoPasswords"`
}

type videoScheduleBody struct {
	UpdateAt rest.Field[time.Time] `json:"updateAt"`
	Privacy  rest.Field[int]       `json:"privacy"`
}

// changes turns the body into what the domain takes; bad are the fields that
// have no meaning there.
func (in *videoBody) changes() (c video.Changes, bad []errs.Param) {
	c = video.Changes{
		Name: sent(in.Name), Category: sent(in.Category), Licence: sent(in.Licence), Language: sent(in.Language),
		Description: sent(in.Description), Support: sent(in.Support), Tags: sent(in.Tags),
		NSFW: given(in.NSFW), NSFWFlags: sent(in.NSFWFlags), NSFWSummary: sent(in.NSFWSummary),
		WaitTranscoding: given(in.WaitTranscoding), DownloadEnabled: given(in.DownloadEnabled), Sharing: given(in.SharingEnabled), Passwords: sent(in.VideoPasswords),
	}
	if in.Privacy.Has() {
		c.Privacy = new(video.Privacy(in.Privacy.V))
	}
	if in.ChannelID.Has() {
		c.Channel = new(actor.ChannelID(in.ChannelID.V))
	}
	if in.CommentsPolicy.Has() {
		c.CommentsPolicy = new(video.CommentsPolicy(in.CommentsPolicy.V))
	} else if in.CommentsEnabled.Has() {
		c.CommentsPolicy = new(video.CommentsDisabled)
		if in.CommentsEnabled.V {
			c.CommentsPolicy = new(video.CommentsEnabled)
		}
	}
	if in.OriginallyPublishedAt.Set {
		c.OriginallyPublishedAt = new(given(in.OriginallyPublishedAt))
	}
	if in.ScheduleUpdate.Set {
		c.Schedule, bad = in.schedule()
	}
	return c, bad
}

func (in *videoBody) schedule() (**video.ScheduleUpdate, []errs.Param) {
	var u *video.ScheduleUpdate
	if in.ScheduleUpdate.Null {
		return &u, nil
	}
	s := in.ScheduleUpdate.V
	if s.UpdateAt.V.IsZero() {
		return nil, []errs.Param{{Name: "scheduleUpdate.updateAt", Value: s.UpdateAt.Sent(), Msg: "Should have a schedule update date that conforms to ISO 8601"}}
	}
	u = &video.ScheduleUpdate{UpdateAt: s.UpdateAt.V}
	if s.Privacy.Set && !s.Privacy.Null {
		u.Privacy = video.Privacy(s.Privacy.V)
		if u.Privacy == 0 {
			u.Privacy = -1 // refused with the others
		}
	}
	return &u, nil
}

// sent is a field's value, cleared by null; nil when it was not sent.
func sent[T any](f rest.Field[T]) *T {
	if !f.Set {
		return nil
	}
	return &f.V
}

// given is a field's value; nil when it was not sent or is null.
func given[T any](f rest.Field[T]) *T {
	if !f.Has() {
		return nil
	}
	return &f.V
}

// videoFieldOrder is the order in which PeerTube names wrong fields.
var videoFieldOrder = []string{
	"category", "licence", "language", "nsfw", "nsfwFlags", "nsfwSummary", "waitTranscoding", "privacy", "description", "support",
	"tags", "commentsPolicy", "downloadEnabled", "originallyPublishedAt", "scheduleUpdate", "scheduleUpdate.updateAt",
	"scheduleUpdate.privacy", "videoPasswords", "name", "channelId",
}

// update serves PUT /videos/{id}. Fields that are absent stay as they are.
func (h *Videos) update(w http.ResponseWriter, r *http.Request) error {
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	in, files, err := readForm[videoBody](w, r, video.MaxPictureSize, "thumbnailfile", "previewfile")
	if err != nil {
		return err
	}
	c, bad := in.changes()
	if bad = append(bad, c.Invalid()...); len(bad) > 0 {
		slices.SortStableFunc(bad, func(a, b errs.Param) int {
			return slices.Index(videoFieldOrder, a.Name) - slices.Index(videoFieldOrder, b.Name)
		})
		return errs.Fields(bad...)
	}
	// The preview is the larger of two pictures that clients make of one.
	for _, name := range []string{"previewfile", "thumbnailfile"} {
		if picture := files[name]; picture != nil && c.Thumbnail == nil {
			c.Thumbnail = bytes.NewReader(picture)
		}
	}
	if err := h.Videos.Edit(r.Context(), auth.User(r.Context()), ref, c); err != nil {
		return err
	}
	return rest.NoContentJSON(w)
}

// readForm decodes a JSON, urlencoded or multipart body into a T, and the
// named files of a multipart one, of maxFile bytes each at most. Files under
// other names, and those that are larger, are errs.Invalid, as PeerTube has it.
func readForm[T any](w http.ResponseWriter, r *http.Request, maxFile int64, names ...string) (in T, files map[string][]byte, err error) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		in, err = rest.Body[T](w, r)
		return in, nil, err
	}
	r.Body = http.MaxBytesReader(w, r.Body, rest.MaxBody+int64(len(names))*(maxFile+1))
	parts, err := r.MultipartReader()
	if err != nil {
		return in, nil, errs.Wrap(errs.Invalid, err, "the form cannot be read")
	}
	values, files := map[string][]string{}, map[string][]byte{}
	left := int64(rest.MaxBody)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return in, nil, errs.Wrap(errs.Invalid, err, "the form ended early")
		}
		limit, isFile := left, part.FileName() != ""
		if isFile {
			limit = maxFile
		}
		b, err := io.ReadAll(io.LimitReader(part, limit+1))
		switch {
		case err != nil:
			return in, nil, errs.Wrap(errs.Invalid, err, "the form ended early")
		case int64(len(b)) > limit:
			return in, nil, errs.Field(part.FormName(), "This file is not supported or too large. Please, make sure it is under %d bytes", limit)
		case isFile && !slices.Contains(names, part.FormName()):
			return in, nil, errs.Field(part.FormName(), "Unexpected file")
		case isFile:
			files[part.FormName()] = b
		default:
			left -= int64(len(b))
			values[part.FormName()] = append(values[part.FormName()], string(b))
		}
	}
	in, err = rest.Form[T](values)
	return in, files, err
}
