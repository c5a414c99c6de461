package web

import (
	"cmp"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/problem"
)

// maxKeptFields is how many fields of a form are shown again; none that people
// type into has as many.
const maxKeptFields = 100

// kept is what was typed in a form that was refused because the session is over,
// or is another one than when the form was opened: it would be on no page any
// more. What another site sent is not shown as if it had been typed here.
func (s *Pages) kept(w http.ResponseWriter, r *http.Request, err error) []problem.Field {
	e := errs.As(err)
	over := errs.Is(err, errs.Unauthorized) && auth.User(r.Context()) == nil || e != nil && e.Code == "invalid_csrf"
	if r.Method != http.MethodPost || !over || s.Auth.FromHere(r) != nil {
		return nil
	}
	values := typedFields(w, r)
	var list []problem.Field
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, text := range values[name] {
			if shownAgain(name, text) && len(list) < maxKeptFields {
				list = append(list, problem.Field{Name: strings.ToValidUTF8(name, ""), Text: strings.ToValidUTF8(text, "")})
			}
		}
	}
	return list
}

// typedFields reads the fields of a form as far as they can be read, in any of the
// ways browsers send them, and lets go of its files.
func typedFields(w http.ResponseWriter, r *http.Request) url.Values {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "multipart/form-data" {
		f, err := form(w, r)
		if err != nil {
			return nil
		}
		return f.Values
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

// shownAgain reports whether a field is one that people fill and others may see
// over their shoulder.
func shownAgain(name, text string) bool {
	if strings.TrimSpace(text) == "" || text == "true" || name == "to" || name == "do" {
		return false
	}
	name = strings.ToLower(name)
	return !slices.ContainsFunc([]string{auth.CSRFField, "password", "token", "secret", "otp"}, func(word string) bool { return strings.Contains(name, word) })
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
