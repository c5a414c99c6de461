package follow

import (
	"context"
	"strconv"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

// Subscriptions is what people do with follows.
type Subscriptions struct {
	Store  Store
	Actors ActorStore
	Site   instance.Site
	// Events may be nil.
	Events Events
	// Outbound is nil while this site does not talk to others: then what is
	// not known here cannot be followed.
	Outbound Outbound
	// InTx runs fn in one database transaction. Store, Events and Outbound
	// take part when they are given fn's context.
	InTx func(ctx context.Context, fn func(ctx context.Context) error) error
	Now  func() time.Time
}

// Target is what can be followed: a channel or an account.
type Target struct {
	*actor.Actor
	// Channel is nil for accounts.
	Channel *actor.Channel
	// Owner is the account itself, or the channel's.
	Owner actor.AccountID
}

// Find returns the channel or the account of a handle, "name" or "name@host".
// Names of this site belong to one of them only.
func (s *Subscriptions) Find(ctx context.Context, handle string) (*Target, error) {
	name, host := actor.ParseHandle(handle, s.Site.Host)
	c, err := s.Actors.ChannelByName(ctx, name, host)
	if err == nil {
		return &Target{Actor: &c.Actor, Channel: c, Owner: c.OwnerID}, nil
	}
	if !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	a, err := s.Actors.AccountByName(ctx, name, host)
	if err != nil {
		return nil, err
	}
	return &Target{Actor: &a.Actor, Owner: a.AccountID}, nil
}

// Subscribe makes u follow the channel or account of a handle. Following twice
// is following once. Channels of one's own may be followed, as in PeerTube.
func (s *Subscriptions) Subscribe(ctx context.Context, u *user.User, handle string) error {
	me, err := s.Actors.Account(ctx, u.AccountID)
	if err != nil {
		return err
	}
	name, host := actor.ParseHandle(handle, s.Site.Host)
	t, err := s.Find(ctx, handle)
	switch {
	case errs.Is(err, errs.NotFound) && host != "":
		return s.ask(ctx, me, name, host)
	case errs.Is(err, errs.NotFound):
		return errs.New(errs.NotFound, "There is no channel or account %s on this site.", name)
	case err != nil:
		return err
	case !t.Local():
		return s.ask(ctx, me, t.Username, t.Host)
	case t.ID == me.ID:
		return errs.New(errs.Conflict, "You cannot follow yourself.")
	}
	return s.InTx(ctx, func(ctx context.Context) error { return s.follow(ctx, me, t) })
}

func (s *Subscriptions) follow(ctx context.Context, me *actor.Account, t *Target) error {
	now := s.Now()
	f := &Follow{
		URL:   me.URL + "/follows/" + strconv.FormatInt(int64(t.ID), 10),
		State: Accepted, Score: BaseScore, FollowerID: me.ID, FollowingID: t.ID, CreatedAt: now, UpdatedAt: now,
	}
	created, err := s.Store.Create(ctx, f)
	if err != nil || !created || s.Events == nil {
		return err
	}
	return s.Events.Followed(ctx, f)
}

// ask follows an actor of another site.
func (s *Subscriptions) ask(ctx context.Context, me *actor.Account, name, host string) error {
	if s.Outbound == nil {
		return errs.New(errs.NotSupported, "This site does not follow channels of other sites yet: %s@%s cannot be followed.", name, host)
	}
	return s.InTx(ctx, func(ctx context.Context) error { return s.Outbound.Follow(ctx, me, name, host) })
}

// Unsubscribe ends u's subscription to the channel or account of a handle. One
// that waits is taken back too: its site may agree to it later.
func (s *Subscriptions) Unsubscribe(ctx context.Context, u *user.User, handle string) error {
	me, f, _, err := s.subscription(ctx, u, handle)
	if err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error { return s.end(ctx, me, f) })
}

// end ends a subscription, in a transaction. Following is filled.
func (s *Subscriptions) end(ctx context.Context, me *actor.Account, f *Follow) error {
	if f.Following != nil && !f.Following.Local() && f.State != Rejected && s.Outbound != nil {
		if err := s.Outbound.Undo(ctx, me, f); err != nil {
			return err
		}
	}
	return s.Store.Delete(ctx, f.ID)
}

func (s *Subscriptions) subscription(ctx context.Context, u *user.User, handle string) (*actor.Account, *Follow, *Target, error) {
	me, err := s.Actors.Account(ctx, u.AccountID)
	if err != nil {
		return nil, nil, nil, err
	}
	none := errs.New(errs.NotFound, "Subscription %s not found.", handle)
	t, err := s.Find(ctx, handle)
	if errs.Is(err, errs.NotFound) {
		return nil, nil, nil, none
	}
	if err != nil {
		return nil, nil, nil, err
	}
	f, err := s.Store.Between(ctx, me.ID, t.ID)
	if errs.Is(err, errs.NotFound) {
		return nil, nil, nil, none
	}
	if err != nil {
		return nil, nil, nil, err
	}
	f.Following = t.Actor
	return me, f, t, nil
}

// Get returns the channel of a handle when u is subscribed to it: errs.NotFound
// otherwise, for accounts too, as in PeerTube.
func (s *Subscriptions) Get(ctx context.Context, u *user.User, handle string) (*actor.Channel, error) {
	_, f, t, err := s.subscription(ctx, u, handle)
	if err != nil {
		return nil, err
	}
	if f.State != Accepted || t.Channel == nil {
		return nil, errs.New(errs.NotFound, "Subscription %s not found.", handle)
	}
	return t.Channel, nil
}

// Exist reports of each handle whether u is subscribed to it.
func (s *Subscriptions) Exist(ctx context.Context, u *user.User, handles []string) (map[string]bool, error) {
	me, err := s.Actors.Account(ctx, u.AccountID)
	if err != nil {
		return nil, err
	}
	known := make(map[string]actor.ID, len(handles))
	ids := make([]actor.ID, 0, len(handles))
	for _, h := range handles {
		if _, seen := known[h]; seen {
			continue
		}
		known[h] = 0
		t, err := s.Find(ctx, h)
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		known[h] = t.ID
		ids = append(ids, t.ID)
	}
	states, err := s.Store.States(ctx, me.ID, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[string]bool, len(known))
	for h, id := range known {
		out[h] = states[id] == Accepted
	}
	return out, nil
}

// Follows returns how u follows an actor; "" when not at all, and for nobody.
func (s *Subscriptions) Follows(ctx context.Context, u *user.User, id actor.ID) (State, error) {
	if u == nil {
		return "", nil
	}
	return s.Store.StateOf(ctx, u.AccountID, id)
}

// List returns a page of the channels that u is subscribed to.
func (s *Subscriptions) List(ctx context.Context, u *user.User, p SubscriptionList) ([]*actor.Channel, int, error) {
	me, err := s.Actors.Account(ctx, u.AccountID)
	if err != nil {
		return nil, 0, err
	}
	p.Follower = me.ID
	return s.Store.Channels(ctx, p)
}

// All returns a page of the channels and accounts that u follows, those that
// have not answered yet too.
func (s *Subscriptions) All(ctx context.Context, u *user.User, p SubscriptionList) ([]*Follow, int, error) {
	me, err := s.Actors.Account(ctx, u.AccountID)
	if err != nil {
		return nil, 0, err
	}
	p.Follower = me.ID
	return s.Store.Followed(ctx, p)
}

// OfAccount returns a page of the followers of an account and of its channels,
// to its owner and to those who manage users.
func (s *Subscriptions) OfAccount(ctx context.Context, u *user.User, handle string, p FollowerList) ([]*Follow, int, error) {
	name, host := actor.ParseHandle(handle, s.Site.Host)
	a, err := s.Actors.AccountByName(ctx, name, host)
	if err != nil {
		return nil, 0, err
	}
	if a.AccountID != u.AccountID && !u.Has(user.ManageUsers) {
		return nil, 0, errs.New(errs.Forbidden, "Only a user with sufficient right can access this account resource.")
	}
	channels, err := s.Actors.ChannelsOf(ctx, a.AccountID)
	if err != nil {
		return nil, 0, err
	}
	p.Of = []actor.ID{a.ID}
	for _, c := range channels {
		p.Of = append(p.Of, c.ID)
	}
	return s.Store.Followers(ctx, p)
}

// OfChannel returns a page of the followers of a channel, to those who manage
// it.
func (s *Subscriptions) OfChannel(ctx context.Context, u *user.User, handle string, p FollowerList) ([]*Follow, int, error) {
	name, host := actor.ParseHandle(handle, s.Site.Host)
	c, err := s.Actors.ChannelByName(ctx, name, host)
	if err != nil {
		return nil, 0, err
	}
	if m := u.Manager(); !m.Any && c.OwnerID != m.AccountID {
		return nil, 0, errs.New(errs.Forbidden, "Only a user with sufficient right can access this account resource.")
	}
	p.Of = []actor.ID{c.ID}
	return s.Store.Followers(ctx, p)
}
