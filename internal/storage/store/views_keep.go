package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/storage/sqldb"
)

var _ view.KeeperStore = Views{}

// keepAtOnce is how many rows one transaction of a view.Keeper works on.
const keepAtOnce = 1000

func sortedRetention(changes map[retentionKey]int64) []retentionKey {
	keys := make([]retentionKey, 0, len(changes))
	for k := range changes {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b retentionKey) int {
		return cmp.Or(cmp.Compare(a.video, b.video), cmp.Compare(a.second, b.second))
	})
	return keys
}

type buffered struct {
	video            video.ID
	minute           int64
	views, downloads int64
}

// Flush is part of view.KeeperStore. Rows that are taken out are added up by
// exactly one transaction, whoever else tries.
func (s Views) Flush(ctx context.Context, since int64) (local []video.ID, n int, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		rows, err := sqldb.ReturningAll(ctx, s.DB, func(r sqldb.Row) (b buffered, err error) {
			return b, r.Scan(&b.video, &b.minute, &b.views, &b.downloads)
		}, s.flushQuery(), keepAtOnce)
		if n = len(rows); err != nil || n == 0 {
			return err
		}
		if err := s.addBuckets(ctx, rows, since); err != nil {
			return err
		}
		local, err = s.addCounters(ctx, rows, since)
		return err
	})
	return local, n, err
}

func (s Views) flushQuery() string {
	text := `DELETE FROM view_buffer WHERE id IN (SELECT b.id FROM view_buffer b ORDER BY b.id LIMIT $1`
	if s.DB.Dialect == sqldb.Postgres { // another node's share is its own
		text += ` FOR UPDATE SKIP LOCKED`
	}
	return text + `) RETURNING video_id, minute, views, downloads`
}

// bucket is a span of time of something.
type bucket struct {
	id, at int64
}

func sortedBuckets(m map[bucket]int64) []bucket {
	keys := make([]bucket, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b bucket) int { return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.at, b.at)) })
	return keys
}

func (s Views) addBuckets(ctx context.Context, rows []buffered, since int64) error {
	channels, err := s.channelsOf(ctx, rows)
	if err != nil {
		return err
	}
	views, days, downloads := map[bucket]int64{}, map[bucket]int64{}, map[bucket]int64{}
	for _, r := range rows {
		if r.views != 0 {
			views[bucket{int64(r.video), r.minute / 60}] += r.views
			days[bucket{int64(channels[r.video]), r.minute / (24 * 60)}] += r.views
		}
		if r.downloads != 0 {
			downloads[bucket{int64(r.video), r.minute}] += r.downloads
		}
	}
	for _, key := range sortedBuckets(views) {
		// An hour is recent as a whole or not at all.
		if _, err := s.DB.Exec(ctx, `INSERT INTO video_views AS b (video_id, hour, views, recent) VALUES ($1, $2, $3, $4)
			ON CONFLICT (video_id, hour) DO UPDATE SET views = b.views + excluded.views`, key.id, key.at, views[key], key.at >= since); err != nil {
			return err
		}
	}
	if err := s.addUp(ctx, `channel_views`, `channel_id, day, views`, `channel_id, day`, `views`, days); err != nil {
		return err
	}
	return s.addUp(ctx, `video_downloads`, `video_id, minute, downloads`, `video_id, minute`, `downloads`, downloads)
}

// addUp adds sums to a table. All names are written above.
func (s Views) addUp(ctx context.Context, table, columns, key, sum string, m map[bucket]int64) error {
	var rows [][]any
	for _, k := range sortedBuckets(m) {
		rows = append(rows, []any{k.id, k.at, m[k]})
	}
	return values(rows, func(placeholders string, args []any) error {
		_, err := s.DB.Exec(ctx, `INSERT INTO `+table+` AS b (`+columns+`) VALUES `+placeholders+`
			ON CONFLICT (`+key+`) DO UPDATE SET `+sum+` = b.`+sum+` + excluded.`+sum, args...)
		return err
	})
}

func (s Views) channelsOf(ctx context.Context, rows []buffered) (map[video.ID]actor.ChannelID, error) {
	var ids []video.ID
	for _, r := range rows {
		ids = append(ids, r.video)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	out := make(map[video.ID]actor.ChannelID, len(ids))
	for len(ids) > 0 {
		some := ids[:min(len(ids), 100)]
		ids = ids[len(some):]
		text, args := sqldb.In(sqldb.From(`videos v`), `v.id`, padded(some)).Select(`v.id, v.channel_id`)
		part, err := pairs[video.ID, actor.ChannelID](ctx, s.DB, text, args...)
		if err != nil {
			return nil, err
		}
		for k, c := range part {
			out[k] = c
		}
	}
	return out, nil
}

// counters are what a video's hot score is made of.
type counters struct {
	id                               video.ID
	views, likes, dislikes, comments int64
	published                        time.Time
	remote                           bool
}

func (s Views) addCounters(ctx context.Context, rows []buffered, since int64) (local []video.ID, err error) {
	type sums struct{ views, recent, downloads int64 }
	all := map[video.ID]*sums{}
	var order []video.ID
	for _, r := range rows {
		if all[r.video] == nil {
			all[r.video] = new(sums)
			order = append(order, r.video)
		}
		t := all[r.video]
		t.views, t.downloads = t.views+r.views, t.downloads+r.downloads
		if r.minute/60 >= since {
			t.recent += r.views
		}
	}
	slices.Sort(order)
	for _, id := range order {
		t := all[id]
		c, err := sqldb.Returning(ctx, s.DB, func(r sqldb.Row) (c counters, err error) {
			return c, r.Scan(&c.id, &c.views, &c.likes, &c.dislikes, &c.comments, &c.published, &c.remote)
		}, `UPDATE videos SET views = views + $2, recent_views = recent_views + $3, downloads = downloads + $4 WHERE id = $1
			RETURNING id, views, likes, dislikes, comments, published_at, remote`, id, t.views, t.recent, t.downloads)
		if err != nil {
			return nil, err
		}
		if _, err := s.DB.Exec(ctx, `UPDATE videos SET hot_score = $2 WHERE id = $1`, id,
			video.HotScore(c.views, c.likes, c.dislikes, c.comments, c.published)); err != nil {
			return nil, err
		}
		if !c.remote {
			local = append(local, id)
		}
	}
	return local, nil
}

// Recent is part of view.KeeperStore: hours that leave the window are taken
// off the recent views, and those that a wider window has again are added.
func (s Views) Recent(ctx context.Context, since int64) (n int, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		for _, q := range []struct {
			text string
			sign int64
		}{{leaveQuery, -1}, {returnQuery, 1}} {
			rows, err := sqldb.ReturningAll(ctx, s.DB, func(r sqldb.Row) (b buffered, err error) { return b, r.Scan(&b.video, &b.views) }, q.text, since, keepAtOnce)
			if err != nil {
				return err
			}
			n += len(rows)
			slices.SortFunc(rows, func(a, b buffered) int { return cmp.Compare(a.video, b.video) })
			for _, r := range rows {
				if _, err := s.DB.Exec(ctx, `UPDATE videos SET recent_views = recent_views + $2 WHERE id = $1`, r.video, q.sign*r.views); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return n, err
}

const (
	leaveQuery = `UPDATE video_views SET recent = FALSE WHERE recent = TRUE AND (video_id, hour) IN
		(SELECT b.video_id, b.hour FROM video_views b WHERE b.recent = TRUE AND b.hour < $1 ORDER BY b.hour, b.video_id LIMIT $2) RETURNING video_id, views`
	returnQuery = `UPDATE video_views SET recent = TRUE WHERE recent = FALSE AND (video_id, hour) IN
		(SELECT b.video_id, b.hour FROM video_views b WHERE b.recent = FALSE AND b.hour >= $1 ORDER BY b.hour, b.video_id LIMIT $2) RETURNING video_id, views`
)

const overQuery = `SELECT ` + viewingColumns + `, (SELECT v.remote FROM videos v WHERE v.id = s.video_id) FROM video_sessions s WHERE s.session_key IS NOT NULL AND s.seen_at <= $1 ORDER BY s.session_key LIMIT $2`

// Over is part of view.KeeperStore.
func (s Views) Over(ctx context.Context, before time.Time) ([]*view.Session, error) {
	return sqldb.All(ctx, s.DB, func(r sqldb.Row) (*view.Session, error) {
		it := new(view.Session)
		return scanViewingWith(r, it, &it.Remote)
	}, s.held(overQuery), before.Unix(), keepAtOnce)
}

// Clean is part of view.KeeperStore.
func (s Views) Clean(ctx context.Context, remote bool, before time.Time) (n int, err error) {
	for _, t := range []struct {
		text string
		at   int64
	}{
		{cleanQuery(`video_sessions`, `id`, `seen_at`), before.Unix()},
		{cleanQuery(`video_views`, `video_id, hour`, `hour`), before.Unix() / 3600},
		{cleanQuery(`video_downloads`, `video_id, minute`, `minute`), before.Unix() / 60},
	} {
		done, err := s.DB.Exec(ctx, t.text, remote, t.at, keepAtOnce)
		if err != nil {
			return n, err
		}
		n += int(done)
	}
	return n, nil
}

// cleanQuery deletes old rows of a table. Views that are still recent stay.
func cleanQuery(table, key, at string) string {
	recent := ``
	if table == `video_views` {
		recent = ` AND t.recent = FALSE`
	}
	columns := `t.` + key
	if key != `id` {
		columns = `t.video_id, t.` + at
	}
	return `DELETE FROM ` + table + ` WHERE (` + key + `) IN (SELECT ` + columns + ` FROM ` + table + ` t JOIN videos v ON v.id = t.video_id
		WHERE v.remote = $1 AND t.` + at + ` < $2` + recent + ` LIMIT $3)`
}

// CleanHistory is part of view.KeeperStore.
func (s Views) CleanHistory(ctx context.Context, before time.Time) (int, error) {
	n, err := s.DB.Exec(ctx, `DELETE FROM user_video_history WHERE (user_id, video_id) IN
		(SELECT h.user_id, h.video_id FROM user_video_history h WHERE h.updated_at < $1 ORDER BY h.updated_at LIMIT $2)`, before, keepAtOnce)
	return int(n), err
}
