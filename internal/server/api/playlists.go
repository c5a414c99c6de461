package api

import (
	"bytes"
	"context"
	"net/http"
	"strconv"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// PlaylistService is the part of playlist.Service that Playlists needs.
type PlaylistService interface {
	Get(ctx context.Context, w video.Viewer, ref playlist.Ref) (*playlist.Playlist, error)
	List(ctx context.Context, w video.Viewer, p playlist.ListParams) ([]*playlist.Playlist, int, error)
	Create(ctx context.Context, w video.Viewer, c playlist.Changes) (*playlist.Playlist, error)
	Update(ctx context.Context, w video.Viewer, ref playlist.Ref, c playlist.Changes) (*playlist.Playlist, error)
	Delete(ctx context.Context, w video.Viewer, ref playlist.Ref) error
	ReorderChannel(ctx context.Context, id actor.ChannelID, start, after, length int) error

	Elements(ctx context.Context, w video.Viewer, ref playlist.Ref, start, count int) ([]*playlist.Element, int, error)
	Add(ctx context.Context, w video.Viewer, ref playlist.Ref, of video.Ref, start, stop *int) (*playlist.Element, error)
	SetTimes(ctx context.Context, w video.Viewer, ref playlist.Ref, id playlist.ElementID, t playlist.Times) error
	Remove(ctx context.Context, w video.Viewer, ref playlist.Ref, id playlist.ElementID) error
	Reorder(ctx context.Context, w video.Viewer, ref playlist.Ref, start, after, length int) error
	Places(ctx context.Context, w video.Viewer, ids []video.ID) (map[video.ID][]playlist.Place, error)
}

// PlaylistChannels finds channels that somebody may change.
type PlaylistChannels interface {
	Managed(ctx context.Context, m actor.Manager, handle string) (*actor.Channel, error)
}

// Playlists serves /video-playlists, and the lists of them elsewhere.
type Playlists struct {
	Playlists PlaylistService
	Actors    VideoActors
	Channels  PlaylistChannels
	Site      instance.Site
}

// Mount adds the routes to r.
func (h *Playlists) Mount(r *rest.Router) {
	r.Get("/video-playlists", h.list)
	r.Post("/video-playlists", auth.Required(h.create))
	r.Get("/video-playlists/{playlistId}", h.get)
	r.Put("/video-playlists/{playlistId}", auth.Required(h.update))
	r.Delete("/video-playlists/{playlistId}", auth.Required(h.delete))
	r.Get("/video-playlists/{playlistId}/videos", h.elements)
	r.Post("/video-playlists/{playlistId}/videos", auth.Required(h.add))
	r.Post("/video-playlists/{playlistId}/videos/reorder", auth.Required(h.reorder))
	r.Put("/video-playlists/{playlistId}/videos/{playlistElementId}", auth.Required(h.setTimes))
	r.Delete("/video-playlists/{playlistId}/videos/{playlistElementId}", auth.Required(h.remove))
	r.Get("/accounts/{handle}/video-playlists", h.ofAccount)
	r.Get("/video-channels/{handle}/video-playlists", h.ofChannel)
	r.Post("/video-channels/{handle}/video-playlists/reorder", auth.Required(h.reorderChannel))
	r.Get("/users/me/video-playlists/videos-exist", auth.Required(h.places))
}

func playlistRef(r *http.Request) (playlist.Ref, error) {
	return playlist.ParseRef(rest.Path(r, "playlistId"))
}

func (h *Playlists) get(w http.ResponseWriter, r *http.Request) error {
	ref, err := playlistRef(r)
	if err != nil {
		return err
	}
	p, err := h.Playlists.Get(r.Context(), auth.User(r.Context()), ref)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, presentVideoPlaylist(h.Site, p))
}

// list serves GET /video-playlists.
func (h *Playlists) list(w http.ResponseWriter, r *http.Request) error {
	return h.serveList(w, r, func(*playlist.ListParams) error { return nil })
}

func (h *Playlists) serveList(w http.ResponseWriter, r *http.Request, scope func(*playlist.ListParams) error) error {
	q := rest.NewQuery(r)
	page := q.Page(playlist.Sorts...)
	p := playlist.ListParams{
		Sort: page.Sort, Start: page.Start, Count: page.Count,
		Type: playlist.Type(q.Int("playlistType", 0, 1, 2)), Search: q.String("search"), ChannelNames: q.Strings("channelNameOneOf"),
	}
	if len(p.Search) > maxSearch {
		q.Reject("search", "Is too long")
	}
	if len(p.ChannelNames) > maxOneOf {
		q.Reject("channelNameOneOf", "Has too many values")
	}
	if err := q.Err(); err != nil {
		return err
	}
	if err := scope(&p); err != nil {
		return err
	}
	list, total, err := h.Playlists.List(r.Context(), auth.User(r.Context()), p)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, rest.NewList(total, list, func(p *playlist.Playlist) playlistJSON { return presentVideoPlaylist(h.Site, p) }))
}

func (h *Playlists) ofAccount(w http.ResponseWriter, r *http.Request) error {
	return h.serveList(w, r, func(p *playlist.ListParams) (err error) {
		name, host := actor.ParseHandle(rest.Path(r, "handle"), h.Site.Host)
		p.Account, err = h.Actors.AccountID(r.Context(), name, host)
		return err
	})
}

func (h *Playlists) ofChannel(w http.ResponseWriter, r *http.Request) error {
	return h.serveList(w, r, func(p *playlist.ListParams) (err error) {
		name, host := actor.ParseHandle(rest.Path(r, "handle"), h.Site.Host)
		p.Channel, err = h.Actors.ChannelID(r.Context(), name, host)
		return err
	})
}

// playlistBody is PeerTube's VideoPlaylistCreate and VideoPlaylistUpdate.
type playlistBody struct {
	DisplayName rest.Field[string] `json:"displayName"`
	Description rest.Field[string] `json:"description"`
	Privacy     rest.Field[int]    `json:"privacy"`
	ChannelID   rest.Field[int64]  `json:"videoChannelId"`
}

func readPlaylist(w http.ResponseWriter, r *http.Request) (c playlist.Changes, err error) {
	in, files, err := readForm[playlistBody](w, r, video.MaxPictureSize, "thumbnailfile")
	if err != nil {
		return c, err
	}
	c = playlist.Changes{Name: given(in.DisplayName), Description: sent(in.Description)}
	if in.Privacy.Has() {
		c.Privacy = new(playlist.Privacy(in.Privacy.V))
	}
	if in.ChannelID.Set {
		c.Channel = new(actor.ChannelID(in.ChannelID.V))
	}
	if picture := files["thumbnailfile"]; picture != nil {
		c.Thumbnail = bytes.NewReader(picture)
	}
	return c, nil
}

func (h *Playlists) create(w http.ResponseWriter, r *http.Request) error {
	c, err := readPlaylist(w, r)
	if err != nil {
		return err
	}
	p, err := h.Playlists.Create(r.Context(), auth.User(r.Context()), c)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, object{{"videoPlaylist", object{
		{"id", p.ID}, {"shortUUID", video.ShortUUID(p.UUID)}, {"uuid", p.UUID},
	}}})
}

func (h *Playlists) update(w http.ResponseWriter, r *http.Request) error {
	ref, err := playlistRef(r)
	if err != nil {
		return err
	}
	c, err := readPlaylist(w, r)
	if err != nil {
		return err
	}
	if _, err := h.Playlists.Update(r.Context(), auth.User(r.Context()), ref, c); err != nil {
		return err
	}
	return rest.NoContentJSON(w)
}

func (h *Playlists) delete(w http.ResponseWriter, r *http.Request) error {
	ref, err := playlistRef(r)
	if err != nil {
		return err
	}
	if err := h.Playlists.Delete(r.Context(), auth.User(r.Context()), ref); err != nil {
		return err
	}
	return rest.NoContentJSON(w)
}

func (h *Playlists) elements(w http.ResponseWriter, r *http.Request) error {
	ref, err := playlistRef(r)
	if err != nil {
		return err
	}
	q := rest.NewQuery(r)
	page := q.Page("position")
	if err := q.Err(); err != nil {
		return err
	}
	list, total, err := h.Playlists.Elements(r.Context(), auth.User(r.Context()), ref, page.Start, page.Count)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, rest.NewList(total, list, func(e *playlist.Element) playlistElementJSON { return presentPlaylistElement(h.Site, e) }))
}

// elementBody is PeerTube's VideoPlaylistElementCreate and …Update.
type elementBody struct {
	VideoID rest.Field[looseID] `json:"videoId"`
	Start   rest.Field[int]     `json:"startTimestamp"`
	Stop    rest.Field[int]     `json:"stopTimestamp"`
}

// looseID is an id that comes as a number or as a text.
type looseID string

// UnmarshalJSON takes both.
func (id *looseID) UnmarshalJSON(b []byte) error {
	*id = looseID(bytes.Trim(b, `"`))
	return nil
}

func (h *Playlists) add(w http.ResponseWriter, r *http.Request) error {
	ref, err := playlistRef(r)
	if err != nil {
		return err
	}
	in, err := rest.Body[elementBody](w, r)
	if err != nil {
		return err
	}
	of, err := video.ParseRef(string(in.VideoID.V))
	if err != nil {
		return errs.Fields(errs.Param{Name: "videoId", Value: in.VideoID.Sent(), Msg: "Should have a valid video id (id, short UUID or UUID)"})
	}
	e, err := h.Playlists.Add(r.Context(), auth.User(r.Context()), ref, of, given(in.Start), given(in.Stop))
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, object{{"videoPlaylistElement", object{{"id", e.ID}}}})
}

// reorderBody is PeerTube's VideoPlaylistReorder.
type reorderBody struct {
	Start  rest.Field[int] `json:"startPosition"`
	After  rest.Field[int] `json:"insertAfterPosition"`
	Length rest.Field[int] `json:"reorderLength"`
}

func readReorder(w http.ResponseWriter, r *http.Request) (start, after, length int, err error) {
	in, err := rest.Body[reorderBody](w, r)
	if err != nil {
		return 0, 0, 0, err
	}
	var bad []errs.Param
	for _, f := range []struct {
		name, msg string
		of        rest.Field[int]
		least     int
		optional  bool
	}{
		{"startPosition", "Should have a start position", in.Start, 1, false},
		{"insertAfterPosition", "Should have a valid insert after position", in.After, 0, false},
		{"reorderLength", "Should have a valid range length", in.Length, 1, true},
	} {
		if f.of.Has() && f.of.V < f.least || !f.of.Has() && !f.optional {
			bad = append(bad, errs.Param{Name: f.name, Msg: f.msg, Value: f.of.Sent()})
		}
	}
	if len(bad) > 0 {
		return 0, 0, 0, errs.Fields(bad...)
	}
	return in.Start.V, in.After.V, in.Length.Or(1), nil
}

func (h *Playlists) reorder(w http.ResponseWriter, r *http.Request) error {
	ref, err := playlistRef(r)
	if err != nil {
		return err
	}
	start, after, length, err := readReorder(w, r)
	if err != nil {
		return err
	}
	if err := h.Playlists.Reorder(r.Context(), auth.User(r.Context()), ref, start, after, length); err != nil {
		return err
	}
	return rest.NoContentJSON(w)
}

func (h *Playlists) reorderChannel(w http.ResponseWriter, r *http.Request) error {
	c, err := h.Channels.Managed(r.Context(), auth.User(r.Context()).Manager(), rest.Path(r, "handle"))
	if err != nil {
		return err
	}
	start, after, length, err := readReorder(w, r)
	if err != nil {
		return err
	}
	if err := h.Playlists.ReorderChannel(r.Context(), c.ChannelID, start, after, length); err != nil {
		return err
	}
	return rest.NoContentJSON(w)
}

func (h *Playlists) setTimes(w http.ResponseWriter, r *http.Request) error {
	ref, err := playlistRef(r)
	if err != nil {
		return err
	}
	id, err := rest.PathID[playlist.ElementID](r, "playlistElementId")
	if err != nil {
		return err
	}
	in, err := rest.Body[elementBody](w, r)
	if err != nil {
		return err
	}
	var t playlist.Times
	if in.Start.Set {
		t.Start = new(given(in.Start))
	}
	if in.Stop.Set {
		t.Stop = new(given(in.Stop))
	}
	if err := h.Playlists.SetTimes(r.Context(), auth.User(r.Context()), ref, id, t); err != nil {
		return err
	}
	return rest.NoContentJSON(w)
}

func (h *Playlists) remove(w http.ResponseWriter, r *http.Request) error {
	ref, err := playlistRef(r)
	if err != nil {
		return err
	}
	id, err := rest.PathID[playlist.ElementID](r, "playlistElementId")
	if err != nil {
		return err
	}
	if err := h.Playlists.Remove(r.Context(), auth.User(r.Context()), ref, id); err != nil {
		return err
	}
	return rest.NoContentJSON(w)
}

// places serves GET /users/me/video-playlists/videos-exist.
func (h *Playlists) places(w http.ResponseWriter, r *http.Request) error {
	q := rest.NewQuery(r)
	numbers := q.Ints("videoIds")
	if len(numbers) == 0 || len(numbers) > maxOneOf {
		q.Reject("videoIds", "Should have a valid video ids array")
	}
	if err := q.Err(); err != nil {
		return err
	}
	ids := make([]video.ID, len(numbers))
	for i, n := range numbers {
		ids[i] = video.ID(n)
	}
	places, err := h.Playlists.Places(r.Context(), auth.User(r.Context()), ids)
	if err != nil {
		return err
	}
	out := make(map[string][]playlistPlaceJSON, len(places))
	for id, list := range places {
		of := make([]playlistPlaceJSON, len(list))
		for i, p := range list {
			of[i] = playlistPlaceJSON{
				PlaylistElementID: p.ElementID, PlaylistID: p.PlaylistID, PlaylistDisplayName: p.PlaylistName,
				PlaylistShortUUID: video.ShortUUID(p.PlaylistUUID), StartTimestamp: p.Start, StopTimestamp: p.Stop,
			}
		}
		out[strconv.FormatInt(int64(id), 10)] = of
	}
	return rest.JSON(w, http.StatusOK, out)
}

// SpecialPlaylists is the part of playlist.Service that Me needs.
type SpecialPlaylists interface {
	WatchLater(ctx context.Context, w video.Viewer) (*playlist.Playlist, error)
}

// watchLaterOf are the lists that every user has.
func watchLaterOf(ctx context.Context, s SpecialPlaylists, u *user.User) ([]specialPlaylistJSON, error) {
	p, err := s.WatchLater(ctx, u)
	if err != nil {
		return nil, err
	}
	return []specialPlaylistJSON{{ID: int64(p.ID), Name: p.Name, Type: int(p.Type)}}, nil
}
