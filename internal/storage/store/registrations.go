package store

import (
	"context"
	"database/sql"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// Registrations is the user.RegistrationStore.
type Registrations struct{ DB *sqldb.DB }

var _ user.RegistrationStore = Registrations{}

const registrationColumns = `id, state, username, email, password_hash, email_verified, account_display_name, channel_handle,
	channel_display_name, registration_reason, moderation_response, COALESCE(user_id, 0), language, created_at, updated_at`

func scanRegistration(r sqldb.Row) (*user.Registration, error) {
	v := new(user.Registration)
	err := r.Scan(&v.ID, &v.State, &v.Username, &v.Email, &v.PasswordHash, &v.EmailVerified, &v.DisplayName, &v.ChannelName,
		&v.ChannelDisplayName, &v.Reason, &v.Response, &v.UserID, &v.Language, &v.CreatedAt, &v.UpdatedAt)
	return v, err
}

// Create is part of user.RegistrationStore.
func (s Registrations) Create(ctx context.Context, v *user.Registration) (err error) {
	v.ID, err = sqldb.Returning(ctx, s.DB, sqldb.Value[user.RegistrationID], `
		INSERT INTO user_registrations (state, username, email, email_folded, password_hash, email_verified, account_display_name,
			channel_handle, channel_display_name, registration_reason, moderation_response, language, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
		RETURNING id`,
		v.State, v.Username, v.Email, user.Fold(v.Email), v.PasswordHash, v.EmailVerified, v.DisplayName,
		v.ChannelName, v.ChannelDisplayName, v.Reason, v.Response, v.Language, v.CreatedAt, v.UpdatedAt)
	return err
}

// ByID is part of user.RegistrationStore.
func (s Registrations) ByID(ctx context.Context, id user.RegistrationID) (*user.Registration, error) {
	return s.newest(ctx, `id = $1`, id)
}

// ByLogin is part of user.RegistrationStore.
func (s Registrations) ByLogin(ctx context.Context, login string) (*user.Registration, error) {
	return s.newest(ctx, `username = $1 OR email_folded = $1`, user.Fold(login))
}

// ByEmail is part of user.RegistrationStore.
func (s Registrations) ByEmail(ctx context.Context, email string) (*user.Registration, error) {
	return s.newest(ctx, `email_folded = $1`, user.Fold(email))
}

func (s Registrations) newest(ctx context.Context, cond string, arg any) (*user.Registration, error) {
	v, err := sqldb.One(ctx, s.DB, scanRegistration,
		`SELECT `+registrationColumns+` FROM user_registrations WHERE `+cond+` ORDER BY id DESC LIMIT 1`, arg)
	return v, userNotFound(err) // PeerTube's words, here too
}

// ChannelAwaited is part of user.RegistrationStore.
func (s Registrations) ChannelAwaited(ctx context.Context, name string) (bool, error) {
	n, err := sqldb.One(ctx, s.DB, sqldb.Value[int],
		`SELECT count(*) FROM user_registrations WHERE channel_handle = $1 AND state = $2`, name, user.Pending)
	return n > 0, err
}

var registrationOrders = map[string]string{
	"createdAt":  `created_at, id`,
	"-createdAt": `created_at DESC, id DESC`,
	"state":      `state, id`,
	"-state":     `state DESC, id DESC`,
}

// List is part of user.RegistrationStore.
func (s Registrations) List(ctx context.Context, p user.RegistrationList) ([]*user.Registration, int, error) {
	order, err := orderOf(registrationOrders, p.Sort)
	if err != nil {
		return nil, 0, err
	}
	like := containing(user.Fold(p.Search))
	q := sqldb.From(`user_registrations`).
		If(p.Search != "", `username LIKE ? ESCAPE '\' OR email_folded LIKE ? ESCAPE '\' OR channel_handle LIKE ? ESCAPE '\'`, like, like, like).
		OrderBy(order).Page(p.Start, p.Count)
	return page(ctx, s.DB, sqldb.In(q, `state`, p.States), registrationColumns, scanRegistration)
}

// waitingRegistrations counts within user_registrations_pending_name, or the
// index of addresses beside it: both hold what waits and nothing else.
const waitingRegistrations = `SELECT count(*) FROM (SELECT 1 FROM user_registrations WHERE state = 1 LIMIT $1) r`

// Waiting is part of user.RegistrationStore.
func (s Registrations) Waiting(ctx context.Context, most int) (int, error) {
	return sqldb.One(ctx, s.DB, sqldb.Value[int], waitingRegistrations, most)
}

// Settle is part of user.RegistrationStore.
func (s Registrations) Settle(ctx context.Context, id user.RegistrationID, state user.RegistrationState, response string, userID user.ID, at time.Time) error {
	n, err := s.DB.Exec(ctx, `
		UPDATE user_registrations SET state = $2, moderation_response = $3, user_id = $4, processed_at = $5, updated_at = $5
		WHERE id = $1 AND state = $6`,
		id, state, response, sql.NullInt64{Int64: int64(userID), Valid: userID != 0}, at, user.Pending)
	if err == nil && n == 0 {
		err = errs.New(errs.Conflict, "the registration is settled already")
	}
	return err
}

// SetEmailVerified is part of user.RegistrationStore.
func (s Registrations) SetEmailVerified(ctx context.Context, id user.RegistrationID) error {
	n, err := s.DB.Exec(ctx, `UPDATE user_registrations SET email_verified = TRUE, updated_at = $2 WHERE id = $1`, id, sqldb.Now())
	return userNotFound(noneIsNotFound(n, err))
}

// Delete is part of user.RegistrationStore.
func (s Registrations) Delete(ctx context.Context, id user.RegistrationID) error {
	n, err := s.DB.Exec(ctx, `DELETE FROM user_registrations WHERE id = $1`, id)
	return userNotFound(noneIsNotFound(n, err))
}
