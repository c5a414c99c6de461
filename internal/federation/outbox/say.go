package outbox

import (
	"context"
	"crypto/rsa"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/peer"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/httpsig"
	"sepiola/internal/federation/ldsig"
)

// said is a document of an actor with all who are to hear it.
type said struct {
	by       actor.ID
	byURL    string
	doc      activity.Doc
	priority peer.Priority
	to       []peer.Inboxes
	// key is set when the actor goes.
	key string
	// alone is for those who need no signature in the document.
	alone bool
	// text is set when the document was written and signed before.
	text []byte
}

// say gives documents to those who are to hear them, in the transaction of
// ctx.
func (o *Outbox) say(ctx context.Context, list ...said) error {
	hosts := []string{}
	seen := map[string]bool{o.Site.Host: true}
	for _, s := range list {
		to := o.others(s.to)
		if len(to) == 0 {
			continue
		}
		body, err := o.body(ctx, s)
		if err != nil {
			return err
		}
		if err := o.put(ctx, &peer.Outgoing{
			ActivityURL: s.doc.ID(), Type: s.doc.Type(), Subject: subject(s.doc), ActorID: s.by, Key: s.key, Body: body, CreatedAt: o.Now(),
		}, s.priority, to); err != nil {
			return err
		}
		for _, in := range to {
			if !seen[in.Host] {
				seen[in.Host] = true
				hosts = append(hosts, in.Host)
			}
		}
	}
	return o.deliver(ctx, hosts)
}

// together are the hosts that a transaction has something for.
type together struct {
	hosts []string
	seen  map[string]bool
}

type togetherKey struct{}

// Together runs fn in the transaction of ctx, and asks once, at its end, for
// all that fn gives to be delivered.
func (o *Outbox) Together(ctx context.Context, fn func(ctx context.Context) error) error {
	t := &together{seen: map[string]bool{}}
	if err := fn(context.WithValue(ctx, togetherKey{}, t)); err != nil || len(t.hosts) == 0 {
		return err
	}
	slices.Sort(t.hosts) // two that ask for the same in another order would wait for each other
	return o.Queue.Deliver(ctx, t.hosts)
}

// deliver asks for what waits for hosts to be sent.
func (o *Outbox) deliver(ctx context.Context, hosts []string) error {
	t, ok := ctx.Value(togetherKey{}).(*together)
	if !ok {
		return o.Queue.Deliver(ctx, hosts)
	}
	for _, h := range hosts {
		if !t.seen[h] {
			t.seen[h] = true
			t.hosts = append(t.hosts, h)
		}
	}
	return nil
}

func (o *Outbox) put(ctx context.Context, a *peer.Outgoing, p peer.Priority, to []peer.Inboxes) error {
	if err := o.Store.Put(ctx, a); err != nil {
		return err
	}
	if err := o.Store.Fan(ctx, a.ID, p, to); err != nil || a.Type != "Update" && a.Type != "Delete" {
		return err
	}
	return o.Store.Replace(ctx, a)
}

// subject is what an activity is about, "" when its order among others does not
// matter. Of one subject a host hears in the order in which things happened;
// and since an Update says all, it replaces those that the host has not got
// yet, as a Delete does, which could otherwise reach it first.
func subject(d activity.Doc) string {
	switch d.Type() {
	case "Create", "Update", "Delete":
		return d.Ref("object")
	case "Like", "Dislike", "Follow": // the end of one names it in another way
		return d.Ref("actor") + " " + d.Ref("object")
	case "Announce":
		if whole := d.Object("object"); whole != nil && whole.Has("actor") {
			return subject(whole)
		}
		return d.Ref("object")
	case "Undo":
		return subject(d.Object("object"))
	}
	return ""
}

// others are distinct inboxes, without this site's own.
func (o *Outbox) others(list []peer.Inboxes) []peer.Inboxes {
	out := make([]peer.Inboxes, 0, len(list))
	seen := make(map[string]bool, len(list))
	for _, in := range list {
		if in.URL != "" && in.Host != o.Site.Host && !seen[in.URL] {
			seen[in.URL] = true
			out = append(out, in)
		}
	}
	return out
}

// body is the text of a document, with a signature that lets others pass it on.
func (o *Outbox) body(ctx context.Context, s said) ([]byte, error) {
	if s.text != nil {
		return s.text, nil
	}
	if !s.alone {
		key, err := o.keyOf(ctx, s)
		if err != nil {
			return nil, err
		}
		s.doc = s.doc.Untabbed()
		if err := ldsig.Sign(map[string]any(s.doc), s.byURL, key, o.Now()); err != nil {
			return nil, fmt.Errorf("sign %s: %w", s.doc.ID(), err)
		}
	}
	return activity.Encode(s.doc)
}

func (o *Outbox) keyOf(ctx context.Context, s said) (*rsa.PrivateKey, error) {
	if s.key != "" {
		return httpsig.ParsePrivateKey(s.key)
	}
	return o.keys.of(ctx, o.Actors, s.by, o.Now())
}

// keyring keeps the keys that sign. Keys may change: they are read again after
// a while.
type keyring struct {
	mu   sync.Mutex
	keys map[actor.ID]heldKey
}

type heldKey struct {
	key   *rsa.PrivateKey
	until time.Time
}

const (
	keyLife = 5 * time.Minute
	maxKeys = 500
)

func (k *keyring) of(ctx context.Context, actors Actors, id actor.ID, now time.Time) (*rsa.PrivateKey, error) {
	k.mu.Lock()
	held, ok := k.keys[id]
	k.mu.Unlock()
	if ok && now.Before(held.until) {
		return held.key, nil
	}
	pair, err := actors.Keys(ctx, id)
	if err != nil { // a kind stays: NotFound is somebody who is gone
		return nil, fmt.Errorf("keys of actor %d: %w", id, err)
	}
	key, err := httpsig.ParsePrivateKey(pair.Private)
	if err != nil {
		return nil, fmt.Errorf("key of actor %d: %w", id, err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys == nil || len(k.keys) >= maxKeys {
		k.keys = map[actor.ID]heldKey{}
	}
	k.keys[id] = heldKey{key, now.Add(keyLife)}
	return key, nil
}

// mark gives an activity that others may have seen under its id another one.
func mark(id string, again bool, at time.Time) string {
	if !again {
		return id
	}
	return id + "?at=" + strconv.FormatInt(at.UnixMilli(), 10)
}

// join is several audiences as one.
func join(lists ...[]peer.Inboxes) []peer.Inboxes {
	var out []peer.Inboxes
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}
