package app

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"sepiola/internal/config"
	"sepiola/internal/domain/instance"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

// live is the configuration as it is now: that of the start, with what
// administrators edited on the site laid over it.
type live struct {
	base     *config.Config
	settings *instance.Settings
	now      atomic.Pointer[config.Config]
}

// newLive reads the edits that are in the database.
func newLive(ctx context.Context, base *config.Config, db *sqldb.DB, log *slog.Logger) (*live, error) {
	l := &live{base: base, settings: &instance.Settings{
		Store:  store.Settings{DB: db},
		Base:   base.Values(),
		Locked: !base.Webadmin.Configuration.Edition.Allowed,
	}}
	l.now.Store(base)
	l.settings.OnChange(func(overrides instance.Values) {
		next, err := base.With(overrides)
		if err != nil { // edits of an older version that are wrong by now
			log.WarnContext(ctx, "settings edited on the site are ignored", "err", err)
			return
		}
		l.now.Store(next)
	})
	return l, l.settings.Refresh(ctx)
}

// cfg returns the configuration as it is now.
func (l *live) cfg() *config.Config { return l.now.Load() }

// playerTheme is how players look where nobody chose otherwise.
func (l *live) playerTheme() instance.PlayerTheme {
	return instance.PlayerTheme(l.cfg().Defaults.Player.Theme)
}

// follow takes over what administrators edit on other nodes, until ctx is
// done.
func (l *live) follow(ctx context.Context, log *slog.Logger) error {
	const interval = 20 * time.Second
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := l.settings.Refresh(ctx); err != nil && ctx.Err() == nil {
				log.WarnContext(ctx, "settings edited on other nodes are not known now", "err", err)
			}
		}
	}
}
