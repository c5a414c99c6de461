package web_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"sepiola/internal/domain/video"
)

// What a channel says of how to help is read where the channel is, as markdown,
// and without it there is no button that opens nothing.
func TestChannelsSayHowToSupportThem(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/c/root_channel").lacks(t, `popovertarget="support"`)
	s.login()
	const edit = "/my-library/video-channels/update/root_channel"
	s.post(edit, edit, url.Values{"displayName": {"root’s channel"}, "support": {"Send *money* to <b onclick=\"x()\">me</b> <img src=x>"}})
	for _, path := range []string{"/c/root_channel", "/c/root_channel/video-playlists"} {
		s.get(path).wants(t, 200, `popovertarget="support"`, `id="support" role="dialog"`, `Send <em>money</em> to`)
		s.get(path).lacks(t, `onclick`, `<img src=x`)
	}
	s.get("/a/root").lacks(t, `popovertarget="support"`)
}

// What was on the page of an old link, or of a button that took the last of it
// away, may stand before it now: an empty page would say that there is nothing.
func TestAPageBehindTheEndIsTheLast(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	for i := range 30 {
		s.addVideo(s.rootChannel(), 100+i, &video.Video{UUID: video.NewUUID(), Name: fmt.Sprintf("Needle %d", i), Privacy: video.Public})
	}
	for i := range 25 {
		s.say(fmt.Sprintf("number %d.", i), nil)
	}
	comments := publicPath + "/comments?"
	for path, want := range map[string]string{
		"/videos/browse?page=9&sort=name":            "/videos/browse?page=2&sort=name",
		"/search?page=9&search=needle":               "/search?page=2&search=needle",
		"/search?page=9&search=nothing+of+it":        "/search?search=nothing+of+it",
		"/a/root/videos?page=3&search=needle":        "/a/root/videos?page=2&search=needle",
		"/c/root_channel/videos?page=3":              "/c/root_channel/videos?page=2",
		"/my-library/videos?page=9&notice=saved":     "/my-library/videos?notice=saved&page=2",
		"/my-account/sessions?page=2":                "/my-account/sessions",
		"/admin/overview/users?page=2&search=nobody": "/admin/overview/users?search=nobody",
		comments + "page=9&sort=createdAt":           comments + "page=2&sort=createdAt",
		publicPath + "/comments?part=1&page=9":       publicPath + "/comments?part=1&page=9", // a script asks for what comes behind
	} {
		a := s.get(path)
		if got := a.url.RequestURI(); a.status != 200 || got != want {
			t.Errorf("%s: got %d of %s, want %s", path, a.status, got, want)
		}
	}
	s.get(comments+"page=2").wants(t, 200, "number 4.", `rel="prev" href="`+comments+`sort=-createdAt"`)
	s.get(comments).lacks(t, `rel="prev"`)
}

// The search in the videos of an account finds what its list shows and nothing
// else, keeps its words from page to page, and takes any text.
func TestVideosOfAnAccountAreSearched(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const page = "/a/root/videos"
	s.get(page).wants(t, 200, `<form class="list-tools" role="search" action="`+page+`">`, `<label class="hidden" for="find">Search videos of root</label>`)
	for i := range 30 {
		s.addVideo(s.rootChannel(), 100+i, &video.Video{UUID: video.NewUUID(), Name: fmt.Sprintf("Needle %d", i), Privacy: video.Public})
	}
	s.addVideo(s.rootChannel(), 200, &video.Video{UUID: video.NewUUID(), Name: "Needle in private", Privacy: video.Private})
	s.addVideo(s.rootChannel(), 201, &video.Video{UUID: video.NewUUID(), Name: "Needle by its address", Privacy: video.Unlisted})
	first := s.get(page + "?search=needle")
	first.wants(t, 200, `value="needle"`, "Needle 7", `<meta name="robots" content="noindex`, page+`?page=2&amp;search=needle`)
	first.lacks(t, "in private")
	first.lacks(t, "by its address")
	first.lacks(t, "Public video")
	second := s.get(page + "?search=needle&page=2")
	second.wants(t, 200, `rel="prev" href="`+page+`?search=needle"`)
	s.get(page+"?search=in+private").wants(t, 200, "No video matches.", `value="in private"`)
	s.get(page+"?search="+url.QueryEscape(`"><script>%_\`+strings.Repeat("ü", 300))).wants(t, 200, "No video matches.", `value="&#34;&gt;&lt;script&gt;%_\ü`)
	s.get(page).lacks(t, "noindex")
	s.get("/c/root_channel").lacks(t, `id="find"`)
}
