package web

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/i18n"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/pager"
	"sepiola/internal/server/web/problem"
	"sepiola/internal/server/web/ui"
)

// themeCookie keeps the colours that were chosen on a device, logged in or not.
const themeCookie = "sepiola_theme"

// page turns the errors of a handler into pages.
func (s *Pages) page(h rest.HandlerFunc) rest.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
		return nil
	}
}

// newPage is the page that answers r, with what all pages know.
func (s *Pages) newPage(r *http.Request, title string, args ...any) *ui.Page {
	set, u := s.Settings(), auth.User(r.Context())
	l, pref := s.locale(r), s.preferences(r)
	p := &ui.Page{
		Locale: l, Assets: s.Assets, Site: s.Site, SiteName: set.Name, SiteAbout: set.ShortDescription,
		User: u, CSRF: auth.CSRFToken(r.Context()), Theme: theme(r, pref), Prefs: pref, Here: r.URL.RequestURI(), Now: s.Now(),
		SignUp: s.Policy().Signup.Enabled, Reports: s.Abuses != nil, Federated: set.Federated, Answered: set.Federated && set.Answered, Logos: s.siteLogos(r), Fragments: &s.fragments,
	}
	p.CardAvatars, p.CardNames = set.CardAvatars, set.CardNames
	p.Unread = s.unread(r, u)
	p.Broadcast = s.broadcast(r, set.Broadcast)
	p.Apps = set.apps()
	p.Hint = s.hint(r, u)
	p.OpenReports = s.openReports(r, u)
	p.WaitingRegistrations = s.waitingRegistrations(r, u)
	for _, tag := range s.Words.Tags() {
		p.Languages = append(p.Languages, s.Words.Locale(tag))
	}
	if title != "" {
		p.Title = l.T(title, args...)
	}
	if key := r.URL.Query().Get("notice"); key != "" && len(key) < 40 {
		if text := l.T("web.notice." + key); text != "web.notice."+key {
			p.Notice = text
		}
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		p.Here = s.wayBack(r)
	}
	return p
}

func (s *Pages) locale(r *http.Request) *i18n.Locale {
	wishes := rest.Languages(r)
	if u := auth.User(r.Context()); u != nil {
		wishes = append(wishes, u.Preferences.Language)
	}
	return s.Words.Match(append(wishes, r.Header.Get("Accept-Language"), s.Settings().Language)...)
}

// theme is the choice of colours of a device, or of the reader's account.
func theme(r *http.Request, p user.Preferences) string {
	if c, err := r.Cookie(themeCookie); err == nil && (c.Value == lightTheme || c.Value == darkTheme) {
		return c.Value
	}
	return themeOf(p)
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// render answers with a component, whole or not at all. It is compressed on
// its way, by server/listen.
func (s *Pages) render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	if err := c.Render(r.Context(), b); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "private, no-cache")
	h.Add("Vary", "Accept-Language, Cookie, X-Peertube-Language")
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the reader may be gone
	return nil
}

// ok renders a page that was asked for.
func (s *Pages) ok(w http.ResponseWriter, r *http.Request, c templ.Component) error {
	return s.render(w, r, http.StatusOK, c)
}

// paged answers with a page of a list. One behind the end, which has come nearer
// since, is none: it leads to the last.
func (s *Pages) paged(w http.ResponseWriter, r *http.Request, g pager.Pager, c templ.Component) error {
	if g.Beyond() {
		return back(w, r, g.Last(), r.URL.Query().Get("notice"))
	}
	return s.ok(w, r, c)
}

// again renders a form whose input was wrong. What is no mistake of who sent it
// becomes the page of a problem.
func (s *Pages) again(w http.ResponseWriter, r *http.Request, err error, c templ.Component) error {
	if errs.Is(err, errs.Internal) {
		return err
	}
	return s.render(w, r, rest.Status(err), c)
}

// fail answers with the page of a problem. Who is not logged in is led to the
// login first, and keeps what was typed in a form.
func (s *Pages) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil && errs.Is(err, errs.Internal) {
		return // the reader went away
	}
	get := r.Method == http.MethodGet || r.Method == http.MethodHead
	if errs.Is(err, errs.Unauthorized) && auth.User(r.Context()) == nil && get {
		http.Redirect(w, r, "/login?to="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		return
	}
	status := rest.Status(err)
	if status >= http.StatusInternalServerError {
		s.Log.ErrorContext(r.Context(), "page failed", "err", err, "method", r.Method, "path", r.URL.Path)
	}
	kind := strconv.Itoa(status)
	p := s.newPage(r, "")
	kept := problem.Kept{Fields: s.kept(w, r, p), Session: sessionOver(r, err)}
	if p.T("web.problem."+kind) == "web.problem."+kind {
		kind = "other"
	}
	p.Title, p.NoIndex, p.Notice = p.T("web.problem."+kind), true, ""
	detail := p.T("web.problem." + kind + ".text")
	if e := errs.As(err); kind == "other" || e != nil && (len(e.Reason) > 0 || e.Code == "invalid_csrf") && status < http.StatusInternalServerError {
		detail = p.Problem(err)
	}
	if err := s.render(w, r.WithContext(context.WithoutCancel(r.Context())), status, problem.Page(p, status, detail, kept)); err != nil {
		s.Log.ErrorContext(r.Context(), "the page of a problem failed", "err", err)
		http.Error(w, http.StatusText(status), status)
	}
}

func notFound() error { return errs.New(errs.NotFound, "This page does not exist") }

// back redirects after a form was taken, with a notice to show there. to may
// come from outside: only paths of this site are followed.
func back(w http.ResponseWriter, r *http.Request, to, notice string) error {
	to = localPath(to)
	if notice != "" || strings.Contains(to, "notice=") { // an old one has been read
		u, err := url.Parse(to)
		if err != nil {
			return err
		}
		q := u.Query()
		q.Del("notice")
		if notice != "" {
			q.Set("notice", notice)
		}
		u.RawQuery = q.Encode()
		to = u.String()
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// localPath returns to when it is a path of this site, else "/". Browsers take
// "//host" and "/\host" for other sites.
func localPath(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(to, "/") ||
		strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return "/"
	}
	return to
}

// maxForm is the most bytes of a form without files.
const maxForm = 1 << 20

// form reads the fields of a form.
func form(w http.ResponseWriter, r *http.Request) (ui.Form, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return ui.Form{}, errs.Wrap(errs.Invalid, err, "The form cannot be read")
	}
	return ui.Form{Values: r.PostForm}, plainForm(r.PostForm)
}

// plainForm refuses a form with what is no text, which no browser sends.
func plainForm(values url.Values) error {
	if bad := rest.NotText(values, ""); len(bad) > 0 {
		return errs.Fields(bad...)
	}
	return nil
}

// pageStart is where a page of a list begins, by its number in the query.
func pageStart(r *http.Request, count int) int {
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil || n < 1 || n > 1_000_000 {
		return 0
	}
	return (n - 1) * count
}
