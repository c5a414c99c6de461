package api

import (
	"context"
	"net/http"
	"strconv"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// OverviewService is the part of search.Overview that Overviews needs.
type OverviewService interface {
	Page(ctx context.Context, w video.Viewer, page int) ([]search.Section, error)
}

// Overviews serves /overviews.
type Overviews struct {
	Overview OverviewService
	Site     instance.Site
}

// Mount adds the routes to r.
func (h *Overviews) Mount(r *rest.Router) { r.Get("/overviews/videos", h.list) }

// videosOverviewJSON is PeerTube's VideosOverview.
type videosOverviewJSON struct {
	Categories []categoryOverviewJSON `json:"categories"`
	Channels   []channelOverviewJSON  `json:"channels"`
	Tags       []tagOverviewJSON      `json:"tags"`
}

type categoryOverviewJSON struct {
	Category rest.Labelled[int] `json:"category"`
	Videos   []videoJSON        `json:"videos"`
}

type channelOverviewJSON struct {
	Channel actorSummaryJSON `json:"channel"`
	Videos  []videoJSON      `json:"videos"`
}

type tagOverviewJSON struct {
	Tag    string      `json:"tag"`
	Videos []videoJSON `json:"videos"`
}

func (h *Overviews) list(w http.ResponseWriter, r *http.Request) error {
	page := 1
	if q := rest.NewQuery(r); q.Has("page") {
		var err error
		if page, err = strconv.Atoi(q.String("page")); err != nil || page < 1 || page > search.MaxOverview {
			q.Reject("page", "")
			return q.Err()
		}
	}
	sections, err := h.Overview.Page(r.Context(), auth.User(r.Context()), page)
	if err != nil {
		return err
	}
	out := videosOverviewJSON{Categories: []categoryOverviewJSON{}, Channels: []channelOverviewJSON{}, Tags: []tagOverviewJSON{}}
	for _, s := range sections {
		videos := make([]videoJSON, len(s.Videos))
		for i, v := range s.Videos {
			videos[i] = presentVideo(h.Site, v, 0)
		}
		switch {
		case s.Category != 0:
			label := rest.Labelled[int]{ID: s.Category, Label: video.CategoryLabel(s.Category)}
			out.Categories = append(out.Categories, categoryOverviewJSON{label, videos})
		case s.Tag != "":
			out.Tags = append(out.Tags, tagOverviewJSON{s.Tag, videos})
		case s.Channel != nil:
			out.Channels = append(out.Channels, channelOverviewJSON{presentChannelSummary(h.Site, s.Channel), videos})
		}
	}
	return rest.JSON(w, http.StatusOK, out)
}
