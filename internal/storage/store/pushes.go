package store

import (
	"context"

	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

const deviceColumns = `d.id, d.user_id, COALESCE(d.session_id, 0), d.endpoint, d.p256dh, d.auth, d.agent, d.created_at`

func scanDevice(r sqldb.Row) (*notification.Device, error) {
	d := new(notification.Device)
	return d, r.Scan(&d.ID, &d.UserID, &d.Session, &d.Endpoint, &d.P256DH, &d.Auth, &d.Agent, &d.CreatedAt)
}

// PutDevice is part of notification.DeviceStore.
func (s Notifications) PutDevice(ctx context.Context, d *notification.Device, most int) error {
	return s.DB.InTx(ctx, func(ctx context.Context) (err error) {
		d.ID, err = sqldb.Returning(ctx, s.DB, sqldb.Value[notification.DeviceID], `
			INSERT INTO push_devices (user_id, session_id, endpoint, p256dh, auth, agent, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (endpoint) DO UPDATE SET user_id = excluded.user_id, session_id = excluded.session_id,
				p256dh = excluded.p256dh, auth = excluded.auth, agent = excluded.agent
			RETURNING id`, d.UserID, nullID(d.Session), d.Endpoint, d.P256DH, d.Auth, d.Agent, d.CreatedAt)
		if err != nil {
			return err
		}
		_, err = s.DB.Exec(ctx, `DELETE FROM push_devices WHERE user_id = $1 AND id NOT IN (
			SELECT id FROM push_devices WHERE user_id = $1 ORDER BY id DESC LIMIT $2)`, d.UserID, most)
		return err
	})
}

// DeleteDevice is part of notification.DeviceStore.
func (s Notifications) DeleteDevice(ctx context.Context, id user.ID, endpoint string) error {
	n, err := s.DB.Exec(ctx, `DELETE FROM push_devices WHERE endpoint = $2 AND user_id = $1`, id, endpoint)
	if err == nil && n == 0 {
		err = errs.New(errs.NotFound, "This device is not known")
	}
	return err
}

// DropDevice is part of notification.DeviceStore.
func (s Notifications) DropDevice(ctx context.Context, id notification.DeviceID) error {
	_, err := s.DB.Exec(ctx, `DELETE FROM push_devices WHERE id = $1`, id)
	return err
}

// Device is part of notification.DeviceStore.
func (s Notifications) Device(ctx context.Context, id notification.DeviceID) (*notification.Device, error) {
	return sqldb.One(ctx, s.DB, scanDevice, `SELECT `+deviceColumns+` FROM push_devices d WHERE d.id = $1`, id)
}

// DevicesOf is part of notification.DeviceStore.
func (s Notifications) DevicesOf(ctx context.Context, id user.ID) ([]*notification.Device, error) {
	return sqldb.All(ctx, s.DB, scanDevice, `SELECT `+deviceColumns+` FROM push_devices d WHERE d.user_id = $1 ORDER BY d.id DESC`, id)
}

// pushedBatch is how many users one query asks for.
const pushedBatch = 64

// Pushed is part of notification.DeviceStore.
func (s Notifications) Pushed(ctx context.Context, ids []user.ID, setting string) (map[user.ID][]notification.DeviceID, error) {
	m := map[user.ID][]notification.DeviceID{}
	for len(ids) > 0 {
		n := min(pushedBatch, len(ids))
		q := sqldb.In(sqldb.From(`push_devices d`), `d.user_id`, padded(ids[:n])).
			Where(`NOT EXISTS (SELECT 1 FROM push_muted m WHERE m.user_id = d.user_id AND m.setting = ?)`, setting)
		text, args := q.OrderBy(`d.id`).Select(`d.id, d.user_id`)
		list, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) (d [2]int64, err error) { return d, r.Scan(&d[0], &d[1]) }, text, args...)
		if err != nil {
			return nil, err
		}
		for _, d := range list {
			m[user.ID(d[1])] = append(m[user.ID(d[1])], notification.DeviceID(d[0]))
		}
		ids = ids[n:]
	}
	return m, nil
}

// MutedPush is part of notification.DeviceStore.
func (s Notifications) MutedPush(ctx context.Context, id user.ID) ([]string, error) {
	return sqldb.All(ctx, s.DB, sqldb.Value[string], `SELECT setting FROM push_muted WHERE user_id = $1 ORDER BY setting`, id)
}

// SetMutedPush is part of notification.DeviceStore.
func (s Notifications) SetMutedPush(ctx context.Context, id user.ID, settings []string) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.DB.Exec(ctx, `DELETE FROM push_muted WHERE user_id = $1`, id); err != nil {
			return err
		}
		for _, name := range settings {
			if _, err := s.DB.Exec(ctx, `INSERT INTO push_muted (user_id, setting) VALUES ($1, $2)
				ON CONFLICT (user_id, setting) DO NOTHING`, id, name); err != nil {
				return err
			}
		}
		return nil
	})
}
