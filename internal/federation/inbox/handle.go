package inbox

import (
	"context"

	"sepiola/internal/domain/origin"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
)

// handled are the activities that mean something here; others are not written
// down.
var handled = map[string]bool{
	"Create": true, "Update": true, "Delete": true, "Undo": true, "Announce": true, "Like": true, "Dislike": true, "Follow": true,
	"Accept": true, "Reject": true, "Flag": true, "View": true, "Download": true, "ApproveReply": true, "RejectReply": true,
}

// handle finds out what an activity does. It may ask other sites; nil means
// that there is nothing to do.
func (p *Processor) handle(ctx context.Context, in *incoming) (step, error) {
	if in.Type == "Delete" && in.ObjectURL == in.ActorURL {
		return p.deleteActor(ctx, in)
	}
	by, err := p.Actors.ByURL(ctx, in.ActorURL)
	if err != nil {
		return nil, err
	}
	if by.Local() {
		return nil, errs.New(errs.Forbidden, "actors of this site do not write to it")
	}
	in.by = by
	switch in.Type {
	case "Create", "Update":
		return p.put(ctx, in)
	case "Delete":
		return p.delete(ctx, in)
	case "Undo":
		return p.undo(ctx, in)
	case "Announce":
		return p.announce(ctx, in)
	case "Like", "Dislike":
		return p.rate(ctx, in)
	case "Follow":
		return p.follow(ctx, in)
	case "Accept", "Reject":
		return p.answer(ctx, in)
	case "View":
		return p.view(ctx, in)
	case "Download":
		return p.download(ctx, in)
	case "ApproveReply":
		return p.approve(ctx, in)
	case "Flag":
		return p.flag(ctx, in)
	case "RejectReply": // as in PeerTube
		return nothing, nil
	}
	return nil, errs.New(errs.Invalid, "nothing is known of activities of the type %q", shorten(in.Type))
}

// put is Create and Update: of what, the type of the object says.
func (p *Processor) put(ctx context.Context, in *incoming) (step, error) {
	if in.ObjectURL == "" || !activity.SameHost(in.ActorURL, in.ObjectURL) {
		return nil, errs.New(errs.Forbidden, "the object is not of the actor's site")
	}
	if in.Object == nil || in.hearsay {
		return p.fetchObject(ctx, in)
	}
	switch in.ObjectType {
	case "Video":
		return p.putVideo(ctx, in)
	case "Note":
		return p.putNote(ctx, in)
	case "Playlist":
		return p.putPlaylist(ctx, in)
	case "Person", "Group", "Application", "Service", "Organization":
		return p.updateActor(ctx, in)
	case "CacheFile":
		return p.putMirror(ctx, in)
	case "PlayerSettings":
		return nil, p.Videos.PutPlayer(ctx, in.Object, in.by)
	case "WatchAction":
		if in.Type != "Create" { // what was watched stays so
			return nothing, nil
		}
		return p.watchedThere(ctx, in)
	}
	return nil, errs.New(errs.UnsupportedType, "objects of the type %q mean nothing here", shorten(in.ObjectType))
}

// fetchObject takes an object of which only the id is known, or which somebody
// else told of, from its origin.
func (p *Processor) fetchObject(ctx context.Context, in *incoming) (step, error) {
	switch in.ObjectType {
	case "PlayerSettings":
		return nil, p.Videos.RefreshPlayer(ctx, in.ObjectURL)
	case "CacheFile", "WatchAction": // the one is told again before it ends, the other is nowhere else
		return nil, errs.New(errs.Unauthorized, "it is not signed")
	}
	if in.Type == "Update" {
		return nil, p.refresh(ctx, in)
	}
	_, err := p.Videos.ByURL(ctx, in.ObjectURL)
	if err == nil || !lasting(err) {
		return nil, err
	}
	_, err = p.Comments.ByURL(ctx, in.ObjectURL)
	return nil, err
}

// refresh asks the origin of what is known here under the id that an Update
// gives. Settings of players are not known by their ids: what its own actor
// says has changed, and is nothing else, is looked at for these.
func (p *Processor) refresh(ctx context.Context, in *incoming) error {
	url := in.ObjectURL
	for _, it := range []struct {
		known   func() error
		refresh func() error
	}{
		{func() error { _, err := p.Copies.ByURL(ctx, url); return err }, func() error { _, err := p.Videos.Refresh(ctx, url); return err }},
		{func() error { _, err := p.Said.ByURL(ctx, url); return err }, func() error { return p.Comments.Refresh(ctx, url) }},
		{func() error { _, _, err := p.Lists.ByURL(ctx, url); return err }, func() error { return p.Playlists.Refresh(ctx, url) }},
		{func() error { _, err := p.Known.ByURL(ctx, url); return err }, func() error { _, err := p.Actors.Refresh(ctx, url); return err }},
	} {
		err := it.known()
		if err == nil {
			return it.refresh()
		}
		if !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	if in.hearsay || in.ObjectType != "" {
		return nil
	}
	return p.Videos.RefreshPlayer(ctx, url)
}

// owns reports whether an actor is the account or the channel of a video.
func owns(by *origin.Known, c *origin.Copy) bool {
	return by.AccountID != 0 && by.AccountID == c.OwnerID || by.ChannelID != 0 && by.ChannelID == c.ChannelID
}

// optional turns errs.NotFound into nothing.
func optional[T any](it *T, err error) (*T, error) {
	if errs.Is(err, errs.NotFound) {
		return nil, nil //nolint:nilnil // that is its purpose
	}
	return it, err
}
