package store

import (
	"context"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

var _ actor.KeyStore = Actors{}

// SetKeys is part of actor.KeyStore.
func (s Actors) SetKeys(ctx context.Context, id actor.ID, keys actor.Keys, at time.Time) error {
	n, err := s.DB.Exec(ctx, `UPDATE actors SET public_key = $2, private_key = $3, updated_at = $4 WHERE id = $1 AND server_id IS NULL`,
		id, keys.Public, keys.Private, at)
	if err == nil && n == 0 {
		err = errs.New(errs.NotFound, "Actor not found")
	}
	return err
}

// LocalByName is part of actor.KeyStore.
func (s Actors) LocalByName(ctx context.Context, name string) (*actor.Actor, error) {
	return sqldb.One(ctx, s.DB, scanActor, `SELECT `+actorColumns+` FROM actors x LEFT JOIN servers s ON s.id = x.server_id
		WHERE x.preferred_username = $1 AND x.server_id IS NULL`, name)
}

// LocalNames is part of actor.KeyStore.
func (s Actors) LocalNames(ctx context.Context, after string, limit int) ([]string, error) {
	return sqldb.All(ctx, s.DB, sqldb.Value[string], `
		SELECT preferred_username FROM actors WHERE server_id IS NULL AND preferred_username > $1 ORDER BY preferred_username LIMIT $2`, after, limit)
}
