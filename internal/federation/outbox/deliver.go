package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/peer"
	"sepiola/internal/errs"
	"sepiola/internal/federation/httpsig"
)

// Poster sends a document to an inbox. errs.Unavailable and errs.TooMany may
// work later, other errors will not; errs.Gone is an inbox that is gone for
// good. See fetch.Client.
type Poster interface {
	Post(ctx context.Context, inbox string, body []byte, signer httpsig.Signer) error
}

// Followers is what deliveries tell of those who follow.
type Followers interface {
	// Score changes the health of the followers with an inbox of a host, and
	// removes those who have no points left.
	Score(ctx context.Context, host, inbox string, by int) (removed int, err error)
	RemoveOfHost(ctx context.Context, host string) error
	RemoveOfInbox(ctx context.Context, host, inbox string) error
}

// Deliverer sends what waits. Its fields are set before the first use.
type Deliverer struct {
	Store     peer.Outbox
	Servers   peer.Servers
	Followers Followers
	Actors    Actors
	Known     Known
	Post      Poster
	Now       func() time.Time
	Log       *slog.Logger

	keys   keyring
	urls   sync.Map // actor.ID to string
	health health
}

const (
	// batch is how many deliveries are read at once; one call does no more
	// than longest.
	batch   = 20
	longest = 2 * time.Minute
	// firstTry is how long a host may take that did not answer lately: of many
	// hosts some are dead, and the others are not to wait for them.
	firstTry = 4 * time.Second
	lately   = time.Hour
	// alive is a host that answered in the last day.
	alive = 24 * time.Hour
	// passing is how many failures let those behind a delivery pass it, and
	// maxFailures how many of a host that takes others make it given up.
	passing     = 3
	maxFailures = 16
	// recordEvery is for how long what was sent may be known to this process
	// alone, and recordTime how long recording it may take.
	recordEvery = 500 * time.Millisecond
	recordTime  = 10 * time.Second
	// busyPause is after what this site itself had no room for.
	busyPause = 5 * time.Second
)

// Deliver sends what waits for a host, in its order. again is when there is to
// be more of it: with an error when the host failed, else when there is more to
// do, zero when there is nothing.
func (d *Deliverer) Deliver(ctx context.Context, host string) (again time.Time, err error) {
	began := d.Now()
	if err := d.score(ctx, began.Add(-healthEvery)); err != nil {
		return time.Time{}, err
	}
	server, err := d.Servers.ByHost(ctx, host)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return time.Time{}, err
	}
	if err == nil && server.Failing(began) {
		return *server.RetryAt, errs.New(errs.Unavailable, "%s does not answer; it is left alone until %s", host, server.RetryAt.Format(time.RFC3339))
	}
	r := &round{Deliverer: d, host: host, seen: map[int64]bool{}, held: map[string]bool{}}
	if server != nil && server.SeenAt != nil {
		ago := began.Sub(*server.SeenAt)
		r.fresh, r.alive = ago < lately, ago < alive
	}
	for d.Now().Sub(began) < longest {
		if blocked, err := d.Servers.Blocked(ctx, []string{host}, nil); err != nil {
			return time.Time{}, err
		} else if blocked[host] { // whoever is blocked gets nothing, also of what waited before
			return time.Time{}, d.Store.Drop(ctx, host, peer.First)
		}
		list, err := d.Store.Next(ctx, host, batch)
		if err != nil {
			return time.Time{}, err
		}
		done, err := r.send(ctx, list)
		if err != nil {
			return r.again, err
		}
		switch {
		case done > 0:
		case r.row > 0: // all that was tried failed
			return r.down(ctx)
		default:
			return r.again, nil // nothing, or only what waits
		}
	}
	return d.Now(), nil
}

// round is one call of Deliver.
type round struct {
	*Deliverer
	host string
	// fresh is whether the host has answered lately, alive whether in the last
	// day.
	fresh, alive bool
	// sent are done with and not recorded yet, the first since then.
	sent  []int64
	since time.Time
	// seen are deliveries that failed in this round.
	seen map[int64]bool
	// held are subjects of which an activity waits: no later one passes it.
	held  map[string]bool
	again time.Time
	// row is how many failed in a row, the last by cause.
	row   int
	cause error
}

// send sends deliveries and returns how many are done with.
func (r *round) send(ctx context.Context, list []*peer.Delivery) (done int, err error) {
	defer func() { err = errors.Join(err, r.record(ctx)) }()
	for _, v := range list {
		if r.seen[v.ID] || r.held[v.Activity.Subject] {
			r.hold(v)
			continue
		}
		if at := v.CreatedAt.Add(peer.Backoff(v.Attempts)); v.Attempts > 0 && r.fresh && at.After(r.Now()) {
			r.wait(at)
			if v.Attempts < passing {
				return done, nil
			}
			r.hold(v)
			continue
		}
		ok, err := r.one(ctx, v)
		if err != nil {
			return done, err
		}
		if !ok {
			r.hold(v)
			continue
		}
		done++
	}
	return done, nil
}

func (r *round) hold(v *peer.Delivery) {
	if v.Activity.Subject != "" {
		r.held[v.Activity.Subject] = true
	}
}

func (r *round) wait(at time.Time) {
	if r.again.IsZero() || at.Before(r.again) {
		r.again = at
	}
}

// one sends a delivery and reports whether it is done with. An error is of the
// host: nothing more is sent to it now.
func (r *round) one(ctx context.Context, v *peer.Delivery) (bool, error) {
	signer, err := r.signer(ctx, v.Activity)
	if errs.Is(err, errs.NotFound) { // who said it is gone, and its key
		return true, r.done(ctx, v)
	}
	if err != nil {
		return false, err
	}
	err = r.post(ctx, v, signer)
	if errs.Is(err, errs.Forbidden) {
		other, changed, keyErr := r.replaced(ctx, v.Activity, signer)
		if keyErr != nil {
			return false, keyErr
		}
		if changed {
			err = r.post(ctx, v, other)
		}
	}
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	switch {
	case err == nil:
		return true, r.delivered(ctx, v)
	case errs.Is(err, errs.TooMany):
		r.again = r.Now().Add(busyPause)
		return false, err
	case errs.Is(err, errs.Unavailable):
		return r.failed(ctx, v, err)
	case errs.Is(err, errs.Gone):
		if gone := r.Followers.RemoveOfInbox(ctx, r.host, v.InboxURL); gone != nil {
			return false, gone
		}
	case errs.KindOf(err) == errs.Internal:
		return false, err // our own fault: the job is tried again
	}
	r.health.add(r.host, v.InboxURL, badPoints, r.Now())
	r.Log.InfoContext(ctx, "an activity was refused and is dropped", "host", r.host, "type", v.Activity.Type, "id", v.Activity.ActivityURL, "err", err)
	return true, r.done(ctx, v)
}

func (r *round) delivered(ctx context.Context, v *peer.Delivery) error {
	r.row = 0
	r.health.add(r.host, v.InboxURL, goodPoints, r.Now())
	if !r.fresh {
		r.fresh = true
		if err := r.Servers.Answered(ctx, r.host, "", r.Now()); err != nil {
			return err
		}
	}
	return r.done(ctx, v)
}

// done takes a delivery for done with. Several are recorded at once: what was
// sent just before this process dies is sent again, which its receiver knows by
// its id.
func (r *round) done(ctx context.Context, v *peer.Delivery) error {
	if len(r.sent) == 0 {
		r.since = r.Now()
	}
	if r.sent = append(r.sent, v.ID); r.Now().Sub(r.since) < recordEvery {
		return nil
	}
	return r.record(ctx)
}

// record removes the deliveries that are done with, also while the site stops.
func (r *round) record(ctx context.Context) error {
	if len(r.sent) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	sent := r.sent
	r.sent = nil
	return r.Store.Delivered(ctx, sent...)
}

// failed keeps a delivery for another try. One that failed often, of a host
// that takes others, lets these pass.
func (r *round) failed(ctx context.Context, v *peer.Delivery, cause error) (bool, error) {
	r.seen[v.ID] = true
	r.health.add(r.host, v.InboxURL, badPoints, r.Now())
	if r.alive && v.Attempts+1 >= maxFailures {
		r.Log.WarnContext(ctx, "an activity was refused too often and is dropped", "host", r.host, "type", v.Activity.Type, "id", v.Activity.ActivityURL, "err", cause)
		return true, r.done(ctx, v)
	}
	if err := r.Store.Failed(ctx, v.ID, cause.Error()); err != nil {
		return false, err
	}
	r.row, r.cause = r.row+1, cause
	if r.row < 2 && v.Attempts+1 >= passing { // the next one tells
		r.wait(r.Now().Add(peer.Backoff(v.Attempts + 1)))
		return false, nil
	}
	again, err := r.down(ctx)
	r.again = again
	return false, err
}

// down records that the host does not take anything, and returns when it may
// be asked again.
func (r *round) down(ctx context.Context) (time.Time, error) {
	server, err := r.Servers.Failed(ctx, r.host, r.Now())
	if err != nil {
		return time.Time{}, err
	}
	if err := r.Store.Drop(ctx, r.host, peer.Droppable); err != nil {
		return time.Time{}, err
	}
	again := r.Now().Add(time.Minute)
	if server.RetryAt != nil {
		again = *server.RetryAt
	}
	return again, errs.Wrap(errs.Unavailable, r.cause, "%s does not take anything", r.host)
}

// post sends one. A host of which nothing was heard lately has less time.
func (r *round) post(ctx context.Context, v *peer.Delivery, signer httpsig.Signer) error {
	if r.fresh || v.Attempts > 0 {
		return r.Post.Post(ctx, v.InboxURL, v.Activity.Body, signer)
	}
	short, cancel := context.WithTimeout(ctx, firstTry)
	defer cancel()
	err := r.Post.Post(short, v.InboxURL, v.Activity.Body, signer)
	if err != nil && ctx.Err() == nil && errors.Is(short.Err(), context.DeadlineExceeded) {
		return errs.Wrap(errs.Unavailable, err, "no answer within %v", firstTry)
	}
	return err
}

// signer signs the requests of an activity: as its actor, or as the site when
// it is somebody else's.
func (d *Deliverer) signer(ctx context.Context, a *peer.Outgoing) (httpsig.Signer, error) {
	if a.Key != "" { // its actor is gone
		key, err := httpsig.ParsePrivateKey(a.Key)
		if err != nil {
			return httpsig.Signer{}, fmt.Errorf("key of %s: %w", a.ActivityURL, err)
		}
		var doc struct {
			Actor string `json:"actor"`
		}
		if err := json.Unmarshal(a.Body, &doc); err != nil {
			return httpsig.Signer{}, fmt.Errorf("read %s: %w", a.ActivityURL, err)
		}
		return httpsig.Signer{KeyID: doc.Actor + mainKey, Key: key}, nil
	}
	key, err := d.keys.of(ctx, d.Actors, a.ActorID, d.Now())
	if err != nil {
		return httpsig.Signer{}, err
	}
	url, err := d.url(ctx, a.ActorID)
	return httpsig.Signer{KeyID: url + mainKey, Key: key}, err
}

// url is the id of a local actor, which never changes.
func (d *Deliverer) url(ctx context.Context, id actor.ID) (string, error) {
	if url, ok := d.urls.Load(id); ok {
		return url.(string), nil //nolint:forcetypeassert // nothing else is stored
	}
	k, err := d.Known.ByID(ctx, id)
	if err != nil {
		return "", err
	}
	d.urls.Store(id, k.URL)
	return k.URL, nil
}

const mainKey = "#main-key"

// Dead removes the followers of hosts that have not answered for a week, with
// what waits for them, and those whose inboxes have refused too much.
func (d *Deliverer) Dead(ctx context.Context) error {
	const most = 100
	if err := d.Scores(ctx); err != nil {
		return err
	}
	hosts, err := d.Servers.DeadSince(ctx, d.Now().Add(-peer.Dead), most)
	if err != nil {
		return err
	}
	for _, h := range hosts {
		if err := d.Followers.RemoveOfHost(ctx, h); err != nil {
			return err
		}
		if err := d.Store.Drop(ctx, h, peer.First); err != nil {
			return err
		}
		d.Log.InfoContext(ctx, "another site has not answered for a week: its followers and what waits for it are removed", "host", h)
	}
	return nil
}
