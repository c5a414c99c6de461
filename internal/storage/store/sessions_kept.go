package store

import (
	"context"
	"reflect"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/storage/sqldb"
)

// maxKeptSessions bounds who is kept by access token, in bytes: some 8,000.
const maxKeptSessions = 5 << 20

// holderTables are those that a holder is read from, with the column that says
// of which user a row is. The account of a user stays the same for good; most
// rows of accounts are of other sites' people, and would be anybody's.
var holderTables = map[string]string{"sessions": "user_id", "users": "id"}

// holder is who holds an access token, and what Identify tells of the session.
type holder struct {
	Session                         int64
	Kind                            user.SessionKind
	AccessExpiresAt, LastActivityAt time.Time
	User                            user.User
}

var holderPacker = newPacker(reflect.TypeFor[holder]())

// KeptSessions keeps who holds which access token until something of them
// changes: a session that is ended, or a user who is blocked, is read again.
type KeptSessions struct{ byToken keptUntil[string, holder] }

// Keep begins to keep, where each change is heard of (see Videos.KeepDetails).
// It is called once, before requests come, when the database's tables are there.
func (k *KeptSessions) Keep(ctx context.Context, db *sqldb.DB) error {
	on, err := db.Watch(ctx, sqldb.Watch{Keys: holderTables, Changed: k.byToken.forget})
	if on && err == nil {
		k.byToken.most.Store(maxKeptSessions)
	}
	return err
}

// holder returns who holds an access token, for the caller alone.
func (s Sessions) holder(ctx context.Context, access string) (*holder, error) {
	if s.Kept == nil {
		return s.readHolder(ctx, access)
	}
	found, err := keptOrReadAll(ctx, s.DB, &s.Kept.byToken, holderPacker, []string{access},
		func(ctx context.Context, tokens []string) (map[string]*holder, error) {
			id, err := s.readHolder(ctx, tokens[0])
			return map[string]*holder{tokens[0]: id}, err
		},
		func(id *holder) [2]int64 { return [2]int64{int64(id.User.ID)} })
	return found[access], err
}
