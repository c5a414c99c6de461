package sqldb

import (
	"context"
	"fmt"
)

// Versions returns the version of the tables and the newest that this program
// knows. Nothing is changed; a database without tables has version 0.
func (db *DB) Versions(ctx context.Context) (current, newest int64, err error) {
	m, err := SiteMigrations()
	if err != nil {
		return 0, 0, err
	}
	p, err := db.provider(m)
	if err != nil {
		return 0, 0, err
	}
	current, newest, err = p.GetVersions(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("version of the database: %w", err)
	}
	return current, newest, nil
}

// Server returns the name and version of the database program.
func (db *DB) Server(ctx context.Context) (string, error) {
	query, name := `SELECT sqlite_version()`, "SQLite "
	if db.Dialect == Postgres {
		query, name = `SHOW server_version`, "PostgreSQL "
	}
	version, err := One(ctx, db, Value[string], query)
	return name + version, err
}
