package directory

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"sepiola/internal/errs"
)

// Service is what may be done with the directory.
type Service struct {
	Store   Store
	Visitor Visitor
	// Every is how often a site is visited.
	Every time.Duration
	// Local takes hosts that only this machine or network knows, for tests.
	Local bool
	// MayTry reports whether a host may be visited now because somebody
	// registers it: nobody shall make us ask one host again and again.
	MayTry func(ctx context.Context, host string) bool
	Now    func() time.Time
	Log    *slog.Logger

	slots   sync.Mutex
	running int
	choices cached
}

// Bounds of registering.
const (
	// maxRegistering is how many hosts are visited at a time because somebody
	// registers them.
	maxRegistering = 8
	// registerTime is how long such a visit may take.
	registerTime = 20 * time.Second
)

// Register visits a host and takes it on. It is errs.Invalid for what is no
// host, errs.Conflict for one that is listed already or is no site,
// errs.Forbidden for one that is blocked or does not want to be listed, and
// errs.TooMany while too much is asked for.
func (s *Service) Register(ctx context.Context, input string) (*Site, error) {
	host, err := ParseHost(input, s.Local)
	if err != nil {
		return nil, err
	}
	known, err := s.Store.ByHost(ctx, host)
	switch {
	case errs.Is(err, errs.NotFound):
		known = nil
	case err != nil:
		return nil, err
	case known.Blocked:
		return nil, errs.New(errs.Forbidden, "Instance %s is not taken on here.", host).WithCode(CodeBlocked)
	case known.Listed():
		return nil, alreadyListed(host)
	}
	found, err := s.visitNow(ctx, host)
	if err != nil {
		s.Log.InfoContext(ctx, "a host was not taken on", "host", host, "err", err)
		return nil, err
	}
	return s.takeOn(ctx, host, known, found)
}

func alreadyListed(host string) error {
	return errs.New(errs.Conflict, "Instance %s was already added.", host).WithCode(CodeListed)
}

// visitNow visits a host for somebody who waits.
func (s *Service) visitNow(ctx context.Context, host string) (*Found, error) {
	if !s.begin() {
		return nil, errs.New(errs.TooMany, "Too many instances are being added, please try again later.").WithCode(CodeTooMany)
	}
	defer s.end()
	if !s.MayTry(ctx, host) {
		return nil, errs.New(errs.TooMany, "Instance %s was asked a short while ago, please try again later.", host).WithCode(CodeTooMany)
	}
	ctx, cancel := context.WithTimeout(ctx, registerTime)
	defer cancel()
	return s.Visitor.Visit(ctx, host, nil)
}

func (s *Service) begin() bool {
	s.slots.Lock()
	defer s.slots.Unlock()
	if s.running >= maxRegistering {
		return false
	}
	s.running++
	return true
}

func (s *Service) end() {
	s.slots.Lock()
	defer s.slots.Unlock()
	s.running--
}

func (s *Service) takeOn(ctx context.Context, host string, known *Site, found *Found) (*Site, error) {
	now := s.Now()
	defer s.choices.forget() // who added it may look for it
	if known != nil {        // it was hidden
		known.Visited(found.Facts, now, s.Every)
		if err := s.Store.Save(ctx, known, found.Logo); err != nil {
			return nil, err
		}
		s.Log.InfoContext(ctx, "a site is back on the list", "host", host)
		return known, nil
	}
	n, err := s.Store.Count(ctx)
	if err != nil {
		return nil, err
	}
	if n >= MaxSites {
		return nil, errs.New(errs.Unavailable, "The index is full.").WithCode(CodeFull)
	}
	site := &Site{Host: host, CreatedAt: now}
	site.Visited(found.Facts, now, s.Every)
	if err := s.Store.Add(ctx, site, found.Logo); err != nil {
		if errs.Is(err, errs.Conflict) { // somebody was faster
			return nil, alreadyListed(host)
		}
		return nil, err
	}
	s.Log.InfoContext(ctx, "a site came onto the list", "host", host, "software", site.Software, "version", site.Version)
	return site, nil
}

// Visit visits a site of the list and notes what came of it.
func (s *Service) Visit(ctx context.Context, site *Site) error {
	found, err := s.Visitor.Visit(ctx, site.Host, &site.Facts)
	now := s.Now()
	switch {
	case err == nil:
		site.Visited(found.Facts, now, s.Every)
		return gone(s.Store.Save(ctx, site, found.Logo))
	case context.Cause(ctx) == context.Canceled: //nolint:errorlint // the program stops: that is no fault of the site
		return context.Cause(ctx)
	}
	ctx = context.WithoutCancel(ctx) // the time of the visit may be over
	if e := errs.As(err); e != nil && e.Code == CodeOptedOut {
		s.Log.InfoContext(ctx, "a site does not want to be listed", "host", site.Host)
		return s.Store.Remove(ctx, site.ID)
	}
	site.Failed(now, s.Every)
	if site.Dead(now) {
		s.Log.InfoContext(ctx, "a site is forgotten", "host", site.Host, "since", site.FailingSince, "err", err)
		return s.Store.Remove(ctx, site.ID)
	}
	s.Log.DebugContext(ctx, "a visit failed", "host", site.Host, "failures", site.Failures, "err", err)
	return gone(s.Store.Save(ctx, site, nil))
}

// gone lets a site that was removed during its visit go.
func gone(err error) error {
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}

// List returns a page of the sites that a filter shows.
func (s *Service) List(ctx context.Context, f Filter) ([]*Site, int, error) {
	if err := f.Check(); err != nil {
		return nil, 0, err
	}
	return s.Store.List(ctx, f)
}

// Hosts is List, of which only ID, Host and CreatedAt are filled.
func (s *Service) Hosts(ctx context.Context, f Filter) ([]*Site, int, error) {
	if err := f.Check(); err != nil {
		return nil, 0, err
	}
	return s.Store.Hosts(ctx, f)
}

// Logo returns the picture with this hash of a listed site, or errs.NotFound.
func (s *Service) Logo(ctx context.Context, id ID, hash string) ([]byte, error) {
	return s.Store.Logo(ctx, id, hash)
}

// Block takes a host off the list for good, or takes that back: then it can be
// registered again.
func (s *Service) Block(ctx context.Context, input string, blocked bool) (host string, err error) {
	if host, err = ParseHost(input, s.Local); err != nil {
		return "", err
	}
	return host, s.Store.Block(ctx, host, blocked, s.Now())
}

// cached is what filters offer, which changes slowly and stands on each page.
type cached struct {
	mu    sync.Mutex
	until time.Time
	value Choices
}

const choicesAge = time.Minute

func (c *cached) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = time.Time{}
}

// Choices returns the languages and categories of listed sites, as they were a
// minute ago at most.
func (s *Service) Choices(ctx context.Context) (Choices, error) {
	c, now := &s.choices, s.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Before(c.until) {
		return c.value, nil
	}
	value, err := s.Store.Choices(ctx)
	if err != nil {
		return Choices{}, fmt.Errorf("choices of filters: %w", err)
	}
	c.value, c.until = value, now.Add(choicesAge)
	return value, nil
}
