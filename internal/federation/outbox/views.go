package outbox

import (
	"context"
	"crypto/rand"
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
)

// understands reports whether software knows what views are. Others take them
// for noise, and some choke on them.
func understands(software string) bool { return software == "peertube" || software == "sepiola" }

// Viewed is told of views of a remote video that were counted: its owner hears
// of each, and nothing of who watched.
func (o *Outbox) Viewed(ctx context.Context, id video.ID, n int64) error {
	for range n {
		if err := o.intend(ctx, Intent{Cause: VideoViewed, Video: id, Mark: rand.Text()}); err != nil {
			return err
		}
	}
	return nil
}

// Counted is told of videos of this site whose views or downloads were counted.
// Others hear of it now and then.
func (o *Outbox) Counted(ctx context.Context, ids []video.ID) error {
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
	doc := activity.View(me.URL, int64(v.ID), in.Mark, v.URL, activity.ForActor(v.Channel.Owner.URL))
	return o.droppable(ctx, me, doc, to)
}

// Watching is told how many watch which videos now. Of local ones others hear.
func (o *Outbox) Watching(ctx context.Context, viewers map[video.ID]int64) error {
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
	return o.droppable(ctx, me, doc, to)
}

// droppable says something to those that understand views, which may get lost.
func (o *Outbox) droppable(ctx context.Context, me *actor.Actor, doc activity.Doc, all []peer.Inboxes) (func(context.Context) error, error) {
	to, err := o.running(ctx, all, understands)
	if err != nil {
		return nil, err
	}
	s := said{by: me.ID, byURL: me.URL, doc: doc, priority: peer.Droppable, to: to}
	return func(ctx context.Context) error { return o.say(ctx, s) }, nil
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
