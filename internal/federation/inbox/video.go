package inbox

import (
	"context"

	"sepiola/internal/domain/origin"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
)

// putVideo takes what the owner of a video says of it.
func (p *Processor) putVideo(ctx context.Context, in *incoming) (step, error) {
	v, err := activity.ReadVideo(in.Object)
	if err != nil {
		return nil, err
	}
	if v.AccountURL != in.by.URL && v.ChannelURL != in.by.URL {
		return nil, errs.New(errs.Forbidden, "the video %s is not of %s", v.URL, in.by.URL)
	}
	was, err := optional(p.Copies.ByURL(ctx, v.URL))
	if err != nil {
		return nil, err
	}
	if was != nil && (!was.Remote || !owns(in.by, was)) {
		return nil, errs.New(errs.Forbidden, "the video %s is not of %s", v.URL, in.by.URL)
	}
	_, err = p.Videos.Put(ctx, in.Object) // which finds out whether it was overtaken
	return nil, err
}

// delete is Delete of a comment, a video or a playlist.
func (p *Processor) delete(ctx context.Context, in *incoming) (step, error) {
	if in.ObjectURL == "" {
		return nil, errs.New(errs.Invalid, "a deletion of nothing")
	}
	c, err := optional(p.Said.ByURL(ctx, in.ObjectURL))
	if err != nil {
		return nil, err
	}
	if c != nil {
		return p.deleteComment(ctx, in, c)
	}
	if !activity.SameHost(in.ActorURL, in.ObjectURL) {
		return nil, errs.New(errs.Forbidden, "the object is not of the actor's site")
	}
	v, err := optional(p.Copies.ByURL(ctx, in.ObjectURL))
	if err != nil {
		return nil, err
	}
	if v != nil {
		return p.deleteVideo(ctx, in, v)
	}
	id, owner, err := p.Lists.ByURL(ctx, in.ObjectURL)
	switch {
	case err == nil && id != 0:
		if owner != in.by.AccountID || in.hearsay {
			return nil, errs.New(errs.Forbidden, "the playlist is not of %s", in.by.URL)
		}
		return func(ctx context.Context) error { return p.Playlists.Remove(ctx, in.ObjectURL) }, nil
	case err != nil && !errs.Is(err, errs.NotFound):
		return nil, err
	}
	return p.bury(in, ""), nil // it may come later
}

// bury remembers that something of the actor's site is gone. What somebody else
// told is not remembered.
func (p *Processor) bury(in *incoming, formerType string) step {
	if in.hearsay || !activity.SameHost(in.ActorURL, in.ObjectURL) {
		return nil
	}
	return func(ctx context.Context) error { return p.Graves.Bury(ctx, in.ObjectURL, formerType, p.Now()) }
}

func (p *Processor) deleteVideo(ctx context.Context, in *incoming, v *origin.Copy) (step, error) {
	if !v.Remote || !owns(in.by, v) {
		return nil, errs.New(errs.Forbidden, "the video is not of %s", in.by.URL)
	}
	if in.hearsay {
		_, err := p.Videos.Refresh(ctx, v.URL)
		if gone, err := confirmed(err); err != nil || !gone {
			return nil, err
		}
	}
	return func(ctx context.Context) error { return p.Videos.Remove(ctx, v.URL) }, nil
}

// confirmed reports by the answer of an origin whether a deletion that somebody
// else tells of is true. An origin that says that it deleted the thing proves
// that; one that knows nothing of it may have lost it for a while, or not show
// it to this site: Refresh has asked for a second look at that.
func confirmed(answer error) (gone bool, err error) {
	switch {
	case errs.Is(answer, errs.Gone):
		return true, nil
	case errs.Is(answer, errs.NotFound):
		return false, nil
	}
	return false, answer
}

// putPlaylist takes what the owner of a playlist says of it.
func (p *Processor) putPlaylist(ctx context.Context, in *incoming) (step, error) {
	list, err := activity.ReadPlaylist(in.Object)
	if err != nil {
		return nil, err
	}
	if !activity.SameHost(in.by.URL, list.URL) || in.by.AccountID == 0 {
		return nil, errs.New(errs.Forbidden, "the playlist is not of an account of its site")
	}
	_, owner, err := p.Lists.ByURL(ctx, list.URL)
	switch {
	case err == nil && owner != in.by.AccountID:
		return nil, errs.New(errs.Forbidden, "the playlist is not of %s", in.by.URL)
	case err != nil && !errs.Is(err, errs.NotFound):
		return nil, err
	}
	return nil, p.Playlists.Put(ctx, in.Object)
}

// updateActor takes what an actor says of itself; nobody says it of another.
func (p *Processor) updateActor(ctx context.Context, in *incoming) (step, error) {
	if in.ObjectURL != in.ActorURL {
		return p.updateChannel(ctx, in)
	}
	_, err := p.Actors.Refresh(ctx, in.ActorURL)
	return nil, err
}

// updateChannel takes what an owner says of a channel from the channel's own
// address.
func (p *Processor) updateChannel(ctx context.Context, in *incoming) (step, error) {
	if in.ObjectType != "Group" {
		return nil, errs.New(errs.Forbidden, "%s is not %s", in.ObjectURL, in.ActorURL)
	}
	if _, err := p.Known.ByURL(ctx, in.ObjectURL); err != nil {
		return nil, err // what is not known needs no update
	}
	_, err := p.Actors.Refresh(ctx, in.ObjectURL)
	return nil, err
}

// deleteActor removes an actor that says it is gone.
func (p *Processor) deleteActor(ctx context.Context, in *incoming) (step, error) {
	known, err := optional(p.Known.ByURL(ctx, in.ActorURL))
	if err != nil || known == nil {
		return nil, err
	}
	if known.Local() {
		return nil, errs.New(errs.Forbidden, "this actor is of this site")
	}
	if in.hearsay {
		_, err := p.Actors.Refresh(ctx, in.ActorURL)
		if !errs.Is(err, errs.Gone) && !errs.Is(err, errs.NotFound) {
			return nil, err
		}
	}
	return func(ctx context.Context) error { return p.Actors.Remove(ctx, in.ActorURL) }, nil
}
