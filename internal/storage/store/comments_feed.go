package store

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// NewestComments says whose comments a feed is of; one field at most is set.
type NewestComments struct {
	Video   video.ID
	Channel actor.ChannelID // in which the videos are
	Account actor.AccountID // whose videos they are
}

// Newest returns the newest comments that everybody may read, with their
// accounts and videos. Comments of one video are shown to whoever may see it;
// those of several only when the videos are public.
func (s *Comments) Newest(ctx context.Context, of NewestComments, count int) ([]*comment.Comment, error) {
	list, err := s.all(ctx, newestComments(of), 0, count)
	if err != nil {
		return nil, err
	}
	return list, s.fillVideos(ctx, list)
}

func newestComments(of NewestComments) *sqldb.Query {
	q := sqldb.From(`comments c`).Where(`c.held_for_review = FALSE`).Where(`c.deleted_at IS NULL`).OrderBy(`c.created_at DESC, c.id DESC`)
	switch {
	case of.Video != 0:
		return q.Where(`c.video_id = ?`, of.Video)
	case of.Channel != 0:
		return q.Where(`c.video_id IN (SELECT v.id FROM videos v WHERE v.channel_id = ? AND v.privacy = 1 AND v.state = 1 AND v.comments > 0)`, of.Channel)
	case of.Account != 0:
		return q.Where(`c.video_id IN (SELECT v.id FROM videos v JOIN video_channels h ON h.id = v.channel_id
			WHERE h.account_id = ? AND v.privacy = 1 AND v.state = 1 AND v.comments > 0)`, of.Account)
	}
	return q.Where(`EXISTS (SELECT 1 FROM videos v WHERE v.id = c.video_id AND v.privacy = 1 AND v.state = 1)`)
}
