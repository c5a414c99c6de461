package web_test

import (
	"net/http"
	"strings"
	"testing"

	"sepiola/internal/domain/video"
)

// Whoever sees videos finds their feed: in the page, and in what browsers and
// readers look for.
func TestPagesShowTheirFeeds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	channel := `/feeds/videos.xml?videoChannelId=1`
	s.get("/c/root_channel").wants(t, 200, `<nav class="row small" aria-label="Feeds">`, `<a href="`+channel+`" type="application/rss+xml" rel="nofollow">RSS</a>`,
		`<a href="/feeds/videos.atom?videoChannelId=1"`, `<a href="/feeds/videos.json?videoChannelId=1"`, `>Podcast</a>`,
		`title="root’s channel (Podcast)" href="`+s.server.URL+`/feeds/podcast/videos.xml?videoChannelId=1">`)
	s.get("/a/root/videos").wants(t, 200, `<a href="/feeds/videos.xml?accountId=1"`, `href="`+s.server.URL+`/feeds/videos.atom?accountId=1">`)
	s.get("/a/root/videos").lacks(t, "podcast")
	s.get("/videos/browse").wants(t, 200, `<a href="/feeds/videos.xml"`, `title="Test site (RSS)" href="`+s.server.URL+`/feeds/videos.xml">`)
	s.get("/login").lacks(t, "/feeds/")
}

// In text from right to left a handle begins with its sign all the same.
func TestHandlesKeepTheirDirection(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/c/root_channel").wants(t, 200, `<bdi dir="ltr">@root_channel@`)
	s.get("/search?search=root").wants(t, 200, `<bdi dir="ltr">@root_channel@`)
	s.get("/videos/browse").wants(t, 200, `<h2 class="hidden">Videos</h2>`)
	s.get("/videos/embed/"+publicUUID).wants(t, 200, `, 0:`)
}

// Addresses of PeerTube's that are parts of a page here lead to it.
func TestPartsOfPagesLeadToThem(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for path, to := range map[string]string{
		"/accounts/root/video-playlists": "/a/root/video-playlists", "/a/root/video-playlists": "/a/root/video-channels",
		"/a/root/about": "/a/root", "/c/root_channel/about": "/c/root_channel", "/accounts/root/about": "/a/root/about",
		"/my-account/applications": "/my-library/subscriptions#reader",
		"/about/peertube":          "/about", "/about/instance/team": "/about", "/about/instance/home?x=1": "/about?x=1",
		"/home": "/", "/manage/create": "/my-library/video-channels/create", "/manage/update/root_channel": "/my-library/video-channels/update/root_channel",
		"/videos/manage/" + publicUUID: "/videos/update/" + publicUUID, "/my-library/video-playlists/update/1": "/my-library/video-playlists/1/update",
		"/my-account/video-playlists": "/my-library/video-playlists", "/my-account/subscriptions": "/my-library/subscriptions",
		"/my-account/history/videos": "/my-library/history/videos",
	} {
		if a := s.get(path); a.status != http.StatusFound || a.header.Get("Location") != to {
			t.Errorf("%s: %d to %q, want %q", path, a.status, a.header.Get("Location"), to)
		}
	}
}

// The feed of a video's comments stands by them, on public videos of this site.
func TestCommentsShowTheirFeed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	feed := `<a href="/feeds/video-comments.xml?videoId=` + publicUUID + `" type="application/rss+xml" rel="nofollow">RSS</a>`
	watch := "/w/" + video.ShortUUID(publicUUID)
	for _, path := range []string{watch, watch + "/comments", watch + "/comments?part=1"} {
		a := s.get(path)
		a.wants(t, 200, `<nav class="row small" aria-label="Feeds of the comments">`, feed)
		if n := strings.Count(a.body, feed); n != 1 {
			t.Errorf("%s shows it %d times", path, n)
		}
	}
	for _, change := range []string{`remote = TRUE`, `remote = FALSE, privacy = 2`, `privacy = 1, comments_policy = 2`} {
		s.alter(publicUUID, change)
		s.get(watch).lacks(t, feed)
		s.get(watch+"/comments").lacks(t, feed)
	}
}
