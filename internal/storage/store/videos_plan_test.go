package store

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

// plan returns what the database says of how it runs a query.
func plan(t *testing.T, db *sqldb.DB, text string, args []any) string {
	t.Helper()
	explain, scan := `EXPLAIN QUERY PLAN `, func(r sqldb.Row) (s string, err error) {
		var id, parent, unused int
		err = r.Scan(&id, &parent, &unused, &s)
		return s, err
	}
	if db.Dialect == sqldb.Postgres {
		explain, scan = `EXPLAIN `, sqldb.Value[string]
	}
	lines, err := sqldb.All(t.Context(), db, scan, explain+text, args...)
	if err != nil {
		t.Fatalf("explain %s: %v", text, err)
	}
	return strings.Join(lines, "\n")
}

// A page of sources is read from their index, each video's newest alone.
func TestSourcesOfAPageHaveAnIndex(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if err := filltest.Fill(t.Context(), db, 3000); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{`INSERT INTO video_sources (video_id, input_filename, created_at) SELECT id, 'x', created_at FROM videos`, `ANALYZE`} {
			if _, err := db.Exec(t.Context(), text); err != nil {
				t.Fatal(err)
			}
		}
		text, args := newestSources([]video.ID{1, 2, 3, 4}).Select(sourceColumns)
		if got := plan(t, db, text, args); strings.Contains(got, "Seq Scan on video_sources s") || strings.Contains(got, "SCAN s") || !strings.Contains(got, "video_sources_video") {
			t.Errorf("sources:\n%s", got)
		}
	})
}

func TestEachPublicSortHasItsIndex(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if err := filltest.Fill(t.Context(), db, 3000); err != nil {
			t.Fatal(err)
		}
		hidden := false
		for who, privacies := range map[string][]video.Privacy{
			"nobody": {video.Public},
			"people": {video.Public, video.InternalOnly},
		} {
			for key := range videoOrders {
				for _, sort := range []string{key, "-" + key} {
					p := video.ListParams{Count: 15, Sort: video.Sort(sort)}
					p.Privacies, p.States, p.NSFW = privacies, []video.State{video.Published}, &hidden
					checkPlan(t, db, who+" by "+sort, p, "videos_listed_")
				}
			}
		}
		if db.Dialect == sqldb.SQLite { // PostgreSQL decides by what VACUUM has seen
			far := video.ListParams{Count: 15, Sort: "-publishedAt", Start: 2000}
			far.Privacies, far.States, far.NSFW = []video.Privacy{video.Public}, []video.State{video.Published}, &hidden
			text, args := pageOf(videoQuery(far), far)
			if got := plan(t, db, text, args); !strings.Contains(got, "USING COVERING INDEX videos_listed_published") {
				t.Errorf("a far page reads the rows before it:\n%s", got)
			}
			category := video.ListParams{}
			category.Privacies, category.States, category.NSFW, category.Categories = far.Privacies, far.States, &hidden, []int{5}
			text, args = videoQuery(category).Count()
			if got := plan(t, db, text, args); !strings.Contains(got, "USING COVERING INDEX videos_listed_category") {
				t.Errorf("counting a category reads its rows:\n%s", got)
			}
		}
		p := video.ListParams{Count: 15, Sort: "-publishedAt"}
		p.Privacies, p.States, p.Channel = []video.Privacy{video.Public}, []video.State{video.Published}, 3
		checkPlan(t, db, "channel", p, "videos_channel_published")
		p = video.ListParams{Count: 15, Sort: "-publishedAt"}
		p.Privacies, p.States, p.NSFW, p.Languages = []video.Privacy{video.Public}, []video.State{video.Published}, &hidden, []string{"tlh"}
		checkPlan(t, db, "a language of few videos", p, "videos_listed_language")
		p = video.ListParams{Count: 15, Sort: "-createdAt"}
		p.Channel = 3
		checkPlan(t, db, "all of a channel", p, "videos_channel_created")
	})
}

func checkPlan(t *testing.T, db *sqldb.DB, name string, p video.ListParams, index string) {
	t.Helper()
	text, args := pageOf(videoQuery(p), p)
	got := plan(t, db, text, args)
	for _, bad := range []string{"USE TEMP B-TREE", "Seq Scan", "Sort"} {
		if strings.Contains(got, bad) {
			t.Errorf("%s: %s in\n%s", name, bad, got)
		}
	}
	if !strings.Contains(got, index) {
		t.Errorf("%s: does not use %s*:\n%s", name, index, got)
	}
}

// The store of a video reads each relation with one query by an index.
func TestRelationsAreReadByIndex(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if err := filltest.Fill(t.Context(), db, 3000); err != nil {
			t.Fatal(err)
		}
		got := plan(t, db, detailsText+`v.uuid = $1`, []any{"x", betweenTags})
		for _, bad := range []string{"SCAN ", "Seq Scan on videos", "Seq Scan on streaming_playlists", "Seq Scan on video_tags"} {
			if strings.Contains(got, bad) { // PostgreSQL reads empty tables as they are
				t.Errorf("details: %s in\n%s", bad, got)
			}
		}
		for _, q := range []string{
			`SELECT ` + videoColumns + ` FROM videos v WHERE v.uuid = $1`,
			`SELECT f.video_id FROM video_files f WHERE f.filename = $1 AND f.filename <> ''`,
			`SELECT t.filename FROM thumbnails t WHERE t.video_id IN ($1)`,
			`SELECT f.id FROM video_files f WHERE f.video_id IN ($1)`,
			`SELECT p.id FROM streaming_playlists p WHERE p.video_id IN ($1)`,
			`SELECT vt.tag_id FROM video_tags vt WHERE vt.video_id IN ($1)`,
		} {
			arg := any("x")
			if strings.Contains(q, "video_id IN") {
				arg = video.ID(7)
			}
			got := plan(t, db, q, []any{arg})
			if strings.Contains(got, "Seq Scan") || strings.Contains(got, "SCAN ") {
				t.Errorf("%s\n%s", q, got)
			}
		}
	})
}

func BenchmarkVideos(b *testing.B) {
	db := sqldbtest.SQLite(b)
	start := time.Now()
	if err := filltest.Fill(b.Context(), db, benchVideos); err != nil {
		b.Fatal(err)
	}
	b.Logf("filled in %v", time.Since(start))
	s := &Videos{DB: db}
	hidden := false
	p := video.ListParams{Count: 15, Sort: "-publishedAt"}
	p.Privacies, p.States, p.NSFW = []video.Privacy{video.Public}, []video.State{video.Published}, &hidden
	b.Run("list", func(b *testing.B) {
		b.ReportAllocs()
		defer reportCPU(b)()
		for b.Loop() {
			s.pages.forget()
			if list, total, err := s.List(b.Context(), p); err != nil || len(list) != 15 || total < benchVideos*9/10 {
				b.Fatal(len(list), total, err)
			}
		}
	})
	b.Run("listDeep", func(b *testing.B) {
		p := p
		p.Start = benchVideos * 8 / 10
		for b.Loop() {
			s.pages.forget()
			if list, _, err := s.List(b.Context(), p); err != nil || len(list) != 15 {
				b.Fatal(len(list), err)
			}
		}
	})
	b.Run("details", func(b *testing.B) {
		b.ReportAllocs()
		defer reportCPU(b)()
		for i := 0; b.Loop(); i++ {
			v, err := s.Details(b.Context(), video.ByUUID(filltest.UUID(1+i*7919%benchVideos)))
			if err != nil || len(v.Files) != 4 {
				b.Fatal(err)
			}
		}
	})
	b.Run("count", func(b *testing.B) {
		for b.Loop() {
			s.totals.forget()
			if _, err := s.total(b.Context(), videoQuery(p)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// reportCPU reports the processor time of the whole process for each
// operation, which a busy machine does not change as it does the time.
func reportCPU(b *testing.B) func() {
	b.Helper()
	start := cpuTime()
	return func() { b.ReportMetric(float64(cpuTime()-start)/float64(b.N), "cpu-ns/op") }
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail for oneself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// benchVideos is the number that the budgets of DESIGN section 7 are meant for.
const benchVideos = 100_000
