package app

import (
	"context"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"sepiola/internal/federation/publish"
	"sepiola/internal/server/fed"
	"sepiola/internal/server/listen"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

// newDocuments makes what tells others of this site's own things.
func (s *services) newDocuments(l *live, db *sqldb.DB) *publish.Documents {
	return &publish.Documents{
		Actors:      s.actors,
		Videos:      s.videoSQL,
		Comments:    &store.Comments{DB: db, Videos: s.videoSQL},
		Playlists:   store.Playlists{DB: db, Videos: s.videoSQL},
		Site:        s.site,
		Name:        func() string { return l.cfg().Instance.Name },
		Description: func() string { return l.cfg().Instance.ShortDescription },
	}
}

// mountFed serves other servers: the addresses that are theirs alone below
// root, and documents for those who prefer them to pages.
func (a *App) mountFed(root chi.Router, limits *listen.Limits, pages http.Handler) http.Handler {
	s := a.services
	if !a.cfg.Federation.Enabled {
		return pages
	}
	documents := s.newDocuments(a.live, a.db)
	server := &fed.Server{
		Documents: documents,
		Actors:    s.actors,
		Lists:     store.Published{DB: a.db},
		Buried:    store.PeerTombstones{DB: a.db},
		NodeInfo:  a.nodeInfo,
		Mirror:    a.ownMirror,
		Receiver:  s.received.receiver,
		Site:      s.site,
		Now:       sqldb.Now,
		Router:    a.router(""),
	}
	h := server.Wrap(pages)
	inboxes := limits.Middleware(listen.Rule{Scope: "inbox", Limit: limitOf(a.cfg.RatesLimit.ActivityPub)})(server.Router)
	inboxes = server.Signed(inboxes)
	others := limits.Middleware(listen.Rule{Scope: "well-known", Limit: limitOf(a.cfg.RatesLimit.WellKnown)})(server.Router)
	for _, path := range fed.Paths {
		if strings.HasSuffix(path, "/inbox") {
			root.Method(http.MethodPost, path, inboxes)
			continue
		}
		root.Handle(path, others)
	}
	return h
}

// nodeInfo is what the site tells of itself.
func (a *App) nodeInfo(ctx context.Context) (fed.NodeInfo, error) {
	c := a.live.cfg().Instance
	stats, err := a.stats.Stats(ctx)
	if err != nil {
		return fed.NodeInfo{}, err
	}
	open, err := a.services.users.SignupOpen(ctx)
	if err != nil {
		return fed.NodeInfo{}, err
	}
	config, err := a.about.Node(ctx)
	return fed.NodeInfo{
		Version: peertubeVersion, Name: c.Name, Description: c.ShortDescription, OpenRegistration: open,
		Users: stats.Users, ActiveMonth: stats.MonthlyUsers, ActiveHalfYear: stats.HalfYearUsers,
		Videos: stats.LocalVideos, Comments: stats.LocalComments, Config: config,
	}, err
}
