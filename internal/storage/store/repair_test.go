package store_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/redundancy"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
	"sepiola/internal/storage/store/filltest"
)

// TestWhatWasKeptBeforeItWasCheckedIsRepaired has rows as others could once
// make them, and the migration that is done about them.
func TestWhatWasKeptBeforeItWasCheckedIsRepaired(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		if err := filltest.FillBeside(t.Context(), db, 4, 2); err != nil {
			t.Fatal(err)
		}
		least, late := int64(math.MinInt64), "10000-01-01 11:59:59+00:00"
		if db.Dialect == sqldb.Postgres {
			least, late = math.MinInt32, "10000-01-01 11:59:59"
		}
		m := mirroring{t, db, store.Redundancies{DB: db}, &store.Videos{DB: db}}
		far := sqldb.Now().AddDate(5000, 0, 0)
		by, err := sqldb.One(t.Context(), db, sqldb.Value[actor.ID], `SELECT MAX(id) FROM actors`)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.put(by, "mirrors.test", 1, func(it *redundancy.Mirror) { it.ExpiresAt = sqldb.Now().Add(time.Hour) }); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			text string
			args []any
		}{
			{`INSERT INTO video_sessions (video_id, started_at, seen_at, watch_time, counted_watch) VALUES (1, 1000, 2000, $1, $1)`, []any{least}},
			{`INSERT INTO video_sessions (video_id, started_at, seen_at, watch_time) VALUES (1, 1000, 2000, 30)`, nil},
			{`UPDATE videos SET duration = $1 WHERE id = 3`, []any{least}},
			{`UPDATE videos SET originally_published_at = '` + late + `', input_file_updated_at = '` + late + `', updated_at = '` + late + `' WHERE id = 3`, nil},
			{`UPDATE videos SET originally_published_at = $1, updated_at = $1, remote = TRUE WHERE id = 4`, []any{far}},
			{`UPDATE video_redundancies SET expires_at = '` + late + `'`, nil},
			{`DELETE FROM goose_db_version WHERE version_id >= 36`, nil},
		} {
			if _, err := db.Exec(t.Context(), c.text, c.args...); err != nil {
				t.Fatal(c.text, err)
			}
		}
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n, watched, err := (store.Views{DB: db}).Totals(t.Context(), 1, 0, 1<<40); err != nil || n != 2 || watched != 30 {
			t.Errorf("%d viewers who watched %d s: %v", n, watched, err)
		}
		for _, id := range []video.ID{3, 4} {
			v, err := m.vs.ByRef(t.Context(), video.Ref{ID: id})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := json.Marshal(v.UpdatedAt); err != nil || v.UpdatedAt.After(sqldb.Now()) || v.Duration < 0 {
				t.Errorf("%d: %d s, changed at %v %v", id, v.Duration, v.UpdatedAt, err)
			}
			if known := v.OriginallyPublishedAt != nil; known != (id == 4) || v.InputFileUpdatedAt != nil {
				t.Errorf("%d: published %v, file of %v", id, v.OriginallyPublishedAt, v.InputFileUpdatedAt)
			}
		}
		it, err := m.s.ByURL(t.Context(), "https://mirrors.test/redundancy/streaming-playlists/hls/1")
		if err != nil || !it.ExpiresAt.IsZero() {
			t.Errorf("the mirror: %+v %v", it, err)
		}
	})
}
