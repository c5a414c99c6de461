package web_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/user"
)

// withTwoFactor turns two-factor on for somebody who is logged in, logs them
// out and returns the secret.
func (s *site) withTwoFactor(name string) string {
	s.t.Helper()
	u := s.addUser(name, user.Member)
	word := "the word of " + name
	req, err := s.pages.TwoFactor.Request(s.t.Context(), u, u.ID, &word)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.pages.TwoFactor.Confirm(s.t.Context(), u, u.ID, req.Token, codeAt(s.t.(*testing.T), req.Secret, s.now)); err != nil {
		s.t.Fatal(err)
	}
	return req.Secret
}

func (s *site) firstStep(name string) answer {
	s.t.Helper()
	return s.post("/login", "/login", url.Values{"username": {name}, "password": {"the word of " + name}, "to": {"/about?a=b"}})
}

func TestTheCodeIsASecondStepWithoutThePassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	secret := s.withTwoFactor("alice")
	a := s.firstStep("alice")
	a.has(t, "the first step", 200, "One more step", `name="otp"`, `name="to" value="/about?a=b"`)
	if a.url.Path != "/login/code" || strings.Contains(a.body, `name="password"`) || strings.Contains(a.body, "the word of") {
		t.Errorf("at %s: the password is asked for or shown again", a.url)
	}
	in := url.Values{"otp": {"000000"}, "to": {"/about?a=b"}}
	s.post("/login/code", "/login/code", in).has(t, "a wrong code", 400, `id="error-otp"`, "wrong or too old", `name="to" value="/about?a=b"`)
	s.post("/login/code", "/login/code", url.Values{"otp": {""}}).has(t, "no code", 400, `id="error-otp"`)
	in.Set("otp", " "+codeAt(t, secret, s.now)[:3]+" "+codeAt(t, secret, s.now)[3:])
	if a := s.post("/login/code", "/login/code", in); a.url.Path != "/about" || !strings.Contains(a.body, "@alice") {
		t.Errorf("the right code: %d at %s", a.status, a.url)
	}
	page := &url.URL{Scheme: "http", Host: strings.TrimPrefix(s.server.URL, "http://"), Path: "/login/code"}
	for _, c := range s.browser.Jar.Cookies(page) {
		if c.Name == "sepiola_login" {
			t.Error("the pending login is kept after the login")
		}
	}
}

func TestASecondStepNeedsTheFirst(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	secret := s.withTwoFactor("alice")
	if a := s.get("/login/code?to=/about"); a.url.Path != "/login" || a.url.Query().Get("to") != "/about" {
		t.Errorf("without a first step: at %s", a.url)
	}
	code := func() url.Values { return url.Values{"otp": {codeAt(t, secret, s.now)}} }
	if a := s.post("/login", "/login/code", code()); a.url.Path != "/login" {
		t.Errorf("a code without a password: at %s", a.url)
	}
	s.firstStep("alice")
	s.now = s.now.Add(user.CodeWithin + time.Second)
	if a := s.post("/login", "/login/code", code()); a.url.Path != "/login" || !strings.Contains(a.body, "too long") {
		t.Errorf("a code that comes too late: at %s", a.url)
	}
	s.firstStep("alice")
	next := "quite another word"
	if err := s.users.Update(t.Context(), s.user(1), 2, user.AdminChange{Password: &next}); err != nil {
		t.Fatal(err)
	}
	if a := s.post("/login", "/login/code", code()); a.url.Path != "/login" {
		t.Errorf("a code after the password was changed: at %s", a.url)
	}
}

func TestCodesCannotBeGuessed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.limiter.Rates.OTP = user.Rate{Max: 3, Window: 5 * time.Minute}
	secret := s.withTwoFactor("alice")
	s.firstStep("alice")
	for range 3 {
		s.post("/login/code", "/login/code", url.Values{"otp": {"000000"}}).has(t, "a wrong code", 400)
	}
	s.browser.Jar, _ = cookiejar.New(nil) // beginning anew does not help
	s.firstStep("alice")
	s.post("/login/code", "/login/code", url.Values{"otp": {codeAt(t, secret, s.now)}}).has(t, "the right one after three", 429)
}

func TestLoginsFromOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.withTwoFactor("alice")
	s.firstStep("alice")
	for path, in := range map[string]url.Values{
		"/login":      {"username": {"root"}, "password": {rootPassword}},
		"/login/code": {"otp": {"123456"}},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.server.URL+path, strings.NewReader(in.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		s.do(r).has(t, path, 403)
	}
}
