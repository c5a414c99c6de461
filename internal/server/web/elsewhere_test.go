package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/web/player"
)

// Where the files of another site really are is known to that site alone: it
// may lead on to anywhere, as to a store of objects.
func TestPagesOfRemoteVideosMayLoadFromAnywhere(t *testing.T) {
	t.Parallel()
	const policy = "default-src 'none'; media-src 'self' blob:; connect-src 'self' wss://here.example; frame-ancestors 'none'"
	v := &video.Video{
		Remote:   true,
		Playlist: &video.StreamingPlaylist{PlaylistURL: "https://Far.test/static/master.m3u8", SegmentsURL: "https://far.test/s.json", Trackers: []string{"wss://far.test/tracker/socket", "https://far.test/tracker/announce", "wss://x;script-src *"}},
		Files:    []video.File{{FileURL: "https://s3.far.test:8443/a.mp4"}, {FileURL: "https://evil.test; script-src 'unsafe-inline'/x"}},
	}
	for scheme, from := range map[string]string{"https": "https:", "http": "https: http:"} {
		s := &Pages{Site: instance.Site{Scheme: scheme, Host: "here.example"}}
		h := http.Header{"Content-Security-Policy": {policy, "frame-ancestors 'self'"}}
		s.allowOrigins(h, v, nil)
		want := "default-src 'none'; media-src 'self' " + from + " blob:; connect-src 'self' " + from + " wss://far.test wss://here.example; frame-ancestors 'none'"
		if got := h["Content-Security-Policy"]; got[0] != want || got[1] != "frame-ancestors 'self'" {
			t.Errorf("got  %s\nwant %s", got[0], want)
		}
	}
	s := &Pages{Site: instance.Site{Scheme: "https"}}
	for i := range 100 {
		v.Playlist.Trackers = append(v.Playlist.Trackers, "wss://"+strings.Repeat("a", i+1)+".test/x")
	}
	h := http.Header{"Content-Security-Policy": {policy}}
	s.allowOrigins(h, v, nil)
	if n := strings.Count(h.Get("Content-Security-Policy"), "wss://"); n > maxOrigins+1 {
		t.Errorf("%d trackers", n)
	}
	h = http.Header{"Content-Security-Policy": {policy}}
	s.allowOrigins(h, &video.Video{Files: v.Files}, &player.Sharing{})
	if h.Get("Content-Security-Policy") != policy {
		t.Errorf("one of ours: got %s", h.Get("Content-Security-Policy"))
	}
}

func TestPagesMayAskTheMirrorsThatTheirPlayerKnows(t *testing.T) {
	t.Parallel()
	const policy = "media-src 'self' blob:; connect-src 'self' wss://here.example; frame-ancestors 'none'"
	s := &Pages{Site: instance.Site{Scheme: "https"}}
	mirrors := &player.Sharing{Mirrors: []string{"https://M.test/a/", "https://m.test/b/", "https://x.test;script-src */", "https://n.test:8443/", "https://o.test'/", "https://p.test\r\nSet-Cookie: a=b/"}}
	far := &video.Video{Remote: true, Playlist: &video.StreamingPlaylist{PlaylistURL: "https://far.test/master.m3u8", Trackers: []string{"wss://far.test/tracker/socket"}}}
	for name, c := range map[string]struct {
		v    *video.Video
		want string
	}{
		"a video of this site": {&video.Video{}, "media-src 'self' blob:; connect-src 'self' https://m.test https://n.test:8443 wss://here.example; frame-ancestors 'none'"},
		"one of another":       {far, "media-src 'self' https: blob:; connect-src 'self' https: wss://far.test https://m.test https://n.test:8443 wss://here.example; frame-ancestors 'none'"},
	} {
		h := http.Header{"Content-Security-Policy": {policy, "frame-ancestors 'self'"}}
		s.allowOrigins(h, c.v, mirrors)
		if got := h["Content-Security-Policy"]; got[0] != c.want || got[1] != "frame-ancestors 'self'" {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got[0], c.want)
		}
	}
	for i := range 100 {
		far.Playlist.Trackers = append(far.Playlist.Trackers, fmt.Sprintf("wss://t%d.test/x", i))
		mirrors.Mirrors = append(mirrors.Mirrors, fmt.Sprintf("https://m%d.test/", i))
	}
	h := http.Header{"Content-Security-Policy": {policy}}
	s.allowOrigins(h, far, mirrors)
	_, connect, _ := strings.Cut(h.Get("Content-Security-Policy"), "connect-src")
	if trackers, rest := strings.Count(connect, "wss://")-1, strings.Count(connect, "https://"); trackers != maxOrigins || rest != maxMirrors {
		t.Errorf("%d trackers and %d mirrors", trackers, rest)
	}
}

func TestPlayersAreToldOfMirrorsThatTheyMayAsk(t *testing.T) {
	t.Parallel()
	many := make([]string, 100)
	for i := range many {
		many[i] = fmt.Sprintf("https://m%d.test/", i)
	}
	sharing := player.Sharing{Swarm: "x", Hashes: "/hashes.json"}
	for name, c := range map[string]struct {
		site    instance.Site
		in      player.Sharing
		privacy video.Privacy
		mirrors []string
		want    []string
	}{
		"those with a plain address": {in: sharing, privacy: video.Public, mirrors: []string{
			"https://M.test:8443/static/redundancy/hls/a/", "http://m.test/", "https://m.test", "https://m.test/a", "https://m.test/?a=/", "https://m.test/#/", "https://u:p@m.test/",
			"//m.test/", "/static/", "ftp://m.test/", "wss://m.test/", "javascript:alert(1)//", "https://m.test;script-src */", "https:///", "", "https://[::1]/", "https://m.test\n/",
		}, want: []string{"https://M.test:8443/static/redundancy/hls/a/"}},
		"on a site without TLS, those without TLS too": {site: instance.Site{Scheme: "http"}, in: sharing, privacy: video.Public, mirrors: []string{"http://m.test/", "https://n.test/"}, want: []string{"http://m.test/", "https://n.test/"}},
		"not too many": {in: sharing, privacy: video.Public, mirrors: many, want: many[:maxMirrors]},
		"none where what they send cannot be checked":      {in: player.Sharing{Swarm: "x"}, privacy: video.Public, mirrors: many},
		"none of unlisted videos":                          {in: sharing, privacy: video.Unlisted, mirrors: many},
		"none of videos that are watched with a password":  {in: sharing, privacy: video.PasswordProtected, mirrors: many},
		"none of private videos, which need a token":       {in: sharing, privacy: video.Private, mirrors: many},
		"none of internal videos, which need a token, too": {in: sharing, privacy: video.InternalOnly, mirrors: many},
	} {
		if c.site.Scheme == "" {
			c.site.Scheme = "https"
		}
		v := &video.Video{Privacy: c.privacy, Playlist: &video.StreamingPlaylist{Mirrors: c.mirrors}}
		got := (&Pages{Site: c.site}).withMirrors(&c.in, v)
		if !slices.Equal(got.Mirrors, c.want) {
			t.Errorf("%s: got %q, want %q", name, got.Mirrors, c.want)
		}
	}
	if (&Pages{}).withMirrors(nil, &video.Video{Privacy: video.Public}) != nil {
		t.Error("who does not share is told of mirrors")
	}
}

// The videos of an embedded playlist play one after the other in one page,
// whose policy is that of the first.
func TestEmbeddedPlaylistsMayGoOnElsewhere(t *testing.T) {
	t.Parallel()
	const policy = "media-src 'self' blob:; connect-src 'self' wss://here.example"
	ours, far := &playlist.Element{Video: &video.Video{}}, &playlist.Element{Video: &video.Video{Remote: true}}
	for name, c := range map[string]struct {
		scheme string
		list   []*playlist.Element
		want   string
	}{
		"this site's alone": {"https", []*playlist.Element{ours, {}}, policy},
		"another site's":    {"https", []*playlist.Element{ours, far, far}, "media-src 'self' https: blob:; connect-src 'self' https: wss: wss://here.example"},
		"without TLS":       {"http", []*playlist.Element{far}, "media-src 'self' https: http: blob:; connect-src 'self' https: http: wss: wss://here.example"},
	} {
		h := http.Header{"Content-Security-Policy": {policy}}
		(&Pages{Site: instance.Site{Scheme: c.scheme, Host: "here.example"}}).allowElements(h, c.list)
		if got := h.Get("Content-Security-Policy"); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}
