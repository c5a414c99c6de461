package auth_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
)

// fakeSessions knows two tokens, and counts how often it is asked.
type fakeSessions struct {
	asked   int
	renewed bool
	revoked bool
}

func (f *fakeSessions) Identify(_ context.Context, token string, from user.Device) (*user.Identity, error) {
	f.asked++
	id := &user.Identity{User: &user.User{ID: 7, Username: "alice"}, Session: &user.Session{ID: 70, UserID: 7, Last: from}}
	switch {
	case f.revoked:
	case token == "bearer":
		id.Session.Kind = user.OAuth
		return id, nil
	case token == "cookie":
		id.Session.Kind, id.Renewed = user.Browser, f.renewed
		id.Session.AccessExpiresAt = start.Add(time.Hour)
		return id, nil
	case token == "broken":
		return nil, fmt.Errorf("the database is away")
	}
	return nil, errs.New(errs.Unauthorized, "Token is invalid").WithCode("invalid_token")
}

var start = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

type gate struct {
	*auth.Authenticator
	sessions *fakeSessions
	now      time.Time
}

func newGate(scheme string) *gate {
	g := &gate{sessions: &fakeSessions{}, now: start}
	g.Authenticator = &auth.Authenticator{
		Sessions: g.sessions, Site: instance.Site{Scheme: scheme, Host: "video.example"},
		Now: func() time.Time { return g.now }, Log: slog.New(slog.DiscardHandler),
	}
	return g
}

// show answers with who asks, the CSRF token, and the body as it arrives.
func show(w http.ResponseWriter, r *http.Request) {
	name, session := "nobody", int64(0)
	if u := auth.User(r.Context()); u != nil {
		name = u.Username
	}
	if s := auth.Session(r.Context()); s != nil {
		session = s.ID
	}
	b, _ := io.ReadAll(r.Body)
	_, _ = fmt.Fprintf(w, "%s %d %s %s", name, session, auth.CSRFToken(r.Context()), b)
}

func (g *gate) ask(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	return ask(g.Authenticate(http.HandlerFunc(show)), method, path, body, headers...)
}

func ask(h http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = "video.example"
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestBearerTokens(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, path, header string
		status             int
		want               string
	}{
		{"nobody", "/api/v1/videos", "", 200, "nobody 0"},
		{"somebody", "/api/v1/videos", "Bearer bearer", 200, "alice 70"},
		{"the scheme's case does not matter", "/api/v1/videos", "bearer bearer", 200, "alice 70"},
		{"an unknown token is refused even where none is needed", "/api/v1/videos", "Bearer x", 401, `"code":"invalid_token"`},
		{"another scheme", "/api/v1/videos", "Basic abc", 400, `"code":"invalid_request"`},
		{"no token at all", "/api/v1/videos", "Bearer ", 400, `"code":"invalid_request"`},
		{"a cookie is no bearer token", "/api/v1/videos", "Bearer cookie", 401, `"code":"invalid_token"`},
		{"a stale token may ask for a new one", "/api/v1/users/token", "Bearer x", 200, "nobody 0"},
		{"and for a new password", "/api/v1/users/5/reset-password", "Bearer x", 200, "nobody 0"},
		{"the database is away", "/api/v1/users/token", "Bearer broken", 500, "internal error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var headers []string
			if tt.header != "" {
				headers = []string{"Authorization", tt.header}
			}
			w := newGate("https").ask("POST", tt.path, "", headers...)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("got %d %s, want %d %s", w.Code, w.Body, tt.status, tt.want)
			}
		})
	}
}

func TestCookiesOfSessions(t *testing.T) {
	t.Parallel()
	for scheme, want := range map[string]string{
		"https": "sepiola_session=secret; Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=Lax",
		"http":  "sepiola_session=secret; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax",
	} {
		w := httptest.NewRecorder()
		newGate(scheme).SetSession(w, &user.Tokens{Access: "secret", AccessIn: time.Hour})
		if got := w.Header().Get("Set-Cookie"); got != want {
			t.Errorf("%s: got %s, want %s", scheme, got, want)
		}
	}
	w := httptest.NewRecorder()
	newGate("https").ClearSession(w)
	if got, want := w.Header().Get("Set-Cookie"), "sepiola_session=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax"; got != want {
		t.Errorf("cleared: got %s, want %s", got, want)
	}
}

const cookie = auth.CookieName + "=cookie"

func TestCookiesArePassedOnAndTakenAway(t *testing.T) {
	t.Parallel()
	g := newGate("https")
	if w := g.ask("GET", "/", "", "Cookie", cookie); !strings.HasPrefix(w.Body.String(), "alice 70 ") || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("somebody: %s %v", w.Body, w.Header())
	}
	for _, worthless := range []string{"unknown", "bearer"} {
		w := g.ask("GET", "/", "", "Cookie", auth.CookieName+"="+worthless)
		if w.Code != 200 || !strings.HasPrefix(w.Body.String(), "nobody") || !strings.Contains(w.Header().Get("Set-Cookie"), "Max-Age=0") {
			t.Errorf("%s: %d %s %v", worthless, w.Code, w.Body, w.Header())
		}
	}
	g = newGate("https")
	g.sessions.renewed = true
	if w := g.ask("GET", "/", "", "Cookie", cookie); !strings.Contains(w.Header().Get("Set-Cookie"), "sepiola_session=cookie; Path=/; Max-Age=3600") {
		t.Errorf("a prolonged session: %v", w.Header())
	}
	if w := g.ask("GET", "/", "", "Cookie", cookie); w.Header().Get("Set-Cookie") != "" {
		t.Errorf("prolonged again at once: %v", w.Header())
	}
}

func csrf(t *testing.T, g *gate) string {
	t.Helper()
	return strings.Fields(g.ask("GET", "/", "", "Cookie", cookie).Body.String())[2]
}

func TestCookiesChangeNothingWithoutTheToken(t *testing.T) {
	t.Parallel()
	token := csrf(t, newGate("https"))
	const form = "application/x-www-form-urlencoded"
	for _, tt := range []struct {
		name    string
		body    string
		headers []string
		ok      bool
	}{
		{"nothing", "", nil, false},
		{"the header", "", []string{auth.CSRFHeader, token}, true},
		{"a wrong one", "", []string{auth.CSRFHeader, token[1:] + "0"}, false},
		{"the field of a form", "a=b&csrf=" + token, []string{"Content-Type", form}, true},
		{"a wrong one in a form", "a=b&csrf=x", []string{"Content-Type", form}, false},
		{"a form without", "a=b", []string{"Content-Type", form}, false},
		{"JSON without", `{"a":1}`, []string{"Content-Type", "application/json"}, false},
		{"the header, from here", "", []string{auth.CSRFHeader, token, "Sec-Fetch-Site", "same-origin"}, true},
		{"the header, from elsewhere", "", []string{auth.CSRFHeader, token, "Sec-Fetch-Site", "cross-site"}, false},
		{"the header, from a neighbour", "", []string{auth.CSRFHeader, token, "Sec-Fetch-Site", "same-site"}, false},
		{"the header, from here by origin", "", []string{auth.CSRFHeader, token, "Origin", "https://video.example"}, true},
		{"the header, from elsewhere by origin", "", []string{auth.CSRFHeader, token, "Origin", "https://evil.example"}, false},
		{"multipart, from here", "--x--", []string{"Content-Type", "multipart/form-data; boundary=x", "Sec-Fetch-Site", "same-origin"}, true},
		{"multipart, from nowhere", "--x--", []string{"Content-Type", "multipart/form-data; boundary=x"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newGate("https").ask("POST", "/api/v1/x", tt.body, append(tt.headers, "Cookie", cookie)...)
			if ok := w.Code == 200; ok != tt.ok {
				t.Errorf("got %d %s", w.Code, w.Body)
			}
			if tt.ok && !strings.HasSuffix(w.Body.String(), " "+tt.body) {
				t.Errorf("the body was changed: %s", w.Body)
			}
			if !tt.ok && w.Code != 403 {
				t.Errorf("got %d, want 403", w.Code)
			}
		})
	}
	if w := newGate("https").ask("POST", "/x", "", "Authorization", "Bearer bearer", "Sec-Fetch-Site", "cross-site"); w.Code != 200 {
		t.Errorf("bearer tokens need none: %d", w.Code)
	}
}

func TestFormsOfPagesComeFromHere(t *testing.T) {
	t.Parallel()
	g := newGate("https")
	h := g.Pages(func(w http.ResponseWriter, _ *http.Request, err error) {
		http.Error(w, err.Error(), http.StatusForbidden)
	})(http.HandlerFunc(show))
	for _, tt := range []struct {
		name, method string
		headers      []string
		want         int
	}{
		{"a log-in from here", "POST", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"a log-in from elsewhere", "POST", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"a page from elsewhere", "GET", []string{"Sec-Fetch-Site", "cross-site"}, 200},
		{"bearer tokens are not for pages", "GET", []string{"Authorization", "Bearer x"}, 200},
	} {
		if w := ask(h, tt.method, "/login", "", tt.headers...); w.Code != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, w.Code, tt.want)
		}
	}
}

func TestABurstAsksOnce(t *testing.T) {
	t.Parallel()
	g := newGate("https")
	get := func() int { return g.ask("GET", "/", "", "Authorization", "Bearer bearer").Code }
	for range 5 {
		get()
	}
	if g.sessions.asked != 1 {
		t.Errorf("asked %d times, want once", g.sessions.asked)
	}
	g.now = g.now.Add(5 * time.Second)
	get()
	if g.sessions.asked != 2 {
		t.Errorf("after five seconds: asked %d times, want 2", g.sessions.asked)
	}
	g.sessions.revoked = true
	g.Forget(8) // somebody else
	if got := get(); got != 200 {
		t.Errorf("somebody else was forgotten: %d", got)
	}
	g.Forget(7)
	if got := get(); got != 401 {
		t.Errorf("revoked here: %d, want 401", got)
	}
}

func TestRequiredRight(t *testing.T) {
	t.Parallel()
	h := auth.RequiredRight(user.ManageJobs, func(http.ResponseWriter, *http.Request) error { return nil })
	for _, tt := range []struct {
		name string
		user *user.User
		want string
	}{
		{"nobody", nil, "Token is invalid"},
		{"a member", &user.User{Username: "alice", Role: user.Member}, "User alice does not have right 7 to access to /failed."},
		{"an administrator", &user.User{Role: user.Administrator}, ""},
	} {
		r := httptest.NewRequest(http.MethodGet, "/api/v1/jobs/failed", nil)
		if tt.user != nil {
			r = r.WithContext(auth.WithUser(r.Context(), tt.user))
		}
		got := ""
		if err := h(httptest.NewRecorder(), r); err != nil {
			got = errs.As(err).Msg
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// BenchmarkAuthenticate is what knowing who asks costs a request.
func BenchmarkAuthenticate(b *testing.B) {
	for _, bb := range []struct{ name, header, value string }{
		{"bearer", "Authorization", "Bearer bearer"},
		{"cookie", "Cookie", cookie},
		{"nobody", "Accept", "*/*"},
	} {
		b.Run(bb.name, func(b *testing.B) {
			h := newGate("https").Authenticate(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			r := httptest.NewRequest(http.MethodGet, "/api/v1/users/me", nil)
			r.Header.Set(bb.header, bb.value)
			w := httptest.NewRecorder()
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(w, r)
			}
		})
	}
}
