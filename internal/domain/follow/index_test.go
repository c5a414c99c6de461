package follow_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
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
	reads    int // of the index
}

// Hosts of follow.Index.
type index struct{ *site }

func (i index) Hosts(_ context.Context, _ string, since time.Time) ([]string, error) {
	i.since = since
	i.reads++
	return i.hosts, i.fails
}

type sites struct{ *site }

func (s sites) Hosts(_ context.Context, _ actor.ID, _ []string) (map[string]bool, error) {
	return s.followed, nil
}

type outbound struct{ *site }

func (o outbound) AskByItself(_ context.Context, _ *actor.Actor, host string) error {
	o.asked = append(o.asked, "@"+host)
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

// sites follows for w, by settings.
func (w *site) sites(settings *follow.SiteSettings) *follow.Sites {
	return &follow.Sites{
		Own:   func(context.Context) (*actor.Actor, error) { return &actor.Actor{ID: 1}, nil },
		Store: sites{w}, Outbound: outbound{w}, Ledger: ledger{site: w}, Site: instance.Site{Scheme: "https", Host: "here.example"},
		Settings: func() follow.SiteSettings { return *settings }, Now: time.Now,
		InTx: func(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) },
	}
}

func TestTheSitesOfAnIndexAreFollowed(t *testing.T) {
	t.Parallel()
	w := &site{followed: map[string]bool{"known.example": true}, hosts: []string{"New.example", "known.example", "here.example", "no host", "127.0.0.1:x"}}
	settings := follow.SiteSettings{}
	s := w.sites(&settings)
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

// notes are follow.IndexNotes.
type notes map[string]string

func (n notes) Get(_ context.Context, key string) (string, error) {
	if n[key] == "" {
		return "", errs.New(errs.NotFound, "no %s", key)
	}
	return n[key], nil
}

func (n notes) Set(_ context.Context, key, value string) error {
	n[key] = value
	return nil
}

func TestAnIndexIsReadOnceADay(t *testing.T) {
	t.Parallel()
	const url = "https://index.example/"
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	for name, tt := range map[string]struct {
		read, tried time.Time
		want        bool
	}{
		"never":                        {want: true},
		"read a minute ago":            {ago(time.Minute), ago(time.Minute), false},
		"read a day ago":               {ago(24 * time.Hour), ago(24 * time.Hour), true},
		"failed a minute ago":          {ago(24 * time.Hour), ago(time.Minute), false},
		"failed an hour ago":           {ago(25 * time.Hour), ago(time.Hour), true},
		"never read, failed just now":  {tried: ago(time.Minute)},
		"tried by a clock that is off": {ago(-time.Hour), ago(-time.Hour), true},
	} {
		w, had := &site{}, notes{}
		for key, at := range map[string]time.Time{"follow_index_read " + url: tt.read, "follow_index_tried " + url: tt.tried} {
			if !at.IsZero() {
				had[key] = at.Format(time.RFC3339)
			}
		}
		r := &follow.IndexReading{Sites: w.sites(&follow.SiteSettings{Index: url}), Index: index{w}, Notes: had, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)}
		if err := r.Run(t.Context()); err != nil || w.reads == 1 != tt.want {
			t.Errorf("%s: read %d times, %v; want %v", name, w.reads, err, tt.want)
		}
	}
}

func TestAnIndexIsReadFromWhereItWasLeft(t *testing.T) {
	t.Parallel()
	w, settings := &site{}, follow.SiteSettings{}
	now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	begun := now.Truncate(time.Second)
	r := &follow.IndexReading{Sites: w.sites(&settings), Index: index{w}, Notes: notes{}, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)}
	run := func(what string, wait time.Duration, reads int, since time.Time, fails error) {
		t.Helper()
		now, w.fails = now.Add(wait), fails
		err := r.Run(t.Context())
		if internal := fails != nil && errs.Is(fails, errs.Internal); (err != nil) != internal || w.reads != reads || !w.since.Equal(since) {
			t.Errorf("%s: read %d times, last since %v, %v; want %d, %v", what, w.reads, w.since, err, reads, since)
		}
	}
	run("none is named", 0, 0, time.Time{}, nil)
	settings.Index = "https://index.example/"
	run("at once", 0, 1, time.Time{}, nil)
	run("too soon", 23*time.Hour, 1, time.Time{}, nil)
	since := begun.Add(-10 * time.Minute) // clocks differ
	run("it is down", time.Hour, 2, since, errs.New(errs.Unavailable, "down"))
	run("still too soon", 59*time.Minute, 2, since, nil)
	run("we fail", time.Minute, 3, since, errors.New("our disk"))
	run("it is up", time.Hour, 4, since, nil)
	settings.Index = "https://another.example/"
	run("another", time.Minute, 5, time.Time{}, nil)
}
