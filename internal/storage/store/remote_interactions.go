package store

import (
	"context"
	"strconv"

	"sepiola/internal/domain/origin"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// RemoteInteractions is the origin.Interactions.
type RemoteInteractions struct{ DB *sqldb.DB }

var _ origin.Interactions = RemoteInteractions{}

// interactions are the columns of each kind: where it stands, its id, its
// video, by whom, and whether it is there and may be of another site.
var interactions = map[origin.InteractionKind]struct{ place, columns, table, by string }{
	origin.Said: {
		`id`, `id AS place, url, video_id, account_id AS by_id, (remote = TRUE AND deleted_at IS NULL) AS there`, `comments`,
		`LEFT JOIN accounts a ON a.id = i.by_id LEFT JOIN actors x ON x.id = a.actor_id`,
	},
	origin.Shared: {
		`id`, `id AS place, url, video_id, actor_id AS by_id, TRUE AS there`, `video_shares`,
		`LEFT JOIN actors x ON x.id = i.by_id LEFT JOIN accounts a ON a.actor_id = x.id`,
	},
	origin.Rated: {
		`url`, `url AS place, url, video_id, account_id AS by_id, TRUE AS there`, `video_rates`,
		`LEFT JOIN accounts a ON a.id = i.by_id LEFT JOIN actors x ON x.id = a.actor_id`,
	},
}

// interactionQuery reads some of a kind by a condition with two arguments, the
// second a limit. What is of no use is read too, so that a page is never long.
func interactionQuery(k origin.InteractionKind, condition string) string {
	t := interactions[k]
	return `SELECT i.place, i.url, i.video_id, COALESCE(x.id, 0), COALESCE(a.id, 0), COALESCE(x.url, ''), COALESCE(s.software, ''),
			(i.there AND v.remote = FALSE AND x.server_id IS NOT NULL)
		FROM (SELECT ` + t.columns + ` FROM ` + t.table + ` WHERE ` + condition + ` ORDER BY ` + t.place + ` LIMIT $2) i
		JOIN videos v ON v.id = i.video_id ` + t.by + ` LEFT JOIN servers s ON s.id = x.server_id ORDER BY i.place`
}

func scanInteraction(r sqldb.Row) (v origin.Interaction, err error) {
	return v, r.Scan(&v.Cursor, &v.URL, &v.VideoID, &v.ActorID, &v.AccountID, &v.ActorURL, &v.Software, &v.Theirs)
}

// After is part of origin.Interactions.
func (s RemoteInteractions) After(ctx context.Context, k origin.InteractionKind, place string, limit int) ([]origin.Interaction, error) {
	t, ok := interactions[k]
	if !ok {
		return nil, errs.New(errs.Invalid, "there are no interactions of the kind %q", k)
	}
	var from any = place
	if t.place == `id` {
		id, err := strconv.ParseInt(place, 10, 64)
		if err != nil && place != "" {
			return nil, errs.Wrap(errs.Invalid, err, "the place of an interaction cannot be read")
		}
		from = id
	}
	return sqldb.All(ctx, s.DB, scanInteraction, interactionQuery(k, t.place+` > $1`), from, limit)
}

// Named is part of origin.Interactions.
func (s RemoteInteractions) Named(ctx context.Context, k origin.InteractionKind, url string) (origin.Interaction, error) {
	if _, ok := interactions[k]; !ok {
		return origin.Interaction{}, errs.New(errs.Invalid, "there are no interactions of the kind %q", k)
	}
	return sqldb.One(ctx, s.DB, scanInteraction, interactionQuery(k, `url = $1`), url, 1)
}
