package app

import (
	"context"
	"time"

	"sepiola/internal/domain/follow"
	"sepiola/internal/errs"
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
	return []resource{&api.SiteFollows{Follows: a.services.said.sites, Site: a.services.site}, &api.FederationLog{Audit: a.services.said.audit}}
}

// indexRead is the setting that holds until when the index of sites was read,
// indexTried when that was begun last.
const (
	indexRead  = "follow_index_read "
	indexTried = "follow_index_tried "
)

// How often an index is read, and how soon again when it could not be. Its clock
// may be another than ours, so indexOverlap is read twice.
const (
	indexEvery   = 24 * time.Hour
	indexAgain   = time.Hour
	indexOverlap = 10 * time.Minute
)

// indexDue reports whether an index is to be read now. One that was never tried
// is, so that administrators who name one see what comes of it.
func indexDue(read, tried, now time.Time) bool {
	if tried.IsZero() || now.Before(tried) {
		return true
	}
	wait := indexEvery
	if read.Before(tried) {
		wait = indexAgain
	}
	return now.Sub(tried) >= wait
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
		{Name: "shorten-federation-log", Every: 24 * time.Hour, Do: func(ctx context.Context) error {
			return a.services.said.audit.Forget(ctx, a.cfg.Federation.LogMaxAge)
		}},
	}
}

// followIndex follows what was added to the index that the settings name since
// it was read last.
func (a *App) followIndex(ctx context.Context) error {
	sites, settings := a.services.said.sites, store.Settings{DB: a.db}
	url := sites.Settings().Index
	if url == "" {
		return nil
	}
	at := func(name string) (time.Time, error) {
		text, err := settings.Get(ctx, name+url)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return time.Time{}, err
		}
		t, _ := time.Parse(time.RFC3339, text) // zero: never
		return t, nil
	}
	read, err := at(indexRead)
	if err != nil {
		return err
	}
	tried, err := at(indexTried)
	now := sqldb.Now().Truncate(time.Second)
	if err != nil || !indexDue(read, tried, now) {
		return err
	}
	if err := settings.Set(ctx, indexTried+url, now.Format(time.RFC3339)); err != nil {
		return err
	}
	since := read
	if !read.IsZero() {
		since = read.Add(-indexOverlap)
	}
	if err := sites.FollowIndex(ctx, a.services.world.finger, since); err != nil {
		if errs.Is(err, errs.Internal) {
			return err
		}
		a.log.WarnContext(ctx, "the index of sites to follow could not be read; it will be tried again", "index", url, "in", indexAgain, "err", err)
		return nil
	}
	return settings.Set(ctx, indexRead+url, now.Format(time.RFC3339))
}
