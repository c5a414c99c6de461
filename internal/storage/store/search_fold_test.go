package store_test

import (
	"testing"

	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

// One's own videos, history and playlists are found as everything else is:
// without accents, in each way a word is written. What was written before that
// is found once the job has been there.
func TestOwnListsAreSearchedInAllWaysOfWriting(t *testing.T) {
	eachVideos(t, 10, func(t *testing.T, db *sqldb.DB, videos *store.Videos) {
		playlists := playlistService(db, videos)
		name := map[string]string{"Die Müllabfuhr": "mullabfuhr", "زجاجة": "زجاجه", "Stra\u00dfe": "STRASSE", "スシ": "すし", "Łódź 50% off": "lodz 50%"}
		exec(t, db, `DELETE FROM search_stale`)
		id := video.ID(0)
		for title := range name {
			id++
			v, err := videos.ByRef(t.Context(), video.ByID(id))
			if err != nil {
				t.Fatal(err)
			}
			v.Name, v.Privacy, v.Tags = title, video.Private, []string{"über"}
			if err := videos.Update(t.Context(), v); err != nil {
				t.Fatal(err)
			}
			exec(t, db, `INSERT INTO user_video_history (user_id, video_id, position, created_at, updated_at) VALUES (1, $1, 1, $2, $2)`, id, sqldb.Now())
			if _, err := playlists.Create(t.Context(), person1(), playlist.Changes{Name: &title}); err != nil {
				t.Fatal(err)
			}
		}
		found := func(text string) (n [3]int) {
			list, _, err := videos.List(t.Context(), video.ListParams{Filter: video.Filter{Search: text}, Count: 100})
			if err != nil {
				t.Fatal(err)
			}
			n[0] = len(list)
			list, _, err = (store.History{Videos: videos}).History(t.Context(), view.HistoryParams{User: 1, Account: 1, Search: text, Count: 100})
			if err != nil {
				t.Fatal(err)
			}
			n[1] = len(list)
			own, _, err := (&store.Playlists{DB: db, Videos: videos}).List(t.Context(), playlist.ListParams{Search: text, AllPrivacies: true, Account: 1, Count: 100})
			if err != nil {
				t.Fatal(err)
			}
			n[2] = len(own)
			return n
		}
		all := func(what string, want [3]int) {
			t.Helper()
			if err := videos.Touch(t.Context(), 10); err != nil { // lists are kept for a moment
				t.Fatal(err)
			}
			for title, other := range name {
				for _, text := range []string{title, other} {
					if got := found(text); got != want {
						t.Errorf("%s: %q: found %v, want %v", what, text, got, want)
					}
				}
			}
		}
		all("as they were written", [3]int{1, 1, 1})
		if got := found("UBER"); got != [3]int{5, 5, 0} {
			t.Errorf("by their tag: %v", got)
		}
		if got := found("50_"); got != [3]int{} {
			t.Errorf("a sign of LIKE: %v", got)
		}

		// As the program of before wrote them, and what the migration says then.
		exec(t, db, `UPDATE videos SET search = 'x' WHERE id <= 5`)
		exec(t, db, `UPDATE playlists SET folded = 'x' WHERE account_id = 1`)
		all("of before", [3]int{})
		exec(t, db, `INSERT INTO search_stale (kind, ref_id) SELECT 5, id FROM videos WHERE id > 0 ON CONFLICT (kind, ref_id) DO NOTHING`)
		exec(t, db, `INSERT INTO search_stale (kind, ref_id) SELECT 6, id FROM playlists WHERE id > 0 ON CONFLICT (kind, ref_id) DO NOTHING`)
		for n := 1; n > 0; {
			var err error
			if n, err = (store.Search{DB: db}).IndexStale(t.Context(), 4); err != nil {
				t.Fatal(err)
			}
		}
		all("after the job", [3]int{1, 1, 1})
	})
}
