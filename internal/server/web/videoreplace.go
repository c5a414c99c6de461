package web

import (
	"errors"
	"net/http"
	"net/url"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/ui"
	"sepiola/internal/server/web/upload"
)

// replaceForm serves GET /videos/replace/{id}.
func (s *Pages) replaceForm(w http.ResponseWriter, r *http.Request) error {
	v, err := s.mayReplace(r)
	if err != nil {
		return err
	}
	p := s.newPage(r, "web.replace.title")
	view, err := s.replaceView(r, p, v, ui.Form{Values: url.Values{}})
	if err != nil {
		return err
	}
	return s.ok(w, r, upload.Replace(p, view))
}

// mayReplace is the video of the path, when who asks may give it another file.
func (s *Pages) mayReplace(r *http.Request) (*video.Video, error) {
	ref, err := video.ParseRef(rest.Path(r, "id"))
	if err != nil {
		return nil, notFound()
	}
	return s.Uploads.MayReplace(r.Context(), auth.User(r.Context()), ref)
}

func (s *Pages) replaceView(r *http.Request, p *ui.Page, v *video.Video, f ui.Form) (upload.ReplaceView, error) {
	set := s.Settings()
	p.Scripts, p.NoIndex = []string{"replace.js"}, true
	view := upload.ReplaceView{Video: v, Form: f, Extensions: set.UploadExtensions, MaxChunk: set.MaxChunk}
	err := s.Uploads.Replaceable(r.Context(), v)
	if errs.Is(err, errs.Conflict) || errs.Is(err, errs.Invalid) {
		view.Busy, p.Scripts, err = true, nil, nil
	}
	return view, err
}

// replace serves POST /videos/replace/{id}, the form of browsers without
// scripts.
func (s *Pages) replace(w http.ResponseWriter, r *http.Request) error {
	v, err := s.mayReplace(r)
	if err != nil {
		return err
	}
	body, err := r.MultipartReader()
	if err != nil {
		return errs.Wrap(errs.Invalid, err, "The form cannot be read")
	}
	f, rec, err := s.readUpload(r, body)
	switch {
	case err == nil && rec == nil:
		err = errs.Field("videofile", "%s", s.locale(r).T("web.upload.no_file"))
	case err == nil:
		_, err = s.Uploads.Replace(r.Context(), auth.User(r.Context()), rec, video.ByUUID(v.UUID))
	case rec != nil:
		s.Uploads.Discard(r.Context(), rec)
	}
	if err == nil {
		return back(w, r, ui.WatchURL(v), "saved")
	}
	p := s.newPage(r, "web.replace.title")
	view, viewErr := s.replaceView(r, p, v, f.Failed(p, err, nil))
	if viewErr != nil {
		return errors.Join(err, viewErr)
	}
	return s.again(w, r, err, upload.Replace(p, view))
}
