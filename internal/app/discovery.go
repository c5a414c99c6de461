package app

import (
	"context"

	"github.com/go-chi/chi/v5"

	"sepiola/internal/domain/video"
	"sepiola/internal/server/discovery"
	"sepiola/internal/server/listen"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

// mountDiscovery serves what search engines, browsers and other sites ask for.
func (a *App) mountDiscovery(root chi.Router, limits *listen.Limits) {
	s := a.services
	icons := discovery.Icons{
		SVG: programIcon(), PNG192: programPicture("icon-192.png"), PNG512: programPicture("icon-512.png"), Maskable: programPicture("icon-maskable-512.png"),
	}
	r := a.router("")
	(&discovery.Server{
		Videos:    s.videos,
		Playlists: s.playlists,
		Actors:    s.actors,
		Map:       siteMap{store.SiteMap{DB: a.db}},
		Plain:     s.texts.Plain,
		Site:      s.site,
		Settings: func() discovery.Settings {
			c, contact := a.live.cfg().Instance, ""
			if s.users.ContactOpen() == nil {
				contact = "/about/contact"
			}
			return discovery.Settings{
				Name: c.Name, ShortDescription: c.ShortDescription, Language: c.DefaultLanguage, Robots: c.Robots, SecurityTxt: c.SecurityTxt, Icons: icons,
				ContactPage: contact,
			}
		},
		WellKnown: a.cfg.Storage.WellKnown,
		Now:       sqldb.Now,
	}).Mount(r)
	h := limits.Middleware(listen.Rule{Scope: "well-known", Limit: limitOf(a.cfg.RatesLimit.WellKnown)})(r)
	for _, path := range discovery.Paths {
		root.Handle(path, h)
	}
}

// siteMap is a discovery.Map.
type siteMap struct{ store store.SiteMap }

// LastVideo implements discovery.Map.
func (m siteMap) LastVideo(ctx context.Context) (video.ID, error) { return m.store.LastVideo(ctx) }

// MapVideos implements discovery.Map.
func (m siteMap) MapVideos(ctx context.Context, from, to video.ID) ([]discovery.MapVideo, error) {
	list, err := m.store.Videos(ctx, from, to)
	out := make([]discovery.MapVideo, len(list))
	for i, v := range list {
		out[i] = discovery.MapVideo(v)
	}
	return out, err
}

// MapChannels implements discovery.Map.
func (m siteMap) MapChannels(ctx context.Context, most int) ([]discovery.MapActor, error) {
	list, err := m.store.Channels(ctx, most)
	out := make([]discovery.MapActor, len(list))
	for i, c := range list {
		out[i] = discovery.MapActor(c)
	}
	return out, err
}
