package store

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/actor"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

// Accounts and channels that are kept are those that the database has, after
// each change by statements that no store knows of.
func TestKeptActorsAreThoseThatAre(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		if err := filltest.Fill(ctx, db, 1000); err != nil {
			t.Fatal(err)
		}
		s, direct := keeping(t, db), Actors{DB: db}
		accounts, channels := []actor.AccountID{1, 2, 3, 99}, []actor.ChannelID{1, 2, 3, 99}
		for _, change := range []string{
			`UPDATE actors SET followers_count = 7 WHERE id = 1`,
			`UPDATE actors SET preferred_username = 'renamed' WHERE id = 2`,
			`UPDATE accounts SET name = 'Another name' WHERE id = 1`, // which owns channel 1
			`UPDATE video_channels SET name = 'Another channel', support = 'x' WHERE id = 1`,
			`INSERT INTO actor_images (actor_id, type, filename, width, height, created_at, updated_at) VALUES (1, 1, 'a.png', 120, 120, '2026-01-01', '2026-01-01')`,
			`UPDATE actor_images SET actor_id = 3 WHERE actor_id = 1`,
			`DELETE FROM actor_images`,
			`UPDATE video_channels SET account_id = 3 WHERE id = 1`,
			`DELETE FROM actors WHERE id = 4`, // channel 2
		} {
			for range 2 { // read, and then kept
				if _, err := s.readAccounts(ctx, accounts); err != nil {
					t.Fatal(err)
				}
				if _, err := s.readChannels(ctx, channels); err != nil {
					t.Fatal(err)
				}
			}
			if kept := len(s.keptAccounts.m) + len(s.keptChannels.m); (kept == 0) != (db.Dialect == sqldb.Postgres) {
				t.Fatalf("%d are kept", kept)
			}
			if _, err := db.Exec(ctx, change); err != nil {
				t.Fatal(change, err)
			}
			gotA, err := s.readAccounts(ctx, accounts)
			if err != nil {
				t.Fatal(err)
			}
			gotC, err := s.readChannels(ctx, channels)
			if err != nil {
				t.Fatal(err)
			}
			wantA, err := direct.Accounts(ctx, accounts)
			if err != nil {
				t.Fatal(err)
			}
			wantC, err := direct.Channels(ctx, channels)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(wantA, gotA) + cmp.Diff(wantC, gotC); d != "" {
				t.Errorf("%s:\n%s", change, d)
			}
		}
	})
}

// However many are read, no more is kept than may be.
func TestKeptActorsAreBounded(t *testing.T) {
	t.Parallel()
	var k keptUntil[actor.AccountID, actor.Account]
	const most = 100_000
	k.most.Store(most)
	of := func(a *actor.Account) [2]int64 { return [2]int64{int64(a.ID)} }
	for i := range 2000 {
		a := &actor.Account{AccountID: actor.AccountID(i), DisplayName: fmt.Sprintf("%0200d", i)}
		a.ID = actor.ID(i % 50)
		k.put(accountPacker, map[actor.AccountID]*actor.Account{a.AccountID: a}, of, 0)
		if k.bytes > most {
			t.Fatalf("%d bytes are kept", k.bytes)
		}
	}
	if len(k.m) < 100 {
		t.Errorf("only %d are kept", len(k.m))
	}
	for i := range 50 {
		k.forget([]int64{int64(i)}, false)
	}
	k.remove(0) // of no actor
	for key := range k.m {
		if key%50 != 0 {
			t.Errorf("account %d is kept although its actor changed", key)
		}
	}
	k.forget(nil, true)
	if k.bytes != 0 || len(k.m)+len(k.by) != 0 {
		t.Errorf("in the end %d bytes are kept, %d, by %d", k.bytes, len(k.m), len(k.by))
	}
	k.put(accountPacker, map[actor.AccountID]*actor.Account{1: {}}, of, 0)
	if len(k.m) != 0 {
		t.Error("what was read before a change is kept after it")
	}
}
