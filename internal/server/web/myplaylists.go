package web

import (
	"net/http"
	"strconv"

	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/web/pager"
	"sepiola/internal/server/web/playlists"
)

// myPlaylists serves GET /my-library/video-playlists.
func (s *Pages) myPlaylists(w http.ResponseWriter, r *http.Request) error {
	u, start := auth.User(r.Context()), pageStart(r, pager.PageSize)
	view := playlists.MineView{Search: searchedPlaylists(r), Sort: playlists.Sorts[0].Value}
	for _, c := range playlists.Sorts {
		if c.Value == r.URL.Query().Get("sort") {
			view.Sort = c.Value
		}
	}
	list, total, err := s.Playlists.List(r.Context(), u, playlist.ListParams{
		Account: u.AccountID, Search: view.Search, Sort: view.Sort, Start: start, Count: pager.PageSize,
	})
	if err != nil {
		return err
	}
	p := s.newPage(r, "web.playlists.title")
	p.NoIndex = true
	view.Playlists = list
	view.Pager = pager.Pager{Path: playlists.Base, Query: kept(r.URL.Query()), Start: start, Count: pager.PageSize, Total: total, Endless: true}
	return s.paged(w, r, view.Pager, playlists.List(p, view))
}

// deletePlaylists serves POST /my-library/video-playlists/delete: it deletes
// the playlists whose boxes were ticked, all that there still are or none.
func (s *Pages) deletePlaylists(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	u, to := auth.User(r.Context()), f.Value("to")
	if to == "" {
		to = playlists.Base
	}
	var picked []playlist.Ref
	for _, value := range f.Values["playlist"] {
		id, err := strconv.ParseInt(value, 10, 64)
		if err != nil || id <= 0 {
			return errs.New(errs.Invalid, "The form cannot be read")
		}
		ref := playlist.Ref{ID: playlist.ID(id)}
		l, err := s.Playlists.Managed(r.Context(), u, ref, user.RemoveAnyVideoPlaylist)
		switch {
		case errs.Is(err, errs.NotFound):
			continue // another tab was faster
		case err != nil:
			return err
		case l.Type == playlist.WatchLater:
			return errs.New(errs.Invalid, "The form cannot be read")
		}
		picked = append(picked, ref)
	}
	for _, ref := range picked {
		if err := s.Playlists.Delete(r.Context(), u, ref); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	switch len(f.Values["playlist"]) {
	case 0:
		return back(w, r, to, "playlists_unselected")
	case 1:
		return back(w, r, to, "playlist_deleted")
	}
	return back(w, r, to, "playlists_deleted")
}
