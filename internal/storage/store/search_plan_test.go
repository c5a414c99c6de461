package store

import (
	"fmt"
	"strings"
	"testing"

	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

// What search reads it finds by indexes: none of its queries goes through a
// whole table.
func TestSearchReadsByIndex(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if err := filltest.Fill(t.Context(), db, 3000); err != nil {
			t.Fatal(err)
		}
		s := Search{DB: db}
		if err := s.StaleAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		for n := 1; n > 0; {
			var err error
			if n, err = s.IndexStale(t.Context(), 500); err != nil {
				t.Fatal(err)
			}
		}
		// The full-text index has channels and playlists alone, of which Fill makes few.
		lists := make([]search.Doc, 3000)
		for i := range lists {
			lists[i] = search.Doc{Kind: search.PlaylistKind, ID: int64(1 + i), Title: fmt.Sprintf("List %d", i)}
		}
		if err := s.put(t.Context(), lists); err != nil {
			t.Fatal(err)
		}
		analyze := `ANALYZE search_docs`
		if db.Dialect == sqldb.Postgres {
			analyze = `ANALYZE`
		}
		if _, err := db.Exec(t.Context(), analyze); err != nil {
			t.Fatal(err)
		}
		hidden := false
		f := video.Filter{Privacies: []video.Privacy{video.Public}, States: []video.State{video.Published}, NSFW: &hidden, Categories: []int{3}}
		hits, hitArgs := s.hitsQuery([]search.DocID{docID(search.VideoKind, 7), docID(search.VideoKind, 8)}, f, "")
		sorted, sortedArgs := s.hitsQuery([]search.DocID{docID(search.VideoKind, 7)}, f, "-views")
		words := s.expression(search.Expr{Groups: [][]string{{"squid"}, {"2711", "2712"}}})
		for name, q := range map[string]struct {
			text string
			args []any
		}{
			"candidates":     {s.candidatesText(), []any{words, 2, 1001}},
			"postings":       {s.postingsText(allBlocks), []any{s.wordList([]string{"squid", "2711"})}},
			"some postings":  {s.postingsText(someBlocks), []any{s.wordList([]string{"squid", "2711"}), list(s.DB, []int64{0, 2})}},
			"more postings":  {s.postingsText(blocksBetween), []any{s.wordList([]string{"squid", "2711"}), 0, 1}},
			"texts":          {s.videoTexts(), []any{list(s.DB, []search.DocID{docID(search.VideoKind, 7)})}},
			"hits":           {hits, hitArgs},
			"sorted hits":    {sorted, sortedArgs},
			"words":          {wordsText, []any{1500, 10}},
			"tags":           {s.tagsText(), []any{"tag 49", 100, 2}},
			"video by URL":   {`SELECT id FROM videos WHERE url = $1`, []any{"x"}},
			"stale":          {`SELECT kind, ref_id FROM search_stale WHERE kind IN (1, 2) ORDER BY kind, ref_id LIMIT $1`, []any{10}},
			"stale captions": {`SELECT ref_id FROM search_stale WHERE kind = $1 ORDER BY ref_id LIMIT $2`, []any{4, 10}},
			"of a tag":       {newestOfTagText, []any{"tag 3", 200}},
			"of a channel":   {newestOfChannelText(true), []any{3, 40}},
			"further of it":  {newestOfChannelText(false), []any{3, 200, 40}},
			"popular":        {popularText(false), []any{40}},
			"popular here":   {popularText(true), []any{40}},
		} {
			got := plan(t, db, q.text, q.args)
			for _, line := range strings.Split(got, "\n") {
				if name == "popular" && strings.Contains(line, "INDEX videos_listed_recent_views") ||
					name == "popular here" && strings.Contains(line, "INDEX videos_local_recent_views") {
					continue // from its beginning, to the limit
				}
				// An empty table is read as it is; FTS5 and lists of JSON are "virtual tables".
				if strings.Contains(line, "Seq Scan") && !strings.Contains(line, "search_stale") && !strings.Contains(line, "video_tags") ||
					strings.Contains(line, "SCAN ") && !strings.Contains(line, "VIRTUAL TABLE") && line != "SCAN t" || // what was found
					strings.Contains(line, "Sort") && strings.HasPrefix(name, "popular") ||
					name == "further of it" && (strings.Contains(line, "Sort") || strings.Contains(line, "TEMP B-TREE")) {
					t.Errorf("%s: %s in\n%s", name, line, got)
				}
			}
		}
	})
}
