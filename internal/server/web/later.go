package web

import (
	"net/http"
	"slices"

	"sepiola/internal/domain/video"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/ui"
)

// withLater tells the cards of a page which of its videos the reader keeps in
// the list "watch later": one question for all of them.
func (s *Pages) withLater(r *http.Request, p *ui.Page, videos []*video.Video) (err error) {
	if p.User == nil {
		return nil
	}
	ids := make([]video.ID, 0, len(videos))
	for _, v := range videos {
		if !slices.Contains(ids, v.ID) {
			ids = append(ids, v.ID)
		}
	}
	p.Later, err = s.Playlists.Later(r.Context(), p.User, ids)
	return err
}

// keepForLater serves POST /w/{id}/later. Scripts want no page in return.
func (s *Pages) keepForLater(w http.ResponseWriter, r *http.Request) error {
	ref, err := video.ParseRef(rest.Path(r, "id"))
	if err != nil {
		return notFound()
	}
	f, err := form(w, r)
	if err != nil {
		return err
	}
	keep, notice := f.Value("do") != "remove", "later_removed"
	if keep {
		notice = "later_added"
	}
	if err := s.Playlists.KeepForLater(r.Context(), auth.User(r.Context()), ref, keep); err != nil {
		return err
	}
	if r.Header.Get("Accept") == "application/json" {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return back(w, r, f.Value("to"), notice)
}
