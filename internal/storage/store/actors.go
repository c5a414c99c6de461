package store

import (
	"context"
	"database/sql"

	"sepiola/internal/domain/actor"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// Actors is the actor.Store, with the lists that the API shows.
type Actors struct{ DB *sqldb.DB }

var _ actor.Store = Actors{}

// actorColumns are of actors x and its server s. Keys are not among them:
// they are large, and few ask.
const actorColumns = `x.id, x.type, x.preferred_username, COALESCE(s.host, ''), x.url, x.inbox_url, x.outbox_url,
	x.shared_inbox_url, x.followers_url, x.following_url, x.followers_count, x.following_count,
	COALESCE(x.created_at, NULL), COALESCE(x.updated_at, NULL)` // see sqldb.Stamp

func actorFields(a *actor.Actor) []any {
	return []any{
		&a.ID, &a.Type, &a.Username, &a.Host, &a.URL, &a.InboxURL, &a.OutboxURL,
		&a.SharedInboxURL, &a.FollowersURL, &a.FollowingURL, &a.FollowersCount, &a.FollowingCount,
		(*sqldb.Stamp)(&a.CreatedAt), (*sqldb.Stamp)(&a.UpdatedAt),
	}
}

func scanActor(r sqldb.Row) (*actor.Actor, error) {
	a := new(actor.Actor)
	return a, r.Scan(actorFields(a)...)
}

const (
	accountColumns = `a.id, COALESCE(a.user_id, 0), a.name, a.description, ` + actorColumns + `, COALESCE(a.updated_at, NULL)`
	accountTables  = `accounts a JOIN actors x ON x.id = a.actor_id LEFT JOIN servers s ON s.id = x.server_id`
)

func accountFields(a *actor.Account) []any {
	fields := append([]any{&a.AccountID, &a.UserID, &a.DisplayName, &a.Description}, actorFields(&a.Actor)...)
	return append(fields, (*sqldb.Stamp)(&a.UpdatedAt)) // the account's, over the actor's
}

func scanAccount(r sqldb.Row) (*actor.Account, error) {
	a := new(actor.Account)
	return a, r.Scan(accountFields(a)...)
}

// scanAccountWhole scans imageTexts and accountColumns.
func scanAccountWhole(r sqldb.Row) (*actor.Account, error) {
	var own ownImages
	a, err := scanAccount(behind{r, []any{&own}})
	if err == nil {
		a.Avatars, a.Banners = own.avatars, own.banners
	}
	return a, err
}

// CreateAccount is part of actor.Store.
func (s Actors) CreateAccount(ctx context.Context, a *actor.Account) error {
	return s.DB.InTx(ctx, func(ctx context.Context) (err error) {
		if err := s.createActor(ctx, &a.Actor); err != nil {
			return err
		}
		a.AccountID, err = sqldb.Returning(ctx, s.DB, sqldb.Value[actor.AccountID], `
			INSERT INTO accounts (actor_id, user_id, name, description, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $5)
			RETURNING id`,
			a.ID, sql.NullInt64{Int64: a.UserID, Valid: a.UserID != 0}, a.DisplayName, a.Description, a.CreatedAt)
		return err
	})
}

// CreateInstance is part of actor.Store.
func (s Actors) CreateInstance(ctx context.Context, a *actor.Actor) error {
	return s.createActor(ctx, a)
}

func (s Actors) createActor(ctx context.Context, a *actor.Actor) (err error) {
	var server sql.NullInt64
	if !a.Local() {
		server.Valid = true
		server.Int64, err = s.server(ctx, a)
		if err != nil {
			return err
		}
	}
	a.ID, err = sqldb.Returning(ctx, s.DB, sqldb.Value[actor.ID], `
		INSERT INTO actors (type, preferred_username, server_id, url, inbox_url, outbox_url, shared_inbox_url,
			followers_url, following_url, public_key, private_key, followers_count, following_count, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		RETURNING id`,
		a.Type, a.Username, server, a.URL, a.InboxURL, a.OutboxURL, a.SharedInboxURL,
		a.FollowersURL, a.FollowingURL, a.PublicKey, a.PrivateKey, a.FollowersCount, a.FollowingCount, a.CreatedAt, a.UpdatedAt)
	return err
}

// server returns the id of an actor's server, made if it is new.
func (s Actors) server(ctx context.Context, a *actor.Actor) (int64, error) {
	return sqldb.Returning(ctx, s.DB, sqldb.Value[int64], `
		INSERT INTO servers (host, created_at, updated_at) VALUES ($1, $2, $2)
		ON CONFLICT (host) DO UPDATE SET updated_at = excluded.updated_at
		RETURNING id`, a.Host, a.CreatedAt)
}

// Instance is part of actor.Store.
func (s Actors) Instance(ctx context.Context) (*actor.Actor, error) {
	a, err := sqldb.One(ctx, s.DB, scanActor, `
		SELECT `+actorColumns+` FROM actors x LEFT JOIN servers s ON s.id = x.server_id
		WHERE x.preferred_username = $1 AND x.server_id IS NULL AND x.type = $2`, actor.InstanceName, actor.Application)
	if err != nil {
		return nil, err
	}
	return a, s.addImages(ctx, []*actor.Actor{a})
}

// Keys is part of actor.Store.
func (s Actors) Keys(ctx context.Context, id actor.ID) (actor.Keys, error) {
	return sqldb.One(ctx, s.DB, func(r sqldb.Row) (k actor.Keys, err error) {
		return k, r.Scan(&k.Public, &k.Private)
	}, `SELECT public_key, private_key FROM actors WHERE id = $1`, id)
}

// NameTaken is part of actor.Store.
func (s Actors) NameTaken(ctx context.Context, name string) (bool, error) {
	n, err := sqldb.One(ctx, s.DB, sqldb.Value[int], `
		SELECT (SELECT count(*) FROM actors WHERE preferred_username = $1 AND server_id IS NULL)
			+ (SELECT count(*) FROM reserved_names WHERE name = $1)`, name)
	return n > 0, err
}

// ReserveName is part of actor.Store.
func (s Actors) ReserveName(ctx context.Context, name string) error {
	_, err := s.DB.Exec(ctx, `INSERT INTO reserved_names (name, created_at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`,
		name, sqldb.Now())
	return err
}

// Account is part of actor.Store.
func (s Actors) Account(ctx context.Context, id actor.AccountID) (*actor.Account, error) {
	return s.account(ctx, `a.id = $1`, id)
}

// AccountByName is part of actor.Store.
func (s Actors) AccountByName(ctx context.Context, name, host string) (*actor.Account, error) {
	if host == "" {
		return s.account(ctx, `x.preferred_username = $1 AND x.server_id IS NULL`, name)
	}
	return s.account(ctx, `x.preferred_username = $1 AND s.host = $2`, name, host)
}

// AccountID finds an account when no more of it is wanted; host is empty for
// local ones.
func (s Actors) AccountID(ctx context.Context, name, host string) (actor.AccountID, error) {
	return actorID[actor.AccountID](ctx, s, `SELECT a.id FROM actors x JOIN accounts a ON a.actor_id = x.id`, name, host, "Account not found")
}

// ChannelID finds a channel when no more of it is wanted; host is empty for
// local ones.
func (s Actors) ChannelID(ctx context.Context, name, host string) (actor.ChannelID, error) {
	return actorID[actor.ChannelID](ctx, s, `SELECT c.id FROM actors x JOIN video_channels c ON c.actor_id = x.id`, name, host, "Video channel not found")
}

func actorID[ID any](ctx context.Context, s Actors, of, name, host, missing string) (id ID, err error) {
	if host == "" {
		id, err = sqldb.One(ctx, s.DB, sqldb.Value[ID], of+` WHERE x.preferred_username = $1 AND x.server_id IS NULL`, name)
	} else {
		id, err = sqldb.One(ctx, s.DB, sqldb.Value[ID], of+`
			WHERE x.preferred_username = $1 AND x.server_id = (SELECT s.id FROM servers s WHERE s.host = $2)`, name, host)
	}
	if errs.Is(err, errs.NotFound) {
		return id, errs.New(errs.NotFound, "%s", missing)
	}
	return id, err
}

func (s Actors) account(ctx context.Context, cond string, args ...any) (*actor.Account, error) {
	a, err := sqldb.One(ctx, s.DB, scanAccount, `SELECT `+accountColumns+` FROM `+accountTables+` WHERE `+cond, args...)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.New(errs.NotFound, "Account not found")
	}
	if err != nil {
		return nil, err
	}
	return a, s.addImages(ctx, []*actor.Actor{&a.Actor})
}

// Accounts returns accounts by id, with their images, in one query. Ids of
// nobody are left out.
func (s Actors) Accounts(ctx context.Context, ids []actor.AccountID) (map[actor.AccountID]*actor.Account, error) {
	byID := make(map[actor.AccountID]*actor.Account, len(ids))
	if len(ids) == 0 {
		return byID, nil
	}
	text, args := sqldb.In(sqldb.From(accountTables), `a.id`, ids).Select(imageTexts + `, ` + accountColumns)
	list, err := sqldb.All(ctx, s.DB, scanAccountWhole, text, args...)
	for _, a := range list {
		byID[a.AccountID] = a
	}
	return byID, err
}

// AccountList says which accounts are listed.
type AccountList = actor.AccountList

var accountOrders = map[string]string{
	"createdAt":  `a.created_at, a.id`,
	"-createdAt": `a.created_at DESC, a.id DESC`,
}

// ListAccounts returns one page of all accounts and their number.
func (s Actors) ListAccounts(ctx context.Context, p AccountList) ([]*actor.Account, int, error) {
	order, err := orderOf(accountOrders, p.Sort)
	if err != nil {
		return nil, 0, err
	}
	q := sqldb.From(accountTables).If(p.LocalOnly, `x.server_id IS NULL`).OrderBy(order).Page(p.Start, p.Count)
	list, total, err := page(ctx, s.DB, q, accountColumns, scanAccount)
	if err != nil {
		return nil, 0, err
	}
	actors := make([]*actor.Actor, len(list))
	for i, a := range list {
		actors[i] = &a.Actor
	}
	return list, total, s.addImages(ctx, actors)
}

// SetAccountTexts is part of actor.Store.
func (s Actors) SetAccountTexts(ctx context.Context, id actor.AccountID, displayName, description string) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		n, err := s.DB.Exec(ctx, `UPDATE accounts SET name = $2, description = $3, updated_at = $4 WHERE id = $1`,
			id, displayName, description, sqldb.Now())
		if err == nil && n == 0 {
			err = errs.New(errs.NotFound, "Account not found")
		}
		if err != nil {
			return err
		}
		return Search{DB: s.DB}.staleOfAccount(ctx, id)
	})
}

// DeleteOfUser removes the account of a user with its channels and all that
// is in them.
func (s Actors) DeleteOfUser(ctx context.Context, userID int64) error {
	_, err := s.DB.Exec(ctx, `
		DELETE FROM actors WHERE id IN (
			SELECT actor_id FROM accounts WHERE user_id = $1
			UNION ALL
			SELECT c.actor_id FROM video_channels c JOIN accounts a ON a.id = c.account_id WHERE a.user_id = $1)`, userID)
	return err
}
