package api

import (
	"context"
	"net/http"
	"strings"

	"sepiola/internal/domain/redundancy"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// RedundancyService is redundancy.Admin.
type RedundancyService interface {
	List(ctx context.Context, u *user.User, q redundancy.Query) ([]redundancy.Mirrored, int, error)
	Remove(ctx context.Context, u *user.User, id redundancy.ID) error
	Make(ctx context.Context, u *user.User, ref video.Ref) error
	Allow(ctx context.Context, u *user.User, host string, allowed bool) error
}

// Redundancies serves which sites mirror videos of this one, and which videos of
// theirs this one mirrors.
type Redundancies struct{ Mirrors RedundancyService }

// Mount adds the routes to r.
func (h *Redundancies) Mount(r *rest.Router) {
	manage := right(user.ManageVideosRedundancies)
	r.Get("/server/redundancy/videos", manage(h.list))
	r.Post("/server/redundancy/videos", manage(h.make))
	r.Delete("/server/redundancy/videos/{redundancyId}", manage(h.remove))
	r.Put("/server/redundancy/{host}", right(user.ManageServerFollow)(h.allow))
}

// PeerTube's VideoRedundanciesTarget, of which the first are videos of this site.
const (
	myVideos     = "my-videos"
	remoteVideos = "remote-videos"
)

var redundancyTargets = []string{myVideos, remoteVideos}

// videoRedundancyJSON is PeerTube's VideoRedundancy.
type videoRedundancyJSON struct {
	ID           video.ID         `json:"id"`
	Name         string           `json:"name"`
	URL          string           `json:"url"`
	UUID         string           `json:"uuid"`
	Redundancies redundanciesJSON `json:"redundancies"`
}

type redundanciesJSON struct {
	StreamingPlaylists []redundancyJSON `json:"streamingPlaylists"`
}

// redundancyJSON is PeerTube's RedundancyInformation.
type redundancyJSON struct {
	ID      redundancy.ID `json:"id"`
	FileURL string        `json:"fileUrl"`
	// Strategy is null for mirrors of other sites, which keep it to themselves.
	Strategy  *redundancy.Strategy `json:"strategy"`
	CreatedAt isoTime              `json:"createdAt"`
	UpdatedAt isoTime              `json:"updatedAt"`
	ExpiresOn *isoTime             `json:"expiresOn"`
	Size      int64                `json:"size"`
}

// list serves GET /server/redundancy/videos.
func (h *Redundancies) list(w http.ResponseWriter, r *http.Request) error {
	q := rest.NewQuery(r)
	p := q.Page("name")
	target := oneOf(q, "target", redundancyTargets)
	strategy := redundancy.Strategy(oneOf(q, "strategy", redundancy.Strategies))
	if !q.Has("target") {
		q.Reject("target", "")
	}
	if err := q.Err(); err != nil {
		return err
	}
	if target == myVideos && strategy != "" { // others keep theirs to themselves
		return rest.JSON(w, http.StatusOK, rest.NewList(0, nil, presentMirrored))
	}
	list, total, err := h.Mirrors.List(r.Context(), auth.User(r.Context()), redundancy.Query{
		Remote: target == remoteVideos, Strategy: strategy, Descending: strings.HasPrefix(p.Sort, "-"), Start: p.Start, Count: p.Count,
	})
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, rest.NewList(total, list, presentMirrored))
}

func presentMirrored(m redundancy.Mirrored) videoRedundancyJSON {
	out := videoRedundancyJSON{ID: m.ID, Name: m.Name, URL: m.URL, UUID: m.UUID}
	out.Redundancies.StreamingPlaylists = make([]redundancyJSON, len(m.Mirrors))
	for i, of := range m.Mirrors {
		j := redundancyJSON{ID: of.ID, FileURL: of.BaseURL, CreatedAt: isoTime(of.CreatedAt), UpdatedAt: isoTime(of.UpdatedAt), Size: m.Size}
		if of.Strategy != "" { // our own, which may lag behind what the video has by now
			j.Strategy, j.Size = &of.Strategy, of.Size
		}
		if !of.ExpiresAt.IsZero() {
			j.ExpiresOn = new(isoTime(of.ExpiresAt))
		}
		out.Redundancies.StreamingPlaylists[i] = j
	}
	return out
}

// remove serves DELETE /server/redundancy/videos/{redundancyId}.
func (h *Redundancies) remove(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[redundancy.ID](r, "redundancyId")
	if err != nil {
		return err
	}
	return noContentAfter(w, h.Mirrors.Remove(r.Context(), auth.User(r.Context()), id))
}

// make serves POST /server/redundancy/videos.
func (h *Redundancies) make(w http.ResponseWriter, r *http.Request) error {
	in, err := rest.Body[struct {
		VideoID rest.Field[looseID] `json:"videoId"`
	}](w, r)
	if err != nil {
		return err
	}
	ref, err := video.ParseRef(string(in.VideoID.V))
	if err != nil {
		return errs.Fields(errs.Param{Name: "videoId", Value: in.VideoID.Sent(), Msg: "Should have a valid video id (id, short UUID or UUID)"})
	}
	return noContentAfter(w, h.Mirrors.Make(r.Context(), auth.User(r.Context()), ref))
}

// allow serves PUT /server/redundancy/{host}.
func (h *Redundancies) allow(w http.ResponseWriter, r *http.Request) error {
	in, err := rest.Body[struct {
		Allowed rest.Field[bool] `json:"redundancyAllowed"`
	}](w, r)
	if err != nil {
		return err
	}
	if !in.Allowed.Has() {
		return errs.Fields(errs.Param{Name: "redundancyAllowed", Value: in.Allowed.Sent(), Msg: "Should have a valid redundancyAllowed boolean"})
	}
	host := rest.Path(r, "host")
	err = h.Mirrors.Allow(r.Context(), auth.User(r.Context()), host, in.Allowed.V)
	if errs.Is(err, errs.NotFound) {
		err = errs.Wrap(errs.NotFound, err, "Server %s not found.", host)
	}
	return noContentAfter(w, err)
}
