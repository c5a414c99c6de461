package filltest_test

import (
	"testing"

	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

func TestFillMakesWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		if err := filltest.Fill(t.Context(), db, 501); err != nil {
			t.Fatal(err)
		}
		for query, want := range map[string]int{
			`SELECT count(*) FROM videos`:                             501,
			`SELECT count(*) FROM video_files`:                        501 * 4,
			`SELECT count(*) FROM thumbnails`:                         501 * 4,
			`SELECT count(*) FROM video_tags`:                         501 * 3,
			`SELECT count(*) FROM video_channels`:                     3,
			`SELECT count(*) FROM videos WHERE uuid = '` + uuid + `'`: 1,
		} {
			if got, err := sqldb.One(t.Context(), db, sqldb.Value[int], query); err != nil || got != want {
				t.Errorf("%s: got %d, %v; want %d", query, got, err, want)
			}
		}
		// The next id is free.
		if _, err := db.Exec(t.Context(), `INSERT INTO tags (name, folded) VALUES ('new', 'new')`); err != nil {
			t.Error(err)
		}
	})
}

func TestACrowdIsAsLargeAsAskedFor(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		if err := filltest.Fill(t.Context(), db, 501); err != nil {
			t.Fatal(err)
		}
		if err := (filltest.Crowd{People: 40, History: 400, Notifications: 800}).Add(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		for query, want := range map[string]int{
			`SELECT count(*) FROM accounts`:                                         40,
			`SELECT count(*) FROM sessions`:                                         40,
			`SELECT count(*) FROM user_video_history WHERE user_id = 7`:             10,
			`SELECT total FROM notification_counts WHERE user_id = 7 AND type = 1`:  13,
			`SELECT count(*) FROM notifications WHERE user_id = 7 AND read = FALSE`: 2,
			`SELECT count(*) FROM actor_follows WHERE actor_id = 1`:                 1,
		} {
			if got, err := sqldb.One(t.Context(), db, sqldb.Value[int], query); err != nil || got != want {
				t.Errorf("%s: got %d, %v; want %d", query, got, err, want)
			}
		}
	})
}

var uuid = filltest.UUID(501)

func BenchmarkFill(b *testing.B) {
	for b.Loop() {
		if err := filltest.Fill(b.Context(), sqldbtest.SQLite(b), 5000); err != nil {
			b.Fatal(err)
		}
	}
}

func TestRemoteVideosStandBesideLocalOnes(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		if err := filltest.FillBeside(t.Context(), db, 1000, 400); err != nil {
			t.Fatal(err)
		}
		for query, want := range map[string]int{
			`SELECT count(*) FROM videos WHERE remote = TRUE`:                                                                   600,
			`SELECT count(*) FROM videos WHERE remote = TRUE AND url LIKE 'https://far.example/%' AND refreshed_at IS NOT NULL`: 600,
			`SELECT count(*) FROM actors WHERE server_id IS NOT NULL`:                                                           6,
			`SELECT count(*) FROM users`:                                                                                        2,
		} {
			if got, err := sqldb.One(t.Context(), db, sqldb.Value[int], query); err != nil || got != want {
				t.Errorf("%s: got %d, %v; want %d", query, got, err, want)
			}
		}
	})
}
