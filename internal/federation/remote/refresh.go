package remote

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"sepiola/internal/errs"
	"sepiola/internal/federation/fetch"
)

// Refresher brings copies up to date, when they were shown or mentioned and
// are old.
type Refresher struct {
	Actors    *Actors
	Videos    *Videos
	Comments  *Comments
	Playlists *Playlists
	Queue     Queue
	Log       *slog.Logger
}

// Do refreshes a copy. What its origin does not know any more is asked for
// again after a while and removed when it is still missing then. A copy whose
// origin does not answer stays as it is, without an error.
func (r *Refresher) Do(ctx context.Context, k Kind, url string, missedBefore bool) error {
	ctx = fetch.WithBudget(ctx, Budget)
	refresh, remove := r.of(k)
	if refresh == nil {
		return errs.New(errs.Invalid, "there are no copies of the kind %q", k)
	}
	err := refresh(ctx, url)
	switch {
	case err == nil || errs.Is(err, errs.Unavailable):
		return nil
	case missing(err) && !missedBefore:
		return r.Queue.Refresh(ctx, k, url, true)
	case missing(err):
		r.Log.InfoContext(ctx, "a copy is removed: its origin does not know it any more", "kind", string(k), "url", url)
		return remove(ctx, url)
	}
	return err
}

func (r *Refresher) of(k Kind) (refresh, remove func(context.Context, string) error) {
	switch k {
	case ActorKind:
		return r.actor, r.Actors.Remove
	case VideoKind:
		return r.video, r.Videos.Remove
	case CommentKind:
		return r.Comments.refresh, r.Comments.Remove
	case PlaylistKind:
		return r.Playlists.Refresh, r.Playlists.Remove
	case SiteKind:
		return r.Actors.Learn, func(context.Context, string) error { return nil }
	}
	return nil, nil
}

func (r *Refresher) actor(ctx context.Context, url string) error {
	if _, err := r.Actors.Store.ByURL(ctx, url); err != nil {
		return known(err)
	}
	_, err := r.Actors.Refresh(ctx, url)
	return err
}

// video refreshes a video and reads again who announced and who commented it:
// this site may not have been told of all. As PeerTube does.
func (r *Refresher) video(ctx context.Context, url string) error {
	if _, err := r.Videos.Store.ByURL(ctx, url); err != nil {
		return known(err)
	}
	c, err := r.Videos.refresh(ctx, url)
	if err != nil || !c.Remote {
		return err
	}
	for what, at := range map[string]string{CrawlShares: c.SharesURL, CrawlComments: c.CommentsURL} {
		if at == "" {
			continue
		}
		if err := r.Queue.Crawl(ctx, Step{What: what, URL: at, Of: c.URL}); err != nil {
			return err
		}
	}
	return nil
}

// known lets be what has no copy any more.
func known(err error) error {
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}

// shown remembers which copies were looked after lately.
type shown[ID comparable] struct {
	mu sync.Mutex
	at map[ID]time.Time
}

const (
	shownEvery = time.Hour
	maxShown   = 10_000
)

func (s *shown[ID]) first(id ID, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.at[id]) < shownEvery {
		return false
	}
	if s.at == nil || len(s.at) >= maxShown {
		s.at = map[ID]time.Time{}
	}
	s.at[id] = now
	return true
}
