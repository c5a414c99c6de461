package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
)

// The button of a card keeps a video for later, and says whether it is kept.
func TestCardsKeepVideosForLater(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	later := "/w/" + video.ShortUUID(publicUUID) + "/later"
	if body := s.get("/").body; strings.Contains(body, "card-later") || strings.Contains(body, `id="later"`) {
		t.Error("nobody has a list to keep videos in")
	}
	s.post("/login", later, url.Values{}).has(t, "nobody's", 401)
	s.addUser("other", user.Member)
	s.login()
	state := func(want string) {
		t.Helper()
		body := s.get("/").body
		at := strings.Index(body, `formaction="`+later+`"`)
		if at < 0 || strings.Count(body, `id="later"`) != 1 {
			t.Fatalf("no button, or not one form: %s", body)
		}
		if button := body[at : at+strings.Index(body[at:], ">")]; !strings.Contains(button, want) {
			t.Errorf("got %s, want %s", button, want)
		}
	}
	state(`value="add" aria-pressed="false"`)
	for _, when := range []string{"kept", "kept again"} {
		a := s.post("/", later, url.Values{"do": {"add"}, "to": {"/videos/browse?sort=name"}})
		a.has(t, when, 200, "Kept in “Watch later”.")
		if a.url.Path != "/videos/browse" || a.url.Query().Get("sort") != "name" {
			t.Errorf("%s: at %s", when, a.url)
		}
		state(`value="remove" aria-pressed="true"`)
	}
	s.get(myPlaylists).has(t, "once", 200, "1 video")
	for _, path := range []string{"/search?search=first", "/videos/overview", "/c/root_channel/videos", "/w/" + video.ShortUUID(sensitiveUUID)} {
		if a := s.get(path); strings.Contains(a.body, "card-later") && !strings.Contains(a.body, `value="remove" aria-pressed="true"`) {
			t.Errorf("%s does not say that it is kept", path)
		}
	}
	s.loginAs("other")
	state(`aria-pressed="false"`)
	s.login()
	for _, when := range []string{"taken out", "taken out again"} {
		s.post("/", later, url.Values{"do": {"remove"}}).has(t, when, 200, "Taken out of “Watch later”.")
		state(`aria-pressed="false"`)
	}
	s.post("/", "/w/nonsense/later", url.Values{}).has(t, "no video", 404)
	s.post("/", "/w/"+video.ShortUUID("99999999-9999-4999-8999-999999999999")+"/later", url.Values{}).has(t, "a video that is not", 404)
	s.post("/", "/w/"+video.ShortUUID(protectedUUID)+"/later", url.Values{"do": {"add"}, "to": {"//evil.example"}}).has(t, "one's own behind a password", 200)

	token := csrfField.FindStringSubmatch(s.get("/").body)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.server.URL+later, strings.NewReader(url.Values{"csrf": {token[1]}, "do": {"add"}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	if a := s.do(r); a.status != http.StatusNoContent || a.body != "" {
		t.Errorf("a script: %d %q", a.status, a.body)
	}
	state(`aria-pressed="true"`)
	// On the page that administrators wrote, in each of its lists; not in the
	// preview of one that is not saved.
	const text = `<peertube-videos-list></peertube-videos-list> <peertube-video-miniature data-uuid="` + publicUUID + `"></peertube-video-miniature>
		<peertube-videos-list data-sort="name"></peertube-videos-list> <peertube-channel-miniature data-name="root_channel"></peertube-channel-miniature>`
	s.pages.Homepage = written(text)
	body := s.get("/home").body
	if kept := strings.Count(body, `formaction="`+later+`" name="do" value="remove"`); kept < 3 || strings.Count(body, `formaction="`+later+`"`) != kept || strings.Count(body, `id="later"`) != 1 {
		t.Errorf("the written page says %d times that it is kept: %s", kept, body)
	}
	if !strings.Contains(body, `value="add" aria-pressed="false"`) {
		t.Error("the written page does not offer to keep others")
	}
	preview := s.post("/about", "/admin/settings/config/homepage", url.Values{"content": {text}, "do": {"preview"}})
	if !strings.Contains(preview.body, "written-card") || strings.Contains(preview.body, "card-later") {
		t.Errorf("the preview keeps videos for later: %s", preview.body)
	}
	s.post("/about", "/logout", url.Values{})
	if strings.Contains(s.get("/home").body, "card-later") {
		t.Error("nobody has a list to keep videos in, on the written page either")
	}
}
