package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"sepiola/internal/domain/peer"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// PeerServers is the peer.Servers.
type PeerServers struct{ DB *sqldb.DB }

var _ peer.Servers = PeerServers{}

const serverColumns = `id, host, software, software_version, nodeinfo_at, signature, seen_at, failing_since, failures, retry_at`

func scanServer(r sqldb.Row) (*peer.Server, error) {
	s := new(peer.Server)
	var nodeInfo, seen, failing, retry sql.NullTime
	err := r.Scan(&s.ID, &s.Host, &s.Software, &s.SoftwareVersion, &nodeInfo, &s.Signature, &seen, &failing, &s.Failures, &retry)
	s.NodeInfoAt, s.SeenAt, s.FailingSince, s.RetryAt = timeOf(nodeInfo), timeOf(seen), timeOf(failing), timeOf(retry)
	return s, err
}

// timeOf is nil for NULL.
func timeOf(t sql.NullTime) *time.Time {
	if !t.Valid {
		return nil
	}
	return &t.Time
}

// ByHost is part of peer.Servers.
func (s PeerServers) ByHost(ctx context.Context, host string) (*peer.Server, error) {
	v, err := sqldb.One(ctx, s.DB, scanServer, `SELECT `+serverColumns+` FROM servers WHERE host = $1`, host)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.New(errs.NotFound, "server not found")
	}
	return v, err
}

// seenEvery is how often a healthy site's last answer is written.
const seenEvery = time.Minute

// Answered is part of peer.Servers.
func (s PeerServers) Answered(ctx context.Context, host, signature string, at time.Time) error {
	have, err := s.ByHost(ctx, host)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	if err == nil && have.Failures == 0 && have.FailingSince == nil && have.SeenAt != nil && at.Sub(*have.SeenAt) < seenEvery &&
		(signature == "" || signature == have.Signature) {
		return nil
	}
	_, err = s.DB.Exec(ctx, `
		INSERT INTO servers (host, signature, seen_at, created_at, updated_at) VALUES ($1, $2, $3, $3, $3)
		ON CONFLICT (host) DO UPDATE SET seen_at = excluded.seen_at, failing_since = NULL, failures = 0, retry_at = NULL,
			signature = CASE WHEN excluded.signature = '' THEN servers.signature ELSE excluded.signature END`, host, signature, at)
	return err
}

// Heard is part of peer.Servers.
func (s PeerServers) Heard(ctx context.Context, host string, at time.Time) error {
	have, err := s.ByHost(ctx, host)
	if errs.Is(err, errs.NotFound) || err == nil && !have.Failing(at) {
		return nil // most often
	}
	if err != nil {
		return err
	}
	_, err = s.DB.Exec(ctx, `UPDATE servers SET retry_at = NULL, seen_at = $2 WHERE id = $1 AND (seen_at IS NULL OR seen_at <= $3)`,
		have.ID, at, at.Add(-peer.HeardEvery))
	return err
}

// Failed is part of peer.Servers. Requests that were under way together fail
// together: while the site is left alone already, another failure does not
// count.
func (s PeerServers) Failed(ctx context.Context, host string, at time.Time) (v *peer.Server, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		v, err = sqldb.Returning(ctx, s.DB, scanServer, `
			INSERT INTO servers (host, created_at, updated_at) VALUES ($1, $2, $2)
			ON CONFLICT (host) DO UPDATE SET updated_at = excluded.updated_at RETURNING `+serverColumns, host, at)
		if err != nil || v.Failing(at) {
			return err
		}
		v.Failures++
		retry := at.Add(peer.Backoff(v.Failures))
		v.RetryAt = &retry
		if v.FailingSince == nil {
			v.FailingSince = &at
		}
		_, err = s.DB.Exec(ctx, `UPDATE servers SET failures = $2, retry_at = $3, failing_since = $4 WHERE id = $1`, v.ID, v.Failures, retry, *v.FailingSince)
		return err
	})
	return v, err
}

// SetSoftware is part of peer.Servers.
func (s PeerServers) SetSoftware(ctx context.Context, host, software, version string, at time.Time) error {
	_, err := s.DB.Exec(ctx, `
		INSERT INTO servers (host, software, software_version, nodeinfo_at, created_at, updated_at) VALUES ($1, $2, $3, $4, $4, $4)
		ON CONFLICT (host) DO UPDATE SET software = excluded.software, software_version = excluded.software_version, nodeinfo_at = excluded.nodeinfo_at`,
		host, software, version, at)
	return err
}

// deadServers leaves out those of which nothing is left to remove.
const deadServers = `SELECT s.host FROM servers s WHERE s.failing_since IS NOT NULL AND s.failing_since < $1
	AND (EXISTS (SELECT 1 FROM deliveries d WHERE d.host = s.host)
		OR EXISTS (SELECT 1 FROM actors x JOIN actor_follows f ON f.actor_id = x.id WHERE x.server_id = s.id))
	ORDER BY s.failing_since LIMIT $2`

// DeadSince is part of peer.Servers. Hosts with neither deliveries nor
// followers are left out.
func (s PeerServers) DeadSince(ctx context.Context, before time.Time, limit int) ([]string, error) {
	return sqldb.All(ctx, s.DB, sqldb.Value[string], deadServers, before, limit)
}

// Blocked is part of peer.Servers.
func (s PeerServers) Blocked(ctx context.Context, hosts, actorURLs []string) (map[string]bool, error) {
	blocked := map[string]bool{}
	for _, q := range []struct {
		from, column, by string
		values           []string
	}{
		{`servers s JOIN server_blocks b ON b.target_server_id = s.id`, `s.host`, `COALESCE(b.account_id, 0) = 0`, hosts},
		{`actors x JOIN accounts a ON a.actor_id = x.id JOIN account_blocks b ON b.target_account_id = a.id`, `x.url`, `COALESCE(b.account_id, 0) = 0`, actorURLs},
	} {
		for part := range slices.Chunk(q.values, blockedAtOnce) {
			text, args := sqldb.In(sqldb.From(q.from).Where(q.by), q.column, padded(part)).Select(q.column)
			list, err := sqldb.All(ctx, s.DB, sqldb.Value[string], text, args...)
			if err != nil {
				return nil, err
			}
			for _, v := range list {
				blocked[v] = true
			}
		}
	}
	return blocked, nil
}

const blockedAtOnce = 256
