package web

import (
	"cmp"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/people"
	"sepiola/internal/server/web/problem"
	"sepiola/internal/server/web/ui"
)

// maxKept is how often one field is shown again; no form has as many of a name.
const maxKept = 20

// label is what a field into which people type is called in its form: key is in
// the catalogue, and at is a part of the paths of the forms it is called so in.
type label struct{ field, at, key string }

// labels are all fields with words of people, in the order they are shown in.
// What is chosen, ticked or hidden is not among them: its value says nothing to
// who reads it; nor is what others should not see over a shoulder.
var labels = []label{
	{"text", "", "web.comment.write"},
	{"name", "/video-channels", "web.channels.name"},
	{"name", "/blocklist/servers", "web.mute.server"},
	{"name", "/blocklist/", "web.mute.account"},
	{"name", "", "web.video.name"},
	{"username", "/login", "web.login.name"},
	{"username", "", "web.signup.name"},
	{"displayName", "/video-playlists", "web.playlists.name"},
	{"displayName", "", "web.signup.display"},
	{"newName", "", "web.playlists.new_name"},
	{"email", "/my-account", "web.account.new_email"},
	{"email", "", "web.signup.email"},
	{"description", "/my-account", "web.account.about"},
	{"description", "", "web.video.description"},
	{"tags", "", "web.video.tags"},
	{"support", "", "web.video.support"},
	{"nsfwSummary", "", "web.edit.sensitive_summary"},
	{"chapters", "", "web.edit.chapters"},
	{"domains", "", "web.embed_sites.domains"},
	{"reason", "/users/", "web.users.reason"},
	{"reason", "", "web.abuse.reason_label"},
	{"message", "", "web.abuse.message"},
	{"moderationComment", "", "web.abuse.note"},
	{"moderationResponse", "", "web.registrations.response"},
	{"registrationReason", "", "web.signup.reason"},
	{people.ChannelName, "", "web.channels.name"},
	{people.ChannelTitle, "", "web.signup.display"},
	{"content", "", "web.homepage.content"},
	{"sites", "", "web.sites.which"},
	{"handle", "", "web.sites.home_handle"},
	{"video", "", "web.mirrors.which"},
	{"minViewers", "", "web.sharing.min_viewers"},
	{"maxUpload", "", "web.sharing.max_upload"},
	{"fromName", "", "web.contact.name"},
	{"fromEmail", "", "web.signup.email"},
	{"subject", "", "web.contact.subject"},
	{"body", "", "web.contact.message"},
}

// kept is what was typed in a form that was refused with a page of its own: the
// session is over, or another one than when the form was opened, or what it was
// about is gone meanwhile. It would be on no page any more. What another site
// sent is not shown as if it had been typed here.
func (s *Pages) kept(w http.ResponseWriter, r *http.Request, p *ui.Page) []problem.Field {
	if r.Method != http.MethodPost || s.Auth.FromHere(r) != nil {
		return nil
	}
	values := typedFields(w, r)
	var list []problem.Field
	shown := ""
	for _, l := range labels {
		if l.field == shown || !strings.Contains(r.URL.Path, l.at) {
			continue
		}
		shown = l.field
		for _, text := range values[l.field][:min(maxKept, len(values[l.field]))] {
			if strings.TrimSpace(text) != "" {
				list = append(list, problem.Field{Label: p.T(l.key), Text: strings.ToValidUTF8(text, "")})
			}
		}
	}
	return list
}

// sessionOver reports whether a form was refused for want of a session, or of
// the same as when it was opened.
func sessionOver(r *http.Request, err error) bool {
	e := errs.As(err)
	return errs.Is(err, errs.Unauthorized) && auth.User(r.Context()) == nil || e != nil && e.Code == "invalid_csrf"
}

// typedFields reads the fields of a form as far as they can be read, in any of the
// ways browsers send them, and lets go of its files.
func typedFields(w http.ResponseWriter, r *http.Request) url.Values {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "multipart/form-data" {
		f, _ := form(w, r) // what it is refused for is known
		return f.Values
	}
	if r.MultipartForm != nil { // it was read before it was refused
		return r.MultipartForm.Value
	}
	r.Body = http.MaxBytesReader(w, r.Body, video.MaxPictureSize+video.MaxCaption+maxForm)
	values, left := url.Values{}, int64(maxForm)
	body, err := r.MultipartReader()
	for err == nil && left > 0 {
		part, next := body.NextPart()
		if next != nil {
			break
		}
		if part.FileName() != "" {
			continue
		}
		var b []byte
		b, err = io.ReadAll(io.LimitReader(part, left))
		left -= int64(len(b))
		values.Add(part.FormName(), string(b))
	}
	return values
}

// wayBack is the page that a form was sent from, to come back to after the
// login: the one that the browser names if it is of this site, else the nearest
// above the form's address, which itself may answer forms only.
func (s *Pages) wayBack(r *http.Request) string {
	if u, err := url.Parse(r.Referer()); err == nil && strings.EqualFold(u.Host, s.Site.Host) && rest.Answers(r, http.MethodGet, cmp.Or(u.RawPath, u.Path)) {
		q := u.Query()
		if q.Has("notice") { // it has been read
			q.Del("notice")
			u.RawQuery = q.Encode()
		}
		return localPath(u.RequestURI())
	}
	at := r.URL.Path
	for at != "/" && !rest.Answers(r, http.MethodGet, at) {
		at = path.Dir(at)
	}
	return localPath((&url.URL{Path: at}).RequestURI())
}
