package inbox_test

import (
	"testing"
	"time"
)

// PeerTube makes the ids of activities of what they are about, so that those of
// a video that is hidden and shown again are always the same: each counts.
func TestWhatIsHiddenAndShownAgainFollows(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.know(alice, films)
		say := func(kind, id string, object any) {
			t.Helper()
			w.later(time.Second)
			w.send(act(kind, id, alice, object))
			w.drain()
		}
		there := func() int {
			t.Helper()
			return w.number(`SELECT COUNT(*) FROM videos WHERE url = $1`, theFilm)
		}
		for range 3 {
			w.put(film(theFilm, alice, films))
			say("Create", theFilm+"/activity", film(theFilm, alice, films))
			if there() != 1 {
				t.Error("shown, it is not there")
			}
			delete(w.pages, theFilm)
			say("Delete", theFilm+"/delete", theFilm)
			if there() != 0 {
				t.Error("hidden, it is still there")
			}
		}
		w.put(film(theFilm, alice, films))
		say("Create", theFilm+"/activity", film(theFilm, alice, films))
		more := film(theFilm, alice, films)
		for i, views := range []float64{8, 9} {
			more["views"] = views
			more["name"] = []string{"One", "Two"}[i]
			say("Update", theFilm+"/updates/2026-01-02T03:04:05.000Z", more)
			if n := w.number(`SELECT views FROM videos WHERE url = $1`, theFilm); n != int(views) {
				t.Errorf("%d views, want %v", n, views)
			}
		}
		// A comment is said once.
		n := note(alice+"/notes/1", alice, mine(), "Hello")
		say("Create", alice+"/notes/1/activity", n)
		w.outcome()
		say("Create", alice+"/notes/1/activity", n)
		if told := w.outcome(); len(told) != 0 {
			t.Errorf("said twice, it is told as %q", told)
		}
	})
}
