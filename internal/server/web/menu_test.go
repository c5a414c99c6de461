package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// The menu of a card has what applies to who reads it.
func TestTheMenuOfACardIsTheReaders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	watch := "/w/" + video.ShortUUID(publicUUID)
	menu := watch + "/menu"
	s.get("/").has(t, "the card", 200, `class="card-menu" href="`+menu+`"`, `aria-label="More about “First &lt;video&gt;`)
	lacks := func(a answer, texts ...string) {
		t.Helper()
		for _, text := range texts {
			if strings.Contains(a.body, text) {
				t.Errorf("%s is offered at %s", text, a.url)
			}
		}
	}
	a := s.get(menu)
	a.has(t, "to nobody", 200, "data-fragment", watch+"/report", "/download/web-videos/"+publicUUID, "All videos of", `content="noindex"`)
	lacks(a, watch+"/save", "blocklist/accounts", "/videos/update/", "another site")
	lacks(s.get("/w/"+video.ShortUUID(sensitiveUUID)+"/menu"), "/download/")
	if a := s.get("/w/" + video.ShortUUID(protectedUUID) + "/menu"); a.url.Path != "/w/"+video.ShortUUID(protectedUUID) {
		t.Errorf("a video behind a password: at %s", a.url)
	}
	s.get("/w/nonsense/menu").has(t, "no video", 404)

	s.login()
	a = s.get(menu)
	a.has(t, "to its owner", 200, watch+"/save", "/videos/update/")
	lacks(a, "/report", `name="name"`)

	s.addUser("other", user.Member)
	s.loginAs("other")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.server.URL+menu, nil)
	if err != nil {
		t.Fatal(err)
	}
	for from, back := range map[string]string{
		s.server.URL + "/videos/browse?sort=name": "/videos/browse?sort=name", "https://evil.example/a": watch, s.server.URL + "//evil.example": "/",
	} {
		r.Header.Set("Referer", from)
		s.do(r).has(t, "to another, from "+from, 200, `name="name" value="root"`, `name="to" value="`+back+`"`, watch+"/report")
	}
	s.post(menu, "/my-account/blocklist/accounts", url.Values{"name": {"root"}, "to": {"/about"}}).has(t, "muted", 200)
	if body := s.get("/").body; strings.Contains(body, menu) {
		t.Error("the video of a muted account is in the list")
	}
}

// Who sees the name of another site on a card learns what it is.
func TestCardsOfOtherSitesExplainThemselves(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	channel, err := sqldb.One(t.Context(), s.db, sqldb.Value[actor.ChannelID], `SELECT min(id) FROM video_channels`)
	if err != nil {
		t.Fatal(err)
	}
	const uuid = "55555555-5555-4555-8555-555555555555"
	s.addVideo(channel, 0, &video.Video{UUID: uuid, Name: "From far", Privacy: video.Public})
	if _, err := s.db.Exec(t.Context(), `UPDATE videos SET remote = TRUE, url = 'https://far.example/videos/watch/5' WHERE uuid = $1`, uuid); err != nil {
		t.Fatal(err)
	}
	s.get("/w/"+video.ShortUUID(uuid)+"/menu").has(t, "menu", 200, "published on far.example, another site that Test site is connected with", `href="https://far.example/videos/watch/5"`, "Watch it on far.example")
}
