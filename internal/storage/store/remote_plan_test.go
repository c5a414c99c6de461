package store

import (
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

// A site with few videos of its own beside very many of others lists its own
// without going through the others.
func TestOwnVideosAreListedBesideManyRemoteOnes(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if err := filltest.Fill(t.Context(), db, 3000); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(t.Context(), `UPDATE videos SET remote = TRUE WHERE id % 30 <> 0`); err != nil {
			t.Fatal(err)
		}
		// PostgreSQL knows how many there are of each; SQLite is never told.
		if db.Dialect == sqldb.Postgres {
			if _, err := db.Exec(t.Context(), `ANALYZE`); err != nil {
				t.Fatal(err)
			}
		}
		hidden, local := false, true
		for _, sort := range []video.Sort{"-publishedAt", "publishedAt", "-views", "-trending", "-hot", "-likes"} {
			for who, nsfw := range map[string]*bool{"all": nil, "safe": &hidden} {
				p := video.ListParams{Count: 15, Sort: sort}
				p.Privacies, p.States, p.NSFW, p.IsLocal = []video.Privacy{video.Public}, []video.State{video.Published}, nsfw, &local
				checkPlan(t, db, who+" "+string(sort), p, "videos_local_")
			}
		}
		p := video.ListParams{Sort: "-publishedAt"}
		p.Privacies, p.States, p.NSFW, p.IsLocal = []video.Privacy{video.Public}, []video.State{video.Published}, &hidden, &local
		text, args := videoQuery(p).Count()
		if got := plan(t, db, text, args); !strings.Contains(got, "videos_local_") {
			t.Errorf("how many they are:\n%s", got)
		}
	})
}

func TestCopiesAreReadByIndex(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if err := filltest.Fill(t.Context(), db, 3000); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(t.Context(), `UPDATE videos SET remote = TRUE, refreshed_at = $1 WHERE id % 3 <> 0`, sqldb.Now()); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(t.Context(), `ANALYZE`); err != nil {
			t.Fatal(err)
		}
		long := time.Now().AddDate(-1, 0, 0).UTC()
		for name, q := range map[string]struct {
			text string
			args []any
		}{
			"video by URL":    {`SELECT ` + copyColumns + ` FROM videos v JOIN video_channels c ON c.id = v.channel_id WHERE v.url = $1`, []any{"x"}},
			"actor by URL":    {`SELECT ` + knownColumns + ` FROM ` + knownTables + ` WHERE x.url = $1`, []any{"x"}},
			"comment by URL":  {`SELECT ` + commentColumns + ` FROM comments c WHERE c.url = $1`, []any{"x"}},
			"playlist by URL": {`SELECT id, account_id FROM playlists WHERE url = $1`, []any{"x"}},
			"followed video":  {followedVideo, []any{7}},
			"orphans":         {orphanVideos, []any{long, 100}},
			"what was said":   {interactionQuery(origin.Said, `id > $1`), []any{0, 200}},
			"what was liked":  {interactionQuery(origin.Rated, `url > $1`), []any{"", 200}},
			"what was shared": {interactionQuery(origin.Shared, `id > $1`), []any{0, 200}},
			"one of them":     {interactionQuery(origin.Said, `url = $1`), []any{"x", 1}},
			"old playlists":   {orphanPlaylists, []any{0, long, 500}},
			"old actors":      {orphanActors, []any{0, long, 500}},
			"old pictures":    {`SELECT section, filename, bytes FROM remote_pictures ORDER BY used_at LIMIT $1`, []any{100}},
		} {
			if strings.HasPrefix(name, "old ") && name != "old pictures" && db.Dialect == sqldb.Postgres {
				continue // where there is little, it reads that once for all of them
			}
			got := plan(t, db, q.text, q.args)
			// PostgreSQL reads what has a row or two as it is.
			for _, bad := range []string{"SCAN v", "SCAN x", "Seq Scan on videos", "SCAN comments", "USE TEMP B-TREE"} {
				if strings.Contains(got, bad) && (name != "what was liked" || bad != "USE TEMP B-TREE") { // of a page
					t.Errorf("%s: %s in\n%s", name, bad, got)
				}
			}
		}
	})
}
