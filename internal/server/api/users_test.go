package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pquerna/otp/totp"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/user"
	"sepiola/internal/server/api"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

var updateUsers = flag.Bool("update-users", false, "rewrite the golden files of users")

// usersKeys is one key pair for all actors of tests: making them is slow.
var usersKeys = sync.OnceValues(actor.GenerateKeys)

// usersSite is the API of users on a real database. What is asked of it is
// written down, in the form of the samples of PeerTube.
type usersSite struct {
	t        testing.TB
	handler  http.Handler
	policy   user.Policy
	users    *user.Service
	sessions *user.Sessions
	mails    []user.Mail
	now      time.Time
	client   user.Client
	log      strings.Builder
	ip       string
}

// Queue implements user.Mailer.
func (s *usersSite) Queue(_ context.Context, m user.Mail) error {
	s.mails = append(s.mails, m)
	return nil
}

type usersNoFiles struct{}

func (usersNoFiles) RemoveOfChannel(context.Context, actor.ChannelID) error { return nil }
func (usersNoFiles) RemoveOfAccount(context.Context, actor.AccountID) error { return nil }

const usersRootPassword = "root password 1"

func newUsersSite(t testing.TB) *usersSite {
	t.Helper()
	db := sqldbtest.SQLite(t)
	s := &usersSite{
		t: t, now: time.Date(2030, 1, 2, 3, 4, 5, 678_000_000, time.UTC), ip: "192.0.2.7",
		policy: user.Policy{
			Signup:     user.Signup{Enabled: true, Limit: -1},
			VideoQuota: -1, VideoQuotaDaily: -1, MinPassword: 6, ChannelName: "Main $1 channel",
			NSFWPolicy: "do_not_list", P2P: true, History: true, Language: "en",
		},
	}
	site := instance.Site{Scheme: "http", Host: "localhost:9000"}
	now := func() time.Time { return s.now }
	policy := func() user.Policy { return s.policy }
	random := user.Random{Source: mathrand.NewChaCha8([32]byte{1})}
	cipher, err := user.NewCipher("secret of this test")
	if err != nil {
		t.Fatal(err)
	}
	limiter := &user.Limiter{Store: store.RateLimits{DB: db}, Now: now}
	passwords := user.NewPasswords(2)
	clients, actors := store.OAuthClients{DB: db}, store.Actors{DB: db}
	s.sessions = &user.Sessions{
		Users: store.Users{DB: db}, Store: store.Sessions{DB: db}, Registrations: store.Registrations{DB: db},
		Limits: limiter, Passwords: passwords, Cipher: cipher, Lifetimes: user.DefaultLifetimes(), Policy: policy, Random: random, Now: now,
	}
	s.users = &user.Service{
		Store: store.Users{DB: db}, Actors: actors, Sessions: store.Sessions{DB: db}, Clients: clients,
		Channels: &actor.Channels{
			Store: actors, Files: usersNoFiles{}, Site: site, InTx: db.InTx, Now: now, NewKeys: usersKeys, MaxPerUser: func() int { return 20 },
		},
		Registrations: store.Registrations{DB: db}, Verifications: store.Verifications{DB: db}, Limits: limiter, Mailer: s,
		Passwords: passwords, Site: site, Lifetimes: user.DefaultLifetimes(), Policy: policy, Random: random, Now: now,
		NewKeys: usersKeys, InTx: db.InTx,
	}
	authn := &auth.Authenticator{
		Sessions: s.sessions, Site: site, Now: now, Log: slog.New(slog.DiscardHandler),
		ClientIP: func(*http.Request) string { return s.ip },
	}
	s.users.Changed, s.sessions.Changed = authn.Forget, authn.Forget
	s.start()

	r := rest.NewRouter(slog.New(slog.DiscardHandler))
	r.Use(authn.Authenticate)
	(&api.OAuth{Sessions: s.sessions, Users: s.users, Clients: clients, Limits: limiter, Site: site, Device: authn.Device}).Mount(r)
	(&api.Users{Users: s.users, Actors: actors, Site: site, Policy: policy}).Mount(r)
	(&api.Registrations{Users: s.users, Limits: limiter, Policy: policy, Device: authn.Device}).Mount(r)
	(&api.Me{Users: s.users, Actors: actors, Site: site, Policy: policy, Playlists: &playlist.Service{
		Store: store.Playlists{DB: db, Videos: &store.Videos{DB: db}}, Site: site, InTx: db.InTx, Now: now,
	}}).Mount(r)
	(&api.TwoFactor{TwoFactor: &user.TwoFactor{Service: s.users, Cipher: cipher}}).Mount(r)
	(&api.Sessions{Sessions: s.sessions}).Mount(r)
	s.handler = http.StripPrefix("/api/v1", r)
	return s
}

func (s *usersSite) start() {
	s.t.Helper()
	ctx := s.t.Context()
	if err := s.users.EnsureInstanceActor(ctx); err != nil {
		s.t.Fatal(err)
	}
	if err := s.users.EnsureOAuthClient(ctx); err != nil {
		s.t.Fatal(err)
	}
	if created, _, err := s.users.EnsureRoot(ctx, usersRootPassword, ""); err != nil || !created {
		s.t.Fatal(created, err)
	}
	var err error
	if s.client, err = s.users.OAuthClient(ctx); err != nil {
		s.t.Fatal(err)
	}
}

// usersAnswer is an answer of the API.
type usersAnswer struct {
	status int
	header http.Header
	body   []byte
}

func (a usersAnswer) field(t testing.TB, path string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for _, name := range strings.Split(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			t.Fatalf("no %s in %s", path, a.body)
		}
		v = m[name]
	}
	return fmt.Sprint(v)
}

// do asks, and writes it down under a note; an empty note is not written.
func (s *usersSite) do(note, method, path, token, body string, headers ...string) usersAnswer {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), method, "/api/v1"+path, strings.NewReader(body))
	r.Host = "localhost:9000"
	if strings.HasPrefix(body, "{") || strings.HasPrefix(body, "[") {
		r.Header.Set("Content-Type", "application/json")
	} else if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	b, err := io.ReadAll(w.Result().Body)
	if err != nil {
		s.t.Fatal(err)
	}
	a := usersAnswer{w.Code, w.Header(), b}
	if note != "" {
		s.write(note, method, path, a)
	}
	return a
}

func (s *usersSite) write(note, method, path string, a usersAnswer) {
	fmt.Fprintf(&s.log, "### %s\n%s /api/v1%s\n\n%d\n", note, method, path, a.status)
	for _, name := range []string{"Cache-Control", "Pragma", "X-Peertube-Otp", "Content-Type", "Retry-After"} {
		if v := a.header.Get(name); v != "" {
			fmt.Fprintf(&s.log, "%s: %s\n", name, v)
		}
	}
	var out bytes.Buffer
	if json.Indent(&out, a.body, "", " ") != nil {
		out.Write(a.body)
	}
	fmt.Fprintf(&s.log, "\n%s\n\n", out.String())
}

// usersRealTime matches what the store writes by the real clock.
var usersRealTime = regexp.MustCompile(`"20(?:[013-9]\d|2\d)-\d\d-\d\dT[0-9:.]+Z"`)

// golden compares what was written down.
func (s *usersSite) golden(name string) {
	s.t.Helper()
	got := usersRealTime.ReplaceAllStringFunc(s.log.String(), func(at string) string {
		if strings.HasPrefix(at, `"2030`) {
			return at
		}
		return `"<now>"`
	})
	path := filepath.Join("testdata", "users", name+".golden")
	if *updateUsers {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			s.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		s.t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func (s *usersSite) form(pairs ...string) string {
	v := url.Values{"client_id": {s.client.ID}, "client_secret": {s.client.Secret}, "grant_type": {"password"}}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			v.Del(pairs[i])
			continue
		}
		v.Set(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

func (s *usersSite) logIn(username, password string) string {
	s.t.Helper()
	a := s.do("", "POST", "/users/token", "", s.form("username", username, "password", password))
	return a.field(s.t, "access_token")
}

func (s *usersSite) root() string { return s.logIn("root", usersRootPassword) }

func TestOAuthIsPeerTubes(t *testing.T) {
	t.Parallel()
	s := newUsersSite(t)
	s.do("local client", "GET", "/oauth-clients/local", "", "")
	s.do("Host header differs from the configured one", "GET", "/oauth-clients/local", "", "", "Host", "other.example")
	s.do("a stale token does not matter", "GET", "/oauth-clients/local", "stale", "")
	post := func(note, form string, headers ...string) usersAnswer {
		return s.do(note, "POST", "/users/token", "", form, headers...)
	}
	first := post("password grant, ok", s.form("username", "root", "password", usersRootPassword))
	post("by address, in capitals", s.form("username", "ADMIN@example.com", "password", usersRootPassword))
	post("wrong password", s.form("username", "root", "password", "wrong password"))
	post("unknown user", s.form("username", "nobody", "password", usersRootPassword))
	post("unknown client id", s.form("client_id", "bogus", "username", "root", "password", usersRootPassword))
	post("wrong client secret", s.form("client_secret", "bogus", "username", "root", "password", usersRootPassword))
	post("unknown grant type", s.form("grant_type", "magic", "username", "root", "password", usersRootPassword))
	post("password field missing", s.form("username", "root"))
	post("client_id missing", s.form("client_id", "", "username", "root", "password", usersRootPassword))
	post("JSON body instead of a form", `{"client_id":"x"}`)
	post("far too long a password", s.form("username", "root", "password", strings.Repeat("x", 2000)))
	access, refresh := first.field(t, "access_token"), first.field(t, "refresh_token")
	again := s.form("grant_type", "refresh_token", "refresh_token", refresh)
	second := post("refresh, ok", again)
	s.do("old access token after the refresh", "GET", "/users/me/video-quota-used", access, "")
	post("the same refresh token again", again)
	post("unknown refresh token", s.form("grant_type", "refresh_token", "refresh_token", strings.Repeat("a", 40)))
	access = second.field(t, "access_token")
	s.do("no token", "GET", "/users/me", "", "")
	s.do("unknown token", "GET", "/users/me", strings.Repeat("b", 40), "")
	s.do("not a bearer header", "GET", "/users/me", "", "", "Authorization", "Basic abc")
	s.do("scoped tokens", "GET", "/users/scoped-tokens", access, "")
	s.do("renew scoped tokens", "POST", "/users/scoped-tokens", access, "")
	s.do("the new one", "GET", "/users/scoped-tokens", access, "")
	s.do("revoke", "POST", "/users/revoke-token", access, "")
	s.do("after revoke", "GET", "/users/me", access, "")
	s.do("revoke without token", "POST", "/users/revoke-token", "", "")
	s.golden("oauth")
}

func TestTokensExpire(t *testing.T) {
	t.Parallel()
	s := newUsersSite(t)
	a := s.do("", "POST", "/users/token", "", s.form("username", "root", "password", usersRootPassword))
	access, refresh := a.field(t, "access_token"), a.field(t, "refresh_token")
	s.now = s.now.Add(24*time.Hour - time.Second)
	if a := s.do("", "GET", "/users/me", access, ""); a.status != 200 {
		t.Errorf("a second before: %d", a.status)
	}
	s.now = s.now.Add(5 * time.Second)
	if a := s.do("", "GET", "/users/me", access, ""); a.status != 401 {
		t.Errorf("after a day: %d", a.status)
	}
	s.now = s.now.Add(28 * 24 * time.Hour)
	if a := s.do("", "POST", "/users/token", "", s.form("grant_type", "refresh_token", "refresh_token", refresh)); a.status != 400 {
		t.Errorf("refresh after 29 days: %d", a.status)
	}
	if err := s.users.Cleanup(t.Context()); err != nil {
		t.Fatal(err)
	}
	if list, total, err := s.sessions.List(t.Context(), &user.User{ID: 1}, 1, "createdAt", 0, 10); err != nil || total != 0 {
		t.Errorf("after clean-up: %v %v", list, err)
	}
}

// A clock that jumps back and forth logs nobody out for good, lets nobody in
// for longer than the tokens say, and locks nobody out.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	s := newUsersSite(t)
	s.users.Limits.Rates = user.Rates{Login: user.Rate{Max: 2, Window: time.Minute}}
	login := func(password string) usersAnswer {
		return s.do("", "POST", "/users/token", "", s.form("username", "root", "password", password))
	}
	a := login(usersRootPassword)
	access, refresh := a.field(t, "access_token"), a.field(t, "refresh_token")
	me := func(what string, want int) {
		t.Helper()
		if a := s.do("", "GET", "/users/me", access, ""); a.status != want {
			t.Errorf("%s: got %d, want %d", what, a.status, want)
		}
	}
	right := s.now
	for _, jump := range []struct {
		what string
		by   time.Duration
		want int
	}{
		{"as it was", 0, 200},
		{"a day back", -24 * time.Hour, 200},
		{"a year back", -365 * 24 * time.Hour, 200},
		{"two days on", 48 * time.Hour, 401},
		{"right again", 0, 200},
	} {
		s.now = right.Add(jump.by)
		me(jump.what, jump.want)
	}
	if a := login("wrong"); a.status != 400 {
		t.Fatalf("got %d", a.status)
	}
	if a := login("wrong"); a.status != 429 {
		t.Fatalf("the third try: got %d, want 429", a.status)
	}
	s.now = right.Add(-24 * time.Hour)
	if a := login(usersRootPassword); a.status != 200 {
		t.Errorf("the limit holds for a day when the clock is set back: got %d", a.status)
	}
	s.now = right.Add(48 * time.Hour)
	if a := s.do("", "POST", "/users/token", "", s.form("grant_type", "refresh_token", "refresh_token", refresh)); a.status != 200 {
		t.Errorf("refresh after a jump forward: got %d %s", a.status, a.body)
	}
}

func TestLoginsAreLimited(t *testing.T) {
	t.Parallel()
	s := newUsersSite(t)
	s.users.Limits.Rates = user.Rates{Login: user.Rate{Max: 3, Window: time.Minute}}
	for range 3 {
		if a := s.do("", "POST", "/users/token", "", s.form("username", "root", "password", "wrong")); a.status != 400 {
			t.Fatalf("got %d", a.status)
		}
	}
	right := s.form("username", "root", "password", usersRootPassword)
	a := s.do("", "POST", "/users/token", "", right)
	if a.status != 429 || a.header.Get("Retry-After") != "60" || a.header.Get("X-RateLimit-Limit") != "3" {
		t.Errorf("got %d %v", a.status, a.header)
	}
	s.ip = "192.0.2.8"
	if a := s.do("", "POST", "/users/token", "", right); a.status != 200 {
		t.Errorf("from elsewhere: %d", a.status)
	}
	s.ip, s.now = "192.0.2.7", s.now.Add(time.Minute)
	if a := s.do("", "POST", "/users/token", "", right); a.status != 200 {
		t.Errorf("a minute later: %d", a.status)
	}
}

func TestTwoFactorIsPeerTubes(t *testing.T) {
	t.Parallel()
	s := newUsersSite(t)
	root := s.root()
	s.do("", "POST", "/users", root, `{"username":"alice","password":"alice password","email":"alice@example.com","role":2}`)
	alice := s.logIn("alice", "alice password")
	const own = `{"currentPassword":"alice password"}`
	s.do("own, without the password", "POST", "/users/2/two-factor/request", alice, `{}`)
	s.do("own, with a wrong password", "POST", "/users/2/two-factor/request", alice, `{"currentPassword":"x"}`)
	req := s.do("request", "POST", "/users/2/two-factor/request", alice, own)
	token, secret := req.field(t, "otpRequest.requestToken"), req.field(t, "otpRequest.secret")
	code, err := totp.GenerateCode(secret, s.now)
	if err != nil {
		t.Fatal(err)
	}
	confirm := func(note, token, code string) {
		s.do(note, "POST", "/users/2/two-factor/confirm-request", alice, fmt.Sprintf(`{"requestToken":%q,"otpToken":%q}`, token, code))
	}
	confirm("confirm with a wrong code", token, "000000")
	confirm("unknown request token", "x", "123456")
	s.do("disable when off", "POST", "/users/2/two-factor/disable", alice, own)
	s.do("of somebody else", "POST", "/users/1/two-factor/request", alice, own)
	confirm("confirm with the right code", token, code)
	confirm("confirm again", token, code)
	login := s.form("username", "alice", "password", "alice password")
	s.do("login without a code", "POST", "/users/token", "", login)
	s.do("login with a wrong code", "POST", "/users/token", "", login, "x-peertube-otp", "000000")
	s.do("login with the right code", "POST", "/users/token", "", login, "x-peertube-otp", code)
	s.do("request when already on", "POST", "/users/2/two-factor/request", alice, own)
	s.do("admin for another user without currentPassword", "POST", "/users/2/two-factor/disable", root, `{}`)
	s.do("login after that", "POST", "/users/token", "", login)
	s.golden("two-factor")
}

func TestSessionsAreListedAndRevoked(t *testing.T) {
	t.Parallel()
	s := newUsersSite(t)
	root := s.root()
	s.do("", "POST", "/users", root, `{"username":"alice","password":"alice password","email":"alice@example.com","role":2}`)
	laptop := s.do("", "POST", "/users/token", "", s.form("username", "alice", "password", "alice password"), "User-Agent", "laptop").field(t, "access_token")
	s.now = s.now.Add(time.Hour)
	phone := s.do("", "POST", "/users/token", "", s.form("username", "alice", "password", "alice password"), "User-Agent", "phone").field(t, "access_token")
	s.do("own", "GET", "/users/2/token-sessions", phone, "")
	s.do("of somebody else", "GET", "/users/1/token-sessions", phone, "")
	s.do("by an administrator", "GET", "/users/2/token-sessions?count=1&sort=createdAt", root, "")
	s.do("revoke somebody else's as one's own", "POST", "/users/2/token-sessions/1/revoke", phone, "")
	s.do("revoke the laptop", "POST", "/users/2/token-sessions/2/revoke", phone, "")
	s.do("the laptop is out", "GET", "/users/me/video-quota-used", laptop, "")
	s.do("the phone is not", "GET", "/users/me/video-quota-used", phone, "")
	s.golden("sessions")
}
