package remote

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/fetch"
)

// What Crawler reads.
const (
	CrawlOutbox    = "activity"       // what an actor did: its videos
	CrawlShares    = "video-shares"   // who announced a video
	CrawlComments  = "video-comments" // of a video
	CrawlReplies   = "replies"        // to a note
	CrawlThread    = "thread"         // above a note that lies deep
	CrawlLikes     = "video-likes"    // only how many
	CrawlDislikes  = "video-dislikes"
	CrawlChapters  = "video-chapters"
	CrawlPlaylists = "account-playlists"
	CrawlElements  = "playlist-elements"
	CrawlPlayer    = "player-settings" // of a video or a channel
)

// maxPages is how many pages of each are read. The outbox is PeerTube's.
var maxPages = map[string]int{
	CrawlOutbox: 2000, CrawlShares: 100, CrawlComments: 200, CrawlReplies: 20, CrawlPlaylists: 50, CrawlElements: 500,
}

// stepBudget is how many requests one page may cause: itself, and its items
// with their owners.
const stepBudget = 80

// threadBudget is as much for a thread: its notes, of which each takes two at
// most to its video, and who wrote them.
const threadBudget = 3 * MaxChain

// Crawler reads collections. Cut off, a step is done again: what is known by
// then is not fetched anew.
type Crawler struct {
	Actors    *Actors
	Videos    *Videos
	Comments  *Comments
	Playlists *Playlists
	Queue     Queue
	Now       func() time.Time
	Log       *slog.Logger
}

// Outbox asks for what an actor has published, after it accepted a follow.
func (c *Crawler) Outbox(ctx context.Context, id actor.ID) error {
	k, err := c.Actors.Store.ByID(ctx, id)
	if err != nil || k.Local() || k.OutboxURL == "" {
		return err
	}
	if err := c.Queue.Crawl(ctx, Step{What: CrawlOutbox, URL: k.OutboxURL, Of: k.URL}); err != nil || k.PlaylistsURL == "" {
		return err
	}
	return c.Queue.Crawl(ctx, Step{What: CrawlPlaylists, URL: k.PlaylistsURL, Of: k.URL})
}

// Do reads a page and asks for the next one. errs.Unavailable and TooMany are
// worth another try, other errors not.
func (c *Crawler) Do(ctx context.Context, s Step) error {
	if s.What == CrawlThread {
		_, err := c.Comments.ByURL(atDepth(fetch.WithBudget(ctx, threadBudget), s.Depth), s.URL)
		return err
	}
	ctx = fetch.WithBudget(ctx, stepBudget)
	if s.What == CrawlReplies {
		ctx = atDepth(ctx, s.Depth+1)
	}
	switch s.What {
	case CrawlLikes, CrawlDislikes:
		return c.total(ctx, s)
	case CrawlChapters:
		return c.chapters(ctx, s)
	case CrawlPlayer:
		return c.player(ctx, s)
	}
	if s.Page > maxPages[s.What] {
		return nil
	}
	if !activity.SameHost(s.URL, s.Of) {
		return errs.New(errs.Forbidden, "the collection %s is of another host", clip(s.URL))
	}
	if s.What == CrawlElements {
		if s.Done >= playlist.MaxElements {
			return nil
		}
		if s.Since.IsZero() {
			at, err := c.since(ctx, s.Of)
			if err != nil {
				return err
			}
			s.Since = at
		}
	}
	d, err := c.load(ctx, s.URL)
	if err != nil {
		return err
	}
	page, next, err := pageOf(d, s)
	if err != nil {
		return err
	}
	if next == s.URL || !activity.SameHost(next, s.URL) {
		next = ""
	}
	page.Items = page.Items[min(s.Skip, len(page.Items)):]
	read, err := c.items(ctx, &s, page.Items, next == "")
	switch {
	case err != nil:
		return err
	case read < len(page.Items):
		s.Skip += read
		return c.Queue.Crawl(ctx, s)
	case next == "":
		return nil
	}
	s.URL, s.Page, s.Skip = next, s.Page+1, 0
	return c.Queue.Crawl(ctx, s)
}

// load reads a collection or a page of it. Pages often have no id of their
// own, or another than their URL; the host counts.
func (c *Crawler) load(ctx context.Context, url string) (activity.Doc, error) {
	res, err := c.Actors.Fetch.Get(ctx, url, fetch.Options{})
	if err != nil {
		return nil, err
	}
	if !activity.SameHost(url, res.URL) {
		return nil, errs.New(errs.Forbidden, "the collection %s lies on another host", clip(url))
	}
	return activity.DecodeMax(res.Body, fetch.MaxDocument)
}

// pageOf is what a document has of a collection, and where the next page is.
func pageOf(d activity.Doc, s Step) (*activity.Page, string, error) {
	if s.Page > 0 {
		p, err := activity.ReadPage(d)
		if err != nil {
			return nil, "", err
		}
		return p, p.NextURL, nil
	}
	col, err := activity.ReadCollection(d)
	if err != nil {
		return nil, "", err
	}
	if col.Page != nil {
		return col.Page, col.Page.NextURL, nil
	}
	return &activity.Page{}, col.FirstURL, nil
}

// items does what stands on a page and returns how much of it: what is more than
// one step may ask for is left to the next one. What cannot be had does not keep
// the rest from being read. Is it something that its own host cannot give at the
// moment, the page is read again later, and what is known by then is not asked
// for anew. end says that there is no page behind it.
func (c *Crawler) items(ctx context.Context, s *Step, list []activity.Item, end bool) (read int, err error) {
	if s.What == CrawlElements {
		return c.elements(ctx, s, list, end)
	}
	var waits error
	for i, it := range list {
		err := c.item(ctx, *s, it)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case errs.Is(err, errs.Internal) && !s.Last:
			return 0, err
		case errors.Is(err, fetch.ErrSpent) && i > 0 && waits == nil:
			return i, nil
		case s.waits(about(*s, it), err):
			if errs.Is(err, errs.TooMany) { // its host has had enough
				return 0, err
			}
			waits = err
		default:
			c.Log.Log(ctx, lost(err), "an item of a collection was left out", "collection", s.URL, "item", it.URL, "err", err)
		}
	}
	return len(list), waits
}

// lost is how loudly it is said that something was left out: what could not be
// kept here is no fault of who offers it, and the rest of its page goes on
// without it on the last attempt only.
func lost(err error) slog.Level {
	if errs.Is(err, errs.Internal) {
		return slog.LevelWarn
	}
	return slog.LevelDebug
}

// waits reports whether err, about a document of a page, makes the page worth
// another try. Of another host it does not: that may be dead for long, and says
// by itself what is new once it is not.
func (s Step) waits(url string, err error) bool {
	if s.Last || !errs.Is(err, errs.Unavailable) && !errs.Is(err, errs.TooMany) {
		return false
	}
	return activity.SameHost(url, s.URL) && !errors.Is(err, fetch.ErrSpent)
}

// about is the URL of what an item of a collection leads to.
func about(s Step, it activity.Item) string {
	if s.What == CrawlOutbox && it.Doc != nil {
		if a, err := activity.ReadActivity(it.Doc); err == nil {
			return a.ObjectURL
		}
	}
	return it.URL
}

func (c *Crawler) item(ctx context.Context, s Step, it activity.Item) error {
	switch s.What {
	case CrawlOutbox:
		return c.published(ctx, s, it)
	case CrawlShares:
		return c.share(ctx, s, it)
	case CrawlComments, CrawlReplies:
		if it.URL == "" {
			return nil
		}
		_, err := c.Comments.ByURL(ctx, it.URL)
		return err
	case CrawlPlaylists:
		if it.URL == "" {
			return nil
		}
		_, err := c.Playlists.ByURL(ctx, it.URL)
		return err
	}
	return errs.New(errs.Invalid, "there is no collection %q", s.What)
}

// published takes the videos that an actor created or announced.
func (c *Crawler) published(ctx context.Context, s Step, it activity.Item) error {
	d := it.Doc
	if d == nil {
		return nil // only activities that come whole tell what they are about
	}
	a, err := activity.ReadActivity(d)
	if err != nil || a.ActorURL != s.Of || a.ObjectURL == "" {
		return err
	}
	switch a.Type {
	case "Create":
		if !activity.SameHost(a.ObjectURL, s.Of) || a.ObjectType != "" && a.ObjectType != "Video" {
			return nil
		}
		_, err := c.Videos.ByURL(ctx, a.ObjectURL)
		return err
	case "Announce":
		return c.announced(ctx, a)
	}
	return nil
}

func (c *Crawler) announced(ctx context.Context, a *activity.Activity) error {
	v, err := c.Videos.ByURL(ctx, a.ObjectURL)
	if err != nil {
		return err
	}
	by, err := c.Actors.ByURL(ctx, a.ActorURL)
	if err != nil || by.Type == actor.Person || a.URL == "" {
		return err
	}
	return c.Videos.Store.Share(ctx, by.ID, v.ID, a.URL, c.Now())
}

// share takes an announcement of a video by a channel or a site.
func (c *Crawler) share(ctx context.Context, s Step, it activity.Item) error {
	d := it.Doc
	if it.URL == "" {
		return nil
	}
	if !activity.SameHost(it.URL, s.URL) || d == nil { // what is said for others is asked of them
		var err error
		if d, err = c.Actors.Load(ctx, it.URL, false); err != nil {
			return err
		}
	}
	a, err := activity.ReadActivity(d)
	if err != nil {
		return err
	}
	if a.Type != "Announce" || a.ObjectURL != s.Of || !activity.SameHost(a.URL, a.ActorURL) {
		return errs.New(errs.Invalid, "%s is no announcement of %s", clip(it.URL), clip(s.Of))
	}
	return c.announced(ctx, a)
}

// total takes how many likes or dislikes the origin counts.
func (c *Crawler) total(ctx context.Context, s Step) error {
	v, err := c.Videos.Store.ByURL(ctx, s.Of)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	d, err := c.load(ctx, s.URL)
	if err != nil {
		return err
	}
	col, err := activity.ReadCollection(d)
	if err != nil {
		return err
	}
	t := origin.Totals{Views: -1, Likes: -1, Dislikes: -1, Downloads: -1}
	if s.What == CrawlLikes {
		t.Likes = int64(col.Total)
	} else {
		t.Dislikes = int64(col.Total)
	}
	return c.Videos.Store.SetTotals(ctx, v.ID, t)
}

func (c *Crawler) chapters(ctx context.Context, s Step) error {
	v, err := c.Videos.Store.ByURL(ctx, s.Of)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	d, err := c.load(ctx, s.URL)
	if err != nil {
		return err
	}
	return c.Videos.Store.SetChapters(ctx, v.ID, activity.ReadChapters(d))
}
