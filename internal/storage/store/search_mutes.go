package store

import (
	"context"
	"strconv"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// mutedAccounts is a query of the accounts that the site has muted, with those
// of one account when by is not 0: muted ones, and all of muted sites.
func mutedAccounts(by actor.AccountID) (text string, args []any) {
	who := `b.account_id IS NULL`
	if by != 0 {
		who, args = `(b.account_id IS NULL OR b.account_id = ?)`, []any{by, by}
	}
	return `SELECT b.target_account_id FROM account_blocks b WHERE ` + who + `
		UNION ALL
		SELECT ma.id FROM server_blocks b JOIN actors mx ON mx.server_id = b.target_server_id JOIN accounts ma ON ma.actor_id = mx.id WHERE ` + who, args
}

// mutedChannels is a query of the channels of mutedAccounts.
func mutedChannels(by actor.AccountID) (text string, args []any) {
	text, args = mutedAccounts(by)
	return `SELECT mc.id FROM video_channels mc WHERE mc.account_id IN (` + text + `)`, args
}

// whereUnmuted leaves out the videos of muted channels.
func whereUnmuted(q *sqldb.Query, by actor.AccountID) {
	text, args := mutedChannels(by)
	q.Where(`v.channel_id NOT IN (`+text+`)`, args...)
}

// videoMutes remembers for answerLife whether there is anything that somebody
// has muted: mostly there is not, and then lists need not ask.
type videoMutes = videoAnswers[bool]

// query is videoQuery without what is muted, or comes from nobody whom the site
// follows.
func (s *Videos) query(ctx context.Context, p video.ListParams) (*sqldb.Query, error) {
	q := videoQuery(p)
	if p.HideMuted {
		if muted, err := s.anyMuted(ctx, p.MutedBy); err != nil {
			return nil, err
		} else if muted {
			whereUnmuted(q, p.MutedBy)
		}
	}
	if p.OnlyFollowed {
		if some, err := s.anyUnfollowed(ctx); err != nil {
			return nil, err
		} else if some {
			whereFollowed(q)
		}
	}
	return q, nil
}

func (s *Videos) anyMuted(ctx context.Context, by actor.AccountID) (bool, error) {
	key := strconv.FormatInt(int64(by), 10)
	some, ok, gen := s.mutes.get(key)
	if ok && s.DB.Tx(ctx) == nil {
		return some, nil
	}
	some, err := sqldb.One(ctx, s.DB, sqldb.Value[bool], `
		SELECT EXISTS (SELECT 1 FROM account_blocks WHERE account_id IS NULL) OR EXISTS (SELECT 1 FROM account_blocks WHERE account_id = $1)
			OR EXISTS (SELECT 1 FROM server_blocks WHERE account_id IS NULL) OR EXISTS (SELECT 1 FROM server_blocks WHERE account_id = $1)`, by)
	if err == nil {
		s.mutes.put(key, some, gen)
	}
	return some, err
}

// Changes counts what changed of videos on this node: who remembers what was
// found forgets it when the number is another.
func (s *Videos) Changes() int {
	s.pages.mu.RLock()
	defer s.pages.mu.RUnlock()
	return s.pages.gen
}

// MutesChanged makes lists ask again what is muted, once the transaction of
// ctx is committed. Whoever mutes or unmutes calls it.
func (s *Videos) MutesChanged(ctx context.Context) {
	s.DB.AfterCommit(ctx, func(context.Context) { s.mutes.forget() })
}
