package sqldbtest

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"sepiola/internal/storage/sqldb"
)

// A test that gets a copy must see what a site sees that starts for the first
// time.
func TestCopiesHaveWhatMigrationsMake(t *testing.T) {
	migrate := func(ctx context.Context, db *sqldb.DB) error { return db.Migrate(ctx) }
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		const names = `SELECT type || ' ' || name || coalesce(sql, '') FROM sqlite_master ORDER BY 1`
		sameNames(t, names, open(t, filepath.Join(t.TempDir(), "new.db"), migrate), SQLite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		const names = `SELECT table_name || ' ' || column_name || ' ' || data_type FROM information_schema.columns WHERE table_schema = 'public'
			UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1`
		sameNames(t, names, open(t, PostgresURL(t), migrate), Postgres(t))
	})
}

func sameNames(t *testing.T, query string, migrated, copied *sqldb.DB) {
	t.Helper()
	want, err := sqldb.All(t.Context(), migrated, sqldb.Value[string], query)
	if err != nil {
		t.Fatal(err)
	}
	got, err := sqldb.All(t.Context(), copied, sqldb.Value[string], query)
	if err != nil {
		t.Fatal(err)
	}
	if len(want) < 100 || !slices.Equal(got, want) {
		t.Errorf("a copy has %d tables, columns and indexes, migrations make %d:\n%q\n%q", len(got), len(want), got, want)
	}
}
