package redundancy

import (
	"context"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// Check does what comes by itself: it drops what no setting wants any more,
// has changed and lost files fetched again, makes room for what the strategies choose,
// and promises what stays for longer, before its end comes. It may be cut off.
func (k *Keeper) Check(ctx context.Context) error {
	if err := k.dropUnwanted(ctx); err != nil {
		return err
	}
	if err := k.mounted(ctx); err != nil {
		return err
	}
	changed, err := k.Store.Changed(ctx, atOnce)
	if err != nil {
		return err
	}
	for _, m := range changed {
		if err := k.Queue.Mirror(ctx, m.VideoID, m.Strategy); err != nil {
			return err
		}
	}
	if err := k.seekLost(ctx); err != nil {
		return err
	}
	for _, r := range k.Rules() {
		if err := k.choose(ctx, r); err != nil {
			return err
		}
	}
	return k.prolong(ctx)
}

// dropUnwanted drops mirrors of strategies that the settings do not name any
// more, of sites that are not allowed or muted, and of videos that are not
// public.
func (k *Keeper) dropUnwanted(ctx context.Context) error {
	for _, s := range Strategies {
		if _, wanted := k.rule(s); wanted {
			continue
		}
		if err := k.dropAll(ctx, func(ctx context.Context) ([]*Mirror, error) { return k.Store.OfStrategy(ctx, s, atOnce) }); err != nil {
			return err
		}
	}
	return k.dropAll(ctx, func(ctx context.Context) ([]*Mirror, error) { return k.Store.Unwanted(ctx, atOnce) })
}

// givenUpFor is how long a strategy leaves alone what could not be mirrored: of
// files with other sums than their site says, all was fetched in vain.
const givenUpFor = 24 * time.Hour

// choose begins to mirror some of the first videos of a strategy. They are drawn
// at random, so that not all sites have the same. Room is made by dropping
// what has been here as long as was promised and is not among the first any
// more, the oldest first.
func (k *Keeper) choose(ctx context.Context, r Rule) error {
	top, err := k.Store.Top(ctx, r, topOf)
	if err != nil || len(top) == 0 {
		return err
	}
	used, err := k.used(ctx, r.Strategy)
	if err != nil {
		return err
	}
	room := r.Size - used
	victims, err := k.victims(ctx, r, top)
	if err != nil {
		return err
	}
	for room < 0 && len(victims) > 0 { // the settings give less than before
		if err := k.dropHeld(ctx, victims[0]); err != nil {
			return err
		}
		room, victims = room+victims[0].Size, victims[1:]
	}
	givenUp, err := k.Queue.GivenUp(ctx, k.Now().Add(-givenUpFor))
	if err != nil {
		return err
	}
	rand.Shuffle(len(top), func(i, j int) { top[i], top[j] = top[j], top[i] }) //nolint:gosec // a matter of luck
	begun := 0
	for _, c := range top {
		if begun == newEach {
			return nil
		}
		if c.Held || c.Size <= 0 || c.Size > r.Size || givenUp[c.VideoID] {
			continue
		}
		for room < c.Size && len(victims) > 0 {
			if err := k.dropHeld(ctx, victims[0]); err != nil {
				return err
			}
			room, victims = room+victims[0].Size, victims[1:]
		}
		if room < c.Size {
			continue
		}
		if err := k.Queue.Mirror(ctx, c.VideoID, r.Strategy); err != nil {
			return err
		}
		room, begun = room-c.Size, begun+1
	}
	return nil
}

// victims are mirrors of a strategy that may go, oldest first.
func (k *Keeper) victims(ctx context.Context, r Rule, top []Choice) ([]*Mirror, error) {
	first := map[video.ID]bool{}
	for _, c := range top {
		first[c.VideoID] = true
	}
	list, err := k.Store.OfStrategy(ctx, r.Strategy, atOnce)
	return slices.DeleteFunc(list, func(m *Mirror) bool {
		return first[m.VideoID] || k.Now().Sub(m.CreatedAt) < r.MinLifetime
	}), err
}

// prolong gives mirrors that end soon a later end. Others forget at its end
// what a site does not promise again, so that it is told before. What has more
// than its strategy may hold goes instead, once it ends.
func (k *Keeper) prolong(ctx context.Context) error {
	now := k.Now()
	list, err := k.Store.Ending(ctx, now.Add(2*k.Interval()), atOnce)
	if err != nil {
		return err
	}
	over := map[Strategy]int64{}
	for _, r := range k.Rules() {
		used, err := k.used(ctx, r.Strategy)
		if err != nil {
			return err
		}
		over[r.Strategy] = used - r.Size
	}
	for _, m := range list {
		if over[m.Strategy] > 0 {
			if m.ExpiresAt.After(now) {
				continue
			}
			over[m.Strategy] -= m.Size
			if err := k.dropHeld(ctx, m); err != nil {
				return err
			}
			continue
		}
		if err := k.InTx(ctx, func(ctx context.Context) error { return k.promise(ctx, m) }); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	return nil
}

// promise gives a mirror a later end.
func (k *Keeper) promise(ctx context.Context, m *Mirror) error {
	r, _ := k.rule(m.Strategy)
	v, err := k.Videos.ByRef(ctx, video.ByID(m.VideoID))
	if err != nil {
		return err
	}
	now := k.Now()
	later := *m
	later.UpdatedAt, later.ExpiresAt = now, now.Add(max(r.MinLifetime, 4*k.Interval()))
	if err := k.Store.Put(ctx, &later); err != nil {
		return err
	}
	return k.Events.MirrorKept(ctx, &later, v)
}

// sweepAge is how long files are left alone that belong to nothing: they may
// just have been fetched.
const sweepAge = 24 * time.Hour

// Sweep removes files of videos that this site does not mirror: what a crash
// left, or a video that its site took back.
func (k *Keeper) Sweep(ctx context.Context) error {
	newest := map[string]time.Time{}
	err := k.Files.List(ctx, Section, "hls/", func(name string, _ int64, modified time.Time) error {
		uuid := path.Base(path.Dir(name))
		if modified.After(newest[uuid]) {
			newest[uuid] = modified
		}
		return nil
	})
	if err != nil {
		return err
	}
	for uuid, modified := range newest {
		if k.Now().Sub(modified) < sweepAge {
			continue
		}
		if err := k.clear(ctx, uuid); err != nil {
			return err
		}
	}
	return nil
}

// ByUUID returns this site's mirror of a public video with the video; nil when
// there is none.
func (k *Keeper) ByUUID(ctx context.Context, uuid string) (*Mirror, *video.Video, error) {
	if !video.ValidUUID(uuid) {
		return nil, nil, nil
	}
	v, err := k.Videos.ByRef(ctx, video.ByUUID(strings.ToLower(uuid)))
	if err == nil && v.Privacy == video.Public {
		var m *Mirror
		if m, err = k.Store.Own(ctx, v.ID); err == nil {
			return m, v, nil
		}
	}
	if errs.Is(err, errs.NotFound) {
		err = nil
	}
	return nil, nil, err
}
