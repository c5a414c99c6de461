package api

import (
	"context"
	"net/http"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// Rates serves what people think of videos.
type Rates struct {
	Rates RateService
	Site  instance.Site
}

// RateService is video.Rates.
type RateService interface {
	Rate(ctx context.Context, a video.Access, ref video.Ref, t video.RateType) (*video.Video, error)
	Mine(ctx context.Context, a video.Access, ref video.Ref) (*video.Video, video.RateType, error)
	ListOf(ctx context.Context, w video.Viewer, handle string, p video.RateList) ([]video.Rate, int, error)
}

// Mount adds the routes to r.
func (h *Rates) Mount(r *rest.Router) {
	r.Put("/videos/{id}/rate", auth.Required(h.rate))
	r.Get("/users/me/videos/{id}/rating", auth.Required(h.mine))
	r.Get("/accounts/{handle}/ratings", auth.Required(h.ofAccount))
}

// rate serves PUT /videos/{id}/rate.
func (h *Rates) rate(w http.ResponseWriter, r *http.Request) error {
	type body struct {
		Rating rest.Field[string] `json:"rating"`
	}
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	in, err := rest.Body[body](w, r)
	if err != nil {
		return err
	}
	rating := video.RateType(in.Rating.V)
	if !rating.Valid() {
		return errs.Fields(errs.Param{Name: "rating", Value: in.Rating.Sent(), In: "body"})
	}
	if _, err := h.Rates.Rate(r.Context(), videoAccess(r), ref, rating); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// mine serves GET /users/me/videos/{id}/rating.
func (h *Rates) mine(w http.ResponseWriter, r *http.Request) error {
	type rating struct {
		VideoID video.ID       `json:"videoId"`
		Rating  video.RateType `json:"rating"`
	}
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	v, mine, err := h.Rates.Mine(r.Context(), videoAccess(r), ref)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, rating{v.ID, mine})
}

// ofAccount serves GET /accounts/{handle}/ratings.
func (h *Rates) ofAccount(w http.ResponseWriter, r *http.Request) error {
	type rate struct {
		Video  videoJSON      `json:"video"`
		Rating video.RateType `json:"rating"`
	}
	q := rest.NewQuery(r)
	page := q.Page("-createdAt")
	p := video.RateList{Start: page.Start, Count: page.Count, Sort: page.Sort, Type: video.RateType(q.String("rating"))}
	if p.Type != "" && p.Type != video.RateLike && p.Type != video.RateDislike {
		q.Reject("rating", "Value must be one of like, dislike")
	}
	if err := q.Err(); err != nil {
		return err
	}
	list, total, err := h.Rates.ListOf(r.Context(), auth.User(r.Context()), rest.Path(r, "handle"), p)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, rest.NewList(total, list, func(it video.Rate) rate {
		return rate{presentVideo(h.Site, it.Video, 0), it.Type}
	}))
}
