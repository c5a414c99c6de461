package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// Config serves /config and the custom home page.
type Config struct {
	Settings SiteSettings
	// Instance returns the site's own actor, with its images.
	Instance func(ctx context.Context) (*actor.Actor, error)
	Images   ActorImages
	Logos    SiteLogos
	// Icon is the path of the square icon that comes with the program.
	Icon string
	// SignupOpen reports whether people can register now.
	SignupOpen func(ctx context.Context) (bool, error)
	// SignupFrom reports whether people may from an address.
	SignupFrom func(ip string) bool
	// ClientIP is the address of who asks.
	ClientIP func(r *http.Request) string
	// VideoExtensions are those that may be uploaded now.
	VideoExtensions func() []string
	Mail            bool
	// Version is the version of PeerTube whose contracts are kept; clients
	// decide by it what they may ask for. Commit is of this program.
	Version, Commit string
	Site            instance.Site
	Now             func() time.Time

	cache configCache
}

// SiteSettings is the part of instance.Settings that Config needs.
type SiteSettings interface {
	Values() instance.Values
	Update(ctx context.Context, in map[string]any) error
	Reset(ctx context.Context) error
	Homepage(ctx context.Context) (string, error)
	SetHomepage(ctx context.Context, content string) error
}

// Mount adds the routes to r.
func (h *Config) Mount(r *rest.Router) {
	manage := func(fn rest.HandlerFunc) rest.HandlerFunc { return auth.RequiredRight(user.ManageConfiguration, fn) }
	r.Get("/config", rest.Operation("getConfig", h.get))
	r.Get("/config/about", rest.Operation("getAbout", h.about))
	r.Get("/config/custom", rest.Operation("getCustomConfig", manage(h.custom)))
	r.Put("/config/custom", rest.Operation("putCustomConfig", manage(h.update)))
	r.Delete("/config/custom", rest.Operation("delCustomConfig", manage(h.reset)))
	r.Post("/config/instance-avatar/pick", manage(h.pick(actor.Avatar)))
	r.Post("/config/instance-banner/pick", manage(h.pick(actor.Banner)))
	r.Delete("/config/instance-avatar", manage(h.unpick(actor.Avatar)))
	r.Delete("/config/instance-banner", manage(h.unpick(actor.Banner)))
	r.Post("/config/instance-logo/{logoType}/pick", manage(h.pickLogo))
	r.Delete("/config/instance-logo/{logoType}", manage(h.unpickLogo))
	r.Get("/custom-pages/homepage/instance", h.homepage)
	r.Put("/custom-pages/homepage/instance", auth.RequiredRight(user.ManageInstanceCustomPage, h.setHomepage))
}

// configAge is how long an answer of /config is kept: a new image or the last
// free place for a user shows after that. Edits of the settings show at once.
const configAge = 5 * time.Second

// configCache keeps the last answer, for addresses that may register and for
// those that may not.
type configCache struct {
	mu      sync.Mutex
	made    time.Time
	answers [2]json.RawMessage
}

func (h *Config) get(w http.ResponseWriter, r *http.Request) error {
	which := 0
	if h.SignupFrom(h.ClientIP(r)) {
		which = 1
	}
	answers, err := h.answers(r.Context())
	if err != nil {
		return err
	}
	_ = rest.Bytes(w, http.StatusOK, rest.TypeJSON, answers[which]) // the client may be gone
	return nil
}

func (h *Config) answers(ctx context.Context) ([2]json.RawMessage, error) {
	c := &h.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := h.Now(); c.made.IsZero() || now.Sub(c.made) >= configAge {
		for which := range c.answers {
			o, err := h.present(ctx, which == 1)
			if err != nil {
				return c.answers, err
			}
			if c.answers[which], err = json.Marshal(o); err != nil {
				return c.answers, err
			}
		}
		c.made = now
	}
	return c.answers, nil
}

// Forget drops the kept answer: the settings or the images changed.
func (h *Config) Forget() {
	h.cache.mu.Lock()
	defer h.cache.mu.Unlock()
	h.cache.made = time.Time{}
}

// about serves PeerTube's About.
func (h *Config) about(w http.ResponseWriter, r *http.Request) error {
	site, err := h.Instance(r.Context())
	if err != nil {
		return err
	}
	v, o := h.Settings.Values(), new(object)
	for _, name := range []string{
		"name", "shortDescription", "description", "terms", "codeOfConduct", "hardwareInformation", "creationReason",
		"moderationInformation", "administrator", "maintenanceLifetime", "businessModel", "languages", "categories",
	} {
		o.set("instance."+name, shownSetting(v, "instance."+name))
	}
	o.set("instance.banners", presentActorImages(h.Site, site.Banners))
	o.set("instance.avatars", presentActorImages(h.Site, site.Avatars))
	return rest.JSON(w, http.StatusOK, o)
}

func (h *Config) custom(w http.ResponseWriter, _ *http.Request) error {
	v, o := h.Settings.Values(), new(object)
	for _, f := range instance.Fields() {
		o.set(f.Name, f.Show(v[f.Key]))
	}
	return rest.JSON(w, http.StatusOK, o)
}

func (h *Config) update(w http.ResponseWriter, r *http.Request) error {
	in, err := rest.Body[map[string]any](w, r)
	if err != nil {
		return err
	}
	if err := h.Settings.Update(r.Context(), in); err != nil {
		return configLocked(w, err)
	}
	h.Forget()
	return h.custom(w, r)
}

func (h *Config) reset(w http.ResponseWriter, r *http.Request) error {
	if err := h.Settings.Reset(r.Context()); err != nil {
		return configLocked(w, err)
	}
	h.Forget()
	return h.custom(w, r)
}

// configLocked answers 405, which nothing else here has, where edits are
// forbidden.
func configLocked(w http.ResponseWriter, err error) error {
	if !errors.Is(err, instance.ErrLocked) {
		return err
	}
	return sendProblem(w, http.StatusMethodNotAllowed, instance.ErrLocked.Msg)
}

func (h *Config) pick(t actor.ImageType) rest.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		site, err := h.Instance(r.Context())
		if err != nil {
			return err
		}
		if _, err := pickImage(w, r, h.Images, site.ID, t); err != nil {
			return err
		}
		h.Forget()
		return rest.NoContent(w)
	}
}

func (h *Config) unpick(t actor.ImageType) rest.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		site, err := h.Instance(r.Context())
		if err != nil {
			return err
		}
		if err := h.Images.Remove(r.Context(), site.ID, t); err != nil {
			return err
		}
		h.Forget()
		return rest.NoContent(w)
	}
}

func (h *Config) homepage(w http.ResponseWriter, r *http.Request) error {
	content, err := h.Settings.Homepage(r.Context())
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, object{{"content", content}})
}

func (h *Config) setHomepage(w http.ResponseWriter, r *http.Request) error {
	in, err := rest.Body[struct {
		Content rest.Field[string] `json:"content"`
	}](w, r)
	if err != nil {
		return err
	}
	if !in.Content.Has() {
		return errs.Fields(errs.Param{Name: "content"})
	}
	if err := h.Settings.SetHomepage(r.Context(), in.Content.V); err != nil {
		return err
	}
	h.Forget()
	return rest.NoContent(w)
}
