package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/ui"
	"sepiola/internal/server/web/watch"
)

const (
	// passwordCookie holds the password of a video until the browser is
	// closed; it goes with that video's page only.
	passwordCookie = "sepiola_video_password"
	othersCount    = 10
	// maxDescription is how much of a description goes to search engines.
	maxDescription = 200
)

// oldWatch serves /videos/watch/{uuid}.
func (s *Pages) oldWatch(w http.ResponseWriter, r *http.Request) error {
	ref, err := video.ParseRef(rest.Path(r, "id"))
	if err != nil {
		return notFound()
	}
	id := video.ShortUUID(ref.UUID)
	if ref.ID != 0 {
		id = strconv.FormatInt(int64(ref.ID), 10)
	}
	to := "/w/" + id
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	http.Redirect(w, r, to, http.StatusMovedPermanently)
	return nil
}

// watch serves GET /w/{id}.
func (s *Pages) watch(w http.ResponseWriter, r *http.Request) error {
	a, ref, err := watchAccess(r)
	if err != nil {
		return err
	}
	v, err := s.Videos.Watch(r.Context(), a, ref)
	if err != nil {
		return s.watchRefused(w, r, a, err)
	}
	return s.showWatch(w, r, a, v, nil)
}

// showWatch answers with the page of a video that the reader may see, alone or
// at a place of a playlist.
func (s *Pages) showWatch(w http.ResponseWriter, r *http.Request, a video.Access, v *video.Video, at *placeInPlaylist) error {
	attached, err := s.Videos.Attachments(r.Context(), v)
	if err != nil {
		return err
	}
	view, err := s.watchView(r, a, v)
	if err != nil {
		return err
	}
	view.Chapters = attached.Chapters
	p := s.newPage(r, "")
	p.Title, p.Canonical, p.Scripts = v.Name, ui.WatchURL(v), []string{"watch.js", "comments.js"}
	p.Description = s.Markdown.Plain(v.Description, maxDescription)
	p.NoIndex = v.Privacy != video.Public
	if v.Privacy == video.Public || v.Privacy == video.Unlisted {
		p.Document = v.URL
	}
	if v.Remote {
		p.FromElsewhere(v.URL)
	}
	if view.Playable && !view.Hidden {
		if view.Source, err = s.playerSource(r, p, a, v, &attached); err != nil {
			return err
		}
		s.allowOrigins(w.Header(), v, view.Source.Sharing)
		view.Downloads = downloads(p, v, &attached, view.Source.Token)
	}
	if v.Privacy != video.Private && v.Privacy != video.InternalOnly {
		set := s.Settings()
		view.EmbedURL = s.Site.URL(embedPath + v.UUID)
		view.EmbedMayShare = v.Playlist != nil && v.Shared() && (set.Tracker || set.ShareEmbeds)
		view.EmbedShares = set.ShareEmbeds
	}
	view.ReportURL, view.MirrorURL = s.reportURL(p, v), s.mirrorURL(p, v)
	if v.Channel != nil {
		view.Subscribe = s.target(r, &v.Channel.Actor, v.Channel.DisplayName)
	}
	if at != nil {
		at.show(r, p, &view)
	}
	if view.Rating, err = s.myRating(r, v); err != nil {
		return err
	}
	others := make([]*video.Video, len(view.Others.List))
	for i, o := range view.Others.List {
		others[i] = o.Video
	}
	if err := s.withLater(r, p, others); err != nil {
		return err
	}
	return s.ok(w, r, watch.Page(p, view))
}

// watchAccess is how a request names a video and opens it.
func watchAccess(r *http.Request) (video.Access, video.Ref, error) {
	ref, err := video.ParseRef(rest.Path(r, "id"))
	if err != nil {
		return video.Access{}, ref, notFound()
	}
	a := video.As(auth.User(r.Context()))
	if c, err := r.Cookie(passwordCookie); err == nil {
		a.Password = decodePassword(c.Value)
	}
	return a, ref, nil
}

// watchRefused asks for the password, where that is what is missing.
func (s *Pages) watchRefused(w http.ResponseWriter, r *http.Request, a video.Access, err error) error {
	code := ""
	if e := errs.As(err); e != nil {
		code = e.Code
	}
	switch code {
	case "video_requires_password", "incorrect_video_password":
		p := s.newPage(r, "web.watch.password_title")
		p.NoIndex = true
		f := ui.Form{}
		if a.Password != "" {
			f.Errors = map[string]string{"password": p.T("web.watch.password_wrong")}
		}
		return s.render(w, r, http.StatusForbidden, watch.Password(p, f, r.URL.Path))
	case video.CodeNotFollowed:
		return s.notFollowed(w, r, a, errs.As(err).OriginURL)
	}
	if errs.Is(err, errs.Unauthorized) && a.Viewer == nil { // who is sent to the login is told why
		return back(w, r, "/login?"+url.Values{"to": {r.URL.RequestURI()}}.Encode(), "video_login")
	}
	return err
}

// notFollowed leads on to a video that people may watch only where it comes
// from.
func (s *Pages) notFollowed(w http.ResponseWriter, r *http.Request, a video.Access, origin string) error {
	p := s.newPage(r, "web.watch.not_followed_title")
	p.NoIndex = true
	e := watch.Elsewhere{URL: origin, Host: hostOf(origin), MayLogIn: a.Viewer == nil && s.Videos.OpenAnywhere(true)}
	return s.render(w, r, http.StatusForbidden, watch.NotFollowed(p, e))
}

// openWatch takes the password of a video.
func (s *Pages) openWatch(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	a, ref, err := watchAccess(r)
	if err != nil {
		return err
	}
	a.Password = f.Value("password")
	if _, err := s.Videos.Watch(r.Context(), a, ref); err != nil {
		return s.watchRefused(w, r, a, err)
	}
	http.SetCookie(w, &http.Cookie{
		Name: passwordCookie, Value: encodePassword(a.Password), Path: r.URL.Path,
		HttpOnly: true, Secure: s.Site.Secure(), SameSite: http.SameSiteLaxMode,
	})
	return back(w, r, r.URL.Path, "")
}

// watchProgress serves the part of the page that says what is still done.
func (s *Pages) watchProgress(w http.ResponseWriter, r *http.Request) error {
	a, ref, err := watchAccess(r)
	if err != nil {
		return err
	}
	v, err := s.Videos.Watch(r.Context(), a, ref)
	if err != nil {
		return err
	}
	view, err := s.progressView(r, v)
	if err != nil {
		return err
	}
	return s.ok(w, r, watch.Progress(s.newPage(r, ""), view))
}

func (s *Pages) progressView(r *http.Request, v *video.Video) (watch.View, error) {
	view := watch.View{
		Video: v, Playable: v.Playlist != nil && len(v.Files) > 0 || slices.ContainsFunc(v.Files, progressive),
		MayEdit: v.MayManage(auth.User(r.Context()), user.UpdateAnyVideo) == nil, Markdown: s.Markdown,
	}
	if !v.InWork() {
		return view, nil
	}
	steps, err := s.Work.Transcodes(r.Context(), []video.ID{v.ID})
	view.Steps = steps[v.ID]
	return view, err
}

func progressive(f video.File) bool { return f.PlaylistID == 0 && f.InBrowsers() }

func (s *Pages) watchView(r *http.Request, a video.Access, v *video.Video) (watch.View, error) {
	view, err := s.progressView(r, v)
	if err != nil {
		return view, err
	}
	view.Sensitive = s.sensitive(a.Viewer)
	pref := s.preferences(r)
	view.Shown = v.ShownBy(pref, cmp.Or(pref.NSFWPolicy, view.Sensitive))
	view.Hidden = view.Shown != video.NSFWDisplay && !view.MayEdit && r.URL.Query().Get("sensitive") != "show"
	view.Agree = agree(r.URL)
	if src := ui.ThumbnailURL(v, 800); src != "" {
		view.Picture = s.Site.URL(src)
	}
	view.Others, err = s.othersView(r, a.Viewer, v, view.Sensitive)
	return view, err
}

// agree is the address of a page with its sensitive video.
func agree(u *url.URL) string {
	q := u.Query()
	q.Set("sensitive", "show")
	return u.Path + "?" + q.Encode()
}

// reportURL leads to the moderation or, without reports, to the people behind
// the site; "" when they take no letters.
func (s *Pages) reportURL(p *ui.Page, v *video.Video) string {
	if p.Reports {
		return ui.ReportURL(v)
	}
	return s.letterURL(p, v.Name, ui.WatchURL(v))
}

// letterURL is the form of a letter to the administrators about what is called
// name, with its address filled in; "" when they take no letters.
func (s *Pages) letterURL(p *ui.Page, name, path string) string {
	if s.Users.ContactOpen() != nil {
		return ""
	}
	subject := []rune(p.T("web.watch.report_subject", "title", name))
	q := url.Values{
		"subject": {string(subject[:min(len(subject), user.MaxContactSubject)])},
		"body":    {p.T("web.watch.report_body", "url", p.Absolute(path))},
	}
	return "/about/contact?" + q.Encode()
}

// seconds reads a time of the address; what is none is the beginning.
func seconds(s string) int {
	n, ok := ui.Clock(s)
	if !ok {
		return 0
	}
	return n
}
