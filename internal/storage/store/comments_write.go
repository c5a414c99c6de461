package store

import (
	"context"
	"crypto/rand"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// change runs fn, which changes comments of one video, while nobody else does:
// the video's row is held. Afterwards nothing that was read before is kept.
func (s *Comments) change(ctx context.Context, id video.ID, fn func(ctx context.Context) error) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if _, err := sqldb.Returning(ctx, s.DB, sqldb.Value[video.ID],
			`UPDATE videos SET comments = comments WHERE id = $1 RETURNING id`, id); err != nil {
			return noVideo(err)
		}
		if err := fn(ctx); err != nil {
			return err
		}
		s.DB.AfterCommit(ctx, func(context.Context) {
			s.pages.forget()
			s.totals.forget()
			if s.Videos != nil {
				s.Videos.details.forget()
			}
		})
		return nil
	})
}

// Add is part of comment.Store.
func (s *Comments) Add(ctx context.Context, c *comment.Comment, url func(comment.ID) string) error {
	return s.change(ctx, c.VideoID, func(ctx context.Context) error {
		c.ThreadID, c.Depth = 0, 0
		if c.ReplyTo != 0 {
			if err := s.below(ctx, c); err != nil {
				return err
			}
		}
		if err := s.insert(ctx, c, url); err != nil {
			return err
		}
		if !c.HeldForReview {
			if err := s.appeared(ctx, c); err != nil {
				return err
			}
		}
		if c.ReplyTo == 0 {
			c.ThreadID = c.ID
		}
		return nil
	})
}

// below sets where in its thread a reply stands.
func (s *Comments) below(ctx context.Context, c *comment.Comment) error {
	parent, err := s.row(ctx, c.ReplyTo)
	if err != nil {
		return err
	}
	switch {
	case parent.VideoID != c.VideoID:
		return errs.New(errs.Invalid, "Video comment is not associated to this video.").WithCode("comment_not_associated_to_video")
	case parent.Deleted() && !c.Remote:
		return errs.New(errs.Conflict, "This comment is already deleted")
	}
	c.ThreadID, c.Depth = parent.ThreadID, parent.Depth+1
	return s.revive(ctx, parent)
}

func (s *Comments) insert(ctx context.Context, c *comment.Comment, url func(comment.ID) string) (err error) {
	placeholder := c.URL == ""
	if placeholder { // until the id is known
		c.URL = "new:" + rand.Text()
	}
	c.ID, err = sqldb.Returning(ctx, s.DB, sqldb.Value[comment.ID], `
		INSERT INTO comments (video_id, owner_id, account_id, url, remote, text, thread_id, reply_to_id, depth, held_for_review, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id`,
		c.VideoID, c.OwnerID, nullID(int64(c.AccountID)), c.URL, c.Remote, c.Text, nullID(int64(c.ThreadID)), nullID(int64(c.ReplyTo)), c.Depth,
		c.HeldForReview, c.CreatedAt, c.UpdatedAt)
	if err != nil || !placeholder {
		return err
	}
	c.URL = url(c.ID)
	_, err = s.DB.Exec(ctx, `UPDATE comments SET url = $2 WHERE id = $1`, c.ID, c.URL)
	return err
}

// appeared counts a comment that everybody sees from now on.
func (s *Comments) appeared(ctx context.Context, c *comment.Comment) error {
	if err := s.place(ctx, c, 1); err != nil {
		return err
	}
	return s.said(ctx, c, 1)
}

// place counts (or, with -1, counts no more) the place of a comment among the
// replies of its parent, or among the threads of its video.
func (s *Comments) place(ctx context.Context, c *comment.Comment, by int) (err error) {
	if c.IsThread() {
		_, err = s.DB.Exec(ctx, `UPDATE videos SET comment_threads = comment_threads + $2 WHERE id = $1`, c.VideoID, by)
	} else {
		_, err = s.DB.Exec(ctx, `UPDATE comments SET replies = replies + $2 WHERE id = $1`, c.ReplyTo, by)
	}
	return err
}

// said counts what a comment says: in its thread and its video, and in the
// video's hot score.
func (s *Comments) said(ctx context.Context, c *comment.Comment, by int) error {
	if !c.IsThread() {
		ofOwner := 0
		if c.AccountID != 0 && c.AccountID == c.OwnerID {
			ofOwner = by
		}
		if _, err := s.DB.Exec(ctx, `UPDATE comments SET total_replies = total_replies + $2, author_replies = author_replies + $3 WHERE id = $1`,
			c.ThreadID, by, ofOwner); err != nil {
			return err
		}
	}
	return reacted(ctx, s.DB, `UPDATE videos SET comments = comments + $2 WHERE id = $1`, c.VideoID, by)
}

// reacted changes counters of a video by a statement whose first argument is
// its id, and the hot score that follows from them.
func reacted(ctx context.Context, db *sqldb.DB, statement string, id video.ID, args ...any) error {
	type counts struct {
		views, likes, dislikes, comments int64
		published                        time.Time
	}
	c, err := sqldb.Returning(ctx, db, func(r sqldb.Row) (c counts, err error) {
		return c, r.Scan(&c.views, &c.likes, &c.dislikes, &c.comments, &c.published)
	}, statement+` RETURNING views, likes, dislikes, comments, published_at`, append([]any{id}, args...)...)
	if err != nil {
		return noVideo(err)
	}
	_, err = db.Exec(ctx, `UPDATE videos SET hot_score = $2 WHERE id = $1`, id,
		video.HotScore(c.views, c.likes, c.dislikes, c.comments, c.published))
	return err
}

// Remove is part of comment.Store.
func (s *Comments) Remove(ctx context.Context, id comment.ID, at time.Time) (done bool, err error) {
	c, err := s.row(ctx, id)
	if err != nil {
		return false, err
	}
	err = s.change(ctx, c.VideoID, func(ctx context.Context) error {
		done = false
		if c, err = s.row(ctx, id); err != nil || c.Deleted() {
			return err
		}
		done = true
		if _, err := s.DB.Exec(ctx, `
			UPDATE comments SET deleted_at = $2, updated_at = $2, text = '', account_id = NULL, held_for_review = FALSE WHERE id = $1`, id, at); err != nil {
			return err
		}
		if c.HeldForReview { // its place was not counted; it may be given up below
			if err := s.place(ctx, c, 1); err != nil {
				return err
			}
		} else if err := s.said(ctx, c, -1); err != nil {
			return err
		}
		return s.prune(ctx, c)
	})
	return done && err == nil, err
}

// prune lets a deleted comment vanish that has no replies left, and the empty
// places above it that stood for its sake. It goes up one by one: a thread is
// as deep as people answer each other.
func (s *Comments) prune(ctx context.Context, c *comment.Comment) error {
	for {
		left, err := sqldb.One(ctx, s.DB, sqldb.Value[int],
			`SELECT count(*) FROM (SELECT 1 FROM comments c WHERE c.reply_to_id = $1 AND c.vanished = FALSE LIMIT 1) r`, c.ID)
		if err != nil || left > 0 {
			return err
		}
		if _, err := s.DB.Exec(ctx, `UPDATE comments SET vanished = TRUE WHERE id = $1`, c.ID); err != nil {
			return err
		}
		if err := s.place(ctx, c, -1); err != nil || c.IsThread() {
			return err
		}
		if c, err = s.row(ctx, c.ReplyTo); err != nil || !c.Deleted() || c.Vanished {
			return err
		}
	}
}

// revive gives a deleted comment its place back when a reply to it comes from
// elsewhere, and those above it.
func (s *Comments) revive(ctx context.Context, c *comment.Comment) (err error) {
	for c.Vanished {
		if _, err := s.DB.Exec(ctx, `UPDATE comments SET vanished = FALSE WHERE id = $1`, c.ID); err != nil {
			return err
		}
		if err := s.place(ctx, c, 1); err != nil || c.IsThread() {
			return err
		}
		if c, err = s.row(ctx, c.ReplyTo); err != nil {
			return err
		}
	}
	return nil
}

// Approve is part of comment.Store.
func (s *Comments) Approve(ctx context.Context, id comment.ID, at time.Time) (done bool, err error) {
	c, err := s.row(ctx, id)
	if err != nil {
		return false, err
	}
	err = s.change(ctx, c.VideoID, func(ctx context.Context) error {
		n, err := s.DB.Exec(ctx, `UPDATE comments SET held_for_review = FALSE, updated_at = $2 WHERE id = $1 AND held_for_review = TRUE`, id, at)
		if done = n > 0; err != nil || !done {
			return err
		}
		return s.appeared(ctx, c)
	})
	return done && err == nil, err
}

// OfAccount is part of comment.Store.
func (s *Comments) OfAccount(ctx context.Context, id, owner actor.AccountID, most int) ([]*comment.Comment, error) {
	q := sqldb.From(`comments c`).Where(`c.account_id = ?`, id).If(owner != 0, `c.owner_id = ?`, owner).OrderBy(`c.created_at DESC, c.id DESC`)
	return s.all(ctx, q, 0, most)
}

// moveComments gives the comments of a video to the owner of the channel that
// it moves to, whose replies in threads are then others.
func (s *Videos) moveComments(ctx context.Context, id video.ID, to actor.ChannelID) error {
	n, err := s.DB.Exec(ctx, `UPDATE comments SET owner_id = (SELECT account_id FROM video_channels WHERE id = $2)
		WHERE video_id = $1 AND owner_id <> (SELECT account_id FROM video_channels WHERE id = $2)`, id, to)
	if err != nil || n == 0 {
		return err
	}
	_, err = s.DB.Exec(ctx, `UPDATE comments SET author_replies = (SELECT count(*) FROM comments r
			WHERE r.thread_id = comments.id AND r.account_id = comments.owner_id AND r.held_for_review = FALSE)
		WHERE video_id = $1 AND thread_id IS NULL`, id)
	return err
}
