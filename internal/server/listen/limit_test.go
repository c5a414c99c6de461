package listen

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_795_237_100, 500_000_000)
	admin := false
	limits := &Limits{Counter: NewMemory(), Now: func() time.Time { return now }, Bypass: func(*http.Request) bool { return admin }}
	h := limits.Middleware(Rule{Scope: "api", Limit: Limit{10 * time.Second, 2}})(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	}))
	ask := func(from string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/api/v1/videos", nil)
		r.RemoteAddr = from
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for n, want := range []struct {
		status    int
		remaining string
	}{{204, "1"}, {204, "0"}, {429, "0"}} {
		w := ask("203.0.113.9:1")
		head := w.Header()
		if w.Code != want.status || head.Get("X-Ratelimit-Remaining") != want.remaining || head.Get("X-Ratelimit-Limit") != "2" ||
			head.Get("X-Ratelimit-Reset") != "1795237111" {
			t.Errorf("request %d: got %d %v", n, w.Code, head)
		}
		if want.status == 429 && (head.Get("Retry-After") != "10" || head.Get("Content-Type") != "text/plain; charset=utf-8" || w.Body.Len() == 0) {
			t.Errorf("refusal: got %v %q", head, w.Body)
		}
	}
	if w := ask("203.0.113.10:1"); w.Code != 204 {
		t.Errorf("another address: got %d", w.Code)
	}
	admin = true
	if w := ask("203.0.113.9:1"); w.Code != 204 {
		t.Errorf("an admin: got %d", w.Code)
	}
	admin = false
	now = now.Add(10 * time.Second)
	if w := ask("203.0.113.9:1"); w.Code != 204 {
		t.Errorf("the next window: got %d", w.Code)
	}
	ask("203.0.113.9:1")
	now = now.Add(-24 * time.Hour)
	if w := ask("203.0.113.9:1"); w.Code != 204 || w.Header().Get("X-Ratelimit-Remaining") != "1" {
		t.Errorf("the clock was set back a day: got %d %v", w.Code, w.Header())
	}
	now = now.Add(48 * time.Hour)
	if w := ask("203.0.113.9:1"); w.Code != 204 || w.Header().Get("X-Ratelimit-Remaining") != "1" {
		t.Errorf("and two days on: got %d %v", w.Code, w.Header())
	}
	ask("[2001:db8::1]:1")
	ask("[2001:db8::2]:1")
	if w := ask("[2001:db8::3]:1"); w.Code != 429 {
		t.Errorf("another address of the same IPv6 network: got %d", w.Code)
	}
}

func TestFailuresAreForgiven(t *testing.T) {
	t.Parallel()
	status := http.StatusBadRequest
	limits := &Limits{Counter: NewMemory(), Now: time.Now}
	h := limits.Middleware(Rule{Scope: "signup", Limit: Limit{time.Hour, 1}, SuccessOnly: true})(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
	}))
	var got []int
	for _, status = range []int{400, 400, 204, 204} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", "/", nil))
		got = append(got, w.Code)
	}
	if got[0] != 400 || got[1] != 400 || got[2] != 204 || got[3] != 429 {
		t.Errorf("got %v, want 400 400 204 429", got)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	m, now := NewMemory(), time.Now()
	for n := range maxWindows * 2 {
		if _, err := m.Hit(t.Context(), "api", strconv.Itoa(n), time.Hour, now); err != nil {
			t.Fatal(err)
		}
	}
	total := 0
	for i := range m.shards {
		total += len(m.shards[i].windows)
	}
	if total > maxWindows {
		t.Errorf("%d windows are kept, want at most %d", total, maxWindows)
	}
}

func BenchmarkMemory(b *testing.B) {
	m, now := NewMemory(), time.Now()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, _ = m.Hit(b.Context(), "api", "203.0.113.9", time.Minute, now)
		}
	})
}
