package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/actorpage"
	"sepiola/internal/server/web/pager"
	"sepiola/internal/server/web/ui"
)

// channel serves /c/{handle}.
func (s *Pages) channel(w http.ResponseWriter, r *http.Request) error {
	c, err := s.Channels.ByHandle(r.Context(), s.handle(r))
	if err != nil {
		return err
	}
	p, h := s.channelHead(r, c, 0)
	p.CardAvatars = false // it stands above them
	return s.actorVideos(w, r, p, h, nil, video.Filter{Channel: c.ChannelID})
}

// channelHead is the upper part of a channel's page, with its tab-th tab open.
func (s *Pages) channelHead(r *http.Request, c *actor.Channel, tab int) (*ui.Page, actorpage.Head) {
	p := s.newPage(r, "")
	p.Title, p.Canonical, p.Description = c.DisplayName, ui.ChannelURL(c), s.Markdown.Plain(c.Description, maxDescription)
	p.Document = c.URL
	query := url.Values{"videoChannelId": {strconv.FormatInt(int64(c.ChannelID), 10)}}
	p.Feeds = ui.FeedsOf("videos", c.DisplayName, query)
	if c.Local() { // podcasts are of what is published here
		p.Feeds = append(p.Feeds, p.PodcastOf(c.DisplayName, query))
	}
	if !c.Local() {
		p.FromElsewhere(c.URL)
	}
	base := strings.TrimSuffix(ui.ChannelURL(c), "/videos")
	h := actorpage.Head{
		Actor: &c.Actor, Name: c.DisplayName, Handle: c.FullHandle(s.Site.Host), Description: c.Description, Support: c.Support,
		Owner: c.Owner, Markdown: s.Markdown,
		Subscribe: s.target(r, &c.Actor, c.DisplayName),
		Tabs: []actorpage.Tab{
			{URL: base + "/videos", Label: p.T("web.actor.videos")},
			{URL: base + "/video-playlists", Label: p.T("web.playlists.of_channel")},
		},
	}
	h.Tabs[tab].Here = true
	if u := auth.User(r.Context()); u != nil && c.Local() && u.AccountID == c.OwnerID {
		h.EditURL = "/my-library/video-channels/update/" + c.Username
	}
	return p, h
}

// account serves /a/{handle}: the channels of an account.
func (s *Pages) account(w http.ResponseWriter, r *http.Request) error {
	_, p, h, err := s.accountHead(r, 0)
	if err != nil {
		return err
	}
	return s.ok(w, r, actorpage.Channels(p, h))
}

// accountVideos serves /a/{handle}/videos: those of all its channels, or those
// of them in which the words of search are.
func (s *Pages) accountVideos(w http.ResponseWriter, r *http.Request) error {
	a, p, h, err := s.accountHead(r, 1)
	if err != nil {
		return err
	}
	f := &actorpage.Find{Path: h.Tabs[1].URL, Text: searched(r)}
	p.NoIndex = p.NoIndex || f.Text != ""
	return s.actorVideos(w, r, p, h, f, video.Filter{Account: a.AccountID, Search: f.Text})
}

func (s *Pages) accountHead(r *http.Request, tab int) (*actor.Account, *ui.Page, actorpage.Head, error) {
	name, host, _ := strings.Cut(s.handle(r), "@")
	a, err := s.Actors.AccountByName(r.Context(), name, host)
	if err != nil {
		return nil, nil, actorpage.Head{}, err
	}
	base := strings.TrimSuffix(ui.AccountURL(a), "/video-channels")
	p := s.newPage(r, "")
	p.Title, p.Canonical, p.Description = a.DisplayName, base+"/video-channels", s.Markdown.Plain(a.Description, maxDescription)
	p.Document = a.URL
	p.Feeds = ui.FeedsOf("videos", a.DisplayName, url.Values{"accountId": {strconv.FormatInt(int64(a.AccountID), 10)}})
	if !a.Local() {
		p.FromElsewhere(a.URL)
	}
	h := actorpage.Head{
		Actor: &a.Actor, Name: a.DisplayName, Handle: a.FullHandle(s.Site.Host), Description: a.Description, Markdown: s.Markdown,
		Tabs: []actorpage.Tab{
			{URL: base + "/video-channels", Label: p.T("web.actor.channels")},
			{URL: base + "/videos", Label: p.T("web.actor.videos")},
		},
	}
	h.Tabs[tab].Here = true
	channels, err := s.Actors.ChannelsOf(r.Context(), a.AccountID)
	if err != nil {
		return nil, nil, h, err
	}
	s.subscribing(r, &h, a, channels)
	if u := auth.User(r.Context()); u != nil && u.AccountID == a.AccountID {
		h.EditURL = "/my-account/settings"
	} else if p.Reports {
		h.ReportURL = ui.ReportAccountURL(a)
	}
	return a, p, h, nil
}

func (s *Pages) actorVideos(w http.ResponseWriter, r *http.Request, p *ui.Page, h actorpage.Head, find *actorpage.Find, f video.Filter) error {
	viewer, start := auth.User(r.Context()), pageStart(r, pager.PageSize)
	s.wanted(r, &f)
	videos, total, err := s.Videos.List(r.Context(), viewer, video.ListParams{Filter: f, Sort: "-publishedAt", Start: start, Count: pager.PageSize})
	if err != nil {
		return err
	}
	if err := s.withLater(r, p, videos); err != nil {
		return err
	}
	g := pager.Pager{Path: r.URL.Path, Start: start, Count: pager.PageSize, Total: total, Endless: true}
	if f.Search != "" {
		g.Query = url.Values{"search": {f.Search}}
	}
	return s.paged(w, r, g, actorpage.Videos(p, h, find, videos, g, s.sensitive(viewer)))
}

// handle is the name of the path; our own host after it is dropped.
func (s *Pages) handle(r *http.Request) string {
	return s.localHandle(rest.Path(r, "handle"))
}

// localHandle takes the host of this site off a handle, and an "@" before it.
func (s *Pages) localHandle(handle string) string {
	handle = strings.TrimPrefix(handle, "@")
	if name, host, ok := strings.Cut(handle, "@"); ok && strings.EqualFold(host, s.Site.Host) {
		return name
	}
	return handle
}

// about serves /about.
func (s *Pages) about(w http.ResponseWriter, r *http.Request) error {
	set := s.Settings()
	p := s.newPage(r, "web.nav.about", "site", set.Name)
	p.Canonical = "/about"
	return s.ok(w, r, actorpage.About(p, s.Markdown, set.Description, set.Terms, s.Users.ContactOpen() == nil))
}
