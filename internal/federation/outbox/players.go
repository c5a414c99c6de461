package outbox

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/peer"
	"sepiola/internal/domain/video"
	"sepiola/internal/federation/activity"
)

// VideoPlayerSet implements video.Events.
func (o *Outbox) VideoPlayerSet(ctx context.Context, v *video.Video) error {
	if !o.told(v) {
		return nil
	}
	return o.intend(ctx, Intent{Cause: VideoPlayerSet, Video: v.ID})
}

// ChannelPlayerSet is told of a channel whose players got another look.
func (o *Outbox) ChannelPlayerSet(ctx context.Context, id actor.ChannelID) error {
	return o.intend(ctx, Intent{Cause: ChannelPlayerSet, Channel: id})
}

// videoPlayer tells what was chosen for the player of a video, in its name:
// its owner says it to all who know the video.
func (o *Outbox) videoPlayer(ctx context.Context, in Intent) (func(context.Context) error, error) {
	v, err := o.Videos.ByRef(ctx, video.ByID(in.Video))
	if err != nil || !o.told(v) || v.Channel == nil || v.Channel.Owner == nil {
		return nil, err
	}
	to, err := o.involved(ctx, v)
	if err != nil {
		return nil, err
	}
	doc := activity.WritePlayerSettings(v.URL, v.PlayerTheme.Or(instance.ChannelTheme)).For(activity.OfVideo(v))
	return o.player(&v.Channel.Owner.Actor, doc, in, to), nil
}

// channelPlayer is videoPlayer of a channel, which says it itself.
func (o *Outbox) channelPlayer(ctx context.Context, in Intent) (func(context.Context) error, error) {
	c, err := o.Actors.Channel(ctx, in.Channel)
	if err != nil || !c.Local() {
		return nil, err
	}
	to, err := o.circle(ctx, c.ID, 0, in.Channel)
	if err != nil {
		return nil, err
	}
	doc := activity.WritePlayerSettings(c.URL, c.PlayerTheme.Or(instance.SiteTheme)).For(activity.ForEverybody(c.FollowersURL))
	return o.player(&c.Actor, doc, in, to), nil
}

func (o *Outbox) player(by *actor.Actor, doc activity.Doc, in Intent, to []peer.Inboxes) func(context.Context) error {
	s := said{by: by.ID, byURL: by.URL, doc: activity.Update(by.URL, doc, in.At), priority: peer.Normal, to: to}
	return func(ctx context.Context) error { return o.say(ctx, s) }
}
