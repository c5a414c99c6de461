package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/web/markdown"
	"sepiola/internal/server/web/playlists"
	"sepiola/internal/server/web/ui"
	"sepiola/internal/server/web/written"
)

// writtenPage serves /home: what PeerTube's clients and links know as the first page
// leads to it where nobody wrote one.
func (s *Pages) writtenPage(w http.ResponseWriter, r *http.Request) error {
	err := s.homepage(w, r)
	if errs.Is(err, errs.NotFound) {
		return moveTo(w, r, "/")
	}
	return err
}

// homepage is the page that administrators wrote.
func (s *Pages) homepage(w http.ResponseWriter, r *http.Request) error {
	if s.Homepage == nil {
		return notFound()
	}
	text, err := s.Homepage.Homepage(r.Context())
	if err != nil {
		return err
	}
	p := s.newPage(r, "")
	p.Title, p.Description, p.Canonical = p.SiteName, p.SiteAbout, r.URL.Path
	made, headed, err := s.Markdown.Page(text, (&elements{pages: s, r: r, p: p}).draw)
	if err != nil {
		return err
	}
	return s.ok(w, r, written.Page(p, made, headed))
}

// elements draws PeerTube's elements in a written page, for who reads it: what
// they may not see, and what is not there or was named wrongly, is left out.
type elements struct {
	pages *Pages
	r     *http.Request
	p     *ui.Page
	// preview: nothing is kept for later from what is not a page yet.
	preview bool
}

// later tells the cards of some videos which of them the reader keeps in the
// list "watch later".
func (e *elements) later(videos ...*video.Video) error {
	if e.preview || len(videos) == 0 {
		return nil
	}
	before := e.p.Later
	if err := e.pages.withLater(e.r, e.p, videos); err != nil {
		return err
	}
	for id, kept := range before {
		e.p.Later[id] = kept
	}
	return nil
}

func (e *elements) draw(el markdown.Element) (templ.Component, error) {
	c, err := e.drawn(el)
	if c == nil || unseen(err) {
		return templ.NopComponent, nil
	}
	return c, err
}

// unseen reports whether something cannot be shown because of what was written
// or who reads it.
func unseen(err error) bool {
	return slices.ContainsFunc([]errs.Kind{errs.NotFound, errs.Forbidden, errs.Unauthorized, errs.Invalid}, func(k errs.Kind) bool { return errs.Is(err, k) })
}

func (e *elements) drawn(el markdown.Element) (templ.Component, error) {
	switch el.Name {
	case "button":
		return button(el.Data), nil
	case "container":
		return written.Container(written.ContainerView{
			Title: el.Data["title"], Description: el.Data["description"], Inner: el.Inner,
			Row: el.Data["layout"] == "row", Packed: el.Data["justify-content"] == "normal",
		}), nil
	case "video-embed":
		return e.videoEmbed(el.Data)
	case "playlist-embed":
		return e.playlistEmbed(el.Data)
	case "video-miniature":
		v, err := e.video(el.Data["uuid"])
		if err != nil {
			return nil, err
		}
		if err := e.later(v); err != nil {
			return nil, err
		}
		return written.Video(e.p, v, e.sensitive(), said(el.Data, "only-display-title", false)), nil
	case "playlist-miniature":
		l, err := e.playlist(el.Data["uuid"])
		if err != nil {
			return nil, err
		}
		return written.Playlist(e.p, l), nil
	case "channel-miniature":
		return e.channel(el.Data)
	case "videos-list":
		return e.list(el.Data)
	case "instance-banner", "instance-avatar":
		return e.picture(el)
	}
	return nil, nil //nolint:nilnil // nobody knows it
}

func (e *elements) sensitive() string { return e.pages.sensitive(auth.User(e.r.Context())) }

// said reads a yes or no of an element; anything else is what it is otherwise.
func said(data map[string]string, name string, otherwise bool) bool {
	switch data[name] {
	case "true":
		return true
	case "false":
		return false
	}
	return otherwise
}

// button is nil for one that leads nowhere or has no text.
func button(data map[string]string) templ.Component {
	to, err := url.Parse(data["href"])
	if err != nil || data["href"] == "" || data["label"] == "" || !slices.Contains([]string{"", "http", "https", "mailto"}, strings.ToLower(to.Scheme)) {
		return nil
	}
	return written.Button(written.ButtonView{
		URL: to.String(), Label: data["label"], Main: data["theme"] != "secondary", New: said(data, "blank-target", false),
	})
}

// video is what the reader may see of a video: who has its address may see an
// unlisted one.
func (e *elements) video(id string) (*video.Video, error) {
	ref, err := video.ParseRef(id)
	if err != nil {
		return nil, err
	}
	return e.pages.Videos.Watch(e.r.Context(), video.As(auth.User(e.r.Context())), ref)
}

func (e *elements) playlist(id string) (*playlist.Playlist, error) {
	ref, err := playlist.ParseRef(id)
	if err != nil {
		return nil, err
	}
	return e.pages.Playlists.Get(e.r.Context(), auth.User(e.r.Context()), ref)
}

// embedOptions are the parameters of embeds that an element may have, by its
// attributes.
var embedOptions = map[string]string{
	"start": "start", "start-at": "start", "stop": "stop", "stop-at": "stop", "subtitle": "subtitle", "autoplay": "autoplay", "muted": "muted",
	"loop": "loop", "title": "title", "p2p": "p2p", "warning-title": "warningTitle", "controls": "controls", "control-bar": "controlBar",
	"peertube-link": "peertubeLink", "playback-rate": "playbackRate", "mode": "mode", "playlist-position": "playlistPosition",
}

func embedQuery(data map[string]string) string {
	q := url.Values{}
	for attribute, parameter := range embedOptions {
		switch v := data[attribute]; v {
		case "":
		case "true":
			q.Set(parameter, "1")
		case "false":
			q.Set(parameter, "0")
		default:
			q.Set(parameter, v)
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

func (e *elements) videoEmbed(data map[string]string) (templ.Component, error) {
	v, err := e.video(data["uuid"])
	if err != nil {
		return nil, err
	}
	return written.Embed(written.EmbedView{
		URL: embedPath + video.ShortUUID(v.UUID) + embedQuery(data), Title: v.Name, Wide: said(data, "responsive", false),
	}), nil
}

func (e *elements) playlistEmbed(data map[string]string) (templ.Component, error) {
	l, err := e.playlist(data["uuid"])
	if err != nil {
		return nil, err
	}
	return written.Embed(written.EmbedView{
		URL: embedPlaylistPath + video.ShortUUID(l.UUID) + embedQuery(data), Title: playlists.Name(e.p, l), Wide: said(data, "responsive", false),
	}), nil
}

func (e *elements) channel(data map[string]string) (templ.Component, error) {
	c, err := e.pages.Channels.ByHandle(e.r.Context(), e.pages.localHandle(data["name"]))
	if err != nil {
		return nil, err
	}
	view := written.ChannelView{Channel: c, Sensitive: e.sensitive()}
	if said(data, "display-description", true) {
		view.Description = e.pages.Markdown.Plain(c.Description, maxDescription)
	}
	if said(data, "display-latest-video", true) {
		list, err := e.videos(video.ListParams{Filter: video.Filter{Channel: c.ChannelID}, Count: 1})
		if err != nil {
			return nil, err
		}
		if len(list) > 0 {
			view.Latest = list[0]
		}
	}
	return written.Channel(e.p, view), nil
}

func (e *elements) videos(params video.ListParams) ([]*video.Video, error) {
	e.pages.wanted(e.r, &params.Filter)
	params.SkipCount = true
	params.Sort = cmp.Or(params.Sort, "-publishedAt")
	list, _, err := e.pages.Videos.List(e.r.Context(), auth.User(e.r.Context()), params)
	if err != nil {
		return nil, err
	}
	return list, e.later(list...)
}

// How many videos a list shows when nothing is said, and at most.
const (
	listedVideos    = 10
	maxListedVideos = 100
)

func (e *elements) list(data map[string]string) (templ.Component, error) {
	params, err := e.listParams(data)
	if err != nil {
		return nil, err
	}
	list, err := e.videos(params)
	if err != nil {
		return nil, err
	}
	rows, _ := strconv.Atoi(data["max-rows"]) // what is no number bounds nothing
	return written.List(e.p, written.ListView{
		Title: data["title"], Description: data["description"], Videos: list, Sensitive: e.sensitive(), Rows: rows,
		TitleOnly: said(data, "only-display-title", false),
	}), nil
}

func (e *elements) listParams(data map[string]string) (video.ListParams, error) {
	params := video.ListParams{Count: listedVideos}
	if n, err := strconv.Atoi(data["count"]); err == nil && n > 0 {
		params.Count = min(n, maxListedVideos)
	}
	if sort := data["sort"]; slices.Contains(video.Sorts, strings.TrimPrefix(sort, "-")) || slices.Contains(video.Sorts, sort) {
		params.Sort = video.Sort(sort)
	}
	f := &params.Filter
	for part := range strings.SplitSeq(data["category-one-of"], ",") {
		if n, err := strconv.Atoi(strings.TrimSpace(part)); err == nil {
			f.Categories = append(f.Categories, n)
		}
	}
	for part := range strings.SplitSeq(data["language-one-of"], ",") {
		if part = strings.TrimSpace(part); part != "" {
			f.Languages = append(f.Languages, part)
		}
	}
	f.Host = data["host"]
	if said(data, "only-local", false) {
		f.IsLocal = new(true)
	}
	if live := data["is-live"]; live == "true" || live == "false" {
		f.IsLive = new(live == "true")
	}
	if handle := data["channel-handle"]; handle != "" {
		c, err := e.pages.Channels.ByHandle(e.r.Context(), e.pages.localHandle(handle))
		if err != nil {
			return params, err
		}
		f.Channel = c.ChannelID
	}
	if handle := data["account-handle"]; handle != "" {
		name, host, _ := strings.Cut(e.pages.localHandle(handle), "@")
		a, err := e.pages.Actors.AccountByName(e.r.Context(), name, host)
		if err != nil {
			return params, err
		}
		f.Account = a.AccountID
	}
	return params, nil
}

// Sizes of the site's picture, in pixels.
const (
	usualAvatar = 120
	maxAvatar   = 512
)

func (e *elements) picture(el markdown.Element) (templ.Component, error) {
	if e.pages.Instance == nil {
		return nil, nil //nolint:nilnil // there are no pictures
	}
	site, err := e.pages.Instance(e.r.Context())
	if err != nil {
		return nil, err
	}
	if el.Name == "instance-banner" {
		return written.Banner(site.Banners), nil
	}
	size := usualAvatar
	if n, err := strconv.Atoi(el.Data["size"]); err == nil && n > 0 {
		size = min(n, maxAvatar)
	}
	return written.Avatar(site.Avatars, e.p.SiteName, size), nil
}
