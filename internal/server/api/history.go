package api

import (
	"context"
	"net/http"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// HistoryService is view.History.
type HistoryService interface {
	List(ctx context.Context, w video.Viewer, search string, start, count int) ([]*video.Video, int, error)
	Remove(ctx context.Context, w video.Viewer, id video.ID) error
	Clear(ctx context.Context, w video.Viewer, before time.Time) error
}

// History serves what people have watched: /users/me/history/videos.
type History struct {
	History HistoryService
	// Videos writes pages: its lists hold many of the same videos.
	Videos *Videos
}

// Mount adds the routes to r.
func (h *History) Mount(r *rest.Router) {
	r.Get("/users/me/history/videos", auth.Required(h.list))
	r.Delete("/users/me/history/videos/{videoId}", auth.Required(h.remove))
	r.Post("/users/me/history/videos/remove", auth.Required(h.clear))
}

// list serves GET /users/me/history/videos.
func (h *History) list(w http.ResponseWriter, r *http.Request) error {
	q := rest.NewQuery(r)
	page := q.Page()
	if err := q.Err(); err != nil {
		return err
	}
	list, total, err := h.History.List(r.Context(), auth.User(r.Context()), q.String("search"), page.Start, page.Count)
	if err != nil {
		return err
	}
	return h.Videos.writeList(w, list, total)
}

// remove serves DELETE /users/me/history/videos/{videoId}.
func (h *History) remove(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[video.ID](r, "videoId")
	if err != nil {
		return err
	}
	if err := h.History.Remove(r.Context(), auth.User(r.Context()), id); err != nil {
		return err
	}
	return rest.NoContentJSON(w)
}

// clear serves POST /users/me/history/videos/remove.
func (h *History) clear(w http.ResponseWriter, r *http.Request) error {
	type body struct {
		BeforeDate rest.Field[time.Time] `json:"beforeDate"`
	}
	in, err := rest.Body[body](w, r)
	if err != nil {
		return err
	}
	if err := h.History.Clear(r.Context(), auth.User(r.Context()), in.BeforeDate.V); err != nil {
		return err
	}
	return rest.NoContentJSON(w)
}
