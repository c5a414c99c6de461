package web

import (
	"net/http"
	"net/url"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/manage"
	"sepiola/internal/server/web/ui"
)

const channelsURL = "/my-library/video-channels"

// myChannels serves GET /my-library/video-channels.
func (s *Pages) myChannels(w http.ResponseWriter, r *http.Request) error {
	channels, err := s.Actors.ChannelsOf(r.Context(), auth.User(r.Context()).AccountID)
	if err != nil {
		return err
	}
	p := s.newPage(r, "web.nav.channels")
	p.NoIndex = true
	return s.ok(w, r, manage.Channels(p, channels))
}

// newChannelForm serves GET /my-library/video-channels/create.
func (s *Pages) newChannelForm(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.channels.create")
	return s.ok(w, r, manage.Channel(p, manage.ChannelView{}))
}

// newChannel serves POST /my-library/video-channels/create.
func (s *Pages) newChannel(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	_, err = s.Channels.Create(r.Context(), auth.User(r.Context()).AccountID, f.Value("name"), actor.ChannelTexts{
		DisplayName: f.Value("displayName"), Description: lines(f, "description"), Support: lines(f, "support"),
	})
	if err != nil {
		p := s.newPage(r, "web.channels.create")
		return s.again(w, r, err, manage.Channel(p, manage.ChannelView{Texts: f.Failed(p, err, nil)}))
	}
	return back(w, r, channelsURL, "saved")
}

// lines is a text of several lines, as it is kept.
func lines(f ui.Form, name string) string { return strings.ReplaceAll(f.Value(name), "\r\n", "\n") }

func (s *Pages) managedChannel(r *http.Request) (*actor.Channel, error) {
	return s.Channels.Managed(r.Context(), auth.User(r.Context()).Manager(), rest.Path(r, "handle"))
}

// channelView shows a channel as it is.
func (s *Pages) channelView(c *actor.Channel) manage.ChannelView {
	v := url.Values{
		"displayName": {c.DisplayName}, "description": {c.Description}, "support": {c.Support},
		"playerTheme": {string(c.PlayerTheme.Or(instance.SiteTheme))},
	}
	if !c.P2PDisabled {
		v.Set("sharingEnabled", "true")
	}
	return manage.ChannelView{Channel: c, Texts: ui.Form{Values: v}, Look: s.Settings().PlayerTheme}
}

// editChannelForm serves GET /my-library/video-channels/update/{handle}.
func (s *Pages) editChannelForm(w http.ResponseWriter, r *http.Request) error {
	c, err := s.managedChannel(r)
	if err != nil {
		return err
	}
	return s.ok(w, r, manage.Channel(s.newPage(r, "web.channels.edit"), s.channelView(c)))
}

// editChannel serves POST /my-library/video-channels/update/{handle}.
func (s *Pages) editChannel(w http.ResponseWriter, r *http.Request) error {
	c, err := s.managedChannel(r)
	if err != nil {
		return err
	}
	f, err := form(w, r)
	if err != nil {
		return err
	}
	name, about, support, sharing := f.Value("displayName"), lines(f, "description"), lines(f, "support"), f.Checked("sharingEnabled")
	err = s.Channels.Update(r.Context(), auth.User(r.Context()).Manager(), c.Username, actor.ChannelChange{
		DisplayName: &name, Description: &about, Support: &support, SupportOfVideos: f.Checked("bulkVideosSupportUpdate"), Sharing: &sharing,
		PlayerTheme: chosenLook(f),
	})
	if err != nil {
		return s.channelFailed(w, r, c, err, f, func(v *manage.ChannelView) *ui.Form { return &v.Texts })
	}
	return back(w, r, channelsURL, "saved")
}

// channelFailed shows a channel again; which picks the form that was sent.
func (s *Pages) channelFailed(w http.ResponseWriter, r *http.Request, c *actor.Channel, err error, f ui.Form, which func(*manage.ChannelView) *ui.Form) error {
	p, v := s.newPage(r, "web.channels.edit"), s.channelView(c)
	*which(&v) = f.Failed(p, err, nil)
	return s.again(w, r, err, manage.Channel(p, v))
}

// channelAvatar serves POST /my-library/video-channels/avatar/{handle}.
func (s *Pages) channelAvatar(w http.ResponseWriter, r *http.Request) error {
	return s.channelPicture(w, r, actor.Avatar, func(v *manage.ChannelView) *ui.Form { return &v.Avatar })
}

// channelBanner serves POST /my-library/video-channels/banner/{handle}.
func (s *Pages) channelBanner(w http.ResponseWriter, r *http.Request) error {
	return s.channelPicture(w, r, actor.Banner, func(v *manage.ChannelView) *ui.Form { return &v.Banner })
}

func (s *Pages) channelPicture(w http.ResponseWriter, r *http.Request, t actor.ImageType, which func(*manage.ChannelView) *ui.Form) error {
	c, err := s.managedChannel(r)
	if err != nil {
		return err
	}
	f, err := s.changePicture(w, r, c.ID, t)
	if err != nil {
		return s.channelFailed(w, r, c, err, f, which)
	}
	return back(w, r, channelsURL+"/update/"+c.Username, "saved")
}

// deleteChannelForm serves GET /my-library/video-channels/delete/{handle}.
func (s *Pages) deleteChannelForm(w http.ResponseWriter, r *http.Request) error {
	c, err := s.managedChannel(r)
	if err != nil {
		return err
	}
	return s.ok(w, r, manage.DeleteChannel(s.newPage(r, "web.channels.delete"), ui.Form{}, c))
}

// deleteChannel serves POST /my-library/video-channels/delete/{handle}. The
// name must be typed: its videos go too.
func (s *Pages) deleteChannel(w http.ResponseWriter, r *http.Request) error {
	c, err := s.managedChannel(r)
	if err != nil {
		return err
	}
	f, err := form(w, r)
	if err != nil {
		return err
	}
	p := s.newPage(r, "web.channels.delete")
	if err = typed(p, f, c.Username); err == nil {
		err = s.Channels.Delete(r.Context(), auth.User(r.Context()).Manager(), c.Username)
	}
	if err != nil {
		return s.again(w, r, err, manage.DeleteChannel(p, f.Failed(p, err, nil), c))
	}
	return back(w, r, channelsURL, "deleted")
}
