package listen

import (
	"slices"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"sepiola/internal/domain/view"
)

// Playback counts what players report, under the names that PeerTube's figures
// have, so that its dashboards show them. Labels have few values each and none
// names a video: strangers cannot make new time series.
type Playback struct {
	site, peers, sent       *prometheus.CounterVec
	errors, changes, stalls *prometheus.CounterVec
	connected               *prometheus.GaugeVec
	sessions                *prometheus.CounterVec
	start                   *prometheus.HistogramVec
}

// playbackLabels are PeerTube's but videoUUID, which would make a time series
// for each video.
var playbackLabels = []string{"videoOrigin", "playerMode", "resolution", "fps", "p2pEnabled"}

// NewPlayback adds the figures to a registry.
func NewPlayback(to prometheus.Registerer) *Playback {
	counter := func(name, help string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, playbackLabels)
		to.MustRegister(c)
		return c
	}
	m := &Playback{
		site:    counter("peertube_playback_http_downloaded_bytes_total", "Bytes that players got from this site and its mirrors."),
		peers:   counter("peertube_playback_p2p_downloaded_bytes_total", "Bytes that players got from other viewers."),
		sent:    counter("peertube_playback_p2p_uploaded_bytes_total", "Bytes that players passed on to other viewers."),
		errors:  counter("peertube_playback_errors_count_total", "Errors of players."),
		changes: counter("peertube_playback_resolution_changes_count_total", "Changes of the quality while playing."),
		stalls:  counter("peertube_playback_buffer_stalled_count_total", "How often players stood still for want of bytes."),
		connected: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "peertube_playback_p2p_peers", Help: "Other viewers that the player that reported last was connected to.",
		}, playbackLabels),
		sessions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sepiola_playback_sessions_total", Help: "Viewings that began.",
		}, []string{"videoOrigin", "playerMode", "p2pEnabled"}),
		start: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "sepiola_playback_startup_seconds", Help: "How long it took from the wish to play to the first picture.", Buckets: startBuckets(),
		}, []string{"playerMode", "p2pEnabled"}),
	}
	to.MustRegister(m.connected, m.sessions, m.start)
	return m
}

func startBuckets() []float64 {
	list := make([]float64, len(view.StartBounds))
	for i, d := range view.StartBounds {
		list[i] = d.Seconds()
	}
	return list
}

// Played implements view.PlaybackMeter.
func (m *Playback) Played(in *view.PlaybackReport, remote, first bool) {
	origin, sharing := "local", strconv.FormatBool(in.Sharing)
	if remote {
		origin = "remote"
	}
	labels := []string{origin, in.Mode, oneOf(in.Resolution, resolutions), oneOf(in.FPS, rates), sharing}
	for _, c := range []struct {
		to *prometheus.CounterVec
		n  int64
	}{
		{m.site, in.BytesSite},
		{m.peers, in.BytesPeers},
		{m.sent, in.BytesSent},
		{m.errors, in.Errors},
		{m.changes, in.ResolutionChanges},
		{m.stalls, in.Stalls},
	} {
		c.to.WithLabelValues(labels...).Add(float64(c.n))
	}
	if in.Peers >= 0 {
		m.connected.WithLabelValues(labels...).Set(float64(min(in.Peers, maxPeers)))
	}
	if first {
		m.sessions.WithLabelValues(origin, in.Mode, sharing).Inc()
	}
	if in.Start != nil {
		m.start.WithLabelValues(in.Mode, sharing).Observe(in.Start.Seconds())
	}
}

// maxPeers is more than any player connects to.
const maxPeers = 1000

var (
	resolutions = []int{0, 144, 240, 360, 480, 720, 1080, 1440, 2160}
	rates       = []int{24, 25, 30, 48, 50, 60}
)

// oneOf is a label with few values: numbers that are often there, and "other".
func oneOf(n int, known []int) string {
	switch {
	case n < 0:
		return ""
	case slices.Contains(known, n):
		return strconv.Itoa(n)
	}
	return "other"
}

// Figures are what another part counts by itself.
type Figures []Figure

// Figure is one of them: what it is called, what it means and how it is read.
type Figure struct {
	Name, Help string
	// Counter says that it only grows.
	Counter bool
	Read    func() float64
}

// Register adds them to a registry.
func (list Figures) Register(to prometheus.Registerer) {
	for _, f := range list {
		o := prometheus.Opts{Name: f.Name, Help: f.Help}
		if f.Counter {
			to.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts(o), f.Read))
			continue
		}
		to.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts(o), f.Read))
	}
}
