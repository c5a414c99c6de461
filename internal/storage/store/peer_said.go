package store

import (
	"context"
	"slices"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/peer"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// Once records that an intent of this site was told and reports whether it is
// the first time. It is kept as long as what was received is.
func (s PeerOutbox) Once(ctx context.Context, key string, at time.Time) (bool, error) {
	n, err := s.DB.Exec(ctx, `INSERT INTO inbox_seen (activity_url, received_at) VALUES ($1, $2) ON CONFLICT DO NOTHING`, "said:"+key, at)
	return n > 0, err
}

const sharersOf = `WITH sharers AS (
		SELECT DISTINCT h.actor_id FROM video_channels c JOIN videos v ON v.channel_id = c.id JOIN video_shares h ON h.video_id = v.id
		WHERE c.account_id = $1 OR c.id = $2
	)
	SELECT ` + inboxColumns + ` FROM (
		SELECT h.actor_id FROM sharers h
		UNION
		SELECT f.actor_id FROM sharers h JOIN actor_follows f ON f.target_actor_id = h.actor_id AND f.state = 'accepted'
	) p JOIN actors x ON x.id = p.actor_id JOIN servers s ON s.id = x.server_id
	WHERE ` + heard

// SharersOf returns the inboxes of those on other sites who announced a video
// of an account, or of a channel, and of the followers of all who did: among
// these are those of this site.
func (s PeerAudience) SharersOf(ctx context.Context, account actor.AccountID, channel actor.ChannelID) ([]peer.Inboxes, error) {
	return sqldb.All(ctx, s.DB, scanInbox, sharersOf, account, channel)
}

// Software returns what hosts run, by host; those that are not known are left
// out.
func (s PeerAudience) Software(ctx context.Context, hosts []string) (map[string]string, error) {
	m := make(map[string]string, len(hosts))
	for part := range slices.Chunk(hosts, audienceAtOnce) {
		text, args := sqldb.In(sqldb.From(`servers s`).Where(`s.software <> ''`), `s.host`, padded(part)).Select(`s.host, s.software`)
		list, err := sqldb.All(ctx, s.DB, func(r sqldb.Row) (v [2]string, err error) { return v, r.Scan(&v[0], &v[1]) }, text, args...)
		if err != nil {
			return nil, err
		}
		for _, v := range list {
			m[v[0]] = v[1]
		}
	}
	return m, nil
}

// Alone reports whether this site knows of no other: nobody can hear it.
func (s PeerAudience) Alone(ctx context.Context) (bool, error) {
	known, err := sqldb.One(ctx, s.DB, sqldb.Value[bool], `SELECT EXISTS (SELECT 1 FROM servers)`)
	return !known, err
}

// bury buries what a SELECT of addresses returns; at is its first argument.
func (s PeerTombstones) bury(ctx context.Context, formerType, from string, at time.Time, args ...any) error {
	_, err := s.DB.Exec(ctx, `INSERT INTO tombstones (url, former_type, deleted_at) SELECT o.url, '`+formerType+`', $1 FROM `+from+
		` ON CONFLICT (url) DO NOTHING`, append([]any{at}, args...)...)
	return err
}

// What others may know of a video: the private ones were told to nobody.
const openVideo = `v.remote = FALSE AND v.privacy IN (1, 2)`

// BuryVideo buries a video and what was said under it here.
func (s PeerTombstones) BuryVideo(ctx context.Context, id video.ID, at time.Time) error {
	if err := s.bury(ctx, "Note", `comments o WHERE o.video_id = $2 AND o.remote = FALSE`, at, id); err != nil {
		return err
	}
	return s.bury(ctx, "Video", `videos o WHERE o.id = $2`, at, id)
}

// BuryChannel buries a channel with its videos and what was said under these
// here.
func (s PeerTombstones) BuryChannel(ctx context.Context, id actor.ChannelID, at time.Time) error {
	for formerType, from := range map[string]string{
		"Note":  `comments o JOIN videos v ON v.id = o.video_id WHERE v.channel_id = $2 AND o.remote = FALSE AND ` + openVideo,
		"Video": `videos o JOIN videos v ON v.id = o.id WHERE v.channel_id = $2 AND ` + openVideo,
		"Group": `actors o JOIN video_channels c ON c.actor_id = o.id WHERE c.id = $2`,
	} {
		if err := s.bury(ctx, formerType, from, at, id); err != nil {
			return err
		}
	}
	return nil
}

// BuryAccount buries an account with what it said; its channels are buried on
// their own.
func (s PeerTombstones) BuryAccount(ctx context.Context, id actor.AccountID, at time.Time) error {
	if err := s.bury(ctx, "Note", `comments o WHERE o.account_id = $2 AND o.remote = FALSE`, at, id); err != nil {
		return err
	}
	return s.bury(ctx, "Person", `actors o JOIN accounts a ON a.actor_id = o.id WHERE a.id = $2`, at, id)
}

// PeerShares keeps who announced what.
type PeerShares struct{ DB *sqldb.DB }

// Share records that an actor announced a video; twice is once.
func (s PeerShares) Share(ctx context.Context, by actor.ID, id video.ID, url string, at time.Time) error {
	_, err := s.DB.Exec(ctx, `INSERT INTO video_shares (actor_id, video_id, url, created_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (video_id, actor_id) DO UPDATE SET url = excluded.url, created_at = excluded.created_at`, by, id, url, at)
	return err
}

// FirstShare is Share, unless the actor has announced the video already, which
// it reports.
func (s PeerShares) FirstShare(ctx context.Context, by actor.ID, id video.ID, url string, at time.Time) (bool, error) {
	n, err := s.DB.Exec(ctx, `INSERT INTO video_shares (actor_id, video_id, url, created_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (video_id, actor_id) DO NOTHING`, by, id, url, at)
	return n > 0, err
}

// Unshare removes what an actor announced of a video, or all did (by 0), and
// returns the id of the announcement, "" for none or several.
func (s PeerShares) Unshare(ctx context.Context, by actor.ID, id video.ID) (string, error) {
	if by == 0 {
		_, err := s.DB.Exec(ctx, `DELETE FROM video_shares WHERE video_id = $1`, id)
		return "", err
	}
	url, err := sqldb.Returning(ctx, s.DB, sqldb.Value[string], `DELETE FROM video_shares WHERE video_id = $1 AND actor_id = $2 RETURNING url`, id, by)
	if errs.Is(err, errs.NotFound) {
		return "", nil
	}
	return url, err
}
