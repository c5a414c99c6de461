package push

import (
	"bufio"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/user"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// told is what one person was told, newest first.
type told struct {
	mu     sync.Mutex
	list   []*notification.Notification
	unread int64
}

func (s *told) List(context.Context, *user.User, notification.ListParams) ([]*notification.Notification, int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.list[:min(newest, len(s.list))]), -1, nil
}

func (s *told) Unread(context.Context, user.ID) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unread, nil
}

func (s *told) Counts(_ context.Context, ids []user.ID) (map[user.ID]notification.Count, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return map[user.ID]notification.Count{ids[0]: {Total: int64(len(s.list)), Unread: s.unread}}, nil
}

func (s *told) tell(id notification.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append([]*notification.Notification{{ID: id}}, s.list...)
	s.unread++
}

type streamSite struct {
	hub    *Hub
	told   *told
	server *httptest.Server
}

func newStreamSite(t *testing.T) *streamSite {
	t.Helper()
	s := &streamSite{told: &told{}}
	s.hub = &Hub{Counts: s.told.Counts, Log: slog.New(slog.DiscardHandler)}
	r := rest.NewRouter(slog.New(slog.DiscardHandler))
	r.Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Nobody") == "" {
				r = r.WithContext(auth.WithUser(r.Context(), &user.User{ID: 7}))
			}
			next.ServeHTTP(w, r)
		})
	})
	(&Stream{
		Hub: s.hub, Notifications: s.told, Heartbeat: 50 * time.Millisecond, Life: time.Minute,
		Present: func(n *notification.Notification) any { return map[string]notification.ID{"id": n.ID} },
	}).Mount(r)
	s.server = httptest.NewServer(r)
	t.Cleanup(s.server.Close)
	return s
}

// open begins a stream; its lines come one by one.
func (s *streamSite) open(t *testing.T, last string) (lines chan string, end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.server.URL+"/users/me/notifications/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		t.Fatalf("got %d %v", res.StatusCode, res.Header)
	}
	lines = make(chan string, 100)
	go func() {
		defer close(lines)
		defer res.Body.Close()
		for sc := bufio.NewScanner(res.Body); sc.Scan(); {
			if sc.Text() != "" && !strings.HasPrefix(sc.Text(), ":") {
				lines <- sc.Text()
			}
		}
	}()
	return lines, cancel
}

func expect(t *testing.T, lines chan string, want ...string) {
	t.Helper()
	for _, w := range want {
		select {
		case got, ok := <-lines:
			if !ok || got != w {
				t.Fatalf("got %q, want %q", got, w)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%q never came", w)
		}
	}
}

func TestStreamTellsWhatIsNew(t *testing.T) {
	t.Parallel()
	s := newStreamSite(t)
	s.told.tell(1)
	s.told.tell(2)
	lines, end := s.open(t, "")
	expect(t, lines, "retry: 3000", "event: unread", `data: {"unread":2}`)
	s.told.tell(3)
	s.hub.Changed([]user.ID{7})
	expect(t, lines, "id: 3", "event: new-notification", `data: {"id":3}`, "event: unread", `data: {"unread":3}`)
	s.hub.Changed([]user.ID{7, 8}) // nothing is new
	s.told.tell(4)
	s.hub.Changed([]user.ID{7})
	expect(t, lines, "id: 4", "event: new-notification", `data: {"id":4}`, "event: unread", `data: {"unread":4}`)
	end()
	// Who was away gets what came meanwhile, oldest first.
	s.told.tell(5)
	lines, _ = s.open(t, "3")
	expect(t, lines, "retry: 3000", "id: 4", "event: new-notification", `data: {"id":4}`, "id: 5", "event: new-notification", `data: {"id":5}`,
		"event: unread", `data: {"unread":5}`)
}

func TestStreamHearsOfOtherNodes(t *testing.T) {
	t.Parallel()
	s := newStreamSite(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.hub.Run(ctx) }()
	lines, _ := s.open(t, "")
	expect(t, lines, "retry: 3000", "event: unread", `data: {"unread":0}`)
	look := func() {
		t.Helper()
		if err := s.hub.look(ctx); err != nil {
			t.Fatal(err)
		}
	}
	look()
	s.told.tell(1) // nobody wakes this node
	look()
	expect(t, lines, "id: 1", "event: new-notification", `data: {"id":1}`, "event: unread", `data: {"unread":1}`)
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	select {
	case _, open := <-lines:
		if open {
			t.Error("something came after the stop")
		}
	case <-time.After(10 * time.Second):
		t.Error("the stream did not end with the server")
	}
}

func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	h := &Hub{}
	var clients []*client
	for range maxOfUser {
		c, err := h.join(7)
		if err != nil {
			t.Fatal(err)
		}
		clients = append(clients, c)
	}
	if _, err := h.join(7); err == nil {
		t.Error("one more was let in")
	}
	if _, err := h.join(8); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	h.leave(7, clients[0])
	h.leave(7, clients[0])
	if _, err := h.join(7); err != nil || h.open != maxOfUser+1 {
		t.Errorf("after one left: %d open, %v", h.open, err)
	}
	s := newStreamSite(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, s.server.URL+"/users/me/notifications/events", nil)
	r.RequestURI = ""
	r.Header.Set("X-Nobody", "1")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusUnauthorized {
		t.Errorf("nobody: got %d, want 401", res.StatusCode)
	}
}
