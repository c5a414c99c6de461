package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

// Figures of playing are added up by video and day, and for the site.
func TestPlaybackIsAddedUp(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if err := filltest.Fill(t.Context(), db, 10); err != nil {
			t.Fatal(err)
		}
		s := Playback{DB: db}
		of := func(id video.ID, day, site, peers int64) view.PlaybackDay {
			sums := view.PlaybackSums{BytesSite: site, BytesPeers: peers, BytesSent: 3, Sessions: 1, Shared: 1, Stalls: 2, Errors: 1}
			sums.Starts[2] = 1
			return view.PlaybackDay{Video: id, Day: day, PlaybackSums: sums}
		}
		for _, group := range [][]view.PlaybackDay{
			{of(1, 100, 10, 5), of(2, 100, 7, 0)},
			{of(1, 100, 1, 1), of(1, 101, 1<<50, 0), of(3, 101, 1, 1)},
		} {
			if err := db.InTx(t.Context(), func(ctx context.Context) error { return s.AddPlayback(ctx, group) }); err != nil {
				t.Fatal(err)
			}
		}
		site, err := s.PlaybackSite(t.Context(), 100, 101)
		if err != nil {
			t.Fatal(err)
		}
		want := []view.PlaybackDay{{Day: 100, PlaybackSums: view.PlaybackSums{
			BytesSite: 18, BytesPeers: 6, BytesSent: 9, Sessions: 3, Shared: 3, Stalls: 6, Errors: 3, Starts: [7]int64{2: 3},
		}}, {Day: 101, PlaybackSums: view.PlaybackSums{
			BytesSite: 1<<50 + 1, BytesPeers: 1, BytesSent: 6, Sessions: 2, Shared: 2, Stalls: 4, Errors: 2, Starts: [7]int64{2: 2},
		}}}
		if diff := cmp.Diff(want, site); diff != "" {
			t.Errorf("the site (-want +got):\n%s", diff)
		}
		top, err := s.PlaybackTop(t.Context(), 100, 101, 2)
		if err != nil || len(top) != 2 || top[0].Video != 1 || top[0].BytesSite != 1<<50+11 || top[0].Starts[2] != 3 || top[1].Video != 2 {
			t.Errorf("the top: %v %+v", err, top)
		}
		one, err := s.PlaybackOf(t.Context(), 1, 101, 200)
		if err != nil || len(one) != 1 || one[0].Day != 101 || one[0].Sessions != 1 {
			t.Errorf("of a video: %v %+v", err, one)
		}
		if err := s.AddPlayback(t.Context(), []view.PlaybackDay{of(999, 100, 1, 1)}); !errs.Is(err, errs.NotFound) {
			t.Errorf("a video that is gone: %v", err)
		}
		if n, err := s.CleanPlayback(t.Context(), 101); n != 2 || err != nil {
			t.Errorf("cleaned %d, %v, want the two rows of day 100", n, err)
		}
		left, err := s.PlaybackSite(t.Context(), 0, 200)
		if err != nil || len(left) != 1 || left[0].Day != 101 {
			t.Errorf("after cleaning: %v %+v", err, left)
		}
	})
}

// Every query of figures finds its rows by an index.
func TestPlaybackIsReadByIndex(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if err := filltest.Fill(t.Context(), db, 300); err != nil {
			t.Fatal(err)
		}
		zeros := strings.Repeat(", 1", 14)
		for d := range 60 { // enough that a planner would rather not read it all
			if _, err := db.Exec(t.Context(), fmt.Sprintf(`INSERT INTO playback_days (video_id, day, %s) SELECT v.id, %d%s FROM videos v`, playedColumns, d, zeros)); err != nil {
				t.Fatal(err)
			}
		}
		for d := range 2000 {
			if _, err := db.Exec(t.Context(), fmt.Sprintf(`INSERT INTO playback_site_days (day, %s) VALUES (%d%s)`, playedColumns, d, zeros)); err != nil {
				t.Fatal(err)
			}
		}
		if db.Dialect == sqldb.Postgres {
			if _, err := db.Exec(t.Context(), `ANALYZE`); err != nil {
				t.Fatal(err)
			}
		}
		for name, q := range map[string]struct {
			text string
			args []any
		}{
			"the site":   {playedSiteQuery, []any{int64(1000), int64(1010)}},
			"a video":    {playedOfQuery, []any{video.ID(7), int64(10), int64(20)}},
			"the top":    {playedTopQuery, []any{int64(58), int64(59), 10}},
			"what goes":  {cleanPlayed, []any{int64(3)}},
			"site's end": {cleanPlayedSite, []any{int64(3)}},
		} {
			got := plan(t, db, q.text, q.args)
			if strings.Contains(got, "Seq Scan on playback") || strings.Contains(got, "SCAN p") {
				t.Errorf("%s:\n%s", name, got)
			}
		}
	})
}

// Reports of many at once are all there afterwards: nodes add to the same rows.
func TestNodesAddToTheSameFigures(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if err := filltest.Fill(t.Context(), db, 10); err != nil {
			t.Fatal(err)
		}
		videos, at := &Videos{DB: db}, time.Unix(1_700_000_000, 0)
		done := make(chan error)
		const nodes, reports = 3, 40
		for range nodes {
			node := &view.Playback{
				Store: Playback{DB: db}, Videos: videos, InTx: db.InTx, Now: func() time.Time { return at },
				Rules: func() view.PlaybackRules { return view.PlaybackRules{Keep: true} },
			}
			for i := range reports {
				go func() {
					first := true
					done <- node.Report(t.Context(), video.Ref{ID: video.ID(1 + i%2)}, view.PlaybackReport{Mode: view.ModeHLS, BytesSite: 10, BytesPeers: 1, First: &first})
				}()
			}
		}
		var failed error
		for range nodes * reports {
			failed = errors.Join(failed, <-done)
		}
		if failed != nil {
			t.Fatal(failed)
		}
		site, err := Playback{DB: db}.PlaybackSite(t.Context(), 0, 1<<30)
		if err != nil || len(site) != 1 || site[0].BytesSite != 10*nodes*reports || site[0].Sessions != nodes*reports {
			t.Errorf("%v %+v", err, site)
		}
	})
}
