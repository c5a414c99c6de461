package actor

import (
	"context"
	"strings"
	"time"

	"sepiola/internal/errs"
)

// KeyStore keeps the keys of local actors.
type KeyStore interface {
	Keys(ctx context.Context, id ID) (Keys, error)
	// SetKeys replaces them.
	SetKeys(ctx context.Context, id ID, keys Keys, at time.Time) error
	// LocalByName finds an account, a channel or the site's own actor.
	LocalByName(ctx context.Context, name string) (*Actor, error)
	// LocalNames returns the names of local actors that come after one, in
	// their order, at most limit.
	LocalNames(ctx context.Context, after string, limit int) ([]string, error)
}

// Rotation gives local actors new keys: after a leak, or once in a while.
type Rotation struct {
	Store KeyStore
	// NewKeys is GenerateKeys.
	NewKeys func() (Keys, error)
	// Changed is told of each, with the keys it had, in the transaction.
	Changed func(ctx context.Context, a *Actor, old Keys) error
	// InTx runs fn in one database transaction. Store and Changed take part.
	InTx func(ctx context.Context, fn func(ctx context.Context) error) error
	Now  func() time.Time
}

// Rotate gives the actor of a name new keys.
func (r *Rotation) Rotate(ctx context.Context, name string) error {
	a, err := r.Store.LocalByName(ctx, strings.TrimPrefix(name, "@"))
	if errs.Is(err, errs.NotFound) {
		return errs.New(errs.NotFound, "there is no account or channel %q on this site", name)
	}
	if err != nil {
		return err
	}
	made, err := r.NewKeys()
	if err != nil {
		return err
	}
	return r.InTx(ctx, func(ctx context.Context) error {
		old, err := r.Store.Keys(ctx, a.ID)
		if err != nil {
			return err
		}
		if err := r.Store.SetKeys(ctx, a.ID, made, r.Now()); err != nil {
			return err
		}
		return r.Changed(ctx, a, old)
	})
}

// All does it for everybody, one after the other, and calls done for each.
func (r *Rotation) All(ctx context.Context, done func(name string)) error {
	const step = 100
	for after := ""; ; {
		names, err := r.Store.LocalNames(ctx, after, step)
		if err != nil || len(names) == 0 {
			return err
		}
		for _, name := range names {
			err := r.Rotate(ctx, name)
			if err != nil && !errs.Is(err, errs.NotFound) { // gone meanwhile
				return err
			}
			done(name)
		}
		after = names[len(names)-1]
	}
}
