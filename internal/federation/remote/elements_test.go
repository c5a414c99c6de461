package remote_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/remote"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

const theList = "https://far.test/video-playlists/" + uuid

func list() obj {
	return obj{
		"id": theList, "type": "Playlist", "name": "Best", "uuid": uuid, "attributedTo": []any{films}, "to": []any{activity.Public}, "totalItems": 0, "first": theList + "?page=1",
		"published": "2026-01-02T03:04:05Z", "updated": "2026-01-02T03:04:05Z",
	}
}

// listed makes a page of the list with some elements, each a video of its own.
func (w *world) listed(page, next string, from, to int) {
	var items []any
	for n := from; n < to; n++ {
		at := fmt.Sprintf("https://far.test/videos/watch/00000000-0000-4000-8000-%012d", n)
		f := film(at, alice, films)
		f["uuid"] = at[len(at)-36:]
		element := fmt.Sprint(theList, "/videos/", n)
		w.put(f, obj{"id": element, "type": "PlaylistElement", "url": at, "position": n + 1})
		items = append(items, element)
	}
	p := obj{"id": page, "type": "OrderedCollectionPage", "orderedItems": items}
	if next != "" {
		p["next"] = next
	}
	w.put(p)
}

// elements are the ids of what the copy has, in its order.
func (w *world) elements(t *testing.T) []string {
	t.Helper()
	got, err := sqldb.All(t.Context(), w.db, sqldb.Value[string], `
		SELECT e.url FROM playlist_elements e JOIN playlists p ON p.id = e.playlist_id WHERE p.url = $1 ORDER BY e.position`, theList)
	if err != nil {
		t.Fatal(err)
	}
	count, err := sqldb.One(t.Context(), w.db, sqldb.Value[int], `SELECT videos_count FROM playlists WHERE url = $1`, theList)
	if err != nil || count != len(got) {
		t.Errorf("%d elements %v, the playlist says %d", len(got), err, count)
	}
	return got
}

func ids(from, to int) (want []string) {
	for n := from; n < to; n++ {
		want = append(want, fmt.Sprint(theList, "/videos/", n))
	}
	return want
}

// elementSteps does the steps that wait and are about elements, and returns how
// many there were.
func (w *world) elementSteps(t *testing.T) (n int) {
	t.Helper()
	for len(w.steps) > 0 {
		s := w.steps[0]
		w.steps = w.steps[1:]
		if s.What != remote.CrawlElements {
			continue
		}
		if n++; n > 50 {
			t.Fatal("it does not end")
		}
		if err := w.crawler.Do(t.Context(), s); err != nil {
			t.Fatalf("%+v: %v", s, err)
		}
	}
	return n
}

func TestAPageOfManyElementsIsReadInManySteps(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		w.put(list())
		w.listed(theList+"?page=1", theList+"?page=2", 0, 100)
		w.listed(theList+"?page=2", "", 100, 150)
		if _, err := w.playlists.ByURL(t.Context(), theList); err != nil {
			t.Fatal(err)
		}
		if n := w.elementSteps(t); n < 4 || n > 6 {
			t.Errorf("%d steps", n)
		}
		if got := w.elements(t); !slices.Equal(got, ids(0, 150)) {
			t.Errorf("%d elements: %v", len(got), got)
		}

		// Read again, it is whole at any time, and shorter at the end.
		w.listed(theList+"?page=2", "", 100, 110)
		if err := w.playlists.Refresh(t.Context(), theList); err != nil {
			t.Fatal(err)
		}
		first := w.steps[0]
		w.steps = w.steps[1:]
		if err := w.crawler.Do(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		if got := w.elements(t); !slices.Equal(got, ids(0, 150)) {
			t.Errorf("while it is read: %d elements: %v", len(got), got)
		}
		w.elementSteps(t)
		if got := w.elements(t); !slices.Equal(got, ids(0, 110)) {
			t.Errorf("read again: %d elements: %v", len(got), got)
		}
	})
}

// What is still read of a list when it has changed is the past.
func TestALongListThatChangesIsReadFromItsBeginning(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		w.put(list())
		w.listed(theList+"?page=1", theList+"?page=2", 0, 3)
		w.listed(theList+"?page=2", "", 3, 6)
		if _, err := w.playlists.ByURL(t.Context(), theList); err != nil {
			t.Fatal(err)
		}
		step := func(s remote.Step) (next []remote.Step, err error) {
			t.Helper()
			w.steps = nil
			err = w.crawler.Do(t.Context(), s)
			for _, s := range w.steps {
				if s.What == remote.CrawlElements {
					next = append(next, s)
				}
			}
			return next, err
		}
		old, err := step(w.steps[0])
		if err != nil || len(old) != 1 {
			t.Fatalf("%+v %v", old, err)
		}
		w.now = w.now.Add(time.Minute)
		w.listed(theList+"?page=1", theList+"?page=2", 0, 4)
		w.listed(theList+"?page=2", "", 4, 7)
		w.steps = nil
		if err := w.playlists.Refresh(t.Context(), theList); err != nil {
			t.Fatal(err)
		}
		fresh, err := step(w.steps[0])
		if err != nil || len(fresh) != 1 {
			t.Fatalf("%+v %v", fresh, err)
		}
		if _, err := step(fresh[0]); err != nil {
			t.Fatal(err)
		}
		if next, err := step(old[0]); !errs.Is(err, errs.Gone) || len(next) != 0 {
			t.Errorf("the step of before: %+v %v, want Gone", next, err)
		}
		if got := w.elements(t); !slices.Equal(got, ids(0, 7)) {
			t.Errorf("got %v", got)
		}
	})
}

func TestAPlaylistThatIsShownIsLookedAfter(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		w.put(list())
		w.listed(theList+"?page=1", "", 0, 1)
		id, err := w.playlists.ByURL(t.Context(), theList)
		if err != nil {
			t.Fatal(err)
		}
		p, err := store.Playlists{DB: w.db, Videos: &store.Videos{DB: w.db}}.ByRef(t.Context(), playlist.Ref{ID: id})
		if err != nil {
			t.Fatal(err)
		}
		w.playlists.Shown(t.Context(), p)
		if len(w.queue) != 0 {
			t.Errorf("a new one: queued %v", w.queue)
		}
		w.now = w.now.Add(origin.Fresh + time.Hour)
		for range 5 {
			w.playlists.Shown(t.Context(), p)
		}
		if want := "video-playlist " + theList + " false"; len(w.queue) != 1 || w.queue[0] != want {
			t.Fatalf("an old one: queued %v", w.queue)
		}
		if err := w.refresher.Do(t.Context(), remote.PlaylistKind, theList, false); err != nil {
			t.Fatal(err)
		}
		w.queue, w.now = nil, w.now.Add(2*time.Hour)
		w.playlists.Shown(t.Context(), p)
		if len(w.queue) != 0 {
			t.Errorf("a refreshed one: queued %v", w.queue)
		}
	})
}

// unkept is a store in which one video cannot be kept.
type unkept struct {
	origin.Videos
	url string
}

func (s unkept) Put(ctx context.Context, v *origin.Video, now time.Time) (bool, error) {
	if v.URL == s.url {
		return false, errors.New("the database does not take it")
	}
	return s.Videos.Put(ctx, v, now)
}

func TestWhatCannotBeKeptCostsNothingElseOfItsPage(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		w.put(list())
		w.listed(theList+"?page=1", "", 0, 5)
		bad := "https://far.test/videos/watch/00000000-0000-4000-8000-000000000002"
		w.videos.Store = unkept{w.videos.Store, bad}
		var log bytes.Buffer
		w.crawler.Log = slog.New(slog.NewTextHandler(&log, nil))
		if _, err := w.playlists.ByURL(t.Context(), theList); err != nil {
			t.Fatal(err)
		}
		page := remote.Step{What: remote.CrawlElements, URL: theList + "?page=1", Page: 1, Of: theList}
		if err := w.crawler.Do(t.Context(), page); !errs.Is(err, errs.Internal) {
			t.Errorf("got %v, want to be tried again", err)
		}
		page.Last = true
		if err := w.crawler.Do(t.Context(), page); err != nil {
			t.Errorf("at last: %v", err)
		}
		want := slices.DeleteFunc(ids(0, 5), func(s string) bool { return strings.HasSuffix(s, "/2") })
		if got := w.elements(t); !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		if !strings.Contains(log.String(), theList+"/videos/2") {
			t.Errorf("the log does not say what is missing: %s", log.String())
		}

		// So with videos of an outbox.
		other := "https://far.test/videos/watch/00000000-0000-4000-8000-000000000009"
		w.put(with(film(other, alice, films), "uuid", other[len(other)-36:]), obj{
			"id": films + "/outbox?page=1", "type": "OrderedCollectionPage", "orderedItems": []any{
				obj{"id": bad + "/activity", "type": "Create", "actor": films, "object": bad},
				obj{"id": other + "/activity", "type": "Create", "actor": films, "object": other},
			},
		})
		outbox := remote.Step{What: remote.CrawlOutbox, URL: films + "/outbox?page=1", Page: 1, Of: films, Last: true}
		if err := w.crawler.Do(t.Context(), outbox); err != nil {
			t.Errorf("an outbox at last: %v", err)
		}
		if _, err := w.videos.Store.ByURL(t.Context(), other); err != nil {
			t.Errorf("the video behind it: %v", err)
		}
	})
}
