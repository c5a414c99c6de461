package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"sepiola/internal/config"
	"sepiola/internal/domain/user"
	"sepiola/internal/server/api"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/files"
	"sepiola/internal/server/listen"
	"sepiola/internal/server/rest"
	"sepiola/internal/storage/blob"
	"sepiola/internal/storage/sqldb"
)

// newServers builds what listens: the site, the figures for Prometheus, and
// with ACME the plain listener beside the TLS one.
func (a *App) newServers(ctx context.Context) error {
	if !a.cfg.HasRole("web") {
		return nil
	}
	metrics := listen.NewMetrics()
	handler, err := a.handler(metrics)
	if err != nil {
		return err
	}
	site := &listen.Server{
		Addr:      a.cfg.ListenAddr(),
		Handler:   handler,
		Timeouts:  timeoutsOf(a.cfg),
		Log:       a.log,
		Listening: func(net.Addr) { a.announce(ctx) },
	}
	plain, err := a.secure(site)
	if err != nil {
		return err
	}
	a.servers = append(a.servers, site)
	if plain != nil {
		a.servers = append(a.servers, plain)
	}
	if m := a.cfg.OpenTelemetry.Metrics; m.Enabled {
		a.servers = append(a.servers, &listen.Server{
			Addr:     net.JoinHostPort(m.PrometheusExporter.Hostname, fmt.Sprint(m.PrometheusExporter.Port)),
			Handler:  metrics.Handler(),
			Timeouts: timeoutsOf(a.cfg),
			Log:      a.log,
		})
	}
	return nil
}

func (a *App) announce(ctx context.Context) {
	if a.Announce != nil {
		a.Announce(a.welcome)
	}
	for _, p := range a.problems(ctx) {
		a.log.WarnContext(ctx, "the site is less than it should be", "problem", p, "see", "sepiola doctor")
	}
}

// secure turns TLS on where the configuration asks for it, and returns the
// plain listener that ACME needs beside it.
func (a *App) secure(site *listen.Server) (plain *listen.Server, err error) {
	t := a.cfg.TLS
	switch {
	case t.ACME.Enabled:
		acme := &listen.ACME{
			Host: a.cfg.Webserver.Hostname, Email: t.ACME.Email, DirectoryURL: t.ACME.DirectoryURL,
			CAFile: t.ACME.CAFile, Cache: t.ACME.Cache,
		}
		if err := acme.Open(); err != nil {
			return nil, err
		}
		site.TLS = acme.TLS()
		if t.ACME.HTTPListen == "" {
			return nil, nil //nolint:nilnil // no plain listener is what was asked for
		}
		return &listen.Server{Addr: t.ACME.HTTPListen, Handler: acme.Plain(), Timeouts: timeoutsOf(a.cfg), Log: a.log}, nil
	case t.CertFile != "":
		var conf *tls.Config
		conf, err = listen.CertFile(t.CertFile, t.KeyFile)
		site.TLS = conf
	}
	return nil, err
}

func timeoutsOf(cfg *config.Config) listen.Timeouts {
	t := cfg.HTTPTimeouts
	return listen.Timeouts{Header: t.Header, Progress: t.Request, Idle: t.Idle, Shutdown: t.Shutdown}
}

// handler is the whole site.
func (a *App) handler(metrics *listen.Metrics) (http.Handler, error) {
	proxies, err := listen.ParseProxies(a.cfg.TrustProxy)
	if err != nil {
		return nil, err
	}
	s := a.services
	authenticator := &auth.Authenticator{
		Sessions: s.sessions,
		Site:     s.site,
		ClientIP: func(r *http.Request) string { return listen.ClientIP(r.Context()).String() },
		Now:      sqldb.Now,
		Log:      a.log,
	}
	s.users.Changed, s.sessions.Changed = authenticator.Forget, authenticator.Forget
	limits := &listen.Limits{Counter: listen.NewMemory(), Now: sqldb.Now, Bypass: mayExceed}

	root := chi.NewRouter()
	root.Handle("/healthz", &listen.Health{Ping: a.db.Ping, Problems: a.problems})
	root.Mount("/api/v1", a.api(authenticator, limits))
	a.mountFiles(root, authenticator, limits)
	a.mountFeeds(root, limits)
	a.mountDiscovery(root, limits)
	a.mountTracker(root)
	a.meter(metrics)
	pages, err := a.pages(authenticator, limits)
	if err != nil {
		return nil, err
	}
	others := a.mountFed(root, limits, pages)
	root.NotFound(others.ServeHTTP)
	root.MethodNotAllowed(others.ServeHTTP)

	chain := &listen.Chain{
		Site:       s.site,
		Proxies:    proxies,
		FrameGuard: a.cfg.Security.Frameguard.Enabled,
		PoweredBy:  a.cfg.Security.PoweredByHeader.Enabled,
		CSP:        listen.CSP{API: a.cfg.CSP.Enabled, ReportOnly: a.cfg.CSP.ReportOnly, ReportURI: a.cfg.CSP.ReportURI},
		Metrics:    requestMetrics(a.cfg, metrics),
		Log:        a.log,
		Access: listen.AccessLog{
			Enabled: a.cfg.Log.LogHTTPRequests, Pings: a.cfg.Log.LogPingRequests, Anonymize: a.cfg.Log.AnonymizeIP,
		},
	}
	return chain.Wrap(root), nil
}

// routed is a router and the path that it stands below.
type routed struct {
	*rest.Router
	below string
}

// router returns a new router, and remembers it: a test asks for everything
// that a site answers.
func (a *App) router(below string) *rest.Router {
	r := rest.NewRouter(a.log)
	a.routers = append(a.routers, routed{r, below})
	return r
}

// problems are what makes the site less than it should be.
func (a *App) problems(ctx context.Context) []string {
	list := missingPrograms(a.cfg)
	free, err := a.services.disk.Free()
	switch {
	case err != nil:
		a.log.WarnContext(ctx, "it is not known how much of the disk is free", "err", err)
		return append(list, "it is not known how much of the disk is free")
	case free < int64(a.live.cfg().Limits.FreeDisk):
		return append(list, "the disk is nearly full: uploads are refused")
	}
	return list
}

// mayExceed lets administrators and moderators pass the limits of requests.
func mayExceed(r *http.Request) bool {
	u := auth.User(r.Context())
	return u != nil && u.Role != user.Member
}

func limitOf(r config.RateLimit) listen.Limit { return listen.Limit{Window: r.Window, Max: r.Max} }

// api serves /api/v1.
func (a *App) api(authenticator *auth.Authenticator, limits *listen.Limits) http.Handler {
	r := a.router("/api/v1")
	api.Ping{}.Mount(r)
	watching := r.With(authenticator.Authenticate, limits.Middleware(listen.Rule{Scope: "views", Limit: viewLimitOf(a.cfg)}))
	for _, resource := range a.viewAPI() {
		resource.Mount(watching)
	}
	r = r.With(authenticator.Authenticate, limits.Middleware(listen.Rule{Scope: "api", Limit: limitOf(a.cfg.RatesLimit.API)}))
	for _, resource := range slices.Concat(a.peopleAPI(authenticator), a.videoAPI(), a.commentAPI(), a.tellingAPI(), a.followAPI(), a.siteResources()) {
		resource.Mount(r)
	}
	return http.StripPrefix("/api/v1", r)
}

// resource is a part of the API.
type resource interface{ Mount(*rest.Router) }

func (a *App) peopleAPI(authenticator *auth.Authenticator) []resource {
	s := a.services
	return []resource{
		&api.OAuth{
			Sessions: s.sessions, Users: s.users, Clients: s.users.Clients, Limits: s.limiter, Site: s.site, Device: authenticator.Device,
		},
		&api.Users{Users: s.users, Actors: s.actors, Site: s.site, Policy: s.users.Policy, Reports: s.abuses.Store},
		&api.Me{Users: s.users, Actors: s.actors, Playlists: s.playlists, Site: s.site, Policy: s.users.Policy},
		&api.Sessions{Sessions: s.sessions},
		&api.TwoFactor{TwoFactor: s.twoFactor},
		&api.Registrations{Users: s.users, Limits: s.limiter, Policy: s.users.Policy, Device: authenticator.Device},
	}
}

func (a *App) videoAPI() []resource {
	s := a.services
	videos := &api.Videos{Videos: s.videos, Actors: s.actors, Site: s.site}
	return []resource{
		&api.Uploads{Uploads: s.uploads, Sources: s.videos, Site: s.site, Log: a.log},
		&api.History{History: s.viewing.history, Videos: videos},
		&api.VideoStats{Stats: s.viewing.stats},
		videos,
		&api.Transcoding{Videos: s.reruns},
		&api.Search{Search: s.finding.search, Elsewhere: s.finding.elsewhere, Site: s.site, Log: a.log},
		&api.Overviews{Overview: s.finding.overview, Site: s.site},
		&api.Playlists{Playlists: s.playlists, Actors: s.actors, Channels: s.channels, Site: s.site},
		&api.Jobs{Jobs: a.jobAdmin()},
	}
}

// mountFiles serves media and pictures.
func (a *App) mountFiles(root chi.Router, authenticator *auth.Authenticator, limits *listen.Limits) {
	r := a.router("")
	(&files.Server{
		Open:               a.services.withWorld(openFile(a.services.files)),
		Guard:              a.services.videos,
		Catalogue:          a.services.videoSQL,
		Viewer:             auth.User,
		Downloaded:         a.countDownload,
		PrivateWithoutAuth: !a.cfg.StaticFiles.PrivateFilesRequireAuth,
		Join:               a.joinFiles,
		MaxJoins:           a.cfg.DownloadGenerateVideo.MaxParallelDownloads,
		Log:                a.log,
		LimitGenerate:      limits.Middleware(listen.Rule{Scope: "download-generate", Limit: limitOf(a.cfg.RatesLimit.DownloadGenerateVideo)}),
	}).Mount(r)
	h := authenticator.Authenticate(r)
	for _, prefix := range []string{"/static", "/lazy-static", "/download"} {
		root.Handle(prefix+"/*", h)
	}
}

// openFile opens files of the store as the file server wants them: on disk it
// is the bare *os.File, which the kernel sends by itself.
func openFile(store blob.Store) func(ctx context.Context, section, name string) (*files.File, error) {
	return func(ctx context.Context, section, name string) (*files.File, error) {
		o, err := store.Open(ctx, blob.Key{Section: blob.Section(section), Name: strings.TrimPrefix(name, "/")})
		if err != nil {
			return nil, err
		}
		return &files.File{ReadSeekCloser: o.ReadSeekCloser, Size: o.Size, ModTime: o.ModTime}, nil
	}
}
