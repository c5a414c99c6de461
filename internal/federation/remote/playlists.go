package remote

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
)

// Playlists finds and keeps the playlists of other sites.
type Playlists struct {
	*Source
	Store  origin.Playlists
	Actors *Actors
	Queue  Queue
	InTx   func(ctx context.Context, fn func(ctx context.Context) error) error
	Now    func() time.Time
	Log    *slog.Logger

	shown shown[playlist.ID]
}

// Shown is told of a playlist that somebody opened; see Videos.Shown.
func (s *Playlists) Shown(ctx context.Context, p *playlist.Playlist) {
	if !p.Remote || !s.shown.first(p.ID, s.Now()) {
		return
	}
	if err := s.later(ctx, p.ID, p.URL); err != nil && ctx.Err() == nil {
		s.Log.WarnContext(ctx, "a copy was not looked after", "url", p.URL, "err", err)
	}
}

// later asks for a copy that is old to be refreshed.
func (s *Playlists) later(ctx context.Context, id playlist.ID, url string) error {
	if s.own(url) {
		return nil
	}
	at, err := s.Store.RefreshedAt(ctx, id)
	if err != nil || !origin.Stale(at, s.Now()) {
		return err
	}
	return s.Queue.Refresh(ctx, PlaylistKind, url, false)
}

// ByURL returns the playlist with an id, fetched when it is not known. One that
// was fetched long ago is returned and refreshed later. One that was removed is
// back when its origin has it: it may have been hidden for a while.
func (s *Playlists) ByURL(ctx context.Context, url string) (playlist.ID, error) {
	id, _, err := s.Store.ByURL(ctx, url)
	if err == nil {
		return id, s.later(ctx, id, url)
	}
	if !errs.Is(err, errs.NotFound) {
		return id, err
	}
	if err := s.wanted(ctx, url); err != nil && !errs.Is(err, errs.Gone) {
		return 0, err
	}
	d, err := s.Load(ctx, url, false)
	if err != nil {
		return 0, err
	}
	return s.put(ctx, d, false)
}

// Put stores a playlist as its document says, which must come from its own
// host. Its elements are read by a job. What was removed, and what is newer
// here, is asked for: this document may be older than that.
func (s *Playlists) Put(ctx context.Context, d activity.Doc) error {
	err := s.store(ctx, d, true)
	if errors.Is(err, origin.ErrOvertaken) {
		return s.Refresh(ctx, d.ID())
	}
	return err
}

func (s *Playlists) store(ctx context.Context, d activity.Doc, sent bool) error {
	_, _, err := s.Tombs.Buried(ctx, d.ID())
	switch {
	case err == nil:
		_, err = s.ByURL(ctx, d.ID())
	case errs.Is(err, errs.NotFound):
		_, err = s.put(ctx, d, sent)
	}
	return err
}

func (s *Playlists) put(ctx context.Context, d activity.Doc, sent bool) (playlist.ID, error) {
	p, err := activity.ReadPlaylist(d)
	if err != nil {
		return 0, err
	}
	if s.own(p.URL) {
		return 0, errs.New(errs.Forbidden, "this playlist is of this site")
	}
	err = s.allowed(ctx, p.URL, p.ChannelURL)
	risen := errs.Is(err, errs.Gone)
	if err != nil && !risen {
		return 0, err
	}
	if p.ChannelURL == "" {
		return 0, errs.New(errs.Invalid, "the playlist %s is of nobody", clip(p.URL))
	}
	owner, err := s.Actors.Found(ctx, p.ChannelURL)
	if err != nil {
		return 0, err
	}
	o := &origin.Playlist{Playlist: p.Playlist, Sent: sent}
	switch {
	case owner.Channel != nil:
		o.OwnerID, o.ChannelID = owner.Channel.OwnerID, owner.Channel.ChannelID
	case owner.Account != nil:
		o.OwnerID = owner.Account.AccountID
	default:
		return 0, errs.New(errs.Invalid, "the playlist %s is of nobody", clip(p.URL))
	}
	if len(p.Thumbnails) > 0 {
		o.PictureURL = p.Thumbnails[0].FileURL
	}
	now := s.Now()
	if o.CreatedAt.IsZero() || o.CreatedAt.After(now) {
		o.CreatedAt = now
	}
	if o.UpdatedAt.IsZero() || o.UpdatedAt.After(now) {
		o.UpdatedAt = now
	}
	err = s.InTx(ctx, func(ctx context.Context) error {
		if risen {
			if err := s.Tombs.Unbury(ctx, p.URL); err != nil {
				return err
			}
		}
		if err := s.Store.Put(ctx, o, now); err != nil {
			return err
		}
		if p.FirstURL == "" {
			return s.Store.SetElements(ctx, o.ID, origin.Stretch{Last: true})
		}
		return s.Queue.Crawl(ctx, Step{What: CrawlElements, URL: p.FirstURL, Of: p.URL, Page: 1})
	})
	return o.ID, err
}

// Refresh asks the origin of a copy; see Actors.Refresh.
func (s *Playlists) Refresh(ctx context.Context, url string) error {
	if _, _, err := s.Store.ByURL(ctx, url); errs.Is(err, errs.NotFound) || s.own(url) {
		return nil
	} else if err != nil {
		return err
	}
	d, err := s.Load(ctx, url, false)
	if err != nil {
		return err
	}
	return s.store(ctx, d, false)
}

// Remove removes the copy of a playlist, for good.
func (s *Playlists) Remove(ctx context.Context, url string) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		id, _, err := s.Store.ByURL(ctx, url)
		if err == nil {
			err = s.Store.Remove(ctx, id)
		}
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		return s.Tombs.Bury(ctx, url, "Playlist", s.Now())
	})
}
