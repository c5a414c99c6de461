package directory_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sepiola/internal/directory"
	"sepiola/internal/errs"
)

// memory is a store in memory; what the tests do not need is not there.
type memory struct {
	directory.Store
	mu    sync.Mutex
	next  directory.ID
	sites map[string]*directory.Site
	asked int // Choices
}

func newMemory() *memory { return &memory{sites: map[string]*directory.Site{}} }

func (m *memory) Add(_ context.Context, s *directory.Site, _ []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sites[s.Host] != nil {
		return errs.New(errs.Conflict, "there")
	}
	m.next++
	s.ID = m.next
	c := *s
	m.sites[s.Host] = &c
	return nil
}

func (m *memory) Save(_ context.Context, s *directory.Site, _ []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sites[s.Host] == nil {
		return errs.New(errs.NotFound, "gone")
	}
	c := *s
	m.sites[s.Host] = &c
	return nil
}

func (m *memory) Remove(_ context.Context, id directory.ID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for host, s := range m.sites {
		if s.ID == id {
			delete(m.sites, host)
		}
	}
	return nil
}

func (m *memory) ByHost(_ context.Context, host string) (*directory.Site, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.sites[host]; s != nil {
		c := *s
		return &c, nil
	}
	return nil, errs.New(errs.NotFound, "none")
}

func (m *memory) Due(_ context.Context, now, lease time.Time, limit int) ([]*directory.Site, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var due []*directory.Site
	for _, s := range m.sites {
		if len(due) < limit && !s.NextVisitAt.After(now) {
			s.NextVisitAt = lease
			c := *s
			due = append(due, &c)
		}
	}
	return due, nil
}

func (m *memory) Count(context.Context) (int, error) { return len(m.sites), nil }

func (m *memory) Choices(context.Context) (directory.Choices, error) {
	m.asked++
	return directory.Choices{Languages: []string{"fr"}}, nil
}

// visits answers visits; an error of a host is what its visit ends with.
type visits struct {
	mu   sync.Mutex
	fail map[string]error
	seen map[string]int
	wait func(ctx context.Context, host string) error
}

func (v *visits) set(host string, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.fail == nil {
		v.fail = map[string]error{}
	}
	v.fail[host] = err
}

func (v *visits) Visit(ctx context.Context, host string, _ *directory.Facts) (*directory.Found, error) {
	if v.wait != nil {
		if err := v.wait(ctx, host); err != nil {
			return nil, err
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.seen == nil {
		v.seen = map[string]int{}
	}
	v.seen[host]++
	if err := v.fail[host]; err != nil {
		return nil, err
	}
	return &directory.Found{Facts: directory.Facts{Name: "Tube of " + host, Version: "1"}}, nil
}

var (
	errDown = errs.New(errs.Conflict, "down").WithCode(directory.CodeUnreachable)
	errOut  = errs.New(errs.Forbidden, "out").WithCode(directory.CodeOptedOut)
)

// service is a directory whose clock is the test's.
func service(m *memory, v *visits) *directory.Service {
	return &directory.Service{
		Store: m, Visitor: v, Every: time.Hour, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		MayTry: func(context.Context, string) bool { return true },
	}
}

func code(err error) string {
	if e := errs.As(err); e != nil {
		return e.Code
	}
	return ""
}

func TestRegister(t *testing.T) {
	t.Parallel()
	m, v := newMemory(), &visits{}
	s := service(m, v)
	ctx := t.Context()
	site, err := s.Register(ctx, "https://Tube.example.org/about")
	if err != nil || site.Host != "tube.example.org" || site.ID == 0 || !site.Listed() || site.Health != 100 || site.Name != "Tube of tube.example.org" {
		t.Fatalf("got %+v, %v", site, err)
	}
	v.set("down.example.org", errDown)
	v.set("out.example.org", errOut)
	m.sites["blocked.example.org"] = &directory.Site{ID: 90, Host: "blocked.example.org", Blocked: true}
	for host, want := range map[string]string{
		"tube.example.org": directory.CodeListed, "down.example.org": directory.CodeUnreachable, "out.example.org": directory.CodeOptedOut,
		"blocked.example.org": directory.CodeBlocked, "10.0.0.1": directory.CodeHost,
	} {
		if _, err := s.Register(ctx, host); code(err) != want {
			t.Errorf("%s: got %v, want %s", host, err, want)
		}
	}
	if len(m.sites) != 2 || v.seen["tube.example.org"] != 1 || v.seen["blocked.example.org"] != 0 {
		t.Errorf("%d sites, visits %v", len(m.sites), v.seen)
	}
	s.MayTry = func(context.Context, string) bool { return false }
	if _, err := s.Register(ctx, "other.example.org"); code(err) != directory.CodeTooMany || v.seen["other.example.org"] != 0 {
		t.Errorf("a host that was asked just now: got %v, want %s", err, directory.CodeTooMany)
	}
}

func TestSomeRegisterAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &visits{wait: func(ctx context.Context, _ string) error {
			<-ctx.Done() // a host that never answers
			return errs.Wrap(errs.Conflict, ctx.Err(), "slow").WithCode(directory.CodeUnreachable)
		}}
		s := service(newMemory(), v)
		outcomes := make(chan string, 20)
		began := time.Now()
		for range 20 {
			go func() {
				_, err := s.Register(context.Background(), "slow.example.org")
				outcomes <- code(err)
			}()
		}
		count := map[string]int{}
		for range 20 {
			count[<-outcomes]++
		}
		if count[directory.CodeTooMany] != 12 || count[directory.CodeUnreachable] != 8 || time.Since(began) > 30*time.Second {
			t.Errorf("after %v: %v", time.Since(began), count)
		}
	})
}

func TestDeadSitesAreHiddenThenForgottenAndComeBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, v := newMemory(), &visits{}
		s := service(m, v)
		ctx, cancel := context.WithCancel(t.Context())
		if _, err := s.Register(ctx, "a.example.org"); err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			(&directory.Crawler{Service: s, Parallel: 3}).Run(ctx)
			close(done)
		}()
		get := func() *directory.Site {
			one, err := m.ByHost(ctx, "a.example.org")
			if err != nil {
				return nil
			}
			return one
		}
		time.Sleep(24*time.Hour + time.Minute)
		if n := v.seen["a.example.org"]; n != 25 {
			t.Errorf("%d visits in a day and one to begin with, want 25", n)
		}
		v.set("a.example.org", errDown)
		time.Sleep(2 * time.Hour)
		if one := get(); !one.Listed() || one.Failures == 0 || one.Health >= 100 {
			t.Errorf("after two hours: %d failures, health %d", one.Failures, one.Health)
		}
		time.Sleep(24 * time.Hour)
		one := get()
		if one.Listed() || one.Failures != directory.HideAfter && one.Failures != directory.HideAfter+1 {
			t.Errorf("after a day: listed %v, %d failures", one.Listed(), one.Failures)
		}
		v.set("a.example.org", nil)
		again, err := s.Register(ctx, "a.example.org")
		if err != nil || again.ID != one.ID || !again.Listed() || again.Health <= one.Health {
			t.Errorf("registered again: %+v, %v", again, err)
		}
		v.set("a.example.org", errDown)
		visits := v.seen["a.example.org"]
		time.Sleep(32 * 24 * time.Hour)
		if get() != nil {
			t.Error("a site that was dead for a month is still known")
		}
		if n := v.seen["a.example.org"] - visits; n > 40 {
			t.Errorf("a dead site was visited %d times in a month", n)
		}
		v.set("a.example.org", errOut)
		v.set("b.example.org", nil)
		if _, err := s.Register(ctx, "b.example.org"); err != nil {
			t.Fatal(err)
		}
		v.set("b.example.org", errOut)
		time.Sleep(2 * time.Hour)
		if len(m.sites) != 0 {
			t.Error("a site that does not want to be listed is still known")
		}
		cancel()
		<-done
	})
}

func TestAStopIsNoFaultOfTheSite(t *testing.T) {
	t.Parallel()
	m := newMemory()
	ctx, cancel := context.WithCancel(t.Context())
	v := &visits{}
	s := service(m, v)
	if _, err := s.Register(ctx, "a.example.org"); err != nil {
		t.Fatal(err)
	}
	v.wait = func(context.Context, string) error {
		cancel()
		return errDown
	}
	site, _ := m.ByHost(ctx, "a.example.org")
	if err := s.Visit(ctx, site); !errors.Is(err, context.Canceled) || m.sites["a.example.org"].Failures != 0 {
		t.Errorf("got %v, %d failures", err, m.sites["a.example.org"].Failures)
	}
}

func TestAVisitThatTakesTooLongIsAFault(t *testing.T) {
	t.Parallel()
	m, v := newMemory(), &visits{}
	s := service(m, v)
	if _, err := s.Register(t.Context(), "a.example.org"); err != nil {
		t.Fatal(err)
	}
	v.wait = func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	site, _ := m.ByHost(ctx, "a.example.org")
	if err := s.Visit(ctx, site); err != nil || m.sites["a.example.org"].Failures != 1 {
		t.Errorf("got %v, %d failures, want 1", err, m.sites["a.example.org"].Failures)
	}
}

func TestChoicesAreKeptForAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		s := service(m, nil)
		for range 3 {
			if c, err := s.Choices(t.Context()); err != nil || len(c.Languages) != 1 {
				t.Fatal(c, err)
			}
		}
		time.Sleep(time.Minute)
		if _, err := s.Choices(t.Context()); err != nil || m.asked != 2 {
			t.Errorf("asked %d times, %v, want 2", m.asked, err)
		}
	})
}

func TestCheckOfFilters(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]directory.Filter{
		"an unknown order":  {Sort: "-secret"},
		"an unknown policy": {NSFW: []string{"blur", "whatever"}},
		"a long search":     {Search: string(make([]byte, 300))},
		"a negative quota":  {MinUserQuota: -2},
		"many languages":    {Languages: make([]string, 200)},
	} {
		if err := f.Check(); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: got %v, want Invalid", name, err)
		}
	}
	f := directory.Filter{}
	if err := f.Check(); err != nil || f.Sort != directory.DefaultSort {
		t.Errorf("an empty filter: %v, %q", err, f.Sort)
	}
}

func TestASlowSiteHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		now, most := 0, 0
		var mu sync.Mutex
		v := &visits{}
		s := service(m, v)
		for i := range 30 {
			if _, err := s.Register(t.Context(), string(rune('a'+i%26))+string(rune('a'+i/26))+".example.org"); err != nil {
				t.Fatal(err)
			}
		}
		v.wait = func(ctx context.Context, host string) error {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			defer func() {
				mu.Lock()
				now--
				mu.Unlock()
			}()
			if host == "aa.example.org" {
				<-ctx.Done() // a minute
				return ctx.Err()
			}
			time.Sleep(time.Second)
			return nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			(&directory.Crawler{Service: s, Parallel: 3}).Run(ctx)
			close(done)
		}()
		time.Sleep(time.Hour + 40*time.Second)
		if n := len(v.seen); n != 30 || most != 3 {
			t.Errorf("%d sites were ever visited, %d at a time", n, most)
		}
		for host, n := range v.seen {
			if want := map[bool]int{true: 1, false: 2}[host == "aa.example.org"]; n != want {
				t.Errorf("%s was visited %d times, want %d", host, n, want)
			}
		}
		cancel()
		<-done
		if m.sites["aa.example.org"].Failures != 0 {
			t.Error("the stop was held against the site")
		}
	})
}
