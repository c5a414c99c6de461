package store

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/peer"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// PeerAudience is the peer.Audience.
type PeerAudience struct{ DB *sqldb.DB }

var _ peer.Audience = PeerAudience{}

// Where actors x are reached, without those that the site has muted.
const (
	inboxColumns = `DISTINCT s.host, COALESCE(NULLIF(x.shared_inbox_url, ''), x.inbox_url)`
	inboxTables  = `actors x JOIN servers s ON s.id = x.server_id`
	heard        = `NOT EXISTS (SELECT 1 FROM server_blocks b WHERE COALESCE(b.account_id, 0) = 0 AND b.target_server_id = x.server_id)
		AND NOT EXISTS (SELECT 1 FROM accounts a JOIN account_blocks b ON b.target_account_id = a.id AND COALESCE(b.account_id, 0) = 0
			WHERE a.actor_id = x.id)`
)

func scanInbox(r sqldb.Row) (in peer.Inboxes, err error) { return in, r.Scan(&in.Host, &in.URL) }

// audienceAtOnce bounds the actors of one query.
const audienceAtOnce = 256

// Followers is part of peer.Audience.
func (s PeerAudience) Followers(ctx context.Context, of []actor.ID) ([]peer.Inboxes, error) {
	return s.each(ctx, of, followerInboxes)
}

func followerInboxes(of []actor.ID) (string, []any) {
	return sqldb.In(sqldb.From(`actor_follows f JOIN actors x ON x.id = f.actor_id JOIN servers s ON s.id = x.server_id`).
		Where(`f.state = 'accepted'`).Where(heard), `f.target_actor_id`, padded(of)).Select(inboxColumns)
}

// Actors is part of peer.Audience.
func (s PeerAudience) Actors(ctx context.Context, ids []actor.ID) ([]peer.Inboxes, error) {
	return s.each(ctx, ids, actorInboxes)
}

func actorInboxes(ids []actor.ID) (string, []any) {
	return sqldb.In(sqldb.From(inboxTables).Where(heard), `x.id`, padded(ids)).Select(inboxColumns)
}

// each asks for some actors at a time, and returns distinct inboxes.
func (s PeerAudience) each(ctx context.Context, ids []actor.ID, query func([]actor.ID) (string, []any)) ([]peer.Inboxes, error) {
	list, seen := []peer.Inboxes{}, map[string]bool{}
	for part := range slices.Chunk(ids, audienceAtOnce) {
		text, args := query(part)
		some, err := sqldb.All(ctx, s.DB, scanInbox, text, args...)
		if err != nil {
			return nil, err
		}
		for _, in := range some {
			if !seen[in.URL] {
				seen[in.URL] = true
				list = append(list, in)
			}
		}
	}
	return list, nil
}

const sharerInboxes = `SELECT ` + inboxColumns + ` FROM (
		SELECT v.actor_id FROM video_shares v WHERE v.video_id = $1
		UNION
		SELECT f.actor_id FROM video_shares v JOIN actor_follows f ON f.target_actor_id = v.actor_id AND f.state = 'accepted' WHERE v.video_id = $1
	) p JOIN actors x ON x.id = p.actor_id JOIN servers s ON s.id = x.server_id
	WHERE ` + heard

// Sharers is part of peer.Audience.
func (s PeerAudience) Sharers(ctx context.Context, video int64) ([]peer.Inboxes, error) {
	return sqldb.All(ctx, s.DB, scanInbox, sharerInboxes, video)
}

// PeerTombstones is the peer.Tombstones.
type PeerTombstones struct{ DB *sqldb.DB }

var _ peer.Tombstones = PeerTombstones{}

// Bury is part of peer.Tombstones. What is buried already stays as it is.
func (s PeerTombstones) Bury(ctx context.Context, url, formerType string, at time.Time) error {
	return s.BuryAll(ctx, []string{url}, formerType, at)
}

// BuryAll buries several ids of one type.
func (s PeerTombstones) BuryAll(ctx context.Context, urls []string, formerType string, at time.Time) error {
	for part := range slices.Chunk(urls, peerRows) {
		args := []any{formerType, at}
		var b strings.Builder
		for i, url := range part {
			args = append(args, url)
			b.WriteString(comma(i) + `($` + strconv.Itoa(len(args)) + `, $1, $2)`)
		}
		if _, err := s.DB.Exec(ctx, `INSERT INTO tombstones (url, former_type, deleted_at) VALUES `+b.String()+
			` ON CONFLICT (url) DO NOTHING`, args...); err != nil {
			return err
		}
	}
	return nil
}

// Unbury is part of peer.Tombstones.
func (s PeerTombstones) Unbury(ctx context.Context, url string) error {
	_, err := s.DB.Exec(ctx, `DELETE FROM tombstones WHERE url = $1`, url)
	return err
}

// Buried is part of peer.Tombstones.
func (s PeerTombstones) Buried(ctx context.Context, url string) (formerType string, at time.Time, err error) {
	type grave struct {
		formerType string
		at         time.Time
	}
	g, err := sqldb.One(ctx, s.DB, func(r sqldb.Row) (g grave, err error) { return g, r.Scan(&g.formerType, &g.at) },
		`SELECT former_type, deleted_at FROM tombstones WHERE url = $1`, url)
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "nothing is buried under this address")
	}
	return g.formerType, g.at, err
}
