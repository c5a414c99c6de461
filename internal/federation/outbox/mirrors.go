package outbox

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/peer"
	"sepiola/internal/domain/redundancy"
	"sepiola/internal/domain/video"
	"sepiola/internal/federation/activity"
)

var _ redundancy.Events = (*Outbox)(nil)

// MirrorMade implements redundancy.Events: the owner of the video hears that
// this site has its files, and passes it on to those who follow.
func (o *Outbox) MirrorMade(ctx context.Context, m *redundancy.Mirror, v *video.Video) error {
	return o.mirrors(ctx, v, func(me string, to activity.Audience) activity.Doc {
		d := activity.Create(me, cacheFile(m, v, to))
		d["id"] = mark(d.ID(), true, m.CreatedAt) // it may be made, dropped and made again
		return d
	})
}

// MirrorKept implements redundancy.Events.
func (o *Outbox) MirrorKept(ctx context.Context, m *redundancy.Mirror, v *video.Video) error {
	return o.mirrors(ctx, v, func(me string, to activity.Audience) activity.Doc {
		return activity.Update(me, cacheFile(m, v, to), m.UpdatedAt)
	})
}

// MirrorDropped implements redundancy.Events.
func (o *Outbox) MirrorDropped(ctx context.Context, m *redundancy.Mirror, v *video.Video) error {
	return o.mirrors(ctx, v, func(me string, to activity.Audience) activity.Doc {
		d := activity.Create(me, cacheFile(m, v, to))
		d["id"] = mark(d.ID(), true, m.CreatedAt)
		return activity.Undo(d)
	})
}

// mirrors says something of a mirror to the owner of its video.
func (o *Outbox) mirrors(ctx context.Context, v *video.Video, write func(me string, to activity.Audience) activity.Doc) error {
	if !o.Rules().Enabled || v.Channel == nil || v.Channel.Owner == nil {
		return nil
	}
	to, err := o.Audience.Actors(ctx, []actor.ID{v.Channel.Owner.ID})
	if err != nil {
		return err
	}
	me, err := o.Actors.Instance(ctx)
	if err != nil {
		return err
	}
	doc := write(me.URL, activity.ForActor(v.Channel.Owner.URL))
	return o.say(ctx, said{by: me.ID, byURL: me.URL, doc: doc, priority: peer.Normal, to: to})
}

func cacheFile(m *redundancy.Mirror, v *video.Video, to activity.Audience) activity.Doc {
	return activity.WriteCacheFile(CacheFileOf(m, v), to)
}

// CacheFileOf is a mirror of this site as others read it.
func CacheFileOf(m *redundancy.Mirror, v *video.Video) activity.CacheFile {
	return activity.CacheFile{URL: m.URL, VideoURL: v.URL, BaseURL: m.BaseURL, Expires: m.ExpiresAt}
}
