package outbox

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
)

var (
	_ video.Events     = (*Outbox)(nil)
	_ video.RateEvents = (*Outbox)(nil)
	_ comment.Events   = (*Outbox)(nil)
	_ playlist.Events  = (*Outbox)(nil)
)

// ActorEdited is told of a local actor whose images have changed.
func (o *Outbox) ActorEdited(ctx context.Context, id actor.ID) error {
	k, err := o.Known.ByID(ctx, id)
	switch {
	case err != nil || !k.Local():
		return err
	case k.AccountID != 0:
		return o.AccountEdited(ctx, k.AccountID)
	case k.ChannelID != 0:
		return o.ChannelEdited(ctx, k.ChannelID)
	}
	return nil
}

// VideoFiles is told of a local video the work on whose files has ended.
func (o *Outbox) VideoFiles(ctx context.Context, id video.ID) error {
	v, err := o.Videos.ByRef(ctx, video.ByID(id))
	if err != nil || !o.told(v) {
		return err
	}
	return o.VideoChanged(ctx, id)
}
