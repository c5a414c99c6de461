package app

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"sepiola/internal/config"
	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/server/api"
	"sepiola/internal/server/listen"
	"sepiola/internal/storage/geoip"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
	"sepiola/internal/worker"
)

// viewing are the parts that know who watches and has watched.
type viewing struct {
	views   *view.Service
	history *view.History
	stats   *view.Stats
	keeper  *view.Keeper

	playback *view.Playback
	played   *view.PlaybackStats
}

// newViewing makes them, and lets the videos' service know them.
func (s *services) newViewing(l *live, db *sqldb.DB, log *slog.Logger) {
	rows := store.Views{DB: db}
	rules := func() view.Rules { return viewRulesOf(l.cfg()) }
	s.viewing.views = &view.Service{
		Store: rows, Videos: s.videos, Anyhow: s.videoSQL, Rules: rules, InTx: db.InTx, Now: sqldb.Now,
	}
	if files := openGeoIP(l.base, log); files != nil {
		s.viewing.views.Locator = files
	}
	s.videos.Viewing = s.viewing.views
	s.viewing.history = &view.History{Store: store.History{Videos: s.videoSQL}, Viewers: s.viewing.views.Everywhere, Now: sqldb.Now}
	s.viewing.stats = &view.Stats{Store: rows, Videos: s.videos, Now: sqldb.Now}
	s.viewing.keeper = &view.Keeper{
		Store: rows, Rules: rules, InTx: db.InTx, Now: sqldb.Now,
		Retention: func() view.Retention {
			cfg := l.cfg()
			return view.Retention{Local: cfg.Views.Videos.Local.MaxAge, Remote: cfg.Views.Videos.Remote.MaxAge, History: cfg.History.Videos.MaxAge}
		},
		Window: func() time.Duration { return time.Duration(l.cfg().Trending.Videos.IntervalDays) * config.Day },
	}
}

func viewRulesOf(cfg *config.Config) view.Rules {
	v := cfg.Views.Videos
	return view.Rules{CountAfter: max(0, v.CountViewAfter), Expiration: v.ViewExpiration, TrustSessionID: v.TrustViewerSessionID}
}

// geoIPPaths are the files of countries and cities that the settings name, and
// whether they name files at all.
func geoIPPaths(cfg *config.Config) (country, city string, local bool) {
	if !cfg.GeoIP.Enabled {
		return "", "", false
	}
	country, one := geoip.Path(cfg.GeoIP.Country.DatabaseURL)
	city, other := geoip.Path(cfg.GeoIP.City.DatabaseURL)
	if !one {
		country = ""
	}
	if !other {
		city = ""
	}
	return country, city, one || other
}

// openGeoIP opens the files of countries. Without them the site works, and
// knows no countries.
func openGeoIP(cfg *config.Config, log *slog.Logger) *geoip.Files {
	country, city, local := geoIPPaths(cfg)
	if !local {
		return nil
	}
	files, err := geoip.Open(country, city)
	if err != nil {
		log.Warn("countries of viewers are not recorded", "err", err)
		return nil
	}
	return files
}

func checkGeoIP(_ context.Context, cfg *config.Config) []Finding {
	const subject = "countries"
	country, city, local := geoIPPaths(cfg)
	switch {
	case !cfg.GeoIP.Enabled:
		return []Finding{fine(subject, "of viewers are not recorded (geo_ip.enabled)")}
	case !local:
		return []Finding{fine(subject, "of viewers are not recorded: nothing is downloaded; put the path of an .mmdb file into geo_ip.country.database_url or geo_ip.city.database_url to have them")}
	}
	files, err := geoip.Open(country, city)
	if err != nil {
		return []Finding{{Level: Warn, Subject: subject, Text: err.Error(), Do: "check geo_ip.country.database_url and geo_ip.city.database_url"}}
	}
	defer func() { _ = files.Close() }() // it was only read
	return []Finding{fine(subject, "of viewers come from %s", files)}
}

// viewAPI takes the reports of players. They are many, so that they have a
// limit of their own, ten times that of the rest of the API.
func (a *App) viewAPI() []resource {
	return []resource{&api.Views{
		Views:    a.services.viewing.views,
		ClientIP: func(r *http.Request) netip.Addr { return listen.ClientIP(r.Context()) },
	}, a.playbackAPI()}
}

const viewsPerRequest = 10

func viewLimitOf(cfg *config.Config) listen.Limit {
	l := limitOf(cfg.RatesLimit.API)
	l.Max *= viewsPerRequest
	return l
}

// viewTasks keep counters and sessions. The tasks are listed before the
// services are there, so they are looked up when a task runs.
func (a *App) viewTasks() []worker.Task {
	do := func(run func(k *view.Keeper, ctx context.Context) error) func(context.Context) error {
		return func(ctx context.Context) error { return run(a.services.viewing.keeper, ctx) }
	}
	return []worker.Task{
		{Name: "update-views", Every: a.cfg.Views.Videos.LocalBufferUpdateInterval, Do: do((*view.Keeper).Counters)},
		{Name: "end-viewing-sessions", Every: 5 * time.Minute, Do: do((*view.Keeper).Sessions)},
		{Name: "remove-old-views-and-history", Every: 24 * time.Hour, Do: do((*view.Keeper).Clean)},
	}
}

// countDownload counts a download that begins, without making it wait.
func (a *App) countDownload(r *http.Request, id video.ID) {
	ctx, from, agent := context.WithoutCancel(r.Context()), listen.ClientIP(r.Context()), r.UserAgent()
	go func() {
		if err := a.services.viewing.views.Downloaded(ctx, id, from, agent); err != nil {
			a.log.WarnContext(ctx, "a download was not counted", "err", err)
		}
	}()
}
