package store

import (
	"context"

	"sepiola/internal/domain/instance"
	"sepiola/internal/storage/sqldb"
)

// Logos is the instance.LogoStore.
type Logos struct{ DB *sqldb.DB }

var _ instance.LogoStore = Logos{}

func scanLogo(r sqldb.Row) (l instance.Logo, err error) {
	return l, r.Scan(&l.Type, &l.Filename, &l.Width, &l.Height, &l.CreatedAt)
}

// All is part of instance.LogoStore.
func (s Logos) All(ctx context.Context) ([]instance.Logo, error) {
	return sqldb.All(ctx, s.DB, scanLogo,
		`SELECT type, filename, width, height, created_at FROM instance_logos ORDER BY type, width DESC, id`)
}

// Replace is part of instance.LogoStore.
func (s Logos) Replace(ctx context.Context, t instance.LogoType, logos []instance.Logo) (old []string, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		old, err = sqldb.ReturningAll(ctx, s.DB, sqldb.Value[string], `DELETE FROM instance_logos WHERE type = $1 RETURNING filename`, t)
		if err != nil {
			return err
		}
		for _, l := range logos {
			if _, err := s.DB.Exec(ctx, `INSERT INTO instance_logos (type, filename, width, height, created_at) VALUES ($1, $2, $3, $4, $5)`,
				t, l.Filename, l.Width, l.Height, l.CreatedAt); err != nil {
				return err
			}
		}
		return nil
	})
	return old, err
}
