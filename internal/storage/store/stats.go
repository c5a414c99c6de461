package store

import (
	"context"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/storage/sqldb"
)

// Stats counts the site's figures.
type Stats struct{ DB *sqldb.DB }

// Count reads whole tables; its answers are to be kept. now is when.
func (s Stats) Count(ctx context.Context, now time.Time) (instance.Stats, error) {
	var out instance.Stats
	for _, read := range []func(context.Context, *instance.Stats, time.Time) error{s.users, s.videos, s.channels, s.lists, s.follows, s.registrations, s.abuses, s.activities} {
		if err := read(ctx, &out, now.UTC()); err != nil {
			return out, err
		}
	}
	return out, nil
}

const day = 24 * time.Hour

// fill scans one row of a query into dest.
func (s Stats) fill(ctx context.Context, dest []any, query string, args ...any) error {
	_, err := sqldb.One(ctx, s.DB, func(r sqldb.Row) (struct{}, error) { return struct{}{}, r.Scan(dest...) }, query, args...)
	return err
}

func (s Stats) users(ctx context.Context, out *instance.Stats, now time.Time) error {
	return s.fill(ctx, []any{&out.Users, &out.Admins, &out.Moderators, &out.DailyUsers, &out.WeeklyUsers, &out.MonthlyUsers, &out.HalfYearUsers}, `
		SELECT count(*),
			count(CASE WHEN role = 0 THEN 1 END), count(CASE WHEN role = 1 THEN 1 END),
			count(CASE WHEN last_login_at > $1 OR last_seen_at > $1 THEN 1 END),
			count(CASE WHEN last_login_at > $2 OR last_seen_at > $2 THEN 1 END),
			count(CASE WHEN last_login_at > $3 OR last_seen_at > $3 THEN 1 END),
			count(CASE WHEN last_login_at > $4 OR last_seen_at > $4 THEN 1 END)
		FROM users`, now.Add(-day), now.Add(-7*day), now.Add(-30*day), now.Add(-180*day))
}

// videos counts what everybody can find: published and public.
func (s Stats) videos(ctx context.Context, out *instance.Stats, _ time.Time) error {
	return s.fill(ctx, []any{&out.Videos, &out.LocalVideos, &out.LocalViews, &out.LocalDownloads, &out.LocalComments, &out.VideoComments, &out.LocalBytes}, `
		SELECT count(CASE WHEN privacy = 1 AND state = 1 THEN 1 END),
			count(CASE WHEN NOT remote AND privacy = 1 AND state = 1 THEN 1 END),
			CAST(COALESCE(SUM(CASE WHEN remote THEN 0 ELSE views END), 0) AS BIGINT),
			CAST(COALESCE(SUM(CASE WHEN remote THEN 0 ELSE downloads END), 0) AS BIGINT),
			CAST(COALESCE(SUM(CASE WHEN remote THEN 0 ELSE comments END), 0) AS BIGINT),
			CAST(COALESCE(SUM(comments), 0) AS BIGINT),
			CAST(COALESCE(SUM(CASE WHEN remote THEN 0 ELSE files_size END), 0) AS BIGINT)
		FROM videos`)
}

func (s Stats) channels(ctx context.Context, out *instance.Stats, now time.Time) error {
	if err := s.fill(ctx, []any{&out.LocalChannels}, `
		SELECT count(*) FROM video_channels c JOIN actors x ON x.id = c.actor_id WHERE x.server_id IS NULL`); err != nil {
		return err
	}
	return s.fill(ctx, []any{&out.DailyChannels, &out.WeeklyChannels, &out.MonthlyChannels}, `
		SELECT count(DISTINCT CASE WHEN published_at > $1 THEN channel_id END),
			count(DISTINCT CASE WHEN published_at > $2 THEN channel_id END),
			count(DISTINCT channel_id)
		FROM videos WHERE published_at > $3 AND NOT remote AND state = 1`, now.Add(-day), now.Add(-7*day), now.Add(-30*day))
}

// abuses counts reports and how long those who reported waited, which is kept
// with each.
func (s Stats) abuses(ctx context.Context, out *instance.Stats, _ time.Time) error {
	var ms int64
	err := s.fill(ctx, []any{&out.Abuses, &out.AbusesProcessed, &ms}, `
		SELECT count(*), count(response_ms), CAST(COALESCE(avg(response_ms), -1) AS BIGINT) FROM abuses`)
	if out.AbuseResponse = -1; ms >= 0 {
		out.AbuseResponse = time.Duration(ms) * time.Millisecond
	}
	return err
}

// lists counts the playlists of this site that everybody can find.
func (s Stats) lists(ctx context.Context, out *instance.Stats, _ time.Time) error {
	return s.fill(ctx, []any{&out.LocalPlaylists}, `
		SELECT count(*) FROM playlists WHERE privacy = 1 AND type = 1 AND NOT remote`)
}

// follows counts who follows the site, and whom it follows.
func (s Stats) follows(ctx context.Context, out *instance.Stats, _ time.Time) error {
	return s.fill(ctx, []any{&out.Followers, &out.Following}, `
		SELECT (SELECT count(*) FROM actor_follows f WHERE f.target_actor_id = x.id AND f.state = 'accepted'),
			(SELECT count(*) FROM actor_follows f WHERE f.actor_id = x.id AND f.state = 'accepted')
		FROM (SELECT COALESCE(MIN(id), 0) AS id FROM actors WHERE server_id IS NULL AND preferred_username = $1) x`, actor.InstanceName)
}

// registrations are few; how long people waited is averaged here, because the
// databases subtract times in different ways.
func (s Stats) registrations(ctx context.Context, out *instance.Stats, _ time.Time) error {
	type waited struct {
		created   time.Time
		processed *time.Time
	}
	list, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) (w waited, err error) { return w, r.Scan(&w.created, &w.processed) },
		`SELECT created_at, processed_at FROM user_registrations`)
	if err != nil {
		return err
	}
	var sum time.Duration
	for _, w := range list {
		if w.processed != nil {
			out.RegistrationsProcessed++
			sum += w.processed.Sub(w.created)
		}
	}
	out.Registrations, out.RegistrationResponse = int64(len(list)), -1
	if out.RegistrationsProcessed > 0 {
		out.RegistrationResponse = sum / time.Duration(out.RegistrationsProcessed)
	}
	return nil
}
