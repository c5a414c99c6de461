package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
	"sepiola/internal/storage/sqldb"
)

// Blocks is the user.BlockStore. The site's own mutes have no account in the
// tables, and 0 in their unique indexes.
type Blocks struct{ DB *sqldb.DB }

var _ user.BlockStore = Blocks{}

// Of is part of user.BlockStore.
func (s Blocks) Of(ctx context.Context, by actor.AccountID) (m user.Muted, err error) {
	accounts, err := sqldb.All(ctx, s.DB, sqldb.Value[actor.AccountID],
		`SELECT b.target_account_id FROM account_blocks b WHERE COALESCE(b.account_id, 0) = $1`, by)
	if err != nil {
		return m, err
	}
	hosts, err := sqldb.All(ctx, s.DB, sqldb.Value[string],
		`SELECT s.host FROM server_blocks b JOIN servers s ON s.id = b.target_server_id WHERE COALESCE(b.account_id, 0) = $1`, by)
	if err != nil {
		return m, err
	}
	return user.Muted{Accounts: setOf(accounts), Hosts: setOf(hosts)}, nil
}

// setOf is nil for nothing.
func setOf[T comparable](list []T) map[T]bool {
	if len(list) == 0 {
		return nil
	}
	m := make(map[T]bool, len(list))
	for _, v := range list {
		m[v] = true
	}
	return m
}

// AddAccount is part of user.BlockStore.
func (s Blocks) AddAccount(ctx context.Context, by, target actor.AccountID, at time.Time) error {
	_, err := s.DB.Exec(ctx, `INSERT INTO account_blocks (account_id, target_account_id, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		nullID(int64(by)), target, at)
	return err
}

// AddServer is part of user.BlockStore.
func (s Blocks) AddServer(ctx context.Context, by actor.AccountID, host string, at time.Time) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		id, err := sqldb.Returning(ctx, s.DB, sqldb.Value[int64], `
			INSERT INTO servers (host, created_at, updated_at) VALUES ($1, $2, $2)
			ON CONFLICT (host) DO UPDATE SET updated_at = excluded.updated_at RETURNING id`, host, at)
		if err != nil {
			return err
		}
		_, err = s.DB.Exec(ctx, `INSERT INTO server_blocks (account_id, target_server_id, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
			nullID(int64(by)), id, at)
		return err
	})
}

// RemoveAccount is part of user.BlockStore.
func (s Blocks) RemoveAccount(ctx context.Context, by, target actor.AccountID) (bool, error) {
	n, err := s.DB.Exec(ctx, `DELETE FROM account_blocks WHERE COALESCE(account_id, 0) = $1 AND target_account_id = $2`, by, target)
	return n > 0, err
}

// RemoveServer is part of user.BlockStore.
func (s Blocks) RemoveServer(ctx context.Context, by actor.AccountID, host string) (bool, error) {
	n, err := s.DB.Exec(ctx, `DELETE FROM server_blocks WHERE COALESCE(account_id, 0) = $1
		AND target_server_id IN (SELECT id FROM servers WHERE host = $2)`, by, host)
	return n > 0, err
}

var blockOrders = map[string]string{
	"-createdAt": `b.created_at DESC, b.id DESC`,
	"createdAt":  `b.created_at, b.id`,
}

// blockedBy names the column as the index of lists has it.
func blockedBy(q *sqldb.Query, by actor.AccountID) *sqldb.Query {
	return q.If(by == user.SiteBlocks, `b.account_id IS NULL`).If(by != user.SiteBlocks, `b.account_id = ?`, by)
}

func accountBlocksQuery(p user.BlockList) (*sqldb.Query, error) {
	order, err := orderOf(blockOrders, p.Sort)
	if err != nil {
		return nil, err
	}
	s := containing(strings.ToLower(p.Search))
	return blockedBy(sqldb.From(`account_blocks b JOIN accounts a ON a.id = b.target_account_id JOIN actors x ON x.id = a.actor_id
		LEFT JOIN servers s ON s.id = x.server_id`), p.By).
		If(p.Search != "", `lower(x.preferred_username) LIKE ? ESCAPE '\' OR lower(a.name) LIKE ? ESCAPE '\' OR s.host LIKE ? ESCAPE '\'`, s, s, s).
		OrderBy(order), nil
}

// Accounts is part of user.BlockStore.
func (s Blocks) Accounts(ctx context.Context, p user.BlockList) ([]user.AccountBlock, int, error) {
	q, err := accountBlocksQuery(p)
	if err != nil {
		return nil, 0, err
	}
	type row struct {
		target actor.AccountID
		at     time.Time
	}
	rows, total, err := page(ctx, s.DB, q.Page(p.Start, p.Count), `b.target_account_id, b.created_at`, func(r sqldb.Row) (b row, err error) {
		return b, r.Scan(&b.target, &b.at)
	})
	if err != nil {
		return nil, 0, err
	}
	ids := make([]actor.AccountID, len(rows))
	for i, r := range rows {
		ids[i] = r.target
	}
	accounts, err := Actors(s).Accounts(ctx, ids)
	list := make([]user.AccountBlock, len(rows))
	for i, r := range rows {
		list[i] = user.AccountBlock{By: p.By, Target: accounts[r.target], CreatedAt: r.at}
	}
	return list, total, err
}

func serverBlocksQuery(p user.BlockList) (*sqldb.Query, error) {
	order, err := orderOf(blockOrders, p.Sort)
	if err != nil {
		return nil, err
	}
	return blockedBy(sqldb.From(`server_blocks b JOIN servers s ON s.id = b.target_server_id`), p.By).
		If(p.Search != "", `s.host LIKE ? ESCAPE '\'`, containing(strings.ToLower(p.Search))).OrderBy(order), nil
}

// Servers is part of user.BlockStore.
func (s Blocks) Servers(ctx context.Context, p user.BlockList) ([]user.ServerBlock, int, error) {
	q, err := serverBlocksQuery(p)
	if err != nil {
		return nil, 0, err
	}
	return page(ctx, s.DB, q.Page(p.Start, p.Count), `b.account_id, s.host, b.created_at`, func(r sqldb.Row) (b user.ServerBlock, err error) {
		var by sql.NullInt64
		err = r.Scan(&by, &b.Host, &b.CreatedAt)
		b.By = actor.AccountID(by.Int64)
		return b, err
	})
}
