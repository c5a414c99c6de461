package api

import (
	"context"
	"net/http"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// PlayerSettings serves how players look: of a video, and of the videos of a
// channel.
type PlayerSettings struct {
	Videos   PlayerVideos
	Channels PlayerChannels
	// Theme is the look of the site.
	Theme func() instance.PlayerTheme
}

// PlayerVideos is the part of video.Service that PlayerSettings needs.
type PlayerVideos interface {
	PlayerSettings(ctx context.Context, a video.Access, ref video.Ref, raw bool) (*video.Video, error)
	SetPlayerTheme(ctx context.Context, w video.Viewer, ref video.Ref, t instance.PlayerTheme) error
}

// PlayerChannels is the part of actor.Channels that PlayerSettings needs.
type PlayerChannels interface {
	ByHandle(ctx context.Context, handle string) (*actor.Channel, error)
	ChosenTheme(ctx context.Context, m actor.Manager, handle string) (*actor.Channel, error)
	SetPlayerTheme(ctx context.Context, m actor.Manager, handle string, t instance.PlayerTheme) error
}

// Mount adds the routes to r.
func (h *PlayerSettings) Mount(r *rest.Router) {
	r.Get("/player-settings/videos/{videoId}", h.video)
	r.Put("/player-settings/videos/{videoId}", auth.Required(h.setVideo))
	r.Get("/player-settings/video-channels/{handle}", h.channel)
	r.Put("/player-settings/video-channels/{handle}", auth.Required(h.setChannel))
}

// playerSettingsJSON is PeerTube's PlayerVideoSettings and
// PlayerChannelSettings.
type playerSettingsJSON struct {
	Theme instance.PlayerTheme `json:"theme"`
}

// wantsRaw reads whether what was chosen is asked for, rather than what it
// comes to.
func wantsRaw(r *http.Request) (bool, error) {
	q := rest.NewQuery(r)
	raw := q.Bool("raw")
	return raw != nil && *raw, q.Err()
}

// playedVideo is videoRef where the path has another name for it.
func playedVideo(r *http.Request) (video.Ref, error) {
	id := rest.Path(r, "videoId")
	ref, err := video.ParseRef(id)
	if err != nil {
		return ref, errs.Fields(errs.Param{Name: "videoId", Msg: "Should have a valid video id (id, short UUID or UUID)", Value: id, In: "params"})
	}
	return ref, nil
}

func (h *PlayerSettings) video(w http.ResponseWriter, r *http.Request) error {
	ref, err := playedVideo(r)
	if err != nil {
		return err
	}
	raw, err := wantsRaw(r)
	if err != nil {
		return err
	}
	v, err := h.Videos.PlayerSettings(r.Context(), videoAccess(r), ref, raw)
	if err != nil {
		return err
	}
	if raw {
		return rest.JSON(w, http.StatusOK, playerSettingsJSON{v.PlayerTheme.Or(instance.ChannelTheme)})
	}
	return rest.JSON(w, http.StatusOK, playerSettingsJSON{v.Theme(h.Theme())})
}

func (h *PlayerSettings) setVideo(w http.ResponseWriter, r *http.Request) error {
	ref, err := playedVideo(r)
	if err != nil {
		return err
	}
	return h.set(w, r, func(t instance.PlayerTheme) error {
		return h.Videos.SetPlayerTheme(r.Context(), auth.User(r.Context()), ref, t)
	})
}

func (h *PlayerSettings) channel(w http.ResponseWriter, r *http.Request) error {
	raw, err := wantsRaw(r)
	if err != nil {
		return err
	}
	handle := rest.Path(r, "handle")
	c, err := h.Channels.ByHandle(r.Context(), handle) // who asks for what is not there hears that first
	if err != nil {
		return err
	}
	if !raw {
		return rest.JSON(w, http.StatusOK, playerSettingsJSON{instance.Resolved(h.Theme(), c.PlayerTheme)})
	}
	return auth.Required(func(w http.ResponseWriter, r *http.Request) error {
		c, err := h.Channels.ChosenTheme(r.Context(), channelManager(r), handle)
		if err != nil {
			return err
		}
		return rest.JSON(w, http.StatusOK, playerSettingsJSON{c.PlayerTheme.Or(instance.SiteTheme)})
	})(w, r)
}

func (h *PlayerSettings) setChannel(w http.ResponseWriter, r *http.Request) error {
	return h.set(w, r, func(t instance.PlayerTheme) error {
		return h.Channels.SetPlayerTheme(r.Context(), channelManager(r), rest.Path(r, "handle"), t)
	})
}

// set reads a choice, has it kept and answers it. Whether somebody may choose
// is said before what is wrong with the choice.
func (h *PlayerSettings) set(w http.ResponseWriter, r *http.Request, keep func(instance.PlayerTheme) error) error {
	in, err := rest.Body[struct {
		Theme rest.Field[string] `json:"theme"`
	}](w, r)
	if err != nil {
		return err
	}
	t := instance.PlayerTheme(in.Theme.V)
	if err := keep(t); errs.Is(err, errs.Invalid) { // the theme is all there is: told back as it came
		return errs.Fields(errs.Param{Name: "theme", Value: in.Theme.Sent()})
	} else if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, playerSettingsJSON{t})
}
