package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store/filltest"
)

// fill makes the site's database and puts videos into it. It returns the
// UUIDs of some of them.
func (s *site) fill(ctx context.Context, videos int) ([]string, error) {
	migrate := exec.CommandContext(ctx, s.binary, "migrate", "--data", s.data)
	migrate.Env, migrate.Stdout, migrate.Stderr = s.env(), os.Stderr, os.Stderr
	if err := migrate.Run(); err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	db, err := sqldb.Open(ctx, sqldb.Options{DSN: filepath.Join(s.data, "sepiola.db")})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if err := filltest.Fill(ctx, db, videos); err != nil {
		return nil, err
	}
	const some = 5000
	return sqldb.All(ctx, db, sqldb.Value[string], `SELECT uuid FROM videos WHERE privacy = 1 AND state = 1 ORDER BY id LIMIT $1`, some)
}
