package remote_test

import (
	"fmt"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/remote"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

func TestCopiesGoOnTheSecondMiss(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		if _, err := w.videos.ByURL(t.Context(), theFilm); err != nil {
			t.Fatal(err)
		}
		w.steps = nil
		w.put(obj{"id": theFilm, "down": true})
		if err := w.refresher.Do(t.Context(), remote.VideoKind, theFilm, true); err != nil || w.count(t, "videos WHERE remote = TRUE") != 1 {
			t.Errorf("a site that does not answer: %v", err)
		}
		w.put(obj{"id": theFilm, "gone": true})
		if err := w.refresher.Do(t.Context(), remote.VideoKind, theFilm, false); err != nil || len(w.queue) != 1 || w.count(t, "videos WHERE remote = TRUE") != 1 {
			t.Errorf("the first time: %v, queued %v", err, w.queue)
		}
		if err := w.refresher.Do(t.Context(), remote.VideoKind, theFilm, true); err != nil || w.count(t, "videos WHERE remote = TRUE") != 0 {
			t.Errorf("the second time: %v", err)
		}
		delete(w.pages, alice)
		if err := w.refresher.Do(t.Context(), remote.ActorKind, alice, true); err != nil || w.count(t, "actors WHERE server_id IS NOT NULL") != 0 {
			t.Errorf("an account goes with its channels: %v, %d left", err, w.count(t, "actors WHERE server_id IS NOT NULL"))
		}
	})
}

func TestWhoGoesTakesBackWhatWasSaid(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		bob := "https://masto.test/users/bob"
		w.put(person(bob, "bob"), note("https://masto.test/notes/1", bob, theFilm, "one"))
		if _, err := w.comments.ByURL(t.Context(), "https://masto.test/notes/1"); err != nil {
			t.Fatal(err)
		}
		if err := w.actors.Remove(t.Context(), bob); err != nil {
			t.Fatal(err)
		}
		if n := w.count(t, "comments WHERE text <> ''"); n != 0 || w.count(t, "videos WHERE comments <> 0 AND remote = TRUE") != 0 {
			t.Errorf("%d comments left", n)
		}
		own, err := sqldb.One(t.Context(), w.db, sqldb.Value[string], `SELECT url FROM actors WHERE server_id IS NULL AND type = $1 ORDER BY id LIMIT 1`, actor.Person)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.actors.Remove(t.Context(), own); !errs.Is(err, errs.Forbidden) {
			t.Errorf("one of ours: got %v, want Forbidden", err)
		}
		if err := w.actors.Remove(t.Context(), films); err != nil || w.count(t, "videos WHERE remote = TRUE") != 0 {
			t.Errorf("a channel goes with its videos: %v", err)
		}
		if n := w.count(t, fmt.Sprintf("search_docs WHERE video_id NOT IN (SELECT id FROM videos) OR %d = 0", search.VideoKind)); n != 0 {
			t.Errorf("%d documents left", n)
		}
	})
}

func TestACopyThatIsShownIsLookedAfter(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		if _, err := w.videos.ByURL(t.Context(), theFilm); err != nil {
			t.Fatal(err)
		}
		v, err := (&store.Videos{DB: w.db}).ByRef(t.Context(), video.ByUUID(uuid))
		if err != nil {
			t.Fatal(err)
		}
		w.videos.Shown(t.Context(), v)
		if len(w.queue) != 0 {
			t.Errorf("a new one: queued %v", w.queue)
		}
		w.now = w.now.Add(72 * time.Hour)
		for range 5 {
			w.videos.Shown(t.Context(), v)
		}
		if len(w.queue) != 1 || w.queue[0] != "video "+theFilm+" false" {
			t.Errorf("an old one: queued %v", w.queue)
		}
	})
}

// What other sites said below a video while nobody told this one is found when
// its copy is old and looked at.
func TestAVideoIsRefreshedWithItsComments(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		if _, err := w.videos.ByURL(t.Context(), theFilm); err != nil {
			t.Fatal(err)
		}
		bob := "https://masto.test/users/bob"
		w.put(person(bob, "bob"), note("https://masto.test/notes/1", bob, theFilm, "one"),
			obj{"id": theFilm + "/comments", "type": "OrderedCollection", "totalItems": 1, "orderedItems": []any{"https://masto.test/notes/1"}})
		w.steps = nil
		if err := w.refresher.Do(t.Context(), remote.VideoKind, theFilm, false); err != nil {
			t.Fatal(err)
		}
		w.crawl(t)
		if n := w.count(t, "comments"); n != 1 {
			t.Errorf("%d comments, want the one that is new", n)
		}
	})
}
