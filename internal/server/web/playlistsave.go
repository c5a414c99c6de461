package web

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/playlists"
	"sepiola/internal/server/web/ui"
)

// savedVideo is the video of the path, as the reader sees it.
func (s *Pages) savedVideo(r *http.Request) (*video.Video, video.Ref, error) {
	ref, err := video.ParseRef(rest.Path(r, "id"))
	if err != nil {
		return nil, ref, notFound()
	}
	v, err := s.Videos.Watch(r.Context(), video.As(auth.User(r.Context())), ref)
	return v, ref, err
}

// saveForm serves GET /w/{id}/save.
func (s *Pages) saveForm(w http.ResponseWriter, r *http.Request) error {
	v, _, err := s.savedVideo(r)
	if err != nil {
		return err
	}
	p, view, err := s.saveView(r, v, ui.Form{})
	if err != nil {
		return err
	}
	view.Back = ui.WatchURL(v)
	return s.ok(w, r, playlists.Save(p, view))
}

func (s *Pages) saveView(r *http.Request, v *video.Video, f ui.Form) (*ui.Page, playlists.SaveView, error) {
	u := auth.User(r.Context())
	p := s.newPage(r, "web.playlists.save_title")
	p.NoIndex = true
	view := playlists.SaveView{Video: v, In: map[playlist.ID][]playlist.Place{}, Form: f, Back: localPath(f.Value("to")), Search: searchedPlaylists(r)}
	list, total, err := s.searchedLists(r, p, u, view.Search)
	if err != nil {
		return p, view, err
	}
	view.Playlists, view.Many = list, total > playlists.Many
	places, err := s.Playlists.Places(r.Context(), u, []video.ID{v.ID})
	for _, at := range places[v.ID] {
		view.In[at.PlaylistID] = append(view.In[at.PlaylistID], at)
	}
	return p, view, err
}

// searchedPlaylists is what a reader looks for among their playlists.
func searchedPlaylists(r *http.Request) string {
	search := r.URL.Query().Get("search")
	if len([]rune(search)) > playlist.MaxName {
		search = string([]rune(search)[:playlist.MaxName])
	}
	return search
}

// searchedLists are the reader's playlists that a search finds, and how many
// there are of all. "Watch later" is kept in English: it is found by the name
// that is shown, too.
func (s *Pages) searchedLists(r *http.Request, p *ui.Page, u *user.User, search string) ([]*playlist.Playlist, int, error) {
	of := playlist.ListParams{Account: u.AccountID, Sort: "-updatedAt", Count: playlist.MaxPlaylists}
	all, total, err := s.Playlists.List(r.Context(), u, of)
	if err != nil || search == "" {
		return all, total, err
	}
	of.Search = search
	found, _, err := s.Playlists.List(r.Context(), u, of)
	if err != nil {
		return nil, 0, err
	}
	named := strings.ToLower(search)
	return slices.DeleteFunc(all, func(l *playlist.Playlist) bool {
		return !strings.Contains(strings.ToLower(playlists.Name(p, l)), named) &&
			!slices.ContainsFunc(found, func(f *playlist.Playlist) bool { return f.ID == l.ID })
	}), total, nil
}

// save serves POST /w/{id}/save. Only playlists and copies that were shown are
// changed: what was made meanwhile in another tab keeps the video.
func (s *Pages) save(w http.ResponseWriter, r *http.Request) error {
	v, ref, err := s.savedVideo(r)
	if err != nil {
		return err
	}
	f, err := form(w, r)
	if err != nil {
		return err
	}
	f.Values = maps.Clone(f.Values)
	if err := s.saveTo(r, v, ref, f); err != nil {
		p, view, failed := s.saveView(r, v, f)
		if failed != nil {
			return failed
		}
		view.Form = f.Failed(p, err, map[string]string{"displayName": "newName"})
		return s.again(w, r, err, playlists.Save(p, view))
	}
	return back(w, r, f.Value("to"), "playlist_saved")
}

// saving is what a form of saving asks for, read before anything is changed.
type saving struct {
	start, stop *int // of what is added
	name        string
	add         []playlist.ID
	remove      []playlist.Place
	times       []playlist.Place // with their new times
	seen        []playlist.ElementID
}

// readSaving reads the form. have are the places of the video now.
func (s *Pages) readSaving(r *http.Request, v *video.Video, f ui.Form, have []playlist.Place) (saving, error) {
	l := s.locale(r)
	do := saving{name: f.Value("newName")}
	var bad []errs.Param
	for _, shown := range f.Values["shown"] {
		if id, err := strconv.ParseInt(shown, 10, 64); err == nil && f.Has("in", shown) {
			do.add = append(do.add, playlist.ID(id))
		}
	}
	for _, copied := range f.Values["copy"] {
		if id, err := strconv.ParseInt(copied, 10, 64); err == nil {
			do.seen = append(do.seen, playlist.ElementID(id))
		}
	}
	var wrong []errs.Param
	do.start, do.stop, wrong = readTimes(l, f, "startTimestamp", "stopTimestamp", v.Duration)
	bad = append(bad, wrong...)
	for _, at := range have {
		copied := strconv.FormatInt(int64(at.ElementID), 10)
		switch {
		case !f.Has("copy", copied): // not shown
		case !f.Has("keep", copied):
			do.remove = append(do.remove, at)
		default:
			start, stop, wrong := readTimes(l, f, playlists.CopyStart(at), playlists.CopyStop(at), v.Duration)
			bad = append(bad, wrong...)
			if !same(start, at.Start) || !same(stop, at.Stop) {
				at.Start, at.Stop = start, stop
				do.times = append(do.times, at)
			}
		}
	}
	if do.name != "" {
		bad = append(bad, (&playlist.Changes{Name: &do.name}).Invalid()...)
	}
	if len(bad) > 0 {
		return do, errs.Fields(bad...)
	}
	return do, nil
}

func same(a, b *int) bool { return a == b || a != nil && b != nil && *a == *b }

// saveTo does what the form asks for. What is done is taken out of the form, so
// that sending it again after an error does nothing twice.
func (s *Pages) saveTo(r *http.Request, v *video.Video, ref video.Ref, f ui.Form) error {
	ctx, u := r.Context(), auth.User(r.Context())
	places, err := s.Playlists.Places(ctx, u, []video.ID{v.ID})
	if err != nil {
		return err
	}
	do, err := s.readSaving(r, v, f, places[v.ID])
	if err != nil {
		return err
	}
	if do.name != "" {
		made, err := s.Playlists.Create(ctx, u, playlist.Changes{Name: &do.name})
		if err != nil {
			return err
		}
		f.Values.Del("newName")
		if _, err := s.Playlists.Add(ctx, u, playlist.Ref{ID: made.ID}, ref, do.start, do.stop); err != nil {
			return err
		}
	}
	for _, at := range do.times {
		to := playlist.Times{Start: &at.Start, Stop: &at.Stop}
		if err := s.Playlists.SetTimes(ctx, u, playlist.Ref{ID: at.PlaylistID}, at.ElementID, to); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	for _, at := range do.remove {
		// Another tab may have been faster.
		if err := s.Playlists.Remove(ctx, u, playlist.Ref{ID: at.PlaylistID}, at.ElementID); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	for _, id := range do.add {
		if err := s.Playlists.AddOnce(ctx, u, playlist.Ref{ID: id}, ref, do.start, do.stop, do.seen); err != nil {
			return err
		}
		undo(f.Values, "in", strconv.FormatInt(int64(id), 10))
	}
	return nil
}

func undo(v url.Values, name, value string) {
	v[name] = slices.DeleteFunc(slices.Clone(v[name]), func(s string) bool { return s == value })
}
