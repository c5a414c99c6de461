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
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, SQLite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, Postgres(t))
	})
}

// asMade leaves a database as it is, for copies have their tables.
func asMade(context.Context, *sqldb.DB) error { return nil }

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

// SQLite returns a new SQLite database with the site's tables.
func SQLite(t testing.TB) *sqldb.DB {
	t.Helper()
	made, err := madeSQLite()
	if err != nil {
		t.Fatalf("make the tables once for all tests: %v", err)
	}
	file := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(file, made, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, file, asMade)
}

// Postgres returns a new PostgreSQL database with the site's tables. Without
// TEST_POSTGRES_URL the test is skipped; `make test` always sets it.
func Postgres(t testing.TB) *sqldb.DB {
	t.Helper()
	server := serverURL(t)
	made, err := madePostgres(server)
	if err != nil {
		t.Fatalf("make the tables once for all tests: %v", err)
	}
	return open(t, newPostgres(t, server, made), asMade)
}

// PostgresURL makes an empty PostgreSQL database and returns its URL.
func PostgresURL(t testing.TB) string {
	t.Helper()
	return newPostgres(t, serverURL(t), "template0")
}

// serverURL names the server on which databases are made.
func serverURL(t testing.TB) string {
	t.Helper()
	server := os.Getenv("TEST_POSTGRES_URL")
	if server == "" {
		t.Skip("TEST_POSTGRES_URL is not set; make test starts a PostgreSQL")
	}
	return server
}

// newPostgres makes a database like template, removes it with the test, and
// returns its URL.
func newPostgres(t testing.TB, server, template string) string {
	t.Helper()
	admin, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close() })
	name := "sepiola_test_" + strings.ToLower(rand.Text())
	if _, err := admin.ExecContext(t.Context(), `CREATE DATABASE `+name+` TEMPLATE `+template+` ENCODING 'UTF8'`); err != nil {
		t.Fatalf("make a test database: %v", err)
	}
	t.Cleanup(func() {
		if _, err := admin.ExecContext(context.Background(), `DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
			t.Errorf("remove the test database: %v", err)
		}
	})
	u, err := databaseURL(server, name)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// databaseURL is the URL of another database of the same server.
func databaseURL(server, name string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
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
