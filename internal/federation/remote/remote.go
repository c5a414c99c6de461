// Package remote is the world of other sites as this one sees it: it finds
// their actors, videos, comments and playlists, checks that id, host and owner
// belong together, keeps copies, and brings them up to date or removes them.
//
// Actors, Videos, Comments and Playlists each have ByURL, which returns the
// copy or fetches what is not known yet, Put, which stores a document that
// arrived, Refresh and Remove. Crawler goes through collections page by page,
// one job a page. Refresher and Cleaner look after copies that are old.
// Resolver finds what people paste into the search. Pictures fetches images
// when somebody looks at them.
//
// Nothing here is fetched without bound: each request counts in the budget of
// its context (fetch.WithBudget), chains of replies end after MaxChain, and
// what stands in a collection is a job's work, not that of who met it.
//
// Not here: HTTP (fetch), what documents say (activity), and what is done with
// an activity (inbox).
package remote

import (
	"context"
	"time"

	"sepiola/internal/domain/peer"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/fetch"
)

// Budget is how many requests one activity may cause (fetch.WithBudget).
const Budget = 40

// maxDepth is how often replies of replies are asked for.
const maxDepth = 5

type depthKey struct{}

// atDepth remembers that what is found in ctx was found by the replies of
// other notes.
func atDepth(ctx context.Context, depth int) context.Context {
	return context.WithValue(ctx, depthKey{}, depth)
}

func depthOf(ctx context.Context) int {
	depth, _ := ctx.Value(depthKey{}).(int)
	return depth
}

// MaxChain is how many notes lie between a reply and its video at most;
// PeerTube's.
const MaxChain = 100

// Getter asks other sites; see fetch.Client.
type Getter interface {
	Get(ctx context.Context, url string, o fetch.Options) (*fetch.Response, error)
}

// Kind is what a copy is of.
type Kind string

// The kinds.
const (
	ActorKind    Kind = "actor"
	VideoKind    Kind = "video"
	PlaylistKind Kind = "video-playlist"
	CommentKind  Kind = "video-comment"
)

// Queue takes the work that follows, in the transaction of ctx.
type Queue interface {
	// Refresh asks for a copy to be brought up to date; twice is once.
	// missing says that its origin knew nothing of it the last time.
	Refresh(ctx context.Context, k Kind, url string, missing bool) error
	// Crawl asks for a page of a collection to be read.
	Crawl(ctx context.Context, s Step) error
}

// Step is a page of a collection that is to be read.
type Step struct {
	// What is one of the names of Crawler.
	What string `json:"type"`
	URL  string `json:"uri"`
	// Page counts from 0, which is the collection itself.
	Page int `json:"page,omitempty"`
	// Of is what the collection belongs to: a video's URL, a playlist's, or an
	// actor's.
	Of string `json:"of,omitempty"`
	// Skip is how many items of the page were read by steps of before.
	Skip int `json:"skip,omitempty"`
	// Done is how many elements of a playlist came before, and Since when the
	// playlist was stored that they are of.
	Done  int       `json:"done,omitempty"`
	Since time.Time `json:"since,omitzero"`
	// Depth is how many notes were found by the replies of another.
	Depth int `json:"depth,omitempty"`
	// Last says that it is not tried again: what cannot be had now is left out.
	Last bool `json:"-"`
}

// Source reads documents. It is part of the others.
type Source struct {
	Fetch   Getter
	Servers peer.Servers
	Tombs   peer.Tombstones
	// Host is this site's own.
	Host string
}

// Load fetches a document and makes sure that it is what its id says: it
// comes from the host of its id, and under its id. force asks although the
// host failed lately.
func (s *Source) Load(ctx context.Context, url string, force bool) (activity.Doc, error) {
	for range 2 {
		res, err := s.Fetch.Get(ctx, url, fetch.Options{Force: force})
		if err != nil {
			return nil, err
		}
		d, err := activity.DecodeMax(res.Body, fetch.MaxDocument)
		if err != nil {
			return nil, err
		}
		id := d.ID()
		switch {
		case id == "":
			return nil, errs.New(errs.Invalid, "%s has no valid id", clip(url))
		case s.own(id):
			return nil, errs.New(errs.Forbidden, "another site gave out something of this one")
		case (id == url || id == res.URL) && activity.SameHost(id, res.URL):
			return d, nil
		}
		url = id // it says where it is to be had: only there it is believed
	}
	return nil, errs.New(errs.Invalid, "%s says that it is another thing each time", clip(url))
}

// own reports whether a URL is of this site.
func (s *Source) own(url string) bool { return activity.Host(url) == s.Host }

// allowed reports errs.Forbidden for what administrators block, and errs.Gone
// for what was removed for good.
func (s *Source) allowed(ctx context.Context, url, actorURL string) error {
	blocked, err := s.Servers.Blocked(ctx, []string{activity.Host(url)}, []string{actorURL})
	if err != nil {
		return err
	}
	if blocked[activity.Host(url)] || blocked[actorURL] {
		return errs.New(errs.Forbidden, "this site wants nothing from there")
	}
	_, _, err = s.Tombs.Buried(ctx, url)
	switch {
	case err == nil:
		return errs.New(errs.Gone, "%s was removed", clip(url))
	case errs.Is(err, errs.NotFound):
		return nil
	}
	return err
}

// wanted is what is asked before something unknown is fetched.
func (s *Source) wanted(ctx context.Context, url string) error {
	if !activity.ValidURL(url) {
		return errs.New(errs.Invalid, "this is no valid id")
	}
	if s.own(url) {
		return errs.New(errs.NotFound, "there is no %s here", clip(url))
	}
	return s.allowed(ctx, url, url)
}

// missing reports whether an origin says that something does not exist.
func missing(err error) bool { return errs.Is(err, errs.NotFound) || errs.Is(err, errs.Gone) }

// again gives a copy that its origin does not know to Refresher, and returns
// why. That it could not be given is another error, for which whoever asked
// tries again.
func again(ctx context.Context, q Queue, k Kind, url string, why error) error {
	if err := q.Refresh(ctx, k, url, true); err != nil {
		return err
	}
	return why
}

func clip(s string) string {
	const most = 200
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// VideoStore is the part of video.Store that finds videos with their channel.
type VideoStore interface {
	ByRef(ctx context.Context, ref video.Ref) (*video.Video, error)
}
