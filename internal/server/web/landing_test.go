package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"sepiola/internal/errs"
	"sepiola/internal/server/web"
)

// homepage is the page that administrators wrote.
type homepage struct{ text string }

func written(text string) *homepage { return &homepage{text} }

func (h *homepage) Homepage(context.Context) (string, error) {
	if h.text == "" {
		return "", errs.New(errs.NotFound, "none")
	}
	return h.text, nil
}

func (h *homepage) SetHomepage(_ context.Context, text string) error {
	if len(text) > 100_000 {
		return errs.Fields(errs.Param{Name: "content"})
	}
	h.text = text
	return nil
}

// set changes the settings of the site.
func (s *site) set(change func(*web.Settings)) {
	before := s.pages.Settings
	s.pages.Settings = func() web.Settings {
		set := before()
		change(&set)
		return set
	}
}

func TestTheFirstPageIsTheOneThatAdministratorsChose(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	landing := ""
	s.set(func(set *web.Settings) { set.Landing = landing })
	for route, want := range map[string]string{
		"": "/", "/videos/browse": "/", "/videos/overview": "/videos/overview", "/videos/browse?scope=local&sort=-hot": "/videos/browse", "/home": "/",
		"https://elsewhere.example/": "/", "//elsewhere.example": "/", "/": "/", "/?sort=name": "/", "/#top": "/", "/./": "/", "/videos/subscriptions": "/",
	} {
		landing = route
		if a := s.get("/"); a.status != http.StatusOK || a.url.Path != want || a.url.Host != strings.TrimPrefix(s.server.URL, "http://") {
			t.Errorf("%q: %d at %s, want %s", route, a.status, a.url, want)
		}
	}
	landing = ""
	if a := s.get("/home"); a.status != http.StatusOK || a.url.Path != "/" {
		t.Errorf("a page that nobody wrote: %d at %s", a.status, a.url)
	}
	landing = "/home"
	s.pages.Homepage = written("# Hello\n\n<div onclick=\"x()\">there<script>alert(1)</script></div>\n\n[us](/about) <peertube-container>within</peertube-container> ![](javascript:x)")
	a := s.get("/")
	for _, want := range []string{"Hello</h1>", "<div>there</div>", `<a href="/about"`, "within"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the written page lacks %s", want)
		}
	}
	for _, bad := range []string{"alert(1)", "onclick", "javascript:", "peertube-container"} {
		if strings.Contains(a.body, bad) {
			t.Errorf("the written page has %s", bad)
		}
	}
	for _, bad := range mistakes(t, a.body) {
		t.Error(bad)
	}
}

func TestAllVideosAreListedAsAdministratorsChose(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.set(func(set *web.Settings) { set.BrowseSort, set.BrowseLocal = "name", true })
	body := s.get("/videos/browse").body
	if !strings.Contains(body, `aria-current="true">This site only</a>`) || !strings.Contains(body, `sort=name" aria-current`) {
		t.Error("the page is not sorted by name, with this site's videos alone")
	}
	if strings.Contains(body, `<details class="filters" open`) {
		t.Error("what administrators chose counts as the reader's filter")
	}
	if body = s.get("/videos/browse?scope=federated&sort=-views").body; !strings.Contains(body, `scope=federated&amp;sort=-views" aria-current="true">Everywhere</a>`) || !strings.Contains(body, `sort=-views" aria-current`) {
		t.Error("what the reader chose is not shown")
	}
}

func TestAMessageToEverybodyIsOnAllPagesUntilItIsPutAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := web.Broadcast{Message: "We *move* tonight, <a href=\"/about\">there</a> <script>alert(1)</script>", Level: "warning", Dismissable: true}
	s.set(func(set *web.Settings) { set.Broadcast = m })
	shown := func() bool {
		return strings.Contains(s.get("/about").body, `We <em>move</em> tonight, <a href="/about"`)
	}
	if !shown() {
		t.Fatal("it is not there")
	}
	body := s.get("/about").body
	if strings.Contains(body, "alert(1)</script>") {
		t.Error("it can run scripts")
	}
	for _, bad := range mistakes(t, body) {
		t.Error(bad)
	}
	id := body[strings.Index(body, `name="id" value="`)+len(`name="id" value="`):][:12]
	if a := s.post("/about", "/preferences/broadcast", url.Values{"id": {id}, "to": {"/about"}}); a.url.Path != "/about" || shown() {
		t.Errorf("it was not put away: %s", a.url)
	}
	if m.Message = "We have moved"; !strings.Contains(s.get("/").body, "We have moved") {
		t.Error("another message is not shown")
	}
	if m.Dismissable = false; strings.Contains(s.get("/").body, "/preferences/broadcast") {
		t.Error("it can be put away")
	}
}
