package store

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

// TestKeptSessionsAreThoseThatAre changes each table that holders of tokens are
// read from, by statements that no store knows of, and compares with somebody
// who keeps nothing.
func TestKeptSessionsAreThoseThatAre(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		if err := filltest.Fill(ctx, db, 20); err != nil {
			t.Fatal(err)
		}
		if err := (filltest.Crowd{People: 3}).Add(ctx, db); err != nil {
			t.Fatal(err)
		}
		s, fresh := Sessions{DB: db, Kept: new(KeptSessions)}, Sessions{DB: db}
		if err := s.Kept.Keep(ctx, db); err != nil {
			t.Fatal(err)
		}
		untilAlone(t, db)
		hashes := []string{user.Hash(filltest.Token(1)), user.Hash(filltest.Token(2)), user.Hash("nobody's")}
		for _, change := range []string{
			`UPDATE users SET blocked = TRUE, blocked_reason = 'x' WHERE username = (SELECT username FROM users WHERE id = (SELECT user_id FROM sessions WHERE access_hash = '` + hashes[0] + `'))`,
			`UPDATE users SET preferences = '{"Language":"fr","VideoLanguages":["fr","de"]}', notification_settings = '{"newFollow":3,"newVideoFromSubscription":0}'`,
			`UPDATE sessions SET last_activity_at = '2026-01-01 00:00:00+00:00'`,
			`UPDATE sessions SET access_hash = 'another' WHERE access_hash = '` + hashes[1] + `'`,
			`DELETE FROM sessions WHERE access_hash = '` + hashes[0] + `'`,
		} {
			for _, hash := range hashes { // that they are kept
				_, _, _ = s.Identify(ctx, hash)
			}
			if n := len(s.Kept.byToken.m); (n > 0) != (db.Dialect == sqldb.SQLite) {
				t.Errorf("before %q: %d are kept", change, n)
			}
			if _, err := db.Exec(ctx, change); err != nil {
				t.Fatalf("%s: %v", change, err)
			}
			for i, hash := range hashes {
				wantSession, wantUser, wantErr := fresh.Identify(ctx, hash)
				for range 2 {
					session, u, err := s.Identify(ctx, hash)
					if errs.Is(err, errs.NotFound) != errs.Is(wantErr, errs.NotFound) {
						t.Errorf("%d after %q: %v, want %v", i, change, err, wantErr)
						continue
					}
					if diff := cmp.Diff(wantSession, session) + cmp.Diff(wantUser, u); diff != "" {
						t.Errorf("%d after %q (-want +got):\n%s", i, change, diff)
					}
				}
			}
		}
	})
}

func TestHoldersArePacked(t *testing.T) {
	t.Parallel()
	whole, n := holder{}, 0
	filled(reflect.ValueOf(&whole).Elem(), &n)
	for name, v := range map[string]holder{
		"a whole one": whole, "one of which nothing is known": {}, "no settings": {User: user.User{Notifications: map[string]int{}}},
	} {
		var got holder
		packed := holderPacker.pack(&v)
		if err := holderPacker.unpack(packed, &got); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(v, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		for cut := range packed {
			if err := holderPacker.unpack(packed[:cut], new(holder)); err == nil {
				t.Errorf("%s: %d bytes of %d are taken for all", name, cut, len(packed))
			}
		}
	}
}
