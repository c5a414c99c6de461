package api

import (
	"context"
	"net/http"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// FollowerService is the part of follow.Subscriptions that Followers needs.
type FollowerService interface {
	OfAccount(ctx context.Context, u *user.User, handle string, p follow.FollowerList) ([]*follow.Follow, int, error)
	OfChannel(ctx context.Context, u *user.User, handle string, p follow.FollowerList) ([]*follow.Follow, int, error)
}

// Followers serves who follows accounts and channels, to those who manage
// them.
type Followers struct {
	Followers FollowerService
	Site      instance.Site
}

// Mount adds the routes to r.
func (h *Followers) Mount(r *rest.Router) {
	r.Get("/accounts/{handle}/followers", auth.Required(func(w http.ResponseWriter, r *http.Request) error {
		return h.list(w, r, h.Followers.OfAccount)
	}))
	r.Get("/video-channels/{handle}/followers", auth.Required(func(w http.ResponseWriter, r *http.Request) error {
		return h.list(w, r, h.Followers.OfChannel)
	}))
}

func (h *Followers) list(w http.ResponseWriter, r *http.Request,
	of func(context.Context, *user.User, string, follow.FollowerList) ([]*follow.Follow, int, error),
) error {
	q := rest.NewQuery(r)
	p := q.Page("-createdAt")
	search := boundedSearch(q)
	if err := q.Err(); err != nil {
		return err
	}
	list, total, err := of(r.Context(), auth.User(r.Context()), rest.Path(r, "handle"), follow.FollowerList{
		Search: search, Sort: p.Sort, Start: p.Start, Count: p.Count,
	})
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, rest.NewList(total, list, func(f *follow.Follow) actorFollowJSON { return presentFollow(h.Site, f) }))
}

// actorFollowJSON is PeerTube's ActorFollow.
type actorFollowJSON struct {
	ID        follow.ID       `json:"id"`
	Follower  followActorJSON `json:"follower"`
	Following followActorJSON `json:"following"`
	Score     int             `json:"score"`
	State     follow.State    `json:"state"`
	CreatedAt isoTime         `json:"createdAt"`
	UpdatedAt isoTime         `json:"updatedAt"`
}

// followActorJSON is a bare actor, under its own id.
type followActorJSON struct {
	actorJSON
	Banners []actorImageJSON `json:"banners"`
}

func presentFollow(site instance.Site, f *follow.Follow) actorFollowJSON {
	bare := func(a *actor.Actor) followActorJSON {
		return followActorJSON{presentActor(site, a, int64(a.ID)), presentActorImages(site, a.Banners)}
	}
	return actorFollowJSON{
		ID: f.ID, Follower: bare(f.Follower), Following: bare(f.Following), Score: f.Score, State: f.State,
		CreatedAt: isoTime(f.CreatedAt), UpdatedAt: isoTime(f.UpdatedAt),
	}
}
