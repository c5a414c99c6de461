// Package app builds every part of the program from the configuration, runs
// them together and stops them in order.
//
// New makes the parts (storage.go, services.go, jobs.go, http.go), Run serves
// until it is told to stop. Commands use the same parts without a server
// (commands.go), and Doctor looks at the machine. Nobody imports this package
// but cmd.
package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"

	"sepiola/internal/config"
	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/i18n"
	"sepiola/internal/job"
	"sepiola/internal/server/api"
	"sepiola/internal/server/tracker"
	"sepiola/internal/storage/blob"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

// App is a site that is ready to run.
type App struct {
	// Announce is called once the site answers, with the address people use
	// and, at the first start, the administrator's login. It may be nil.
	Announce func(Welcome)

	cfg      *config.Config
	log      *slog.Logger
	db       *sqldb.DB
	live     *live
	bundle   *i18n.Bundle
	queue    *job.Queue
	services *services
	files    *store.VideoFiles
	images   *actor.Images
	logos    *instance.Logos
	stats    *instance.StatsKeeper[instance.Stats]
	about    *api.Config
	tracker  *tracker.Tracker
	servers  []server
	routers  []routed
	welcome  Welcome
}

// Welcome is what a person needs to begin.
type Welcome struct {
	URL string
	// User, Password and PasswordFile are set at the first start only.
	User, Password string
	// PasswordFile holds the password too, readable by the site's own user. It
	// is told as long as nobody has deleted it.
	PasswordFile string
}

// server is something that listens.
type server interface {
	Listen(ctx context.Context) error
	Run(ctx context.Context) error
	Close()
}

// New opens the database, brings it up to date and builds every part. The
// caller must Run what comes back, or Close it.
func New(ctx context.Context, cfg *config.Config, log *slog.Logger) (_ *App, err error) {
	a := &App{cfg: cfg, log: log, welcome: Welcome{URL: cfg.PublicURL()}}
	if a.db, err = openDB(ctx, cfg, false, log); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = a.db.Close()
		}
	}()
	if err := a.db.Migrate(ctx); err != nil {
		return nil, err
	}
	if a.bundle, err = i18n.Load(); err != nil {
		return nil, err
	}
	if a.live, err = newLive(ctx, cfg, a.db, log); err != nil {
		return nil, err
	}
	if err := a.openJobs(ctx); err != nil {
		return nil, err
	}
	if a.services, err = newServices(a.live, a.db, a.queue, log); err != nil {
		return nil, err
	}
	if err := errors.Join(a.services.videoSQL.KeepDetails(ctx), a.services.keptSessions.Keep(ctx, a.db)); err != nil {
		return nil, err
	}
	if err := a.addWorkers(); err != nil {
		return nil, err
	}
	if err := a.first(ctx); err != nil {
		return nil, err
	}
	return a, a.newServers(ctx)
}

// Close gives everything back that New took, without having run.
func (a *App) Close() error { return a.db.Close() }

// first makes what every site has, and keeps the administrator's password
// where only the site's own user can read it.
func (a *App) first(ctx context.Context) error {
	file, kept := filepath.Join(a.cfg.DataDir, "initial-root-password"), false
	a.services.users.KeepRootPassword = func(password string) error {
		kept = true
		// With PostgreSQL and a secret of its own a site has put nothing there yet.
		if err := os.MkdirAll(a.cfg.DataDir, 0o750); err != nil {
			return fmt.Errorf("keep the first password: %w", err)
		}
		if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
			return fmt.Errorf("keep the first password: %w", err)
		}
		return nil
	}
	password, created, err := a.services.firstStart(ctx, os.Getenv("PT_INITIAL_ROOT_PASSWORD"), a.cfg.Admin.Email)
	if kept && !created { // another node was faster, with another password
		if gone := os.Remove(file); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	if err != nil {
		return err
	}
	if !created {
		if _, err := os.Stat(file); err == nil {
			a.welcome.PasswordFile = file // the first start may not have come as far as telling it
		}
		return nil
	}
	a.welcome.User, a.welcome.Password, a.welcome.PasswordFile = "root", password, file
	return nil
}

// Run serves until ctx is done or a part fails. Then it lets requests and jobs
// under way finish, for a while, and closes the database last.
func (a *App) Run(ctx context.Context) error {
	defer func() {
		if err := a.db.Close(); err != nil {
			a.log.Error("the database did not close well", "err", err) //nolint:sloglint // ctx is over
		}
	}()
	defer a.writeActivity(context.WithoutCancel(ctx))
	defer a.closeServers()
	for _, s := range a.servers { // before jobs begin: another site may have the port
		if err := s.Listen(ctx); err != nil {
			return err
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	if a.cfg.HasRole("jobs") {
		if err := a.startJobs(ctx); err != nil {
			return err
		}
		g.Go(func() error {
			<-ctx.Done()
			return a.stopJobs(context.WithoutCancel(ctx))
		})
	}
	g.Go(func() error { return a.recoverUploads(ctx) })
	g.Go(func() error { return a.services.telling.hub.Run(ctx) })
	g.Go(func() error { a.services.sessions.Run(ctx, a.log); return nil })
	g.Go(func() error { limitMemory(ctx); return nil })
	g.Go(func() error { a.forgetStart(ctx); return nil })
	if a.db.Dialect == sqldb.Postgres { // there may be other nodes
		g.Go(func() error { return a.live.follow(ctx, a.log) })
	}
	for _, s := range a.servers {
		g.Go(func() error { return s.Run(ctx) })
	}
	if a.tracker != nil {
		g.Go(func() error { a.tracker.Run(ctx); return nil })
	}
	// What starting took, such as hashing the first password, is given back: a
	// small machine has better uses for it.
	time.AfterFunc(time.Second, debug.FreeOSMemory)
	err := g.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// writeActivity writes down who was active until now, and how much other sites
// did.
func (a *App) writeActivity(ctx context.Context) {
	if err := a.services.sessions.WriteActivity(ctx); err != nil {
		a.log.WarnContext(ctx, "last activity was not written down", "err", err)
	}
	a.services.received.processor.WriteCounts(ctx)
}

func (a *App) closeServers() {
	for _, s := range a.servers {
		s.Close()
	}
}

// startJobs removes what jobs of a process that was killed left in the
// temporary directory, if no other process can have jobs there, and begins.
func (a *App) startJobs(ctx context.Context) error {
	if a.db.Dialect == sqldb.SQLite {
		s := a.sweeper()
		s.Age = time.Nanosecond
		if err := s.Temporary(ctx, a.services.disk.Dirs[blob.Tmp]); err != nil {
			a.log.WarnContext(ctx, "temporary files of an earlier process were not removed", "err", err)
		}
	}
	return a.queue.Start(ctx)
}

// stopJobs lets jobs finish for as long as requests may, and then gives them
// back.
func (a *App) stopJobs(ctx context.Context) error {
	const hard = 10 * time.Second
	soft := a.cfg.HTTPTimeouts.Shutdown
	ctx, cancel := context.WithTimeout(ctx, soft+hard)
	defer cancel()
	return a.queue.Stop(ctx, soft)
}

// recoverUploads goes on with uploads that were complete when a process died:
// once on SQLite, and again and again where other nodes may die.
func (a *App) recoverUploads(ctx context.Context) error {
	const interval = time.Minute
	alone := a.db.Dialect == sqldb.SQLite
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		n, err := a.services.uploads.Recover(ctx, alone)
		if n > 0 {
			a.log.InfoContext(ctx, "uploads go on after a crash", "uploads", n)
		}
		if err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "uploads could not go on", "err", err)
		}
		if alone {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
