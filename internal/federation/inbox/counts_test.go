package inbox_test

import (
	"slices"
	"testing"
	"time"

	"sepiola/internal/domain/instance"
	"sepiola/internal/storage/store"
)

// What was done and what could not be is counted, once, and written down now
// and then.
func TestActivitiesAreCounted(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.know(alice, farSite)
		var later []func()
		p := w.processor
		p.Counts, p.Later = store.PeerCounts{DB: w.db}, func(_ time.Duration, f func()) { later = append(later, f) }
		stats := func() instance.Stats {
			t.Helper()
			s, err := store.Stats{DB: w.db}.Count(t.Context(), w.now.Add(10*time.Second))
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		w.send(act("Like", alice+"/likes/1", alice, mine()))
		w.send(act("View", farSite+"/views/1", farSite, mine()))
		w.send(act("View", farSite+"/views/2", farSite, mine()))
		w.send(act("Update", alice+"/u/1", alice, obj{"id": "https://evil.test/v", "type": "Video"})) // not hers
		w.send(act("Like", alice+"/likes/9", alice, mine()), mallory)                                 // nobody's: it is not signed by her
		if n := stats().ActivitiesWaiting; n != 5 {
			t.Errorf("%d wait, want 5", n)
		}
		w.drain()
		if len(later) != 1 {
			t.Fatalf("%d times is it to be written down, want once", len(later))
		}
		later[0]()
		w.later(time.Second)
		w.send(act("Like", alice+"/likes/2", alice, mine()))
		w.drain()
		p.WriteCounts(t.Context())
		p.WriteCounts(t.Context())
		s := stats()
		want := []instance.ActivityCount{{Type: "Like", Successes: 2}, {Type: "Update", Errors: 1}, {Type: "View", Successes: 2}}
		if !slices.Equal(s.Activities, want) || s.ActivitiesWaiting != 0 {
			t.Errorf("counted %+v, %d wait; want %+v and none", s.Activities, s.ActivitiesWaiting, want)
		}
		if want := 5 / 11.0; s.ActivitiesPerSecond < want*0.9 || s.ActivitiesPerSecond > want*1.1 {
			t.Errorf("%v in a second, want %v", s.ActivitiesPerSecond, want)
		}
	})
}
