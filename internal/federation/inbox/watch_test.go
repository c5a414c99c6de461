package inbox_test

import (
	"fmt"
	"testing"
	"time"
)

// viewing is a viewing of this site's first video on far.test, as PeerTube says
// it.
func viewing(w *world, n int, change ...any) obj {
	d := obj{
		"id": fmt.Sprintf("https://far.test/videos/local-viewer/%d", n), "type": "WatchAction", "object": mine(), "uuid": uuid,
		"startTime": w.now.Add(-2 * time.Hour).Format(time.RFC3339), "endTime": w.now.Add(-time.Hour).Format(time.RFC3339),
		"duration": "PT20S", "actionStatus": "CompletedActionStatus", "location": obj{"addressCountry": "FR", "addressRegion": nil},
		"watchSections": []any{obj{"startTimestamp": 0.0, "endTimestamp": 10.0}, obj{"startTimestamp": 15.0, "endTimestamp": 25.0}},
	}
	for i := 0; i < len(change); i += 2 {
		d[change[i].(string)] = change[i+1]
	}
	return d
}

func TestViewingsOnOtherSites(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.put(application("https://evil.test/accounts/peertube"), film(theFilm, alice, films))
		if _, err := w.db.Exec(t.Context(), `UPDATE videos SET duration = 100 WHERE id = 1`); err != nil {
			t.Fatal(err)
		}
		w.send(act("Create", theFilm+"/activity", alice, film(theFilm, alice, films)))
		w.drain()
		n := 0
		for _, tt := range []struct {
			name, kind, by string
			object         obj
			want           int
		}{
			{"as it was", "Create", farSite, viewing(w, 1), 1},
			{"told by a person", "Create", alice, viewing(w, 2), 0},
			{"told by another site", "Create", "https://evil.test/accounts/peertube", viewing(w, 3), 0},
			{"that changed", "Update", farSite, viewing(w, 1), 0},
			{"that goes on", "Create", farSite, viewing(w, 4, "actionStatus", "ActiveActionStatus"), 0},
			{"of nothing", "Create", farSite, viewing(w, 5, "watchSections", []any{}), 0},
			{"behind the end", "Create", farSite, viewing(w, 6, "watchSections", []any{obj{"startTimestamp": 200.0, "endTimestamp": 300.0}}), 0},
			{"of next year", "Create", farSite, viewing(w, 7, "endTime", w.now.AddDate(1, 0, 0).Format(time.RFC3339)), 0},
			{"of last year", "Create", farSite, viewing(w, 8, "startTime", w.now.AddDate(-1, 0, 0).Format(time.RFC3339)), 0},
			{"of a video of another site", "Create", farSite, viewing(w, 9, "object", theFilm), 0},
			{"of a video that is not there", "Create", farSite, viewing(w, 10, "object", "https://bench.example/videos/watch/none"), 0},
			{"from nowhere", "Create", farSite, viewing(w, 11, "location", nil), 1},
		} {
			n++
			before := w.number(`SELECT COUNT(*) FROM video_sessions`)
			w.send(act(tt.kind, fmt.Sprintf("%s/activities/%d", tt.by, n), tt.by, tt.object))
			w.drain()
			if got := w.number(`SELECT COUNT(*) FROM video_sessions`) - before; got != tt.want {
				t.Errorf("%s: got %d viewings, want %d", tt.name, got, tt.want)
			}
		}
		w.send(act("Create", farSite+"/activities/1", farSite, viewing(w, 1))) // comes twice
		// Another passes it on: nothing shows that the site said so.
		w.send(act("Announce", films+"/a/1", films, act("Create", farSite+"/activities/100", farSite, viewing(w, 100))))
		w.drain()
		for what, want := range map[string]int{
			`SELECT COUNT(*) FROM video_sessions WHERE video_id = 1 AND session_key IS NULL`: 2,
			`SELECT SUM(watch_time) FROM video_sessions`:                                     40,
			`SELECT COUNT(*) FROM video_sessions WHERE country = 'FR'`:                       1,
			`SELECT change FROM video_retention WHERE video_id = 1 AND second = -1`:          2,
			`SELECT change FROM video_retention WHERE video_id = 1 AND second = 25`:          -2,
			`SELECT COUNT(*) FROM view_buffer`:                                               0,
		} {
			if got := w.number(what); got != want {
				t.Errorf("%s: got %d, want %d", what, got, want)
			}
		}
		if _, err := w.db.Exec(t.Context(), `UPDATE videos SET privacy = 3 WHERE id = 1`); err != nil {
			t.Fatal(err)
		}
		w.send(act("Create", farSite+"/activities/200", farSite, viewing(w, 200)))
		w.drain()
		if got := w.number(`SELECT COUNT(*) FROM video_sessions`); got != 2 {
			t.Errorf("of a private video %d viewings were taken", got-2)
		}
		if n := w.left(); n != 0 {
			t.Errorf("%d activities are left", n)
		}
	})
}
