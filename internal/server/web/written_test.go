package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/web"
)

const rootChannelName = "root_channel"

// wrote makes a text the first page and gets it.
func (s *site) wrote(t *testing.T, text string) string {
	t.Helper()
	s.pages.Homepage = written(text)
	a := s.get("/home")
	if a.status != http.StatusOK {
		t.Fatalf("%s: %d", text, a.status)
	}
	for _, bad := range mistakes(t, a.body) {
		t.Errorf("%s: %s", text, bad)
	}
	return between(a.body, `<article class="written">`, "</main>")
}

func TestElementsOfTheWrittenPageAreDrawn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.pages.Instance = func(context.Context) (*actor.Actor, error) {
		return &actor.Actor{Avatars: []actor.Image{{Filename: "small.png", Width: 48}, {Filename: "large.png", Width: 1500}}, Banners: []actor.Image{{Filename: "b.jpg", Width: 1920}}}, nil
	}
	list := s.addList(playlist.Public, 1)
	short := video.ShortUUID(publicUUID)
	const name = `First &lt;video&gt; &amp; &#34;friends&#34;`
	for text, want := range map[string][]string{
		`<peertube-button data-href="https://other.example/x?a=1&b=2" data-label="Over <there>"></peertube-button>`: {
			`<a href="https://other.example/x?a=1&amp;b=2" class="button main">Over &lt;there&gt;</a>`,
		},
		`<peertube-button data-href="/about" data-label="Us" data-theme="secondary" data-blank-target="true"></peertube-button>`: {
			`<a href="/about" class="button" target="_blank" rel="noopener noreferrer">Us</a>`,
		},
		`<peertube-video-embed data-uuid="` + short + `"></peertube-video-embed>`: {`<iframe class="written-frame" src="/videos/embed/` + short + `" title="` + name + `"`},
		`<peertube-video-embed data-uuid="` + publicUUID + `" data-responsive="true" data-start-at="1m2s" data-title="false" data-muted="true"></peertube-video-embed>`: {
			`<iframe class="written-frame wide" src="/videos/embed/` + short + `?muted=1&amp;start=1m2s&amp;title=0"`,
		},
		`<peertube-playlist-embed data-uuid="` + list.UUID + `"></peertube-playlist-embed>`:                                                        {`src="/video-playlists/embed/` + video.ShortUUID(list.UUID) + `"`, `title="` + list.Name},
		`<peertube-video-miniature data-uuid="1"></peertube-video-miniature>`:                                                                      {`<div class="written-card">`, `href="/w/` + short + `"`, name},
		`<peertube-video-miniature data-uuid="` + short + `" data-only-display-title="true"></peertube-video-miniature>`:                           {`<div class="written-card titles">`},
		`<peertube-playlist-miniature data-uuid="` + list.UUID + `"></peertube-playlist-miniature>`:                                                {`href="/w/p/` + video.ShortUUID(list.UUID) + `"`, list.Name},
		`<peertube-channel-miniature data-name="` + rootChannelName + `"></peertube-channel-miniature>`:                                            {`written-channel`, `href="/c/` + rootChannelName + `/videos"`, `class="card`},
		`<peertube-channel-miniature data-name="@` + rootChannelName + "@" + s.server.Listener.Addr().String() + `"></peertube-channel-miniature>`: {`href="/c/` + rootChannelName + `/videos"`},
		`<peertube-videos-list data-title="New ones" data-max-rows="2" data-only-local="true"></peertube-videos-list>`:                             {`<h2 dir="auto">New ones</h2>`, `<ul class="cards rows-2">`, name},
		`<peertube-instance-banner></peertube-instance-banner>`:                                                                                    {`src="/lazy-static/banners/b.jpg"`},
		`<peertube-instance-avatar data-size="64"></peertube-instance-avatar>`:                                                                     {`src="/lazy-static/avatars/large.png"`, `width="64"`},
		"<peertube-container data-layout=\"row\" data-title=\"A & B\" data-description=\"Both\">\n\n**within**\n\n</peertube-container>": {
			`<h2 dir="auto">A &amp; B</h2>`, `Both</p>`, `<div class="written-row">`, `<strong>within</strong>`,
		},
		`<peertube-container data-layout="row" data-justify-content="normal"><peertube-button data-href="/a" data-label="A"></peertube-button></peertube-container>`: {`written-row packed"><a href="/a"`},
		"before <peertube-videos-list></peertube-videos-list> after":                       {`<div>before <section`, ` after</div>`},
		"<peertube-button data-href=\"/a\" data-label=\"A\"/>\n\nwhat follows is **seen**": {`href="/a"`, `<strong>seen</strong>`},
	} {
		got := s.wrote(t, text)
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s lacks %s:\n%s", text, w, got)
			}
		}
		if strings.Contains(got, "<peertube-") || strings.Contains(got, "<p><section") || strings.Contains(got, "<p><div") {
			t.Errorf("%s: %s", text, got)
		}
	}
}

// What a list of the written page asks for is what it gets.
func TestListsOfTheWrittenPageAreFiltered(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for i := range 12 {
		s.addEmbed(&video.Video{UUID: fmt.Sprintf("0a0a0a0a-0000-4000-8000-%012d", i), Name: fmt.Sprintf("Film %02d", i), Privacy: video.Public, Language: []string{"fr", "de", "en"}[i%3], Category: 1 + i%2})
	}
	for attributes, want := range map[string]int{
		``: 10, `data-count="3"`: 3, `data-count="-3"`: 10, `data-count="x"`: 10, `data-count="1000" data-language-one-of="fr"`: 5, `data-count="20" data-language-one-of="fr, de"`: 9,
		`data-language-one-of="fr" data-category-one-of="1"`: 2, `data-is-live="true"`: 0, `data-host="nowhere.example"`: 0, `data-channel-handle="nobody"`: -1, `data-account-handle="nobody"`: -1,
		`data-sort="nonsense" data-count="2"`: 2, `data-count="2" data-channel-handle="` + rootChannelName + `"`: 2,
	} {
		got := s.wrote(t, `<peertube-videos-list `+attributes+`></peertube-videos-list>`)
		if n := strings.Count(got, "<article"); want >= 0 && (n != want || !strings.Contains(got, "written-list")) || want < 0 && strings.Contains(got, "written-list") {
			t.Errorf("%s: %d videos, want %d", attributes, n, want)
		}
	}
	if got := s.wrote(t, `<peertube-videos-list data-sort="name" data-language-one-of="fr,de,en"></peertube-videos-list>`); strings.Index(got, "Film 00") > strings.Index(got, "Film 01") {
		t.Error("a list is not sorted as it asks for")
	}
}

// The written page shows nobody what they may not see, nor what could run.
func TestElementsOfTheWrittenPageShowNothingToOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	hidden := []*video.Video{}
	for i, privacy := range []video.Privacy{video.Private, video.InternalOnly, video.PasswordProtected} {
		v := &video.Video{UUID: fmt.Sprintf("0b0b0b0b-0000-4000-8000-%012d", i), Name: fmt.Sprintf("Hidden %d", i), Privacy: privacy}
		s.addEmbed(v)
		hidden = append(hidden, v)
	}
	private := s.addList(playlist.Private, 1)
	var b strings.Builder
	for _, v := range hidden {
		for _, kind := range []string{"video-embed", "video-miniature"} {
			fmt.Fprintf(&b, "<peertube-%s data-uuid=\"%s\"></peertube-%s>\n\n", kind, v.UUID, kind)
		}
	}
	for _, kind := range []string{"playlist-embed", "playlist-miniature"} {
		fmt.Fprintf(&b, "<peertube-%s data-uuid=\"%s\"></peertube-%s>\n\n", kind, private.UUID, kind)
	}
	fmt.Fprintf(&b, "<peertube-videos-list data-count=\"100\"></peertube-videos-list>\n\n<peertube-channel-miniature data-name=\"%s\"></peertube-channel-miniature>", rootChannelName)
	got := s.wrote(t, b.String())
	for _, bad := range []string{"Hidden", private.Name, private.UUID, video.ShortUUID(private.UUID), "<iframe", hidden[0].UUID} {
		if strings.Contains(got, bad) {
			t.Errorf("strangers see %q", bad)
		}
	}
	for _, bad := range []string{
		`<peertube-button data-href="javascript:alert(1)" data-label="X"></peertube-button>`, `<peertube-button data-href="" data-label="X"></peertube-button>`,
		`<peertube-button data-href="data:text/html,x" data-label="X"></peertube-button>`, `<peertube-button data-href="/a"></peertube-button>`,
		`<peertube-video-embed data-uuid="../../admin"></peertube-video-embed>`, `<peertube-video-miniature></peertube-video-miniature>`,
		`<peertube-playlist-miniature data-uuid="%00"></peertube-playlist-miniature>`, `<peertube-channel-miniature data-name="a@b@c"></peertube-channel-miniature>`,
		`<peertube-unknown data-uuid="1"></peertube-unknown>`,
	} {
		if got := s.wrote(t, bad); strings.Contains(got, "<a ") || strings.Contains(got, "<iframe") || strings.Contains(got, "javascript") {
			t.Errorf("%s: %s", bad, got)
		}
	}
	got = s.wrote(t, `<peertube-container onclick="x()" style="position:fixed" data-title="<script>alert(1)</script>" data-width="9999">x<script>y</script></peertube-container>`)
	for _, bad := range []string{"onclick", "style=", "<script>", "9999"} {
		if strings.Contains(got, bad) {
			t.Errorf("the page has %s: %s", bad, got)
		}
	}
	// Many elements and deep nesting cost no more than their bounds.
	if got := s.wrote(t, strings.Repeat(`<peertube-video-miniature data-uuid="1"></peertube-video-miniature>`+"\n\n", 200)); strings.Count(got, "<article class=\"card") != 50 {
		t.Errorf("%d videos", strings.Count(got, "<article class=\"card"))
	}
	s.pages.Homepage = written(strings.Repeat("<div>", 5000) + "deep")
	if a := s.get("/home"); a.status != http.StatusOK || !strings.Contains(a.body, "deep") {
		t.Errorf("a deep page: %d", a.status)
	}
}

func TestAdministratorsWriteTheHomePage(t *testing.T) {
	t.Parallel()
	const at = "/admin/settings/config/homepage"
	s := newSite(t)
	page := written("")
	s.pages.Homepage = page
	if a := s.get(at); a.url.Path != "/login" {
		t.Errorf("strangers get %s", a.url)
	}
	s.addUser("mod", user.Moderator)
	s.loginAs("mod")
	if a := s.get(at); a.status != http.StatusForbidden {
		t.Errorf("moderators: %d", a.status)
	}
	s.post("/about", "/logout", url.Values{})
	s.login()
	landing := ""
	s.set(func(set *web.Settings) { set.Landing = landing })
	const text = "# Hello <b>you</b>\n\n<peertube-video-miniature data-uuid=\"1\"></peertube-video-miniature>"
	a := s.post(at, at, url.Values{"content": {text}, "do": {"preview"}, "first": {"true"}})
	if page.text != "" || !strings.Contains(a.body, "Hello <b>you</b></h2>") || !strings.Contains(a.body, `<div class="written-card">`) ||
		!strings.Contains(a.body, `# Hello &lt;b&gt;`) || !strings.Contains(a.body, `name="first" value="true" checked`) {
		t.Errorf("the preview: saved %q, %s", page.text, a.body)
	}
	for _, bad := range mistakes(t, a.body) {
		t.Errorf("the preview: %s", bad)
	}
	a = s.post(at, at, url.Values{"content": {text}, "first": {"true"}})
	if page.text != text || a.url.Path != at || !strings.Contains(a.body, `href="/home"`) {
		t.Errorf("it is not saved: %q at %s", page.text, a.url)
	}
	if diff := cmp.Diff(map[string]any{"instance": map[string]any{"defaultClientRoute": "/home"}}, s.edited.in); diff != "" {
		t.Errorf("the first page (-want +got):\n%s", diff)
	}
	for _, bad := range mistakes(t, a.body) {
		t.Errorf("the form: %s", bad)
	}
	landing, s.edited.in = "/home", nil
	if s.post(at, at, url.Values{"content": {text}, "first": {"true"}}); s.edited.in != nil {
		t.Errorf("what stays is changed: %v", s.edited.in)
	}
	if s.post(at, at, url.Values{"content": {text}}); s.edited.in["instance"].(map[string]any)["defaultClientRoute"] != "/videos/browse" {
		t.Errorf("the first page stays: %v", s.edited.in)
	}
	long := strings.Repeat("much ", 30_000)
	a = s.post(at, at, url.Values{"content": {long}})
	if page.text != text || !strings.Contains(a.body, `aria-invalid="true"`) || !strings.Contains(a.body, "much much") {
		t.Errorf("too long a text: %d, kept %t", a.status, strings.Contains(a.body, "much much"))
	}
	s.post(at, at, url.Values{"content": {""}})
	if a := s.get("/home"); page.text != "" || a.url.Path != "/" {
		t.Errorf("it is not removed: %q, at %s", page.text, a.url)
	}
}
