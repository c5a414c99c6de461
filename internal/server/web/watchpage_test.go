package web_test

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

func TestWatchPageTellsOtherSites(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	body := s.get("/w/" + video.ShortUUID(publicUUID)).body
	for _, want := range []string{
		`<meta name="twitter:player" content="` + s.server.URL + `/videos/embed/` + publicUUID + `">`,
		`type="application/json+oembed"`, `/feeds/videos.xml?videoChannelId=`, `/feeds/video-comments.xml?videoId=` + publicUUID,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page has no %s", want)
		}
	}
}

func TestPrivateVideosTellOtherSitesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	for _, privacy := range []video.Privacy{video.Unlisted, video.Private, video.InternalOnly, video.PasswordProtected} {
		uuid := fmt.Sprintf("66666666-6666-4666-8666-66666666666%d", privacy)
		s.addVideo(s.rootChannel(), int(privacy), &video.Video{UUID: uuid, Name: "Not for all", Privacy: privacy})
		a := s.get("/w/" + video.ShortUUID(uuid))
		if a.status != http.StatusOK {
			t.Fatalf("privacy %d: status %d for its owner", privacy, a.status)
		}
		for _, not := range []string{"application/ld+json", "/feeds/video"} {
			if strings.Contains(a.body, not) {
				t.Errorf("privacy %d: the page has %s", privacy, not)
			}
		}
		if got, want := strings.Contains(a.body, "json+oembed"), privacy == video.Unlisted; got != want {
			t.Errorf("privacy %d: other pages are offered a player: %v, want %v", privacy, got, want)
		}
		if !strings.Contains(a.body, `name="robots" content="noindex"`) {
			t.Errorf("privacy %d: search engines are not sent away", privacy)
		}
	}
}

// Who may not see a video is told why.
func TestRefusedVideosSayWhy(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, privacy := range []video.Privacy{video.Private, video.InternalOnly} {
		uuid := fmt.Sprintf("66666666-6666-4666-8666-66666666666%d", privacy)
		s.addVideo(s.rootChannel(), int(privacy), &video.Video{UUID: uuid, Name: "Not for all", Privacy: privacy})
		path := "/w/" + video.ShortUUID(uuid) + "?start=5"
		a := s.get(path)
		if a.url.Path != "/login" || a.url.Query().Get("to") != path || !strings.Contains(a.body, "This video is not for everybody.") || strings.Contains(a.body, "Not for all") {
			t.Errorf("strangers, privacy %d: at %s", privacy, a.url)
		}
	}
	s.addUser("member", user.Member)
	s.loginAs("member")
	a := s.get("/w/66666666-6666-4666-8666-666666666663")
	if a.status != http.StatusForbidden || !strings.Contains(a.body, "This video is private: only its owner may see it.") {
		t.Errorf("a member: %d", a.status)
	}
}

func TestSensitiveVideosFollowTheFlags(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const uuid = "77777777-7777-4777-8777-777777777777"
	s.addVideo(s.rootChannel(), 9, &video.Video{UUID: uuid, Name: "A fight", Privacy: video.Public, NSFW: true, NSFWFlags: video.FlagViolent})
	path := "/w/" + video.ShortUUID(uuid)
	if a := s.get(path + "?start=5"); strings.Contains(a.body, "<video") || !strings.Contains(a.body, "violence") || !strings.Contains(a.body, "sensitive=show&amp;start=5") {
		t.Error("nobody in particular is not warned, or the way on loses the time")
	}
	u := s.addUser("viewer", user.Member)
	s.loginAs("viewer")
	for _, tt := range []struct {
		name  string
		set   func(*user.Preferences)
		shown bool
		want  string
	}{
		{"who displays the flag sees it", func(p *user.Preferences) { p.NSFWFlagsDisplayed = video.FlagViolent }, true, "<video"},
		{"who blurs it sees a blurred picture", func(p *user.Preferences) { p.NSFWFlagsDisplayed, p.NSFWFlagsBlurred = 0, video.FlagViolent }, false, "warned blurred"},
		{"who hides it is told so", func(p *user.Preferences) { p.NSFWFlagsBlurred, p.NSFWFlagsHidden = 0, video.FlagViolent }, false, "hidden unless you ask"},
	} {
		if err := s.users.UpdateMe(t.Context(), u, user.MeChange{Preferences: tt.set}); err != nil {
			t.Fatal(err)
		}
		tt.set(&u.Preferences)
		a := s.get(path)
		if !strings.Contains(a.body, tt.want) || strings.Contains(a.body, "<video") != tt.shown {
			t.Errorf("%s: the page has no %q, or shows the wrong thing", tt.name, tt.want)
		}
	}
}

func TestCodesForPhonesTellNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, path := range []string{
		"/w/" + video.ShortUUID(publicUUID) + "/qr.svg?start=1m5s&stop=90",
		"/w/" + video.ShortUUID("99999999-9999-4999-8999-999999999999") + "/qr.svg", // of no video: the address is all that is told
		"/w/p/" + video.ShortUUID(publicUUID) + "/qr.svg?playlistPosition=3",
	} {
		if a := s.get(path); a.status != http.StatusOK || !strings.HasPrefix(a.body, "<svg ") {
			t.Errorf("%s: %d %.60s", path, a.status, a.body)
		}
	}
	for _, path := range []string{"/w/x'%22%3E/qr.svg", "/w/p/nothing/qr.svg"} {
		if a := s.get(path); a.status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, a.status)
		}
	}
}

func TestPlayerTexts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var words map[string]string
	for _, language := range []string{"en", "fr"} {
		a := s.get("/player/words/" + language + ".json")
		if err := json.Unmarshal([]byte(a.body), &words); err != nil {
			t.Fatalf("%s: %v", language, err)
		}
		for name, text := range words {
			if text == "" || strings.HasPrefix(text, "web.") {
				t.Errorf("%s: %s is %q", language, name, text)
			}
		}
	}
	if a := s.get("/player/words/xx.json"); a.status != http.StatusNotFound {
		t.Errorf("texts of no language: %d, want 404", a.status)
	}
}

func TestStrangeTimesAndOptions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.alter(publicUUID, `duration = $2`, 600)
	path := "/w/" + video.ShortUUID(publicUUID)
	for query, want := range map[string]string{
		"?start=1m5s":                     `"start":65`,
		"?start=0:05":                     `"start":5`,
		"?subtitle=fr&loop=1&muted=0":     `"muted":false,"loop":true,"subtitle":"fr"`,
		"?playbackRate=1.5":               `"rate":1.5`,
		"?mode=web-video":                 `"mode":"web-video"`,
		"?start=-5&stop=99999999999999":   `"icons"`,
		"?start=20&stop=5":                `"start":20`,
		"?start=20s&stop=20s":             `"start":20`,
		"?subtitle=%3Cscript%3E&muted=xx": `"icons"`,
		"?playbackRate=NaN":               `"icons"`,
	} {
		a := s.get(path + query)
		if a.status != http.StatusOK || !strings.Contains(a.body, want) {
			t.Errorf("%s: %d, the page has no %s", query, a.status, want)
		}
		if strings.Contains(a.body, `"stop":`) {
			t.Errorf("%s: it stops where it does not come to", query)
		}
		if strings.Contains(a.body, "<script>") || strings.Contains(query, "NaN") && strings.Contains(a.body, `"rate"`) {
			t.Errorf("%s: what makes no sense is taken", query)
		}
	}
}

func TestOwnersSeeWhatIsPlanned(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const uuid = "88888888-8888-4888-8888-888888888888"
	v := &video.Video{UUID: uuid, Name: "For tomorrow", Privacy: video.Private, Schedule: &video.ScheduleUpdate{UpdateAt: s.now.AddDate(0, 0, 1), Privacy: video.Public}}
	s.addVideo(s.rootChannel(), 8, v)
	s.login()
	body := s.get("/w/" + video.ShortUUID(uuid)).body
	for _, want := range []string{"November 22, 2026", "this becomes: Public", "This video is private."} {
		if !strings.Contains(body, want) {
			t.Errorf("its owner does not read %q", want)
		}
	}
}

func TestWithoutReportsLettersGoToTheAdministrators(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.pages.Abuses = nil
	path := "/w/" + video.ShortUUID(publicUUID)
	if a := s.get(path); strings.Contains(a.body, "/about/contact?") {
		t.Error("the page leads to a closed form")
	}
	s.policy.Contact, s.policy.Mail, s.policy.AdminEmail = true, true, "boss@example.org"
	m := regexp.MustCompile(`href="(/about/contact\?[^"]+)"`).FindStringSubmatch(s.get(path).body)
	if m == nil {
		t.Fatal("no way to report the video")
	}
	a := s.get(html.UnescapeString(m[1]))
	for _, want := range []string{s.server.URL + path, `value="About the video: First &lt;video&gt;`} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the form does not hold %q", want)
		}
	}
}

// rootChannel is the channel of the administrator.
func (s *site) rootChannel() actor.ChannelID {
	s.t.Helper()
	id, err := sqldb.One(s.t.Context(), s.db, sqldb.Value[actor.ChannelID], `SELECT min(id) FROM video_channels`)
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// A file that took the place of another is no secret: its day is there.
func TestTheWatchPageSaysWhenTheFileWasReplaced(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	path := "/w/" + video.ShortUUID(publicUUID)
	s.get(path).lacks(t, "File replaced")
	s.alter(publicUUID, `input_file_updated_at = $2`, time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC))
	s.get(path).wants(t, 200, `<dt>File replaced</dt><dd><time datetime="2024-05-06T07:08:09Z" title="`)
}

// alter changes columns of a video, whose values are $2 and on.
func (s *site) alter(uuid, columns string, values ...any) {
	s.t.Helper()
	if _, err := s.db.Exec(s.t.Context(), `UPDATE videos SET `+columns+` WHERE uuid = $1`, append([]any{uuid}, values...)...); err != nil {
		s.t.Fatal(err)
	}
	if err := s.videos.Touch(s.t.Context(), 0); err != nil { // what is remembered of it goes
		s.t.Fatal(err)
	}
}
