package store

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/storage/sqldb"
)

var _ view.StatsStore = Views{}

// inSpan is which sessions a span has; every query of them begins with it.
const inSpan = `FROM video_sessions s WHERE s.video_id = $1 AND s.started_at >= $2 AND s.started_at <= $3`

// two scans two numbers.
func two(r sqldb.Row) (n [2]int64, err error) { return n, r.Scan(&n[0], &n[1]) }

func scanTally(r sqldb.Row) (t view.Tally, err error) { return t, r.Scan(&t.At, &t.N) }

// Totals is part of view.StatsStore.
func (s Views) Totals(ctx context.Context, id video.ID, from, to int64) (viewers, watchTime int64, err error) {
	n, err := sqldb.One(ctx, s.DB, two, `SELECT count(*), CAST(COALESCE(SUM(s.watch_time), 0) AS BIGINT) `+inSpan, id, from, to)
	return n[0], n[1], err
}

// Counted is part of view.StatsStore.
func (s Views) Counted(ctx context.Context, id video.ID, from, to int64) (views, downloads int64, err error) {
	n, err := sqldb.One(ctx, s.DB, two, `SELECT
		(SELECT CAST(COALESCE(SUM(b.views), 0) AS BIGINT) FROM video_views b WHERE b.video_id = $1 AND b.hour >= $2 AND b.hour <= $3),
		(SELECT CAST(COALESCE(SUM(d.downloads), 0) AS BIGINT) FROM video_downloads d WHERE d.video_id = $1 AND d.minute >= $4 AND d.minute <= $5)`,
		id, from/3600, to/3600, from/60, to/60)
	return n[0], n[1], err
}

// Starts is part of view.StatsStore.
func (s Views) Starts(ctx context.Context, id video.ID, from, to int64) ([]view.Tally, error) {
	return sqldb.All(ctx, s.DB, scanTally, `SELECT s.started_at, count(*) `+inSpan+` GROUP BY s.started_at ORDER BY s.started_at`, id, from, to)
}

// Ends is part of view.StatsStore.
func (s Views) Ends(ctx context.Context, id video.ID, from, to int64) ([]view.Tally, error) {
	return sqldb.All(ctx, s.DB, scanTally, `SELECT s.seen_at, count(*) `+inSpan+` GROUP BY s.seen_at ORDER BY s.seen_at`, id, from, to)
}

// Places is part of view.StatsStore.
func (s Views) Places(ctx context.Context, id video.ID, from, to int64, limit int) (countries, subdivisions []view.Sum, err error) {
	if countries, err = s.sums(ctx, `s.country`, id, from, to, limit); err != nil {
		return nil, nil, err
	}
	subdivisions, err = s.sums(ctx, `s.subdivision`, id, from, to, limit)
	return countries, subdivisions, err
}

// Agents is part of view.StatsStore.
func (s Views) Agents(ctx context.Context, id video.ID, from, to int64, limit int) (a view.Agents, err error) {
	for column, list := range map[string]*[]view.Sum{`s.client`: &a.Clients, `s.device`: &a.Devices, `s.os`: &a.Systems} {
		if *list, err = s.sums(ctx, column, id, from, to, limit); err != nil {
			return a, err
		}
	}
	return a, nil
}

// sums groups viewers by a column.
func (s Views) sums(ctx context.Context, column string, id video.ID, from, to int64, limit int) ([]view.Sum, error) {
	return sqldb.All(ctx, s.DB, func(r sqldb.Row) (sum view.Sum, err error) { return sum, r.Scan(&sum.Name, &sum.Viewers) },
		`SELECT `+column+`, count(*) `+inSpan+` AND `+column+` <> '' GROUP BY `+column+` ORDER BY count(*) DESC, `+column+` LIMIT $4`, id, from, to, limit)
}

// Spread is part of view.StatsStore.
func (s Views) Spread(ctx context.Context, id video.ID, from, to, step int64) ([]view.Stay, error) {
	// Who came before the span may still be there in it.
	return sqldb.All(ctx, s.DB, func(r sqldb.Row) (st view.Stay, err error) { return st, r.Scan(&st.Came, &st.Left, &st.N) },
		`SELECT (CASE WHEN s.started_at < $2 THEN 0 ELSE s.started_at - $2 END) / $4, (s.seen_at - $2) / $4, count(*)
		FROM video_sessions s WHERE s.video_id = $1 AND s.started_at <= $3 AND s.seen_at >= $2
		GROUP BY 1, 2 ORDER BY 1, 2`, id, from, to, step)
}

// Buckets is part of view.StatsStore.
func (s Views) Buckets(ctx context.Context, id video.ID, m view.Metric, from, to, step int64) ([]view.Tally, error) {
	text := `SELECT (s.started_at - $2) / $4, CAST(SUM(s.watch_time) AS BIGINT) ` + inSpan
	switch m {
	case view.MetricDownloads:
		text = `SELECT (d.minute * 60 - $2) / $4, CAST(SUM(d.downloads) AS BIGINT) FROM video_downloads d
			WHERE d.video_id = $1 AND d.minute * 60 >= $2 AND d.minute * 60 <= $3`
	case view.MetricViews: // the hour may have begun before the span
		text = `SELECT (CASE WHEN b.hour * 3600 < $2 THEN 0 ELSE b.hour * 3600 - $2 END) / $4, CAST(SUM(b.views) AS BIGINT) FROM video_views b
			WHERE b.video_id = $1 AND b.hour * 3600 > $2 - 3600 AND b.hour * 3600 <= $3`
	case view.MetricViewers, view.MetricWatchTime:
	}
	return sqldb.All(ctx, s.DB, scanTally, text+` GROUP BY 1 ORDER BY 1`, id, from, to, step)
}

// openSections bounds the sessions under way that retention looks at.
const openSections = 10_000

// Retention is part of view.StatsStore.
func (s Views) Retention(ctx context.Context, id video.ID) ([]view.Tally, [][]view.Section, error) {
	changes, err := sqldb.All(ctx, s.DB, scanTally, `SELECT r.second, r.change FROM video_retention r WHERE r.video_id = $1 ORDER BY r.second`, id)
	if err != nil {
		return nil, nil, err
	}
	going, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) ([]view.Section, error) {
		text, err := sqldb.Value[string](r)
		if err != nil {
			return nil, err
		}
		return parseSections(text)
	}, goingQuery, id, openSections)
	return changes, going, err
}

const goingQuery = `SELECT s.sections FROM video_sessions s WHERE s.video_id = $1 AND s.session_key IS NOT NULL ORDER BY s.seen_at DESC LIMIT $2`

// ChannelDays is part of view.StatsStore.
func (s Views) ChannelDays(ctx context.Context, ids []actor.ChannelID, from int64) (map[actor.ChannelID]map[int64]int64, error) {
	out := make(map[actor.ChannelID]map[int64]int64, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	type row struct {
		id         actor.ChannelID
		day, views int64
	}
	text, args := sqldb.In(sqldb.From(`channel_views d`), `d.channel_id`, padded(ids)).Where(`d.day >= ?`, from).Select(`d.channel_id, d.day, d.views`)
	list, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) (v row, err error) { return v, r.Scan(&v.id, &v.day, &v.views) }, text, args...)
	for _, v := range list {
		if out[v.id] == nil {
			out[v.id] = map[int64]int64{}
		}
		out[v.id][v.day] = v.views
	}
	return out, err
}
