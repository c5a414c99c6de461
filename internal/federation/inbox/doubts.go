package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/peer"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/httpsig"
	"sepiola/internal/federation/ldsig"
)

// examine verifies a doubtful row. What holds becomes rows in the lanes of its
// actors.
func (p *Processor) examine(ctx context.Context, r *peer.Received) (step, error) {
	var it sealed
	if err := json.Unmarshal(r.Body, &it); err != nil {
		return nil, errs.Wrap(errs.Invalid, err, "what was sealed cannot be read")
	}
	signer := r.ViaURL
	if it.Signature != nil {
		by, err := p.signer(ctx, it.Signature, r.ReceivedAt)
		if err != nil {
			return nil, err
		}
		signer = by.URL
	}
	if err := p.mayAct(ctx, signer); err != nil {
		return nil, err
	}
	d, err := activity.Decode([]byte(it.Body))
	if err != nil {
		return nil, err
	}
	list, err := unfold(d, []byte(it.Body))
	if err != nil {
		return nil, err
	}
	var rows []*peer.Received
	for _, l := range list {
		row, err := p.admit(ctx, l, signer, r)
		if err != nil && (len(list) == 1 || !lasting(err)) {
			return nil, err
		}
		if row != nil {
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		return nothing, nil
	}
	return func(ctx context.Context) error {
		added, err := p.Inbox.Add(ctx, rows)
		if err != nil {
			return err
		}
		return p.Queue.Lanes(ctx, lanesOf(rows, added))
	}, nil
}

// signer returns who made the signature of a request.
func (p *Processor) signer(ctx context.Context, sig *httpsig.Signature, received time.Time) (*origin.Known, error) {
	return p.owner(ctx, sig.KeyID, received, func(by *origin.Known) (bool, error) {
		key, err := httpsig.ParsePublicKey(by.PublicKey)
		if err != nil {
			return false, err
		}
		err = sig.Verify(key)
		return errors.Is(err, httpsig.ErrWrong), err
	})
}

// tooSoon says that a newer key may help, and when it may be asked for.
type tooSoon struct {
	at    time.Time
	wrong error // with the key that is known
}

func (e *tooSoon) Error() string {
	return "its key was asked for just before: " + e.wrong.Error()
}

// owner returns the actor of a key by which check verifies something that was
// received at a time. check tells whether a newer key may help; that is asked
// for, unless what is known was asked for since then. Of one actor it is asked
// for now and then only (tooSoon).
func (p *Processor) owner(ctx context.Context, keyID string, received time.Time, check func(by *origin.Known) (newer bool, err error)) (*origin.Known, error) {
	by, err := p.Actors.Key(ctx, keyID, false)
	if err != nil {
		return nil, err
	}
	newer, err := check(by)
	if err == nil || !newer {
		return by, err
	}
	if asked := by.RefreshedAt; asked != nil {
		at := asked.Add(refreshKey)
		switch {
		case !asked.Before(received):
			return by, err
		case p.Now().Before(at):
			return nil, &tooSoon{at, err}
		}
	}
	if by, err = p.Actors.Key(ctx, keyID, true); err != nil {
		return nil, err
	}
	_, err = check(by)
	return by, err
}

// postpone keeps a row until a newer key may be asked for, unless too much of
// its host waits for that: whoever forges must not fill the table.
func (p *Processor) postpone(ctx context.Context, r *peer.Received, why *tooSoon) error {
	lane := postponed + strings.TrimLeft(r.Lane, doubtful)
	if lane != r.Lane {
		n, err := p.Inbox.Count(ctx, lane, maxPostponed)
		if err != nil {
			return err
		}
		if n >= maxPostponed {
			return p.drop(ctx, r, why)
		}
	}
	return p.Inbox.Postpone(ctx, r.ID, lane, why.Error(), why.at)
}

// admit makes a row of an activity for the lane of its actor, once it is known
// to be the actor's; nil when it is of no use.
func (p *Processor) admit(ctx context.Context, l letter, signer string, r *peer.Received) (*peer.Received, error) {
	row, err := rowOf(l, signer, r.TargetURL, r.ActivityURL, r.ReceivedAt)
	if err != nil || row == nil || row.ViaURL == "" {
		return row, err
	}
	if err := p.mayAct(ctx, l.ActorURL); err != nil {
		return nil, err
	}
	row.Lane, row.ActivityURL = activity.Host(l.ActorURL), idOf(l, digest([]byte(l.Doc.Object("signature").Text("signatureValue"))))
	it := passed{Raw: string(l.body)}
	if isSigned(l.Doc) {
		if it.Doc, err = p.signed(ctx, l.Doc, l.ActorURL, r.ReceivedAt); err != nil {
			return nil, err
		}
	} else {
		if !hearsay[l.Type] || !activity.SameHost(l.ActorURL, l.ObjectURL) {
			return nil, errs.New(errs.Unauthorized, "it was passed on by %s without a signature of its actor", signer)
		}
		it = passed{Hearsay: true, Doc: activity.Doc{"type": l.Type, "actor": l.ActorURL, "object": l.ObjectURL}}
		row.ActivityURL = rumour(l.Activity, r.ReceivedAt)
	}
	row.Body, err = json.Marshal(it)
	return row, err
}

// hearsay are the activities that can be checked by asking the origin of their
// object.
var hearsay = map[string]bool{"Create": true, "Update": true, "Delete": true}

// rumour is an id for hearsay: about one object it is listened to only now and
// then, so that it cannot be made to ask for it all the time.
func rumour(a *activity.Activity, at time.Time) string {
	const every = time.Minute
	return digest([]byte(a.Type), []byte(a.ObjectURL), []byte(strconv.FormatInt(at.Truncate(every).Unix(), 10)))
}

func isSigned(d activity.Doc) bool { return ldsig.Creator(d) != "" }

// signed returns what of a document that was received at a time its actor
// signed.
func (p *Processor) signed(ctx context.Context, d activity.Doc, actorURL string, received time.Time) (activity.Doc, error) {
	creator := ldsig.Creator(d)
	var doc activity.Doc
	by, err := p.owner(ctx, creator, received, func(by *origin.Known) (bool, error) {
		key, err := httpsig.ParsePublicKey(by.PublicKey)
		if err != nil {
			return false, err
		}
		m, err := ldsig.VerifyCompact(d, key)
		doc = m
		return errors.Is(err, ldsig.ErrWrong), err
	})
	if err != nil {
		return nil, err
	}
	if by.URL != actorURL || doc.Ref("actor") != actorURL {
		return nil, errs.New(errs.Forbidden, "the document is signed by %s and not by its actor", by.URL)
	}
	return doc, nil
}
