package app

import (
	"context"
	"time"

	"sepiola/internal/domain/follow"
	"sepiola/internal/server/api"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
	"sepiola/internal/worker"
)

// homeOf tells where the site of a handle wants to be told what to follow.
func (s *services) homeOf(ctx context.Context, name, host string) (string, error) {
	found, err := s.world.finger.Find(ctx, name, host)
	if err != nil {
		return "", err
	}
	return found.Template, nil
}

// followAPI serves follows of sites.
func (a *App) followAPI() []resource {
	said := a.services.said
	return []resource{
		&api.SiteFollows{Follows: said.sites, Allowed: said.mirrors.Allowed, Site: a.services.site},
		&api.FederationLog{Audit: said.audit}, &api.Redundancies{Mirrors: said.mirrors},
	}
}

// followTasks are what comes by itself.
func (a *App) followTasks() []worker.Task {
	return []worker.Task{
		{Name: "auto-follow-index-instances", Every: time.Minute, Do: a.followIndex}, // which looks when it is due
		{Name: "ask-again-for-follows", Every: time.Hour, Do: func(ctx context.Context) error {
			if !a.live.cfg().Federation.Enabled {
				return nil
			}
			s := &a.services.said
			return (&follow.Renewal{Store: store.Follows{DB: a.db}, Outbound: s.outbox, Now: sqldb.Now, Log: a.log}).Run(ctx)
		}},
		{Name: "sort-what-is-followed", Every: time.Minute, Do: func(ctx context.Context) error {
			return store.RemoteVideos{DB: a.db}.SortFollowed(ctx)
		}},
		{Name: "shorten-federation-log", Every: 24 * time.Hour, Do: func(ctx context.Context) error {
			return a.services.said.audit.Forget(ctx, a.cfg.Federation.LogMaxAge)
		}},
	}
}

// followIndex follows what was added to the index that the settings name. The
// services are made after the tasks, so they are looked up when it runs.
func (a *App) followIndex(ctx context.Context) error {
	s := a.services
	return (&follow.IndexReading{Sites: s.said.sites, Index: s.world.finger, Notes: store.Settings{DB: a.db}, Now: sqldb.Now, Log: a.log}).Run(ctx)
}
