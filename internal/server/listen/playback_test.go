package listen_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/view"
	"sepiola/internal/server/listen"
)

func TestPlaybackIsCountedUnderPeerTubesNames(t *testing.T) {
	t.Parallel()
	m := listen.NewMetrics()
	p := listen.NewPlayback(m.Registry)
	start := 700 * time.Millisecond
	in := &view.PlaybackReport{
		Mode: view.ModeHLS, Resolution: 720, FPS: 30, Sharing: true, Peers: 3, BytesSite: 10, BytesPeers: 20, BytesSent: 5, Stalls: 1, Errors: 2, Start: &start,
	}
	p.Played(in, false, true)
	p.Played(in, false, false)
	p.Played(&view.PlaybackReport{Mode: view.ModeFile, Resolution: 731, FPS: -1, Peers: -1}, true, false)
	listen.Figures{
		{Name: "sepiola_tracker_sockets", Help: "Open sockets.", Read: func() float64 { return 4 }},
		{Name: "sepiola_tracker_announces_total", Help: "Announces.", Counter: true, Read: func() float64 { return 9 }},
	}.Register(m.Registry)
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	const labels = `{fps="30",p2pEnabled="true",playerMode="p2p-media-loader",resolution="720",videoOrigin="local"}`
	for _, want := range []string{
		"peertube_playback_http_downloaded_bytes_total" + labels + " 20",
		"peertube_playback_p2p_downloaded_bytes_total" + labels + " 40",
		"peertube_playback_p2p_uploaded_bytes_total" + labels + " 10",
		"peertube_playback_errors_count_total" + labels + " 4",
		"peertube_playback_buffer_stalled_count_total" + labels + " 2",
		"peertube_playback_p2p_peers" + labels + " 3",
		`peertube_playback_errors_count_total{fps="",p2pEnabled="false",playerMode="web-video",resolution="other",videoOrigin="remote"} 0`,
		`sepiola_playback_sessions_total{p2pEnabled="true",playerMode="p2p-media-loader",videoOrigin="local"} 1`,
		`sepiola_playback_startup_seconds_bucket{p2pEnabled="true",playerMode="p2p-media-loader",le="1"} 2`,
		"# TYPE sepiola_tracker_sockets gauge\nsepiola_tracker_sockets 4",
		"# TYPE sepiola_tracker_announces_total counter\nsepiola_tracker_announces_total 9",
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(w.Body.String(), `resolution="731"`) {
		t.Error("a stranger made a time series")
	}
}
