package remote

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
)

// Videos finds and keeps the videos of other sites.
type Videos struct {
	*Source
	Store  origin.Videos
	Actors *Actors
	Queue  Queue
	// Published tells of a video that is new and public here, in the
	// transaction that stores it. It may be nil.
	Published func(ctx context.Context, id video.ID) error
	InTx      func(ctx context.Context, fn func(ctx context.Context) error) error
	Now       func() time.Time
	Log       *slog.Logger

	shown shown[video.ID]
}

// Shown is told of a video that somebody opened. Once an hour it looks whether
// the copy is old, and asks for a newer one.
func (s *Videos) Shown(ctx context.Context, v *video.Video) {
	if !v.Remote || !s.shown.first(v.ID, s.Now()) {
		return
	}
	if _, err := s.ByURL(ctx, v.URL); err != nil && ctx.Err() == nil {
		s.Log.WarnContext(ctx, "a copy was not looked after", "url", v.URL, "err", err)
	}
}

// ByURL returns the video with an id, of this site too. One that is not known
// is fetched; one that was fetched long ago is returned and refreshed later.
// One that was removed is back when its origin has it: it may have been hidden
// for a while.
func (s *Videos) ByURL(ctx context.Context, url string) (*origin.Copy, error) {
	c, err := s.Store.ByURL(ctx, url)
	if err == nil {
		return c, s.later(ctx, c)
	}
	if !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	if err := s.wanted(ctx, url); err != nil && !errs.Is(err, errs.Gone) {
		return nil, err
	}
	asked := s.Now()
	d, err := s.Load(ctx, url, false)
	if err != nil {
		return nil, err
	}
	c, err = s.put(ctx, d, asked)
	if errors.Is(err, origin.ErrOvertaken) { // somebody else was faster, and has a newer one
		return s.Store.ByURL(ctx, url)
	}
	return c, err
}

func (s *Videos) later(ctx context.Context, c *origin.Copy) error {
	if !c.Remote || !origin.Stale(c.RefreshedAt, s.Now()) {
		return nil
	}
	return s.Queue.Refresh(ctx, VideoKind, c.URL, false)
}

// Put stores a video as its document says, which must come from its own host:
// whoever calls it made sure of that. The same again changes nothing but the
// totals, which are not part of it. What was removed, and what is newer here,
// is asked for: this document may have been overtaken on its way, and which one
// is true its origin knows.
func (s *Videos) Put(ctx context.Context, d activity.Doc) (*origin.Copy, error) {
	c, err := s.loaded(ctx, d, time.Time{})
	if errors.Is(err, origin.ErrOvertaken) {
		return s.Refresh(ctx, d.ID())
	}
	return c, err
}

// loaded is Put of what its origin was asked for at a time. While it was read,
// a newer one may have come: origin.ErrOvertaken.
func (s *Videos) loaded(ctx context.Context, d activity.Doc, asked time.Time) (*origin.Copy, error) {
	_, _, err := s.Tombs.Buried(ctx, d.ID())
	if err == nil {
		return s.ByURL(ctx, d.ID())
	}
	if !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	return s.put(ctx, d, asked)
}

func (s *Videos) put(ctx context.Context, d activity.Doc, asked time.Time) (*origin.Copy, error) {
	v, err := activity.ReadVideo(d)
	if err != nil {
		return nil, err
	}
	if s.own(v.URL) {
		return nil, errs.New(errs.Forbidden, "this video is of this site")
	}
	err = s.allowed(ctx, v.URL, v.AccountURL)
	risen := errs.Is(err, errs.Gone)
	if err != nil && !risen {
		return nil, err
	}
	was, err := s.Store.ByURL(ctx, v.URL)
	if err == nil && was.Hash == v.Hash {
		return was, s.same(ctx, was)
	}
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	o, err := s.origin(ctx, v)
	if err != nil {
		return nil, err
	}
	o.AskedAt = asked
	o.HeldTo(s.Now())
	err = s.InTx(ctx, func(ctx context.Context) error {
		if risen {
			if err := s.Tombs.Unbury(ctx, v.URL); err != nil {
				return err
			}
		}
		created, err := s.Store.Put(ctx, o, s.Now())
		if err != nil {
			return err
		}
		return s.follow(ctx, was, o, v, created)
	})
	if errs.Is(err, errs.Conflict) && !errors.Is(err, origin.ErrOvertaken) { // another job was faster, or another video has its UUID
		if c, findErr := s.Store.ByURL(ctx, v.URL); findErr == nil && c.Hash == v.Hash {
			return c, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return s.Store.ByURL(ctx, v.URL)
}

// same is called for a copy of which its origin says nothing new: only the
// totals may be others.
func (s *Videos) same(ctx context.Context, c *origin.Copy) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Touch(ctx, c.ID, s.Now()); err != nil {
			return err
		}
		return s.totals(ctx, c.URL, c.LikesURL, c.DislikesURL)
	})
}

// totals asks for what a video's document only names and changes often.
func (s *Videos) totals(ctx context.Context, url, likes, dislikes string) error {
	for what, at := range map[string]string{CrawlLikes: likes, CrawlDislikes: dislikes} {
		if at == "" {
			continue
		}
		if err := s.Queue.Crawl(ctx, Step{What: what, URL: at, Of: url}); err != nil {
			return err
		}
	}
	return nil
}

// origin finds the channel of a video, and its account, which is known then.
func (s *Videos) origin(ctx context.Context, v *activity.Video) (*origin.Video, error) {
	if v.AccountURL != "" {
		if k, err := s.Actors.ByURL(ctx, v.AccountURL); err != nil {
			return nil, err
		} else if k.AccountID == 0 {
			return nil, errs.New(errs.Invalid, "the video %s is of nobody", clip(v.URL))
		}
	}
	if v.ChannelURL == "" {
		return nil, errs.New(errs.Invalid, "the video %s is in no channel", clip(v.URL))
	}
	k, err := s.Actors.ByURL(ctx, v.ChannelURL)
	if err != nil {
		return nil, err
	}
	if k.ChannelID == 0 || !activity.SameHost(k.URL, v.URL) {
		return nil, errs.New(errs.Invalid, "the video %s is in no channel", clip(v.URL))
	}
	v.ChannelID = k.ChannelID
	o := &origin.Video{
		Video: v.Video, Hash: v.Hash, LikesURL: v.LikesURL, DislikesURL: v.DislikesURL, SharesURL: v.SharesURL,
		CommentsURL: v.CommentsURL, WebURL: v.WebURL, EmbedURL: v.EmbedURL, Chapters: v.Chapters,
		HasChapters: v.ChaptersURL == "", Trackers: v.Trackers, Magnets: v.Magnets,
	}
	if v.Storyboard != nil {
		o.Storyboard, o.StoryboardURL = &v.Storyboard.Storyboard, v.Storyboard.URL
	}
	for _, c := range v.Captions {
		o.Captions = append(o.Captions, origin.Caption{Caption: c.Caption, URL: c.URL})
	}
	return o, nil
}

// follow asks for what a video's document only names. Totals change often and
// are asked for with each change, the rest once; how the player looks, of which
// its origin tells for itself, whenever the origin was asked.
func (s *Videos) follow(ctx context.Context, was *origin.Copy, o *origin.Video, v *activity.Video, created bool) error {
	if err := s.totals(ctx, o.URL, o.LikesURL, o.DislikesURL); err != nil {
		return err
	}
	for _, step := range []struct {
		what, url string
		once      bool
	}{
		{CrawlChapters, v.ChaptersURL, false},
		{CrawlPlayer, v.PlayerSettingsURL, o.AskedAt.IsZero()},
		{CrawlShares, o.SharesURL, true},
		{CrawlComments, o.CommentsURL, true},
	} {
		if step.url == "" || step.once && !created {
			continue
		}
		if err := s.Queue.Crawl(ctx, Step{What: step.what, URL: step.url, Of: o.URL}); err != nil {
			return err
		}
	}
	if s.Published == nil || o.Privacy != video.Public || o.State != video.Published {
		return nil
	}
	if created || was != nil && (was.Privacy != video.Public || was.State != video.Published) {
		return s.Published(ctx, o.ID)
	}
	return nil
}

// Refresh asks the origin of a copy; see Actors.Refresh. Of a video that is
// gone for the second time the copy is removed by Refresher, to which this
// gives it.
func (s *Videos) Refresh(ctx context.Context, url string) (*origin.Copy, error) {
	c, err := s.refresh(ctx, url)
	if missing(err) {
		if _, findErr := s.Store.ByURL(ctx, url); findErr == nil {
			return nil, again(ctx, s.Queue, VideoKind, url, err)
		}
	}
	return c, err
}

func (s *Videos) refresh(ctx context.Context, url string) (*origin.Copy, error) {
	c, err := s.Store.ByURL(ctx, url)
	if err != nil && !errs.Is(err, errs.NotFound) || err == nil && !c.Remote {
		return c, err
	}
	if err := s.wanted(ctx, url); err != nil {
		return nil, err
	}
	for range 2 { // once more when a newer one came meanwhile
		asked := s.Now()
		d, err := s.Load(ctx, url, false)
		if err != nil {
			return nil, err
		}
		if d.Is("Tombstone") || d.ID() != url {
			return nil, errs.New(errs.Gone, "%s does not exist any more", clip(url))
		}
		if c, err := s.loaded(ctx, d, asked); !errors.Is(err, origin.ErrOvertaken) {
			return c, err
		}
	}
	return s.Store.ByURL(ctx, url)
}

// Remove removes the copy of a video, for good.
func (s *Videos) Remove(ctx context.Context, url string) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		c, err := s.Store.ByURL(ctx, url)
		if errs.Is(err, errs.NotFound) {
			return s.Tombs.Bury(ctx, url, "Video", s.Now()) // its Create may come later
		}
		if err != nil {
			return err
		}
		if err := s.Store.Remove(ctx, c.ID); err != nil {
			return err
		}
		return s.Tombs.Bury(ctx, url, "Video", s.Now())
	})
}
