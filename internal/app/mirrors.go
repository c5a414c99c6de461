package app

import (
	"context"
	"io"
	"log/slog"
	"time"

	"sepiola/internal/config"
	"sepiola/internal/domain/redundancy"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/outbox"
	"sepiola/internal/media/hls"
	"sepiola/internal/storage/blob"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
	"sepiola/internal/worker"
)

// newMirrors makes what mirrors videos of other sites, and what administrators
// do with mirrors.
func (s *services) newMirrors(l *live, db *sqldb.DB, jobs worker.Jobs, log *slog.Logger) {
	rows := store.Redundancies{DB: db}
	keeper := &redundancy.Keeper{
		Store: rows, Videos: s.videoSQL, Actors: s.actors, Files: blob.Named{Store: s.files}, Queue: worker.MirrorQueue{Jobs: jobs},
		Download: func(ctx context.Context, w io.Writer, url string, size int64) (int64, error) {
			return s.world.fetch.Download(ctx, w, url, size)
		},
		ReadSums: func(r io.Reader, wanted func(string) bool) (redundancy.Sums, error) { return hls.ReadSums(r, wanted) },
		Events:   s.said.outbox, Site: s.site,
		Rules:    func() []redundancy.Rule { return mirrorRulesOf(l.cfg()) },
		Interval: func() time.Duration { return l.cfg().Redundancy.Videos.CheckInterval },
		Room: func() (int64, error) {
			free, err := s.disk.Free()
			return free - int64(l.cfg().Limits.FreeDisk), err
		},
		InTx: db.InTx, AfterCommit: db.AfterCommit, Now: sqldb.Now, Log: log,
	}
	s.said.mirrors = &redundancy.Admin{
		Store: rows, Videos: s.videoSQL, Ledger: store.PeerLedger{DB: db}, Keeper: keeper, InTx: db.InTx, Now: sqldb.Now,
	}
	s.said.sites.Left = s.said.mirrors.Left
}

// leastLifetime is how long a mirror is promised at least, PeerTube's: others
// have to hear of it, and it took time to fetch.
const leastLifetime = 10 * time.Hour

// mirrorRulesOf are the strategies of the settings. Without federation nobody
// would hear of mirrors.
func mirrorRulesOf(cfg *config.Config) []redundancy.Rule {
	if !cfg.Federation.Enabled {
		return nil
	}
	var rules []redundancy.Rule
	for _, s := range cfg.Redundancy.Videos.Strategies {
		rules = append(rules, redundancy.Rule{
			Strategy: redundancy.Strategy(s.Strategy), Size: int64(s.Size), MinLifetime: max(s.MinLifetime, leastLifetime), MinViews: int64(s.MinViews),
		})
	}
	return rules
}

// mirrorTasks are what comes by itself. The services are made after the tasks.
func (a *App) mirrorTasks() []worker.Task {
	do := func(run func(k *redundancy.Keeper, ctx context.Context) error) func(context.Context) error {
		return func(ctx context.Context) error { return run(a.services.said.mirrors.Keeper, ctx) }
	}
	return []worker.Task{
		{Name: "choose-mirrors", Every: a.cfg.Redundancy.Videos.CheckInterval, Do: do((*redundancy.Keeper).Check)},
		{Name: "remove-files-of-mirrors", Every: 24 * time.Hour, Do: do((*redundancy.Keeper).Sweep)},
	}
}

// ownMirror is a mirror of this site as others read it.
func (a *App) ownMirror(ctx context.Context, uuid string) (*activity.CacheFile, error) {
	m, v, err := a.services.said.mirrors.Keeper.ByUUID(ctx, uuid)
	if err != nil || m == nil {
		return nil, err
	}
	c := outbox.CacheFileOf(m, v)
	return &c, nil
}
