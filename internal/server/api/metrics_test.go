package api

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/view"
	"sepiola/internal/server/rest"
	"sepiola/internal/storage/store"
)

// playbackSite is a videoSite that takes reports of players.
func playbackSite(t *testing.T, rules view.PlaybackRules) *videoSite {
	t.Helper()
	s := newVideoSite(t)
	rt := rest.NewRouter(slog.New(slog.DiscardHandler))
	(&Metrics{
		Playback: &view.Playback{
			Store: store.Playback{DB: s.db}, Videos: s.store, InTx: s.db.InTx, Now: func() time.Time { return s.now },
			Rules: func() view.PlaybackRules { return rules },
		},
		ClientIP: func(*http.Request) netip.Addr { return netip.MustParseAddr("192.0.2.1") },
	}).Mount(rt)
	s.router = rt
	return s
}

// playbackReport is what PeerTube's player sends, with more members.
func playbackReport(id, more string) string {
	return fmt.Sprintf(`{"playerMode":"p2p-media-loader","resolution":720,"fps":30,"p2pEnabled":true,"p2pPeers":2,"resolutionChanges":1,
		"errors":0,"bufferStalled":2,"downloadedBytesP2P":300,"downloadedBytesHTTP":100,"uploadedBytesP2P":50,"videoId":%s%s}`, id, more)
}

func TestPlaybackIsTakenAsPeerTubeTakesIt(t *testing.T) {
	t.Parallel()
	s := playbackSite(t, view.PlaybackRules{Metrics: true, Keep: true})
	post := func(body string) (int, string) {
		w := s.call("", "POST", "/metrics/playback", body)
		return w.Code, w.Body.String()
	}
	for _, id := range []string{`"` + publicUUID + `"`, `1`, `"1"`, `"` + privateUUID + `"`} {
		if code, body := post(playbackReport(id, "")); code != 204 || body != "" {
			t.Errorf("%s: %d %s", id, code, body)
		}
	}
	if code, body := post(playbackReport(`1`, `,"firstReport":true,"startupTime":700`)); code != 204 {
		t.Errorf("with ours: %d %s", code, body)
	}
	if code, body := post(strings.NewReplacer(`"resolution":720`, `"resolution":null`, `"p2pPeers":2,`, ``, `"bufferStalled":2,`, ``).Replace(playbackReport(`1`, ""))); code != 204 {
		t.Errorf("without what may miss: %d %s", code, body)
	}
	if code, _ := post(playbackReport(`99`, "")); code != 404 {
		t.Errorf("a video that does not exist: %d, want 404", code)
	}
	for with, name := range map[string]string{
		`"playerMode":"vlc"`:                      "playerMode",
		`"playerMode":7`:                          "playerMode",
		`"p2pEnabled":"perhaps"`:                  "p2pEnabled",
		`"p2pEnabled":null`:                       "p2pEnabled",
		`"resolution":-1`:                         "resolution",
		`"fps":29.97`:                             "fps",
		`"p2pPeers":"many"`:                       "p2pPeers",
		`"resolutionChanges":null`:                "resolutionChanges",
		`"errors":-3`:                             "errors",
		`"bufferStalled":-1`:                      "bufferStalled",
		`"downloadedBytesP2P":1.5`:                "downloadedBytesP2P",
		`"downloadedBytesHTTP":-1`:                "downloadedBytesHTTP",
		`"uploadedBytesP2P":99999999999999999999`: "uploadedBytesP2P",
		`"videoId":"x y"`:                         "videoId",
		`"videoId":{}`:                            "videoId",
		`"startupTime":-1`:                        "startupTime",
	} {
		// The last of two members with one name counts.
		if code, body := post(playbackReport(`1`, `,`+with)); code != 400 || !strings.Contains(body, `"`+name+`"`) {
			t.Errorf("%s: %d %s", with, code, body)
		}
	}
	if code, body := post(`{}`); code != 400 || !strings.Contains(body, "Incorrect request parameters: p2pEnabled, playerMode, resolutionChanges, errors, downloadedBytesP2P, downloadedBytesHTTP, uploadedBytesP2P, videoId") {
		t.Errorf("nothing: %d %s", code, body)
	}
	if code, _ := post(`{`); code != 400 {
		t.Errorf("no JSON: %d", code)
	}
	if w := s.call("", "GET", "/metrics/playback", ""); w.Code != 404 && w.Code != 405 {
		t.Errorf("GET: %d", w.Code)
	}
	days, err := store.Playback{DB: s.db}.PlaybackSite(t.Context(), 0, 1<<30)
	if err != nil || len(days) != 1 {
		t.Fatalf("%v %+v", err, days)
	}
	if d := days[0]; d.BytesPeers != 6*300 || d.BytesSite != 6*100 || d.BytesSent != 6*50 || d.Stalls != 5*2 || d.Sessions != 3 || d.Starts[2] != 1 {
		t.Errorf("kept %+v", d)
	}
}

// While PeerTube's metrics are off any report is answered with 204, as
// PeerTube does; good ones count for the site's own figures if it keeps some.
func TestPlaybackWithoutMetrics(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rules view.PlaybackRules
		days  int
	}{
		"figures are kept":     {view.PlaybackRules{Keep: true}, 1},
		"nobody wants to know": {view.PlaybackRules{}, 0},
	} {
		s := playbackSite(t, c.rules)
		for _, body := range []string{`{}`, `{`, playbackReport(`99`, ""), playbackReport(`1`, `,"errors":-1`), playbackReport(`1`, "")} {
			if w := s.call("", "POST", "/metrics/playback", body); w.Code != 204 || w.Body.Len() != 0 {
				t.Errorf("%s: %.30s: %d %s", name, body, w.Code, w.Body)
			}
		}
		days, err := store.Playback{DB: s.db}.PlaybackSite(t.Context(), 0, 1<<30)
		if err != nil || len(days) != c.days || c.days == 1 && days[0].BytesSite != 100 {
			t.Errorf("%s: %v %+v", name, err, days)
		}
	}
}

func FuzzPlaybackBody(f *testing.F) {
	f.Add(playbackReport(`1`, ""))
	f.Add(`{"videoId":[1]}`)
	f.Fuzz(func(t *testing.T, body string) {
		r, _ := http.NewRequest("POST", "/", strings.NewReader(body))
		in, err := rest.Body[playbackBody](nil, r)
		if err != nil {
			return
		}
		_, report, err := in.report()
		if err == nil && (report.BytesSite < 0 || report.Stalls < 0 || report.Start != nil && *report.Start < 0) {
			t.Errorf("%+v", report)
		}
	})
}
