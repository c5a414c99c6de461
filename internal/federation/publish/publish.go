// Package publish puts the documents of this site's own things together: of
// what is stored it makes what others are told, the same whether they ask for
// it (server/fed) or it is sent to them (outbox).
//
// Only what may leave the site has a document; everything else is not found.
// Of what another site owns Elsewhere tells the id.
package publish

import (
	"context"
	"errors"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
)

// Actors is the part of actor.Store that documents are made of.
type Actors interface {
	Instance(ctx context.Context) (*actor.Actor, error)
	Account(ctx context.Context, id actor.AccountID) (*actor.Account, error)
	AccountByName(ctx context.Context, name, host string) (*actor.Account, error)
	ChannelByName(ctx context.Context, name, host string) (*actor.Channel, error)
	Keys(ctx context.Context, id actor.ID) (actor.Keys, error)
}

// Videos is the part of video.Store that documents are made of.
type Videos interface {
	Details(ctx context.Context, ref video.Ref) (*video.Video, error)
	Captions(ctx context.Context, id video.ID) ([]video.Caption, error)
	Storyboard(ctx context.Context, id video.ID) (*video.Storyboard, error)
	Chapters(ctx context.Context, id video.ID) ([]video.Chapter, error)
	// DetailsChanges counts what this node has changed of videos.
	DetailsChanges() int
}

// Comments is the part of comment.Store that documents are made of.
type Comments interface {
	ByID(ctx context.Context, id comment.ID) (*comment.Comment, error)
}

// Playlists is the part of playlist.Store that documents are made of.
type Playlists interface {
	ByRef(ctx context.Context, ref playlist.Ref) (*playlist.Playlist, error)
	Element(ctx context.Context, id playlist.ID, element playlist.ElementID) (*playlist.Element, error)
}

// Documents makes documents. Use it by pointer: it keeps those of videos for a
// second.
type Documents struct {
	Actors    Actors
	Videos    Videos
	Comments  Comments
	Playlists Playlists
	Site      instance.Site
	// Name and Description are the site's, for its own actor.
	Name        func() string
	Description func() string

	texts texts
}

// elsewhere is something that another site owns.
type elsewhere struct{ url string }

func (e elsewhere) Error() string { return "this is of another site: " + e.url }

// At says that another site owns what was asked for, under this id.
func At(url string) error { return elsewhere{url} }

// Elsewhere returns the id of what another site owns, "" for other errors.
func Elsewhere(err error) string {
	var e elsewhere
	if errors.As(err, &e) {
		return e.url
	}
	return ""
}

// Federated reports whether a video of this site is told of: see spec section
// 9 of PeerTube's facts. Unlisted ones have a document, but nobody is told.
func Federated(v *video.Video) bool { return v.Privacy == video.Public && shown(v) }

func shown(v *video.Video) bool {
	return !v.Remote && (v.State == video.Published || v.State == video.WaitingForLive || v.State == video.LiveEnded)
}

// Account returns an account of this site, or its own actor by its name.
func (d *Documents) Account(ctx context.Context, name string) (activity.Doc, *actor.Actor, error) {
	if name == actor.InstanceName {
		a, err := d.Actors.Instance(ctx)
		if err != nil {
			return nil, nil, err
		}
		if err := d.key(ctx, a); err != nil {
			return nil, nil, err
		}
		return activity.WriteApplication(a, d.Name(), d.Description(), d.Site), a, nil
	}
	found, err := d.Actors.AccountByName(ctx, name, "")
	if err != nil {
		return nil, nil, err
	}
	a := *found
	if err := d.key(ctx, &a.Actor); err != nil {
		return nil, nil, err
	}
	return activity.WritePerson(&a, d.Site), &a.Actor, nil
}

// Channel returns a channel of this site.
func (d *Documents) Channel(ctx context.Context, name string) (activity.Doc, *actor.Channel, error) {
	found, err := d.Actors.ChannelByName(ctx, name, "")
	if err != nil {
		return nil, nil, err
	}
	c := *found
	if err := d.key(ctx, &c.Actor); err != nil {
		return nil, nil, err
	}
	return activity.WriteGroup(&c, d.Site), &c, nil
}

// key fills the public key, which actors are read without.
func (d *Documents) key(ctx context.Context, a *actor.Actor) error {
	keys, err := d.Actors.Keys(ctx, a.ID)
	a.PublicKey = keys.Public
	return err
}

// Video returns a video that is public or unlisted.
func (d *Documents) Video(ctx context.Context, ref video.Ref) (activity.Doc, *video.Video, error) {
	v, parts, err := d.described(ctx, ref)
	if err != nil {
		return nil, nil, err
	}
	return activity.WriteVideo(v, parts, d.Site), v, nil
}

// described is a video that is public or unlisted with all that its document
// says.
func (d *Documents) described(ctx context.Context, ref video.Ref) (*video.Video, activity.VideoParts, error) {
	v, err := d.Readable(ctx, ref)
	if err != nil {
		return nil, activity.VideoParts{}, err
	}
	parts, err := d.parts(ctx, v)
	return v, parts, err
}

// parts reads what Details does not tell: most videos have no captions.
func (d *Documents) parts(ctx context.Context, v *video.Video) (parts activity.VideoParts, err error) {
	if v.IsLive {
		parts.Live = &activity.Live{}
	}
	if v.Details == nil || v.Details.HaveCaptions {
		if parts.Captions, err = d.Videos.Captions(ctx, v.ID); err != nil {
			return parts, err
		}
	}
	if v.Details != nil {
		parts.Storyboard = v.Details.Storyboard
		return parts, nil
	}
	parts.Storyboard, err = d.Videos.Storyboard(ctx, v.ID)
	if errs.Is(err, errs.NotFound) {
		err = nil
	}
	return parts, err
}

// guessed reports whether a video is unlisted and was named by its number:
// those who know of it know its UUID, and numbers could be tried one by one.
func guessed(ref video.Ref, v *video.Video) bool {
	return v.Privacy == video.Unlisted && ref.UUID == ""
}

// Readable returns a video of this site that others may read.
func (d *Documents) Readable(ctx context.Context, ref video.Ref) (*video.Video, error) {
	v, err := d.Videos.Details(ctx, ref)
	switch {
	case err != nil:
		return nil, err
	case guessed(ref, v):
		return nil, errs.New(errs.NotFound, "Video not found")
	case v.Remote:
		return nil, elsewhere{v.URL}
	case v.Privacy != video.Public && v.Privacy != video.Unlisted || !shown(v):
		return nil, errs.New(errs.NotFound, "Video not found")
	}
	return v, nil
}

// Chapters returns the chapters of a video.
func (d *Documents) Chapters(ctx context.Context, ref video.Ref) (activity.Doc, error) {
	v, err := d.Readable(ctx, ref)
	if err != nil {
		return nil, err
	}
	list, err := d.Videos.Chapters(ctx, v.ID)
	if err != nil {
		return nil, err
	}
	return activity.WriteChapters(v.URL, v.Duration, list), nil
}

// Player returns what was chosen for the player of a video.
func (d *Documents) Player(ctx context.Context, ref video.Ref) (activity.Doc, error) {
	v, err := d.Readable(ctx, ref)
	if err != nil {
		return nil, err
	}
	return activity.WritePlayerSettings(v.URL, v.PlayerTheme.Or(instance.ChannelTheme)), nil
}

// ChannelPlayer returns what was chosen for the players of a channel.
func (d *Documents) ChannelPlayer(ctx context.Context, name string) (activity.Doc, error) {
	c, err := d.Actors.ChannelByName(ctx, name, "")
	if err != nil {
		return nil, err
	}
	return activity.WritePlayerSettings(c.URL, c.PlayerTheme.Or(instance.SiteTheme)), nil
}

// Comment returns the document of a comment of a video, or the Tombstone of
// one that is deleted. Held ones are not found.
func (d *Documents) Comment(ctx context.Context, ref video.Ref, id comment.ID) (activity.Doc, *comment.Comment, error) {
	c, err := d.Comments.ByID(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	v, err := d.Videos.Details(ctx, ref)
	switch {
	case err != nil:
		return nil, nil, err
	case c.VideoID != v.ID || c.HeldForReview || guessed(ref, v) || v.Privacy != video.Public && v.Privacy != video.Unlisted:
		return nil, nil, comment.NotFound()
	case c.Remote && !c.Deleted():
		return nil, nil, elsewhere{c.URL}
	}
	doc, err := d.Note(ctx, c, v)
	return doc, c, err
}

// maxParents is how far up the authors of a comment's parents are named;
// PeerTube walks as far.
const maxParents = 100

// Note returns the document of a local comment (with Account) of v (with
// Channel and Owner), which may be another site's.
func (d *Documents) Note(ctx context.Context, c *comment.Comment, v *video.Video) (activity.Doc, error) {
	p := activity.NoteParts{InReplyTo: v.URL}
	if v.Channel != nil {
		p.ChannelURL = v.Channel.URL
		if v.Channel.Owner != nil {
			p.VideoOwnerURL = v.Channel.Owner.URL
		}
	}
	parents, err := d.Parents(ctx, c)
	if err != nil {
		return nil, err
	}
	for i, parent := range parents {
		if i == 0 {
			p.InReplyTo = parent.URL
		}
		if parent.Account != nil {
			p.Parents = append(p.Parents, activity.Mention{URL: parent.Account.URL, Name: d.handle(&parent.Account.Actor)})
		}
	}
	if c.Deleted() {
		return activity.WriteNoteTombstone(c, p.InReplyTo), nil
	}
	if !v.Remote || !c.HeldForReview && v.CommentsPolicy == video.CommentsRequiresApproval { // only the owner reads what is held
		p.Approval = activity.ApprovalURL(c.URL)
	}
	return activity.WriteNote(c, p), nil
}

// Approval returns the activity by which the owner of v, a local video with
// Channel and Owner, agrees to a comment of whatever site.
func (d *Documents) Approval(ctx context.Context, c *comment.Comment, v *video.Video) (activity.Doc, error) {
	answers := v.URL
	if c.ReplyTo != 0 {
		above, err := d.Comments.ByID(ctx, c.ReplyTo)
		switch {
		case err == nil:
			answers = above.URL
		case !errs.Is(err, errs.NotFound):
			return nil, err
		}
	}
	id, owner := c.URL, v.Channel.Owner
	if c.Remote {
		id = comment.URL(d.Site, v.UUID, c.ID)
	}
	return activity.ApproveReply(activity.ApprovalURL(id), owner.URL, c.URL, answers, activity.ForEverybody(owner.FollowersURL)), nil
}

// ApprovalOf is Approval of a comment of v that everybody sees.
func (d *Documents) ApprovalOf(ctx context.Context, v *video.Video, id comment.ID) (activity.Doc, error) {
	c, err := d.Comments.ByID(ctx, id)
	if err != nil {
		return nil, err
	}
	if c.VideoID != v.ID || c.HeldForReview || c.Deleted() {
		return nil, comment.NotFound()
	}
	return d.Approval(ctx, c, v)
}

// Parents returns what a comment answers, up to the thread.
func (d *Documents) Parents(ctx context.Context, c *comment.Comment) ([]*comment.Comment, error) {
	var out []*comment.Comment
	for at := c; at.ReplyTo != 0 && len(out) < maxParents; {
		parent, err := d.Comments.ByID(ctx, at.ReplyTo)
		if errs.Is(err, errs.NotFound) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, parent)
		at = parent
	}
	return out, nil
}

func (d *Documents) handle(a *actor.Actor) string {
	return "@" + a.FullHandle(d.Site.Host)
}

// Playlist returns a playlist that is public or unlisted.
func (d *Documents) Playlist(ctx context.Context, ref playlist.Ref) (activity.Doc, *playlist.Playlist, error) {
	p, err := d.ReadablePlaylist(ctx, ref)
	if err != nil {
		return nil, nil, err
	}
	return activity.WritePlaylist(p, d.Site), p, nil
}

// ReadablePlaylist returns a playlist of this site that others may read.
func (d *Documents) ReadablePlaylist(ctx context.Context, ref playlist.Ref) (*playlist.Playlist, error) {
	p, err := d.Playlists.ByRef(ctx, ref)
	switch {
	case err != nil:
		return nil, err
	case p.Privacy == playlist.Unlisted && ref.UUID == "": // by its number it could be found by trying
		return nil, errs.New(errs.NotFound, "Video playlist not found")
	case p.Remote:
		return nil, elsewhere{p.URL}
	case p.Privacy != playlist.Public && p.Privacy != playlist.Unlisted:
		return nil, errs.New(errs.NotFound, "Video playlist not found")
	}
	return p, nil
}

// Element returns an element of a playlist whose video others may read.
func (d *Documents) Element(ctx context.Context, ref playlist.Ref, id playlist.ElementID) (activity.Doc, error) {
	p, err := d.ReadablePlaylist(ctx, ref)
	if err != nil {
		return nil, err
	}
	e, err := d.Playlists.Element(ctx, p.ID, id)
	if err != nil {
		return nil, err
	}
	none := errs.New(errs.NotFound, "Video playlist element not found")
	if e.VideoID == 0 {
		return nil, none
	}
	v, err := d.Videos.Details(ctx, video.ByID(e.VideoID))
	if errs.Is(err, errs.NotFound) || err == nil && (v.Privacy != video.Public && v.Privacy != video.Unlisted || !v.Remote && !shown(v)) {
		return nil, none
	}
	if err != nil {
		return nil, err
	}
	return activity.WritePlaylistElement(p, e, v.URL), nil
}
