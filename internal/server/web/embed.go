package web

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/embed"
	"sepiola/internal/server/web/player"
	"sepiola/internal/server/web/ui"
)

// The paths of embeds, PeerTube's. server/listen lets pages of other sites
// frame what lies below them, and nothing else.
const (
	embedPath         = "/videos/embed/"
	embedPlaylistPath = "/video-playlists/embed/"
)

// passwordHeader carries the password of a video, as in the API.
const passwordHeader = "X-Peertube-Video-Password"

// EmbedService says where videos may be embedded: video.Embeds.
type EmbedService interface {
	Of(ctx context.Context, v *video.Video) (video.EmbedPrivacy, error)
	OfAll(ctx context.Context, list []*video.Video) (map[video.ID]video.EmbedPrivacy, error)
	Get(ctx context.Context, w video.Viewer, ref video.Ref) (video.EmbedPrivacy, error)
	Set(ctx context.Context, w video.Viewer, ref video.Ref, p video.EmbedPrivacy) error
	ValidDomain(d string) bool
}

func (s *Pages) mountEmbeds(r *rest.Router) {
	s.embedStyle = s.writtenStyle("embed.css")
	r.Get(embedPath+"{id}", s.framed(s.embedVideo))
	r.Get(embedPlaylistPath+"{id}", s.framed(s.embedPlaylist))
	r.Get(embedPlaylistPath+"{id}/next", s.framed(s.embedPlaylistNext))
	r.Get("/videos/manage/{id}/embed", s.page(auth.Required(s.embedSites)))
	r.Post("/videos/manage/{id}/embed", s.page(auth.Required(s.setEmbedSites)))
	r.Get("/videos/test-embed/{id}", s.page(s.testEmbed))
	r.Get("/video-playlists/test-embed/{id}", s.page(s.testEmbedPlaylist))
}

// framed turns the errors of a handler into a few words: a frame has no room
// for a page, and nobody logs in there.
func (s *Pages) framed(h rest.HandlerFunc) rest.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := h(w, r)
		if err == nil {
			return nil
		}
		if r.Context().Err() != nil && errs.Is(err, errs.Internal) {
			return nil // the reader went away
		}
		words, status := "web.embed.", rest.Status(err)
		if strings.HasPrefix(r.URL.Path, embedPlaylistPath) {
			words += "list_"
		}
		switch {
		case errs.Is(err, errs.NotFound):
			words += "gone"
		case errs.Is(err, errs.Unauthorized), errs.Is(err, errs.Forbidden):
			words, status = words+"private", http.StatusForbidden
		default:
			s.Log.ErrorContext(r.Context(), "embed failed", "err", err, "path", r.URL.Path)
			words = "web.embed.trouble"
		}
		return s.refuseEmbed(w, r, status, words, "")
	}
}

// refuseEmbed says why there is no video, and tells nothing of it.
func (s *Pages) refuseEmbed(w http.ResponseWriter, r *http.Request, status int, words, watch string) error {
	p := s.embedPage(r)
	return s.sendEmbed(w, r, status, p, embed.View{Message: p.T(words), TitleURL: watch, Options: s.embedOptions(r)})
}

// embedPage is the page of an embed; whoever looks is nobody, but in frames of
// this site.
func (s *Pages) embedPage(r *http.Request) *ui.Page {
	p := s.newPage(r, "")
	p.NoIndex, p.Notice = true, ""
	if !ownFrame(r, s.Site.Host) {
		p.User = nil
	}
	return p
}

// ownFrame reports whether a page of this very site, or a person directly, asks
// for a frame. Browsers leave our cookie out of frames of other sites, but not
// of sites beside this one on the same domain: with a message such a page
// could ask for the picture of a video that only its viewer may see.
func ownFrame(r *http.Request, host string) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return true
	case "": // an old browser, or no TLS
		return refererHost(r) == strings.ToLower(host)
	}
	return false
}

// refererHost is the host of the page that asks, with its port; "" when it is
// not told.
func refererHost(r *http.Request) string { return hostOf(r.Referer()) }

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

// aroundHeader is what frame.ts says is around the frame when it asks for
// another video or with a password: then the page that asks is the embed.
const aroundHeader = "X-Embedded-In"

// embedderHost is the host of the page around an embed.
func embedderHost(r *http.Request) string {
	if around := r.Header.Values(aroundHeader); len(around) > 0 {
		return hostOf(around[0])
	}
	return refererHost(r)
}

// embedAccess is what a request for an embed shows: its password is only ever
// in the memory of the frame, and sent in a header.
func (s *Pages) embedAccess(r *http.Request) video.Access {
	a := video.Access{Password: r.Header.Get(passwordHeader)}
	if ownFrame(r, s.Site.Host) {
		a.Viewer = auth.User(r.Context())
	}
	return a
}

// embedVideo serves GET /videos/embed/{id}.
func (s *Pages) embedVideo(w http.ResponseWriter, r *http.Request) error {
	ref, err := video.ParseRef(rest.Path(r, "id"))
	if err != nil {
		return notFound()
	}
	a := s.embedAccess(r)
	v, err := s.Videos.Watch(r.Context(), a, ref)
	if err != nil {
		return s.embedRefused(w, r, a, err, "/w/"+url.PathEscape(rest.Path(r, "id")))
	}
	at, err := s.Embeds.Of(r.Context(), v)
	if err != nil {
		return err
	}
	if !at.Allows(s.Site, embedderHost(r)) {
		return s.refuseEmbed(w, r, http.StatusForbidden, "web.embed.elsewhere", ui.WatchURL(v))
	}
	frameOnly(w.Header(), at)
	p := s.embedPage(r)
	view, err := s.embedView(r, p, a, v)
	if err != nil {
		return err
	}
	s.allowOrigins(w.Header(), v, sharingOf(view.Source)) // what asks first may play later
	return s.sendEmbed(w, r, http.StatusOK, p, view)
}

// embedRefused asks for the password, where that is what is missing. The page
// does not tell of the video.
func (s *Pages) embedRefused(w http.ResponseWriter, r *http.Request, a video.Access, err error, watch string) error {
	if e := errs.As(err); e == nil || e.Code != "video_requires_password" && e.Code != "incorrect_video_password" {
		return s.embedElsewhere(w, r, err)
	}
	p := s.embedPage(r)
	view := embed.View{Password: &embed.Password{Wrong: a.Password != "", Watch: watch}, Options: s.embedOptions(r)}
	return s.sendEmbed(w, r, http.StatusForbidden, p, view)
}

// embedElsewhere leads on to a video that people may watch only where it comes
// from, if that is what err says; it returns any other.
func (s *Pages) embedElsewhere(w http.ResponseWriter, r *http.Request, err error) error {
	e := errs.As(err)
	if e == nil || e.Code != video.CodeNotFollowed {
		return err
	}
	p := s.embedPage(r)
	return s.sendEmbed(w, r, http.StatusForbidden, p, embed.View{
		Message: p.Problem(err), Origin: e.OriginURL, OriginHost: hostOf(e.OriginURL), Options: s.embedOptions(r),
	})
}

// embedView is the page of a video that may be shown.
func (s *Pages) embedView(r *http.Request, p *ui.Page, a video.Access, v *video.Video) (embed.View, error) {
	view := embed.View{Title: v.Name, TitleURL: ui.WatchURL(v), Options: s.embedOptions(r)}
	p.Title, p.Canonical = v.Name, view.TitleURL
	if v.Remote {
		p.FromElsewhere(v.URL)
	}
	if !playable(v) {
		view.Message = p.StateName(v.State)
		return view, nil
	}
	if shown := v.Shown(a.Viewer, s.sensitive(a.Viewer)); shown != video.NSFWDisplay && r.URL.Query().Get("sensitive") != "show" {
		view.Sensitive = sensitiveEmbed(p, r, v, shown)
		return view, nil
	}
	attached, err := s.Videos.Attachments(r.Context(), v)
	if err != nil {
		return view, err
	}
	src, err := s.playerSource(r, p, a, v, &attached)
	if err != nil {
		return view, err
	}
	q := r.URL.Query()
	src.Embed, src.Autoplay, src.AutoplayNext = true, q.Get("autoplay") == "1", true
	src.Asked = nil // Autoplay says it all
	src.NoControls, src.NoBar = q.Get("controls") == "0", q.Get("controlBar") == "0"
	src.Start, src.Stop = within(seconds(q.Get("start")), seconds(q.Get("stop")), v.Duration)
	src.Watching.Here = false // a frame remembers nothing
	set := s.Settings()       // the page around may ask for what the site does not do by itself; a reader who shares nowhere is not overruled
	if src.Sharing, err = s.sharing(r, v, set.ShareEmbeds || set.Tracker && q.Get("p2p") == "1"); err != nil {
		return view, err
	}
	if src.Sharing != nil && len(r.Header.Values(aroundHeader)) > 0 {
		src.Sharing.Mirrors = nil // it is shown in a page that was sent for something else and may not ask them
	}
	view.Source = &src
	return view, nil
}

// sharingOf is how viewers share what is played; nil not at all.
func sharingOf(src *player.Source) *player.Sharing {
	if src == nil {
		return nil
	}
	return src.Sharing
}

// playable reports whether there is something to play by now.
func playable(v *video.Video) bool {
	return v.Playlist != nil && len(v.Files) > 0 || slices.ContainsFunc(v.Files, progressive)
}

// within drops times that the video does not have, and a stop that is not after
// the start. A duration of 0 is unknown.
func within(start, stop, duration int) (from, to int) {
	if duration > 0 && start >= duration {
		start = 0
	}
	if stop <= start || duration > 0 && stop > duration {
		stop = 0
	}
	return start, stop
}

func sensitiveEmbed(p *ui.Page, r *http.Request, v *video.Video, shown string) *embed.Sensitive {
	out := &embed.Sensitive{Blurred: shown == video.NSFWBlur, Hidden: shown == video.NSFWHidden, Summary: v.NSFWSummary, Agree: agree(r.URL)}
	if !out.Hidden {
		out.Picture = ui.ThumbnailURL(v, embedPicture)
	}
	var flags []string
	if v.NSFWFlags&video.FlagViolent != 0 {
		flags = append(flags, p.T("web.watch.flag_violent"))
	}
	if v.NSFWFlags&video.FlagExplicitSex != 0 {
		flags = append(flags, p.T("web.watch.flag_sex"))
	}
	out.Flags = strings.Join(flags, ", ")
	return out
}

// embedPicture is the width of the picture of an embed, in pixels.
const embedPicture = 800

var (
	embedColour = regexp.MustCompile(`^(?i:#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})|[a-z]{3,24}|(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch)\([0-9a-z%., /+-]{1,60}\))$`)
	embedScope  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)
)

// embedOptions reads what PeerTube's parameters ask of the page.
func (s *Pages) embedOptions(r *http.Request) embed.Options {
	q := r.URL.Query()
	o := embed.Options{
		NoTitle: q.Get("title") == "0", NoLink: q.Get("peertubeLink") == "0", NoWarning: q.Get("warningTitle") == "0", API: q.Get("api") == "1", Scope: "peertube",
		WaitPassword: q.Get("waitPasswordFromEmbedAPI") == "1",
		Background:   colour(q.Get("bigPlayBackgroundColor")), Foreground: colour(q.Get("foregroundColor")),
	}
	if q.Get("controlBar") == "0" { // PeerTube's link is in the bar
		o.NoLink = true
	}
	if q.Get("controls") == "0" { // whoever wants the picture alone
		o.NoTitle, o.NoLink, o.NoWarning = true, true, true
	}
	o.API = o.API || o.WaitPassword
	if scope := q.Get("scope"); embedScope.MatchString(scope) {
		o.Scope = scope
	}
	return o
}

// colour lets a CSS colour through, and "" for anything else.
func colour(s string) string {
	if !embedColour.MatchString(s) {
		return ""
	}
	return s
}

// frameOnly keeps a page to the sites of an allow-list. It is a second policy
// beside that of server/listen: browsers keep both.
func frameOnly(h http.Header, at video.EmbedPrivacy) {
	if at.Policy == video.EmbedAnywhere {
		return
	}
	policy := "frame-ancestors 'self'"
	for _, d := range at.Domains {
		if isASCII(d) {
			policy += " http://" + d + " https://" + d
		}
	}
	h.Add("Content-Security-Policy", policy)
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c >= 0x7f })
}

// sendEmbed renders an embed and lets its style through its content policy.
func (s *Pages) sendEmbed(w http.ResponseWriter, r *http.Request, status int, p *ui.Page, view embed.View) error {
	view.Style = s.embedStyle.css
	s.embedStyle.allow(w.Header())
	w.Header().Add("Vary", "Referer, Sec-Fetch-Site, "+aroundHeader)
	return s.render(w, r, status, embed.Page(p, view))
}
