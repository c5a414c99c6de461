package follow

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

// MaxAtOnce is how many channels of one account may be subscribed to at once.
// Who has more than that on another site does not fill our queue with one press.
const MaxAtOnce = 100

// On reports whether somebody follows, or has asked to.
func (s State) On() bool { return s == Accepted || s == Pending }

// StatesOf returns how u follows actors; those that are not followed are left
// out, and nobody follows nothing.
func (s *Subscriptions) StatesOf(ctx context.Context, u *user.User, ids []actor.ID) (map[actor.ID]State, error) {
	if u == nil || len(ids) == 0 {
		return map[actor.ID]State{}, nil
	}
	me, err := s.Actors.Account(ctx, u.AccountID)
	if err != nil {
		return nil, err
	}
	return s.Store.States(ctx, me.ID, ids)
}

// SubscribeToChannels makes u follow each channel of an account. Those that are
// followed stay as they are; either all others are followed, or none. An account
// without channels, as other kinds of sites have them, is followed itself.
func (s *Subscriptions) SubscribeToChannels(ctx context.Context, u *user.User, handle string) error {
	me, a, channels, err := s.channelsOf(ctx, u, handle)
	if err != nil {
		return err
	}
	switch {
	case len(channels) == 0:
		return s.Subscribe(ctx, u, handle)
	case len(channels) > MaxAtOnce:
		return errs.New(errs.Invalid, "These are too many channels to subscribe to at once.").Because("too_many_channels")
	case !a.Local() && s.Outbound == nil:
		return errs.New(errs.NotSupported, "This site does not follow channels of other sites yet.")
	}
	states, err := s.Store.States(ctx, me.ID, idsOf(channels))
	if err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		for _, c := range channels {
			if states[c.ID].On() {
				continue
			}
			if err := s.followChannel(ctx, me, c); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Subscriptions) followChannel(ctx context.Context, me *actor.Account, c *actor.Channel) error {
	if !c.Local() {
		return s.Outbound.Follow(ctx, me, c.Username, c.Host)
	}
	return s.follow(ctx, me, &Target{Actor: &c.Actor, Channel: c, Owner: c.OwnerID})
}

// UnsubscribeFromChannels ends u's subscriptions to all channels of an account,
// and to the account itself. Without any it does nothing.
func (s *Subscriptions) UnsubscribeFromChannels(ctx context.Context, u *user.User, handle string) error {
	me, a, channels, err := s.channelsOf(ctx, u, handle)
	if err != nil {
		return err
	}
	followed := map[actor.ID]*actor.Actor{a.ID: &a.Actor}
	for _, c := range channels {
		followed[c.ID] = &c.Actor
	}
	states, err := s.Store.States(ctx, me.ID, append(idsOf(channels), a.ID))
	if err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		for id := range states {
			f, err := s.Store.Between(ctx, me.ID, id)
			if errs.Is(err, errs.NotFound) { // ended meanwhile
				continue
			}
			if err != nil {
				return err
			}
			f.Following = followed[id]
			if err := s.end(ctx, me, f); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Subscriptions) channelsOf(ctx context.Context, u *user.User, handle string) (me, a *actor.Account, channels []*actor.Channel, err error) {
	if me, err = s.Actors.Account(ctx, u.AccountID); err != nil {
		return nil, nil, nil, err
	}
	name, host := actor.ParseHandle(handle, s.Site.Host)
	if a, err = s.Actors.AccountByName(ctx, name, host); err != nil {
		return nil, nil, nil, err
	}
	channels, err = s.Actors.ChannelsOf(ctx, a.AccountID)
	return me, a, channels, err
}

func idsOf(channels []*actor.Channel) []actor.ID {
	ids := make([]actor.ID, len(channels))
	for i, c := range channels {
		ids[i] = c.ID
	}
	return ids
}
