package inbox_test

import (
	"strconv"
	"testing"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// Updates do not always come in the order in which they were sent: one that is
// older than what is known does not bring the past back.
func TestAnUpdateThatWasOvertakenChangesNothing(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.know(alice, films)
		at := func(name, updated string) obj {
			f := film(theFilm, alice, films)
			f["name"], f["updated"] = name, updated
			return f
		}
		for i, tt := range []struct{ name, updated, origin, want string }{
			{"first", "2026-01-02T03:04:05Z", "first", "first"},
			{"third", "2026-01-02T05:00:00Z", "third", "third"},
			{"second", "2026-01-02T04:00:00Z", "third", "third"},
			{"totals of the third", "2026-01-02T05:00:00Z", "third", "totals of the third"},
			{"from a backup", "2026-01-02T03:30:00Z", "from a backup", "from a backup"}, // its origin says so
		} {
			now := at(tt.origin, tt.updated)
			if tt.origin == "third" {
				now["updated"] = "2026-01-02T05:00:00Z"
			}
			w.put(now)
			kind := "Update"
			if i == 0 {
				kind = "Create"
			}
			w.send(act(kind, theFilm+"/updates/"+strconv.Itoa(i), alice, at(tt.name, tt.updated)))
			w.drain()
			v, err := w.rows.ByRef(t.Context(), video.ByUUID(uuid))
			if err != nil || v.Name != tt.want {
				t.Errorf("%s: got %+v %v, want %q", tt.name, v, err, tt.want)
			}
		}
	})
}

// So it is with what people say.
func TestACommentThatWasOvertakenChangesNothing(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.know(alice)
		const url = alice + "/notes/1"
		at := func(text, updated string) obj {
			n := note(url, alice, mine(), text)
			if updated != "" {
				n["updated"] = updated
			}
			return n
		}
		for i, tt := range []struct{ text, updated, origin, want string }{
			{"first", "", "first", "first"},
			{"third", "2026-02-02T05:00:00Z", "third", "third"},
			{"second", "2026-02-02T04:00:00Z", "third", "third"},
			{"fourth", "2026-02-02T06:00:00Z", "fourth", "fourth"},
			{"from a backup", "2026-02-02T03:30:00Z", "from a backup", "from a backup"}, // its origin says so
			{"without a time", "", "without a time", "without a time"},
		} {
			w.put(at(tt.origin, tt.updated))
			kind := "Update"
			if i == 0 {
				kind = "Create"
			}
			w.later(time.Second)
			w.send(act(kind, url+"/updates/"+strconv.Itoa(i), alice, at(tt.text, tt.updated)))
			w.drain()
			got, err := sqldb.One(t.Context(), w.db, sqldb.Value[string], `SELECT text FROM comments WHERE url = $1`, url)
			if want := "<p>" + tt.want + "</p>"; err != nil || got != want {
				t.Errorf("%s: got %q %v, want %q", tt.text, got, err, want)
			}
		}
	})
}

// And with playlists.
func TestAPlaylistThatWasOvertakenChangesNothing(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.know(alice, films)
		const url = "https://far.test/video-playlists/" + uuid
		at := func(name, updated string) obj {
			return obj{
				"id": url, "type": "Playlist", "name": name, "uuid": uuid, "totalItems": 0.0, "to": "https://www.w3.org/ns/activitystreams#Public",
				"published": "2026-01-02T03:04:05Z", "updated": updated, "attributedTo": []any{films},
			}
		}
		for i, tt := range []struct{ name, updated, origin, want string }{
			{"first", "2026-01-02T03:04:05Z", "first", "first"},
			{"third", "2026-01-02T05:00:00Z", "third", "third"},
			{"second", "2026-01-02T04:00:00Z", "third", "third"},
			{"from a backup", "2026-01-02T03:30:00Z", "from a backup", "from a backup"}, // its origin says so
		} {
			w.put(at(tt.origin, tt.updated))
			kind := "Update"
			if i == 0 {
				kind = "Create"
			}
			w.later(time.Second)
			w.send(act(kind, url+"/updates/"+strconv.Itoa(i), alice, at(tt.name, tt.updated)))
			w.drain()
			if got, err := sqldb.One(t.Context(), w.db, sqldb.Value[string], `SELECT name FROM playlists WHERE url = $1`, url); err != nil || got != tt.want {
				t.Errorf("%s: got %q %v, want %q", tt.name, got, err, tt.want)
			}
		}
	})
}
