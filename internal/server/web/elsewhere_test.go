package web

import (
	"net/http"
	"strings"
	"testing"

	"sepiola/internal/domain/video"
)

func TestPagesOfRemoteVideosMayLoadFromTheirOrigin(t *testing.T) {
	t.Parallel()
	const policy = "default-src 'none'; media-src 'self' blob:; connect-src 'self' wss://here.example; frame-ancestors 'none'"
	v := &video.Video{
		Remote:   true,
		Playlist: &video.StreamingPlaylist{PlaylistURL: "https://Far.test/static/master.m3u8", SegmentsURL: "https://far.test/s.json", Trackers: []string{"wss://far.test/tracker/socket", "https://far.test/tracker/announce", "wss://x;script-src *"}},
		Files:    []video.File{{FileURL: "https://s3.far.test:8443/a.mp4"}, {FileURL: "javascript:alert(1)"}, {FileURL: "https://evil.test; script-src 'unsafe-inline'/x"}},
	}
	h := http.Header{"Content-Security-Policy": {policy, "frame-ancestors 'self'"}}
	allowOrigins(h, v)
	want := "default-src 'none'; media-src 'self' https://far.test https://s3.far.test:8443 blob:; " +
		"connect-src 'self' https://far.test https://s3.far.test:8443 wss://far.test wss://here.example; frame-ancestors 'none'"
	if got := h["Content-Security-Policy"]; got[0] != want || got[1] != "frame-ancestors 'self'" {
		t.Errorf("got  %s\nwant %s", got[0], want)
	}
	for i := range 100 {
		v.Files = append(v.Files, video.File{FileURL: "https://" + strings.Repeat("a", i+1) + ".test/x"})
	}
	h = http.Header{"Content-Security-Policy": {policy}}
	allowOrigins(h, v)
	if n := strings.Count(h.Get("Content-Security-Policy"), "https://"); n > 2*maxOrigins {
		t.Errorf("%d origins", n)
	}
	h = http.Header{"Content-Security-Policy": {policy}}
	allowOrigins(h, &video.Video{Files: v.Files})
	if h.Get("Content-Security-Policy") != policy {
		t.Errorf("one of ours: got %s", h.Get("Content-Security-Policy"))
	}
}
