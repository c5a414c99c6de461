package web_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"sepiola/internal/domain/video"
)

// everyPage is the address of every page that can be asked for.
func everyPage() []string {
	short := video.ShortUUID(publicUUID)
	return []string{
		"/", "/videos/browse?category=15&sort=-views", "/search?search=first", "/search?search=frist&type=channels", "/search?search=first&type=transcripts",
		"/search?search=first&type=playlists&page=2", "/search?date=7&length=long&sort=-views&sensitive=both", "/videos/overview", "/videos/browse?sort=-trending",
		"/w/" + short + "?others=local", "/w/" + short, "/w/" + video.ShortUUID(protectedUUID),
		"/w/" + video.ShortUUID(sensitiveUUID), "/c/root_channel/videos", "/a/root/video-channels", "/a/root/videos", "/about", "/keyboard", "/nothing/here",
		"/login", "/signup", "/recover-password", "/reset-password?userId=1&verificationString=x", "/verify-account/email?userId=1&verificationString=x",
		"/verify-account/ask-send-email", "/videos/upload", "/my-library/videos", "/videos/update/" + short, "/my-library/video-channels",
		"/my-library/video-channels/create", "/my-library/video-channels/update/root_channel", "/my-account/settings",
		"/my-account/two-factor-auth", "/my-account/sessions", "/admin/overview/users", "/admin/overview/users/create",
		"/admin/overview/users/update/1", "/admin/moderation/registrations/list", "/admin/system/jobs",
		"/w/" + short + "/report", "/a/root/report", "/my-account/abuses", "/admin/moderation/abuses/list",
	}
}

func TestPagesAreSoundHTML(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, who := range []string{"nobody", "root"} {
		if who == "root" {
			s.login()
		}
		for _, path := range everyPage() {
			a := s.get(path)
			if a.status >= http.StatusInternalServerError {
				t.Errorf("%s, %s: status %d", who, path, a.status)
			}
			for _, bad := range mistakes(t, a.body) {
				t.Errorf("%s, %s: %s", who, path, bad)
			}
		}
	}
}

// mistakes lists what is wrong with a page for those who cannot see it, and
// what its content policy would refuse.
func mistakes(t *testing.T, page string) []string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var bad []string
	say := func(format string, args ...any) { bad = append(bad, fmt.Sprintf(format, args...)) }
	ids, labels, heads, mains := map[string]int{}, map[string]bool{}, 0, 0
	var references, controls []string
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		at := attributes(n)
		if id := at["id"]; id != "" {
			ids[id]++
		}
		if strings.Contains(text(n), "web.") && n.FirstChild != nil && n.FirstChild.Type == html.TextNode && n.Data != "script" {
			say("a text is missing: %q", text(n))
		}
		for name := range at {
			if strings.HasPrefix(name, "on") || name == "style" {
				say("<%s %s> is inline", n.Data, name)
			}
		}
		switch n.Data {
		case "html":
			if at["lang"] == "" || at["dir"] == "" {
				say("no language or direction")
			}
		case "h1":
			heads++
		case "main":
			mains++
		case "style":
			say("a style is inline")
		case "script":
			if at["src"] == "" && !strings.HasSuffix(at["type"], "json") {
				say("a script is inline")
			}
		case "img":
			if _, ok := at["alt"]; !ok {
				say("a picture without alternative")
			}
		case "label":
			labels[at["for"]] = true
		case "input", "select", "textarea":
			if at["type"] != "hidden" && at["aria-label"] == "" && !inLabel(n) {
				controls = append(controls, at["id"])
			}
		case "form":
			if at["method"] == "post" && !strings.Contains(markup(n), `name="csrf"`) {
				say("a form without token: %s", at["action"])
			}
		}
		for _, name := range []string{"popovertarget", "aria-labelledby", "aria-describedby"} {
			references = append(references, strings.Fields(at[name])...)
		}
	}
	if heads != 1 || mains != 1 {
		say("%d h1 and %d main, want one of each", heads, mains)
	}
	for id, n := range ids {
		if n > 1 {
			say("the id %q is there %d times", id, n)
		}
	}
	for _, id := range controls {
		if id == "" || !labels[id] {
			say("the field %q has no label", id)
		}
	}
	for _, id := range references {
		if ids[id] == 0 {
			say("nothing has the id %q", id)
		}
	}
	return bad
}

func attributes(n *html.Node) map[string]string {
	at := map[string]string{}
	for _, a := range n.Attr {
		at[a.Key] = a.Val
	}
	return at
}

func inLabel(n *html.Node) bool {
	for p := range n.Ancestors() {
		if p.Data == "label" {
			return true
		}
	}
	return false
}

func text(n *html.Node) string {
	if n.FirstChild != nil && n.FirstChild.Type == html.TextNode {
		return n.FirstChild.Data
	}
	return ""
}

func markup(n *html.Node) string {
	var b bytes.Buffer
	_ = html.Render(&b, n) // a Buffer takes everything
	return b.String()
}

func TestWatchPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.alter(publicUUID, `duration = $2`, 600)
	body := s.get("/w/" + video.ShortUUID(publicUUID) + "?start=1m5s&stop=90").body
	for _, want := range []string{
		`First &lt;video&gt; &amp; &#34;friends&#34;`, `<strong>first</strong>`, `href="?start=5s" data-seek="5">0:05</a>`,
		`rel="canonical"`, `property="og:title"`, `application/ld+json`, `-720.mp4#t=65,90" type="video/mp4"`, `"start":65`, `1.2M views`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	for _, not := range []string{"<script>alert", "seek=\"83\""} {
		if strings.Contains(body, not) {
			t.Errorf("the page has %s", not)
		}
	}
}

func TestWhoMayNotWatch(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	path := "/w/" + video.ShortUUID(protectedUUID)
	if a := s.get(path); a.status != http.StatusForbidden || !strings.Contains(a.body, `name="password"`) {
		t.Errorf("without a password: %d, want a form", a.status)
	}
	if a := s.post(path, path, url.Values{"password": {"wrong"}}); !strings.Contains(a.body, "This password is wrong") {
		t.Errorf("a wrong password: %d %s", a.status, a.body)
	}
	if a := s.post(path, path, url.Values{"password": {"open sesame"}}); a.status != http.StatusOK || !strings.Contains(a.body, "videoFileToken=") {
		t.Errorf("the right password: %d, want the video with a token", a.status)
	}
	if a := s.get("/w/" + video.ShortUUID(sensitiveUUID)); strings.Contains(a.body, "<video") || !strings.Contains(a.body, "Somebody falls.") {
		t.Error("a sensitive video is shown without a warning")
	}
	if a := s.get("/w/" + video.ShortUUID(sensitiveUUID) + "?sensitive=show"); !strings.Contains(a.body, "<video") {
		t.Error("a sensitive video is not shown to who agreed")
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if a := s.get("/my-account/settings"); a.url.Path != "/login" || a.url.Query().Get("to") != "/my-account/settings" {
		t.Errorf("a page for users: at %s, want the login", a.url)
	}
	a := s.post("/login", "/login", url.Values{"username": {"root"}, "password": {"wrong"}})
	if a.status < 400 || !strings.Contains(a.body, "The name or the password is wrong") || !strings.Contains(a.body, `value="root"`) {
		t.Errorf("a wrong password: %d %s", a.status, a.body)
	}
	if strings.Contains(a.body, `value="wrong"`) {
		t.Error("the form shows the password that was typed")
	}
	for _, to := range []string{"https://evil.example/", "//evil.example", `/\evil.example`} {
		a := s.post("/login", "/login", url.Values{"username": {"root"}, "password": {rootPassword}, "to": {to}})
		if a.url.Path != "/" || "http://"+a.url.Host != s.server.URL {
			t.Errorf("after the login to %q: at %s", to, a.url)
		}
		s.post("/", "/logout", url.Values{})
	}
	if a := s.get("/my-library/videos"); a.url.Path != "/login" {
		t.Error("still logged in after the logout")
	}
}

func TestFormsKeepWhatWasTyped(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	in := url.Values{"username": {"Not Good"}, "email": {"nobody"}, "password": {"secret word"}, "agree": {"true"}}
	a := s.post("/signup", "/signup", in)
	if a.status != http.StatusBadRequest || !strings.Contains(a.body, `value="Not Good"`) || strings.Contains(a.body, "secret word") {
		t.Errorf("sign-up with mistakes: %d", a.status)
	}
	if !strings.Contains(a.body, `id="error-username"`) || !strings.Contains(a.body, `id="error-email"`) {
		t.Error("no message beside the fields")
	}
	a = s.post("/signup", "/signup", url.Values{"username": {"alice"}, "email": {"alice@example.com"}, "password": {"secret word"}, "agree": {"true"}})
	if a.url.Path != "/" || !strings.Contains(a.body, "@alice") {
		t.Errorf("sign-up: at %s, want the home page, logged in", a.url)
	}
}

func TestForeignFormsAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.server.URL+"/videos/delete/"+video.ShortUUID(publicUUID), strings.NewReader("csrf=wrong"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if a := s.do(r); a.status != http.StatusForbidden {
		t.Errorf("a wrong token: %d, want 403", a.status)
	}
	if a := s.get("/w/" + video.ShortUUID(publicUUID)); a.status != http.StatusOK {
		t.Error("the video is gone")
	}
	if a := s.post("/my-library/videos", "/videos/delete/"+video.ShortUUID(publicUUID), url.Values{}); !strings.Contains(a.body, "Deleted.") {
		t.Errorf("delete: %d at %s", a.status, a.url)
	}
	if a := s.get("/w/" + video.ShortUUID(publicUUID)); a.status != http.StatusNotFound {
		t.Errorf("a deleted video: %d, want 404", a.status)
	}
}

func TestUploadWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	send := func(content string) answer {
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		for name, value := range map[string]string{"privacy": "1", "channelId": "1"} {
			if err := m.WriteField(name, value); err != nil {
				t.Fatal(err)
			}
		}
		f, err := m.CreateFormFile("videofile", "my_holiday.mp4")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(f, content)
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.server.URL+"/videos/upload", &b)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", m.FormDataContentType())
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		return s.do(r)
	}
	if a := send("text"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "This is not a video") {
		t.Errorf("a text: %d", a.status)
	}
	if a := send("media"); a.url.Path != "/w/"+video.ShortUUID(publicUUID) {
		t.Errorf("a video: %d at %s", a.status, a.url)
	}
	if got := s.pages.Uploads.(*uploads).got; got.Name == nil || *got.Name != "my holiday" {
		t.Errorf("the title: %v, want the file's name", got.Name)
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.post("/", "/preferences", url.Values{"language": {"fr"}, "theme": {"dark"}, "to": {"/login"}})
	if !strings.Contains(a.body, `lang="fr"`) || !strings.Contains(a.body, `data-theme="dark"`) || !strings.Contains(a.body, "Se connecter") {
		t.Errorf("after choosing French and dark: %.300s", a.body)
	}
}
