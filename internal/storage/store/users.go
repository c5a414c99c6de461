package store

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// Users is the user.Store.
type Users struct{ DB *sqldb.DB }

var _ user.Store = Users{}

const (
	userColumns = `u.id, u.username, u.email, u.email_verified, u.pending_email, u.password_hash, u.role, u.blocked, u.blocked_reason,
	u.admin_flags, u.video_quota, u.video_quota_daily, u.video_quota_used, u.otp_secret, u.feed_token, u.preferences,
	u.notification_settings, COALESCE(a.id, 0), u.last_login_at, u.created_at, u.updated_at`
	userTables = `users u LEFT JOIN accounts a ON a.user_id = u.id`
)

func scanUser(r sqldb.Row) (*user.User, error) {
	u := new(user.User)
	var preferences, notifications []byte
	err := r.Scan(&u.ID, &u.Username, &u.Email, &u.EmailVerified, &u.PendingEmail, &u.PasswordHash, &u.Role, &u.Blocked, &u.BlockedReason,
		&u.AdminFlags, &u.VideoQuota, &u.VideoQuotaDaily, &u.VideoQuotaUsed, &u.OTPSecret, &u.FeedToken, &preferences,
		&notifications, &u.AccountID, &u.LastLoginAt, &u.CreatedAt, &u.UpdatedAt)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(preferences, &u.Preferences); err != nil {
		return nil, err
	}
	return u, json.Unmarshal(notifications, &u.Notifications)
}

// Create is part of user.Store.
func (s Users) Create(ctx context.Context, u *user.User) error {
	preferences, err := json.Marshal(u.Preferences)
	if err != nil {
		return err
	}
	notifications, err := json.Marshal(u.Notifications)
	if err != nil {
		return err
	}
	u.ID, err = sqldb.Returning(ctx, s.DB, sqldb.Value[user.ID], `
		INSERT INTO users (username, email, email_folded, email_verified, pending_email, password_hash, role, blocked, blocked_reason,
			admin_flags, video_quota, video_quota_daily, otp_secret, feed_token, preferences, notification_settings, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
		RETURNING id`,
		u.Username, u.Email, user.Fold(u.Email), u.EmailVerified, u.PendingEmail, u.PasswordHash, u.Role, u.Blocked, u.BlockedReason,
		u.AdminFlags, u.VideoQuota, u.VideoQuotaDaily, u.OTPSecret, u.FeedToken, string(preferences), string(notifications), u.CreatedAt, u.UpdatedAt)
	return err
}

// ByID is part of user.Store.
func (s Users) ByID(ctx context.Context, id user.ID) (*user.User, error) {
	return s.one(ctx, `u.id = $1`, id)
}

// ByUsername is part of user.Store.
func (s Users) ByUsername(ctx context.Context, username string) (*user.User, error) {
	return s.one(ctx, `u.username = $1`, username)
}

// ByEmail is part of user.Store.
func (s Users) ByEmail(ctx context.Context, email string) (*user.User, error) {
	return s.one(ctx, `u.email_folded = $1`, user.Fold(email))
}

// ByPendingEmail is part of user.Store. Few addresses wait and few people ask,
// no more often than letters may be sent: no index is kept for it.
func (s Users) ByPendingEmail(ctx context.Context, email string) (*user.User, error) {
	email = strings.TrimSpace(email)
	if email == "" {
		return nil, userNotFound(errs.New(errs.NotFound, "no address"))
	}
	list, err := sqldb.All(ctx, s.DB, scanUser, `SELECT `+userColumns+` FROM `+userTables+` WHERE u.pending_email = $1 LIMIT 2`, email)
	if err == nil && len(list) != 1 {
		err = userNotFound(errs.New(errs.NotFound, "%d people wait for this address", len(list)))
	}
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

func (s Users) one(ctx context.Context, cond string, arg any) (*user.User, error) {
	u, err := sqldb.One(ctx, s.DB, scanUser, `SELECT `+userColumns+` FROM `+userTables+` WHERE `+cond, arg)
	return u, userNotFound(err)
}

func userNotFound(err error) error {
	if errs.Is(err, errs.NotFound) {
		return errs.New(errs.NotFound, "User not found")
	}
	return err
}

// Count is part of user.Store.
func (s Users) Count(ctx context.Context) (int, error) {
	return sqldb.One(ctx, s.DB, sqldb.Value[int], `SELECT count(*) FROM users`)
}

// signupsKey is a row of settings that whoever takes a place holds: a lock that
// both databases know. SQLite's writers wait for each other anyway.
const signupsKey = "signups_lock"

// LockSignups is part of user.Store.
func (s Users) LockSignups(ctx context.Context) error {
	return Settings(s).Set(ctx, signupsKey, "")
}

var userOrders = map[string]string{
	"id":              `u.id`,
	"-id":             `u.id DESC`,
	"username":        `u.username, u.id`,
	"-username":       `u.username DESC, u.id DESC`,
	"videoQuotaUsed":  `u.video_quota_used, u.id`,
	"-videoQuotaUsed": `u.video_quota_used DESC, u.id DESC`,
	"createdAt":       `u.created_at, u.id`,
	"-createdAt":      `u.created_at DESC, u.id DESC`,
	"lastLoginDate":   `u.last_login_at NULLS LAST, u.id`,
	"-lastLoginDate":  `u.last_login_at DESC NULLS LAST, u.id DESC`,
	"role":            `u.role, u.id`,
	"-role":           `u.role DESC, u.id DESC`,
}

// List is part of user.Store.
func (s Users) List(ctx context.Context, p user.ListParams) ([]*user.User, int, error) {
	order, err := orderOf(userOrders, p.Sort)
	if err != nil {
		return nil, 0, err
	}
	like := containing(user.Fold(p.Search))
	q := sqldb.From(userTables).
		If(p.Search != "", `u.username LIKE ? ESCAPE '\' OR u.email_folded LIKE ? ESCAPE '\'`, like, like).
		If(p.Blocked != nil, `u.blocked = ?`, p.Blocked).
		If(p.Role != nil, `u.role = ?`, p.Role).
		OrderBy(order).Page(p.Start, p.Count)
	return page(ctx, s.DB, q, userColumns, scanUser)
}

// Usernames is part of user.Store.
func (s Users) Usernames(ctx context.Context, prefix string, limit int) ([]string, error) {
	return sqldb.All(ctx, s.DB, sqldb.Value[string],
		`SELECT username FROM users WHERE username LIKE $1 ESCAPE '\' ORDER BY username LIMIT $2`, startingWith(prefix), limit)
}

// Change is part of user.Store.
func (s Users) Change(ctx context.Context, id user.ID, c user.Change) error {
	set := setter{}
	if c.Email != nil {
		set.add(`email`, *c.Email)
		set.add(`email_folded`, user.Fold(*c.Email))
	}
	if c.EmailVerified != nil {
		set.add(`email_verified`, *c.EmailVerified)
	}
	setIf(&set, `pending_email`, c.PendingEmail)
	setIf(&set, `password_hash`, c.PasswordHash)
	setIf(&set, `role`, c.Role)
	setIf(&set, `blocked`, c.Blocked)
	setIf(&set, `blocked_reason`, c.BlockedReason)
	setIf(&set, `admin_flags`, c.AdminFlags)
	setIf(&set, `video_quota`, c.VideoQuota)
	setIf(&set, `video_quota_daily`, c.VideoQuotaDaily)
	setIf(&set, `otp_secret`, c.OTPSecret)
	setIf(&set, `feed_token`, c.FeedToken)
	setIf(&set, `last_login_at`, c.LastLoginAt)
	if c.Preferences != nil {
		if err := set.addJSON(`preferences`, c.Preferences); err != nil {
			return err
		}
	}
	if c.Notifications != nil {
		if err := set.addJSON(`notification_settings`, c.Notifications); err != nil {
			return err
		}
	}
	if len(set.columns) == 0 {
		return nil
	}
	set.add(`updated_at`, sqldb.Now())
	n, err := s.DB.Exec(ctx, `UPDATE users SET `+strings.Join(set.columns, `, `)+` WHERE id = $`+strconv.Itoa(len(set.args)+1),
		append(set.args, id)...)
	if err == nil && n == 0 {
		err = userNotFound(errs.New(errs.NotFound, "not found"))
	}
	return err
}

// setter gathers the columns of an UPDATE.
type setter struct {
	columns []string
	args    []any
}

func (s *setter) add(column string, value any) {
	s.args = append(s.args, value)
	s.columns = append(s.columns, column+` = $`+strconv.Itoa(len(s.args)))
}

func (s *setter) addJSON(column string, value any) error {
	b, err := json.Marshal(value)
	s.add(column, string(b))
	return err
}

func setIf[T any](s *setter, column string, value *T) {
	if value != nil {
		s.add(column, *value)
	}
}

// Lock is part of user.Store: writing the row locks it on both databases.
func (s Users) Lock(ctx context.Context, id user.ID) error {
	_, err := s.DB.Exec(ctx, `UPDATE users SET updated_at = updated_at WHERE id = $1`, id)
	return err
}

// Delete is part of user.Store.
func (s Users) Delete(ctx context.Context, id user.ID) error {
	n, err := s.DB.Exec(ctx, `DELETE FROM users WHERE id = $1`, id)
	if err == nil && n == 0 {
		err = userNotFound(errs.New(errs.NotFound, "not found"))
	}
	return err
}

// Usages is part of user.Store.
func (s Users) Usages(ctx context.Context, ids []user.ID, day time.Time) (map[user.ID]user.Usage, error) {
	m := make(map[user.ID]user.Usage, len(ids))
	if len(ids) == 0 {
		return m, nil
	}
	type row struct {
		id user.ID
		user.Usage
	}
	q := sqldb.From(`users u`)
	q = sqldb.In(q, `u.id`, ids)
	text, args := q.Select(`u.id, u.video_quota_used`)
	used, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) (v row, err error) { return v, r.Scan(&v.id, &v.Used) }, text, args...)
	if err != nil {
		return nil, err
	}
	for _, v := range used {
		m[v.id] = v.Usage
	}
	// The day is the first argument, then the ids.
	args = []any{day}
	marks := make([]string, len(ids))
	for i, id := range ids {
		args = append(args, id)
		marks[i] = `$` + strconv.Itoa(len(args))
	}
	sums, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) (v row, err error) {
		return v, r.Scan(&v.id, &v.Videos, &v.Files, &v.Daily)
	}, `
		SELECT a.user_id, count(*), CAST(COALESCE(sum(v.files_size), 0) AS BIGINT),
			CAST(COALESCE(sum(CASE WHEN v.created_at > $1 THEN v.quota_bytes ELSE 0 END), 0) AS BIGINT)
		FROM accounts a JOIN video_channels c ON c.account_id = a.id JOIN videos v ON v.channel_id = c.id
		WHERE a.user_id IN (`+strings.Join(marks, `, `)+`)
		GROUP BY a.user_id`, args...)
	if err != nil {
		return nil, err
	}
	for _, v := range sums {
		v.Used = m[v.id].Used
		m[v.id] = v.Usage
	}
	return m, nil
}
