package inbox

import (
	"context"

	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
)

// putNote takes what somebody says under a video. The rules of the video, and
// who hears of it, are remote's; notes about other things are nobody's
// business here.
func (p *Processor) putNote(ctx context.Context, in *incoming) (step, error) {
	n, err := activity.ReadNote(in.Object)
	switch {
	case err != nil:
		return nil, err
	case n.ActorURL != in.by.URL:
		return nil, errs.New(errs.Forbidden, "the note %s is not of %s", n.URL, in.by.URL)
	case !n.Public:
		return nil, errs.New(errs.NotSupported, "a note that is not for everybody is no comment")
	case n.InReplyTo == "":
		return nil, errs.New(errs.NotSupported, "a note that answers nothing is no comment")
	}
	if overtaken, err := p.overtaken(ctx, in, n); err != nil || overtaken {
		return nil, err
	}
	put, v, err := p.Comments.Prepare(ctx, in.Object)
	if err != nil {
		return nil, err
	}
	in.video = v.ID
	return func(ctx context.Context) error {
		c, _, err := put(ctx)
		if errs.Is(err, errs.Conflict) {
			return errs.Wrap(errs.Unavailable, err, "somebody else is storing this comment")
		}
		if err != nil || v.Remote || c.HeldForReview || c.Deleted() {
			return err
		}
		if in.Type == "Create" {
			if err := p.Outbox.Approve(ctx, c, v); err != nil {
				return err
			}
		}
		return p.pass(ctx, in, v.ID)
	}, nil
}

// overtaken reports whether an Update of a comment is older than what is known,
// and asks its origin what is true then.
func (p *Processor) overtaken(ctx context.Context, in *incoming, n *activity.Note) (bool, error) {
	if in.Type != "Update" || n.Updated.IsZero() {
		return false, nil
	}
	c, err := optional(p.Said.ByURL(ctx, n.URL))
	if err != nil || c == nil || !c.Remote || c.Deleted() || !n.Updated.Before(c.UpdatedAt) {
		return false, err
	}
	return true, p.Comments.Refresh(ctx, n.URL)
}

// pass forwards an activity about a local video to those who hear of it. What
// is not signed itself is worth telling when its object can be asked for.
func (p *Processor) pass(ctx context.Context, in *incoming, id video.ID) error {
	if len(in.raw) == 0 || !in.forwardable && (in.hearsay || !hearsay[in.Type] || !activity.SameHost(in.ActorURL, in.ObjectURL)) {
		return nil
	}
	return p.Outbox.Forward(ctx, id, in.URL, in.Type, in.raw, activity.Host(in.ActorURL))
}

// deleteComment removes a comment for its author or for whose video it is
// under.
func (p *Processor) deleteComment(ctx context.Context, in *incoming, c *comment.Comment) (step, error) {
	v, err := p.VideoStore.ByRef(ctx, video.ByID(c.VideoID))
	if err != nil {
		return nil, err
	}
	author := c.Remote && c.AccountID != 0 && c.AccountID == in.by.AccountID
	owner := v.Remote && v.Channel != nil && in.by.AccountID != 0 && v.Channel.OwnerID == in.by.AccountID
	switch {
	case c.Deleted():
		return nothing, nil
	case !author && !owner:
		return nil, errs.New(errs.Forbidden, "the comment %s is not of %s", c.URL, in.by.URL)
	}
	if in.hearsay {
		if gone, err := confirmed(p.Comments.Refresh(ctx, c.URL)); err != nil || !gone {
			return nil, err
		}
	}
	in.video = v.ID
	return func(ctx context.Context) error {
		if err := p.Comments.Remove(ctx, c.URL); err != nil || v.Remote {
			return err
		}
		return p.pass(ctx, in, v.ID)
	}, nil
}

// approve is ApproveReply: the owner of a video elsewhere agrees to a comment
// that waits for it.
func (p *Processor) approve(ctx context.Context, in *incoming) (step, error) {
	c, err := p.Said.ByURL(ctx, in.ObjectURL)
	if err != nil {
		return nil, err
	}
	v, err := p.VideoStore.ByRef(ctx, video.ByID(c.VideoID))
	switch {
	case err != nil:
		return nil, err
	case !v.Remote || v.Channel == nil || in.by.AccountID == 0 || v.Channel.OwnerID != in.by.AccountID:
		return nil, errs.New(errs.Forbidden, "the video of the comment is not of %s", in.by.URL)
	case !c.HeldForReview || c.Deleted():
		return nothing, nil
	}
	in.video = v.ID
	return func(ctx context.Context) error {
		done, err := p.CommentStore.Approve(ctx, c.ID, p.Now())
		if err != nil || !done {
			return err
		}
		now, err := p.CommentStore.ByID(ctx, c.ID)
		if err != nil || p.Events == nil {
			return err
		}
		told := *now
		told.JustApproved = true
		return p.Events.CommentPublished(ctx, &told, v)
	}, nil
}
