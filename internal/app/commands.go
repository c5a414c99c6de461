package app

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"

	"sepiola/internal/config"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/job"
	"sepiola/internal/storage/sqldb"
)

// Migrate brings the database up to date, and the queue's tables with it.
func Migrate(ctx context.Context, cfg *config.Config, log *slog.Logger) error {
	db, err := openDB(ctx, cfg, false, log)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	_, err = job.Open(ctx, job.Options{DB: db, Log: log})
	return err
}

// Users is what commands do with people. They may run beside the site.
type Users struct {
	db       *sqldb.DB
	services *services
}

// OpenUsers opens the database of a site that has been started before.
func OpenUsers(ctx context.Context, cfg *config.Config, log *slog.Logger) (*Users, error) {
	if err := hasSite(cfg); err != nil {
		return nil, err
	}
	db, err := openDB(ctx, cfg, true, log)
	if err != nil {
		return nil, err
	}
	u := &Users{db: db}
	if err := u.open(ctx, cfg, log); err != nil {
		_ = db.Close()
		return nil, err
	}
	return u, nil
}

// hasSite refuses a file that is not there. Opening would make it, and then an
// empty site in a directory that was misspelt says that there is no such user.
func hasSite(cfg *config.Config) error {
	if cfg.Database.Postgres() {
		return nil
	}
	if _, err := os.Stat(cfg.Database.URL); errors.Is(err, fs.ErrNotExist) {
		return errs.New(errs.NotFound, "there is no site in %s: give its directory with --data, or start it first (sepiola serve)", cfg.DataDir)
	}
	return nil
}

func (u *Users) open(ctx context.Context, cfg *config.Config, log *slog.Logger) error {
	if err := u.db.Migrate(ctx); err != nil {
		return err
	}
	queue, err := job.Open(ctx, job.Options{DB: u.db, Log: log})
	if err != nil {
		return err
	}
	l, err := newLive(ctx, cfg, u.db, log)
	if err != nil {
		return err
	}
	u.services, err = newServices(l, u.db, queue, log)
	return err
}

// Close closes the database.
func (u *Users) Close() error { return u.db.Close() }

// Person is a user as commands show one.
type Person struct {
	ID              int64
	Username, Email string
	Role            string
	Blocked         bool
}

// Create makes a user. role is administrator, moderator or user.
func (u *Users) Create(ctx context.Context, username, email, password, role string) error {
	roles := map[string]user.Role{"administrator": user.Administrator, "moderator": user.Moderator, "user": user.Member, "": user.Member}
	r, ok := roles[role]
	if !ok {
		return errs.New(errs.Invalid, "there is no role %q; roles are administrator, moderator and user", role)
	}
	root := &user.User{Username: "the command line", Role: user.Administrator}
	_, err := u.services.users.Create(ctx, root, user.New{Username: username, Email: email, Password: password, Role: r})
	return err
}

// ResetPassword gives a user another password and ends all logins.
func (u *Users) ResetPassword(ctx context.Context, username, password string) error {
	list, _, err := u.services.users.List(ctx, user.ListParams{Search: username, Count: 100, Sort: "username"})
	if err != nil {
		return err
	}
	for _, one := range list {
		if one.Username == username {
			return u.services.users.SetPassword(ctx, one.ID, password)
		}
	}
	return errs.New(errs.NotFound, "there is no user %q", username)
}

// List calls fn for each user, by name.
func (u *Users) List(ctx context.Context, fn func(Person)) error {
	const page = 100
	for start := 0; ; start += page {
		list, _, err := u.services.users.List(ctx, user.ListParams{Start: start, Count: page, Sort: "username"})
		if err != nil {
			return err
		}
		for _, one := range list {
			fn(Person{ID: int64(one.ID), Username: one.Username, Email: one.Email, Role: one.Role.Label(), Blocked: one.Blocked})
		}
		if len(list) < page {
			return nil
		}
	}
}
