package web

import (
	"net/http"

	"sepiola/internal/errs"
	"sepiola/internal/server/web/ui"
	"sepiola/internal/server/web/written"
)

// homepagePath is PeerTube's.
const homepagePath = "/admin/settings/config/homepage"

// homepageForm serves GET /admin/settings/config/homepage, where
// administrators write the page.
func (s *Pages) homepageForm(w http.ResponseWriter, r *http.Request) error {
	text, err := s.Homepage.Homepage(r.Context())
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	f := ui.Form{Values: map[string][]string{"content": {text}}}
	if s.Settings().Landing == homeRoute {
		f.Values.Set("first", "true")
	}
	return s.ok(w, r, written.Form(s.homepageFormPage(r), written.FormView{Form: f, There: text != ""}))
}

func (s *Pages) homepageFormPage(r *http.Request) *ui.Page {
	p := s.newPage(r, "web.homepage.title")
	p.NoIndex = true
	return p
}

// Where / leads.
const (
	homeRoute   = "/home"
	browseRoute = "/videos/browse"
)

// saveHomepage serves POST /admin/settings/config/homepage: it saves the page,
// or shows what it will look like.
func (s *Pages) saveHomepage(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	p, text := s.homepageFormPage(r), f.Value("content")
	if f.Value("do") == "preview" {
		made, err := s.Markdown.Part(text, (&elements{pages: s, r: r, p: p, preview: true}).draw)
		if err != nil {
			return err
		}
		return s.ok(w, r, written.Form(p, written.FormView{Form: f, Preview: made}))
	}
	if err = s.Homepage.SetHomepage(r.Context(), text); err == nil {
		err = s.setLanding(r, f.Checked("first"))
	}
	if err == nil {
		return back(w, r, homepagePath, "saved")
	}
	if errs.KindOf(err) == errs.Internal {
		return err
	}
	return s.again(w, r, err, written.Form(p, written.FormView{Form: f.Failed(p, err, nil)}))
}

// setLanding makes the written page the first one of the site, or, when it is,
// the list of all videos.
func (s *Pages) setLanding(r *http.Request, first bool) error {
	now, to := s.Settings().Landing, homeRoute
	if !first {
		to = browseRoute
	}
	if first == (now == homeRoute) { // another first page is left alone
		return nil
	}
	return s.Editor.Change(r.Context(), map[string]any{"instance": map[string]any{"defaultClientRoute": to}})
}
