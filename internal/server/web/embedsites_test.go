package web_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"sepiola/internal/domain/video"
)

func TestOwnersSayWhereTheirVideosMayBeEmbedded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	short := video.ShortUUID(publicUUID)
	page := "/videos/manage/" + short + "/embed"
	s.get(page).holds(t, 200, `name="password"`) // the login
	s.member("ada")
	s.post("/login", "/login", url.Values{"username": {"ada"}, "password": {"a good password"}, "to": {"/about"}})
	s.get(page).holds(t, 403)
	s.get("/videos/manage/nonsense/embed").holds(t, 404)
	s.post("/about", page, url.Values{"policy": {"2"}}).holds(t, 403)
	s = newSite(t)
	const only = "Only pages of some sites may show this video."
	s.get("/w/"+short).holds(t, 200, "!"+only, "!"+page)
	s.login()
	s.get("/w/"+short).holds(t, 200, "!"+only, `href="`+page+`"`)
	s.get("/videos/update/"+short).holds(t, 200, `href="`+page+`"`)
	s.get(page).holds(t, 200, `<option value="1" selected>All pages</option>`)
	send := func(policy, domains string) answer {
		s.t.Helper()
		return s.post(page, page, url.Values{"policy": {policy}, "domains": {domains}})
	}
	send("2", " https://Blog.Example.org:443/a/page?b \nnews.example:8443, blog.example.org/").
		holds(t, 200, "Saved.", ">blog.example.org\nnews.example:8443</textarea>", `<option value="2" selected>`)
	s.get("/w/"+short).holds(t, 200, only)
	from := func(site string) int {
		s.t.Helper()
		a, _ := s.framed("/videos/embed/"+publicUUID, "Referer", site, "Sec-Fetch-Site", "cross-site")
		return a.status
	}
	for site, want := range map[string]int{"https://blog.example.org/x": 200, "https://news.example:8443/": 200, "https://news.example/": 403, "https://other.example/": 403} {
		if got := from(site); got != want {
			t.Errorf("embedded in %s: %d, want %d", site, got, want)
		}
	}
	send("2", "ok.example\n<b>no</b>\nnot/a/site").holds(t, 400,
		"That is no site: &lt;b&gt;no&lt;/b&gt;, not/a/site.", `aria-invalid="true"`, ">ok.example\n&lt;b&gt;no&lt;/b&gt;\nnot/a/site</textarea>")
	var many []string
	for i := range video.MaxEmbedDomains + 1 {
		many = append(many, "s"+strconv.Itoa(i)+".example")
	}
	send("2", strings.Join(many, " ")).holds(t, 400, "A list has 100 sites at most.")
	send("2", strings.Repeat("_ ", 5000)).holds(t, 400, "That is no site: _, _, _, ….")
	send("3", "").holds(t, 400, "Choose one of the two.")
	s.get(page).holds(t, 200, ">blog.example.org\nnews.example:8443</textarea>") // what was wrong changed nothing
	send("2", "").holds(t, 200, "Saved.")
	if got := from("https://blog.example.org/x"); got != 403 {
		t.Errorf("embedded with an empty list: %d", got)
	}
	send("1", "<b>").holds(t, 200, "Saved.", `<option value="1" selected>`)
	if got := from("https://other.example/"); got != 200 {
		t.Errorf("embedded when every page may: %d", got)
	}
}
