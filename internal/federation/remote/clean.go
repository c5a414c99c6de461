package remote

import (
	"context"
	"log/slog"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/errs"
)

// Cleaner removes copies that nobody here has a reason to keep, and looks
// after those of actors that are followed.
type Cleaner struct {
	Actors    origin.Actors
	Videos    origin.Videos
	Playlists origin.Playlists
	Queue     Queue
	Now       func() time.Time
	Log       *slog.Logger
}

const (
	// orphanAge is how long a copy of which nobody wants anything is kept
	// after it was fetched last.
	orphanAge = 30 * 24 * time.Hour
	cleanStep = 100
	// lookStep is how many rows are looked at at once.
	lookStep = 500
	// cleanMost is how much of each kind one run removes; the rest waits for
	// the next.
	cleanMost = 20_000
)

// Clean does one run: playlists first, because they hold videos, and actors
// last, because they have them.
func (c *Cleaner) Clean(ctx context.Context) error {
	before := c.Now().Add(-orphanAge)
	for _, it := range []struct {
		kind  Kind
		clean func(ctx context.Context, before time.Time) (removed int, err error)
	}{{PlaylistKind, c.playlists}, {VideoKind, c.videos}, {ActorKind, c.actors}} {
		removed, err := it.clean(ctx, before)
		if removed > 0 {
			c.Log.InfoContext(ctx, "copies of other sites' things that nobody here needs were removed",
				"kind", string(it.kind), "removed", removed, "more_next_time", removed >= cleanMost)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *Cleaner) videos(ctx context.Context, before time.Time) (removed int, err error) {
	for removed < cleanMost {
		list, err := c.Videos.Orphans(ctx, before, cleanStep)
		if err != nil || len(list) == 0 {
			return removed, err
		}
		for _, v := range list {
			if err := c.Videos.Remove(ctx, v.ID); err != nil && !errs.Is(err, errs.NotFound) {
				return removed, err
			}
		}
		removed += len(list)
		if err := ctx.Err(); err != nil {
			return removed, err
		}
	}
	return removed, nil
}

func (c *Cleaner) playlists(ctx context.Context, before time.Time) (int, error) {
	return sweep(ctx, func(ctx context.Context, after playlist.ID) ([]playlist.ID, playlist.ID, error) {
		return c.Playlists.Orphans(ctx, after, before, lookStep)
	}, func(ctx context.Context, id playlist.ID) (bool, error) {
		err := c.Playlists.Remove(ctx, id)
		if errs.Is(err, errs.NotFound) {
			return false, nil
		}
		return err == nil, err
	})
}

func (c *Cleaner) actors(ctx context.Context, before time.Time) (int, error) {
	return sweep(ctx, func(ctx context.Context, after actor.ID) ([]actor.ID, actor.ID, error) {
		return c.Actors.Orphans(ctx, after, before, lookStep)
	}, func(ctx context.Context, id actor.ID) (bool, error) {
		return c.Actors.RemoveOrphan(ctx, id, before)
	})
}

// sweep goes through all of a kind and removes those that next returns, cleanMost
// at most.
func sweep[ID ~int64](ctx context.Context, next func(context.Context, ID) ([]ID, ID, error), remove func(context.Context, ID) (bool, error)) (removed int, err error) {
	for after := ID(0); removed < cleanMost; {
		list, last, err := next(ctx, after)
		if err != nil {
			return removed, err
		}
		for _, id := range list {
			if err := ctx.Err(); err != nil {
				return removed, err
			}
			done, err := remove(ctx, id)
			if err != nil {
				return removed, err
			}
			if done {
				removed++
			}
		}
		if after = last; last == 0 {
			break
		}
	}
	return removed, nil
}

// Follow asks for the actors that people here follow, or who follow people
// here, to be refreshed: their keys and inboxes change.
func (c *Cleaner) Follow(ctx context.Context) error {
	const most = 500
	list, err := c.Actors.Stale(ctx, c.Now().Add(-7*24*time.Hour), most)
	if err != nil {
		return err
	}
	for _, k := range list {
		if err := c.Queue.Refresh(ctx, ActorKind, k.URL, false); err != nil {
			return err
		}
	}
	return nil
}
