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

// Migrate brings the tables to the newest version, each migration in a
// transaction of its own, under a lock: of several processes that start
// together one migrates and the others wait. A database that a newer program
// has migrated is errs.Conflict and stays untouched.
func (db *DB) Migrate(ctx context.Context) error {
	p, err := db.provider()
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
	for _, m := range done {
		db.log.InfoContext(ctx, "database migrated", "version", m.Source.Version, "took", m.Duration)
	}
	return nil
}

func (db *DB) provider() (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations/"+string(db.Dialect))
	if err != nil {
		return nil, err
	}
	options := []goose.ProviderOption{goose.WithSlog(slog.New(slog.DiscardHandler))}
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
