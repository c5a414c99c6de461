package remote

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/fetch"
)

// CommentStore is the part of comment.Store that writes.
type CommentStore interface {
	ByID(ctx context.Context, id comment.ID) (*comment.Comment, error)
	Add(ctx context.Context, c *comment.Comment, url func(comment.ID) string) error
	Remove(ctx context.Context, id comment.ID, at time.Time) (bool, error)
}

// Muted says who does not want to hear from whom; see user.Blocks.
type Muted interface {
	Hides(ctx context.Context, by actor.AccountID, of *actor.Account) (bool, error)
}

// Comments finds and keeps what people of other sites say under videos.
type Comments struct {
	*Source
	Copies origin.Comments
	Store  CommentStore
	Videos *Videos
	Actors *Actors
	Rows   VideoStore
	Muted  Muted
	Queue  Queue
	// Clean makes HTML harmless before it is kept: clients show it as it is.
	Clean func(html string) string
	// Accept reports whether comments from elsewhere are wanted under the
	// videos of this site (video_comments.accept_remote_comments).
	Accept func() bool
	Events comment.Events
	InTx   func(ctx context.Context, fn func(ctx context.Context) error) error
	Now    func() time.Time
	Log    *slog.Logger
}

// ByURL returns the comment with an id, of this site too; one that is not
// known is fetched, with what it answers.
func (s *Comments) ByURL(ctx context.Context, url string) (*comment.Comment, error) {
	c, err := s.Copies.ByURL(ctx, url)
	if err == nil || !errs.Is(err, errs.NotFound) {
		return c, err
	}
	if err := s.wanted(ctx, url); err != nil {
		return nil, err
	}
	d, err := s.Load(ctx, url, false)
	if err != nil {
		return nil, err
	}
	c, _, err = s.Put(ctx, d)
	return c, err
}

// Fetch returns a note as its own site has it now.
func (s *Comments) Fetch(ctx context.Context, url string) (*activity.Note, error) {
	if err := s.wanted(ctx, url); err != nil {
		return nil, err
	}
	d, err := s.Load(ctx, url, false)
	if err != nil {
		return nil, err
	}
	return activity.ReadNote(d)
}

// Put stores a note as its document says, which must come from its own host,
// under the video that it, or what it answers, is about. created is whether it
// is new. What is known and says something else now is changed.
//
// errs.NotFound is for what is about no video, errs.Forbidden for what is not
// wanted.
func (s *Comments) Put(ctx context.Context, d activity.Doc) (c *comment.Comment, created bool, err error) {
	put, _, err := s.Prepare(ctx, d)
	if err != nil {
		return nil, false, err
	}
	err = s.InTx(ctx, func(ctx context.Context) (err error) {
		c, created, err = put(ctx)
		return err
	})
	if errs.Is(err, errs.Conflict) { // another job was faster
		if have, findErr := s.Copies.ByURL(ctx, d.ID()); findErr == nil {
			return have, false, nil
		}
	}
	return c, created, err
}

// Prepare does what of Put may take time, and returns what stores the note and
// asks nobody: it takes part in the transaction of its ctx, which
// errs.Conflict spoils when another job was faster. v is the video it is about.
func (s *Comments) Prepare(ctx context.Context, d activity.Doc) (put func(ctx context.Context) (c *comment.Comment, created bool, err error), v *video.Video, err error) {
	n, err := activity.ReadNote(d)
	if err != nil {
		return nil, nil, err
	}
	if s.own(n.URL) {
		return nil, nil, errs.New(errs.Forbidden, "this comment is of this site")
	}
	if n.DeletedAt != nil {
		return nil, nil, errs.New(errs.Gone, "the comment %s is deleted", clip(n.URL))
	}
	if err := s.allowed(ctx, n.URL, n.ActorURL); err != nil {
		return nil, nil, err
	}
	if n.HTML = s.Clean(n.HTML); n.HTML == "" {
		return nil, nil, errs.New(errs.Invalid, "the comment %s says nothing", clip(n.URL))
	}
	switch c, err := s.Copies.ByURL(ctx, n.URL); {
	case err == nil:
		return s.prepareChange(ctx, c, n)
	case !errs.Is(err, errs.NotFound):
		return nil, nil, err
	}
	chain, at, err := s.walk(ctx, n)
	if err != nil {
		return nil, nil, s.deeper(ctx, n, len(chain), err)
	}
	if v, err = s.Rows.ByRef(ctx, video.ByID(at.video)); err != nil {
		return nil, nil, err
	}
	for i := len(chain) - 1; i > 0; i-- { // what it answers
		c, err := s.add(ctx, chain[i], v, at)
		if err != nil {
			return nil, nil, err
		}
		at.parent = c.ID
	}
	add, err := s.prepareAdd(ctx, n, v, at)
	if err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context) (*comment.Comment, bool, error) {
		c, err := add(ctx)
		if err != nil {
			return nil, false, err
		}
		return c, true, s.ask(ctx, n, d)
	}, v, nil
}

// deeper leaves a note to a step of its own that lies deeper than the requests
// of whoever met it reach, and returns why: nothing of a thread can be kept
// before its video is found, so trying again would go as far and no further.
// depth is how many notes were met.
func (s *Comments) deeper(ctx context.Context, n *activity.Note, depth int, why error) error {
	if depth < Budget/2 || !errors.Is(why, fetch.ErrSpent) {
		return why
	}
	if err := s.Queue.Crawl(ctx, Step{What: CrawlThread, URL: n.URL, Of: n.URL, Depth: depthOf(ctx)}); err != nil {
		return err
	}
	return why
}

// ask asks for the replies of a new note: others may have answered it where
// nobody tells this site.
func (s *Comments) ask(ctx context.Context, n *activity.Note, d activity.Doc) error {
	replies, depth := d.Ref("replies"), depthOf(ctx)
	if replies == "" || depth >= maxDepth || !activity.SameHost(replies, n.URL) {
		return nil
	}
	return s.Queue.Crawl(ctx, Step{What: CrawlReplies, URL: replies, Of: n.URL, Depth: depth})
}

// prepareChange takes what a note says now.
func (s *Comments) prepareChange(ctx context.Context, c *comment.Comment, n *activity.Note) (func(ctx context.Context) (*comment.Comment, bool, error), *video.Video, error) {
	v, err := s.Rows.ByRef(ctx, video.ByID(c.VideoID))
	if err != nil {
		return nil, nil, err
	}
	same := c.Deleted() || c.Text == n.HTML
	if !same {
		author, err := s.Actors.ByURL(ctx, n.ActorURL)
		if err != nil {
			return nil, nil, err
		}
		if author.AccountID != c.AccountID {
			return nil, nil, errs.New(errs.Forbidden, "the comment %s is somebody else's", clip(n.URL))
		}
	}
	return func(ctx context.Context) (*comment.Comment, bool, error) {
		if same {
			return c, false, nil
		}
		return c, false, s.Copies.SetText(ctx, c.ID, n.HTML, s.changedAt(n))
	}, v, nil
}

// changedAt is when a note was changed, as its origin says: now when it says
// nothing, or a time to come.
func (s *Comments) changedAt(n *activity.Note) time.Time {
	if now := s.Now(); n.Updated.IsZero() || n.Updated.After(now) {
		return now
	}
	return n.Updated
}

// place is where a comment belongs: under a video, and what it answers, 0
// the video itself.
type place struct {
	video  video.ID
	parent comment.ID
}

// walk goes up from a note to something that is known: a comment or a video.
// It returns the notes that are not, lowest first.
func (s *Comments) walk(ctx context.Context, n *activity.Note) (chain []*activity.Note, at place, err error) {
	seen := map[string]bool{}
	for up := n; ; {
		chain = append(chain, up)
		seen[up.URL] = true
		next := up.InReplyTo
		for {
			if next == "" || seen[next] {
				return chain, at, errs.New(errs.NotFound, "%s is about no video", clip(n.URL))
			}
			if len(seen) > MaxChain {
				return chain, at, errs.New(errs.Invalid, "%s lies too deep", clip(n.URL))
			}
			found, note, err := s.up(ctx, next)
			if err != nil {
				return chain, at, err
			}
			if found != nil {
				return chain, *found, nil
			}
			if note.DeletedAt == nil {
				up = note
				break
			}
			seen[next] = true
			next = note.InReplyTo // what is deleted is left out
		}
	}
}

// up looks at what a note answers: either the place is found, or it is another
// note.
func (s *Comments) up(ctx context.Context, url string) (*place, *activity.Note, error) {
	c, err := s.Copies.ByURL(ctx, url)
	if err == nil {
		return &place{video: c.VideoID, parent: c.ID}, nil, nil
	}
	if !errs.Is(err, errs.NotFound) {
		return nil, nil, err
	}
	v, err := s.Videos.Store.ByURL(ctx, url)
	if err == nil {
		return &place{video: v.ID}, nil, nil
	}
	if !errs.Is(err, errs.NotFound) {
		return nil, nil, err
	}
	if err := s.wanted(ctx, url); err != nil {
		return nil, nil, err
	}
	d, err := s.Load(ctx, url, false)
	if err != nil {
		return nil, nil, err
	}
	if d.Is("Video") {
		v, err := s.Videos.Put(ctx, d)
		if err != nil {
			return nil, nil, err
		}
		return &place{video: v.ID}, nil, nil
	}
	note, err := activity.ReadNote(d)
	if err != nil {
		return nil, nil, err
	}
	if note.DeletedAt == nil {
		err = s.allowed(ctx, note.URL, note.ActorURL)
	}
	return nil, note, err
}

// add stores one note at its place.
func (s *Comments) add(ctx context.Context, n *activity.Note, v *video.Video, at place) (c *comment.Comment, err error) {
	put, err := s.prepareAdd(ctx, n, v, at)
	if err != nil {
		return nil, err
	}
	err = s.InTx(ctx, func(ctx context.Context) (err error) {
		c, err = put(ctx)
		return err
	})
	if errs.Is(err, errs.Conflict) { // another job was faster
		if have, findErr := s.Copies.ByURL(ctx, n.URL); findErr == nil {
			return have, nil
		}
	}
	return c, err
}

// prepareAdd returns what stores one note at its place, in the transaction of
// its ctx.
func (s *Comments) prepareAdd(ctx context.Context, n *activity.Note, v *video.Video, at place) (func(ctx context.Context) (*comment.Comment, error), error) {
	author, err := s.Actors.Found(ctx, n.ActorURL)
	if err != nil {
		return nil, err
	}
	if author.Account == nil {
		return nil, errs.New(errs.Invalid, "the comment %s is of nobody", clip(n.URL))
	}
	held, err := s.wantedUnder(ctx, v, author.Account, n)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	c := &comment.Comment{
		VideoID: v.ID, OwnerID: v.Channel.OwnerID, URL: n.URL, Remote: true, Text: s.Clean(n.HTML), ReplyTo: at.parent,
		HeldForReview: held, CreatedAt: n.Published, UpdatedAt: n.Updated, AccountID: author.Account.AccountID, Account: author.Account,
	}
	if c.CreatedAt.IsZero() || c.CreatedAt.After(now) {
		c.CreatedAt = now
	}
	if c.UpdatedAt.Before(c.CreatedAt) || c.UpdatedAt.After(now) {
		c.UpdatedAt = c.CreatedAt
	}
	return func(ctx context.Context) (*comment.Comment, error) {
		it := *c // a transaction may be tried again
		if err := s.Store.Add(ctx, &it, nil); err != nil {
			return nil, err
		}
		if s.Events == nil {
			return &it, nil
		}
		return &it, s.Events.CommentPublished(ctx, &it, v)
	}, nil
}

// wantedUnder reports whether a comment may stand under a video, and whether
// it waits for its owner.
func (s *Comments) wantedUnder(ctx context.Context, v *video.Video, by *actor.Account, n *activity.Note) (held bool, err error) {
	owner := v.Channel.OwnerID == by.AccountID
	switch {
	case v.CommentsPolicy == video.CommentsDisabled:
		return false, errs.New(errs.Forbidden, "nothing can be said under this video")
	case !v.Remote && (v.Privacy != video.Public && v.Privacy != video.Unlisted):
		return false, errs.New(errs.NotFound, "%s is about no video", clip(n.URL))
	case !v.Remote && s.Accept != nil && !s.Accept():
		return false, errs.New(errs.Forbidden, "comments of other sites are not wanted here")
	}
	if !v.Remote && s.Muted != nil {
		muted, err := s.Muted.Hides(ctx, v.Channel.OwnerID, by)
		if err != nil {
			return false, err
		}
		if muted {
			return false, errs.New(errs.Forbidden, "the owner of the video does not want to hear this")
		}
	}
	if v.CommentsPolicy != video.CommentsRequiresApproval || owner {
		return false, nil
	}
	// Of a video elsewhere its owner decided there, and says so.
	return !v.Remote || n.ReplyApproval == "" || !activity.SameHost(n.ReplyApproval, v.URL) && n.ReplyApproval != n.URL+"/approve-reply", nil
}

// Remove empties a comment of another site that its origin deleted; see
// comment.Store.
func (s *Comments) Remove(ctx context.Context, url string) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.Tombs.Bury(ctx, url, "Note", s.Now()); err != nil {
			return err
		}
		c, err := s.Copies.ByURL(ctx, url)
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		full, err := s.Store.ByID(ctx, c.ID)
		if err != nil {
			return err
		}
		done, err := s.Store.Remove(ctx, c.ID, s.Now())
		if err != nil || !done || s.Events == nil {
			return err
		}
		v, err := s.Rows.ByRef(ctx, video.ByID(c.VideoID))
		if err != nil {
			return err
		}
		told := *full
		told.Withdrawn = true
		return s.Events.CommentDeleted(ctx, &told, v)
	})
}

// Refresh asks the origin of a comment; see Videos.Refresh.
func (s *Comments) Refresh(ctx context.Context, url string) error {
	err := s.refresh(ctx, url)
	if missing(err) {
		return again(ctx, s.Queue, CommentKind, url, err)
	}
	return err
}

func (s *Comments) refresh(ctx context.Context, url string) error {
	c, err := s.Copies.ByURL(ctx, url)
	if errs.Is(err, errs.NotFound) || err == nil && (!c.Remote || c.Deleted()) {
		return nil
	}
	if err != nil {
		return err
	}
	d, err := s.Load(ctx, url, false)
	if err != nil {
		return err
	}
	_, _, err = s.Put(ctx, d)
	return err
}
