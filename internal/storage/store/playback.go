package store

import (
	"context"

	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/storage/sqldb"
)

// Playback keeps what players report. It is the view.PlaybackStore and the
// view.PlaybackStatsStore.
type Playback struct{ DB *sqldb.DB }

var (
	_ view.PlaybackStore      = Playback{}
	_ view.PlaybackStatsStore = Playback{}
)

const (
	playedColumns = `bytes_site, bytes_peers, bytes_sent, sessions, shared, stalls, errors, starts_0, starts_1, starts_2, starts_3, starts_4, starts_5, starts_6`

	// playedSums are they of several rows.
	playedSums = `CAST(SUM(p.bytes_site) AS BIGINT), CAST(SUM(p.bytes_peers) AS BIGINT), CAST(SUM(p.bytes_sent) AS BIGINT),
		CAST(SUM(p.sessions) AS BIGINT), CAST(SUM(p.shared) AS BIGINT), CAST(SUM(p.stalls) AS BIGINT), CAST(SUM(p.errors) AS BIGINT),
		CAST(SUM(p.starts_0) AS BIGINT), CAST(SUM(p.starts_1) AS BIGINT), CAST(SUM(p.starts_2) AS BIGINT), CAST(SUM(p.starts_3) AS BIGINT),
		CAST(SUM(p.starts_4) AS BIGINT), CAST(SUM(p.starts_5) AS BIGINT), CAST(SUM(p.starts_6) AS BIGINT)`

	// playedMore adds a row to the one that is there.
	playedMore = `bytes_site = p.bytes_site + excluded.bytes_site, bytes_peers = p.bytes_peers + excluded.bytes_peers,
		bytes_sent = p.bytes_sent + excluded.bytes_sent, sessions = p.sessions + excluded.sessions, shared = p.shared + excluded.shared,
		stalls = p.stalls + excluded.stalls, errors = p.errors + excluded.errors, starts_0 = p.starts_0 + excluded.starts_0,
		starts_1 = p.starts_1 + excluded.starts_1, starts_2 = p.starts_2 + excluded.starts_2, starts_3 = p.starts_3 + excluded.starts_3,
		starts_4 = p.starts_4 + excluded.starts_4, starts_5 = p.starts_5 + excluded.starts_5, starts_6 = p.starts_6 + excluded.starts_6`

	addPlayed = `INSERT INTO playback_days AS p (video_id, day, ` + playedColumns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT (video_id, day) DO UPDATE SET ` + playedMore
	addPlayedSite = `INSERT INTO playback_site_days AS p (day, ` + playedColumns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT (day) DO UPDATE SET ` + playedMore
)

// playedFields are where playedColumns go.
func playedFields(s *view.PlaybackSums) []any {
	f := []any{&s.BytesSite, &s.BytesPeers, &s.BytesSent, &s.Sessions, &s.Shared, &s.Stalls, &s.Errors}
	for i := range s.Starts {
		f = append(f, &s.Starts[i])
	}
	return f
}

func playedValues(s view.PlaybackSums) []any {
	v := []any{s.BytesSite, s.BytesPeers, s.BytesSent, s.Sessions, s.Shared, s.Stalls, s.Errors}
	for _, n := range s.Starts {
		v = append(v, n)
	}
	return v
}

// AddPlayback is part of view.PlaybackStore. The rows of videos come first and
// in their order, that of the site, which all nodes write, is held shortest.
func (s Playback) AddPlayback(ctx context.Context, list []view.PlaybackDay) error {
	site := map[int64]*view.PlaybackSums{}
	var days []int64
	for _, d := range list {
		if _, err := s.DB.Exec(ctx, addPlayed, append([]any{d.Video, d.Day}, playedValues(d.PlaybackSums)...)...); err != nil {
			return err
		}
		if site[d.Day] == nil {
			site[d.Day] = new(view.PlaybackSums)
			days = append(days, d.Day)
		}
		site[d.Day].Add(d.PlaybackSums)
	}
	for _, at := range days {
		if _, err := s.DB.Exec(ctx, addPlayedSite, append([]any{at}, playedValues(*site[at])...)...); err != nil {
			return err
		}
	}
	return nil
}

const (
	playedSiteQuery = `SELECT p.day, ` + playedColumns + ` FROM playback_site_days p WHERE p.day >= $1 AND p.day <= $2 ORDER BY p.day`
	playedOfQuery   = `SELECT p.day, ` + playedColumns + ` FROM playback_days p WHERE p.video_id = $1 AND p.day >= $2 AND p.day <= $3 ORDER BY p.day`
	playedTopQuery  = `SELECT p.video_id, ` + playedSums + ` FROM playback_days p WHERE p.day >= $1 AND p.day <= $2
		GROUP BY p.video_id ORDER BY SUM(p.bytes_site + p.bytes_peers) DESC, p.video_id LIMIT $3`
	cleanPlayed     = `DELETE FROM playback_days WHERE day = (SELECT p.day FROM playback_days p WHERE p.day < $1 ORDER BY p.day LIMIT 1)`
	cleanPlayedSite = `DELETE FROM playback_site_days WHERE day < $1`
)

func scanPlayedDay(r sqldb.Row) (d view.PlaybackDay, err error) {
	return d, r.Scan(append([]any{&d.Day}, playedFields(&d.PlaybackSums)...)...)
}

// PlaybackSite is part of view.PlaybackStatsStore.
func (s Playback) PlaybackSite(ctx context.Context, from, to int64) ([]view.PlaybackDay, error) {
	return sqldb.All(ctx, s.DB, scanPlayedDay, playedSiteQuery, from, to)
}

// PlaybackOf is part of view.PlaybackStatsStore.
func (s Playback) PlaybackOf(ctx context.Context, id video.ID, from, to int64) ([]view.PlaybackDay, error) {
	return sqldb.All(ctx, s.DB, scanPlayedDay, playedOfQuery, id, from, to)
}

// PlaybackTop is part of view.PlaybackStatsStore.
func (s Playback) PlaybackTop(ctx context.Context, from, to int64, limit int) ([]view.PlaybackDay, error) {
	return sqldb.All(ctx, s.DB, func(r sqldb.Row) (d view.PlaybackDay, err error) {
		return d, r.Scan(append([]any{&d.Video}, playedFields(&d.PlaybackSums)...)...)
	}, playedTopQuery, from, to, limit)
}

// CleanPlayback is part of view.PlaybackStatsStore: it deletes one day of all
// videos. Days of the site are few.
func (s Playback) CleanPlayback(ctx context.Context, before int64) (int, error) {
	if _, err := s.DB.Exec(ctx, cleanPlayedSite, before); err != nil {
		return 0, err
	}
	n, err := s.DB.Exec(ctx, cleanPlayed, before)
	return int(n), err
}
