package sitelist

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"sepiola/internal/directory"
	"sepiola/internal/errs"
	"sepiola/internal/i18n"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/pager"
	view "sepiola/internal/server/web/sitelist"
	"sepiola/internal/server/web/ui"
)

// pageSize is how many sites a page has.
const pageSize = 24

func (s *Server) newPage(r *http.Request, title string) *ui.Page {
	l := s.locale(r)
	p := &ui.Page{
		Locale: l, Assets: s.Assets, Site: s.Site, SiteName: s.Name, Here: r.URL.RequestURI(), Now: s.Now(),
	}
	if p.SiteName == "" {
		p.SiteName = l.T("index.brand")
	}
	for _, tag := range s.Words.Tags() {
		p.Languages = append(p.Languages, s.Words.Locale(tag))
	}
	if title != "" {
		p.Title = l.T(title)
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		p.Here = r.URL.Path
	}
	return p
}

func (s *Server) locale(r *http.Request) *i18n.Locale {
	return s.Words.Match(append(rest.Languages(r), r.Header.Get("Accept-Language"))...)
}

// listPage is the list to choose from. A filter that says nonsense is as if it
// were not there: addresses get cut and old ones stay about.
func (s *Server) listPage(w http.ResponseWriter, r *http.Request) error {
	values := r.URL.Query()
	f := pageFilter(values)
	if f.Check() != nil {
		f, values = pageFilter(url.Values{}), url.Values{}
	}
	number, err := strconv.Atoi(values.Get(pager.At))
	if err != nil || number < 1 || number > maxNumber/pageSize {
		number = 1
	}
	f.Start, f.Count = (number-1)*pageSize, pageSize
	sites, total, err := s.Directory.List(r.Context(), f)
	if err != nil {
		return err
	}
	choices, err := s.Directory.Choices(r.Context())
	if err != nil {
		return err
	}
	p := s.newPage(r, "index.title")
	p.Description, p.NoIndex = p.T("index.intro"), len(values) > 0
	if s.Site.Secure() { // the address that people use is known
		p.Canonical = "/"
	}
	return s.render(w, r, http.StatusOK, view.List(p, view.View{
		Sites: sites, Total: total, Choices: choices, Scheme: s.Scheme,
		Filters: ui.Form{Values: shownFilters(values)}, Filtered: len(shownFilters(values)) > 0,
		Pager: pager.Pager{Path: "/", Query: shownFilters(values), Start: f.Start, Count: pageSize, Total: total},
	}))
}

// filterNames are the fields of the form of filters.
var filterNames = []string{"search", "language", "category", "signup", "sensitive", "live", "sort"}

// shownFilters are the filters that were set.
func shownFilters(values url.Values) url.Values {
	out := url.Values{}
	for _, name := range filterNames {
		if v := values.Get(name); v != "" {
			out.Set(name, v)
		}
	}
	return out
}

// pageFilter reads the form of filters.
func pageFilter(values url.Values) directory.Filter {
	yes, no := true, false
	f := directory.Filter{Sort: view.Orders[0], Search: strings.TrimSpace(values.Get("search"))}
	if sort := values.Get("sort"); slices.Contains(view.Orders, sort) {
		f.Sort = sort
	}
	if l := values.Get("language"); l != "" {
		f.Languages = []string{l}
	}
	if c, err := strconv.Atoi(values.Get("category")); err == nil {
		f.Categories = []int{c}
	}
	if p := values.Get("sensitive"); p != "" {
		f.NSFW = []string{p}
	}
	if values.Get("live") != "" {
		f.Live = &yes
	}
	switch values.Get("signup") {
	case "open":
		f.Signup, f.Approval = &yes, &no
	case "approval":
		f.Signup, f.Approval = &yes, &yes
	case "closed":
		f.Signup = &no
	}
	return f
}

func (s *Server) addPage(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "index.add.title")
	form := ui.Form{}
	if host := r.URL.Query().Get("done"); host != "" {
		if name, err := directory.ParseHost(host, true); err == nil {
			p.Notice = p.T("index.add.done", "host", name)
		}
	}
	p.NoIndex = p.Notice != ""
	return s.render(w, r, http.StatusOK, view.Add(p, form))
}

func (s *Server) addForm(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, rest.MaxBody)
	if err := r.ParseForm(); err != nil {
		return errs.Wrap(errs.Invalid, err, "the form cannot be read")
	}
	host := r.PostForm.Get("host")
	site, err := s.Directory.Register(r.Context(), host)
	if err == nil {
		http.Redirect(w, r, "/add?done="+url.QueryEscape(site.Host), http.StatusSeeOther)
		return nil
	}
	e := errs.As(err)
	if e == nil || e.Code == "" {
		return err
	}
	p := s.newPage(r, "index.add.title")
	f := ui.Form{Values: url.Values{"host": {host}}, Errors: map[string]string{"host": p.T("index.add.error." + e.Code)}}
	return s.render(w, r, rest.Status(err), view.Add(p, f))
}

// language lets the device keep a language and leads back.
func (s *Server) language(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, rest.MaxBody)
	if err := r.ParseForm(); err != nil {
		return errs.Wrap(errs.Invalid, err, "the form cannot be read")
	}
	if tag := r.PostForm.Get("language"); s.Words.Has(tag) {
		rest.SetLanguage(w, tag, s.Site.Secure())
	}
	http.Redirect(w, r, back(r.PostForm.Get("to")), http.StatusSeeOther)
	return nil
}

// back is a path of this server, or its first page.
func back(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n") {
		return "/"
	}
	return u.RequestURI()
}

// logo serves a picture. Its name changes with what it shows.
func (s *Server) logo(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[directory.ID](r, "id")
	if err != nil {
		return err
	}
	hash, ok := strings.CutSuffix(rest.Path(r, "file"), ".png")
	if !ok {
		return errs.New(errs.NotFound, "not found")
	}
	b, err := s.Directory.Logo(r.Context(), id, hash)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	return rest.Bytes(w, http.StatusOK, "image/png", b)
}

func (s *Server) notFound(w http.ResponseWriter, r *http.Request) error {
	err := errs.New(errs.NotFound, "not found")
	if strings.HasPrefix(r.URL.Path, "/api/") {
		return err
	}
	s.fail(w, r, err)
	return nil
}

// page turns the errors of a handler into pages.
func (s *Server) page(h rest.HandlerFunc) rest.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
		return nil
	}
}

func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil && errs.Is(err, errs.Internal) {
		return // the reader went away
	}
	status := rest.Status(err)
	if status >= http.StatusInternalServerError {
		s.Log.ErrorContext(r.Context(), "page failed", "err", err, "method", r.Method, "path", r.URL.Path)
	}
	p := s.newPage(r, "")
	kind := strconv.Itoa(status)
	if p.T("web.problem."+kind) == "web.problem."+kind {
		kind = "500"
	}
	p.Title, p.NoIndex = p.T("web.problem."+kind), true
	r = r.WithContext(context.WithoutCancel(r.Context()))
	if err := s.render(w, r, status, view.Problem(p, p.T("web.problem."+kind+".text"))); err != nil {
		s.Log.ErrorContext(r.Context(), "the page of a problem failed", "err", err)
	}
}

// render answers with a component, whole or not at all.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	var b bytes.Buffer
	if err := c.Render(r.Context(), &b); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Cache-Control", "private, no-cache")
	h.Add("Vary", "Accept-Language, Cookie, X-Peertube-Language")
	return rest.Bytes(w, status, "text/html; charset=utf-8", b.Bytes())
}
