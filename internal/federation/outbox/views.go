package outbox

import (
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/peer"
	"sepiola/internal/domain/video"
	"sepiola/internal/federation/activity"
)

// Windows of what changes often.
const (
	playlistWindow = 30 * time.Second
	// watchedFor is how long a number of viewers is good: a little longer than
	// it takes until the next.
	watchedFor = 150 * time.Second
	// viewsWindow is how often the views of a video that is watched are told.
	viewsWindow = 10 * time.Minute
	// viewedWindow is for how long views of a video elsewhere are gathered, and
	// viewsTogether how many are told by one job.
	viewedWindow  = 3 * time.Second
	viewsTogether = 50
)

// understands reports whether software knows what views are. Others take them
// for noise, and some choke on them.
func understands(software string) bool { return software == "peertube" || software == "sepiola" }

// views are those of remote videos that were counted and not told yet. They may
// get lost: they are kept here, and one job tells of many.
type views struct {
	mu     sync.Mutex
	counts map[video.ID]int64
}

// add reports whether these are the first.
func (v *views) add(id video.ID, n int64) (first bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	first = v.counts == nil
	if first {
		v.counts = map[video.ID]int64{}
	}
	v.counts[id] += n
	return first
}

func (v *views) take() map[video.ID]int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	counts := v.counts
	v.counts = nil
	return counts
}

// Viewed is told of views of a remote video that were counted, in the
// transaction that counts them: its owner hears of each, some seconds later,
// and nothing of who watched.
func (o *Outbox) Viewed(ctx context.Context, id video.ID, n int64) error {
	if !o.Rules().Enabled || n <= 0 {
		return nil
	}
	o.AfterCommit(ctx, func(ctx context.Context) {
		if !o.views.add(id, n) {
			return
		}
		ctx = context.WithoutCancel(ctx)
		o.Later(viewedWindow, func() {
			if err := o.tellViews(ctx, o.views.take()); err != nil {
				o.Log.WarnContext(ctx, "views of videos of other sites were not told", "err", err)
			}
		})
	})
	return nil
}

// tellViews writes the intents of views.
func (o *Outbox) tellViews(ctx context.Context, counts map[video.ID]int64) error {
	ctx, cancel := context.WithTimeout(ctx, recordTime)
	defer cancel()
	return o.InTx(ctx, func(ctx context.Context) error {
		for _, id := range slices.Sorted(maps.Keys(counts)) {
			for left := counts[id]; left > 0; left -= viewsTogether {
				in := Intent{Cause: VideoViewed, Video: id, Count: int(min(left, viewsTogether)), Mark: rand.Text()}
				if err := o.intend(ctx, in); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Counted is told of videos of this site whose views or downloads were counted.
// Others hear of it now and then.
func (o *Outbox) Counted(ctx context.Context, ids []video.ID) error {
	if alone, err := o.Audience.Alone(ctx); err != nil || alone {
		return err
	}
	for _, id := range ids {
		if err := o.gathered(ctx, Intent{Cause: VideoTotals, Video: id}, viewsWindow); err != nil {
			return err
		}
	}
	return nil
}

func (o *Outbox) viewed(ctx context.Context, in Intent) (func(context.Context) error, error) {
	v, err := o.Videos.ByRef(ctx, video.ByID(in.Video))
	if err != nil || !v.Remote || v.Channel == nil || v.Channel.Owner == nil {
		return nil, err
	}
	to, err := o.Audience.Actors(ctx, []actor.ID{v.Channel.Owner.ID})
	if err != nil {
		return nil, err
	}
	me, err := o.Actors.Instance(ctx)
	if err != nil {
		return nil, err
	}
	docs := make([]activity.Doc, max(in.Count, 1)) // 0 was one, in earlier versions
	for i := range docs {
		mark := in.Mark
		if i > 0 {
			mark += "-" + strconv.Itoa(i)
		}
		docs[i] = activity.View(me.URL, int64(v.ID), mark, v.URL, activity.ForActor(v.Channel.Owner.URL))
	}
	return o.droppable(ctx, me, to, docs...)
}

// Watching is told how many watch which videos now. Of local ones others hear.
// It comes by itself for each video that somebody watches, so a site without
// others writes no work for it.
func (o *Outbox) Watching(ctx context.Context, viewers map[video.ID]int64) error {
	if alone, err := o.Audience.Alone(ctx); err != nil || alone {
		return err
	}
	for id, n := range viewers {
		if n <= 0 {
			continue
		}
		if err := o.intend(ctx, Intent{Cause: VideoWatched, Video: id, Count: int(n)}); err != nil {
			return err
		}
	}
	return nil
}

func (o *Outbox) watched(ctx context.Context, in Intent) (func(context.Context) error, error) {
	v, err := o.Videos.ByRef(ctx, video.ByID(in.Video))
	if err != nil || !o.told(v) || v.Channel == nil || v.Channel.Owner == nil {
		return nil, err
	}
	to, err := o.involved(ctx, v)
	if err != nil {
		return nil, err
	}
	me, err := o.Actors.Instance(ctx)
	if err != nil {
		return nil, err
	}
	at := in.At.UTC().Format("20060102150405")
	doc := activity.Viewers(me.URL, int64(v.ID), at, v.URL, in.Count, in.At.Add(watchedFor), activity.ForEverybody(me.FollowersURL))
	return o.droppable(ctx, me, to, doc)
}

// droppable says something to those that understand views, which may get lost.
func (o *Outbox) droppable(ctx context.Context, me *actor.Actor, all []peer.Inboxes, docs ...activity.Doc) (func(context.Context) error, error) {
	to, err := o.running(ctx, all, understands)
	if err != nil {
		return nil, err
	}
	list := make([]said, len(docs))
	for i, doc := range docs {
		list[i] = said{by: me.ID, byURL: me.URL, doc: doc, priority: peer.Droppable, to: to}
	}
	return func(ctx context.Context) error { return o.say(ctx, list...) }, nil
}

// running are those of all whose sites run software of a kind.
func (o *Outbox) running(ctx context.Context, all []peer.Inboxes, kind func(software string) bool) ([]peer.Inboxes, error) {
	hosts := make([]string, len(all))
	for i, in := range all {
		hosts[i] = in.Host
	}
	software, err := o.Audience.Software(ctx, hosts)
	if err != nil {
		return nil, err
	}
	var to []peer.Inboxes
	for _, in := range all {
		if kind(software[in.Host]) {
			to = append(to, in)
		}
	}
	return to, nil
}
