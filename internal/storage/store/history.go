package store

import (
	"context"
	"strings"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/storage/sqldb"
)

// History is the view.HistoryStore.
type History struct{ Videos *Videos }

var _ view.HistoryStore = History{}

// historyQuery selects what somebody watched and may see: public, internal and
// unlisted videos, to which they had the address, and their own.
func historyQuery(p view.HistoryParams) *sqldb.Query {
	q := sqldb.From(`user_video_history h JOIN videos v ON v.id = h.video_id`).
		Where(`h.user_id = ?`, p.User).
		Where(`v.state = 1`).
		Where(`v.privacy IN (1, 2, 4) OR v.channel_id IN (SELECT c.id FROM video_channels c WHERE c.account_id = ?)`, p.Account)
	for word := range strings.FieldsSeq(video.Fold(p.Search)) {
		q.Where(`v.search LIKE ? ESCAPE '\'`, containing(word))
	}
	return q.OrderBy(`h.updated_at DESC, h.video_id DESC`).Page(p.Start, p.Count)
}

// countedAtOnce is the longest history that is counted each time it is shown.
// The total of a longer one may be seconds old; see Videos.total.
const countedAtOnce = 500

func (s History) count(ctx context.Context, p view.HistoryParams) (int, error) {
	p.Start, p.Count = 0, countedAtOnce
	text, args := historyQuery(p).Select(`h.video_id`)
	n, err := sqldb.One(ctx, s.Videos.DB, sqldb.Value[int], `SELECT count(*) FROM (`+text+`) AS some`, args...)
	if err != nil || n < countedAtOnce {
		return n, err
	}
	return s.Videos.total(ctx, historyQuery(p))
}

// History is part of view.HistoryStore.
func (s History) History(ctx context.Context, p view.HistoryParams) ([]*video.Video, int, error) {
	q := historyQuery(p)
	total, err := s.count(ctx, p)
	if err != nil || p.Count <= 0 {
		return []*video.Video{}, total, err
	}
	text, args := q.Select(positionColumns)
	type place struct {
		id video.ID
		at int
	}
	places, err := sqldb.All(ctx, s.Videos.DB, func(r sqldb.Row) (p place, err error) { return p, r.Scan(&p.id, &p.at) }, text, args...)
	if err != nil || len(places) == 0 {
		return []*video.Video{}, total, err
	}
	ids := make([]video.ID, len(places))
	for i, p := range places {
		ids[i] = p.id
	}
	byID, err := s.Videos.ByIDs(ctx, ids)
	if err != nil {
		return nil, 0, err
	}
	list := make([]*video.Video, 0, len(places))
	for _, p := range places {
		if v := byID[p.id]; v != nil { // it may just have been deleted
			v.WatchedTo = &p.at
			list = append(list, v)
		}
	}
	return list, total, nil
}

// Forget is part of view.HistoryStore.
func (s History) Forget(ctx context.Context, u user.ID, id video.ID) error {
	_, err := s.Videos.DB.Exec(ctx, `DELETE FROM user_video_history WHERE user_id = $1 AND video_id = $2`, u, id)
	s.Videos.totals.forget()
	return err
}

// ForgetBefore is part of view.HistoryStore.
func (s History) ForgetBefore(ctx context.Context, u user.ID, t time.Time) error {
	_, err := s.Videos.DB.Exec(ctx, `DELETE FROM user_video_history WHERE user_id = $1 AND updated_at <= $2`, u, t.UTC())
	s.Videos.totals.forget()
	return err
}
