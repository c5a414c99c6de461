package remote

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// attic holds videos that nobody wants, some of which somebody else removes.
type attic struct {
	origin.Videos

	left    int
	before  time.Time
	removed int
}

func (a *attic) Orphans(_ context.Context, before time.Time, limit int) ([]origin.Copy, error) {
	a.before = before
	var list []origin.Copy
	for i := range min(limit, a.left) {
		list = append(list, origin.Copy{ID: video.ID(i + 1)})
	}
	return list, nil
}

func (a *attic) Remove(_ context.Context, id video.ID) error {
	a.left--
	a.removed++
	if id == 3 {
		return errs.New(errs.NotFound, "somebody was faster")
	}
	return nil
}

// They have no playlists and no actors.
type (
	noPlaylists struct{ origin.Playlists }
	noActors    struct{ origin.Actors }
)

func (noPlaylists) Orphans(context.Context, playlist.ID, time.Time, int) ([]playlist.ID, playlist.ID, error) {
	return nil, 0, nil
}

func (noActors) Orphans(context.Context, actor.ID, time.Time, int) ([]actor.ID, actor.ID, error) {
	return nil, 0, nil
}

func TestOrphansAreRemoved(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC)
	for _, n := range []int{0, 7, 250, cleanMost + 1} {
		a := &attic{left: n}
		var log bytes.Buffer
		c := &Cleaner{Videos: a, Playlists: noPlaylists{}, Actors: noActors{}, Now: func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(&log, nil))}
		if err := c.Clean(t.Context()); err != nil || a.removed != min(n, cleanMost) {
			t.Errorf("%d orphans: %d were removed, %v", n, a.removed, err)
		}
		if said := strings.Count(log.String(), "removed="); (said == 1) != (n > 0) || n > 0 && strings.Contains(log.String(), "more_next_time=true") != (n > cleanMost) {
			t.Errorf("%d orphans: the log says %q", n, log.String())
		}
		if !a.before.Equal(now.AddDate(0, 0, -30)) {
			t.Errorf("orphans are those since before %v, want 30 days", a.before)
		}
	}
}
