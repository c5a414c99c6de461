package app

import (
	"context"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/search"
	"sepiola/internal/federation/fetch"
	"sepiola/internal/federation/searchindex"
	"sepiola/internal/storage/blob"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
	"sepiola/internal/worker"
)

// finding are the parts of search and discovery.
type finding struct {
	index  store.Search
	search *search.Service
	// elsewhere is filled with what asks other sites.
	elsewhere *search.Elsewhere
	related   *search.Related
	overview  *search.Overview
}

// newFinding fills them; the services of videos and playlists are there.
func (s *services) newFinding(db *sqldb.DB) {
	index := store.Search{DB: db, Kept: &store.KeptPostings{Changes: s.videoSQL.Changes, Now: time.Now}}
	s.finding = finding{
		index: index,
		search: &search.Service{
			Store: index, Videos: s.videos, Channels: s.actors, Playlists: store.Playlists{DB: db, Videos: s.videoSQL},
			Site: s.site, Now: time.Now, Changes: s.videoSQL.Changes,
		},
		related:  &search.Related{Store: index, Videos: s.videos, Watched: index.Watched, Now: time.Now},
		overview: &search.Overview{Store: index, Videos: s.videos, Now: time.Now},
	}
	s.playlists.Index = index
}

// newElsewhere makes what asks an index of many sites.
func (s *services) newElsewhere(l *live, ask *fetch.Client) *search.Elsewhere {
	here := s.finding.search
	return &search.Elsewhere{
		Outside: &searchindex.Client{Fetch: ask, Plain: ask.Plain},
		Store:   here.Store, Videos: here.Videos, Channels: here.Channels, Playlists: here.Playlists, Mutes: s.blocks, Site: s.site,
		NSFWPolicy: func() string { return l.cfg().Instance.DefaultNSFWPolicy },
		Settings: func() search.IndexSettings {
			set := l.cfg().Search.SearchIndex
			if !set.Enabled || set.URL == "" {
				return search.IndexSettings{}
			}
			return search.IndexSettings{URL: set.URL, First: set.IsDefaultSearch || set.DisableLocalSearch, Only: set.DisableLocalSearch}
		},
	}
}

// searchTasks keep the index.
func (a *App) searchTasks() []worker.Task {
	return []worker.Task{
		{Name: "index-for-search", Every: time.Minute, Do: func(ctx context.Context) error {
			s := a.services
			return (&worker.SearchIndex{Index: s.finding.index, Captions: s.videoSQL, Files: blob.Named{Store: s.files}, Log: a.log}).Run(ctx)
		}},
		{Name: "correct-index-for-search", Every: 24 * time.Hour, Do: func(ctx context.Context) error {
			return a.services.finding.index.Upkeep(ctx)
		}},
	}
}

// mutes are the mutes of the store, and tell lists of videos of changes.
type mutes struct {
	store.Blocks
	videos *store.Videos
}

// AddAccount is part of user.BlockStore.
func (m mutes) AddAccount(ctx context.Context, by, target actor.AccountID, at time.Time) error {
	defer m.videos.MutesChanged(ctx)
	return m.Blocks.AddAccount(ctx, by, target, at)
}

// AddServer is part of user.BlockStore.
func (m mutes) AddServer(ctx context.Context, by actor.AccountID, host string, at time.Time) error {
	defer m.videos.MutesChanged(ctx)
	return m.Blocks.AddServer(ctx, by, host, at)
}

// RemoveAccount is part of user.BlockStore.
func (m mutes) RemoveAccount(ctx context.Context, by, target actor.AccountID) (bool, error) {
	defer m.videos.MutesChanged(ctx)
	return m.Blocks.RemoveAccount(ctx, by, target)
}

// RemoveServer is part of user.BlockStore.
func (m mutes) RemoveServer(ctx context.Context, by actor.AccountID, host string) (bool, error) {
	defer m.videos.MutesChanged(ctx)
	return m.Blocks.RemoveServer(ctx, by, host)
}
