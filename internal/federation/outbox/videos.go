package outbox

import (
	"context"
	"errors"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/peer"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
)

// totalsWindow is how often others hear of the totals of a video at most.
const totalsWindow = time.Minute

// told reports whether others hear of a video.
func (o *Outbox) told(v *video.Video) bool {
	if v.Remote || v.Privacy != video.Public && (v.Privacy != video.Unlisted || !o.Rules().Unlisted) {
		return false
	}
	return v.State == video.Published || v.State == video.WaitingForLive || v.State == video.LiveEnded
}

// ErrEarly is returned for what can be told in a second or so: PeerTube refuses
// a video that has no picture, and a video may be published before its own is
// made.
var ErrEarly = errors.New("the video has no picture yet")

// pictureTime is for how long a video's picture is waited for. One that cannot
// be made does not keep a video from those who take it without.
const pictureTime = 2 * time.Minute

// VideoPublished is told of a video that becomes published. What is not for
// others then says nothing later either: should it become public before its
// intent is done, that is told of for itself, under an id of its own.
func (o *Outbox) VideoPublished(ctx context.Context, id video.ID) error {
	v, err := o.Videos.ByRef(ctx, video.ByID(id))
	if errs.Is(err, errs.NotFound) || err == nil && !o.told(v) {
		return nil
	}
	if err != nil {
		return err
	}
	return o.intend(ctx, Intent{Cause: VideoPublished, Video: id})
}

// VideoEdited implements video.Events. before is nil when only what belongs to
// the video has changed.
func (o *Outbox) VideoEdited(ctx context.Context, before, after *video.Video) error {
	if after.Remote {
		return nil
	}
	was, is := before == nil || o.told(before), o.told(after)
	switch {
	case was && !is && before != nil:
		return o.withdraw(ctx, before)
	case !is:
		return nil
	case !was:
		return o.intend(ctx, Intent{Cause: VideoPublished, Video: after.ID, Again: true})
	case before != nil && before.ChannelID != after.ChannelID:
		return o.intend(ctx, Intent{Cause: VideoMoved, Video: after.ID, Channel: before.ChannelID})
	}
	return o.intend(ctx, Intent{Cause: VideoChanged, Video: after.ID})
}

// VideoDeleted implements video.Events: v, with Channel and Owner, is about to
// be deleted.
func (o *Outbox) VideoDeleted(ctx context.Context, v *video.Video) error {
	if !o.told(v) {
		return nil
	}
	if err := o.Graves.BuryVideo(ctx, v.ID, o.Now()); err != nil {
		return err
	}
	return o.withdraw(ctx, v)
}

// withdraw tells that a video is gone, to all who may know it.
func (o *Outbox) withdraw(ctx context.Context, v *video.Video) error {
	if !o.Rules().Enabled || v.Channel == nil || v.Channel.Owner == nil {
		return nil
	}
	to, err := o.involved(ctx, v)
	if err != nil {
		return err
	}
	if _, err := o.Shares.Unshare(ctx, 0, v.ID); err != nil {
		return err
	}
	owner := v.Channel.Owner
	doc := activity.Delete(owner.URL, v.URL, activity.Audience{})
	doc["id"] = mark(doc.ID(), true, o.Now())
	return o.say(ctx, said{by: owner.ID, byURL: owner.URL, doc: doc, priority: peer.Normal, to: to})
}

// involved are the followers of a video's owner and of all who announced it,
// and those.
func (o *Outbox) involved(ctx context.Context, v *video.Video) ([]peer.Inboxes, error) {
	sharers, err := o.Audience.Sharers(ctx, int64(v.ID))
	if err != nil {
		return nil, err
	}
	followers, err := o.Audience.Followers(ctx, []actor.ID{v.Channel.Owner.ID})
	return join(followers, sharers), err
}

// VideoChanged is told of a local video whose totals have changed. Others hear
// of it once a minute at most.
func (o *Outbox) VideoChanged(ctx context.Context, id video.ID) error {
	return o.gathered(ctx, Intent{Cause: VideoTotals, Video: id}, totalsWindow)
}

// VideoRated implements video.RateEvents: the owner of a remote video is told,
// and of a local one all hear the new totals.
func (o *Outbox) VideoRated(ctx context.Context, r video.Rate, before video.RateType, v *video.Video) error {
	if !v.Remote {
		if !o.told(v) {
			return nil
		}
		return o.VideoChanged(ctx, v.ID)
	}
	return o.intend(ctx, Intent{Cause: VideoRated, Video: v.ID, Account: r.AccountID, Before: before, After: r.Type})
}

// video returns a local video with all that its document says, nil when others
// do not hear of it.
func (o *Outbox) video(ctx context.Context, id video.ID) (*video.Video, activity.Doc, error) {
	v, err := o.Videos.ByRef(ctx, video.ByID(id))
	if err != nil || !o.told(v) || v.Channel == nil || v.Channel.Owner == nil {
		return nil, nil, err
	}
	if err := o.Videos.Load(ctx, v); err != nil {
		return nil, nil, err
	}
	var parts activity.VideoParts
	if parts.Captions, err = o.Videos.Captions(ctx, id); err != nil {
		return nil, nil, err
	}
	if parts.Storyboard, err = o.Videos.Storyboard(ctx, id); err != nil && !errs.Is(err, errs.NotFound) {
		return nil, nil, err
	}
	return v, activity.WriteVideo(v, parts, o.Site), nil
}

// published tells of a new video: its owner creates it, the site and the
// channel announce it. A video may be hidden and be public again before its
// first intent is done, for which it then has two: what the site announces, and
// has not taken back since, was told.
func (o *Outbox) published(ctx context.Context, in Intent) (func(context.Context) error, error) {
	v, doc, err := o.video(ctx, in.Video)
	if err != nil || v == nil {
		return nil, err
	}
	if len(v.Thumbnails) == 0 && o.Now().Sub(in.At) < pictureTime {
		return nil, ErrEarly
	}
	owner := v.Channel.Owner
	create := activity.Create(owner.URL, doc)
	create["id"] = mark(create.ID(), in.Again, in.At)
	followers, err := o.Audience.Followers(ctx, []actor.ID{owner.ID})
	if err != nil {
		return nil, err
	}
	me, err := o.Actors.Instance(ctx)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		first, err := o.Shares.FirstShare(ctx, me.ID, v.ID, mark(activity.AnnounceURL(v.URL, me.ID), in.Again, in.At), in.At)
		if err != nil || !first {
			return err
		}
		list := []said{{by: owner.ID, byURL: owner.URL, doc: create, priority: peer.Normal, to: followers}}
		for _, by := range []*actor.Actor{me, &v.Channel.Actor} {
			a, err := o.announce(ctx, v, by, in)
			if err != nil {
				return err
			}
			list = append(list, a)
		}
		return o.say(ctx, list...)
	}, nil
}

// announce records that a local actor announces a video, and tells its
// followers and those of the others who did.
func (o *Outbox) announce(ctx context.Context, v *video.Video, by *actor.Actor, in Intent) (said, error) {
	url := mark(activity.AnnounceURL(v.URL, by.ID), in.Again, in.At)
	if err := o.Shares.Share(ctx, by.ID, v.ID, url, in.At); err != nil {
		return said{}, err
	}
	followers, err := o.Audience.Followers(ctx, []actor.ID{by.ID})
	if err != nil {
		return said{}, err
	}
	sharers, err := o.Audience.Sharers(ctx, int64(v.ID))
	return said{
		by: by.ID, byURL: by.URL, doc: activity.Announce(url, by, v.URL), priority: peer.Normal, to: join(followers, sharers),
	}, err
}

// updated tells of a video as it is now.
func (o *Outbox) updated(ctx context.Context, in Intent) (func(context.Context) error, error) {
	v, doc, err := o.video(ctx, in.Video)
	if err != nil || v == nil {
		return nil, err
	}
	to, err := o.involved(ctx, v)
	if err != nil {
		return nil, err
	}
	priority := peer.Normal
	if in.Cause == VideoTotals {
		priority = peer.Later
	}
	owner := v.Channel.Owner
	s := said{by: owner.ID, byURL: owner.URL, doc: activity.Update(owner.URL, doc, in.At), priority: priority, to: to}
	return func(ctx context.Context) error { return o.say(ctx, s) }, nil
}

// moved tells that another channel has a video: what the old one announced is
// undone.
func (o *Outbox) moved(ctx context.Context, in Intent) (func(context.Context) error, error) {
	v, doc, err := o.video(ctx, in.Video)
	if err != nil || v == nil {
		return nil, err
	}
	to, err := o.involved(ctx, v)
	if err != nil {
		return nil, err
	}
	old, err := o.Actors.Channel(ctx, in.Channel)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	owner := v.Channel.Owner
	return func(ctx context.Context) error {
		var list []said
		if old != nil && old.ChannelID != v.ChannelID {
			s, err := o.unannounce(ctx, v, &old.Actor, to)
			if err != nil {
				return err
			}
			list = append(list, s...)
		}
		in.Again = true // it may have been in this channel before
		a, err := o.announce(ctx, v, &v.Channel.Actor, in)
		if err != nil {
			return err
		}
		update := said{by: owner.ID, byURL: owner.URL, doc: activity.Update(owner.URL, doc, in.At), priority: peer.Normal, to: to}
		return o.say(ctx, append(list, update, a)...)
	}, nil
}

func (o *Outbox) unannounce(ctx context.Context, v *video.Video, by *actor.Actor, to []peer.Inboxes) ([]said, error) {
	url, err := o.Shares.Unshare(ctx, by.ID, v.ID)
	if err != nil || url == "" {
		return nil, err
	}
	undo := activity.Undo(activity.Announce(url, by, v.URL))
	return []said{{by: by.ID, byURL: by.URL, doc: undo, priority: peer.Normal, to: to}}, nil
}

// rated tells the owner of a remote video what somebody here thinks of it. What
// was changed again meanwhile is not said.
func (o *Outbox) rated(ctx context.Context, in Intent) (func(context.Context) error, error) {
	v, err := o.Videos.ByRef(ctx, video.ByID(in.Video))
	if err != nil {
		return nil, err
	}
	a, err := o.Actors.Account(ctx, in.Account)
	if err != nil || !v.Remote || v.Channel == nil || v.Channel.Owner == nil || !a.Local() {
		return nil, err
	}
	now, err := o.Rates.Rating(ctx, in.Account, in.Video)
	if err != nil {
		return nil, err
	}
	to, err := o.Audience.Actors(ctx, []actor.ID{v.Channel.Owner.ID})
	if err != nil {
		return nil, err
	}
	var list []said
	add := func(d activity.Doc) {
		list = append(list, said{by: a.ID, byURL: a.URL, doc: d, priority: peer.Later, to: to})
	}
	if in.Before != video.RateNone && in.Before != now {
		undo := activity.Undo(rating(a.URL, in.Before, v))
		undo["id"] = mark(undo.ID(), true, in.At)
		add(undo)
	}
	if in.After != video.RateNone && in.After == now {
		d := rating(a.URL, in.After, v)
		d["id"] = mark(d.ID(), true, in.At) // it may have been taken back before
		add(d)
	}
	return func(ctx context.Context) error { return o.say(ctx, list...) }, nil
}

func rating(by string, t video.RateType, v *video.Video) activity.Doc {
	id := video.RateURL(by, t, v.ID)
	if t == video.RateDislike {
		return activity.Dislike(id, by, v.URL, v.Channel.Owner.URL)
	}
	return activity.Like(id, by, v.URL, v.Channel.Owner.URL)
}
