package store

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// Which videos of other sites come from nobody whom this site follows, the
// database keeps itself, in videos_unfollowed: lists look there by key, and not
// at all while it is empty.

// whereFollowed leaves them out.
func whereFollowed(q *sqldb.Query) {
	q.Where(`NOT EXISTS (SELECT 1 FROM videos_unfollowed un WHERE un.video_id = v.id)`)
}

// anyUnfollowed remembers for answerLife whether there is any.
func (s *Videos) anyUnfollowed(ctx context.Context) (bool, error) {
	some, ok, gen := s.unfollowed.get(struct{}{})
	if ok && s.DB.Tx(ctx) == nil {
		return some, nil
	}
	some, err := sqldb.One(ctx, s.DB, sqldb.Value[bool], `SELECT EXISTS (SELECT 1 FROM videos_unfollowed)`)
	if err == nil {
		s.unfollowed.put(struct{}{}, some, gen)
	}
	return some, err
}

const followedVideo = `SELECT NOT EXISTS (SELECT 1 FROM videos_unfollowed un WHERE un.video_id = $1)`

// Followed is video.Service's: whether this site follows where a video comes
// from.
func (s RemoteVideos) Followed(ctx context.Context, v *video.Video) (bool, error) {
	return sqldb.One(ctx, s.DB, sqldb.Value[bool], followedVideo, v.ID)
}

// FollowedURL is part of search.Store.
func (s Search) FollowedURL(ctx context.Context, url string) (bool, error) {
	return sqldb.One(ctx, s.DB, sqldb.Value[bool], `SELECT EXISTS (SELECT 1 FROM videos v WHERE v.url = $1
		AND NOT EXISTS (SELECT 1 FROM videos_unfollowed un WHERE un.video_id = v.id))`, url)
}

// sortAtOnce is how many shares are decided about in one transaction: some ten
// milliseconds of SQLite's one writer.
const sortAtOnce = 500

// unsorted is who began or ended to be followed and shares more than the trigger
// decided about, and down to which share the next part goes.
const unsorted = `SELECT w.actor_id, w.share_id, COALESCE((SELECT h.id FROM video_shares h WHERE h.actor_id = w.actor_id AND h.id < w.share_id
	ORDER BY h.id DESC LIMIT 1 OFFSET $1), 0) FROM follows_unsorted w ORDER BY w.actor_id LIMIT 1`

// SortFollowed decides about what sites share whose follow began or ended, as
// far as that was left for later. It may be cut off, and goes on from there.
func (s RemoteVideos) SortFollowed(ctx context.Context) error {
	type part struct {
		actor    actor.ID
		from, to int64
	}
	for {
		p, err := sqldb.One(ctx, s.DB, func(r sqldb.Row) (*part, error) {
			var p part
			return &p, r.Scan(&p.actor, &p.from, &p.to)
		}, unsorted, sortAtOnce-1)
		if errs.KindOf(err) == errs.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		// Where it was changed meanwhile, the next turn sees how.
		_, err = s.DB.Exec(ctx, `UPDATE follows_unsorted SET share_id = $3 WHERE actor_id = $1 AND share_id = $2`, p.actor, p.from, p.to)
		if err == nil && p.to == 0 {
			_, err = s.DB.Exec(ctx, `DELETE FROM follows_unsorted WHERE actor_id = $1 AND share_id = 0`, p.actor)
		}
		if err != nil {
			return err
		}
	}
}
