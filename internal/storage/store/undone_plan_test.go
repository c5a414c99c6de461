package store

import (
	"strings"
	"testing"

	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

// What others take back by its id is found by that: one of their accounts may
// have rated, and one of their sites followed, very much.
func TestWhatIsUndoneByItsIDHasAnIndex(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if err := filltest.Fill(t.Context(), db, 3000); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{
			`INSERT INTO video_rates (account_id, video_id, type, url, created_at, updated_at)
			SELECT 1, id, 'like', 'https://far.example/likes/' || id, created_at, created_at FROM videos`,
			`INSERT INTO actors (type, preferred_username, url, inbox_url, public_key, created_at, updated_at)
			SELECT 'Person', 'u' || id, 'https://far.example/u/' || id, 'i', '', created_at, created_at FROM videos`,
			`INSERT INTO actor_follows (actor_id, target_actor_id, state, url, created_at, updated_at)
			SELECT 1, id, 'accepted', 'https://far.example/follows/' || id, created_at, created_at FROM actors WHERE id <> 1`, `ANALYZE`,
		} {
			if _, err := db.Exec(t.Context(), text); err != nil {
				t.Fatal(err)
			}
		}
		for what, it := range map[string]struct{ text, sqlite, postgres string }{
			"a rating": {rateByURL, "sqlite_autoindex_video_rates_1 (url=?)", "video_rates_url_key"},
			"a follow": {followByURL, "sqlite_autoindex_actor_follows_1 (url=?)", "actor_follows_url_key"},
		} {
			index := it.sqlite
			if db.Dialect == sqldb.Postgres {
				index = it.postgres
			}
			if got := plan(t, db, it.text, []any{"https://far.example/likes/1", 1}); !strings.Contains(got, index) {
				t.Errorf("%s: does not use %s:\n%s", what, index, got)
			}
		}
	})
}
