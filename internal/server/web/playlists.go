package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/i18n"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/actorpage"
	"sepiola/internal/server/web/pager"
	"sepiola/internal/server/web/playlists"
	"sepiola/internal/server/web/ui"
)

// PlaylistService is the part of playlist.Service that pages need.
type PlaylistService interface {
	Get(ctx context.Context, w video.Viewer, ref playlist.Ref) (*playlist.Playlist, error)
	Managed(ctx context.Context, w video.Viewer, ref playlist.Ref, right user.Right) (*playlist.Playlist, error)
	List(ctx context.Context, w video.Viewer, p playlist.ListParams) ([]*playlist.Playlist, int, error)
	Create(ctx context.Context, w video.Viewer, c playlist.Changes) (*playlist.Playlist, error)
	Update(ctx context.Context, w video.Viewer, ref playlist.Ref, c playlist.Changes) (*playlist.Playlist, error)
	Delete(ctx context.Context, w video.Viewer, ref playlist.Ref) error

	MoveInChannel(ctx context.Context, channel actor.ChannelID, id, after playlist.ID) error

	ElementsOf(ctx context.Context, w video.Viewer, p *playlist.Playlist, start, count int) ([]*playlist.Element, error)
	Next(ctx context.Context, w video.Viewer, p *playlist.Playlist, step playlist.Step) (*playlist.Element, error)
	Add(ctx context.Context, w video.Viewer, ref playlist.Ref, of video.Ref, start, stop *int) (*playlist.Element, error)
	AddOnce(ctx context.Context, w video.Viewer, ref playlist.Ref, of video.Ref, start, stop *int, seen []playlist.ElementID) error
	SetTimes(ctx context.Context, w video.Viewer, ref playlist.Ref, id playlist.ElementID, t playlist.Times) error
	Remove(ctx context.Context, w video.Viewer, ref playlist.Ref, id playlist.ElementID) error
	Move(ctx context.Context, w video.Viewer, ref playlist.Ref, id, after playlist.ElementID) error
	Places(ctx context.Context, w video.Viewer, ids []video.ID) (map[video.ID][]playlist.Place, error)
	Later(ctx context.Context, w video.Viewer, ids []video.ID) (map[video.ID]bool, error)
	KeepForLater(ctx context.Context, w video.Viewer, of video.Ref, keep bool) error
}

// mountPlaylists adds the pages of playlists.
func (s *Pages) mountPlaylists(r *rest.Router) {
	in := func(h rest.HandlerFunc) rest.HandlerFunc { return s.page(auth.Required(h)) }
	r.Get(playlists.Base, in(s.myPlaylists))
	r.Get(playlists.Base+"/create", in(s.newPlaylistForm))
	r.Post(playlists.Base+"/create", in(s.newPlaylist))
	r.Post(playlists.Base+"/delete", in(s.deletePlaylists))
	r.Get(playlists.Base+"/{id}", in(s.playlistElements))
	r.Get(playlists.Base+"/{id}/update", in(s.editPlaylistForm))
	r.Post(playlists.Base+"/{id}/update", in(s.editPlaylist))
	r.Post(playlists.Base+"/{id}/delete", in(s.deletePlaylist))
	r.Post(playlists.Base+"/{id}/elements/{element}", in(s.changeElement))
	r.Get(playlists.ChannelBase+"{handle}", in(s.playlistsOfChannel))
	r.Post(playlists.ChannelBase+"{handle}/{id}", in(s.movePlaylist))
	r.Get("/w/{id}/save", in(s.saveForm))
	r.Post("/w/{id}/save", in(s.save))
	r.Post("/w/{id}/later", in(s.keepForLater))
	r.Get("/c/{handle}/video-playlists", s.page(s.channelPlaylists))
}

func (s *Pages) playlistRef(r *http.Request) (playlist.Ref, error) {
	ref, err := playlist.ParseRef(rest.Path(r, "id"))
	if err != nil {
		return ref, notFound()
	}
	return ref, nil
}

// seenPlaylist is the playlist of the path, which w may see.
func (s *Pages) seenPlaylist(r *http.Request, w video.Viewer) (*playlist.Playlist, error) {
	ref, err := s.playlistRef(r)
	if err != nil {
		return nil, err
	}
	return s.Playlists.Get(r.Context(), w, ref)
}

// managedPlaylist is the playlist of the path, which the reader may change.
func (s *Pages) managedPlaylist(r *http.Request) (*playlist.Playlist, error) {
	ref, err := s.playlistRef(r)
	if err != nil {
		return nil, err
	}
	return s.Playlists.Managed(r.Context(), auth.User(r.Context()), ref, user.UpdateAnyVideoPlaylist)
}

// channelPlaylists serves GET /c/{handle}/video-playlists.
func (s *Pages) channelPlaylists(w http.ResponseWriter, r *http.Request) error {
	c, err := s.Channels.ByHandle(r.Context(), s.handle(r))
	if err != nil {
		return err
	}
	start := pageStart(r, pager.PageSize)
	list, total, err := s.Playlists.List(r.Context(), auth.User(r.Context()), playlist.ListParams{
		Channel: c.ChannelID, Sort: "videoChannelPosition", Start: start, Count: pager.PageSize,
	})
	if err != nil {
		return err
	}
	p, h := s.channelHead(r, c, 1)
	g := pager.Pager{Path: r.URL.Path, Start: start, Count: pager.PageSize, Total: total, Endless: true}
	return s.paged(w, r, g, actorpage.Playlists(p, h, list, g))
}

func (s *Pages) editPlaylistPage(r *http.Request, l *playlist.Playlist, f ui.Form) (*ui.Page, playlists.EditView, error) {
	title := "web.playlists.create"
	if l != nil {
		title = "web.playlists.edit"
	}
	p := s.newPage(r, title)
	p.NoIndex = true
	channels, err := s.Actors.ChannelsOf(r.Context(), auth.User(r.Context()).AccountID)
	return p, playlists.EditView{Playlist: l, Form: f, Channels: channels}, err
}

// newPlaylistForm serves GET /my-library/video-playlists/create.
func (s *Pages) newPlaylistForm(w http.ResponseWriter, r *http.Request) error {
	p, v, err := s.editPlaylistPage(r, nil, ui.Form{Values: url.Values{"privacy": {strconv.Itoa(int(playlist.Private))}}})
	if err != nil {
		return err
	}
	return s.ok(w, r, playlists.Edit(p, v))
}

// playlistForm reads the form of a playlist. Close must be called.
func playlistForm(w http.ResponseWriter, r *http.Request) (f ui.Form, c playlist.Changes, done func(), err error) {
	f, picture, err := pictureForm(w, r, "thumbnailfile")
	done = func() {}
	if picture != nil {
		done = func() { _ = picture.Close() } // it was only read
		c.Thumbnail = picture
	}
	if err != nil {
		return f, c, done, err
	}
	name, about := f.Value("displayName"), lines(f, "description")
	privacy, _ := strconv.Atoi(f.Value("privacy"))
	channel, _ := strconv.ParseInt(f.Value("videoChannelId"), 10, 64)
	c.Name, c.Description = &name, &about
	c.Privacy, c.Channel = new(playlist.Privacy(privacy)), new(actor.ChannelID(channel))
	return f, c, done, nil
}

// newPlaylist serves POST /my-library/video-playlists/create.
func (s *Pages) newPlaylist(w http.ResponseWriter, r *http.Request) error {
	return s.savePlaylist(w, r, nil, func(c playlist.Changes) (*playlist.Playlist, error) {
		return s.Playlists.Create(r.Context(), auth.User(r.Context()), c)
	})
}

func (s *Pages) savePlaylist(w http.ResponseWriter, r *http.Request, l *playlist.Playlist, save func(playlist.Changes) (*playlist.Playlist, error)) error {
	f, c, done, err := playlistForm(w, r)
	defer done()
	var saved *playlist.Playlist
	if err == nil {
		saved, err = save(c)
	}
	if err != nil {
		p, v, failed := s.editPlaylistPage(r, l, f)
		if failed != nil {
			return failed
		}
		if c.Channel != nil && *c.Channel == 0 && errs.Is(err, errs.Invalid) && len(errs.As(err).Params) == 0 {
			err = errs.Field("videoChannelId", "%s", p.T("web.playlists.privacy_hint"))
		}
		v.Form = f.Failed(p, err, nil)
		return s.again(w, r, err, playlists.Edit(p, v))
	}
	return back(w, r, playlists.URL(saved), "playlist_saved")
}

// editPlaylistForm serves GET /my-library/video-playlists/{id}/update.
func (s *Pages) editPlaylistForm(w http.ResponseWriter, r *http.Request) error {
	l, err := s.managedPlaylist(r)
	if err != nil {
		return err
	}
	if l.Type == playlist.WatchLater {
		return notFound()
	}
	p, v, err := s.editPlaylistPage(r, l, ui.Form{Values: url.Values{
		"displayName": {l.Name}, "description": {l.Description}, "privacy": {strconv.Itoa(int(l.Privacy))},
		"videoChannelId": {strconv.FormatInt(int64(l.ChannelID), 10)},
	}})
	if err != nil {
		return err
	}
	return s.ok(w, r, playlists.Edit(p, v))
}

// editPlaylist serves POST /my-library/video-playlists/{id}/update.
func (s *Pages) editPlaylist(w http.ResponseWriter, r *http.Request) error {
	l, err := s.managedPlaylist(r)
	if err != nil {
		return err
	}
	return s.savePlaylist(w, r, l, func(c playlist.Changes) (*playlist.Playlist, error) {
		return s.Playlists.Update(r.Context(), auth.User(r.Context()), playlist.Ref{ID: l.ID}, c)
	})
}

// deletePlaylist serves POST /my-library/video-playlists/{id}/delete.
func (s *Pages) deletePlaylist(w http.ResponseWriter, r *http.Request) error {
	ref, err := s.playlistRef(r)
	if err != nil {
		return err
	}
	if err := s.Playlists.Delete(r.Context(), auth.User(r.Context()), ref); err != nil {
		return err
	}
	return back(w, r, playlists.Base, "playlist_deleted")
}

// elementsPage is how many elements are put in order on one page.
const elementsPage = 100

// playlistFeeds are the feeds of a playlist: for podcast apps, of what everybody
// may see in a channel of this site. They hold what the site publishes itself.
func playlistFeeds(p *ui.Page, l *playlist.Playlist) []ui.Feed {
	if l.Privacy != playlist.Public || l.Channel == nil || !l.Channel.Local() {
		return nil
	}
	return []ui.Feed{p.PodcastOf(l.Name, url.Values{"playlistId": {l.UUID}})}
}

// playlistElements serves GET /my-library/video-playlists/{id}.
func (s *Pages) playlistElements(w http.ResponseWriter, r *http.Request) error {
	l, err := s.managedPlaylist(r)
	if err != nil {
		return err
	}
	p, v, err := s.elementsView(r, l, pageStart(r, elementsPage))
	if err != nil {
		return err
	}
	// Notices of elements are of what could not be done.
	p.Bad = p.Notice != "" && strings.HasPrefix(r.URL.Query().Get("notice"), "element_")
	return s.paged(w, r, v.Pager, playlists.Elements(p, v))
}

func (s *Pages) elementsView(r *http.Request, l *playlist.Playlist, start int) (*ui.Page, playlists.ElementsView, error) {
	list, err := s.Playlists.ElementsOf(r.Context(), auth.User(r.Context()), l, start, elementsPage)
	p := s.newPage(r, "")
	p.Title, p.NoIndex = playlists.Name(p, l), true
	p.Scripts, p.Feeds = append(p.Scripts, "playlists.js"), playlistFeeds(p, l)
	return p, playlists.ElementsView{
		Playlist: l, Elements: list,
		Pager: pager.Pager{Path: playlists.URL(l), Start: start, Count: elementsPage, Total: int(l.VideosCount)},
	}, err
}

// changeElement serves POST /my-library/video-playlists/{id}/elements/{element}.
// The field "do" says what is done to it: "up", "down", "after" (another), "times" or
// "remove". Another tab may have removed it meanwhile, which people are told.
func (s *Pages) changeElement(w http.ResponseWriter, r *http.Request) error {
	l, err := s.managedPlaylist(r)
	if err != nil {
		return err
	}
	id, err := rest.PathID[playlist.ElementID](r, "element")
	if err != nil {
		return notFound()
	}
	f, err := form(w, r)
	if err != nil {
		return err
	}
	u, ref := auth.User(r.Context()), playlist.Ref{ID: l.ID}
	switch f.Value("do") {
	case "remove":
		err = s.Playlists.Remove(r.Context(), u, ref, id)
	case "after":
		var after int64
		if after, err = strconv.ParseInt(f.Value("after"), 10, 64); err == nil {
			err = s.Playlists.Move(r.Context(), u, ref, id, playlist.ElementID(after))
		}
	case "up", "down":
		err = s.moveByOne(r, l, id, f.Value("do") == "up")
	case "times":
		failed := s.setTimes(r, ref, id, f)
		if errs.Is(failed, errs.NotFound) {
			err = failed
		} else if failed != nil {
			p, v, err := s.elementsView(r, l, pageStart(r, elementsPage))
			if err != nil {
				return err
			}
			v.Failed, v.Form = id, f.Failed(p, failed, nil)
			return s.again(w, r, failed, playlists.Elements(p, v))
		}
	default:
		return errs.New(errs.Invalid, "The form cannot be read")
	}
	if errs.Is(err, errs.NotFound) && f.Value("do") != "after" { // playlists.ts wants to know
		return back(w, r, playlists.URL(l), "element_gone")
	}
	if err != nil {
		return err
	}
	return back(w, r, playlists.URL(l)+"#element-"+strconv.FormatInt(int64(id), 10), "")
}

// moveByOne puts an element before the one above it, or behind the one below.
func (s *Pages) moveByOne(r *http.Request, l *playlist.Playlist, id playlist.ElementID, up bool) error {
	list, err := s.Playlists.ElementsOf(r.Context(), auth.User(r.Context()), l, 0, playlist.MaxElements)
	if err != nil {
		return err
	}
	at := -1
	for i, e := range list {
		if e.ID == id {
			at = i
		}
	}
	var after playlist.ElementID
	switch {
	case at < 0:
		return errs.New(errs.NotFound, "The element is not in the playlist any more")
	case up && at == 0, !up && at == len(list)-1:
		return nil // it is where it should be
	case up && at >= 2:
		after = list[at-2].ID
	case !up:
		after = list[at+1].ID
	}
	return s.Playlists.Move(r.Context(), auth.User(r.Context()), playlist.Ref{ID: l.ID}, id, after)
}

func (s *Pages) setTimes(r *http.Request, ref playlist.Ref, id playlist.ElementID, f ui.Form) error {
	start, stop, err := s.timesOf(r, f)
	if err != nil {
		return err
	}
	return s.Playlists.SetTimes(r.Context(), auth.User(r.Context()), ref, id, playlist.Times{Start: &start, Stop: &stop})
}

// timesOf reads the fields startTimestamp and stopTimestamp; empty ones are nil.
func (s *Pages) timesOf(r *http.Request, f ui.Form) (start, stop *int, err error) {
	start, stop, bad := readTimes(s.locale(r), f, "startTimestamp", "stopTimestamp", 0)
	if len(bad) > 0 {
		return nil, nil, errs.Fields(bad...)
	}
	return start, stop, nil
}

// maxClock bounds the times of forms, in seconds: more is no time of a video.
const maxClock = 14 * 24 * 3600

// readTimes reads two fields of times; empty ones are nil. duration is the
// video's, or 0.
func readTimes(l *i18n.Locale, f ui.Form, startName, stopName string, duration int) (start, stop *int, bad []errs.Param) {
	for name, to := range map[string]**int{startName: &start, stopName: &stop} {
		if f.Value(name) == "" {
			continue
		}
		seconds, ok := ui.Clock(f.Value(name))
		if !ok || seconds > maxClock {
			bad = append(bad, errs.Param{Name: name, Msg: l.T("web.playlists.bad_time")})
		}
		*to = &seconds
	}
	switch {
	case len(bad) > 0:
	case start != nil && stop != nil && *start >= *stop:
		bad = append(bad, errs.Param{Name: stopName, Msg: l.T("web.playlists.bad_order")})
	case start != nil && duration > 0 && *start > duration:
		bad = append(bad, errs.Param{Name: startName, Msg: l.T("web.reason.video_over")})
	}
	return start, stop, bad
}
