package comment

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// handled is a comment of the video of ref that a wants to change. Whose it is
// not and who does not see the video learns of neither.
func (s *Service) handled(ctx context.Context, a video.Access, ref video.Ref, id ID) (*Comment, *video.Video, error) {
	if a.Viewer == nil {
		return nil, nil, errs.New(errs.Unauthorized, "Not authenticated")
	}
	v, err := s.AllVideo.ByRef(ctx, ref)
	if err != nil {
		return nil, nil, err
	}
	sight := Sight{Viewer: a.Viewer.AccountID, Manages: Manages(a.Viewer, v)}
	c, err := s.of(ctx, v, id, sight)
	if sight.Manages || err == nil && c.AccountID == a.Viewer.AccountID {
		return c, v, err
	}
	if _, hidden := s.Videos.See(ctx, a, ref); hidden != nil {
		return nil, nil, hidden
	}
	return c, v, err
}

// Delete removes a comment: its author may, who manages the video, and
// moderators. It returns the comment as it was, to be written again.
func (s *Service) Delete(ctx context.Context, a video.Access, ref video.Ref, id ID) (*Comment, error) {
	c, v, err := s.handled(ctx, a, ref, id)
	if err != nil {
		return nil, err
	}
	if c.Deleted() {
		return nil, errDeleted()
	}
	if c.AccountID != a.Viewer.AccountID && !Manages(a.Viewer, v) {
		return nil, errs.New(errs.Forbidden, "Cannot remove video comment of another user")
	}
	done, err := s.remove(ctx, c, v)
	if err == nil && !done {
		err = errDeleted()
	}
	return c, err
}

// Redraft is Delete for who wants to write the same again, better: nothing is
// deleted where nothing can be written any more.
func (s *Service) Redraft(ctx context.Context, a video.Access, ref video.Ref, id ID) (*Comment, error) {
	v, _, err := s.seen(ctx, a, ref)
	if err != nil {
		return nil, err
	}
	if v.CommentsPolicy == video.CommentsDisabled {
		return nil, errOff()
	}
	return s.Delete(ctx, a, ref, id)
}

func errDeleted() error {
	return errs.New(errs.Conflict, "This comment is already deleted").Because("comment_deleted")
}

func errOff() error {
	return errs.New(errs.Conflict, "Video comments are disabled for this video.").Because("comments_off")
}

func (s *Service) remove(ctx context.Context, c *Comment, v *video.Video) (done bool, err error) {
	err = s.InTx(ctx, func(ctx context.Context) error {
		if done, err = s.Store.Remove(ctx, c.ID, s.Now()); err != nil || !done || s.Events == nil {
			return err
		}
		return s.Events.CommentDeleted(ctx, c, v)
	})
	return done, err
}

// Approve shows a held comment to everybody. Who manages the video may.
func (s *Service) Approve(ctx context.Context, a video.Access, ref video.Ref, id ID) error {
	c, v, err := s.handled(ctx, a, ref, id)
	if err != nil {
		return err
	}
	switch {
	case c.Deleted():
		return errDeleted()
	case !Manages(a.Viewer, v):
		return errs.New(errs.Forbidden, "Cannot approve video comment of another user")
	case !c.HeldForReview:
		return errs.New(errs.Invalid, "This comment is not held for review")
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		done, err := s.Store.Approve(ctx, id, s.Now())
		if err != nil || !done { // somebody was faster
			return err
		}
		now, err := s.Store.ByID(ctx, id)
		if err != nil || s.Events == nil {
			return err
		}
		told := *now
		told.JustApproved = true
		return s.Events.CommentPublished(ctx, &told, v)
	})
}

// All lists comments of all videos, for those who may see them all.
func (s *Service) All(ctx context.Context, w video.Viewer, p ListParams, includeMuted bool) ([]*Comment, int, error) {
	if !w.Has(user.SeeAllComments) {
		return nil, 0, errs.New(errs.Forbidden, "You are not allowed to see all comments")
	}
	p.Owner = 0
	return s.list(ctx, w, p, includeMuted)
}

// OnMine lists the comments of w's own videos.
func (s *Service) OnMine(ctx context.Context, w video.Viewer, p ListParams, includeMuted bool) ([]*Comment, int, error) {
	if w == nil {
		return nil, 0, errs.New(errs.Unauthorized, "Not authenticated")
	}
	p.Owner = w.AccountID
	return s.list(ctx, w, p, includeMuted)
}

func (s *Service) list(ctx context.Context, w video.Viewer, p ListParams, includeMuted bool) (_ []*Comment, _ int, err error) {
	if len(p.AutoTags) > 0 {
		return nil, 0, nil
	}
	if p.Video != (video.Ref{}) {
		v, err := s.AllVideo.ByRef(ctx, p.Video)
		switch {
		case err != nil:
			return nil, 0, err
		case p.Owner != 0 && !v.OwnedBy(w):
			return nil, 0, errs.New(errs.Forbidden, "Cannot manage a video of another user.")
		}
		p.VideoID = v.ID
	}
	if !includeMuted {
		if p.Blockers, err = s.Blocks.Blockers(ctx, w.AccountID); err != nil {
			return nil, 0, err
		}
	}
	return s.Store.List(ctx, p)
}

// Scopes of RemoveOf, PeerTube's.
const (
	ScopeMyVideos       = "my-videos"
	ScopeCollaborations = "my-videos-and-collaborations"
	ScopeInstance       = "instance"
)

// RemoveOf queues the removal of all comments of an account: of w's own
// videos, or of all for moderators. There are no collaborations yet, so the
// scope of those is that of one's own videos.
func (s *Service) RemoveOf(ctx context.Context, w video.Viewer, handle, scope string) error {
	if w == nil {
		return errs.New(errs.Unauthorized, "Not authenticated")
	}
	owner := w.AccountID
	switch scope {
	case ScopeMyVideos, ScopeCollaborations:
	case ScopeInstance:
		if !w.Has(user.ManageAnyVideoComment) {
			return errs.New(errs.Forbidden, "User cannot remove any comments of this instance.")
		}
		owner = 0
	default:
		return errs.Fields(errs.Param{Name: "scope", Value: scope, In: "body"})
	}
	a, err := s.Accounts.Account(ctx, handle)
	if err != nil {
		return err
	}
	return s.Queue.RemoveComments(ctx, a.AccountID, owner)
}

// RemoveAll removes the comments of an account, of the videos of owner (0:
// everybody's), each in its own transaction: cut off, it goes on where it was
// when it is called again.
func (s *Service) RemoveAll(ctx context.Context, of, owner actor.AccountID) error {
	const batch = 100
	for {
		list, err := s.Store.OfAccount(ctx, of, owner, batch)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, c := range list {
			v, err := s.AllVideo.ByRef(ctx, video.ByID(c.VideoID))
			if errs.Is(err, errs.NotFound) {
				continue // removed meanwhile, its comments with it
			}
			if err != nil {
				return err
			}
			if _, err := s.remove(ctx, c, v); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// RemoveOfAccount removes the comments of an account that is about to go, in
// the transaction of ctx. Nobody is told of each: its going says it all.
func (s *Service) RemoveOfAccount(ctx context.Context, id actor.AccountID) error {
	return s.Store.RemoveOfAccount(ctx, id, s.Now())
}
