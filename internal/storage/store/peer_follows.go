package store

import (
	"context"
	"strings"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/peer"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

var (
	_ follow.SiteStore    = Follows{}
	_ follow.RenewalStore = Follows{}
)

// Orders of follows of sites. All but the first sort what one actor has.
var siteOrders = map[string]string{
	"createdAt":          `f.created_at, f.id`,
	"-createdAt":         `f.created_at DESC, f.id DESC`,
	"state":              `f.state, f.id`,
	"-state":             `f.state DESC, f.id DESC`,
	"score":              `f.score, f.id`,
	"-score":             `f.score DESC, f.id DESC`,
	"redundancyAllowed":  `s.redundancy_allowed, f.id`,
	"-redundancyAllowed": `s.redundancy_allowed DESC, f.id DESC`,
}

func siteQuery(from, end string, id actor.ID, p follow.SiteList) (*sqldb.Query, error) {
	order, err := orderOf(siteOrders, p.Sort)
	if err != nil {
		return nil, err
	}
	like := containing(strings.ToLower(p.Search))
	return sqldb.From(from).Where(end+` = ?`, id).
		If(p.State != "", `f.state = ?`, p.State).
		If(p.Type != "", `x.type = ?`, p.Type).
		If(p.Search != "", `lower(x.preferred_username) LIKE ? ESCAPE '\' OR s.host LIKE ? ESCAPE '\'`, like, like).
		OrderBy(order).Page(p.Start, p.Count), nil
}

// FollowersOf is part of follow.SiteStore.
func (s Follows) FollowersOf(ctx context.Context, id actor.ID, p follow.SiteList) ([]*follow.Follow, int, error) {
	q, err := siteQuery(followerTables, `f.target_actor_id`, id, p)
	if err != nil {
		return nil, 0, err
	}
	list, total, err := page(ctx, s.DB, q.Where(`x.server_id IS NOT NULL`), followEndColumns, scanFollower)
	if err != nil {
		return nil, 0, err
	}
	return list, total, s.fillFollowed(ctx, list)
}

// FollowedBy is part of follow.SiteStore.
func (s Follows) FollowedBy(ctx context.Context, id actor.ID, p follow.SiteList) ([]*follow.Follow, int, error) {
	q, err := siteQuery(followedTables, `f.actor_id`, id, p)
	if err != nil {
		return nil, 0, err
	}
	list, total, err := page(ctx, s.DB, q.Where(`x.server_id IS NOT NULL`), followEndColumns, scanFollowed)
	if err != nil {
		return nil, 0, err
	}
	return list, total, s.fillFollower(ctx, list)
}

// fillFollower adds who follows, and all images.
func (s Follows) fillFollower(ctx context.Context, list []*follow.Follow) error {
	if len(list) == 0 {
		return nil
	}
	ends, err := s.ends(ctx, []actor.ID{list[0].FollowerID})
	if err != nil {
		return err
	}
	me := ends[list[0].FollowerID]
	actors := []*actor.Actor{me.Following}
	for _, f := range list {
		f.Follower, f.FollowerName = me.Following, me.FollowingName
		actors = append(actors, f.Following)
	}
	return Actors{DB: s.DB}.addImages(ctx, actors)
}

// maxEnds bounds what Ends returns.
const maxEnds = 1000

// Ends is part of follow.SiteStore.
func (s Follows) Ends(ctx context.Context, id actor.ID, out bool, name, host string) ([]*follow.Follow, error) {
	from, end, scan := followerTables, `f.target_actor_id = ?`, scanFollower
	if out {
		from, end, scan = followedTables, `f.actor_id = ?`, scanFollowed
	}
	text, args := sqldb.From(from).Where(end, id).Where(`s.host = ?`, host).If(name != "", `x.preferred_username = ?`, name).
		OrderBy(`f.id`).Page(0, maxEnds).Select(followEndColumns)
	list, err := sqldb.All(ctx, s.DB, scan, text, args...)
	if err != nil {
		return nil, err
	}
	if out {
		return list, s.fillFollower(ctx, list)
	}
	return list, s.fillFollowed(ctx, list)
}

// SetState is part of follow.SiteStore.
func (s Follows) SetState(ctx context.Context, id follow.ID, state follow.State, at time.Time) error {
	n, err := s.DB.Exec(ctx, `UPDATE actor_follows SET state = $2, updated_at = $3 WHERE id = $1`, id, state, at)
	if err != nil {
		return err
	}
	if n == 0 {
		return errs.New(errs.NotFound, "Follow not found")
	}
	s.changed(ctx)
	return nil
}

// unanswered leaves out those whose request waits to be sent.
const unanswered = `SELECT ` + followColumns + ` FROM actor_follows f JOIN actors t ON t.id = f.target_actor_id JOIN servers s ON s.id = t.server_id
	WHERE f.state = 'pending' AND f.created_at > $1 AND f.updated_at < $2 AND (f.updated_at, f.id) > ($3, $4)
		AND EXISTS (SELECT 1 FROM actors m WHERE m.id = f.actor_id AND m.server_id IS NULL)
		AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.host = s.host AND d.priority = $5 AND d.inbox_url = t.inbox_url)
	ORDER BY f.updated_at, f.id LIMIT $6`

// Unanswered is part of follow.RenewalStore.
func (s Follows) Unanswered(ctx context.Context, created, updated time.Time, after *follow.Follow, limit int) ([]*follow.Follow, error) {
	from := follow.Follow{UpdatedAt: created} // none is older
	if after != nil {
		from = *after
	}
	return sqldb.All(ctx, s.DB, scanFollow, unanswered, created, updated, from.UpdatedAt, from.ID, peer.First, limit)
}

// Hosts is part of follow.SiteStore.
func (s Follows) Hosts(ctx context.Context, by actor.ID, hosts []string) (map[string]bool, error) {
	m := make(map[string]bool, len(hosts))
	if len(hosts) == 0 {
		return m, nil
	}
	text, args := sqldb.In(sqldb.From(`servers s JOIN actors x ON x.server_id = s.id JOIN actor_follows f ON f.target_actor_id = x.id`).
		Where(`f.actor_id = ?`, by).Where(`x.type = ?`, actor.Application), `s.host`, padded(hosts)).Select(`s.host`)
	list, err := sqldb.All(ctx, s.DB, sqldb.Value[string], text, args...)
	for _, h := range list {
		m[h] = true
	}
	return m, err
}

// followersByInbox are the follows by actors of a host with an inbox, shared or
// their own.
const followersByInbox = `actor_id IN (SELECT x.id FROM actors x JOIN servers s ON s.id = x.server_id
	WHERE s.host = $1 AND (x.shared_inbox_url = $2 OR x.inbox_url = $2))`

// Those at the upper bound, most often all, are left as they are.
const scoreFollowers = `UPDATE actor_follows SET score = CASE WHEN score + $3 < 0 THEN 0 WHEN score + $3 > $4 THEN $4 ELSE score + $3 END
	WHERE ` + followersByInbox + ` AND (score < $4 OR $3 < 0)`

const unwellFollowers = `DELETE FROM actor_follows WHERE ` + followersByInbox + ` AND score <= 0`

// Score changes the health of the followers with an inbox by so many points,
// within PeerTube's bounds, and removes those who have none left.
func (s Follows) Score(ctx context.Context, host, inbox string, by int) (removed int, err error) {
	const most = 10_000
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.DB.Exec(ctx, scoreFollowers, host, inbox, by, most); err != nil || by > 0 {
			return err
		}
		n, err := s.DB.Exec(ctx, unwellFollowers, host, inbox)
		if n > 0 {
			s.changed(ctx)
		}
		removed = int(n)
		return err
	})
	return removed, err
}

// RemoveOfHost removes all follows by actors of a host, and returns how many
// there were.
func (s Follows) RemoveOfHost(ctx context.Context, host string) (int, error) {
	n, err := s.DB.Exec(ctx, `DELETE FROM actor_follows WHERE actor_id IN (
		SELECT x.id FROM actors x JOIN servers s ON s.id = x.server_id WHERE s.host = $1)`, host)
	if n > 0 {
		s.changed(ctx)
	}
	return int(n), err
}

// RemoveOfInbox removes the follows by the actor of a personal inbox.
func (s Follows) RemoveOfInbox(ctx context.Context, host, inbox string) error {
	n, err := s.DB.Exec(ctx, `DELETE FROM actor_follows WHERE actor_id IN (
		SELECT x.id FROM actors x JOIN servers s ON s.id = x.server_id WHERE s.host = $1 AND x.inbox_url = $2)`, host, inbox)
	if n > 0 {
		s.changed(ctx)
	}
	return err
}
