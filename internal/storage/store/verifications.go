package store

import (
	"context"
	"database/sql"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/storage/sqldb"
)

// Verifications is the user.VerificationStore.
type Verifications struct{ DB *sqldb.DB }

var _ user.VerificationStore = Verifications{}

func scanVerification(r sqldb.Row) (*user.Verification, error) {
	v := new(user.Verification)
	err := r.Scan(&v.ID, &v.Purpose, &v.UserID, &v.RegistrationID, &v.TokenHash, &v.Payload, &v.ExpiresAt, &v.CreatedAt)
	return v, err
}

// Create is part of user.VerificationStore.
func (s Verifications) Create(ctx context.Context, v *user.Verification) error {
	return s.DB.InTx(ctx, func(ctx context.Context) (err error) {
		_, err = s.DB.Exec(ctx, `
			DELETE FROM verifications WHERE purpose = $1 AND COALESCE(user_id, 0) = $2 AND COALESCE(registration_id, 0) = $3`,
			v.Purpose, v.UserID, v.RegistrationID)
		if err != nil {
			return err
		}
		v.ID, err = sqldb.Returning(ctx, s.DB, sqldb.Value[int64], `
			INSERT INTO verifications (purpose, user_id, registration_id, token_hash, payload, expires_at, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
			v.Purpose, nullID(int64(v.UserID)), nullID(int64(v.RegistrationID)), v.TokenHash, v.Payload, v.ExpiresAt, v.CreatedAt)
		return err
	})
}

func nullID[ID ~int64](id ID) sql.NullInt64 {
	return sql.NullInt64{Int64: int64(id), Valid: id != 0}
}

// Find is part of user.VerificationStore.
func (s Verifications) Find(ctx context.Context, p user.Purpose, tokenHash string, now time.Time) (*user.Verification, error) {
	return sqldb.One(ctx, s.DB, scanVerification, `
		SELECT id, purpose, COALESCE(user_id, 0), COALESCE(registration_id, 0), token_hash, payload, expires_at, created_at
		FROM verifications WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3`, tokenHash, p, now)
}

// Use is part of user.VerificationStore.
func (s Verifications) Use(ctx context.Context, id int64) error {
	n, err := s.DB.Exec(ctx, `DELETE FROM verifications WHERE id = $1`, id)
	return noneIsNotFound(n, err)
}

// DeleteExpired is part of user.VerificationStore.
func (s Verifications) DeleteExpired(ctx context.Context, now time.Time) (int64, error) {
	return s.DB.Exec(ctx, `DELETE FROM verifications WHERE expires_at <= $1`, now)
}
