package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"sepiola/internal/domain/user"
	"sepiola/internal/server/web"
)

func TestHintsAreShownUntilTheyArePutAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.set(func(set *web.Settings) { set.Setup = web.Setup{Mail: true, Terms: true} })
	shown := func(path string) string {
		t.Helper()
		_, rest, ok := strings.Cut(s.get(path).body, `name="hint" value="`)
		if !ok {
			return ""
		}
		kind, _, _ := strings.Cut(rest, `"`)
		return kind
	}
	away := func(kind string) answer {
		return s.post("/my-library/videos", "/preferences/hint", url.Values{"hint": {kind}, "to": {"/my-library/videos?notice=saved&sort=name"}})
	}
	if got := shown("/"); got != "" {
		t.Errorf("who is not logged in is told %q", got)
	}
	s.login()
	if got := shown("/w/" + publicUUID); got != "" {
		t.Errorf("who watches is told %q", got)
	}
	a := s.get("/")
	a.has(t, "welcome", 200, "This site is running.", "A name of its own", "instance.administrator", "Sign-up is open", `href="/admin/settings/config/homepage"`)
	if strings.Count(a.body, ">Missing:<") != 3 || strings.Count(a.body, ">Done:<") != 3 {
		t.Errorf("%d steps are missing and %d done", strings.Count(a.body, ">Missing:<"), strings.Count(a.body, ">Done:<"))
	}
	for _, bad := range mistakes(t, a.body) {
		t.Error(bad)
	}
	if a := away("welcome"); a.status != http.StatusOK || a.url.RequestURI() != "/my-library/videos?sort=name" { // what was said before is not said again
		t.Errorf("put away: %d at %s", a.status, a.url)
	}
	if got := shown("/"); got != "config" {
		t.Fatalf("then comes %q, want what is missing", got)
	}
	s.get("/admin/overview/users").has(t, "what is missing", 200, "Anybody may sign up here", "Who runs the site")
	if strings.Contains(s.get("/").body, `web.hint.step`) || strings.Contains(s.get("/").body, "smtp.hostname") {
		t.Error("mail is asked for where it is not needed")
	}
	s.policy.Signup.Enabled = false
	if got := shown("/"); got != "account" {
		t.Errorf("where nobody may sign up comes %q, want the account's", got)
	}
	s.policy.Signup.Enabled = true
	away("config")
	if got := shown("/my-account"); got != "account" {
		t.Errorf("then comes %q, want the account's", got)
	}
	away("account")
	if got := shown("/"); got != "" {
		t.Errorf("after all it is %q", got)
	}
	root, err := s.users.Store.ByUsername(t.Context(), "root")
	if err != nil || !root.Preferences.NoWelcome || !root.Preferences.NoInstanceConfigWarning || !root.Preferences.NoAccountSetupWarning {
		t.Errorf("it is not remembered as PeerTube does: %+v %v", root, err)
	}
	if a := away("nonsense"); a.status != http.StatusNotFound {
		t.Errorf("nonsense: %d", a.status)
	}

	s.addUser("eve", user.Member)
	s.loginAs("eve")
	if got := shown("/my-library/videos"); got != "account" {
		t.Errorf("a member is told %q", got)
	}
	s.get("/").has(t, "a member", 200, "Your account is not complete.", `href="/my-account/settings"`)
}
