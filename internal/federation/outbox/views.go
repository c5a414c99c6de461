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
	"sepiola/internal/errs"
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
	// videosTogether is how many videos one job tells of.
	videosTogether = 50
	// viewedWindow is for how long views of a video elsewhere are gathered, and
	// viewsTogether how many are told by one job.
	viewedWindow  = 3 * time.Second
	viewsTogether = 50
)

// understands reports whether software knows what views are. Others take them
// for noise, and some choke on them.
func understands(software string) bool { return software == "peertube" || software == "sepiola" }

// gathering is what was counted of videos and not told yet. It may get lost: it
// is kept here, and one job tells of many.
type gathering struct {
	mu     sync.Mutex
	counts map[video.ID]int64
}

// add reports whether these are the first.
func (v *gathering) add(counts map[video.ID]int64) (first bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	first = v.counts == nil
	if first {
		v.counts = map[video.ID]int64{}
	}
	for id, n := range counts {
		v.counts[id] += n
	}
	return first
}

func (v *gathering) take() map[video.ID]int64 {
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
		if !o.views.add(map[video.ID]int64{id: n}) {
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

// Counted is told of videos of this site whose views or downloads were counted,
// in the transaction that counts them. Others hear of it now and then. What is
// counted comes by itself, so a site without others writes no work for it.
func (o *Outbox) Counted(ctx context.Context, ids []video.ID) error {
	if alone, err := o.Audience.Alone(ctx); err != nil || alone || !o.Rules().Enabled {
		return err
	}
	counts := make(map[video.ID]int64, len(ids))
	for _, id := range ids {
		counts[id] = 0
	}
	o.AfterCommit(ctx, func(ctx context.Context) {
		if !o.totals.add(counts) {
			return
		}
		ctx = context.WithoutCancel(ctx)
		now := o.Now()
		until := now.Truncate(viewsWindow).Add(viewsWindow)
		o.Later(until.Sub(now), func() {
			if err := o.tellMany(ctx, Intent{Cause: VideoTotals, At: until}, o.totals.take()); err != nil {
				o.Log.WarnContext(ctx, "totals of videos were not told", "err", err)
			}
		})
	})
	return nil
}

// tellMany writes intents of what was counted of videos, some of them to each.
func (o *Outbox) tellMany(ctx context.Context, in Intent, counts map[video.ID]int64) error {
	ctx, cancel := context.WithTimeout(ctx, recordTime)
	defer cancel()
	return o.InTx(ctx, func(ctx context.Context) error {
		for part := range slices.Chunk(slices.Sorted(maps.Keys(counts)), videosTogether) {
			in.Videos = make([]Counted, len(part))
			for i, id := range part {
				in.Videos[i] = Counted{id, int(counts[id])}
			}
			if err := o.intend(ctx, in); err != nil {
				return err
			}
		}
		return nil
	})
}

func (o *Outbox) viewed(ctx context.Context, in Intent) (func(context.Context) error, error) {
	list, err := o.toOwner(ctx, in.Video, func(me string, v *video.Video, to activity.Audience) []activity.Doc {
		docs := make([]activity.Doc, max(in.Count, 1)) // 0 was one, in earlier versions
		for i := range docs {
			mark := in.Mark
			if i > 0 {
				mark += "-" + strconv.Itoa(i)
			}
			docs[i] = activity.View(me, int64(v.ID), mark, v.URL, to)
		}
		return docs
	})
	if err != nil {
		return nil, err
	}
	return o.saying(list)
}

// toOwner is what write makes, said by the site's own actor to the account of a
// video of another site. It may get lost.
func (o *Outbox) toOwner(ctx context.Context, id video.ID, write func(me string, v *video.Video, to activity.Audience) []activity.Doc) ([]said, error) {
	v, err := o.Videos.ByRef(ctx, video.ByID(id))
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
	return o.droppable(ctx, me, to, write(me.URL, v, activity.ForActor(v.Channel.Owner.URL))...)
}

// Watching is told how many watch which videos now. Of local ones others hear.
// It comes by itself, so a site without others writes no work for it.
func (o *Outbox) Watching(ctx context.Context, viewers map[video.ID]int64) error {
	if alone, err := o.Audience.Alone(ctx); err != nil || alone {
		return err
	}
	counts := make(map[video.ID]int64, len(viewers))
	for id, n := range viewers {
		if n > 0 {
			counts[id] = n
		}
	}
	if len(counts) == 0 {
		return nil
	}
	return o.tellMany(ctx, Intent{Cause: VideoWatched}, counts)
}

// watched tells how many watch videos. What comes late says nothing: there is
// a newer number.
func (o *Outbox) watched(ctx context.Context, in Intent) (func(context.Context) error, error) {
	if o.Now().After(in.At.Add(watchedFor)) {
		return nil, nil //nolint:nilnil // nothing is said
	}
	if len(in.Videos) == 0 { // of earlier versions
		in.Videos = []Counted{{in.Video, in.Count}}
	}
	me, err := o.Actors.Instance(ctx)
	if err != nil {
		return nil, err
	}
	var all []said
	for _, c := range in.Videos {
		list, err := o.watchers(ctx, me, c, in.At)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return nil, err
		}
		all = append(all, list...)
	}
	return o.saying(all)
}

// watchers tells how many watch a video of this site.
func (o *Outbox) watchers(ctx context.Context, me *actor.Actor, c Counted, at time.Time) ([]said, error) {
	v, err := o.Videos.ByRef(ctx, video.ByID(c.Video))
	if err != nil || !o.told(v) || v.Channel == nil || v.Channel.Owner == nil {
		return nil, err
	}
	to, err := o.involved(ctx, v)
	if err != nil {
		return nil, err
	}
	mark := at.UTC().Format("20060102150405")
	doc := activity.Viewers(me.URL, int64(v.ID), mark, v.URL, c.Count, at.Add(watchedFor), activity.ForEverybody(me.FollowersURL))
	return o.droppable(ctx, me, to, doc)
}

// saying says what there is to say, if anything.
func (o *Outbox) saying(list []said) (func(context.Context) error, error) {
	if len(list) == 0 {
		return nil, nil //nolint:nilnil // nothing is said
	}
	return func(ctx context.Context) error { return o.say(ctx, list...) }, nil
}

// droppable is what is said to those that understand views, and may get lost.
// It may be a lot, so that it is signed here and not in a transaction.
func (o *Outbox) droppable(ctx context.Context, me *actor.Actor, all []peer.Inboxes, docs ...activity.Doc) ([]said, error) {
	to, err := o.running(ctx, o.others(all), understands)
	if err != nil || len(to) == 0 {
		return nil, err
	}
	list := make([]said, len(docs))
	for i, doc := range docs {
		s := said{by: me.ID, byURL: me.URL, doc: doc, priority: peer.Droppable, to: to}
		if s.text, err = o.body(ctx, s); err != nil {
			return nil, err
		}
		list[i] = s
	}
	return list, nil
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
