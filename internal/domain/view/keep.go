package view

import (
	"context"
	"time"

	"sepiola/internal/domain/video"
)

// Retention is how long things are kept; negative is for ever.
type Retention struct {
	// Local and Remote are for the sessions and views of videos, History for
	// what people watched.
	Local, Remote, History time.Duration
}

// KeeperStore is what a Keeper works on. Each call is one transaction of
// bounded size, and returns how much it did: 0 says that nothing is left.
type KeeperStore interface {
	// Flush takes counts out of the buffer and adds them to the counters of
	// videos (views, recent views, downloads, hot score) and channels. Counts
	// before the hour since are not recent. local are the videos of this site
	// that changed.
	Flush(ctx context.Context, since int64) (local []video.ID, n int, err error)
	// Recent makes the recent views of videos those since an hour (of those
	// since 1970).
	Recent(ctx context.Context, since int64) (int, error)
	// Over returns sessions that have not been seen since a time, with what
	// Session.Remote says, and holds them until the transaction ends.
	Over(ctx context.Context, before time.Time) ([]*Session, error)
	Finish(ctx context.Context, list []*Session) error
	// ForgetSalts deletes the salts of the days before day.
	ForgetSalts(ctx context.Context, day string) error
	// Clean deletes sessions, views and downloads of local or remote videos
	// from before a time.
	Clean(ctx context.Context, remote bool, before time.Time) (int, error)
	// CleanHistory deletes what people watched last before a time.
	CleanHistory(ctx context.Context, before time.Time) (int, error)
}

// Keeper does what nobody waits for. All of it may be cut off, and may run
// twice.
type Keeper struct {
	Store     KeeperStore
	Rules     func() Rules
	Retention func() Retention
	// Window is for how long views are recent.
	Window func() time.Duration
	// Counted is told of the videos of this site whose counters changed, in
	// the transaction that changes them. It may be nil.
	Counted func(ctx context.Context, ids []video.ID) error
	// Over is told of viewings of videos of other sites that are over, in the
	// transaction that ends them. It may be nil.
	Over func(ctx context.Context, list []*Session) error
	InTx func(ctx context.Context, fn func(ctx context.Context) error) error
	Now  func() time.Time
}

// Counters brings counters up to date: what was counted since the last time,
// and what is not recent any more.
func (k *Keeper) Counters(ctx context.Context) error {
	since := hourOf(k.Now().Add(-k.Window()))
	for _, step := range []func(context.Context, int64) (int, error){k.flush, k.Store.Recent} {
		for {
			n, err := step(ctx, since)
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
		}
	}
	return nil
}

func (k *Keeper) flush(ctx context.Context, since int64) (n int, err error) {
	err = k.InTx(ctx, func(ctx context.Context) error {
		var local []video.ID
		if local, n, err = k.Store.Flush(ctx, since); err != nil || len(local) == 0 || k.Counted == nil {
			return err
		}
		return k.Counted(ctx, local)
	})
	return n, err
}

func hourOf(t time.Time) int64 { return t.Unix() / 3600 }

// Sessions ends the viewings that are over, and forgets the salt of yesterday
// once no viewing of yesterday can go on.
func (k *Keeper) Sessions(ctx context.Context) error {
	now, life := k.Now().UTC(), k.Rules().life()
	for done := false; !done; {
		if err := k.InTx(ctx, func(ctx context.Context) error {
			list, err := k.Store.Over(ctx, now.Add(-life))
			if done = len(list) == 0; done || err != nil {
				return err
			}
			return end(ctx, k.Store, list, k.Over)
		}); err != nil {
			return err
		}
	}
	keep := now
	if sinceMidnight(now) < life {
		keep = now.AddDate(0, 0, -1)
	}
	return k.Store.ForgetSalts(ctx, keep.Format(time.DateOnly))
}

// Clean deletes what is older than it may be.
func (k *Keeper) Clean(ctx context.Context) error {
	now, keep := k.Now(), k.Retention()
	for _, c := range []struct {
		age   time.Duration
		clean func(ctx context.Context, before time.Time) (int, error)
	}{
		{keep.Local, func(ctx context.Context, t time.Time) (int, error) { return k.Store.Clean(ctx, false, t) }},
		{keep.Remote, func(ctx context.Context, t time.Time) (int, error) { return k.Store.Clean(ctx, true, t) }},
		{keep.History, k.Store.CleanHistory},
	} {
		if c.age < 0 {
			continue
		}
		for {
			n, err := c.clean(ctx, now.Add(-c.age))
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
		}
	}
	return nil
}

var _ video.Viewing = (*Service)(nil)
