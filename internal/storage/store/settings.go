package store

import (
	"context"

	"sepiola/internal/storage/sqldb"
)

// Settings keeps what administrators edit on the site, as text by key.
type Settings struct{ DB *sqldb.DB }

// Get returns the value of a key, or errs.NotFound.
func (s Settings) Get(ctx context.Context, key string) (string, error) {
	return sqldb.One(ctx, s.DB, sqldb.Value[string], `SELECT value FROM settings WHERE key = $1`, key)
}

// Set writes the value of a key.
func (s Settings) Set(ctx context.Context, key, value string) error {
	_, err := s.DB.Exec(ctx, `
		INSERT INTO settings (key, value, updated_at) VALUES ($1, $2, $3)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`, key, value, sqldb.Now())
	return err
}

// Create writes the value of a key unless it has one, and returns the one that
// is there then. Of two at once, both get the same.
func (s Settings) Create(ctx context.Context, key, value string) (string, error) {
	_, err := s.DB.Exec(ctx, `INSERT INTO settings (key, value, updated_at) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING`,
		key, value, sqldb.Now())
	if err != nil {
		return "", err
	}
	return s.Get(ctx, key)
}

// Delete removes a key. One that is not there is fine.
func (s Settings) Delete(ctx context.Context, key string) error {
	_, err := s.DB.Exec(ctx, `DELETE FROM settings WHERE key = $1`, key)
	return err
}

// All returns all keys and values.
func (s Settings) All(ctx context.Context) (map[string]string, error) {
	list, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) (kv [2]string, err error) { return kv, r.Scan(&kv[0], &kv[1]) },
		`SELECT key, value FROM settings`)
	if err != nil {
		return nil, err
	}
	m := make(map[string]string, len(list))
	for _, kv := range list {
		m[kv[0]] = kv[1]
	}
	return m, nil
}
