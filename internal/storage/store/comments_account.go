package store

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// RemoveOfAccount is part of comment.Store. Thousands of comments of one video
// would change its row as often if they were removed one by one, and
// PostgreSQL reads all old forms of a row each time; so each step is one
// statement for many.
func (s *Comments) RemoveOfAccount(ctx context.Context, id actor.AccountID, at time.Time) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.DB.Exec(ctx, `UPDATE videos SET comments = comments
			WHERE id IN (SELECT c.video_id FROM comments c WHERE c.account_id = $1)`, id); err != nil { // held until the end
			return err
		}
		if err := s.unsay(ctx, id); err != nil {
			return err
		}
		gone, err := sqldb.ReturningAll(ctx, s.DB, scanCommentPlace, `
			UPDATE comments SET deleted_at = $2, updated_at = $2, text = '', account_id = NULL, held_for_review = FALSE
			WHERE account_id = $1 RETURNING id, video_id, COALESCE(reply_to_id, 0)`, id, at)
		if err != nil {
			return err
		}
		if gone, err = s.vanish(ctx, gone); err != nil {
			return err
		}
		s.DB.AfterCommit(ctx, func(context.Context) {
			s.pages.forget()
			s.totals.forget()
		})
		return s.recountPlaces(ctx, gone)
	})
}

// unsay takes what an account said off the counters of threads and videos.
func (s *Comments) unsay(ctx context.Context, id actor.AccountID) error {
	if _, err := s.DB.Exec(ctx, `
		UPDATE comments SET
			total_replies = total_replies - (SELECT count(*) FROM comments r
				WHERE r.thread_id = comments.id AND r.account_id = $1 AND r.held_for_review = FALSE),
			author_replies = author_replies - (SELECT count(*) FROM comments r
				WHERE r.thread_id = comments.id AND r.account_id = $1 AND r.owner_id = $1 AND r.held_for_review = FALSE)
		WHERE id IN (SELECT c.thread_id FROM comments c WHERE c.account_id = $1)`, id); err != nil {
		return err
	}
	type said struct {
		video video.ID
		n     int
	}
	list, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) (v said, err error) { return v, r.Scan(&v.video, &v.n) }, `
		SELECT c.video_id, count(*) FROM comments c WHERE c.account_id = $1 AND c.held_for_review = FALSE
		GROUP BY c.video_id ORDER BY c.video_id`, id)
	for i := 0; i < len(list) && err == nil; i++ {
		err = reacted(ctx, s.DB, `UPDATE videos SET comments = comments - $2 WHERE id = $1`, list[i].video, list[i].n)
	}
	return err
}

// commentPlace is where a comment stands.
type commentPlace struct {
	id      comment.ID
	video   video.ID
	replyTo comment.ID // 0 a thread
}

func scanCommentPlace(r sqldb.Row) (p commentPlace, err error) {
	return p, r.Scan(&p.id, &p.video, &p.replyTo)
}

// vanish lets those of the deleted comments vanish that have no replies, and
// then those above them. It returns all whose places changed.
func (s *Comments) vanish(ctx context.Context, list []commentPlace) ([]commentPlace, error) {
	changed := list
	ids := make([]comment.ID, 0, len(list))
	for _, p := range list {
		ids = append(ids, p.id)
	}
	for len(ids) > 0 {
		var above []comment.ID
		for part := range slices.Chunk(ids, manyIDs) {
			q, args := inList(`UPDATE comments SET vanished = TRUE WHERE vanished = FALSE AND deleted_at IS NOT NULL
				AND NOT EXISTS (SELECT 1 FROM comments r WHERE r.reply_to_id = comments.id AND r.vanished = FALSE) AND id IN (`, part)
			gone, err := sqldb.ReturningAll(ctx, s.DB, scanCommentPlace, q+`) RETURNING id, video_id, COALESCE(reply_to_id, 0)`, args...)
			if err != nil {
				return nil, err
			}
			for _, p := range gone {
				changed = append(changed, p)
				if p.replyTo != 0 {
					above = append(above, p.replyTo)
				}
			}
		}
		slices.Sort(above)
		ids = slices.Compact(above)
	}
	return changed, nil
}

// recountPlaces counts the direct replies of the parents of comments anew, and
// the threads of videos.
func (s *Comments) recountPlaces(ctx context.Context, list []commentPlace) error {
	var parents []comment.ID
	var videos []video.ID
	for _, p := range list {
		if p.replyTo != 0 {
			parents = append(parents, p.replyTo)
		} else {
			videos = append(videos, p.video)
		}
	}
	if err := updateMany(ctx, s.DB, `UPDATE comments SET replies = (SELECT count(*) FROM comments r
		WHERE r.reply_to_id = comments.id AND r.held_for_review = FALSE AND r.vanished = FALSE) WHERE id IN (`, parents); err != nil {
		return err
	}
	return updateMany(ctx, s.DB, `UPDATE videos SET comment_threads = (SELECT count(*) FROM comments c
		WHERE c.video_id = videos.id AND c.thread_id IS NULL AND c.vanished = FALSE AND c.held_for_review = FALSE) WHERE id IN (`, videos)
}

// manyIDs bounds the arguments of a statement.
const manyIDs = 200

// inList ends a statement with the marks of a list, without the bracket that
// closes it.
func inList[ID any](text string, ids []ID) (string, []any) {
	var b strings.Builder
	b.WriteString(text)
	args := make([]any, len(ids))
	for i, id := range ids {
		if args[i] = id; i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("$" + strconv.Itoa(i+1))
	}
	return b.String(), args
}

// updateMany runs a statement for many rows by their ids.
func updateMany[ID ~int64](ctx context.Context, db *sqldb.DB, text string, ids []ID) error {
	slices.Sort(ids)
	for part := range slices.Chunk(slices.Compact(ids), manyIDs) {
		q, args := inList(text, part)
		if _, err := db.Exec(ctx, q+`)`, args...); err != nil {
			return err
		}
	}
	return nil
}
