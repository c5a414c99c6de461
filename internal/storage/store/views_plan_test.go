package store

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

// Every query of views, histories and statistics finds its rows by an index,
// and pages of histories are not sorted.
func TestViewsAreReadByIndex(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if err := filltest.Fill(t.Context(), db, 3000); err != nil {
			t.Fatal(err)
		}
		fillViews(t, db)
		history := func(search string) (string, []any) {
			p := view.HistoryParams{User: 7, Account: 7, Search: search, Count: 15}
			return historyPage(historyQuery(p), p)
		}
		at := time.Now().Unix()
		for name, q := range map[string]struct {
			text string
			args []any
		}{
			"sessions by key":   {`SELECT ` + viewingColumns + ` FROM video_sessions s WHERE s.session_key IN ($1, $2)`, []any{"a", "b"}},
			"who watches":       {watchingQuery, []any{at}},
			"what is over":      {overQuery, []any{int64(1), keepAtOnce}},
			"retention":         {`SELECT r.second, r.change FROM video_retention r WHERE r.video_id = $1 ORDER BY r.second`, []any{video.ID(7)}},
			"open sessions":     {goingQuery, []any{video.ID(7), 10}},
			"totals of a video": {`SELECT count(*), SUM(s.watch_time) ` + inSpan, []any{video.ID(7), int64(0), at}},
			"countries":         {`SELECT s.country, count(*) ` + inSpan + ` GROUP BY s.country`, []any{video.ID(7), int64(0), at}},
			"buckets":           {`SELECT SUM(b.views) FROM video_views b WHERE b.video_id = $1 AND b.hour >= $2`, []any{video.ID(7), int64(0)}},
			"days of a channel": {`SELECT d.day, d.views FROM channel_views d WHERE d.channel_id IN ($1) AND d.day >= $2`, []any{int64(3), int64(0)}},
		} {
			got := plan(t, db, q.text, q.args)
			if strings.Contains(got, "Seq Scan") || strings.Contains(strings.ReplaceAll(got, "SCAN w", ""), "SCAN ") { // w are rows that an index found
				t.Errorf("%s:\n%s", name, got)
			}
		}
		for _, search := range []string{"", "squid"} {
			text, args := history(search)
			got := plan(t, db, text, args)
			sorted := strings.Contains(got, "Sort") || strings.Contains(got, "TEMP B-TREE")
			scanned := strings.Contains(got, "Seq Scan on user_video_history") || strings.Contains(got, "SCAN h") || strings.Contains(got, "SCAN a")
			if search == "" && db.Dialect == sqldb.SQLite && !strings.Contains(got, "h USING COVERING INDEX user_video_history_user") {
				t.Errorf("a page reads more than its index:\n%s", got)
			}
			if !strings.Contains(got, "user_video_history_") || scanned || sorted && search == "" { // a search may sort what it found
				t.Errorf("history with search %q:\n%s", search, got)
			}
		}
		text, args := positionsQuery(db.Dialect, 7, []video.ID{1, 2, 3})
		if got := plan(t, db, text, args); strings.Contains(got, "Seq Scan") || db.Dialect == sqldb.SQLite && !strings.Contains(got, "(user_id=? AND video_id=?)") {
			t.Errorf("positions:\n%s", got)
		}
		p := video.ListParams{Count: 15, Sort: "-publishedAt"}
		p.Privacies, p.States, p.Watcher = []video.Privacy{video.Public}, []video.State{video.Published}, 7
		checkPlan(t, db, "without what was watched", p, "videos_listed_published")
	})
}

// fillViews makes tables that a planner would not rather read whole.
func fillViews(t *testing.T, db *sqldb.DB) {
	t.Helper()
	s, now := Views{DB: db}, sqldb.Now()
	var sessions []*view.Session
	var positions []view.Position
	hours, days := map[bucket]int64{}, map[bucket]int64{}
	for i := range 6000 {
		at := now.Add(-time.Duration(i) * time.Minute)
		sessions = append(sessions, &view.Session{
			Video: video.ID(1 + i%3000), Key: "key" + at.Format(time.RFC3339), Started: at, Seen: at, Sections: []view.Section{{Start: 0, End: i % 60}},
		})
		hours[bucket{int64(1 + i%3000), int64(i)}], days[bucket{int64(1 + i%15), int64(i)}] = 1, 1
		positions = append(positions, view.Position{User: user.ID(1 + i%15), Video: video.ID(1 + i/15), Time: i, At: at})
	}
	ended := sessions[:3000]
	if err := db.InTx(t.Context(), func(ctx context.Context) error {
		_, err := s.Insert(ctx, sessions)
		return errors.Join(err, s.Remember(ctx, positions), s.Finish(ctx, ended),
			s.addUp(ctx, `channel_views`, `channel_id, day, views`, `channel_id, day`, `views`, days),
			s.addUp(ctx, `video_downloads`, `video_id, minute, downloads`, `video_id, minute`, `downloads`, hours))
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(t.Context(), `INSERT INTO video_views (video_id, hour, views, recent) SELECT d.video_id, d.minute, d.downloads, FALSE FROM video_downloads d`); err != nil {
		t.Fatal(err)
	}
	if db.Dialect == sqldb.Postgres {
		if _, err := db.Exec(t.Context(), `ANALYZE`); err != nil {
			t.Fatal(err)
		}
	}
}
