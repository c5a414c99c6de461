package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
)

func TestPreferencesNeedNoAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	page := s.get("/preferences")
	page.has(t, "the page", 200, "kept in this browser", `action="/preferences/playback#playback"`, `name="autoPlayNextVideoPlaylist" value="true" checked`, `value="_unknown"`)
	if !strings.Contains(s.get("/").body, `href="/preferences"`) {
		t.Error("the foot has no link to the preferences")
	}
	s.post("/preferences", "/preferences/playback", url.Values{"autoPlayVideo": {"true"}, "autoPlayNextVideo": {"true"}}).
		has(t, "playback", 200, "Saved.", `name="autoPlayNextVideo" value="true" checked`, `data-keys="off"`)
	if got := s.get("/w/" + publicUUID).body; !strings.Contains(got, `"autoplay":true`) || !strings.Contains(got, `"autoplayNext":true`) || strings.Contains(got, `"here":true`) {
		t.Errorf("the player was not told: %s", between(got, `id="player-config"`, "</script>"))
	}
	s.post("/preferences", "/preferences/languages", url.Values{"videoLanguages": {"fr", "nonsense"}}).
		has(t, "languages", 200, "Saved.", `name="videoLanguages" value="fr" checked`)
	for path, shown := range map[string]bool{"/": false, "/videos/browse": false, "/?language=all": true, "/search?search=sensitive": true} {
		list := s.get(path)
		if got := strings.Contains(list.body, "Sensitive video</a>"); got != shown || path == "/" && !strings.Contains(list.body, "First &lt;video&gt;") {
			t.Errorf("%s: a video without a language is shown: %v, want %v", path, got, shown)
		}
	}
	s.get("/").has(t, "why", 200, "Only videos in: French.", "language=all")
	s.post("/preferences", "/preferences/languages", url.Values{}).has(t, "all languages", 200, "Saved.")
	if !strings.Contains(s.get("/").body, "Sensitive video</a>") {
		t.Error("no language is ticked, but not all videos are shown")
	}
}

func TestSensitiveVideosAreShownAsTheDeviceWants(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if _, err := s.db.Exec(t.Context(), `UPDATE videos SET nsfw_flags = $1 WHERE uuid = $2`, video.FlagViolent, sensitiveUUID); err != nil {
		t.Fatal(err)
	}
	choose := func(policy, violent string) {
		t.Helper()
		s.post("/preferences", "/preferences/sensitive", url.Values{"nsfwPolicy": {policy}, "nsfwViolent": {violent}}).
			has(t, policy+" "+violent, 200, "Saved.")
	}
	for _, tt := range []struct {
		policy, violent string
		listed, blurred bool
		asked           bool
	}{
		{"display", "", true, false, false},
		{"blur", "", true, true, true},
		{"do_not_list", "", false, false, true},
		{"display", "do_not_list", false, false, true},
		{"do_not_list", "display", true, false, false},
		{"display", "blur", true, true, true},
	} {
		choose(tt.policy, tt.violent)
		home := s.get("/").body
		if listed, blurred := strings.Contains(home, "Sensitive video</a>"), strings.Contains(home, `class="card blurred"`); listed != tt.listed || blurred != tt.blurred {
			t.Errorf("%+v: in the list %v, blurred %v", tt, listed, blurred)
		}
		if asked := !strings.Contains(s.get("/w/"+sensitiveUUID).body, `id="player-config"`); asked != tt.asked {
			t.Errorf("%+v: asked before it is shown: %v", tt, asked)
		}
	}
	s.post("/preferences", "/preferences/sensitive", url.Values{"nsfwPolicy": {"display"}, "nsfwViolent": {"nonsense"}}).has(t, "no such choice", 400)
}

func TestPreferencesOfAnAccountAreKeptWithIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	alice := s.addUser("alice", user.Member)
	s.loginAs("alice")
	s.get("/preferences").has(t, "the page", 200, "kept with your account")
	a := s.post("/preferences", "/preferences/languages", url.Values{"videoLanguages": {"fr", video.UnknownLanguage}})
	a.has(t, "from the page of all", 200, "Saved.")
	if a.url.Path != "/preferences" {
		t.Errorf("back at %s", a.url)
	}
	s.post(settings, "/my-account/sensitive", url.Values{"nsfwPolicy": {"warn"}, "nsfwExplicit": {"do_not_list"}}).has(t, "from the settings", 200, "Saved.")
	p := s.user(alice.ID).Preferences
	if strings.Join(p.VideoLanguages, " ") != "fr _unknown" || p.NSFWFlagsHidden != video.FlagExplicitSex {
		t.Errorf("got %+v", p)
	}
	s.post("/preferences", "/preferences", url.Values{"language": {"de"}, "theme": {"dark"}, "to": {"/about"}}).has(t, "German and dark", 200, `lang="de"`, `data-theme="dark"`)
	s.browser.Jar = newJar(t)
	s.loginAs("alice")
	s.get("/about").has(t, "on another device", 200, `lang="de"`, `data-theme="dark"`)
}

func TestTheLanguageIsWhatWasAskedForFirst(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.browser.Jar = newJar(t)
	for _, tt := range []struct{ header, cookie, accept, want string }{
		{"", "", "", "en"},
		{"", "", "es-MX, fr;q=0.5", "es"},
		{"", "ja-JP", "es", "ja"},
		{"ar", "ja-JP", "es", "ar"},
		{"tlhIngan", "xx", "de", "de"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.server.URL+"/about", nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{"X-Peertube-Language": tt.header, "Accept-Language": tt.accept} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		if tt.cookie != "" {
			r.AddCookie(&http.Cookie{Name: "clientLanguage", Value: tt.cookie})
		}
		if got := between(s.do(r).body, `<html lang="`, `"`); got != tt.want {
			t.Errorf("%+v: got %q", tt, got)
		}
	}
	s.get("/about").has(t, "left to right", 200, `dir="ltr"`)
}

func TestWhoSignsUpKeepsTheLanguage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.post("/preferences", "/preferences", url.Values{"language": {"es"}, "to": {"/"}})
	s.post("/signup", "/signup", url.Values{"username": {"lola"}, "email": {"lola@example.com"}, "password": {"a good password"}, "agree": {"true"}})
	lola, err := s.users.Store.ByEmail(t.Context(), "lola@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if got := lola.Preferences.Language; got != "es" {
		t.Errorf("got %q", got)
	}
}

// between is the part of a page between two marks.
func between(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, to)
	return s
}
