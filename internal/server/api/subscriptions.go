package api

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// SubscriptionService is the part of follow.Subscriptions that Subscriptions
// needs.
type SubscriptionService interface {
	Subscribe(ctx context.Context, u *user.User, handle string) error
	Unsubscribe(ctx context.Context, u *user.User, handle string) error
	Get(ctx context.Context, u *user.User, handle string) (*actor.Channel, error)
	Exist(ctx context.Context, u *user.User, handles []string) (map[string]bool, error)
	List(ctx context.Context, u *user.User, p follow.SubscriptionList) ([]*actor.Channel, int, error)
}

// Subscriptions serves /users/me/subscriptions.
type Subscriptions struct {
	Subscriptions SubscriptionService
	// Videos presents the feed, which is a list of videos like others.
	Videos *Videos
	Site   instance.Site
}

// Mount adds the routes to r.
func (h *Subscriptions) Mount(r *rest.Router) {
	r.Get("/users/me/subscriptions", auth.Required(h.list))
	r.Post("/users/me/subscriptions", auth.Required(h.subscribe))
	r.Get("/users/me/subscriptions/exist", auth.Required(h.exist))
	r.Get("/users/me/subscriptions/videos", auth.Required(h.Videos.listOfSubscriptions))
	r.Get("/users/me/subscriptions/{uri}", auth.Required(h.get))
	r.Delete("/users/me/subscriptions/{uri}", auth.Required(h.unsubscribe))
}

// list serves GET /users/me/subscriptions.
func (h *Subscriptions) list(w http.ResponseWriter, r *http.Request) error {
	q := rest.NewQuery(r)
	p := q.Page(follow.SubscriptionSorts...)
	search := boundedSearch(q)
	if err := q.Err(); err != nil {
		return err
	}
	list, total, err := h.Subscriptions.List(r.Context(), auth.User(r.Context()), follow.SubscriptionList{
		Search: search, Sort: p.Sort, Start: p.Start, Count: p.Count,
	})
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, rest.NewList(total, list, func(c *actor.Channel) channelJSON { return presentChannel(h.Site, c) }))
}

// boundedSearch reads what is searched for.
func boundedSearch(q *rest.Query) string {
	s := q.String("search")
	if len(s) > maxSearch {
		q.Reject("search", "Is too long")
	}
	return s
}

// followable is name@host, as PeerTube wants it.
var followable = regexp.MustCompile(`^[a-zA-Z0-9_.:-]{1,120}@[^@\s]{1,300}$`)

func validFollowable(uri string) bool {
	_, host, _ := strings.Cut(uri, "@")
	return followable.MatchString(uri) && actor.ValidHost(strings.ToLower(host))
}

// subscribe serves POST /users/me/subscriptions.
func (h *Subscriptions) subscribe(w http.ResponseWriter, r *http.Request) error {
	in, err := rest.Body[struct {
		URI rest.Field[string] `json:"uri"`
	}](w, r)
	if err != nil {
		return err
	}
	if !validFollowable(in.URI.V) {
		return errs.Fields(errs.Param{Name: "uri", Msg: "Should have a valid URI to follow (username@domain)", Value: in.URI.Sent()})
	}
	if err := h.Subscriptions.Subscribe(r.Context(), auth.User(r.Context()), in.URI.V); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// maxExist is how many channels are asked about at once.
const maxExist = 100

// exist serves GET /users/me/subscriptions/exist.
func (h *Subscriptions) exist(w http.ResponseWriter, r *http.Request) error {
	q := rest.NewQuery(r)
	uris := q.Strings("uris")
	if len(uris) == 0 || len(uris) > maxExist || slices.ContainsFunc(uris, func(uri string) bool { return !validFollowable(uri) }) {
		p := errs.Param{Name: "uris", Msg: "Should have a valid array of URIs", In: "query"}
		if len(uris) > 0 {
			p.Value = uris
		}
		return errs.Fields(p)
	}
	known, err := h.Subscriptions.Exist(r.Context(), auth.User(r.Context()), uris)
	if err != nil {
		return err
	}
	out := object{}
	for i, uri := range uris {
		if !slices.Contains(uris[:i], uri) {
			out = append(out, member{uri, known[uri]})
		}
	}
	return rest.JSON(w, http.StatusOK, out)
}

// get serves GET /users/me/subscriptions/{uri}.
func (h *Subscriptions) get(w http.ResponseWriter, r *http.Request) error {
	c, err := h.Subscriptions.Get(r.Context(), auth.User(r.Context()), rest.Path(r, "uri"))
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, presentChannel(h.Site, c))
}

// unsubscribe serves DELETE /users/me/subscriptions/{uri}.
func (h *Subscriptions) unsubscribe(w http.ResponseWriter, r *http.Request) error {
	if err := h.Subscriptions.Unsubscribe(r.Context(), auth.User(r.Context()), rest.Path(r, "uri")); err != nil {
		return err
	}
	return rest.NoContentJSON(w)
}

// listOfSubscriptions serves GET /users/me/subscriptions/videos.
func (h *Videos) listOfSubscriptions(w http.ResponseWriter, r *http.Request) error {
	return h.serveList(w, r, func(p *video.ListParams) error {
		p.SubscribedBy = auth.User(r.Context()).AccountID
		return nil
	})
}
