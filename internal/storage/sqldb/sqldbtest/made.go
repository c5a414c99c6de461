package sqldbtest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"sepiola/internal/storage/sqldb"
)

// Making all tables takes longer than most tests, so it is done once, and each
// test gets a copy.

// makingTime bounds how long making the tables may take, on a slow machine
// with many tests beside it.
const makingTime = 5 * time.Minute

// madeSQLite is the file of a database with the site's tables.
var madeSQLite = sync.OnceValues(func() (made []byte, err error) {
	dir, err := os.MkdirTemp("", "sepiola-tables-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "made.db")
	if err := migrated(file); err != nil {
		return nil, err
	}
	// Closed by the last who used it, a database is its file alone.
	return os.ReadFile(file)
})

var made struct {
	sync.Mutex
	postgres string
}

// madePostgres names a database of the server with the site's tables. It stays
// for the tests of other packages and the next run, and goes when one is made
// two days later.
func madePostgres(server string) (name string, err error) {
	made.Lock()
	defer made.Unlock()
	if made.postgres != "" {
		return made.postgres, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), makingTime)
	defer cancel()
	sum, err := migrationsSum()
	if err != nil {
		return "", err
	}
	pool, err := sql.Open("pgx", server)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	admin, err := pool.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, admin.Close()) }()
	// Tests of several packages run at once: one makes it, the others wait. The
	// lock goes with the connection.
	if _, err := admin.ExecContext(ctx, `SELECT pg_advisory_lock(hashtext('sepiola test tables'))`); err != nil {
		return "", err
	}
	today := time.Now().UTC()
	name = tablesPrefix + today.Format(tablesDay) + "_" + sum
	var there bool
	if err := admin.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)`, name).Scan(&there); err != nil {
		return "", err
	}
	if !there {
		err = errors.Join(dropOldTables(ctx, admin, today), makePostgres(ctx, admin, server, name))
	}
	if err != nil {
		return "", err
	}
	made.postgres = name
	return name, nil
}

const (
	tablesPrefix = "sepiola_tables_"
	tablesDay    = "20060102"
)

// makePostgres makes the tables in a database that gets its name only when it
// is whole, so that a run that is killed leaves no half one behind.
func makePostgres(ctx context.Context, admin *sql.Conn, server, name string) error {
	half := name + "_half"
	if _, err := admin.ExecContext(ctx, `DROP DATABASE IF EXISTS `+half+` WITH (FORCE)`); err != nil {
		return err
	}
	if _, err := admin.ExecContext(ctx, `CREATE DATABASE `+half+` TEMPLATE template0 ENCODING 'UTF8'`); err != nil {
		return err
	}
	u, err := databaseURL(server, half)
	if err != nil {
		return err
	}
	if err := migrated(u); err != nil {
		return err
	}
	_, err = admin.ExecContext(ctx, `ALTER DATABASE `+half+` RENAME TO `+name)
	return err
}

// dropOldTables removes what was made for other days. Yesterday's stays: a run
// that began before midnight may still use it.
func dropOldTables(ctx context.Context, admin *sql.Conn, today time.Time) error {
	rows, err := admin.QueryContext(ctx, `SELECT datname FROM pg_database WHERE starts_with(datname, $1)`, tablesPrefix)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	var old []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		day, _, _ := strings.Cut(strings.TrimPrefix(name, tablesPrefix), "_")
		if at, err := time.Parse(tablesDay, day); err == nil && today.Sub(at) >= 48*time.Hour {
			old = append(old, name)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, name := range old {
		if _, err := admin.ExecContext(ctx, `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`); err != nil {
			return err
		}
	}
	return nil
}

// migrated makes the site's tables in an empty database.
func migrated(dsn string) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), makingTime)
	defer cancel()
	db, err := sqldb.Open(ctx, sqldb.Options{DSN: dsn, MaxConns: 2, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.Migrate(ctx)
}

// migrationsSum tells whether a database was made by these migrations.
func migrationsSum() (string, error) {
	m, err := sqldb.SiteMigrations()
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	err = fs.WalkDir(m.Files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(m.Files, path)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(sum, "%s %d\n%s", path, len(text), text)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)[:8]), err
}
