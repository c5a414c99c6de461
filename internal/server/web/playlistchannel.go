package web

import (
	"net/http"
	"slices"
	"strconv"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/pager"
	"sepiola/internal/server/web/playlists"
)

// playlistsOfChannel serves GET /my-library/video-channels/playlists/{handle}.
func (s *Pages) playlistsOfChannel(w http.ResponseWriter, r *http.Request) error {
	c, err := s.managedChannel(r)
	if err != nil {
		return err
	}
	start := pageStart(r, elementsPage)
	list, total, err := s.publicPlaylists(r, c, start, elementsPage)
	if err != nil {
		return err
	}
	p := s.newPage(r, "web.playlists.channel_title")
	p.NoIndex, p.Scripts = true, append(p.Scripts, "playlists.js")
	// Notices here are of what could not be done.
	p.Bad = p.Notice != ""
	g := pager.Pager{Path: playlists.ChannelURL(c), Start: start, Count: elementsPage, Total: total}
	return s.paged(w, r, g, playlists.OfChannel(p, playlists.ChannelView{Channel: c, Playlists: list, Pager: g}))
}

// publicPlaylists are those of a channel that everybody sees, in its order.
// Without an account in the question the others are not among them.
func (s *Pages) publicPlaylists(r *http.Request, c *actor.Channel, start, count int) ([]*playlist.Playlist, int, error) {
	return s.Playlists.List(r.Context(), auth.User(r.Context()), playlist.ListParams{
		Channel: c.ChannelID, Sort: "videoChannelPosition", Start: start, Count: count,
	})
}

// movePlaylist serves POST /my-library/video-channels/playlists/{handle}/{id}.
// The field "do" says where to: "up", "down" or "after" (another).
func (s *Pages) movePlaylist(w http.ResponseWriter, r *http.Request) error {
	c, err := s.managedChannel(r)
	if err != nil {
		return err
	}
	id, err := rest.PathID[playlist.ID](r, "id")
	if err != nil {
		return notFound()
	}
	f, err := form(w, r)
	if err != nil {
		return err
	}
	switch f.Value("do") {
	case "after":
		var after int64
		if after, err = strconv.ParseInt(f.Value("after"), 10, 64); err != nil {
			return errs.New(errs.Invalid, "The form cannot be read")
		}
		// playlists.ts wants to know of what is gone.
		err = s.Playlists.MoveInChannel(r.Context(), c.ChannelID, id, playlist.ID(after))
	case "up", "down":
		err = s.movePlaylistByOne(r, c, id, f.Value("do") == "up")
		if errs.Is(err, errs.NotFound) {
			return back(w, r, playlists.ChannelURL(c), "order_gone")
		}
	default:
		err = errs.New(errs.Invalid, "The form cannot be read")
	}
	if err != nil {
		return err
	}
	return back(w, r, playlists.ChannelURL(c)+"#playlist-"+strconv.FormatInt(int64(id), 10), "")
}

// movePlaylistByOne puts a playlist before the one above it, or behind the one
// below.
func (s *Pages) movePlaylistByOne(r *http.Request, c *actor.Channel, id playlist.ID, up bool) error {
	list, _, err := s.publicPlaylists(r, c, 0, playlist.MaxPlaylists)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(list, func(l *playlist.Playlist) bool { return l.ID == id })
	var after playlist.ID
	switch {
	case at < 0:
		return errs.New(errs.NotFound, "The playlist is not in the channel any more")
	case up && at == 0, !up && at == len(list)-1:
		return nil // it is where it should be
	case up && at >= 2:
		after = list[at-2].ID
	case !up:
		after = list[at+1].ID
	}
	return s.Playlists.MoveInChannel(r.Context(), c.ChannelID, id, after)
}
