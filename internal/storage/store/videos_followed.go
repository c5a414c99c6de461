package store

import (
	"context"

	"sepiola/internal/domain/video"
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
