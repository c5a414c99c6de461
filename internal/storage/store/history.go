package store

import (
	"context"
	"strconv"
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
	for word := range strings.FieldsSeq(video.Searchable(p.Search)) {
		q.Where(`v.search LIKE ? ESCAPE '\'`, containing(word))
	}
	return q.OrderBy(`h.updated_at DESC, h.video_id DESC`)
}

// historyPage is the text and arguments of a page, with how many videos the
// history holds as it is. Its limit is a number in the text: SQLite would plan
// anew for each argument.
func historyPage(q *sqldb.Query, p view.HistoryParams) (string, []any) {
	text, args := q.Select(listColumns + `, h.position, (SELECT count(*) FROM user_video_history a WHERE a.user_id = $1)`)
	text += ` LIMIT ` + strconv.Itoa(p.Count)
	if p.Start > 0 {
		args = append(args[:len(args):len(args)], p.Start)
		text += ` OFFSET $` + strconv.Itoa(len(args))
	}
	return text, args
}

// History is part of view.HistoryStore.
func (s History) History(ctx context.Context, p view.HistoryParams) ([]*video.Video, int, error) {
	q, all := historyQuery(p), -1
	list := []*video.Video{}
	if p.Count > 0 {
		latest, ok, err := s.latest(ctx, p, &all)
		if list = latest; !ok && err == nil {
			list, err = s.page(ctx, p, q, &all)
		}
		if err != nil {
			return nil, 0, err
		}
		if len(list) < p.Count && (len(list) > 0 || p.Start == 0) { // the last page
			return list, p.Start + len(list), nil
		}
	}
	total, err := s.total(ctx, p, q, all)
	return list, total, err
}

// page reads a page, and how many videos the history holds.
func (s History) page(ctx context.Context, p view.HistoryParams, q *sqldb.Query, all *int) ([]*video.Video, error) {
	text, args := historyPage(q, p)
	list, err := sqldb.All(ctx, s.Videos.DB, scanWatched(all), text, args...)
	if err != nil || len(list) == 0 {
		return list, err
	}
	return list, s.Videos.fillPage(ctx, list, 0)
}

// hiddenLately is how many videos of the first page may have been hidden or
// deleted since they were watched for latest to read it.
const hiddenLately = 2

// latest reads the first page where videos are kept until they change: then only
// what was watched is read. ok is false where too much of it is hidden now.
func (s History) latest(ctx context.Context, p view.HistoryParams, all *int) (list []*video.Video, ok bool, err error) {
	if p.Start > 0 || p.Search != "" || !s.Videos.cards.certain(ctx, s.Videos.DB) {
		return nil, false, nil
	}
	type watched struct {
		id video.ID
		to int
	}
	rows, err := sqldb.All(ctx, s.Videos.DB, func(r sqldb.Row) (w watched, err error) {
		return w, r.Scan(&w.id, &w.to, all)
	}, `SELECT h.video_id, h.position, (SELECT count(*) FROM user_video_history a WHERE a.user_id = $1)
		FROM user_video_history h WHERE h.user_id = $1 ORDER BY h.updated_at DESC, h.video_id DESC LIMIT `+strconv.Itoa(p.Count+hiddenLately), p.User)
	if err != nil || len(rows) == 0 {
		return []*video.Video{}, err == nil, err
	}
	ids := make([]video.ID, len(rows))
	for i, w := range rows {
		ids[i] = w.id
	}
	byID, err := s.Videos.ByIDs(context.WithoutCancel(ctx), ids) // short reads by key
	if err != nil {
		return nil, false, err
	}
	list = make([]*video.Video, 0, p.Count)
	for i, w := range rows {
		if v := byID[w.id]; v != nil && inHistory(v, p) && len(list) < p.Count {
			v.WatchedTo = &rows[i].to
			list = append(list, v)
		}
	}
	return list, len(list) == p.Count || len(rows) < p.Count+hiddenLately, nil
}

// inHistory is the condition of historyQuery.
func inHistory(v *video.Video, p view.HistoryParams) bool {
	return v.State == video.Published && (v.Privacy == video.Public || v.Privacy == video.Unlisted || v.Privacy == video.InternalOnly ||
		v.Channel != nil && v.Channel.Owner != nil && v.Channel.Owner.AccountID == p.Account)
}

// scanWatched scans a page, whose rows it reads by way of the same variables,
// and how many videos the history holds.
func scanWatched(all *int) func(sqldb.Row) (*video.Video, error) {
	var v video.Video
	var position int
	fields := append(videoFields(&v), &position, all)
	return func(r sqldb.Row) (*video.Video, error) {
		if err := r.Scan(fields...); err != nil {
			return nil, err
		}
		row, at := v, position
		row.WatchedTo = &at
		return &row, nil
	}
}

// longHistory is from where on a history is counted as it is, with videos that
// are not shown any more: looking at each of them takes too long.
const longHistory = 60

// total counts a history that holds all videos, where that is known (not -1).
// What a search finds in a long one may be seconds old; see Videos.total.
func (s History) total(ctx context.Context, p view.HistoryParams, q *sqldb.Query, all int) (_ int, err error) {
	if all < 0 {
		if all, err = sqldb.One(ctx, s.Videos.DB, sqldb.Value[int], `SELECT count(*) FROM user_video_history h WHERE h.user_id = $1`, p.User); err != nil {
			return 0, err
		}
	}
	switch {
	case all <= longHistory:
		text, args := q.Count()
		return sqldb.One(ctx, s.Videos.DB, sqldb.Value[int], text, args...)
	case p.Search != "":
		return s.Videos.total(ctx, q)
	}
	return all, nil
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
