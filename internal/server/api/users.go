package api

import (
	"context"
	"net/http"

	"sepiola/internal/domain/abuse"
	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// Users serves the administration of /users.
type Users struct {
	Users  UserService
	Actors UserActors
	Site   instance.Site
	Policy func() user.Policy
	// Reports counts what was reported of people, and by them; nil: nothing.
	Reports UserReports
}

// UserReports is the part of abuse.Store that users are shown with.
type UserReports interface {
	UserStats(ctx context.Context, id actor.AccountID) (abuse.UserStats, error)
}

// UserService is the part of user.Service that this resource needs.
type UserService interface {
	Get(ctx context.Context, id user.ID) (*user.User, error)
	List(ctx context.Context, p user.ListParams) ([]*user.User, int, error)
	Usages(ctx context.Context, ids []user.ID) (map[user.ID]user.Usage, error)
	Autocomplete(ctx context.Context, search string) ([]string, error)
	Create(ctx context.Context, by *user.User, in user.New) (*user.User, error)
	Update(ctx context.Context, by *user.User, id user.ID, in user.AdminChange) error
	Block(ctx context.Context, by *user.User, id user.ID, reason string) error
	Unblock(ctx context.Context, by *user.User, id user.ID) error
	Delete(ctx context.Context, by *user.User, id user.ID) error
}

// UserActors is the part of the store of actors that users are shown with.
type UserActors interface {
	Accounts(ctx context.Context, ids []actor.AccountID) (map[actor.AccountID]*actor.Account, error)
	ChannelsOf(ctx context.Context, id actor.AccountID) ([]*actor.Channel, error)
}

// Mount adds the routes to r.
func (h *Users) Mount(r *rest.Router) {
	manage := func(f rest.HandlerFunc) rest.HandlerFunc { return auth.RequiredRight(user.ManageUsers, f) }
	r.Get("/users/autocomplete", h.autocomplete)
	r.Get("/users", manage(h.list))
	r.Post("/users", manage(h.create))
	r.Get("/users/{id}", manage(h.get))
	r.Put("/users/{id}", manage(h.update))
	r.Delete("/users/{id}", manage(h.delete))
	r.Post("/users/{id}/block", manage(h.block))
	r.Post("/users/{id}/unblock", manage(h.unblock))
}

// list serves GET /users.
func (h *Users) list(w http.ResponseWriter, r *http.Request) error {
	q := rest.NewQuery(r)
	page := q.Page("-createdAt", "id", "username", "videoQuotaUsed", "lastLoginDate", "role")
	p := user.ListParams{Search: q.String("search"), Blocked: q.Bool("blocked"), Sort: page.Sort, Start: page.Start, Count: page.Count}
	if q.Has("role") {
		role := user.Role(q.Int("role", 0, int(user.Administrator), int(user.Member)))
		p.Role = &role
	}
	if err := q.Err(); err != nil {
		return err
	}
	list, total, err := h.Users.List(r.Context(), p)
	if err != nil {
		return err
	}
	out, err := h.presentList(r.Context(), list)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, rest.List[userJSON]{Total: total, Data: out})
}

func (h *Users) presentList(ctx context.Context, list []*user.User) ([]userJSON, error) {
	ids := make([]user.ID, len(list))
	accountIDs := make([]actor.AccountID, len(list))
	for i, u := range list {
		ids[i], accountIDs[i] = u.ID, u.AccountID
	}
	usages, err := h.Users.Usages(ctx, ids)
	if err != nil {
		return nil, err
	}
	accounts, err := h.Actors.Accounts(ctx, accountIDs)
	if err != nil {
		return nil, err
	}
	out := make([]userJSON, len(list))
	for i, u := range list {
		out[i] = presentUser(h.Site, u, accounts[u.AccountID])
		out[i].addUsage(usages[u.ID])
		out[i].NotificationSettings = notificationsOf(u)
	}
	return out, nil
}

// get serves GET /users/{id}.
func (h *Users) get(w http.ResponseWriter, r *http.Request) error {
	q := rest.NewQuery(r)
	stats := q.Bool("withStats")
	id, err := rest.PathID[user.ID](r, "id")
	if err != nil {
		return err
	}
	if err := q.Err(); err != nil {
		return err
	}
	u, err := h.Users.Get(r.Context(), id)
	if err != nil {
		return err
	}
	out, err := usersPresentWhole(r.Context(), h.Site, h.Actors, u)
	if err != nil {
		return err
	}
	if stats != nil && *stats {
		usages, err := h.Users.Usages(r.Context(), []user.ID{id})
		if err != nil {
			return err
		}
		out.addUsage(usages[id])
		if out.userStatsJSON, err = h.stats(r.Context(), u, usages[id]); err != nil {
			return err
		}
	}
	return rest.JSON(w, http.StatusOK, out)
}

func (h *Users) stats(ctx context.Context, u *user.User, usage user.Usage) (*userStatsJSON, error) {
	out := &userStatsJSON{VideosCount: usage.Videos}
	if h.Reports == nil {
		return out, nil
	}
	n, err := h.Reports.UserStats(ctx, u.AccountID)
	out.AbusesCount, out.AbusesAcceptedCount, out.AbusesCreatedCount = n.Against, n.Accepted, n.Created
	return out, err
}

// usersPresentWhole presents a user with account and channels.
func usersPresentWhole(ctx context.Context, site instance.Site, actors UserActors, u *user.User) (userJSON, error) {
	accounts, err := actors.Accounts(ctx, []actor.AccountID{u.AccountID})
	if err != nil {
		return userJSON{}, err
	}
	channels, err := actors.ChannelsOf(ctx, u.AccountID)
	if err != nil {
		return userJSON{}, err
	}
	out := presentUser(site, u, accounts[u.AccountID])
	out.addChannels(site, channels)
	return out, nil
}

// userCreate is PeerTube's UserCreate.
type userCreate struct {
	Username        rest.Field[string] `json:"username"`
	Password        rest.Field[string] `json:"password"`
	Email           rest.Field[string] `json:"email"`
	ChannelName     rest.Field[string] `json:"channelName"`
	VideoQuota      rest.Field[int64]  `json:"videoQuota"`
	VideoQuotaDaily rest.Field[int64]  `json:"videoQuotaDaily"`
	Role            rest.Field[int]    `json:"role"`
	AdminFlags      rest.Field[int]    `json:"adminFlags"`
}

func (in userCreate) domain() user.New {
	return user.New{
		Username: in.Username.V, Password: in.Password.V, Email: in.Email.V, Channel: in.ChannelName.V,
		VideoQuota: pointer(in.VideoQuota), VideoQuotaDaily: pointer(in.VideoQuotaDaily),
		Role: user.Role(in.Role.Or(-1)), AdminFlags: in.AdminFlags.V,
	}
}

// create serves POST /users.
func (h *Users) create(w http.ResponseWriter, r *http.Request) error {
	in, err := usersBody(w, r, func(in userCreate) []errs.Param { return in.domain().Problems(h.Policy()) })
	if err != nil {
		return err
	}
	u, err := h.Users.Create(r.Context(), auth.User(r.Context()), in.domain())
	if err != nil {
		return err
	}
	type id[T any] struct {
		ID T `json:"id"`
	}
	return rest.JSON(w, http.StatusOK, struct {
		User struct {
			ID      user.ID             `json:"id"`
			Account id[actor.AccountID] `json:"account"`
		} `json:"user"`
	}{struct {
		ID      user.ID             `json:"id"`
		Account id[actor.AccountID] `json:"account"`
	}{u.ID, id[actor.AccountID]{u.AccountID}}})
}

// userUpdate is PeerTube's UserUpdate. pluginAuth is read and means nothing
// here: there are no plugins that log people in.
type userUpdate struct {
	Password        rest.Field[string] `json:"password"`
	Email           rest.Field[string] `json:"email"`
	EmailVerified   rest.Field[bool]   `json:"emailVerified"`
	VideoQuota      rest.Field[int64]  `json:"videoQuota"`
	VideoQuotaDaily rest.Field[int64]  `json:"videoQuotaDaily"`
	Role            rest.Field[int]    `json:"role"`
	AdminFlags      rest.Field[int]    `json:"adminFlags"`
}

func (in userUpdate) domain() user.AdminChange {
	c := user.AdminChange{
		Password: pointer(in.Password), Email: pointer(in.Email), EmailVerified: pointer(in.EmailVerified),
		VideoQuota: pointer(in.VideoQuota), VideoQuotaDaily: pointer(in.VideoQuotaDaily), AdminFlags: pointer(in.AdminFlags),
	}
	if in.Role.Has() {
		role := user.Role(in.Role.V)
		c.Role = &role
	}
	return c
}

// update serves PUT /users/{id}.
func (h *Users) update(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[user.ID](r, "id")
	if err != nil {
		return err
	}
	in, err := usersBody(w, r, func(in userUpdate) []errs.Param { return in.domain().Problems(h.Policy()) })
	if err != nil {
		return err
	}
	if err := h.Users.Update(r.Context(), auth.User(r.Context()), id, in.domain()); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// delete serves DELETE /users/{id}.
func (h *Users) delete(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[user.ID](r, "id")
	if err != nil {
		return err
	}
	if err := h.Users.Delete(r.Context(), auth.User(r.Context()), id); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// block serves POST /users/{id}/block.
func (h *Users) block(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[user.ID](r, "id")
	if err != nil {
		return err
	}
	in, err := rest.Body[struct {
		Reason rest.Field[string] `json:"reason"`
	}](w, r)
	if err != nil {
		return err
	}
	if err := h.Users.Block(r.Context(), auth.User(r.Context()), id, in.Reason.V); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// unblock serves POST /users/{id}/unblock.
func (h *Users) unblock(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[user.ID](r, "id")
	if err != nil {
		return err
	}
	if err := h.Users.Unblock(r.Context(), auth.User(r.Context()), id); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// autocomplete serves GET /users/autocomplete.
func (h *Users) autocomplete(w http.ResponseWriter, r *http.Request) error {
	search := rest.NewQuery(r).String("search")
	if search == "" {
		return errs.Fields(errs.Param{Name: "search", In: "query"})
	}
	names, err := h.Users.Autocomplete(r.Context(), search)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, names)
}
