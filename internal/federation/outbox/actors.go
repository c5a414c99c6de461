package outbox

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/peer"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/federation/activity"
)

// AccountEdited is told of an account whose names or pictures have changed.
func (o *Outbox) AccountEdited(ctx context.Context, id actor.AccountID) error {
	return o.intend(ctx, Intent{Cause: AccountChanged, Account: id})
}

// ChannelEdited is told of a channel whose names or pictures have changed.
func (o *Outbox) ChannelEdited(ctx context.Context, id actor.ChannelID) error {
	return o.intend(ctx, Intent{Cause: ChannelChanged, Channel: id})
}

func (o *Outbox) actorChanged(ctx context.Context, in Intent) (func(context.Context) error, error) {
	var (
		doc activity.Doc
		by  *actor.Actor
	)
	if in.Cause == AccountChanged {
		a, err := o.Actors.Account(ctx, in.Account)
		if err != nil || !a.Local() {
			return nil, err
		}
		if err := o.publicKey(ctx, &a.Actor); err != nil {
			return nil, err
		}
		by, doc = &a.Actor, activity.WritePerson(a, o.Site)
	} else {
		c, err := o.Actors.Channel(ctx, in.Channel)
		if err != nil || !c.Local() {
			return nil, err
		}
		if err := o.publicKey(ctx, &c.Actor); err != nil {
			return nil, err
		}
		by, doc = &c.Actor, activity.WriteGroup(c, o.Site)
	}
	to, err := o.circle(ctx, by.ID, in.Account, in.Channel)
	if err != nil {
		return nil, err
	}
	update := activity.Update(by.URL, doc, in.At)
	if !update.Has("to") {
		a := activity.ForEverybody(by.FollowersURL)
		update["to"], update["cc"] = activity.Strings(a.To), activity.Strings(a.Cc)
	}
	s := said{by: by.ID, byURL: by.URL, doc: update, priority: peer.Normal, to: to}
	return func(ctx context.Context) error { return o.say(ctx, s) }, nil
}

// publicKey fills the key, which actors are read without.
func (o *Outbox) publicKey(ctx context.Context, a *actor.Actor) error {
	keys, err := o.Actors.Keys(ctx, a.ID)
	a.PublicKey = keys.Public
	return err
}

// circle are the followers of an actor and those who announced its videos.
func (o *Outbox) circle(ctx context.Context, by actor.ID, account actor.AccountID, channel actor.ChannelID) ([]peer.Inboxes, error) {
	followers, err := o.Audience.Followers(ctx, []actor.ID{by})
	if err != nil {
		return nil, err
	}
	sharers, err := o.Audience.SharersOf(ctx, account, channel)
	return join(followers, sharers), err
}

// ChannelDeleted is told of a local channel that is about to be deleted with
// all that is in it.
func (o *Outbox) ChannelDeleted(ctx context.Context, id actor.ChannelID) error {
	c, err := o.Actors.Channel(ctx, id)
	if err != nil || !c.Local() {
		return err
	}
	to, err := o.circle(ctx, c.ID, 0, id)
	if err != nil {
		return err
	}
	if err := o.Graves.BuryChannel(ctx, id, o.Now()); err != nil {
		return err
	}
	return o.gone(ctx, &c.Actor, to)
}

// AccountDeleted is told of a local account that is about to be deleted; its
// channels go before it.
func (o *Outbox) AccountDeleted(ctx context.Context, id actor.AccountID) error {
	a, err := o.Actors.Account(ctx, id)
	if err != nil || !a.Local() {
		return err
	}
	to, err := o.circle(ctx, a.ID, id, 0)
	if err != nil {
		return err
	}
	if err := o.Graves.BuryAccount(ctx, id, o.Now()); err != nil {
		return err
	}
	return o.gone(ctx, &a.Actor, to)
}

// gone tells that an actor is gone, with a key that outlives it. The followers
// of the site hear of it too.
func (o *Outbox) gone(ctx context.Context, a *actor.Actor, to []peer.Inboxes) error {
	if !o.Rules().Enabled {
		return nil
	}
	me, err := o.Actors.Instance(ctx)
	if err != nil {
		return err
	}
	followers, err := o.Audience.Followers(ctx, []actor.ID{me.ID})
	if err != nil {
		return err
	}
	keys, err := o.Actors.Keys(ctx, a.ID)
	if err != nil {
		return err
	}
	return o.say(ctx, said{
		by: a.ID, byURL: a.URL, key: keys.Private, priority: peer.Normal, to: join(to, followers),
		doc: activity.Delete(a.URL, a.URL, activity.ForEverybody(a.FollowersURL)),
	})
}

// PlaylistSaved is told of a playlist that was made or changed; before is what
// its privacy was, 0 for a new one.
func (o *Outbox) PlaylistSaved(ctx context.Context, p *playlist.Playlist, before playlist.Privacy) error {
	switch {
	case p.Type != playlist.Regular:
		return nil
	case p.Privacy == playlist.Public && before == playlist.Public:
		return o.gathered(ctx, Intent{Cause: PlaylistChanged, Playlist: p.ID}, playlistWindow)
	case p.Privacy == playlist.Public:
		return o.intend(ctx, Intent{Cause: PlaylistCreated, Playlist: p.ID, Again: before != 0})
	case before == playlist.Public:
		return o.endPlaylist(ctx, p.ID, true)
	}
	return nil
}

// PlaylistDeleted is told of a playlist that is about to be deleted.
func (o *Outbox) PlaylistDeleted(ctx context.Context, p *playlist.Playlist) error {
	if p.Privacy != playlist.Public || p.Type != playlist.Regular {
		return nil
	}
	if err := o.Graves.Bury(ctx, p.URL, "Playlist", o.Now()); err != nil {
		return err
	}
	return o.endPlaylist(ctx, p.ID, false)
}

func (o *Outbox) endPlaylist(ctx context.Context, id playlist.ID, again bool) error {
	p, owner, to, err := o.playlist(ctx, id)
	if err != nil || !o.Rules().Enabled || !owner.Local() {
		return err
	}
	doc := activity.Delete(owner.URL, p.URL, activity.ForEverybody(owner.FollowersURL))
	doc["id"] = mark(doc.ID(), again, o.Now())
	return o.say(ctx, said{by: owner.ID, byURL: owner.URL, doc: doc, priority: peer.Normal, to: to})
}

// playlist returns a playlist with its owner and who hears of it: the
// followers of the owner, of the channel and of the site.
func (o *Outbox) playlist(ctx context.Context, id playlist.ID) (*playlist.Playlist, *actor.Account, []peer.Inboxes, error) {
	p, err := o.Playlists.ByRef(ctx, playlist.Ref{ID: id})
	if err != nil {
		return nil, nil, nil, err
	}
	owner, err := o.Actors.Account(ctx, p.OwnerID)
	if err != nil {
		return nil, nil, nil, err
	}
	me, err := o.Actors.Instance(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	of := []actor.ID{owner.ID, me.ID}
	if p.Channel != nil {
		of = append(of, p.Channel.ID)
	}
	to, err := o.Audience.Followers(ctx, of)
	return p, owner, to, err
}

func (o *Outbox) playlistChanged(ctx context.Context, in Intent) (func(context.Context) error, error) {
	p, owner, to, err := o.playlist(ctx, in.Playlist)
	if err != nil || p.Privacy != playlist.Public || !owner.Local() {
		return nil, err
	}
	object := activity.WritePlaylist(p, o.Site)
	doc := activity.Update(owner.URL, object, in.At)
	if in.Cause == PlaylistCreated {
		doc = activity.Create(owner.URL, object)
		doc["id"] = mark(doc.ID(), in.Again, in.At)
	}
	s := said{by: owner.ID, byURL: owner.URL, doc: doc, priority: peer.Normal, to: to}
	return func(ctx context.Context) error { return o.say(ctx, s) }, nil
}
