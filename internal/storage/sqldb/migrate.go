package sqldb

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"sepiola/internal/errs"
)

//go:embed migrations
var migrations embed.FS

// Migrations make the tables of one part of the program.
type Migrations struct {
	// Files has the folders sqlite3 and postgres.
	Files fs.FS
	// Table is where the version is kept: parts that share a database have one
	// each.
	Table string
}

// SiteMigrations make the tables of the video site.
func SiteMigrations() (Migrations, error) {
	files, err := fs.Sub(migrations, "migrations")
	return Migrations{Files: files, Table: goose.DefaultTablename}, err
}

// Migrate brings the tables of the site to the newest version, see MigrateBy.
func (db *DB) Migrate(ctx context.Context) error {
	m, err := SiteMigrations()
	if err != nil {
		return err
	}
	return db.MigrateBy(ctx, m)
}

// MigrateBy brings tables to the newest version, each migration in a
// transaction of its own, under a lock: of several processes that start
// together one migrates and the others wait. A database that a newer program
// has migrated is errs.Conflict and stays untouched.
func (db *DB) MigrateBy(ctx context.Context, m Migrations) error {
	p, err := db.provider(m)
	if err != nil {
		return err
	}
	current, newest, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("version of the database: %w", err)
	}
	if current > newest {
		return errs.New(errs.Conflict, "the database has version %d, this program knows up to %d: it was used by a newer sepiola; start that one, or restore a backup", current, newest)
	}
	done, err := p.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for _, one := range done {
		db.log.InfoContext(ctx, "database migrated", "version", one.Source.Version, "took", one.Duration)
	}
	return nil
}

func (db *DB) provider(m Migrations) (*goose.Provider, error) {
	files, err := fs.Sub(m.Files, string(db.Dialect))
	if err != nil {
		return nil, err
	}
	options := []goose.ProviderOption{goose.WithSlog(slog.New(slog.DiscardHandler)), goose.WithTableName(m.Table)}
	if db.Dialect == Postgres {
		// SQLite needs none: Open lets one process in.
		l, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithSessionLocker(l))
	}
	return goose.NewProvider(goose.Dialect(db.Dialect), db.write, files, options...)
}
