package comment

import (
	"context"
	"strconv"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// Events hears of comments, in the transaction that changes them: what it
// writes is kept with the comment or not at all.
type Events interface {
	// CommentPublished tells of a comment (with Account) that was written
	// under v (with Channel and Owner). With HeldForReview only who manages
	// the video may hear of it; it is told of again, with JustApproved, when
	// everybody may.
	CommentPublished(ctx context.Context, c *Comment, v *video.Video) error
	// CommentDeleted tells of a comment, as it was, that is deleted; with
	// Withdrawn another site did so.
	CommentDeleted(ctx context.Context, c *Comment, v *video.Video) error
}

// Videos is the part of video.Service that says who may see and change what.
type Videos interface {
	See(ctx context.Context, a video.Access, ref video.Ref) (*video.Video, error)
}

// VideoStore is the part of video.Store that finds videos.
type VideoStore interface {
	ByRef(ctx context.Context, ref video.Ref) (*video.Video, error)
}

// Queue takes the work that follows. Its calls take part in the transaction
// of ctx.
type Queue interface {
	// RemoveComments asks for RemoveAll.
	RemoveComments(ctx context.Context, of, owner actor.AccountID) error
}

// Limiter counts what users do; see user.Limiter.
type Limiter interface {
	Act(ctx context.Context, scope string, id user.ID, r user.Rate) error
}

// Blocks says whose mutes hide comments; see user.Blocks.
type Blocks interface {
	Blockers(ctx context.Context, accounts ...actor.AccountID) ([]actor.AccountID, error)
}

// Accounts finds accounts.
type Accounts interface {
	// Account finds the account of a handle.
	Account(ctx context.Context, handle string) (*actor.Account, error)
}

// Service does what people do with comments.
type Service struct {
	Store    Store
	Videos   Videos
	AllVideo VideoStore
	Accounts Accounts
	Blocks   Blocks
	Limits   Limiter
	// Rate is how many comments one person may write; moderators are not
	// counted.
	Rate  user.Rate
	Queue Queue
	// Events may be nil.
	Events Events
	Site   instance.Site
	// InTx runs fn in one database transaction; Store, Queue and Events take
	// part.
	InTx func(ctx context.Context, fn func(ctx context.Context) error) error
	Now  func() time.Time
}

// Manages reports whether w looks after the comments of v: as its owner, or as
// a moderator.
func Manages(w video.Viewer, v *video.Video) bool {
	return w != nil && (v.OwnedBy(w) || w.Has(user.ManageAnyVideoComment))
}

// sight is what w sees of the comments of v.
func (s *Service) sight(ctx context.Context, w video.Viewer, v *video.Video) (Sight, error) {
	sight := Sight{Manages: Manages(w, v)}
	if w != nil {
		sight.Viewer = w.AccountID
	}
	var owner actor.AccountID
	if v.Channel != nil {
		owner = v.Channel.OwnerID
	}
	var err error
	sight.Blockers, err = s.Blocks.Blockers(ctx, sight.Viewer, owner)
	return sight, err
}

// seen is the video of ref with what a sees of its comments.
func (s *Service) seen(ctx context.Context, a video.Access, ref video.Ref) (*video.Video, Sight, error) {
	v, err := s.Videos.See(ctx, a, ref)
	if err != nil {
		return nil, Sight{}, err
	}
	sight, err := s.sight(ctx, a.Viewer, v)
	return v, sight, err
}

// Threads returns a page of the threads of a video that a opens, and the
// video. Of a video whose comments are disabled there are none.
func (s *Service) Threads(ctx context.Context, a video.Access, ref video.Ref, p ThreadList) (ThreadPage, *video.Video, error) {
	v, sight, err := s.seen(ctx, a, ref)
	if err != nil {
		return ThreadPage{}, nil, err
	}
	if v.CommentsPolicy == video.CommentsDisabled {
		return ThreadPage{}, v, nil
	}
	p.VideoID, p.Sight = v.ID, sight
	page, err := s.Store.Threads(ctx, p)
	return page, v, err
}

// of returns a comment of v that the sight shows.
func (s *Service) of(ctx context.Context, v *video.Video, id ID, sight Sight) (*Comment, error) {
	c, err := s.Store.ByID(ctx, id)
	if err != nil {
		return nil, err
	}
	if c.VideoID != v.ID {
		return nil, errs.New(errs.Invalid, "Video comment is not associated to this video.").WithCode("comment_not_associated_to_video")
	}
	if c.HeldForReview && !sight.Manages && (sight.Viewer == 0 || c.AccountID != sight.Viewer) {
		return nil, NotFound()
	}
	return c, nil
}

// NotFound is PeerTube's answer to a comment that does not exist.
func NotFound() error { return errs.New(errs.NotFound, "Video comment thread not found") }

// Get returns a comment of a video that a opens.
func (s *Service) Get(ctx context.Context, a video.Access, ref video.Ref, id ID) (*Comment, error) {
	v, sight, err := s.seen(ctx, a, ref)
	if err != nil {
		return nil, err
	}
	if v.CommentsPolicy == video.CommentsDisabled {
		return nil, NotFound()
	}
	return s.of(ctx, v, id, sight)
}

// Since returns the comments of a video that were written after a time, oldest
// first, at most maxSince: what others wrote while one reads.
func (s *Service) Since(ctx context.Context, a video.Access, ref video.Ref, after time.Time) ([]*Comment, *video.Video, error) {
	v, sight, err := s.seen(ctx, a, ref)
	if err != nil || v.CommentsPolicy == video.CommentsDisabled {
		return nil, v, err
	}
	list, err := s.Store.Since(ctx, v.ID, sight, after, maxSince)
	return list, v, err
}

const maxSince = 20

// Post writes a comment under a video, answering replyTo unless that is 0.
func (s *Service) Post(ctx context.Context, a video.Access, ref video.Ref, replyTo ID, text string) (*Comment, error) {
	if a.Viewer == nil {
		return nil, errs.New(errs.Unauthorized, "Not authenticated")
	}
	text, err := checkText(text)
	if err != nil {
		return nil, err
	}
	v, sight, err := s.seen(ctx, a, ref)
	if err != nil {
		return nil, err
	}
	if v.CommentsPolicy == video.CommentsDisabled {
		return nil, errOff()
	}
	if replyTo != 0 {
		parent, err := s.of(ctx, v, replyTo, sight)
		switch {
		case err != nil:
			return nil, err
		case parent.HeldForReview:
			return nil, errs.New(errs.Conflict, "This comment is held for review: it cannot be answered yet").Because("comment_held")
		}
	}
	if a.Viewer.Role == user.Member {
		if err := s.Limits.Act(ctx, "comment", a.Viewer.ID, s.Rate); err != nil {
			return nil, err
		}
	}
	return s.add(ctx, v, &Comment{
		VideoID: v.ID, AccountID: a.Viewer.AccountID, Text: text, ReplyTo: replyTo,
		HeldForReview: v.CommentsPolicy == video.CommentsRequiresApproval && !sight.Manages,
	})
}

func (s *Service) add(ctx context.Context, v *video.Video, c *Comment) (*Comment, error) {
	if v.Channel != nil {
		c.OwnerID = v.Channel.OwnerID
	}
	c.CreatedAt = s.Now()
	c.UpdatedAt = c.CreatedAt
	var added *Comment
	err := s.InTx(ctx, func(ctx context.Context) error {
		row := *c // the transaction may run again
		if err := s.Store.Add(ctx, &row, func(id ID) string { return URL(s.Site, v.UUID, id) }); err != nil {
			return err
		}
		var err error
		if added, err = s.Store.ByID(ctx, row.ID); err != nil || s.Events == nil {
			return err
		}
		return s.Events.CommentPublished(ctx, added, v)
	})
	return added, err
}

// URL is the ActivityPub id of a local comment, PeerTube's: it is of this site,
// whosever the video is.
func URL(site instance.Site, videoUUID string, id ID) string {
	return site.VideoURL(videoUUID) + "/comments/" + strconv.FormatInt(int64(id), 10)
}
