package app

import (
	"context"
	"encoding/hex"
	"net/http"
	"net/netip"

	"github.com/go-chi/chi/v5"

	"sepiola/internal/server/listen"
	"sepiola/internal/server/tracker"
	"sepiola/internal/storage/nodebus"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

// mountTracker serves the tracker by which viewers of a video find each other.
func (a *App) mountTracker(root chi.Router) {
	swarms := store.Swarms{DB: a.db}
	a.tracker = &tracker.Tracker{
		Known: func(ctx context.Context, h tracker.Hash) (bool, error) {
			return swarms.Shareable(ctx, hex.EncodeToString(h[:]))
		},
		ClientIP: func(r *http.Request) netip.Addr { return listen.ClientIP(r.Context()) },
		Options: func() tracker.Options {
			c := a.live.cfg().Tracker
			return tracker.Options{Enabled: c.Enabled, Private: c.Private, RejectTooMany: c.RejectTooManyAnnounces}
		},
		Now: sqldb.Now,
		Log: a.log,
	}
	if dsn := a.cfg.Database.URL; sqldb.IsPostgres(dsn) { // several nodes may share it
		a.tracker.Bus = nodebus.New(a.db, dsn, "tracker", a.log)
	}
	r := a.router("")
	a.tracker.Mount(r)
	root.Handle("/tracker/*", r)
}
