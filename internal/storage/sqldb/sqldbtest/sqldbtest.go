// Package sqldbtest gives each test a database of its own, on every database
// that is at hand: SQLite always, PostgreSQL when TEST_POSTGRES_URL names a
// server on which databases may be made.
package sqldbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"

	"sepiola/internal/storage/sqldb"
)

// Each runs test on each database, in parallel, with all migrations applied.
func Each(t *testing.T, test func(t *testing.T, db *sqldb.DB)) {
	t.Helper()
	EachBy(t, site, test)
}

// site makes the tables of the video site.
func site(ctx context.Context, db *sqldb.DB) error { return db.Migrate(ctx) }

// EachBy is Each for parts of the program that have tables of their own.
func EachBy(t *testing.T, migrate func(context.Context, *sqldb.DB) error, test func(t *testing.T, db *sqldb.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, open(t, filepath.Join(t.TempDir(), "test.db"), migrate))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, open(t, PostgresURL(t), migrate))
	})
}

// SQLite returns a new SQLite database.
func SQLite(t testing.TB) *sqldb.DB {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "test.db"), site)
}

// Postgres returns a new PostgreSQL database. Without TEST_POSTGRES_URL the
// test is skipped; `make test` always sets it.
func Postgres(t testing.TB) *sqldb.DB {
	t.Helper()
	return open(t, PostgresURL(t), site)
}

// PostgresURL makes an empty PostgreSQL database and returns its URL.
func PostgresURL(t testing.TB) string {
	t.Helper()
	server := os.Getenv("TEST_POSTGRES_URL")
	if server == "" {
		t.Skip("TEST_POSTGRES_URL is not set; make test starts a PostgreSQL")
	}
	admin, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close() })
	name := "sepiola_test_" + strings.ToLower(rand.Text())
	if _, err := admin.ExecContext(t.Context(), `CREATE DATABASE `+name+` TEMPLATE template0 ENCODING 'UTF8'`); err != nil {
		t.Fatalf("make a test database: %v", err)
	}
	t.Cleanup(func() {
		if _, err := admin.ExecContext(context.Background(), `DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
			t.Errorf("remove the test database: %v", err)
		}
	})
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

func open(t testing.TB, dsn string, migrate func(context.Context, *sqldb.DB) error) *sqldb.DB {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldb.Options{DSN: dsn, MaxConns: 4, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close the database: %v", err)
		}
	})
	if err := migrate(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	return db
}
