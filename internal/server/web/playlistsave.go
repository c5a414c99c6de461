package web

import (
	"net/http"
	"slices"
	"strconv"

	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
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
	view := playlists.SaveView{Video: v, In: map[playlist.ID]bool{}, Form: f, Back: localPath(f.Value("to"))}
	list, _, err := s.Playlists.List(r.Context(), u, playlist.ListParams{Account: u.AccountID, Sort: "-updatedAt", Count: playlist.MaxPlaylists})
	if err != nil {
		return p, view, err
	}
	view.Playlists = list
	places, err := s.Playlists.Places(r.Context(), u, []video.ID{v.ID})
	for _, at := range places[v.ID] {
		view.In[at.PlaylistID] = true
	}
	return p, view, err
}

// save serves POST /w/{id}/save. Only playlists that were shown are changed:
// one that was made meanwhile in another tab keeps the video.
func (s *Pages) save(w http.ResponseWriter, r *http.Request) error {
	v, ref, err := s.savedVideo(r)
	if err != nil {
		return err
	}
	f, err := form(w, r)
	if err != nil {
		return err
	}
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

func (s *Pages) saveTo(r *http.Request, v *video.Video, ref video.Ref, f ui.Form) error {
	ctx, u := r.Context(), auth.User(r.Context())
	start, stop, err := s.timesOf(r, f)
	if err != nil {
		return err
	}
	places, err := s.Playlists.Places(ctx, u, []video.ID{v.ID})
	if err != nil {
		return err
	}
	have := map[playlist.ID][]playlist.ElementID{}
	for _, at := range places[v.ID] {
		have[at.PlaylistID] = append(have[at.PlaylistID], at.ElementID)
	}
	for _, shown := range f.Values["shown"] {
		n, err := strconv.ParseInt(shown, 10, 64)
		if err != nil {
			continue // not one of our boxes
		}
		id := playlist.ID(n)
		list := playlist.Ref{ID: id}
		switch wanted := slices.Contains(f.Values["in"], shown); {
		case wanted && len(have[id]) == 0:
			if _, err := s.Playlists.Add(ctx, u, list, ref, start, stop); err != nil {
				return err
			}
		case !wanted:
			for _, e := range have[id] {
				if err := s.Playlists.Remove(ctx, u, list, e); err != nil {
					return err
				}
			}
		}
	}
	name := f.Value("newName")
	if name == "" {
		return nil
	}
	made, err := s.Playlists.Create(ctx, u, playlist.Changes{Name: &name})
	if err != nil {
		return err
	}
	_, err = s.Playlists.Add(ctx, u, playlist.Ref{ID: made.ID}, ref, start, stop)
	return err
}
