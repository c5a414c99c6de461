package app

import (
	"context"
	"log/slog"

	"sepiola/internal/config"
	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

// Keys is what commands do with the keys of this site's actors. It may run
// beside the site.
type Keys struct {
	*Users
	rotation *actor.Rotation
}

// OpenKeys opens the database of a site that has been started before.
func OpenKeys(ctx context.Context, cfg *config.Config, log *slog.Logger) (*Keys, error) {
	u, err := OpenUsers(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	s, ledger := u.services, store.PeerLedger{DB: u.db}
	return &Keys{u, &actor.Rotation{
		Store: s.actors, NewKeys: actor.GenerateKeys, InTx: u.db.InTx, Now: sqldb.Now,
		Changed: func(ctx context.Context, a *actor.Actor, old actor.Keys) error {
			if err := s.said.outbox.KeysChanged(ctx, a.ID, old); err != nil {
				return err
			}
			return ledger.Note(ctx, 0, follow.ChangedKeys, a.FullHandle(s.site.Host), sqldb.Now())
		},
	}}, nil
}

// Rotate gives an actor new keys; name "" is the site's own actor.
func (k *Keys) Rotate(ctx context.Context, name string) error {
	if name == "" {
		name = actor.InstanceName
	}
	return k.rotation.Rotate(ctx, name)
}

// RotateAll does it for everybody on the site, and calls done for each.
func (k *Keys) RotateAll(ctx context.Context, done func(name string)) error {
	return k.rotation.All(ctx, done)
}
