package api

import (
	"context"
	"net/http"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// ChannelService is the part of actor.Channels that Channels needs.
type ChannelService interface {
	Create(ctx context.Context, owner actor.AccountID, name string, in actor.ChannelTexts) (*actor.Channel, error)
	ByHandle(ctx context.Context, handle string) (*actor.Channel, error)
	Managed(ctx context.Context, m actor.Manager, handle string) (*actor.Channel, error)
	Update(ctx context.Context, m actor.Manager, handle string, change actor.ChannelChange) error
	Delete(ctx context.Context, m actor.Manager, handle string) error
}

// Channels serves /video-channels. Their videos are Videos'.
type Channels struct {
	Channels  ChannelService
	Directory ActorDirectory
	Images    ActorImages
	Site      instance.Site
}

// Mount adds the routes to r.
func (h *Channels) Mount(r *rest.Router) {
	r.Get("/video-channels", h.list)
	r.Post("/video-channels", auth.Required(h.create))
	r.Get("/video-channels/{handle}", h.get)
	r.Put("/video-channels/{handle}", auth.Required(h.update))
	r.Delete("/video-channels/{handle}", auth.Required(h.delete))
	r.Post("/video-channels/{handle}/avatar/pick", auth.Required(h.pick(actor.Avatar)))
	r.Post("/video-channels/{handle}/banner/pick", auth.Required(h.pick(actor.Banner)))
	r.Delete("/video-channels/{handle}/avatar", auth.Required(h.unpick(actor.Avatar)))
	r.Delete("/video-channels/{handle}/banner", auth.Required(h.unpick(actor.Banner)))
}

func (h *Channels) list(w http.ResponseWriter, r *http.Request) error {
	q := rest.NewQuery(r)
	p := q.Page(channelSorts...)
	if err := q.Err(); err != nil {
		return err
	}
	list, total, err := h.Directory.Channels(r.Context(), actor.ChannelList{Sort: p.Sort, Start: p.Start, Count: p.Count})
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, rest.NewList(total, list, func(c *actor.Channel) channelJSON { return presentChannel(h.Site, c) }))
}

func (h *Channels) get(w http.ResponseWriter, r *http.Request) error {
	c, err := h.Channels.ByHandle(r.Context(), rest.Path(r, "handle"))
	if err != nil {
		return err
	}
	out := presentChannel(h.Site, c)
	if c.Local() {
		out.SharingEnabled = new(!c.P2PDisabled)
	}
	return rest.JSON(w, http.StatusOK, out)
}

// channelBody is PeerTube's VideoChannelCreate and VideoChannelUpdate.
type channelBody struct {
	Name         rest.Field[string] `json:"name"`
	DisplayName  rest.Field[string] `json:"displayName"`
	Description  rest.Field[string] `json:"description"`
	Support      rest.Field[string] `json:"support"`
	BulkSupports rest.Field[bool]   `json:"bulkVideosSupportUpdate"`
	Sharing      rest.Field[bool]   `json:"sharingEnabled"` // ours
}

// check names all that is wrong; create says that the names must be there.
func (in *channelBody) check(create bool) error {
	var bad []errs.Param
	reject := func(name string, f rest.Field[string]) {
		p := errs.Param{Name: name}
		if f.Has() {
			p.Value = f.V
		}
		bad = append(bad, p)
	}
	if create && !actor.ValidName(in.Name.V) {
		reject("name", in.Name)
	}
	if (create || in.DisplayName.Set) && (!in.DisplayName.Has() || in.DisplayName.V == "" || !actor.ValidDisplayName(in.DisplayName.V)) {
		reject("displayName", in.DisplayName)
	}
	if !actor.ValidText(in.Description.V) {
		reject("description", in.Description)
	}
	if !actor.ValidText(in.Support.V) {
		reject("support", in.Support)
	}
	if len(bad) > 0 {
		return errs.Fields(bad...)
	}
	return nil
}

func (h *Channels) create(w http.ResponseWriter, r *http.Request) error {
	in, err := rest.Body[channelBody](w, r)
	if err != nil {
		return err
	}
	if err := in.check(true); err != nil {
		return err
	}
	c, err := h.Channels.Create(r.Context(), auth.User(r.Context()).AccountID, in.Name.V, actor.ChannelTexts{
		DisplayName: in.DisplayName.V, Description: in.Description.V, Support: in.Support.V,
	})
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, object{{"videoChannel", object{{"id", c.ChannelID}}}})
}

func (h *Channels) update(w http.ResponseWriter, r *http.Request) error {
	in, err := rest.Body[channelBody](w, r)
	if err != nil {
		return err
	}
	if err := in.check(false); err != nil {
		return err
	}
	err = h.Channels.Update(r.Context(), channelManager(r), rest.Path(r, "handle"), actor.ChannelChange{
		DisplayName: channelText(in.DisplayName), Description: channelText(in.Description), Support: channelText(in.Support),
		SupportOfVideos: in.BulkSupports.Or(false), Sharing: given(in.Sharing),
	})
	if err != nil {
		return err
	}
	return rest.NoContentJSON(w)
}

// channelText is nil for what was not sent; null empties a text.
func channelText(f rest.Field[string]) *string {
	if !f.Set {
		return nil
	}
	return &f.V
}

func (h *Channels) delete(w http.ResponseWriter, r *http.Request) error {
	if err := h.Channels.Delete(r.Context(), channelManager(r), rest.Path(r, "handle")); err != nil {
		return err
	}
	return rest.NoContentJSON(w)
}

func channelManager(r *http.Request) actor.Manager {
	u := auth.User(r.Context())
	return actor.Manager{AccountID: u.AccountID, Any: u.Has(user.ManageAnyVideoChannel)}
}

func (h *Channels) pick(t actor.ImageType) rest.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		c, err := h.Channels.Managed(r.Context(), channelManager(r), rest.Path(r, "handle"))
		if err != nil {
			return err
		}
		images, err := pickImage(w, r, h.Images, c.ID, t)
		if err != nil {
			return err
		}
		return rest.JSON(w, http.StatusOK, object{{imagesName(t), presentActorImages(h.Site, images)}})
	}
}

func (h *Channels) unpick(t actor.ImageType) rest.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		c, err := h.Channels.Managed(r.Context(), channelManager(r), rest.Path(r, "handle"))
		if err != nil {
			return err
		}
		if err := h.Images.Remove(r.Context(), c.ID, t); err != nil {
			return err
		}
		return rest.NoContent(w)
	}
}
