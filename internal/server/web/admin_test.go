package web_test

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/storage/store"
)

const (
	usersPage         = "/admin/overview/users"
	jobsPage          = "/admin/system/jobs"
	registrationsPage = "/admin/moderation/registrations/list"
)

func newJar(t *testing.T) http.CookieJar {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return jar
}

func codeAt(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// administration is what only some may see or do: the path, and whether
// moderators may.
var administration = []struct {
	method, path string
	moderators   bool
}{
	{"GET", usersPage, true},
	{"GET", usersPage + "/create", true},
	{"GET", usersPage + "/update/1", false},
	{"GET", registrationsPage, true},
	{"GET", jobsPage, false},
	{"POST", jobsPage + "/pause", false},
	{"POST", jobsPage + "/email/6/retry", false},
	{"POST", usersPage + "/1/block", false},
	{"POST", usersPage + "/1/delete", false},
	{"POST", usersPage + "/update/1", false},
}

func TestWhoMayAdminister(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser("member", user.Member)
	s.addUser("moderator", user.Moderator)
	ask := func(method, path string) answer {
		if method == "POST" {
			return s.post("/about", path, url.Values{"email": {"x@example.com"}})
		}
		return s.get(path)
	}
	for _, tt := range administration {
		if a := ask(tt.method, tt.path); tt.method == "GET" && (a.url.Path != "/login" || a.url.Query().Get("to") != tt.path) || tt.method == "POST" && a.status != http.StatusUnauthorized {
			t.Errorf("nobody, %s %s: %d at %s, want the login", tt.method, tt.path, a.status, a.url)
		}
	}
	for _, who := range []string{"member", "moderator"} {
		s.browser.Jar = newJar(t)
		s.loginAs(who)
		for _, tt := range administration {
			want := http.StatusForbidden
			if who == "moderator" && tt.moderators {
				want = http.StatusOK
			}
			a := ask(tt.method, tt.path)
			a.has(t, who+", "+tt.method+" "+tt.path, want)
			if want == http.StatusForbidden && !strings.Contains(a.body, "This is not open to you") {
				t.Errorf("%s, %s %s: no page of a problem", who, tt.method, tt.path)
			}
		}
	}
	if s.jobs.paused || len(s.jobs.told) > 0 || s.user(1).Blocked || s.user(1).Email != "root@example.com" {
		t.Error("something was done that was refused")
	}
	if a := s.get(usersPage); strings.Contains(a.body, "/update/1\"") || !strings.Contains(a.body, "/update/2\"") {
		t.Error("a moderator is offered other users than members to edit")
	}
	if a := s.get("/about"); strings.Contains(a.body, jobsPage) || !strings.Contains(a.body, usersPage) {
		t.Error("the menu of a moderator has what is not theirs")
	}
}

func TestChangesNeedTheToken(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	alice := s.addUser("alice", user.Member)
	s.login()
	for _, path := range []string{
		fmt.Sprintf(usersPage+"/%d/delete", alice.ID), fmt.Sprintf(usersPage+"/%d/block", alice.ID), fmt.Sprintf(usersPage+"/update/%d", alice.ID),
		usersPage + "/create", jobsPage + "/pause", jobsPage + "/email/6/retry", "/admin/moderation/registrations/1/accept",
		"/my-account/profile", "/my-account/password", "/my-account/email", "/my-account/playback", "/my-account/sensitive", "/my-account/avatar",
		"/my-account/delete", "/my-account/two-factor-auth", "/my-account/sessions/1/revoke", channels + "/create",
		channels + "/update/root_channel", channels + "/banner/root_channel", channels + "/delete/root_channel",
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.server.URL+path, strings.NewReader("confirm=root&confirm=root_channel"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		s.do(r).has(t, path, http.StatusForbidden)
	}
	if s.user(alice.ID).Blocked || s.jobs.paused {
		t.Error("something was done that was refused")
	}
}

func TestJobsAreShownAndSteered(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	s.get(jobsPage).has(t, "jobs", 200, "Make versions of a video", "no route to host", `{&#34;to&#34;:&#34;&lt;b&gt;&#34;}`, `value="40"`)
	s.get(jobsPage+"?state=failed&type=email").has(t, "failed mails", 200, `href="/admin/system/jobs?state=failed&amp;type=email" aria-current="page"`,
		`<option value="email" selected>`)
	if want := (instance.JobFilter{State: instance.JobFailed, Type: "email", Count: 30}); s.jobs.asked != want {
		t.Errorf("asked for %+v, want %+v", s.jobs.asked, want)
	}
	s.get(jobsPage+"?state=nonsense&type=%3Cb%3E").has(t, "nonsense", 200)
	if s.jobs.asked.State != "" || s.jobs.asked.Type != "" {
		t.Errorf("asked for %+v, want all", s.jobs.asked)
	}
	if a := s.get(jobsPage + "?live=true"); !strings.Contains(a.body, `http-equiv="refresh"`) {
		t.Error("a live page does not load itself again without scripts")
	}
	a := s.post(jobsPage, jobsPage+"/email/6/retry", url.Values{"state": {"failed"}})
	if a.url.Query().Get("state") != "failed" {
		t.Errorf("after a retry: at %s, want the list it was in", a.url)
	}
	s.post(jobsPage, jobsPage+"/video-transcoding/7/cancel", url.Values{})
	s.post(jobsPage, jobsPage+"/pause", url.Values{}).has(t, "paused", 200, "No new job will begin.", "Resume")
	if got := strings.Join(s.jobs.told, ", "); got != "retry email 6, cancel video-transcoding 7" || !s.jobs.paused {
		t.Errorf("told %q, paused %v", got, s.jobs.paused)
	}
	s.post(jobsPage, jobsPage+"/resume", url.Values{}).has(t, "resumed", 200, "Jobs go on.", "Pause all")
	s.post(jobsPage, jobsPage+"/email/x/retry", url.Values{}).has(t, "no number", 404)
}

func TestUsersAreListed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for i := range 35 { // straight into the database: hashing passwords takes long
		name := fmt.Sprintf("user%02d", i)
		u := &user.User{Username: name, Email: name + "@example.com", Role: user.Member, CreatedAt: s.now.Add(time.Duration(i) * time.Second), UpdatedAt: s.now}
		if err := (store.Users{DB: s.db}).Create(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	s.login()
	a := s.get(usersPage)
	a.has(t, "users", 200, "36 users", "Page 1 of 2", ">user34<")
	s.get(usersPage+"?sort=username&page=2").has(t, "by name", 200, ">user34<", `<option value="username" selected>`, `href="/admin/overview/users?sort=username"`)
	if a := s.get(usersPage + "?search=user07"); !strings.Contains(a.body, ">user07<") || strings.Contains(a.body, ">user08<") || !strings.Contains(a.body, "1 user<") {
		t.Errorf("a search: %d", a.status)
	}
	s.get(usersPage+"?search=banned:true").has(t, "blocked ones", 200, "0 users", `value="banned:true"`)
	s.get(usersPage+"?search=banned:false+user07").has(t, "one that is not blocked", 200, ">user07<", "1 user<", "What can be typed here")
	s.get(usersPage+"?sort=password&page=-1").has(t, "nonsense", 200, "36 users")
}

func TestUsersAreMadeAndEdited(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	in := url.Values{"username": {"alice"}, "email": {"alice"}, "password": {"the word of alice"}, "role": {"2"}, "videoQuota": {"1073741824"}, "videoQuotaDaily": {"-1"}}
	s.post(usersPage+"/create", usersPage+"/create", in).
		has(t, "a bad address", 400, `value="alice"`, `id="error-email"`, `<option value="1073741824" selected>`)
	in.Set("email", "alice@example.com")
	s.post(usersPage+"/create", usersPage+"/create", in).has(t, "a user", 200, "Saved.", "alice@example.com")
	s.post(usersPage+"/create", usersPage+"/create", in).has(t, "the same user", 409, "already exists", `value="alice@example.com"`)
	list, _, err := s.users.List(t.Context(), user.ListParams{Search: "alice", Sort: "id", Count: 1})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	alice := list[0]
	edit := fmt.Sprintf(usersPage+"/update/%d", alice.ID)
	s.get(edit).has(t, "the form", 200, "Edit alice")
	s.post(edit, edit, url.Values{"email": {"a@example.com"}, "role": {"1"}, "videoQuota": {"0"}, "videoQuotaDaily": {"0"}}).has(t, "a change", 200, "Saved.")
	if u := s.user(alice.ID); u.Role != user.Moderator || u.VideoQuota != 0 || u.Email != "a@example.com" || u.PasswordHash != alice.PasswordHash {
		t.Errorf("got %+v", u)
	}
	no := false
	awaited := &no
	if err := (store.Users{DB: s.db}).Change(t.Context(), alice.ID, user.Change{EmailVerified: &awaited}); err != nil {
		t.Fatal(err)
	}
	s.get(usersPage).has(t, "an address that waits for its proof", 200, "Not proved")
	in = url.Values{"email": {"a@example.com"}, "role": {"1"}, "videoQuota": {"0"}, "videoQuotaDaily": {"0"}, "emailVerified": {"true"}}
	s.post(edit, edit, in).has(t, "proved by an administrator", 200, "Saved.")
	if u := s.user(alice.ID); u.EmailVerified == nil || !*u.EmailVerified {
		t.Errorf("the address is not proved: %v", u.EmailVerified)
	}
	if a := s.get(usersPage + "/update/1"); strings.Contains(a.body, `name="role"`) {
		t.Error("root is offered another role")
	}
	s.get(usersPage+"/update/999").has(t, "nobody", 404)
}

func TestUsersAreBlockedAndDeleted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	alice := s.addUser("alice", user.Member)
	s.login()
	block := fmt.Sprintf(usersPage+"/%d/block", alice.ID)
	s.post(usersPage, block, url.Values{"reason": {"no"}}).has(t, "a short reason", 400, ">no</textarea>", `id="error-reason"`)
	s.post(usersPage, block, url.Values{"reason": {"<b>spam</b>"}}).has(t, "blocked", 200, "The user is blocked.", "&lt;b&gt;spam&lt;/b&gt;")
	if !s.user(alice.ID).Blocked {
		t.Error("alice is not blocked")
	}
	if a := s.get(usersPage + "?blocked=true"); !strings.Contains(a.body, "1 user<") || !strings.Contains(a.body, ">alice<") {
		t.Error("the list of the blocked")
	}
	s.post(usersPage, fmt.Sprintf(usersPage+"/%d/unblock", alice.ID), url.Values{}).has(t, "unblocked", 200, "Saved.")
	s.post(usersPage, fmt.Sprintf(usersPage+"/%d/delete", alice.ID), url.Values{}).has(t, "deleted", 200, "Deleted.")
	if _, err := s.users.Get(t.Context(), alice.ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("after the deletion: %v, want NotFound", err)
	}
	s.post(usersPage, usersPage+"/1/delete", url.Values{}).has(t, "root", 400)
}

func TestRegistrationsAreAnswered(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.policy.Signup.Approval = true
	for _, name := range []string{"alice", "bob"} {
		_, err := s.users.RequestRegistration(t.Context(), user.NewRegistration{
			Username: name, Email: name + "@example.com", Password: "the word of " + name, Reason: "I am <b>" + name,
		}, "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
	}
	s.addUser("moderator", user.Moderator)
	s.loginAs("moderator")
	s.get(registrationsPage).has(t, "those who wait", 200, "I am &lt;b&gt;alice", "I am &lt;b&gt;bob")
	s.get("/about").has(t, "the menu", 200, `<span class="menu-count" aria-hidden="true">2</span>`, "2 people wait")
	const accept, reject = "/admin/moderation/registrations/1/accept", "/admin/moderation/registrations/2/reject"
	s.post(registrationsPage, accept, url.Values{"moderationResponse": {"x"}}).
		has(t, "a short answer", 400, ">x</textarea>", `id="error-moderationResponse"`)
	s.post(registrationsPage, accept, url.Values{"moderationResponse": {"Welcome"}}).has(t, "accepted", 200, "Saved.", "bob@", "1 person waits")
	s.post(registrationsPage, accept, url.Values{"moderationResponse": {"Welcome"}}).has(t, "accepted again", 409)
	s.post(registrationsPage, reject, url.Values{"moderationResponse": {"Sorry, no"}}).has(t, "rejected", 200, "Nobody waits.")
	if a := s.get("/about"); strings.Contains(a.body, "menu-count") {
		t.Error("nobody waits, but the menu counts")
	}
	if a := s.get(registrationsPage + "?state=3"); !strings.Contains(a.body, "alice@") || strings.Contains(a.body, "bob@") {
		t.Error("the list of the accepted")
	}
	s.get(registrationsPage+"?state=0&search=bob").has(t, "a search", 200, "Sorry, no")
	s.get(registrationsPage+"?state=nonsense").has(t, "nonsense", 200, "alice@", "bob@")
	s.post(registrationsPage, "/admin/moderation/registrations/2/burn", url.Values{}).has(t, "no such answer", 404)
	s.browser.Jar = newJar(t)
	s.loginAs("alice")
}
