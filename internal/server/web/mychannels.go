package web

import (
	"net/http"
	"net/url"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
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

func manager(u *user.User) actor.Manager {
	return actor.Manager{AccountID: u.AccountID, Any: u.Has(user.ManageAnyVideoChannel)}
}

// newChannelForm serves GET /my-library/video-channels/create.
func (s *Pages) newChannelForm(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.channels.create")
	return s.ok(w, r, manage.Channel(p, ui.Form{}, nil, channelsURL+"/create"))
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
		return s.again(w, r, err, manage.Channel(p, f.Failed(p, err, nil), nil, channelsURL+"/create"))
	}
	return back(w, r, channelsURL, "saved")
}

// lines is a text of several lines, as it is kept.
func lines(f ui.Form, name string) string { return strings.ReplaceAll(f.Value(name), "\r\n", "\n") }

func (s *Pages) managedChannel(r *http.Request) (*actor.Channel, error) {
	return s.Channels.Managed(r.Context(), manager(auth.User(r.Context())), rest.Path(r, "handle"))
}

// editChannelForm serves GET /my-library/video-channels/update/{handle}.
func (s *Pages) editChannelForm(w http.ResponseWriter, r *http.Request) error {
	c, err := s.managedChannel(r)
	if err != nil {
		return err
	}
	p := s.newPage(r, "web.channels.edit")
	f := ui.Form{Values: url.Values{"displayName": {c.DisplayName}, "description": {c.Description}, "support": {c.Support}}}
	return s.ok(w, r, manage.Channel(p, f, c, channelsURL+"/update/"+c.Username))
}

// editChannel serves POST /my-library/video-channels/update/{handle}: the
// texts, or the avatar, which is a form of its own.
func (s *Pages) editChannel(w http.ResponseWriter, r *http.Request) error {
	c, err := s.managedChannel(r)
	if err != nil {
		return err
	}
	action := channelsURL + "/update/" + c.Username
	var f ui.Form
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		f, err = s.changeAvatar(w, r, c.ID)
		f.Values = url.Values{"displayName": {c.DisplayName}, "description": {c.Description}, "support": {c.Support}}
	} else if f, err = form(w, r); err == nil {
		name, about, support := f.Value("displayName"), lines(f, "description"), lines(f, "support")
		err = s.Channels.Update(r.Context(), manager(auth.User(r.Context())), c.Username, actor.ChannelChange{
			DisplayName: &name, Description: &about, Support: &support,
		})
	}
	if err != nil {
		p := s.newPage(r, "web.channels.edit")
		return s.again(w, r, err, manage.Channel(p, f.Failed(p, err, nil), c, action))
	}
	return back(w, r, channelsURL, "saved")
}

// deleteChannel serves POST /my-library/video-channels/delete/{handle}.
func (s *Pages) deleteChannel(w http.ResponseWriter, r *http.Request) error {
	c, err := s.managedChannel(r)
	if err != nil {
		return err
	}
	if err := s.Channels.Delete(r.Context(), manager(auth.User(r.Context())), c.Username); err != nil {
		return err
	}
	return back(w, r, channelsURL, "deleted")
}
