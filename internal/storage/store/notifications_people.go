package store

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/user"
	"sepiola/internal/storage/sqldb"
)

// unmuted leaves out people whose account (a) has muted an account or its
// site; what the site itself has muted is muted for everybody.
const unmuted = `NOT EXISTS (SELECT 1 FROM account_blocks b WHERE b.target_account_id = ? AND COALESCE(b.account_id, 0) IN (0, a.id))
	AND NOT EXISTS (SELECT 1 FROM server_blocks b JOIN actors bx ON bx.server_id = b.target_server_id JOIN accounts ba ON ba.actor_id = bx.id
		WHERE ba.id = ? AND COALESCE(b.account_id, 0) IN (0, a.id))`

// Subscribers is part of notification.Store. Follows are read by their own
// index, a bounded number each time, and only then who follows.
func (s Notifications) Subscribers(ctx context.Context, of actor.ID, muter actor.AccountID, after follow.ID, limit int) ([]*user.User, follow.ID, error) {
	follows, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) (f [2]int64, err error) { return f, r.Scan(&f[0], &f[1]) }, `
		SELECT f.id, f.actor_id FROM actor_follows f
		WHERE f.target_actor_id = $1 AND f.id > $2 ORDER BY f.id LIMIT $3`, of, after, limit)
	if err != nil || len(follows) == 0 {
		return nil, 0, err
	}
	last := follow.ID(follows[len(follows)-1][0])
	q := sqldb.From(`actor_follows f JOIN accounts a ON a.actor_id = f.actor_id JOIN users u ON u.id = a.user_id`).
		Where(`f.target_actor_id = ?`, of).Where(`f.id > ?`, after).Where(`f.id <= ?`, last).
		Where(`f.state = 'accepted'`).Where(`u.blocked = FALSE`).Where(unmuted, muter, muter).OrderBy(`u.id`)
	text, args := q.Select(userColumns)
	people, err := sqldb.All(ctx, s.DB, scanUser, text, args...)
	if len(follows) < limit {
		last = 0
	}
	return people, last, err
}

// People is part of notification.Store.
func (s Notifications) People(ctx context.Context, accounts []actor.AccountID, muter actor.AccountID) ([]*user.User, error) {
	if len(accounts) == 0 {
		return nil, nil
	}
	q := sqldb.In(sqldb.From(`accounts a JOIN users u ON u.id = a.user_id`), `a.id`, padded(accounts)).Where(`u.blocked = FALSE`)
	if muter != 0 {
		q.Where(unmuted, muter, muter)
	}
	text, args := q.OrderBy(`u.id`).Select(userColumns)
	return sqldb.All(ctx, s.DB, scanUser, text, args...)
}

// LocalAccounts is part of notification.Store.
func (s Notifications) LocalAccounts(ctx context.Context, names []string) ([]actor.AccountID, error) {
	if len(names) == 0 {
		return nil, nil
	}
	q := sqldb.From(`actors x JOIN accounts a ON a.actor_id = x.id`).Where(`x.server_id IS NULL`)
	text, args := sqldb.In(q, `x.preferred_username`, padded(names)).OrderBy(`a.id`).Select(`a.id`)
	return sqldb.All(ctx, s.DB, sqldb.Value[actor.AccountID], text, args...)
}

// maxStaff is how many administrators and moderators are told at most.
const maxStaff = 200

// Staff is part of notification.Store.
func (s Notifications) Staff(ctx context.Context, roles []user.Role) ([]*user.User, error) {
	if len(roles) == 0 {
		return nil, nil
	}
	q := sqldb.In(sqldb.From(userTables).Where(`u.blocked = FALSE`), `u.role`, roles).OrderBy(`u.role, u.id`).Page(0, maxStaff)
	text, args := q.Select(userColumns)
	return sqldb.All(ctx, s.DB, scanUser, text, args...)
}
