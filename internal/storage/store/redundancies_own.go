package store

import (
	"context"
	"time"

	"sepiola/internal/domain/redundancy"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

var _ redundancy.OwnStore = Redundancies{}

// own is what this site mirrors itself; every query of it begins with it. The
// condition is the one of the index.
const own = `SELECT ` + mirrorColumns + ` FROM ` + mirrorTables + ` WHERE r.strategy <> ''`

// Queries whose plans are tested: mirrors of others may be many more.
const (
	ownMirror    = own + ` AND r.video_id = $1`
	mirrorsAfter = own + ` AND r.video_id > $1 ORDER BY r.video_id LIMIT $2`
	mirrorsUsed  = `SELECT r.strategy, CAST(SUM(r.size) AS BIGINT), COUNT(*), CAST(SUM(r.files) AS BIGINT)
		FROM video_redundancies r WHERE r.strategy <> '' GROUP BY r.strategy ORDER BY r.strategy`
)

// Own is part of redundancy.OwnStore.
func (s Redundancies) Own(ctx context.Context, id video.ID) (*redundancy.Mirror, error) {
	return sqldb.One(ctx, s.DB, scanMirror, ownMirror, id)
}

// Ending is part of redundancy.OwnStore.
func (s Redundancies) Ending(ctx context.Context, before time.Time, limit int) ([]*redundancy.Mirror, error) {
	return sqldb.All(ctx, s.DB, scanMirror, own+` AND r.expires_at < $1 ORDER BY r.expires_at, r.id LIMIT $2`, before, limit)
}

// Changed is part of redundancy.OwnStore.
func (s Redundancies) Changed(ctx context.Context, limit int) ([]*redundancy.Mirror, error) {
	return sqldb.All(ctx, s.DB, scanMirror, own+` AND r.size <>
		(SELECT COALESCE(SUM(f.size), 0) FROM video_files f WHERE f.video_id = r.video_id AND f.playlist_id IS NOT NULL) ORDER BY r.id LIMIT $1`, limit)
}

// After is part of redundancy.OwnStore.
func (s Redundancies) After(ctx context.Context, id video.ID, limit int) ([]*redundancy.Mirror, error) {
	return sqldb.All(ctx, s.DB, scanMirror, mirrorsAfter, id, limit)
}

// OfStrategy is part of redundancy.OwnStore.
func (s Redundancies) OfStrategy(ctx context.Context, of redundancy.Strategy, limit int) ([]*redundancy.Mirror, error) {
	return sqldb.All(ctx, s.DB, scanMirror, own+` AND r.strategy = $1 ORDER BY r.created_at, r.id LIMIT $2`, of, limit)
}

// ofVideo leads from a video to the host of its channel.
const ofVideo = ` JOIN video_channels c ON c.id = v.channel_id JOIN actors o ON o.id = c.actor_id JOIN servers h ON h.id = o.server_id`

// mutedHost is a host that the site mutes.
const mutedHost = `EXISTS (SELECT 1 FROM server_blocks b WHERE b.account_id IS NULL AND b.target_server_id = h.id)`

// Unwanted is part of redundancy.OwnStore.
func (s Redundancies) Unwanted(ctx context.Context, limit int) ([]*redundancy.Mirror, error) {
	return sqldb.All(ctx, s.DB, scanMirror, own+` AND r.video_id IN (SELECT v.id FROM videos v`+ofVideo+`
		WHERE v.id = r.video_id AND (v.privacy <> 1 OR r.strategy <> 'manual' AND h.redundancy_allowed = FALSE OR `+mutedHost+`)) ORDER BY r.id LIMIT $1`, limit)
}

// OfHost is part of redundancy.OwnStore.
func (s Redundancies) OfHost(ctx context.Context, host string, limit int) ([]*redundancy.Mirror, error) {
	return sqldb.All(ctx, s.DB, scanMirror, own+` AND r.video_id IN
		(SELECT v.id FROM videos v`+ofVideo+` WHERE v.id = r.video_id AND h.host = $1) ORDER BY r.id LIMIT $2`, host, limit)
}

// Used is part of redundancy.OwnStore.
func (s Redundancies) Used(ctx context.Context) ([]redundancy.Usage, error) {
	return sqldb.All(ctx, s.DB, func(r sqldb.Row) (u redundancy.Usage, err error) {
		return u, r.Scan(&u.Strategy, &u.Used, &u.Videos, &u.Files)
	}, mirrorsUsed)
}

// topOrders are how strategies put videos in order.
var topOrders = map[redundancy.Strategy]string{
	redundancy.MostViews:     `v.views DESC, v.id DESC`,
	redundancy.Trending:      `v.recent_views DESC, v.id DESC`,
	redundancy.RecentlyAdded: `v.published_at DESC, v.id DESC`,
}

// Top is part of redundancy.OwnStore. It is asked now and then by a task, and
// reads the videos of the sites that are allowed.
func (s Redundancies) Top(ctx context.Context, r redundancy.Rule, limit int) ([]redundancy.Choice, error) {
	order, ok := topOrders[r.Strategy]
	if !ok {
		return nil, errs.New(errs.Invalid, "there is no strategy %q", r.Strategy)
	}
	least := int64(0)
	if r.Strategy == redundancy.RecentlyAdded {
		least = r.MinViews
	}
	return sqldb.All(ctx, s.DB, func(r sqldb.Row) (c redundancy.Choice, err error) { return c, r.Scan(&c.VideoID, &c.Size, &c.Held) },
		`SELECT t.id, (SELECT CAST(COALESCE(SUM(f.size), 0) AS BIGINT) FROM video_files f WHERE f.video_id = t.id AND f.playlist_id IS NOT NULL),
			EXISTS (SELECT 1 FROM video_redundancies r WHERE r.video_id = t.id AND r.strategy <> '')
		FROM (SELECT v.id FROM videos v`+ofVideo+`
			WHERE h.redundancy_allowed = TRUE AND NOT `+mutedHost+` AND v.remote = TRUE AND v.privacy = 1 AND v.state = 1 AND v.is_live = FALSE AND v.views >= $1
				AND EXISTS (SELECT 1 FROM streaming_playlists p WHERE p.video_id = v.id)
			ORDER BY `+order+` LIMIT $2) t`, least, limit)
}

// Allow is part of redundancy.OwnStore.
func (s Redundancies) Allow(ctx context.Context, host string, allowed bool, at time.Time) error {
	n, err := s.DB.Exec(ctx, `UPDATE servers SET redundancy_allowed = $2, updated_at = $3 WHERE host = $1`, host, allowed, at)
	return noneIsNotFound(n, err)
}

// Allowed is part of redundancy.OwnStore.
func (s Redundancies) Allowed(ctx context.Context, hosts []string) (map[string]bool, error) {
	text, args := sqldb.In(sqldb.From(`servers s`), `s.host`, hosts).Select(`s.host, s.redundancy_allowed`)
	return pairs[string, bool](ctx, s.DB, text, args...)
}
