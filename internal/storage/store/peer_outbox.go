package store

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/domain/peer"
	"sepiola/internal/storage/sqldb"
)

// PeerOutbox is the peer.Outbox.
type PeerOutbox struct{ DB *sqldb.DB }

var _ peer.Outbox = PeerOutbox{}

// Put is part of peer.Outbox.
func (s PeerOutbox) Put(ctx context.Context, a *peer.Outgoing) (err error) {
	a.ID, err = sqldb.Returning(ctx, s.DB, sqldb.Value[int64], `
		INSERT INTO outbox_activities (activity_url, type, subject, actor_id, key, body, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
		a.ActivityURL, a.Type, a.Subject, a.ActorID, a.Key, validText(a.Body), a.CreatedAt)
	return err
}

// Fan is part of peer.Outbox.
func (s PeerOutbox) Fan(ctx context.Context, id int64, p peer.Priority, inboxes []peer.Inboxes) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		at := sqldb.Now()
		for part := range slices.Chunk(inboxes, peerRows) {
			args := make([]any, 0, 3+2*len(part))
			args = append(args, id, p, at)
			var b strings.Builder
			for i, in := range part {
				args = append(args, in.Host, in.URL)
				b.WriteString(comma(i) + `($1, $` + strconv.Itoa(len(args)-1) + `, $` + strconv.Itoa(len(args)) + `, $2, $3)`)
			}
			if _, err := s.DB.Exec(ctx, `INSERT INTO deliveries (activity_id, host, inbox_url, priority, created_at) VALUES `+b.String()+
				` ON CONFLICT (activity_id, inbox_url) DO NOTHING`, args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// Those that bring a new key stay: it says who signs the newer one.
const (
	olderUpdates  = `SELECT a.id FROM outbox_activities a WHERE a.subject = $1 AND a.subject <> '' AND a.type = 'Update' AND a.key = '' AND a.id < $2`
	hurryDelivery = `UPDATE deliveries SET priority = $3 WHERE activity_id = $2 AND priority > $3 AND inbox_url IN (
		SELECT d.inbox_url FROM deliveries d WHERE d.activity_id IN (` + olderUpdates + `) AND d.priority <= $3)`
	replaceUpdates = `DELETE FROM deliveries WHERE activity_id IN (` + olderUpdates + `)
		AND EXISTS (SELECT 1 FROM deliveries n WHERE n.activity_id = $2 AND n.inbox_url = deliveries.inbox_url) RETURNING activity_id`
)

// Replace is part of peer.Outbox.
func (s PeerOutbox) Replace(ctx context.Context, a *peer.Outgoing) error {
	if a.Subject == "" {
		return nil
	}
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.DB.Exec(ctx, hurryDelivery, a.Subject, a.ID, peer.Normal); err != nil {
			return err
		}
		of, err := sqldb.ReturningAll(ctx, s.DB, sqldb.Value[int64], replaceUpdates, a.Subject, a.ID)
		if err != nil || len(of) == 0 {
			return err
		}
		return s.said(ctx, of)
	})
}

const nextDeliveries = `SELECT d.id, d.activity_id, d.host, d.inbox_url, d.priority, d.attempts, d.error, d.created_at,
		a.activity_url, a.type, a.subject, a.actor_id, a.key, a.body, a.created_at
	FROM deliveries d JOIN outbox_activities a ON a.id = d.activity_id
	WHERE d.host = $1 ORDER BY d.priority, d.id LIMIT $2`

func scanDelivery(r sqldb.Row) (*peer.Delivery, error) {
	a := new(peer.Outgoing)
	d := &peer.Delivery{Activity: a}
	err := r.Scan(&d.ID, &d.ActivityID, &d.Host, &d.InboxURL, &d.Priority, &d.Attempts, &d.Error, &d.CreatedAt,
		&a.ActivityURL, &a.Type, &a.Subject, &a.ActorID, &a.Key, &a.Body, &a.CreatedAt)
	a.ID = d.ActivityID
	return d, err
}

// Next is part of peer.Outbox.
func (s PeerOutbox) Next(ctx context.Context, host string, limit int) ([]*peer.Delivery, error) {
	return sqldb.All(ctx, s.DB, scanDelivery, nextDeliveries, host, limit)
}

// Delivered is part of peer.Outbox.
func (s PeerOutbox) Delivered(ctx context.Context, ids ...int64) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		for part := range slices.Chunk(ids, blockedAtOnce) {
			in, args := placesOf(part)
			of, err := sqldb.ReturningAll(ctx, s.DB, sqldb.Value[int64], `DELETE FROM deliveries WHERE id IN (`+in+`) RETURNING activity_id`, args...)
			if err != nil {
				return err
			}
			if err := s.said(ctx, of); err != nil {
				return err
			}
		}
		return nil
	})
}

// placesOf are the argument places of a list of ids, and these.
func placesOf(ids []int64) (places string, args []any) {
	args = make([]any, len(ids))
	var b strings.Builder
	for i, id := range ids {
		args[i] = id
		b.WriteString(comma(i) + `$` + strconv.Itoa(i+1))
	}
	return b.String(), args
}

// said removes those activities that nobody waits for any more. Two who remove
// the last deliveries at once may both leave it; Clean finds it.
func (s PeerOutbox) said(ctx context.Context, ids []int64) error {
	slices.Sort(ids)
	for part := range slices.Chunk(slices.Compact(ids), blockedAtOnce) {
		in, args := placesOf(part)
		if _, err := s.DB.Exec(ctx, `DELETE FROM outbox_activities WHERE id IN (`+in+`)
			AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.activity_id = outbox_activities.id)`, args...); err != nil {
			return err
		}
	}
	return nil
}

// Failed is part of peer.Outbox.
func (s PeerOutbox) Failed(ctx context.Context, id int64, reason string) error {
	_, err := s.DB.Exec(ctx, `UPDATE deliveries SET attempts = attempts + 1, error = $2 WHERE id = $1`, id, reasonOf(reason))
	return err
}

const dropDeliveries = `DELETE FROM deliveries WHERE id IN (
	SELECT id FROM deliveries WHERE host = $1 AND priority >= $2 ORDER BY priority, id LIMIT $3) RETURNING activity_id`

// Drop is part of peer.Outbox. It goes in steps, each a transaction of its own
// unless there is one.
func (s PeerOutbox) Drop(ctx context.Context, host string, from peer.Priority) error {
	for {
		n := 0
		err := s.DB.InTx(ctx, func(ctx context.Context) error {
			ids, err := sqldb.ReturningAll(ctx, s.DB, sqldb.Value[int64], dropDeliveries, host, from, removedAtOnce)
			if n = len(ids); err != nil {
				return err
			}
			return s.said(ctx, ids)
		})
		if err != nil || n < removedAtOnce {
			return err
		}
	}
}

// deliveryHosts goes from one host to the next by the index, however many
// deliveries each has.
const deliveryHosts = `WITH RECURSIVE h (host) AS (
		SELECT min(host) FROM deliveries
		UNION ALL
		SELECT (SELECT min(d.host) FROM deliveries d WHERE d.host > h.host) FROM h WHERE h.host IS NOT NULL
	)
	SELECT h.host FROM h LEFT JOIN servers s ON s.host = h.host
	WHERE h.host IS NOT NULL AND (s.retry_at IS NULL OR s.retry_at <= $1)
	LIMIT $2`

// Hosts is part of peer.Outbox.
func (s PeerOutbox) Hosts(ctx context.Context, at time.Time, limit int) ([]string, error) {
	return sqldb.All(ctx, s.DB, sqldb.Value[string], deliveryHosts, at, limit)
}

// Clean removes activities of before a time that nobody waits for.
func (s PeerOutbox) Clean(ctx context.Context, before time.Time) error {
	_, err := s.DB.Exec(ctx, `DELETE FROM outbox_activities WHERE created_at < $1
		AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.activity_id = outbox_activities.id)`, before)
	return err
}
