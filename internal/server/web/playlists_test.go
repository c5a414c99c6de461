package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
)

const myPlaylists = "/my-library/video-playlists"

var elementAction = regexp.MustCompile(`data-action="([^"]+)"`)

func TestPlaylistsAreMadeFilledAndOrdered(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if a := s.get(myPlaylists); a.url.Path != "/login" {
		t.Errorf("nobody's playlists: at %s", a.url)
	}
	s.login()
	s.get(myPlaylists).has(t, "mine", 200, "Watch later", "Make a playlist")
	save := "/w/" + video.ShortUUID(publicUUID) + "/save"
	s.get(save).has(t, "save", 200, "Watch later", `name="newName"`, "data-fragment")
	s.post(save, save, url.Values{"newName": {"Best of"}, "startTimestamp": {"0:02"}, "stopTimestamp": {"9"}, "to": {"/about"}}).
		has(t, "saved", 200, "Your playlists are saved.")
	s.post(save, save, url.Values{"newName": {"Other"}, "startTimestamp": {"0:09"}, "stopTimestamp": {"0:03"}}).
		has(t, "stop before start", 400, "This is not after the start.", `value="Other"`)
	s.post(save, save, url.Values{"newName": {"Other"}, "startTimestamp": {"soon"}}).has(t, "no time", 400, "Write a time as 1:23.")
	mine := s.get(myPlaylists)
	path := regexp.MustCompile(myPlaylists+`/[1-9A-Za-z]{22}`).FindAllString(mine.body, -1)
	if !strings.Contains(mine.body, "Best of") || strings.Contains(mine.body, ">Other<") || len(path) == 0 {
		t.Fatalf("mine: %s", mine.body)
	}
	list := ""
	for _, p := range path {
		if strings.Contains(s.get(p).body, "Best of") {
			list = p
		}
	}
	second := "/w/" + video.ShortUUID(sensitiveUUID) + "/save"
	number := regexp.MustCompile(`name="in" value="(\d+)"[^>]*>\s*<span dir="auto">Best of`).FindStringSubmatch(s.get(second).body)
	if number == nil {
		t.Fatalf("no box: %s", s.get(second).body)
	}
	s.post(second, second, url.Values{"in": {number[1]}, "shown": {number[1]}, "to": {"/about"}}).has(t, "second", 200)
	at := func() (actions []string, first bool) {
		a := s.get(list)
		a.has(t, "elements", 200, "Sensitive video", "From 0:02 to 0:09", `aria-label="Move “Sensitive video” up"`)
		for _, m := range elementAction.FindAllStringSubmatch(a.body, -1) {
			actions = append(actions, m[1])
		}
		return actions, strings.Index(a.body, "Sensitive video") < strings.Index(a.body, "First &lt;video&gt;")
	}
	actions, first := at()
	if len(actions) != 2 || first {
		t.Fatalf("elements: %v, the second one first: %v", actions, first)
	}
	s.post(list, actions[1], url.Values{"do": {"up"}}).has(t, "up", 200)
	if _, first = at(); !first {
		t.Error("up moved nothing")
	}
	s.post(list, actions[1], url.Values{"do": {"down"}}).has(t, "down", 200)
	if _, first = at(); first {
		t.Error("down moved nothing")
	}
	s.post(list, actions[1], url.Values{"do": {"after"}, "after": {"0"}}).has(t, "after nothing", 200)
	if _, first = at(); !first {
		t.Error("after moved nothing")
	}
	s.post(list, actions[1], url.Values{"do": {"times"}, "startTimestamp": {"1:00"}, "stopTimestamp": {"bad"}}).
		has(t, "wrong times", 400, "Write a time as 1:23.", `value="bad"`, `aria-invalid="true"`)
	s.post(list, actions[1], url.Values{"do": {"times"}, "startTimestamp": {"9:59:59"}, "stopTimestamp": {""}}).
		has(t, "after the end", 400, "The video is over by then.", `value="9:59:59"`, `aria-invalid="true"`)
	s.post(list, actions[1], url.Values{"do": {"times"}, "startTimestamp": {"1:75"}}).has(t, "too many seconds", 400, "Write a time as 1:23.", `value="1:75"`)
	s.post(list, actions[1], url.Values{"do": {"times"}, "startTimestamp": {"1m"}, "stopTimestamp": {""}}).has(t, "times", 200, "From 1:00 to the end")
	s.post(list, actions[1], url.Values{"do": {"remove"}}).has(t, "removed", 200, "1 video")
	for _, do := range []string{"remove", "up", "down", "times"} { // in another tab
		s.post(list, actions[1], url.Values{"do": {do}}).has(t, do+" what is gone", 200, "A video was taken out of this playlist meanwhile.", `class="notice bad"`, "1 video")
	}
	s.post(list, actions[1], url.Values{"do": {"after"}, "after": {"0"}}).has(t, "a script moves what is gone", 404)
	s.post(list, actions[0], url.Values{"do": {"after"}, "after": {actions[1][strings.LastIndex(actions[1], "/")+1:]}}).has(t, "behind what is gone", 404)
	s.post(list, actions[0], url.Values{"do": {"nonsense"}}).has(t, "nonsense", 400)

	s.addUser("other", user.Member)
	s.loginAs("other")
	s.get(list).has(t, "another's list", 403)
	s.post("/about", actions[0], url.Values{"do": {"remove"}}).has(t, "another's element", 403)
	s.post("/about", list+"/delete", url.Values{}).has(t, "another's delete", 403)
	private := "/w/" + video.ShortUUID(protectedUUID) + "/save"
	s.get(private).has(t, "a video behind a password", 403)
	s.login()
	s.post(list, list+"/delete", url.Values{}).has(t, "deleted", 200, "The playlist is deleted.")
	s.get(list).has(t, "gone", 404)
}

// postParts sends a form with a file field, as a browser does that has no file.
func (s *site) postParts(path string, fields map[string]string) answer {
	s.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	if token := csrfField.FindStringSubmatch(s.get(path).body); token != nil {
		fields["csrf"] = token[1]
	}
	for name, value := range fields {
		if err := m.WriteField(name, value); err != nil {
			s.t.Fatal(err)
		}
	}
	if _, err := m.CreateFormFile("thumbnailfile", ""); err != nil {
		s.t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		s.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.server.URL+path, &b)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return s.do(r)
}

func TestPlaylistFormsTellWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	create := myPlaylists + "/create"
	s.get(create).has(t, "form", 200, `name="displayName"`, "root")
	s.postParts(create, map[string]string{"displayName": " ", "privacy": "3"}).has(t, "no name", 400, "aria-invalid")
	s.postParts(create, map[string]string{"displayName": "Mine", "privacy": "1", "description": "words"}).
		has(t, "public without a channel", 400, "Public and unlisted playlists belong to a channel.", `value="Mine"`, "words")
	a := s.postParts(create, map[string]string{"displayName": "Mine", "privacy": "1", "videoChannelId": "1", "description": "words\r\nmore"})
	a.has(t, "made", 200, "Your playlists are saved.", "There is nothing in this playlist yet.")
	s.get("/c/root_channel/video-playlists").has(t, "of the channel", 200, "Mine", `aria-current="page"`)
	s.get(a.url.Path+"/update").has(t, "edit", 200, `value="Mine"`, "words\nmore")
	s.postParts(a.url.Path+"/update", map[string]string{"displayName": "Ours", "privacy": "3", "videoChannelId": ""}).has(t, "changed", 200, "Ours", "Private")
	if body := s.get("/c/root_channel/video-playlists").body; strings.Contains(body, "Ours") {
		t.Error("a private playlist is on the channel's page")
	}
}

// Podcast apps find what a playlist that everybody may see holds.
func TestPublicPlaylistsShowTheirPodcast(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	save := "/w/" + video.ShortUUID(publicUUID) + "/save"
	a := s.postParts(myPlaylists+"/create", map[string]string{"displayName": "Mine", "privacy": "1", "videoChannelId": "1"})
	number := regexp.MustCompile(`name="in" value="(\d+)"[^>]*>\s*<span dir="auto">Mine`).FindStringSubmatch(s.get(save).body)
	if number == nil {
		t.Fatalf("no box: %s", s.get(save).body)
	}
	s.post(save, save, url.Values{"in": {number[1]}, "shown": {number[1]}, "to": {"/about"}}).has(t, "filled", 200)
	mine := a.url.Path
	playing := "/w/p/" + strings.TrimPrefix(mine, myPlaylists+"/")
	feed := regexp.MustCompile(`<a href="(/feeds/podcast/videos\.xml\?playlistId=[0-9a-f-]{36})" type="application/rss\+xml" rel="nofollow">Podcast</a>`)
	for _, path := range []string{mine, playing} {
		body := s.get(path).body
		if m := feed.FindStringSubmatch(body); m == nil || !strings.Contains(body, `title="Mine (Podcast)" href="`+s.server.URL+m[1]+`"`) {
			t.Errorf("%s names no podcast: %v", path, m)
		}
	}
	s.postParts(mine+"/update", map[string]string{"displayName": "Mine", "privacy": "2", "videoChannelId": "1"}).has(t, "unlisted", 200)
	for _, path := range []string{mine, playing} {
		if a := s.get(path); a.status != 200 || strings.Contains(a.body, "/feeds/podcast") {
			t.Errorf("%s, unlisted: %d, or it names a podcast that there is not", path, a.status)
		}
	}
}
