package store

import (
	"context"
	"testing"
	"time"

	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

// Two who begin to follow each other at once do not wait for each other for
// ever: a follow takes the rows whose counters it changes in one order, so one
// that waits for the first row holds nothing that somebody else waits for.
func TestFollowsCountInOneOrder(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Postgres(t) // SQLite has one writer
	if err := filltest.Fill(t.Context(), db, 1000); err != nil {
		t.Fatal(err)
	}
	s := Follows{DB: db}
	low, high := personActor(1), personActor(2)
	done := make(chan error, 1)
	if err := db.InTx(t.Context(), func(ctx context.Context) error {
		if _, err := db.Exec(ctx, `UPDATE actors SET followers_count = followers_count WHERE id = $1`, low); err != nil {
			return err
		}
		go func() {
			_, err := s.Create(t.Context(), newFollow(low, high, sqldb.Now()))
			done <- err
		}()
		for waiting := 0; waiting == 0; time.Sleep(5 * time.Millisecond) {
			if err := t.Context().Err(); err != nil {
				return err
			}
			var err error
			if waiting, err = sqldb.One(t.Context(), db, sqldb.Value[int],
				`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`); err != nil {
				return err
			}
		}
		// Whoever follows the other way holds the first row and takes this.
		_, err := sqldb.One(ctx, db, sqldb.Value[int64], `SELECT id FROM actors WHERE id = $1 FOR NO KEY UPDATE NOWAIT`, high)
		return err
	}); err != nil {
		t.Errorf("the other's row: %v", err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := [2][2]int{counts(t, db, low), counts(t, db, high)}; got != [2][2]int{{0, 1}, {1, 0}} {
		t.Errorf("counts: got %v", got)
	}
}
