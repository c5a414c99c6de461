package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
	"sepiola/internal/storage/store/filltest"
)

// fill makes the site's database and puts videos and people into it, unless it
// has some. It returns the UUIDs of some of the videos, and of some that are
// the site's own.
func (s *site) fill(ctx context.Context, o options) (uuids, own []string, err error) {
	if err := s.migrate(ctx); err != nil {
		return nil, nil, err
	}
	db, err := sqldb.Open(ctx, sqldb.Options{DSN: cmp.Or(s.database, filepath.Join(s.data, "sepiola.db"))})
	if err != nil {
		return nil, nil, err
	}
	defer db.Close()
	filled, err := sqldb.One(ctx, db, sqldb.Value[bool], `SELECT EXISTS (SELECT 1 FROM videos)`)
	if err != nil {
		return nil, nil, err
	}
	if !filled {
		if err := fillWith(ctx, db, o); err != nil {
			return nil, nil, err
		}
	}
	if err := index(ctx, db); err != nil {
		return nil, nil, fmt.Errorf("index for searches: %w", err)
	}
	const some = 5000
	uuids, err = sqldb.All(ctx, db, sqldb.Value[string], `SELECT uuid FROM videos WHERE privacy = 1 AND state = 1 ORDER BY id LIMIT $1`, some)
	if err != nil {
		return nil, nil, err
	}
	own, err = sqldb.All(ctx, db, sqldb.Value[string], `SELECT uuid FROM videos WHERE privacy = 1 AND state = 1 AND remote = FALSE ORDER BY id LIMIT $1`, some)
	return uuids, own, err
}

// warm reads an SQLite file once: a page of it that has to come from the disk
// costs fifty times the CPU of one that the kernel has, and the figures of what
// is asked for first would be the disk's.
func (s *site) warm() error {
	if s.database != "" {
		return nil
	}
	f, err := os.Open(filepath.Join(s.data, "sepiola.db"))
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(io.Discard, f)
	return err
}

// follow makes the site follow what is filled of others: who has no account may
// watch nothing else of them. The site's own actor is made by its first start;
// while it runs nobody else may open an SQLite database.
func (s *site) follow(ctx context.Context) error {
	made, err := s.followAll(ctx)
	if err != nil || made {
		return err
	}
	if _, err := s.start(ctx); err != nil {
		return err
	}
	s.stop()
	_, err = s.followAll(ctx)
	return err
}

// followAll reports whether there is somebody who follows.
func (s *site) followAll(ctx context.Context) (there bool, err error) {
	db, err := sqldb.Open(ctx, sqldb.Options{DSN: cmp.Or(s.database, filepath.Join(s.data, "sepiola.db"))})
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	const mine = `me.preferred_username = $1 AND me.server_id IS NULL`
	if there, err = sqldb.One(ctx, db, sqldb.Value[bool], `SELECT EXISTS (SELECT 1 FROM actors me WHERE `+mine+`)`, actor.InstanceName); err != nil || !there {
		return there, err
	}
	_, err = db.Exec(ctx, `
		INSERT INTO actor_follows (actor_id, target_actor_id, state, score, url, created_at, updated_at)
		SELECT me.id, x.id, 'accepted', 1000, 'follow-of-' || x.url, me.created_at, me.created_at FROM actors me
		JOIN actors x ON x.server_id IS NOT NULL AND x.type = $2
		WHERE `+mine+`
		ON CONFLICT DO NOTHING`, actor.InstanceName, actor.Group)
	return true, err
}

// migrate makes the site's database, or brings it up to date.
func (s *site) migrate(ctx context.Context) error {
	migrate := exec.CommandContext(ctx, s.binary, "migrate", "--data", s.data)
	migrate.Env, migrate.Stdout, migrate.Stderr = s.env(), os.Stderr, os.Stderr
	if err := migrate.Run(); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

func fillWith(ctx context.Context, db *sqldb.DB, o options) error {
	if db.Dialect == sqldb.SQLite { // a site's four MiB are too few for millions of rows in one transaction
		if _, err := db.Exec(ctx, `PRAGMA cache_size = -1000000`); err != nil {
			return err
		}
	}
	if err := filltest.FillBeside(ctx, db, o.videos, cmp.Or(o.local, o.videos)); err != nil {
		return err
	}
	if o.crowd.People > 0 {
		if err := o.crowd.Add(ctx, db); err != nil {
			return err
		}
	}
	if o.comments == 0 {
		return nil
	}
	return filltest.Comments(ctx, db, o.comments)
}

// index makes what was filled be found, and what a migration wants to be read
// anew: a site does so by a job.
func index(ctx context.Context, db *sqldb.DB) error {
	indexed, err := sqldb.One(ctx, db, sqldb.Value[bool], `SELECT EXISTS (SELECT 1 FROM search_docs WHERE video_id IS NOT NULL)`)
	if err != nil {
		return err
	}
	s := store.Search{DB: db}
	if !indexed {
		if err := s.StaleAll(ctx); err != nil {
			return err
		}
	}
	for {
		if n, err := s.IndexStale(ctx, 500); err != nil || n == 0 {
			return err
		}
	}
}

// makeDatabase makes an empty database on a PostgreSQL for the site. The
// caller drops it.
func (s *site) makeDatabase(ctx context.Context, server string) (drop func(), err error) {
	u, err := url.Parse(server)
	if err != nil {
		return nil, fmt.Errorf("-postgres: %w", err)
	}
	admin, err := sql.Open("pgx", server)
	if err != nil {
		return nil, err
	}
	name := "sepiola_bench_" + strings.ToLower(rand.Text())
	if _, err := admin.ExecContext(ctx, `CREATE DATABASE `+name+` TEMPLATE template0 ENCODING 'UTF8'`); err != nil {
		_ = admin.Close()
		return nil, fmt.Errorf("make a database: %w", err)
	}
	u.Path = "/" + name
	s.database = u.String()
	return func() {
		if _, err := admin.ExecContext(context.WithoutCancel(ctx), `DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
			fmt.Fprintln(os.Stderr, "bench: the database", name, "was left:", err)
		}
		_ = admin.Close()
	}, nil
}
