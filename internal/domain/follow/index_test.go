package follow_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
)

// site is this site and what it asks for.
type site struct {
	follow.SiteStore
	follow.SiteOutbound
	followed map[string]bool
	asked    []string
	noted    []string
	hosts    []string
	since    time.Time
	fails    error
}

// Hosts of follow.Index.
type index struct{ *site }

func (i index) Hosts(_ context.Context, _ string, since time.Time) ([]string, error) {
	i.since = since
	return i.hosts, i.fails
}

type sites struct{ *site }

func (s sites) Hosts(_ context.Context, _ actor.ID, _ []string) (map[string]bool, error) {
	return s.followed, nil
}

type outbound struct{ *site }

func (o outbound) Ask(_ context.Context, _ *actor.Actor, name, host string) error {
	o.asked = append(o.asked, name+"@"+host)
	return nil
}

type ledger struct {
	*site
	follow.Ledger
}

func (l ledger) Note(_ context.Context, _ user.ID, what, host string, _ time.Time) error {
	l.noted = append(l.noted, what+" "+host)
	return nil
}

func TestTheSitesOfAnIndexAreFollowed(t *testing.T) {
	t.Parallel()
	w := &site{followed: map[string]bool{"known.example": true}, hosts: []string{"New.example", "known.example", "here.example", "no host", "127.0.0.1:x"}}
	settings := follow.SiteSettings{}
	s := &follow.Sites{
		Own:   func(context.Context) (*actor.Actor, error) { return &actor.Actor{ID: 1}, nil },
		Store: sites{w}, Outbound: outbound{w}, Ledger: ledger{site: w}, Site: instance.Site{Scheme: "https", Host: "here.example"},
		Settings: func() follow.SiteSettings { return settings }, Now: time.Now,
		InTx: func(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) },
	}
	since := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := s.FollowIndex(t.Context(), index{w}, since); err != nil || len(w.asked) != 0 || !w.since.IsZero() {
		t.Errorf("without an index: got %v, asked %v", err, w.asked)
	}
	settings.Index = "https://index.example/"
	if err := s.FollowIndex(t.Context(), index{w}, since); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(w.asked, []string{"@new.example"}) || !w.since.Equal(since) || len(w.noted) != 1 || w.noted[0] != follow.FollowedByIndex+" new.example" {
		t.Errorf("asked %v, noted %v, since %v", w.asked, w.noted, w.since)
	}
	w.fails = errors.New("down")
	if err := s.FollowIndex(t.Context(), index{w}, since); !errors.Is(err, w.fails) {
		t.Errorf("an index that is down: got %v", err)
	}
}
