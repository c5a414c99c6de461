package remote

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"sepiola/internal/domain/origin"
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

func TestOrphansAreRemoved(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC)
	for _, n := range []int{0, 7, 250, cleanMost + 1} {
		a := &attic{left: n}
		c := &Cleaner{Videos: a, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)}
		if err := c.Clean(t.Context()); err != nil || a.removed != min(n, cleanMost) {
			t.Errorf("%d orphans: %d were removed, %v", n, a.removed, err)
		}
		if !a.before.Equal(now.AddDate(0, 0, -30)) {
			t.Errorf("orphans are those since before %v, want 30 days", a.before)
		}
	}
}
