package outbox

import (
	"context"
	"errors"
	"strconv"

	"sepiola/internal/errs"
)

// turns is how many intents may be told of at once.
const turns = 64

// Broadcast tells of an intent. key is the same when it is done again after it
// was cut off: then it says nothing twice. Of one thing only one intent is told
// of at a time, so that what is read first is said first.
func (o *Outbox) Broadcast(ctx context.Context, key string, in Intent) error {
	if !o.Rules().Enabled {
		return nil
	}
	if in.Cause == VideoTotals && len(in.Videos) > 0 {
		return o.broadcastEach(ctx, key, in)
	}
	turn := &o.turns[(int64(in.Video)+int64(in.Account)+int64(in.Channel)+int64(in.Playlist))%turns]
	if in.Cause != VideoWatched && in.Cause != VideoSeen { // who tells of many would keep others waiting
		turn.Lock()
		defer turn.Unlock()
	}
	tell, err := o.documents(ctx, in)
	if errs.Is(err, errs.NotFound) {
		return nil // it is gone, and that was told
	}
	if err != nil || tell == nil {
		return err
	}
	return o.InTx(ctx, func(ctx context.Context) error {
		first, err := o.Store.Once(ctx, key, o.Now())
		if err != nil || !first {
			return err
		}
		return tell(ctx)
	})
}

// broadcastEach tells of the videos of an intent one after the other, each as if
// it were the only one.
func (o *Outbox) broadcastEach(ctx context.Context, key string, in Intent) error {
	var all error
	for _, c := range in.Videos {
		one := in
		one.Videos, one.Video, one.Count = nil, c.Video, c.Count
		all = errors.Join(all, o.Broadcast(ctx, key+"-"+strconv.FormatInt(int64(c.Video), 10), one))
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return all
}

// documents returns what tells of an intent, in a transaction; nil for nothing.
func (o *Outbox) documents(ctx context.Context, in Intent) (func(ctx context.Context) error, error) {
	switch in.Cause {
	case VideoPublished:
		return o.published(ctx, in)
	case VideoChanged, VideoTotals:
		return o.updated(ctx, in)
	case VideoMoved:
		return o.moved(ctx, in)
	case VideoRated:
		return o.rated(ctx, in)
	case VideoViewed:
		return o.viewed(ctx, in)
	case VideoWatched:
		return o.watched(ctx, in)
	case VideoSeen:
		return o.seen(ctx, in)
	case CommentWritten:
		return o.commented(ctx, in)
	case CommentApproved:
		return o.approved(ctx, in)
	case AccountChanged, ChannelChanged:
		return o.actorChanged(ctx, in)
	case VideoPlayerSet:
		return o.videoPlayer(ctx, in)
	case ChannelPlayerSet:
		return o.channelPlayer(ctx, in)
	case PlaylistCreated, PlaylistChanged:
		return o.playlistChanged(ctx, in)
	}
	return nil, errs.New(errs.Invalid, "there is no cause %q", in.Cause)
}
