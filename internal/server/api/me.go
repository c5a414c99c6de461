package api

import (
	"context"
	"encoding/json"
	"net/http"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// Me serves /users/me: the user who asks. Its avatar is served with those of
// channels.
type Me struct {
	Users     MeService
	Actors    UserActors
	Playlists SpecialPlaylists
	Site      instance.Site
	Policy    func() user.Policy
}

// MeService is the part of user.Service that this resource needs.
type MeService interface {
	Get(ctx context.Context, id user.ID) (*user.User, error)
	Usage(ctx context.Context, id user.ID) (user.Usage, error)
	UpdateMe(ctx context.Context, u *user.User, in user.MeChange) error
	DeleteMe(ctx context.Context, u *user.User) error
	SetNotifications(ctx context.Context, u *user.User, in map[string]int) error
	FeatureRead(ctx context.Context, u *user.User, feature int) error
}

// Mount adds the routes to r.
func (h *Me) Mount(r *rest.Router) {
	r.Get("/users/me", auth.Required(h.get))
	r.Put("/users/me", auth.Required(h.update))
	r.Delete("/users/me", auth.Required(h.delete))
	r.Get("/users/me/video-quota-used", auth.Required(h.quota))
	r.Put("/users/me/notification-settings", auth.Required(h.notifications))
	r.Post("/users/me/new-feature-info/read", auth.Required(h.featureRead))
}

// get serves GET /users/me.
func (h *Me) get(w http.ResponseWriter, r *http.Request) error {
	u, err := h.Users.Get(r.Context(), auth.User(r.Context()).ID) // as it is now: it was just changed, perhaps
	if err != nil {
		return err
	}
	out, err := usersPresentWhole(r.Context(), h.Site, h.Actors, u)
	if err != nil {
		return err
	}
	out.NotificationSettings = notificationsOf(u)
	special, err := watchLaterOf(r.Context(), h.Playlists, u)
	if err != nil {
		return err
	}
	out.SpecialPlaylists = &special
	return rest.JSON(w, http.StatusOK, out)
}

// meUpdate is PeerTube's UserUpdateMe.
type meUpdate struct {
	DisplayName          rest.Field[string]   `json:"displayName"`
	Description          rest.Field[string]   `json:"description"`
	CurrentPassword      rest.Field[string]   `json:"currentPassword"`
	Password             rest.Field[string]   `json:"password"`
	Email                rest.Field[string]   `json:"email"`
	EmailPublic          rest.Field[bool]     `json:"emailPublic"`
	NSFWPolicy           rest.Field[string]   `json:"nsfwPolicy"`
	NSFWFlagsDisplayed   rest.Field[int]      `json:"nsfwFlagsDisplayed"`
	NSFWFlagsHidden      rest.Field[int]      `json:"nsfwFlagsHidden"`
	NSFWFlagsWarned      rest.Field[int]      `json:"nsfwFlagsWarned"`
	NSFWFlagsBlurred     rest.Field[int]      `json:"nsfwFlagsBlurred"`
	AutoPlayVideo        rest.Field[bool]     `json:"autoPlayVideo"`
	AutoPlayNext         rest.Field[bool]     `json:"autoPlayNextVideo"`
	AutoPlayNextPlaylist rest.Field[bool]     `json:"autoPlayNextVideoPlaylist"`
	P2PEnabled           rest.Field[bool]     `json:"p2pEnabled"`
	HistoryEnabled       rest.Field[bool]     `json:"videosHistoryEnabled"`
	VideoLanguages       rest.Field[[]string] `json:"videoLanguages"`
	Language             rest.Field[string]   `json:"language"`
	Theme                rest.Field[string]   `json:"theme"`
	NoInstanceConfig     rest.Field[bool]     `json:"noInstanceConfigWarningModal"`
	NoWelcome            rest.Field[bool]     `json:"noWelcomeModal"`
	NoAccountSetup       rest.Field[bool]     `json:"noAccountSetupWarningModal"`
}

func (in meUpdate) domain() user.MeChange {
	c := user.MeChange{
		DisplayName: pointer(in.DisplayName), Description: pointer(in.Description), Email: pointer(in.Email),
		Password: pointer(in.Password), CurrentPassword: pointer(in.CurrentPassword), Preferences: in.apply,
	}
	if in.Description.Null {
		c.Description = new(string)
	}
	return c
}

// apply changes the preferences that were sent.
func (in meUpdate) apply(p *user.Preferences) {
	to(&p.EmailPublic, in.EmailPublic)
	to(&p.NSFWPolicy, in.NSFWPolicy)
	to(&p.NSFWFlagsDisplayed, in.NSFWFlagsDisplayed)
	to(&p.NSFWFlagsHidden, in.NSFWFlagsHidden)
	to(&p.NSFWFlagsWarned, in.NSFWFlagsWarned)
	to(&p.NSFWFlagsBlurred, in.NSFWFlagsBlurred)
	to(&p.AutoPlayNext, in.AutoPlayNext)
	not(&p.AutoPlayDisabled, in.AutoPlayVideo)
	not(&p.AutoPlayNextPlaylistDisabled, in.AutoPlayNextPlaylist)
	not(&p.P2PDisabled, in.P2PEnabled)
	not(&p.HistoryDisabled, in.HistoryEnabled)
	to(&p.VideoLanguages, in.VideoLanguages)
	if in.VideoLanguages.Null {
		p.VideoLanguages = nil
	}
	to(&p.Language, in.Language)
	if in.Language.Null {
		p.Language = ""
	}
	to(&p.Theme, in.Theme)
	to(&p.NoInstanceConfigWarning, in.NoInstanceConfig)
	to(&p.NoWelcome, in.NoWelcome)
	to(&p.NoAccountSetupWarning, in.NoAccountSetup)
}

func to[T any](dest *T, f rest.Field[T]) {
	if f.Has() {
		*dest = f.V
	}
}

func not(dest *bool, f rest.Field[bool]) {
	if f.Has() {
		*dest = !f.V
	}
}

// update serves PUT /users/me.
func (h *Me) update(w http.ResponseWriter, r *http.Request) error {
	in, err := usersBody(w, r, func(in meUpdate) []errs.Param { return in.domain().Problems(h.Policy()) })
	if err != nil {
		return err
	}
	c := in.domain()
	if s := auth.Session(r.Context()); s != nil {
		c.Session = s.ID
	}
	if err := h.Users.UpdateMe(r.Context(), auth.User(r.Context()), c); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// delete serves DELETE /users/me.
func (h *Me) delete(w http.ResponseWriter, r *http.Request) error {
	if err := h.Users.DeleteMe(r.Context(), auth.User(r.Context())); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// quota serves GET /users/me/video-quota-used.
func (h *Me) quota(w http.ResponseWriter, r *http.Request) error {
	usage, err := h.Users.Usage(r.Context(), auth.User(r.Context()).ID)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, struct {
		Used  int64 `json:"videoQuotaUsed"`
		Daily int64 `json:"videoQuotaUsedDaily"`
	}{usage.Used, usage.Daily})
}

// notifications serves PUT /users/me/notification-settings.
func (h *Me) notifications(w http.ResponseWriter, r *http.Request) error {
	sent, err := rest.Body[map[string]json.RawMessage](w, r)
	if err != nil {
		return err
	}
	in := make(map[string]int, len(sent))
	unread := map[string]any{} // what is no number
	for name, raw := range sent {
		var f rest.Field[int]
		if err := json.Unmarshal(raw, &f); err != nil {
			return err
		}
		if !f.Has() {
			continue
		}
		switch value := f.Sent().(type) {
		case int:
			in[name] = value
		default:
			in[name], unread[name] = -1, value // which is no setting either
		}
	}
	err = h.Users.SetNotifications(r.Context(), auth.User(r.Context()), in)
	if e := errs.As(err); e != nil {
		for i, p := range e.Params {
			if value, ok := unread[p.Name]; ok {
				e.Params[i].Value = value
			}
		}
	}
	if err != nil {
		return err
	}
	return rest.NoContent(w)
}

// featureRead serves POST /users/me/new-feature-info/read.
func (h *Me) featureRead(w http.ResponseWriter, r *http.Request) error {
	in, err := rest.Body[struct {
		Feature rest.Field[int] `json:"feature"`
	}](w, r)
	if err != nil {
		return err
	}
	if err := h.Users.FeatureRead(r.Context(), auth.User(r.Context()), in.Feature.V); err != nil {
		return err
	}
	return rest.NoContent(w)
}
