package store

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// Sessions is the user.SessionStore.
type Sessions struct {
	DB *sqldb.DB
	// Kept keeps who holds an access token; with nil it is read each time.
	Kept *KeptSessions
}

var _ user.SessionStore = Sessions{}

const sessionColumns = `id, user_id, kind, access_hash, refresh_hash, access_expires_at, refresh_expires_at,
	login_device, login_ip, last_device, last_ip, last_activity_at, created_at`

func scanSession(r sqldb.Row) (*user.Session, error) {
	s := new(user.Session)
	var refresh sql.NullString
	var refreshExpires sql.NullTime
	err := r.Scan(&s.ID, &s.UserID, &s.Kind, &s.AccessHash, &refresh, &s.AccessExpiresAt, &refreshExpires,
		&s.Login.Agent, &s.Login.IP, &s.Last.Agent, &s.Last.IP, &s.LastActivityAt, &s.CreatedAt)
	s.RefreshHash, s.RefreshExpiresAt = refresh.String, refreshExpires.Time
	return s, err
}

func nullText(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }

func nullTime(t time.Time) sql.NullTime { return sql.NullTime{Time: t, Valid: !t.IsZero()} }

// Create is part of user.SessionStore.
func (s Sessions) Create(ctx context.Context, v *user.Session) (err error) {
	v.ID, err = sqldb.Returning(ctx, s.DB, sqldb.Value[int64], `
		INSERT INTO sessions (user_id, kind, access_hash, refresh_hash, access_expires_at, refresh_expires_at,
			login_device, login_ip, last_device, last_ip, last_activity_at, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		RETURNING id`,
		v.UserID, v.Kind, v.AccessHash, nullText(v.RefreshHash), v.AccessExpiresAt, nullTime(v.RefreshExpiresAt),
		v.Login.Agent, v.Login.IP, v.Last.Agent, v.Last.IP, v.LastActivityAt, v.CreatedAt)
	return err
}

// ByID is part of user.SessionStore.
func (s Sessions) ByID(ctx context.Context, id int64) (*user.Session, error) {
	return sqldb.One(ctx, s.DB, scanSession, `SELECT `+sessionColumns+` FROM sessions WHERE id = $1`, id)
}

// identifyText finds who holds an access token; for its times see
// sqldb.Stamp.
const identifyText = `SELECT t.id, t.kind, COALESCE(t.access_expires_at, NULL), COALESCE(t.last_activity_at, NULL), ` + userColumns + `
	FROM sessions t JOIN users u ON u.id = t.user_id LEFT JOIN accounts a ON a.user_id = u.id
	WHERE t.access_hash = $1`

// Identify is part of user.SessionStore: one query at most, as each request of
// somebody who was not here for seconds asks it.
func (s Sessions) Identify(ctx context.Context, access string) (*user.Session, *user.User, error) {
	id, err := s.holder(ctx, access)
	if err != nil {
		return nil, nil, err
	}
	return &user.Session{
		ID: id.Session, Kind: id.Kind, AccessExpiresAt: id.AccessExpiresAt, LastActivityAt: id.LastActivityAt,
		UserID: id.User.ID, AccessHash: access,
	}, &id.User, nil
}

func (s Sessions) readHolder(ctx context.Context, access string) (*holder, error) {
	id := new(holder)
	u, err := sqldb.One(ctx, s.DB, func(r sqldb.Row) (*user.User, error) {
		return scanUser(behind{r, []any{&id.Session, &id.Kind, (*sqldb.Stamp)(&id.AccessExpiresAt), (*sqldb.Stamp)(&id.LastActivityAt)}})
	}, identifyText, access)
	if err != nil {
		return nil, err
	}
	id.User = *u
	return id, nil
}

// behind is a row of which first is scanned before what its scan function
// knows of.
type behind struct {
	row   sqldb.Row
	first []any
}

// Scan implements sqldb.Row.
func (b behind) Scan(dest ...any) error { return b.row.Scan(append(b.first, dest...)...) }

// ByRefresh is part of user.SessionStore.
func (s Sessions) ByRefresh(ctx context.Context, hash string) (*user.Session, error) {
	return sqldb.One(ctx, s.DB, scanSession, `SELECT `+sessionColumns+` FROM sessions WHERE refresh_hash = $1`, hash)
}

// Rotate is part of user.SessionStore.
func (s Sessions) Rotate(ctx context.Context, old string, v *user.Session) error {
	n, err := s.DB.Exec(ctx, `
		UPDATE sessions SET access_hash = $3, refresh_hash = $4, access_expires_at = $5, refresh_expires_at = $6,
			last_device = $7, last_ip = $8, last_activity_at = $9
		WHERE id = $1 AND refresh_hash = $2`,
		v.ID, old, v.AccessHash, nullText(v.RefreshHash), v.AccessExpiresAt, nullTime(v.RefreshExpiresAt),
		v.Last.Agent, v.Last.IP, v.LastActivityAt)
	return noneIsNotFound(n, err)
}

func noneIsNotFound(n int64, err error) error {
	if err == nil && n == 0 {
		return errs.New(errs.NotFound, "not found")
	}
	return err
}

// hereEvery is how exactly it is known when somebody was here last.
const hereEvery = time.Hour

// Touch is part of user.SessionStore. An access token that was changed in the
// meantime keeps its own expiry, which is later.
func (s Sessions) Touch(ctx context.Context, list []user.Touch) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.seen(ctx, list); err != nil {
			return err
		}
		for _, t := range list {
			if _, err := s.DB.Exec(ctx, `
				UPDATE sessions SET last_device = $2, last_ip = $3, last_activity_at = $4,
					access_expires_at = CASE WHEN access_expires_at < $5 THEN $5 ELSE access_expires_at END
				WHERE id = $1 AND last_activity_at < $4`,
				t.Session, t.From.Agent, t.From.IP, t.At, t.Expires); err != nil {
				return err
			}
		}
		return nil
	})
}

// seen notes who was here, for longer than sessions are kept.
func (s Sessions) seen(ctx context.Context, list []user.Touch) error {
	for part := range slices.Chunk(list, blockedAtOnce) {
		ids := make([]int64, len(part))
		at := part[0].At
		for i, t := range part {
			ids[i] = t.Session
			if t.At.After(at) {
				at = t.At
			}
		}
		in, args := placesOf(ids)
		n := len(args)
		if _, err := s.DB.Exec(ctx, `UPDATE users SET last_seen_at = $`+strconv.Itoa(n+1)+`
			WHERE id IN (SELECT user_id FROM sessions WHERE id IN (`+in+`)) AND (last_seen_at IS NULL OR last_seen_at < $`+strconv.Itoa(n+2)+`)`,
			append(args, at, at.Add(-hereEvery))...); err != nil {
			return err
		}
	}
	return nil
}

// Delete is part of user.SessionStore.
func (s Sessions) Delete(ctx context.Context, id int64) error {
	n, err := s.DB.Exec(ctx, `DELETE FROM sessions WHERE id = $1`, id)
	return noneIsNotFound(n, err)
}

// DeleteOfUser is part of user.SessionStore.
func (s Sessions) DeleteOfUser(ctx context.Context, id user.ID, but int64) error {
	_, err := s.DB.Exec(ctx, `DELETE FROM sessions WHERE user_id = $1 AND id <> $2`, id, but)
	return err
}

var sessionOrders = map[string]string{
	"createdAt":  `created_at, id`,
	"-createdAt": `created_at DESC, id DESC`,
}

// Of is part of user.SessionStore.
func (s Sessions) Of(ctx context.Context, id user.ID, sort string, start, count int) ([]*user.Session, int, error) {
	order, err := orderOf(sessionOrders, sort)
	if err != nil {
		return nil, 0, err
	}
	q := sqldb.From(`sessions`).Where(`user_id = ?`, id).OrderBy(order).Page(start, count)
	return page(ctx, s.DB, q, sessionColumns, scanSession)
}

// DeleteExpired is part of user.SessionStore.
func (s Sessions) DeleteExpired(ctx context.Context, now time.Time) (int64, error) {
	return s.DB.Exec(ctx, `
		DELETE FROM sessions WHERE access_expires_at <= $1 AND (refresh_expires_at IS NULL OR refresh_expires_at <= $1)`, now)
}

// OAuthClients is the user.ClientStore.
type OAuthClients struct{ DB *sqldb.DB }

var _ user.ClientStore = OAuthClients{}

// Client is part of user.ClientStore.
func (s OAuthClients) Client(ctx context.Context) (user.Client, error) {
	return sqldb.One(ctx, s.DB, func(r sqldb.Row) (c user.Client, err error) { return c, r.Scan(&c.ID, &c.Secret) },
		`SELECT client_id, client_secret FROM oauth_clients ORDER BY id LIMIT 1`)
}

// HasClient is part of user.ClientStore.
func (s OAuthClients) HasClient(ctx context.Context, c user.Client) (bool, error) {
	n, err := sqldb.One(ctx, s.DB, sqldb.Value[int],
		`SELECT count(*) FROM oauth_clients WHERE client_id = $1 AND client_secret = $2`, c.ID, c.Secret)
	return n > 0, err
}

// CreateClient is part of user.ClientStore.
func (s OAuthClients) CreateClient(ctx context.Context, c user.Client, now time.Time) error {
	_, err := s.DB.Exec(ctx, `INSERT INTO oauth_clients (client_id, client_secret, created_at) VALUES ($1, $2, $3)`, c.ID, c.Secret, now)
	return err
}
