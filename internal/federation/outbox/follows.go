package outbox

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/peer"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
)

var (
	_ follow.Outbound        = (*Outbox)(nil)
	_ follow.SiteOutbound    = (*Outbox)(nil)
	_ follow.RenewalOutbound = (*Outbox)(nil)
)

// Follow implements follow.Outbound. Who is known here waits for an answer at
// once; others are looked for first.
func (o *Outbox) Follow(ctx context.Context, follower *actor.Account, name, host string) error {
	return o.ask(ctx, follower.ID, follower.URL, name, host)
}

// Ask implements follow.SiteOutbound.
func (o *Outbox) Ask(ctx context.Context, by *actor.Actor, name, host string) error {
	return o.ask(ctx, by.ID, by.URL, name, host)
}

// AskByItself implements follow.SiteOutbound.
func (o *Outbox) AskByItself(ctx context.Context, by *actor.Actor, host string) error {
	if !o.Rules().Enabled {
		return federationOff()
	}
	return o.Queue.Follow(ctx, Wish{Follower: by.ID, Host: host, ByItself: true})
}

func federationOff() error {
	return errs.New(errs.NotSupported, "This site does not talk to others")
}

func (o *Outbox) ask(ctx context.Context, by actor.ID, byURL, name, host string) error {
	if !o.Rules().Enabled {
		return federationOff()
	}
	if name == "" {
		return o.Queue.Follow(ctx, Wish{Follower: by, Host: host})
	}
	k, err := o.Known.ByHandle(ctx, name, host)
	if errs.Is(err, errs.NotFound) {
		return o.Queue.Follow(ctx, Wish{Follower: by, Name: name, Host: host})
	}
	if err != nil {
		return err
	}
	_, err = o.request(ctx, by, byURL, target{k.ID, k.URL, k.Host, k.InboxURL})
	return err
}

// target is an actor of another site.
type target struct {
	id               actor.ID
	url, host, inbox string
}

func targetOf(k *origin.Known) target { return target{k.ID, k.URL, k.Host, k.InboxURL} }

// Fulfil follows somebody who may have to be looked for.
func (o *Outbox) Fulfil(ctx context.Context, w Wish) error {
	by, err := o.Known.ByID(ctx, w.Follower)
	if err != nil {
		return err
	}
	var a *actor.Actor
	if w.Name == "" {
		a, err = o.Resolver.SiteOf(ctx, w.Host)
	} else {
		a, err = o.Resolver.ByHandle(ctx, w.Name, w.Host)
	}
	if err != nil {
		return err
	}
	return o.InTx(ctx, func(ctx context.Context) error {
		f, err := o.request(ctx, by.ID, by.URL, target{a.ID, a.URL, a.Host, a.InboxURL})
		if err != nil || f == nil || !w.ByItself || o.Events == nil {
			return err
		}
		return o.Events.FollowedByItself(ctx, f)
	})
}

// AskAgain implements follow.RenewalOutbound.
func (o *Outbox) AskAgain(ctx context.Context, f *follow.Follow) error {
	if !o.Rules().Enabled {
		return federationOff()
	}
	by, err := o.Known.ByID(ctx, f.FollowerID)
	if err != nil {
		return err
	}
	k, err := o.Known.ByID(ctx, f.FollowingID)
	if err != nil {
		return err
	}
	return o.InTx(ctx, func(ctx context.Context) error {
		is, err := o.Follows.Between(ctx, by.ID, k.ID)
		if err != nil || is.State != follow.Pending { // answered meanwhile
			return err
		}
		_, err = o.request(ctx, by.ID, by.URL, targetOf(k))
		return err
	})
}

// request asks an actor for a follow, in the transaction of ctx. What was
// asked and not answered is asked again; what was refused begins anew. It
// returns the follow when there was none before.
func (o *Outbox) request(ctx context.Context, by actor.ID, byURL string, t target) (made *follow.Follow, err error) {
	heard, err := o.Audience.Actors(ctx, []actor.ID{t.id})
	if err != nil {
		return nil, err
	}
	if len(heard) == 0 {
		return nil, errs.New(errs.Forbidden, "%s is blocked here", t.url)
	}
	now := o.Now()
	f := &follow.Follow{
		URL: mark(activity.FollowURL(byURL, t.id), true, now), State: follow.Pending, Score: follow.BaseScore,
		FollowerID: by, FollowingID: t.id, CreatedAt: now, UpdatedAt: now,
	}
	created, err := o.Follows.Create(ctx, f)
	if err != nil {
		return nil, err
	}
	if created {
		made = f
	} else {
		was, err := o.Follows.Between(ctx, by, t.id)
		if err != nil || was.State == follow.Accepted {
			return nil, err
		}
		if f, err = o.renew(ctx, was, f); err != nil {
			return nil, err
		}
	}
	return made, o.tell(ctx, by, byURL, activity.Follow(f.URL, byURL, t.url), t)
}

// renew makes a follow wait again that waits already, or was refused: that is a
// new one, which has waited for nothing yet.
func (o *Outbox) renew(ctx context.Context, was, anew *follow.Follow) (*follow.Follow, error) {
	if was.State == follow.Pending {
		return was, o.Follows.SetState(ctx, was.ID, follow.Pending, anew.UpdatedAt)
	}
	if err := o.Follows.Delete(ctx, was.ID); err != nil {
		return nil, err
	}
	_, err := o.Follows.Create(ctx, anew)
	return anew, err
}

// tell says something to one actor, in its own inbox.
func (o *Outbox) tell(ctx context.Context, by actor.ID, byURL string, doc activity.Doc, t target) error {
	doc["to"] = []any{t.url}
	return o.say(ctx, said{
		by: by, byURL: byURL, doc: doc, priority: peer.First, alone: true, to: []peer.Inboxes{{Host: t.host, URL: t.inbox}},
	})
}

// Undo implements follow.Outbound.
func (o *Outbox) Undo(ctx context.Context, follower *actor.Account, f *follow.Follow) error {
	return o.leave(ctx, follower.ID, follower.URL, f)
}

// Leave implements follow.SiteOutbound.
func (o *Outbox) Leave(ctx context.Context, by *actor.Actor, f *follow.Follow) error {
	return o.leave(ctx, by.ID, by.URL, f)
}

func (o *Outbox) leave(ctx context.Context, by actor.ID, byURL string, f *follow.Follow) error {
	if !o.Rules().Enabled {
		return nil
	}
	k, err := o.Known.ByID(ctx, f.FollowingID)
	if err != nil {
		return err
	}
	undo := activity.Undo(activity.Follow(f.URL, byURL, k.URL))
	undo["id"] = mark(undo.ID(), true, o.Now())
	return o.tell(ctx, by, byURL, undo, targetOf(k))
}

// Agree implements follow.SiteOutbound.
func (o *Outbox) Agree(ctx context.Context, f *follow.Follow) error {
	return o.Accept(ctx, f, activity.Follow(f.URL, f.Follower.URL, f.Following.URL))
}

// Refuse implements follow.SiteOutbound.
func (o *Outbox) Refuse(ctx context.Context, f *follow.Follow) error {
	return o.Reject(ctx, f.FollowingID, f.FollowerID, activity.Follow(f.URL, f.Follower.URL, f.Following.URL))
}

// ends are the local actor who answers and the other one.
func (o *Outbox) ends(ctx context.Context, by, follower actor.ID) (me, other *origin.Known, err error) {
	if me, err = o.Known.ByID(ctx, by); err != nil {
		return nil, nil, err
	}
	other, err = o.Known.ByID(ctx, follower)
	return me, other, err
}

// Accept agrees to a follow that came as doc.
func (o *Outbox) Accept(ctx context.Context, f *follow.Follow, doc activity.Doc) error {
	me, other, err := o.ends(ctx, f.FollowingID, f.FollowerID)
	if err != nil {
		return err
	}
	d := activity.Accept(o.Site, int64(f.ID), me.URL, doc)
	d["id"] = mark(d.ID(), true, o.Now()) // who asks again has lost the first
	return o.tell(ctx, me.ID, me.URL, d, targetOf(other))
}

// Reject refuses a follow that came as doc.
func (o *Outbox) Reject(ctx context.Context, by, follower actor.ID, doc activity.Doc) error {
	me, other, err := o.ends(ctx, by, follower)
	if err != nil {
		return err
	}
	return o.tell(ctx, me.ID, me.URL, activity.Reject(o.Site, o.Now(), me.URL, doc), targetOf(other))
}

// FollowBack is told of somebody whom this site accepted as its follower.
func (o *Outbox) FollowBack(ctx context.Context, follower *origin.Known) error {
	if o.Back == nil {
		return nil
	}
	return o.Back(ctx, &actor.Actor{
		ID: follower.ID, Type: follower.Type, Username: follower.Username, Host: follower.Host, URL: follower.URL, InboxURL: follower.InboxURL,
	})
}

// Followed is told of a follow that another site accepted: what it has is to
// be fetched.
func (o *Outbox) Followed(ctx context.Context, f *follow.Follow) error {
	if o.Learn == nil {
		return nil
	}
	return o.Learn(ctx, f.FollowingID)
}
