package store

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/domain/peer"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// PeerInbox is the peer.Inbox.
type PeerInbox struct{ DB *sqldb.DB }

var _ peer.Inbox = PeerInbox{}

// peerRows bounds the rows of one INSERT: their arguments stay far below
// what both databases take.
const peerRows = 200

// Add is part of peer.Inbox.
func (s PeerInbox) Add(ctx context.Context, list []*peer.Received) (added []bool, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		added = make([]bool, len(list))
		first := make(map[string]int, len(list))
		urls := make([]string, 0, len(list))
		for i, r := range list {
			if _, twice := first[r.ActivityURL]; !twice {
				first[r.ActivityURL] = i
				urls = append(urls, r.ActivityURL)
			}
		}
		slices.Sort(urls) // two who add the same in another order would wait for each other
		at := sqldb.Now()
		for part := range slices.Chunk(urls, peerRows) {
			fresh, err := s.see(ctx, part, at)
			if err != nil {
				return err
			}
			for _, url := range fresh {
				added[first[url]] = true
			}
		}
		fresh := make([]*peer.Received, 0, len(urls))
		for i, r := range list {
			if added[i] {
				fresh = append(fresh, r)
			}
		}
		for part := range slices.Chunk(fresh, peerRows) {
			if err := s.insert(ctx, part); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return added, nil
}

// see returns those that were not seen before.
func (s PeerInbox) see(ctx context.Context, urls []string, at time.Time) ([]string, error) {
	args := make([]any, 0, 1+len(urls))
	args = append(args, at)
	var b strings.Builder
	for i, url := range urls {
		args = append(args, url)
		b.WriteString(comma(i) + `($` + strconv.Itoa(len(args)) + `, $1)`)
	}
	return sqldb.ReturningAll(ctx, s.DB, sqldb.Value[string],
		`INSERT INTO inbox_seen (activity_url, received_at) VALUES `+b.String()+` ON CONFLICT DO NOTHING RETURNING activity_url`, args...)
}

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ", "
}

func (s PeerInbox) insert(ctx context.Context, list []*peer.Received) error {
	const columns = 8
	args := make([]any, 0, columns*len(list))
	for _, r := range list {
		args = append(args, r.ActivityURL, r.Lane, r.ActorURL, r.ViaURL, r.TargetURL, validText(r.Body), r.RetryAt, r.ReceivedAt)
	}
	_, err := s.DB.Exec(ctx, `INSERT INTO inbox_activities (activity_url, lane, actor_url, via_url, target_url, body, retry_at, received_at)
		VALUES `+places(len(list), columns), args...)
	return err
}

// places are the argument places of several rows of an INSERT.
func places(rows, columns int) string {
	var b strings.Builder
	for i := range rows {
		b.WriteString(comma(i) + `(`)
		for j := range columns {
			b.WriteString(comma(j) + `$` + strconv.Itoa(i*columns+j+1))
		}
		b.WriteString(`)`)
	}
	return b.String()
}

// validText is a document as a column of text takes it: PostgreSQL refuses what is
// not UTF-8, and zero bytes, neither of which is JSON.
func validText(b []byte) string {
	return strings.ReplaceAll(strings.ToValidUTF8(string(b), "\uFFFD"), "\x00", "")
}

const receivedColumns = `id, activity_url, lane, actor_url, via_url, target_url, body, attempts, retry_at, error, received_at`

func scanReceived(r sqldb.Row) (*peer.Received, error) {
	v := new(peer.Received)
	var retry sql.NullTime
	err := r.Scan(&v.ID, &v.ActivityURL, &v.Lane, &v.ActorURL, &v.ViaURL, &v.TargetURL, &v.Body, &v.Attempts, &retry, &v.Error, &v.ReceivedAt)
	v.RetryAt = timeOf(retry)
	return v, err
}

const nextReceived = `SELECT ` + receivedColumns + ` FROM inbox_activities WHERE lane = $1 ORDER BY id LIMIT $2`

// Next is part of peer.Inbox. Those that wait for RetryAt are among them:
// what may pass them is for the inbox to say.
func (s PeerInbox) Next(ctx context.Context, lane string, limit int) ([]*peer.Received, error) {
	return sqldb.All(ctx, s.DB, scanReceived, nextReceived, lane, limit)
}

// Done is part of peer.Inbox.
func (s PeerInbox) Done(ctx context.Context, id int64) error {
	n, err := s.DB.Exec(ctx, `DELETE FROM inbox_activities WHERE id = $1`, id)
	if err == nil && n == 0 {
		return errs.New(errs.NotFound, "the activity is done already")
	}
	return err
}

// maxReason bounds what is kept of an error, in bytes.
const maxReason = 500

func reasonOf(s string) string {
	if len(s) > maxReason {
		s = s[:maxReason]
	}
	return validText([]byte(s))
}

// Again is part of peer.Inbox.
func (s PeerInbox) Again(ctx context.Context, id int64, reason string, at time.Time) error {
	_, err := s.DB.Exec(ctx, `UPDATE inbox_activities SET attempts = attempts + 1, error = $2, retry_at = $3 WHERE id = $1`, id, reasonOf(reason), at)
	return err
}

// Wait is part of peer.Inbox.
func (s PeerInbox) Wait(ctx context.Context, id int64, reason string, at time.Time) error {
	_, err := s.DB.Exec(ctx, `UPDATE inbox_activities SET error = $2, retry_at = $3 WHERE id = $1`, id, reasonOf(reason), at)
	return err
}

// Postpone is part of peer.Inbox.
func (s PeerInbox) Postpone(ctx context.Context, id int64, lane, reason string, at time.Time) error {
	_, err := s.DB.Exec(ctx, `UPDATE inbox_activities SET lane = $2, error = $3, retry_at = $4 WHERE id = $1`, id, lane, reasonOf(reason), at)
	return err
}

// lanes goes from one lane to the next by the index, however many rows each
// has.
const lanes = `WITH RECURSIVE l (lane) AS (
		SELECT min(lane) FROM inbox_activities
		UNION ALL
		SELECT (SELECT min(i.lane) FROM inbox_activities i WHERE i.lane > l.lane) FROM l WHERE l.lane IS NOT NULL
	)
	SELECT l.lane FROM l WHERE l.lane IS NOT NULL
		AND EXISTS (SELECT 1 FROM inbox_activities i WHERE i.lane = l.lane AND (i.retry_at IS NULL OR i.retry_at <= $1))
	LIMIT $2`

// Lanes is part of peer.Inbox.
func (s PeerInbox) Lanes(ctx context.Context, at time.Time, limit int) ([]string, error) {
	return sqldb.All(ctx, s.DB, sqldb.Value[string], lanes, at, limit)
}

// Count is part of peer.Inbox.
func (s PeerInbox) Count(ctx context.Context, lane string, limit int) (int, error) {
	return sqldb.One(ctx, s.DB, sqldb.Value[int],
		`SELECT count(*) FROM (SELECT 1 FROM inbox_activities WHERE lane = $1 LIMIT $2) i`, lane, limit)
}

const dropReceived = `DELETE FROM inbox_activities WHERE id IN (
	SELECT id FROM inbox_activities WHERE lane = $1 ORDER BY id LIMIT $2)`

// Drop removes what waits in a lane. It counts as done when it comes again.
func (s PeerInbox) Drop(ctx context.Context, lane string) error {
	for {
		n, err := s.DB.Exec(ctx, dropReceived, lane, removedAtOnce)
		if err != nil || n < removedAtOnce {
			return err
		}
	}
}

const forgetSeen = `DELETE FROM inbox_seen WHERE activity_url IN (
	SELECT activity_url FROM inbox_seen WHERE received_at < $1 ORDER BY received_at LIMIT $2)`

// removedAtOnce bounds what one statement removes, so that nobody waits long
// for it.
const removedAtOnce = 1000

// Forget is part of peer.Inbox.
func (s PeerInbox) Forget(ctx context.Context, before time.Time) error {
	for {
		n, err := s.DB.Exec(ctx, forgetSeen, before, removedAtOnce)
		if err != nil || n < removedAtOnce {
			return err
		}
	}
}
