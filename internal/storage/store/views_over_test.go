package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/storage/sqldb"
)

// Viewings of videos of other sites are told once, when they are over: by the
// task that ends them, or by the next report of the same viewer.
func TestViewingsThatAreOverAreTold(t *testing.T) {
	eachViewNode(t, func(t *testing.T, db *sqldb.DB, n *viewNode) {
		if _, err := db.Exec(t.Context(), `UPDATE videos SET remote = TRUE WHERE id = 4`); err != nil {
			t.Fatal(err)
		}
		type seen struct {
			Video    video.ID
			Sections []view.Section
			Watched  int
			Place    view.Place
		}
		var told []seen
		n.Over = func(_ context.Context, list []*view.Session) error {
			for _, s := range list {
				told = append(told, seen{s.Video, s.Sections, s.WatchTime, s.Place})
			}
			return nil
		}
		n.keeper.Over = n.Over
		for id := video.ID(3); id <= 4; id++ {
			n.watch(t, id, "one", 30)
			n.watch(t, id, "glance", 0)
		}
		if _, err := db.Exec(t.Context(), `UPDATE video_sessions SET country = 'DE', subdivision = 'Bayern'`); err != nil {
			t.Fatal(err)
		}
		if err := n.keeper.Sessions(t.Context()); err != nil || told != nil {
			t.Errorf("while they go on: told of %v, %v", told, err)
		}
		n.clock.add(61 * time.Minute)
		n.watch(t, 4, "one", 10) // comes back before the task has run
		want := []seen{{4, []view.Section{{Start: 0, End: 30}}, 30, view.Place{Country: "DE", Subdivision: "Bayern"}}}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("when the viewer comes back: %s", diff)
		}
		n.clock.add(61 * time.Minute)
		for range 2 {
			if err := n.keeper.Sessions(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		want = append(want, seen{4, []view.Section{{Start: 0, End: 10}}, 10, view.Place{}})
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("by the task: %s", diff)
		}
	})
}

// What another site tells of viewings is in the statistics of the video, and
// in nothing else.
func TestViewingsElsewhereAreInTheStatistics(t *testing.T) {
	eachViewNode(t, func(t *testing.T, db *sqldb.DB, n *viewNode) {
		before := figuresOf(t, db, 3)
		n.watch(t, 3, "here", 50)
		v, err := n.videos.ByRef(t.Context(), video.ByID(3))
		if err != nil {
			t.Fatal(err)
		}
		now := n.clock.now()
		for range 3 {
			if err := n.Told(t.Context(), v, view.Told{
				Host: "far.test", Started: now.Add(-2 * time.Minute), Ended: now, WatchTime: 60,
				Sections: []view.Section{{Start: 20, End: 60}, {Start: 80, End: 200}}, Place: view.Place{Country: "FR"},
			}); err != nil {
				t.Fatal(err)
			}
		}
		o, err := n.stats.Overall(t.Context(), nil, video.ByID(3), view.Span{})
		if err != nil {
			t.Fatal(err)
		}
		if o.Viewers != 4 || o.WatchTime != 50+3*60 || o.Peak != 3 || len(o.Countries) != 1 || o.Countries[0] != (view.Sum{Name: "FR", Viewers: 3}) {
			t.Errorf("overall: got %+v", o)
		}
		r, err := n.stats.Retention(t.Context(), nil, video.ByID(3))
		if err != nil {
			t.Fatal(err)
		}
		for second, want := range map[int]float64{0: 25, 19: 25, 20: 100, 49: 100, 50: 75, 59: 75, 60: 0, 79: 0, 80: 75, 99: 75} {
			if r[second] != want {
				t.Errorf("retention at %d: got %v, want %v", second, r[second], want)
			}
		}
		watching, err := n.rows.Watching(t.Context(), n.clock.now().Add(-2*time.Minute))
		if err != nil || watching[3] != 1 {
			t.Errorf("%d watch now, %v; want the one here", watching[3], err)
		}
		n.clock.add(2 * time.Hour)
		if err := n.keeper.Sessions(t.Context()); err != nil {
			t.Fatal(err)
		}
		n.counters(t)
		if got := figuresOf(t, db, 3).since(before); got != (figures{1, 1, 0}) {
			t.Errorf("counted: got %+v, want the view here", got)
		}
		if again, err := n.stats.Retention(t.Context(), nil, video.ByID(3)); err != nil || cmp.Diff(r, again) != "" {
			t.Errorf("retention when the viewing here is over: %v, %s", err, cmp.Diff(r, again))
		}
	})
}
