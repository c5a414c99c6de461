package web

import (
	"net/http"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/web/actorpage"
	"sepiola/internal/server/web/subscriptions"
)

// target is what the button on a page subscribes to; nothing for one's own
// account.
func (s *Pages) target(r *http.Request, a *actor.Actor, name string) (t subscriptions.Target) {
	u := auth.User(r.Context())
	if s.Subscriptions == nil || u != nil && a.Type == actor.Person && a.Local() && a.Username == u.Username {
		return t
	}
	state, err := s.Subscriptions.Follows(r.Context(), u, a.ID)
	if err != nil {
		s.subscriptionsUnknown(r, err)
		return t
	}
	return s.targetIn(state, a, name)
}

// subscriptionsUnknown tells the log why there is no button: a page is not worth
// less without it.
func (s *Pages) subscriptionsUnknown(r *http.Request, err error) {
	if r.Context().Err() == nil {
		s.Log.WarnContext(r.Context(), "whether somebody is subscribed is not known", "err", err)
	}
}

func (s *Pages) targetIn(state follow.State, a *actor.Actor, name string) subscriptions.Target {
	t := subscriptions.Target{Handle: a.FullHandle(s.Site.Host), Name: name, State: state}
	if s.HomeOf != nil {
		t.URI = a.URL
	}
	return t
}

// subscribing puts the channels of an account on its page, with what subscribes
// to each, and to all when there are several. An account without channels is
// followed itself; so are those that somebody follows since before, which is as
// good as all channels.
func (s *Pages) subscribing(r *http.Request, h *actorpage.Head, a *actor.Account, channels []*actor.Channel) {
	h.Channels = make([]actorpage.Channel, len(channels))
	for i, c := range channels {
		h.Channels[i].Channel = c
	}
	u := auth.User(r.Context())
	if s.Subscriptions == nil || u != nil && u.AccountID == a.AccountID {
		return
	}
	ids := []actor.ID{a.ID}
	for _, c := range channels {
		ids = append(ids, c.ID)
	}
	states, err := s.Subscriptions.StatesOf(r.Context(), u, ids)
	if err != nil {
		s.subscriptionsUnknown(r, err)
		return
	}
	all := subscriptions.All{Name: a.DisplayName, Whole: states[a.ID].On(), Every: true}
	all.Some = all.Whole
	for i, c := range channels {
		t := s.targetIn(states[c.ID], &c.Actor, c.DisplayName)
		t.Among, t.URI = len(channels) > 1, "" // elsewhere it is the account that is followed
		h.Channels[i].Subscribe = t
		all.Some = all.Some || t.State.On()
		all.Every = all.Every && t.State.On()
	}
	all.Every = all.Every || all.Whole
	own := s.targetIn(states[a.ID], &a.Actor, a.DisplayName)
	switch {
	case len(channels) == 0:
		h.Subscribe = own
	case len(channels) == 1 && !all.Whole:
		h.Subscribe = s.targetIn(states[channels[0].ID], &channels[0].Actor, channels[0].DisplayName)
	case len(channels) <= follow.MaxAtOnce || all.Some:
		all.Handle, all.URI = own.Handle, own.URI
		h.SubscribeAll = all
	}
}
