package outbox

import (
	"context"
	"crypto/rsa"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/peer"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/httpsig"
)

// ActorDocuments makes the documents of local actors, with their keys; see
// publish.Documents.
type ActorDocuments interface {
	Account(ctx context.Context, name string) (activity.Doc, *actor.Actor, error)
	Channel(ctx context.Context, name string) (activity.Doc, *actor.Channel, error)
}

// KeysChanged is told of a local actor that has other keys since just now, in
// the transaction in which it got them, with those that it had. Those who know
// the old key accept the Update, which it signs, and learn the new one from it;
// whoever asks for the key finds the new one, and whoever hears nothing asks
// when a signature does not fit.
func (o *Outbox) KeysChanged(ctx context.Context, id actor.ID, old actor.Keys) error {
	if !o.Rules().Enabled {
		return nil
	}
	k, err := o.Known.ByID(ctx, id)
	if err != nil || !k.Local() {
		return err
	}
	doc, a, err := o.actorDocument(ctx, k.Username, k.ChannelID != 0)
	if err != nil {
		return err
	}
	to, err := o.circle(ctx, id, k.AccountID, k.ChannelID)
	if err != nil {
		return err
	}
	update, audience := activity.Update(k.URL, doc, o.Now()), activity.ForEverybody(a.FollowersURL)
	update["to"], update["cc"] = activity.Strings(audience.To), activity.Strings(audience.Cc)
	o.keys.forget(id)
	return o.say(ctx, said{by: id, byURL: k.URL, doc: update, key: old.Private, priority: peer.First, to: to})
}

func (o *Outbox) actorDocument(ctx context.Context, name string, channel bool) (activity.Doc, *actor.Actor, error) {
	if !channel {
		return o.ActorDocuments.Account(ctx, name)
	}
	doc, c, err := o.ActorDocuments.Channel(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	return doc, &c.Actor, nil
}

// forget lets a key be read again.
func (k *keyring) forget(id actor.ID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.keys, id)
}

// replaced returns who signs instead when a host refused a signature and the
// actor has another key by now: it may have got one a moment ago, from another
// process, or the host knows already the one that it is told of.
func (d *Deliverer) replaced(ctx context.Context, a *peer.Outgoing, refused httpsig.Signer) (httpsig.Signer, bool, error) {
	d.keys.forget(a.ActorID)
	key, err := d.keys.of(ctx, d.Actors, a.ActorID, d.Now())
	if errs.Is(err, errs.NotFound) { // who said it is gone
		return refused, false, nil
	}
	if err != nil {
		return refused, false, err
	}
	return httpsig.Signer{KeyID: refused.KeyID, Key: key}, !same(key, refused.Key), nil
}

func same(a, b *rsa.PrivateKey) bool { return a != nil && b != nil && a.Equal(b) }
