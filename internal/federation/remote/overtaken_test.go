package remote_test

import (
	"context"
	"testing"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/federation/fetch"
	"sepiola/internal/storage/sqldb"
)

// slowly is other sites of which one answers only after something else has
// happened here.
type slowly struct {
	*world
	at        string
	meanwhile func()
}

func (s *slowly) Get(ctx context.Context, url string, o fetch.Options) (*fetch.Response, error) {
	res, err := s.world.Get(ctx, url, o)
	if f := s.meanwhile; f != nil && url == s.at {
		s.meanwhile = nil
		f()
	}
	return res, err
}

// Two nodes, or two jobs of one, may store the same video at the same time: what
// is older at its origin does not win because it was slower.
func TestTheSlowerOneDoesNotBringBackThePast(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		const other = "https://far.test/video-channels/other"
		as := func(name, updated, channel string) obj {
			f := film(theFilm, alice, channel)
			f["name"], f["updated"] = name, updated
			return f
		}
		const one, two, three = "2026-01-02T04:00:00Z", "2026-01-02T05:00:00Z", "2026-01-02T06:00:00Z"
		slow := &slowly{world: w}
		w.source.Fetch = slow
		put := func(f obj) {
			t.Helper()
			if _, err := w.videos.Put(t.Context(), decode(t, f)); err != nil {
				t.Fatal(err)
			}
		}
		refresh := func() {
			t.Helper()
			if _, err := w.videos.Refresh(t.Context(), theFilm); err != nil {
				t.Fatal(err)
			}
		}
		named := func(when, want string) {
			t.Helper()
			v, err := w.comments.Rows.ByRef(t.Context(), video.ByUUID(uuid))
			if err != nil || v.Name != want {
				t.Errorf("%s: the video is %+v %v, want %q", when, v, err, want)
			}
		}
		put(as("first", "2026-01-02T03:00:00Z", films))

		// What was sent first waits for a channel that has to be asked for.
		w.put(group(other, "other", alice), as("newer", two, films))
		slow.at, slow.meanwhile = other, func() { put(as("newer", two, films)) }
		put(as("older", one, other))
		named("sent, and overtaken", "newer")

		// What was asked for is read while something newer comes.
		w.put(as("asked for", two, films))
		slow.at, slow.meanwhile = theFilm, func() {
			w.now = w.now.Add(time.Second)
			put(as("sent", three, films))
			w.put(as("sent", three, films))
		}
		refresh()
		named("asked for, and overtaken", "sent")

		// Of two of the same time nobody can tell, so the origin is asked again.
		w.put(as("asked for", three, films))
		slow.at, slow.meanwhile = theFilm, func() {
			w.now = w.now.Add(time.Second)
			put(as("of the same time", three, films))
			w.put(as("the last word", three, films))
		}
		refresh()
		named("of the same time", "the last word")

		// From a backup: asked for later, it is true.
		w.now = w.now.Add(time.Hour)
		w.put(as("from a backup", one, films))
		refresh()
		named("from a backup", "from a backup")
	})
}

// When the chapters of a video are read is not when the video was changed: an
// update of it that was sent meanwhile is not an old one.
func TestChaptersAreNoChange(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		w.put(obj{"id": theFilm + "/chapters", "hasPart": []any{obj{"name": "begin", "startOffset": 0, "endOffset": 5}}})
		c, err := w.videos.Put(t.Context(), decode(t, film(theFilm, alice, films)))
		if err != nil {
			t.Fatal(err)
		}
		w.crawl(t)
		at, err := sqldb.One(t.Context(), w.db, sqldb.Value[time.Time], `SELECT updated_at FROM videos WHERE id = $1`, c.ID)
		if want := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC); err != nil || !at.Equal(want) {
			t.Errorf("changed at %v %v, want %v", at, err, want)
		}
		if n := w.count(t, "video_chapters"); n != 1 {
			t.Errorf("%d chapters, want one", n)
		}
		asked := len(w.asked)
		again := decode(t, with(film(theFilm, alice, films), "name", "Renamed"))
		if _, err := w.videos.Put(t.Context(), again); err != nil || len(w.asked) != asked {
			t.Errorf("an update of the same time: %v, %d more requests, want none", err, len(w.asked)-asked)
		}
	})
}
