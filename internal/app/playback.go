package app

import (
	"context"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"sepiola/internal/config"
	"sepiola/internal/domain/view"
	"sepiola/internal/server/api"
	"sepiola/internal/server/listen"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
	"sepiola/internal/worker"
)

// newPlayback makes the parts that know how playing goes.
func (s *services) newPlayback(l *live, db *sqldb.DB) {
	rows := store.Playback{DB: db}
	s.viewing.playback = &view.Playback{
		Store: rows, Videos: s.videoSQL, InTx: db.InTx, Now: sqldb.Now,
		Rules: func() view.PlaybackRules {
			cfg := l.cfg()
			return view.PlaybackRules{Metrics: cfg.OpenTelemetry.Metrics.Enabled, Keep: cfg.Sharing.Statistics.Enabled}
		},
	}
	s.viewing.played = &view.PlaybackStats{
		Store: rows, Videos: s.videos, Finder: s.videoSQL, Now: sqldb.Now,
		MaxAge: func() time.Duration { return l.cfg().Sharing.Statistics.MaxAge },
	}
}

// playbackAPI takes the reports of players, under the limit of views.
func (a *App) playbackAPI() resource {
	return &api.Metrics{
		Playback: a.services.viewing.playback,
		ClientIP: func(r *http.Request) netip.Addr { return listen.ClientIP(r.Context()) },
	}
}

// playbackTasks forget old figures.
func (a *App) playbackTasks() []worker.Task {
	return []worker.Task{
		{Name: "remove-old-playback-figures", Every: 24 * time.Hour, Do: func(ctx context.Context) error { return a.services.viewing.played.Clean(ctx) }},
	}
}

// reportEvery is how often players report; 0 where nobody wants to know.
func reportEvery(cfg *config.Config) time.Duration {
	if !cfg.OpenTelemetry.Metrics.Enabled && !cfg.Sharing.Statistics.Enabled {
		return 0
	}
	return cfg.OpenTelemetry.Metrics.PlaybackStatsInterval
}

// requestMetrics are where requests are counted; nil where that is not wanted
// (open_telemetry.metrics.http_request_duration).
func requestMetrics(cfg *config.Config, m *listen.Metrics) *listen.Metrics {
	if !cfg.OpenTelemetry.Metrics.HTTPRequestDuration.Enabled {
		return nil
	}
	return m
}

// meter shows what players report, and what the tracker does, to the
// monitoring. The names of the first two figures are PeerTube's.
func (a *App) meter(m *listen.Metrics) {
	a.services.viewing.playback.Meter = listen.NewPlayback(m.Registry)
	c := a.tracker.Counters()
	read := func(n *atomic.Int64) func() float64 { return func() float64 { return float64(n.Load()) } }
	listen.Figures{
		{Name: "peertube_bittorrent_tracker_active_infohashes_total", Help: "Swarms of the tracker that have peers.", Read: read(&c.Swarms)},
		{Name: "peertube_bittorrent_tracker_peers_total", Help: "Peers of the tracker, in all its swarms.", Read: read(&c.Peers)},
		{Name: "sepiola_tracker_sockets", Help: "Open sockets of the tracker.", Read: read(&c.Sockets)},
		{Name: "sepiola_tracker_announces_total", Help: "Announces to the tracker.", Counter: true, Read: read(&c.Announces)},
		{Name: "sepiola_tracker_offers_total", Help: "Offers that the tracker passed on.", Counter: true, Read: read(&c.Offers)},
		{Name: "sepiola_tracker_answers_total", Help: "Answers that the tracker passed on.", Counter: true, Read: read(&c.Answers)},
		{Name: "sepiola_tracker_dropped_total", Help: "Messages that the tracker dropped: their peer read too slowly, or was gone.", Counter: true, Read: read(&c.Dropped)},
		{Name: "sepiola_tracker_refused_total", Help: "Announces and sockets that the tracker refused.", Counter: true, Read: read(&c.Refused)},
		{Name: "sepiola_tracker_bad_messages_total", Help: "Messages that the tracker could not read.", Counter: true, Read: read(&c.Bad)},
	}.Register(m.Registry)
}
