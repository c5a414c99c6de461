package api

import (
	"context"
	"net/http"
	"slices"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// SiteFollowService is follow.Sites.
type SiteFollowService interface {
	Followers(ctx context.Context, p follow.SiteList) ([]*follow.Follow, int, error)
	Following(ctx context.Context, p follow.SiteList) ([]*follow.Follow, int, error)
	Follow(ctx context.Context, u *user.User, hosts, handles []string) error
	Unfollow(ctx context.Context, u *user.User, hostOrHandle string) error
	Accept(ctx context.Context, u *user.User, handle string) error
	Reject(ctx context.Context, u *user.User, handle string) error
	Remove(ctx context.Context, u *user.User, handle string) error
}

// SiteFollows serves which sites follow this one, and which it follows.
type SiteFollows struct {
	Follows SiteFollowService
	// Allowed returns those of some hosts whose videos strategies may choose to
	// mirror: redundancy.Admin.Allowed.
	Allowed func(ctx context.Context, hosts []string) (map[string]bool, error)
	Site    instance.Site
}

// Mount adds the routes to r.
func (h *SiteFollows) Mount(r *rest.Router) {
	manage := right(user.ManageServerFollow)
	r.Get("/server/followers", h.list(h.Follows.Followers, follow.FollowerSorts))
	r.Get("/server/following", h.list(h.Follows.Following, follow.FollowingSorts))
	r.Post("/server/following", manage(h.follow))
	one := func(do func(ctx context.Context, u *user.User, name string) error) rest.HandlerFunc {
		return manage(func(w http.ResponseWriter, r *http.Request) error {
			return noContentAfter(w, do(r.Context(), auth.User(r.Context()), rest.Path(r, "name")))
		})
	}
	r.Delete("/server/following/{name}", one(h.Follows.Unfollow))
	r.Delete("/server/followers/{name}", one(h.Follows.Remove))
	r.Post("/server/followers/{name}/accept", one(h.Follows.Accept))
	r.Post("/server/followers/{name}/reject", one(h.Follows.Reject))
}

// Words that the lists may be filtered by.
var (
	followStates = []string{string(follow.Pending), string(follow.Accepted), string(follow.Rejected)}
	actorTypes   = []string{"Person", "Application", "Group", "Service", "Organization"}
)

func (h *SiteFollows) list(of func(ctx context.Context, p follow.SiteList) ([]*follow.Follow, int, error), sorts []string) rest.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		q := rest.NewQuery(r)
		p := q.Page(append([]string{"-createdAt"}, sorts...)...)
		search := boundedSearch(q)
		state, kind := oneOf(q, "state", followStates), oneOf(q, "actorType", actorTypes)
		if err := q.Err(); err != nil {
			return err
		}
		list, total, err := of(r.Context(), follow.SiteList{
			Search: search, State: follow.State(state), Type: actor.Type(kind), Sort: p.Sort, Start: p.Start, Count: p.Count,
		})
		if err != nil {
			return err
		}
		allowed, err := h.Allowed(r.Context(), hostsOf(list))
		if err != nil {
			return err
		}
		return rest.JSON(w, http.StatusOK, rest.NewList(total, list, func(f *follow.Follow) actorFollowJSON {
			out := presentFollow(h.Site, f)
			out.Follower.HostRedundancyAllowed, out.Following.HostRedundancyAllowed = allowed[f.Follower.Host], allowed[f.Following.Host]
			return out
		}))
	}
}

// hostsOf are the hosts of the other sites of follows, each once.
func hostsOf(list []*follow.Follow) []string {
	var hosts []string
	for _, f := range list {
		for _, host := range []string{f.Follower.Host, f.Following.Host} {
			if host != "" && !slices.Contains(hosts, host) {
				hosts = append(hosts, host)
			}
		}
	}
	return hosts
}

// oneOf returns a parameter that must be one of some words, or "".
func oneOf[T ~string](q *rest.Query, name string, words []T) string {
	s := q.String(name)
	if s != "" && !slices.Contains(words, T(s)) {
		q.Reject(name, "")
		return ""
	}
	return s
}

func (h *SiteFollows) follow(w http.ResponseWriter, r *http.Request) error {
	in, err := rest.Body[struct {
		Hosts   rest.Field[[]string] `json:"hosts"`
		Handles rest.Field[[]string] `json:"handles"`
	}](w, r)
	if err != nil {
		return err
	}
	return noContentAfter(w, h.Follows.Follow(r.Context(), auth.User(r.Context()), in.Hosts.V, in.Handles.V))
}
