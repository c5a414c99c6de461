package store

import (
	"strings"
	"testing"

	"sepiola/internal/domain/user"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
)

// What waits is counted on each page of moderators: of however many that were
// answered, nothing is read.
func TestWaitingRegistrationsAreCountedByIndex(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if _, err := db.Exec(t.Context(), `INSERT INTO user_registrations (state, username, email, email_folded, password_hash, created_at, updated_at)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
			SELECT 3, 'u' || i, 'e' || i, 'e' || i, 'h', $1, $1 FROM n`, sqldb.Now()); err != nil {
			t.Fatal(err)
		}
		if db.Dialect == sqldb.Postgres {
			if _, err := db.Exec(t.Context(), `ANALYZE user_registrations`); err != nil {
				t.Fatal(err)
			}
		}
		if got := plan(t, db, waitingRegistrations, []any{user.MostWaiting}); !strings.Contains(got, "user_registrations_pending_") {
			t.Errorf("without the index of what waits:\n%s", got)
		}
	})
}
