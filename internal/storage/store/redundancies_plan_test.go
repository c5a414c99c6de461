package store

import (
	"strings"
	"testing"

	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

// What this site mirrors is found and summed without reading the mirrors of
// others.
func TestOwnMirrorsHaveAnIndex(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if err := filltest.Fill(t.Context(), db, 3000); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{
			`INSERT INTO video_redundancies (url, video_id, actor_id, base_url, created_at, updated_at, strategy, size, files)
			SELECT 'https://here.example/' || id, id, 1, 'b', created_at, created_at, 'manual', 1, 1 FROM videos WHERE id % 50 = 0`,
			`INSERT INTO video_redundancies (url, video_id, actor_id, base_url, created_at, updated_at)
			SELECT 'https://far.example/' || id, id, 1, 'b', created_at, created_at FROM videos`, `ANALYZE`,
		} {
			if _, err := db.Exec(t.Context(), text); err != nil {
				t.Fatal(err)
			}
		}
		for what, q := range map[string]struct {
			text string
			args []any
		}{
			"that of a video":   {ownMirror, []any{1}},
			"those that follow": {mirrorsAfter, []any{1, 20}},
			"their sums":        {mirrorsUsed, nil},
		} {
			if got := plan(t, db, q.text, q.args); !strings.Contains(got, "video_redundancies_own") {
				t.Errorf("%s:\n%s", what, got)
			}
		}
	})
}
