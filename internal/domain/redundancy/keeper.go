package redundancy

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// Keeper mirrors videos of other sites on this one.
type Keeper struct {
	Store    OwnStore
	Videos   OwnVideos
	Actors   Instance
	Files    Files
	Download Download
	// ReadSums reads the list that a site has of the sums of its files; nil
	// checks none.
	ReadSums ReadSums
	Queue    Queue
	Events   Events
	Site     instance.Site
	Rules    func() []Rule
	// Room is how many bytes the disk may take; nil is any number.
	Room func() (int64, error)
	// Interval is how often Check is called.
	Interval func() time.Duration
	InTx     func(ctx context.Context, fn func(ctx context.Context) error) error
	// AfterCommit runs f once the transaction of ctx is committed.
	AfterCommit func(ctx context.Context, f func(ctx context.Context))
	Now         func() time.Time
	Log         *slog.Logger

	// busy are the videos whose files are being fetched.
	busy sync.Map
	// looked is the video of the mirror whose files were looked at last.
	looked atomic.Int64
}

// OwnVideos is the part of video.Store that is needed; a missing video is
// errs.NotFound.
type OwnVideos interface {
	Videos
	Load(ctx context.Context, v *video.Video) error
}

const (
	// atOnce bounds what one query of a Keeper returns.
	atOnce = 100
	// topOf is how many videos a strategy looks at, and newEach how many it
	// may begin to mirror each time.
	topOf   = 50
	newEach = 5
	// lookEach is of how many mirrors the files are looked at each time.
	lookEach = 200
)

// Mirror fetches the files of a video and says that this site has them. Done
// again it fetches what is missing or has changed, and nothing of a video that
// cannot be mirrored (any more), or that somebody dropped meanwhile: then what
// is here goes.
func (k *Keeper) Mirror(ctx context.Context, id video.ID, s Strategy) error {
	v, old, err := k.find(ctx, id)
	if err != nil || v == nil {
		return err
	}
	if err := check(v); err != nil {
		k.Log.InfoContext(ctx, "a video is not mirrored", "video", v.URL, "why", err)
		return k.dropHeld(ctx, old)
	}
	list, size := partsOf(v)
	rule, wanted := k.rule(s)
	if !wanted { // any more; what somebody chose since stays
		if old != nil && old.Strategy == s {
			return k.dropHeld(ctx, old)
		}
		return nil
	}
	if old == nil && s != Manual {
		if used, err := k.used(ctx, s); err != nil || used+size > rule.Size {
			return err
		}
	}
	if _, is := k.busy.LoadOrStore(v.UUID, true); is {
		return errs.New(errs.Unavailable, "the files of %s are being fetched", v.URL)
	}
	defer k.busy.Delete(v.UUID)
	if err := k.mounted(ctx); err != nil {
		return err
	}
	if err := k.bring(ctx, v, list, size); err != nil {
		return k.takeBack(ctx, v, old, fmt.Errorf("mirror %s: %w", v.URL, err))
	}
	kept := false
	err = k.InTx(ctx, func(ctx context.Context) (err error) {
		kept, err = k.keep(ctx, v, s, rule, size, len(list), old != nil)
		return err
	})
	if err != nil || kept {
		return err
	}
	return k.Files.Delete(ctx, Section, DirOf(v.UUID))
}

// find returns a video with its files, and this site's mirror of it; nils for
// what is not there.
func (k *Keeper) find(ctx context.Context, id video.ID) (v *video.Video, own *Mirror, err error) {
	if v, err = k.Videos.ByRef(ctx, video.ByID(id)); err == nil {
		err = k.Videos.Load(ctx, v)
	}
	if errs.Is(err, errs.NotFound) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if own, err = k.Store.Own(ctx, id); errs.Is(err, errs.NotFound) {
		own, err = nil, nil
	}
	return v, own, err
}

// check reports why a video cannot be mirrored.
func check(v *video.Video) error {
	switch list, _ := partsOf(v); {
	case !v.Remote:
		return errs.New(errs.Invalid, "Cannot create a redundancy on a local video").Because("mirror_local")
	case v.IsLive:
		return errs.New(errs.Invalid, "Cannot create a redundancy of a live video").Because("mirror_live")
	case v.Privacy != video.Public || v.State != video.Published:
		return errs.New(errs.Invalid, "Only public videos are mirrored").Because("mirror_hidden")
	case v.Playlist == nil || len(list) == 0:
		return errs.New(errs.Invalid, "The video has no HLS files that could be mirrored").Because("mirror_no_files")
	}
	return nil
}

// rule is what the settings say of a strategy; Manual needs nothing of them.
func (k *Keeper) rule(s Strategy) (Rule, bool) {
	if s == Manual {
		return Rule{Strategy: Manual}, true
	}
	rules := k.Rules()
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.Strategy == s })
	if i < 0 {
		return Rule{}, false
	}
	return rules[i], true
}

func (k *Keeper) used(ctx context.Context, s Strategy) (int64, error) {
	list, err := k.Store.Used(ctx)
	for _, u := range list {
		if u.Strategy == s {
			return u.Used, err
		}
	}
	return 0, err
}

// keep says that this site mirrors a video, whose files are here, in the
// transaction of ctx. had is that it did so before they were fetched. It is
// false when the video or its mirror has gone meanwhile.
func (k *Keeper) keep(ctx context.Context, v *video.Video, s Strategy, r Rule, size int64, files int, had bool) (bool, error) {
	if _, err := k.Videos.ByRef(ctx, video.ByID(v.ID)); err != nil {
		if errs.Is(err, errs.NotFound) {
			return false, nil
		}
		return false, err
	}
	old, err := k.Store.Own(ctx, v.ID)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return false, err
	}
	if had && old == nil {
		return false, nil
	}
	if here, err := k.files(ctx, v.UUID); err != nil || len(here) != files {
		return false, cmp.Or(err, error(errs.New(errs.Unavailable, "files of %s went while others were fetched", v.URL)))
	}
	me, err := k.Actors.Instance(ctx)
	if err != nil {
		return false, err
	}
	now := k.Now()
	m := &Mirror{
		URL: k.Site.URL("/redundancy/streaming-playlists/hls/" + v.UUID), VideoID: v.ID, ActorID: me.ID,
		BaseURL: k.Site.URL("/static/redundancy/" + DirOf(v.UUID)), Strategy: s, Size: size, Files: files, CreatedAt: now, UpdatedAt: now,
	}
	if old != nil && old.Strategy == Manual { // somebody chose it meanwhile
		m.Strategy = Manual
	}
	if m.Strategy != Manual {
		m.ExpiresAt = now.Add(r.MinLifetime)
	}
	if err := k.Store.Put(ctx, m); err != nil {
		return false, err
	}
	if old == nil {
		return true, k.Events.MirrorMade(ctx, m, v)
	}
	return true, k.Events.MirrorKept(ctx, m, v)
}

// Drop ends a mirror of this site in the transaction of ctx, and removes its
// files after that.
func (k *Keeper) Drop(ctx context.Context, m *Mirror) error {
	v, err := k.Videos.ByRef(ctx, video.ByID(m.VideoID))
	if err == nil {
		err = k.Store.Delete(ctx, m.ID)
	}
	if err != nil {
		return err
	}
	if err := k.Events.MirrorDropped(ctx, m, v); err != nil {
		return err
	}
	k.AfterCommit(ctx, func(ctx context.Context) {
		if err := k.clear(ctx, v.UUID); err != nil { // Sweep comes by
			k.Log.WarnContext(ctx, "files of a mirror were not removed", "video", v.URL, "err", err)
		}
	})
	return nil
}

// clear removes the files of a video that this site does not mirror. Who fetches
// them just now does so itself, and nobody begins to meanwhile: Mirror finds the
// video busy and comes again.
func (k *Keeper) clear(ctx context.Context, uuid string) error {
	if _, is := k.busy.LoadOrStore(uuid, true); is {
		return nil
	}
	defer k.busy.Delete(uuid)
	if m, _, err := k.ByUUID(ctx, uuid); err != nil || m != nil {
		return err
	}
	return k.Files.Delete(ctx, Section, DirOf(uuid))
}

// dropHeld is Drop of what may be there, in a transaction of its own.
func (k *Keeper) dropHeld(ctx context.Context, m *Mirror) error {
	if m == nil {
		return nil
	}
	err := k.InTx(ctx, func(ctx context.Context) error { return k.Drop(ctx, m) })
	if errs.Is(err, errs.NotFound) { // somebody else was faster
		return nil
	}
	return err
}

// Leave drops all mirrors of videos of a host.
func (k *Keeper) Leave(ctx context.Context, host string) error {
	return k.dropAll(ctx, func(ctx context.Context) ([]*Mirror, error) { return k.Store.OfHost(ctx, host, atOnce) })
}

func (k *Keeper) dropAll(ctx context.Context, some func(ctx context.Context) ([]*Mirror, error)) error {
	for {
		list, err := some(ctx)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, m := range list {
			if err := k.dropHeld(ctx, m); err != nil {
				return err
			}
		}
	}
}
