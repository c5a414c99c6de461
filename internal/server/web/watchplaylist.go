package web

import (
	"net/http"
	"strconv"

	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/people"
	"sepiola/internal/server/web/playlists"
	"sepiola/internal/server/web/ui"
	"sepiola/internal/server/web/watch"
)

// panelElements is how many elements of a playlist are shown beside the player
// at once, at first around the one that is played.
const panelElements = 200

// placeInPlaylist is an element that is played, and what lies around it.
type placeInPlaylist struct {
	list    *playlist.Playlist
	start   int // how many elements lie before those around
	around  []*playlist.Element
	element *playlist.Element
	// previous and following are the nearest that may be watched; nil none.
	previous, following *playlist.Element
	playNext            bool
}

// mountWatchPlaylist adds the pages that play playlists.
func (s *Pages) mountWatchPlaylist(r *rest.Router) {
	r.Get("/w/p/{id}", s.page(s.watchPlaylist))
	r.Get("/w/p/{id}/next", s.page(s.watchPlaylistNext))
	r.Get("/w/p/{id}/qr.svg", s.page(s.playlistQR))
	r.Get("/videos/watch/playlist/{id}", s.page(s.oldWatchPlaylist))
}

// oldWatchPlaylist serves the addresses of PeerTube before 3.3.
func (s *Pages) oldWatchPlaylist(w http.ResponseWriter, r *http.Request) error {
	ref, err := s.playlistRef(r)
	if err != nil {
		return err
	}
	to := "/w/p/" + playlistID(ref)
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	http.Redirect(w, r, to, http.StatusMovedPermanently)
	return nil
}

func playlistID(ref playlist.Ref) string {
	if ref.ID != 0 {
		return strconv.FormatInt(int64(ref.ID), 10)
	}
	return video.ShortUUID(ref.UUID)
}

// playlistQR is watchQR for playlists.
func (s *Pages) playlistQR(w http.ResponseWriter, r *http.Request) error {
	ref, err := s.playlistRef(r)
	if err != nil {
		return err
	}
	q, to, sep := r.URL.Query(), s.Site.URL("/w/p/"+playlistID(ref)), "?"
	if n, err := strconv.Atoi(q.Get("playlistPosition")); err == nil && n > 0 {
		to, sep = to+"?playlistPosition="+strconv.Itoa(n), "&"
	}
	return sendQR(w, to+sharedQuery(q, sep))
}

// watchPlaylist serves GET /w/p/{id}: the element of playlistPosition, or the
// first that may be watched after it.
func (s *Pages) watchPlaylist(w http.ResponseWriter, r *http.Request) error {
	u := auth.User(r.Context())
	l, err := s.seenPlaylist(r, u)
	if err != nil {
		return err
	}
	at, err := s.placeIn(r, u, l)
	if err != nil {
		return err
	}
	if at.element == nil {
		return s.nothingToWatch(w, r, l)
	}
	a := video.As(u)
	v, err := s.Videos.Watch(r.Context(), a, video.ByUUID(at.element.Video.UUID))
	if e := errs.As(err); e != nil && e.Code == video.CodeNotFollowed {
		return s.notFollowed(w, r, a, e.OriginURL)
	}
	if err != nil {
		return err
	}
	return s.showWatch(w, r, a, v, at)
}

// placeIn finds what is played of a playlist that w may see, and what is shown
// of it: the part around, or the one that begins at listFrom.
func (s *Pages) placeIn(r *http.Request, u *user.User, l *playlist.Playlist) (*placeInPlaylist, error) {
	q, count := r.URL.Query(), int(l.VideosCount)
	from := positionOf(q.Get("playlistPosition"), count)
	at := &placeInPlaylist{list: l, start: window(from), playNext: !s.preferences(r).AutoPlayNextPlaylistDisabled}
	var err error
	if at.around, err = s.Playlists.ElementsOf(r.Context(), u, l, at.start, panelElements); err != nil {
		return nil, err
	}
	next := func(step playlist.Step) (*playlist.Element, error) { return s.Playlists.Next(r.Context(), u, l, step) }
	if at.element = toWatch(at.around, from); at.element == nil || at.element.Position < from {
		if at.element, err = findPlayed(from, next); err != nil || at.element == nil {
			return at, err
		}
	}
	at.previous, at.following = neighbours(at.around, at.element.Position)
	if at.previous == nil && at.element.Position > 1 && at.start > 0 {
		if at.previous, err = next(playlist.Step{From: at.element.Position, Back: true}); err != nil {
			return nil, err
		}
	}
	if at.following == nil && at.start+panelElements < count {
		if at.following, err = next(playlist.Step{From: at.element.Position}); err != nil {
			return nil, err
		}
	}
	start := window(at.element.Position)
	if n, err := strconv.Atoi(q.Get("listFrom")); err == nil && n > 0 && n <= count {
		start = n - 1
	}
	if start == at.start {
		return at, nil
	}
	at.start = start
	at.around, err = s.Playlists.ElementsOf(r.Context(), u, l, start, panelElements)
	return at, err
}

// positionOf reads the place in a list of count: a number from 1, one from the
// end (-1 is the last), or "last". Anything else is the first.
func positionOf(s string, count int) int {
	n, err := strconv.Atoi(s)
	switch {
	case s == "last":
		n = count
	case err != nil:
		n = 1
	case n < 0:
		n = count + 1 + n
	}
	return min(max(n, 1), max(count, 1))
}

// toWatch is the first element from a position on that may be watched, or else
// the nearest before it; nil without any.
func toWatch(list []*playlist.Element, from int) (before *playlist.Element) {
	for _, e := range list {
		if e.Type != playlist.Watchable || e.Video == nil {
			continue
		}
		if e.Position >= from {
			return e
		}
		before = e
	}
	return before
}

// neighbours are the nearest before and after a position that may be watched.
func neighbours(list []*playlist.Element, position int) (before, after *playlist.Element) {
	for _, e := range list {
		switch {
		case e.Type != playlist.Watchable || e.Video == nil:
		case e.Position < position:
			before = e
		case e.Position > position:
			return before, e
		}
	}
	return before, nil
}

// nothingToWatch is the page of a playlist without a video that the reader may
// see.
func (s *Pages) nothingToWatch(w http.ResponseWriter, r *http.Request, l *playlist.Playlist) error {
	if u := auth.User(r.Context()); u != nil && u.AccountID == l.OwnerID {
		http.Redirect(w, r, playlists.Base+"/"+video.ShortUUID(l.UUID), http.StatusSeeOther)
		return nil
	}
	p := s.newPage(r, "")
	p.Title, p.NoIndex = l.Name, true
	return s.ok(w, r, people.Message(p, p.T("web.watch.playlist_empty"), "/", p.T("web.problem.home")))
}

// show puts the playlist beside the video and plays the part of it that its
// element names.
func (at *placeInPlaylist) show(r *http.Request, p *ui.Page, view *watch.View) {
	here := at.url(at.element.Position)
	playElement(r, at.element, view.Video.Duration, &view.Source)
	view.Source.AutoplayNext = at.playNext
	view.Panel, p.Feeds = at.panel(p), playlistFeeds(p, at.list)
	view.Panel.Here = here
	if at.list.Privacy != playlist.Private {
		view.Panel.EmbedURL = p.Absolute(embedPlaylistPath + at.list.UUID + "?playlistPosition=" + strconv.Itoa(at.element.Position))
	}
	at.describe(p, view)
}

// describe says of what the page is to those who read it from elsewhere: the
// playlist, which they know by one address wherever in it one is.
func (at *placeInPlaylist) describe(p *ui.Page, view *watch.View) {
	l := at.list
	p.Title = view.Video.Name + " - " + l.Name
	p.Canonical, p.Document, p.Description = playlists.WatchURL(l), "", view.Markdown.Plain(l.Description, maxDescription)
	if src := ui.ThumbnailURL(&video.Video{Thumbnails: l.Thumbnails}, 800); src != "" {
		view.Panel.Picture = p.Absolute(src)
	}
	if l.Privacy != playlist.Private {
		p.Document = l.URL
		if !l.Remote {
			view.Panel.PlayerURL = p.Absolute(embedPlaylistPath + l.UUID)
		}
	}
	// An unlisted video is not found by way of a playlist that is; one of
	// another site does not keep the playlist from being found.
	p.NoIndex = l.Privacy != playlist.Public || view.Video.Privacy != video.Public
	if l.Remote {
		p.FromElsewhere(l.URL)
	}
}

func (at *placeInPlaylist) url(position int) string {
	return playlists.WatchURL(at.list) + "?playlistPosition=" + strconv.Itoa(position)
}

func (at *placeInPlaylist) panel(p *ui.Page) *watch.Panel {
	l := at.list
	panel := &watch.Panel{
		Title: l.Name, Position: at.element.Position, Total: int(l.VideosCount), QR: playlists.WatchURL(l) + "/qr.svg", Next: playlists.WatchURL(l) + "/next",
	}
	if at.previous != nil {
		panel.PreviousURL = at.url(at.previous.Position)
	}
	if at.following != nil {
		panel.FollowingURL = at.url(at.following.Position)
	}
	here := at.url(at.element.Position) + "&listFrom="
	if at.start > 0 {
		panel.EarlierURL = here + strconv.Itoa(max(1, at.start+1-panelElements)) + "#playlist"
	}
	if end := at.start + len(at.around); end < panel.Total && len(at.around) > 0 {
		panel.LaterURL = here + strconv.Itoa(end+1) + "#playlist"
	}
	if p.User != nil && (p.User.AccountID == l.OwnerID || p.Can(user.UpdateAnyVideoPlaylist)) {
		panel.URL = playlists.Base + "/" + video.ShortUUID(l.UUID)
	}
	if l.Owner != nil {
		panel.Owner, panel.OwnerURL = l.Owner.DisplayName, ui.AccountURL(l.Owner)
	}
	for _, e := range at.around {
		panel.Elements = append(panel.Elements, at.row(p, e))
	}
	return panel
}

func (at *placeInPlaylist) row(p *ui.Page, e *playlist.Element) watch.PanelElement {
	row := watch.PanelElement{Position: e.Position, Current: e.Position == at.element.Position}
	if e.Type != playlist.Watchable || e.Video == nil {
		row.Title = p.T("web.watch.playlist_not." + strconv.Itoa(int(e.Type)))
		return row
	}
	v := e.Video
	row.Title, row.URL, row.Thumbnail = v.Name, at.url(e.Position), ui.ThumbnailURL(v, 200)
	if v.Channel != nil {
		row.Channel = v.Channel.DisplayName
	}
	row.Duration = playedOf(e)
	return row
}

// playedOf is how many seconds of its video an element plays.
func playedOf(e *playlist.Element) int {
	from, to := 0, e.Video.Duration
	if e.Start != nil {
		from = *e.Start
	}
	if e.Stop != nil {
		to = min(*e.Stop, to)
	}
	return max(0, to-from)
}
