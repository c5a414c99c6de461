package store

import (
	"context"
	"strings"
	"time"

	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/user"
	"sepiola/internal/storage/sqldb"
)

// PeerLedger is the follow.Ledger, and the follow.LedgerStore.
type PeerLedger struct{ DB *sqldb.DB }

var (
	_ follow.Ledger      = PeerLedger{}
	_ follow.LedgerStore = PeerLedger{}
)

// Note is part of follow.Ledger.
func (s PeerLedger) Note(ctx context.Context, by user.ID, action, subject string, at time.Time) error {
	_, err := s.DB.Exec(ctx, `
		INSERT INTO federation_log (user_id, username, action, subject, host, created_at)
		VALUES ($1, COALESCE((SELECT u.username FROM users u WHERE u.id = $1), ''), $2, $3, $4, $5)`,
		nullID(by), action, subject, hostOfSubject(subject), at)
	return err
}

// hostOfSubject is the host of a handle, or the host itself.
func hostOfSubject(s string) string {
	if _, host, ok := strings.Cut(s, "@"); ok {
		s = host
	}
	return strings.ToLower(s)
}

func ledgerQuery(p follow.LedgerList) *sqldb.Query {
	return sqldb.From(`federation_log l`).
		If(p.Subject != "", `l.host = ?`, hostOfSubject(p.Subject)).
		If(strings.Contains(p.Subject, "@"), `l.subject = ?`, p.Subject).
		If(p.By != "", `l.username = ?`, p.By).
		If(p.Action != "", `l.action = ?`, p.Action).
		If(p.Before != 0, `l.id < ?`, p.Before).
		OrderBy(`l.id DESC`).Page(0, p.Count)
}

// Entries is part of follow.LedgerStore.
func (s PeerLedger) Entries(ctx context.Context, p follow.LedgerList) ([]follow.LedgerEntry, error) {
	text, args := ledgerQuery(p).Select(`l.id, l.username, l.action, l.subject, l.created_at`)
	return sqldb.All(ctx, s.DB, func(r sqldb.Row) (e follow.LedgerEntry, err error) {
		return e, r.Scan(&e.ID, &e.By, &e.Action, &e.Subject, &e.At)
	}, text, args...)
}

const (
	oldLedger   = `SELECT id FROM federation_log WHERE created_at < $1 ORDER BY created_at, id LIMIT $2`
	newestEntry = `SELECT id FROM federation_log ORDER BY id DESC LIMIT 1 OFFSET $1`
	overLedger  = `SELECT id FROM federation_log WHERE id <= COALESCE((` + newestEntry + `), 0) ORDER BY id LIMIT $2`
)

// Forget is part of follow.LedgerStore.
func (s PeerLedger) Forget(ctx context.Context, before time.Time, newest, limit int) (int, error) {
	old, err := s.DB.Exec(ctx, `DELETE FROM federation_log WHERE id IN (`+oldLedger+`)`, before, limit)
	if err != nil {
		return 0, err
	}
	over, err := s.DB.Exec(ctx, `DELETE FROM federation_log WHERE id IN (`+overLedger+`)`, newest, limit)
	return int(max(old, over)), err
}
