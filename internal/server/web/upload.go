package web

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/web/ui"
	"sepiola/internal/server/web/upload"
)

const (
	// maxField is the most bytes of one text of a form that also has a file.
	maxField = 64 << 10
	// maxFields is how many texts such a form may have.
	maxFields = 50
)

// uploadForm serves GET /videos/upload.
func (s *Pages) uploadForm(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.upload.title")
	view, err := s.uploadView(r, p, ui.Form{Values: url.Values{"privacy": {"1"}}})
	if err != nil {
		return err
	}
	return s.ok(w, r, upload.Page(p, view))
}

func (s *Pages) uploadView(r *http.Request, p *ui.Page, f ui.Form) (upload.View, error) {
	p.Scripts, p.NoIndex, p.Here = []string{"upload.js"}, true, "/videos/upload"
	u, set := auth.User(r.Context()), s.Settings()
	channels, err := s.channelChoices(r, u)
	if err != nil {
		return upload.View{}, err
	}
	usage, err := s.Users.Usage(r.Context(), u.ID)
	if err != nil {
		return upload.View{}, err
	}
	return upload.View{
		Form: f, Channels: channels, Extensions: set.UploadExtensions, MaxChunk: set.MaxChunk, Quota: quotaLeft(u, usage),
	}, nil
}

// quotaLeft is what a user may still upload in bytes; -1 without bound.
func quotaLeft(u *user.User, used user.Usage) int64 {
	left := int64(-1)
	if u.VideoQuota >= 0 {
		left = max(u.VideoQuota-used.Used, 0)
	}
	if u.VideoQuotaDaily >= 0 {
		daily := max(u.VideoQuotaDaily-used.Daily, 0)
		if left < 0 || daily < left {
			left = daily
		}
	}
	return left
}

func (s *Pages) channelChoices(r *http.Request, u *user.User) ([]ui.Choice, error) {
	channels, err := s.Actors.ChannelsOf(r.Context(), u.AccountID)
	if err != nil {
		return nil, err
	}
	choices := make([]ui.Choice, len(channels))
	for i, c := range channels {
		choices[i] = ui.Choice{Value: strconv.FormatInt(int64(c.ChannelID), 10), Label: c.DisplayName}
	}
	return choices, nil
}

// upload serves POST /videos/upload, the form of browsers without scripts. The
// file goes to disk as it comes, whatever the order of the fields.
func (s *Pages) upload(w http.ResponseWriter, r *http.Request) error {
	body, err := r.MultipartReader()
	if err != nil {
		return errs.Wrap(errs.Invalid, err, "The form cannot be read")
	}
	f, rec, err := s.readUpload(r, body)
	var v *video.Video
	if err == nil && rec == nil {
		err = errs.Field("videofile", "%s", s.locale(r).T("web.upload.no_file"))
	}
	if err == nil {
		v, err = s.Uploads.Publish(r.Context(), auth.User(r.Context()), rec, uploadChanges(f), nil)
	}
	if err != nil {
		if rec != nil {
			s.Uploads.Discard(r.Context(), rec)
		}
		return s.uploadFailed(w, r, f, err)
	}
	http.Redirect(w, r, ui.WatchURL(v), http.StatusSeeOther)
	return nil
}

func (s *Pages) uploadFailed(w http.ResponseWriter, r *http.Request, f ui.Form, err error) error {
	p := s.newPage(r, "web.upload.title")
	view, viewErr := s.uploadView(r, p, f.Failed(p, err, nil))
	if viewErr != nil {
		return errors.Join(err, viewErr)
	}
	return s.again(w, r, err, upload.Page(p, view))
}

func (s *Pages) readUpload(r *http.Request, body *multipart.Reader) (f ui.Form, rec *video.Received, err error) {
	f.Values = url.Values{}
	for range maxFields {
		part, err := body.NextPart()
		if errors.Is(err, io.EOF) {
			return f, rec, plainForm(f.Values)
		}
		if err != nil {
			return f, rec, errs.Wrap(errs.Invalid, err, "The form ended early")
		}
		if part.FileName() == "" {
			b, err := io.ReadAll(io.LimitReader(part, maxField))
			if err != nil {
				return f, rec, errs.Wrap(errs.Invalid, err, "The form ended early")
			}
			f.Values.Add(part.FormName(), string(b))
			continue
		}
		if part.FormName() != "videofile" || rec != nil {
			continue
		}
		if rec, err = s.Uploads.Receive(r.Context(), auth.User(r.Context()), part.FileName(), part.Header.Get("Content-Type"), part); err != nil {
			return f, nil, err
		}
		if strings.TrimSpace(f.Value("name")) == "" {
			f.Values.Set("name", titleOf(part.FileName()))
		}
	}
	return f, rec, errs.New(errs.Invalid, "The form has too many fields")
}

// titleOf makes a title of a file's name.
func titleOf(filename string) string {
	name := strings.TrimSuffix(filename, path.Ext(filename))
	name = video.CleanName(strings.ReplaceAll(name, "_", " "))
	runes := []rune(name)
	for len(runes) < video.MinName {
		runes = append(runes, '_')
	}
	return string(runes[:min(len(runes), video.MaxName)])
}

func uploadChanges(f ui.Form) video.Changes {
	name, privacy, channel := f.Value("name"), video.Privacy(number(f, "privacy")), actor.ChannelID(number(f, "channelId"))
	wait := false
	return video.Changes{Name: &name, Privacy: &privacy, Channel: &channel, WaitTranscoding: &wait}
}
