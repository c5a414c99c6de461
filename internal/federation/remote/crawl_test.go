package remote_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/fetch"
	"sepiola/internal/federation/remote"
	"sepiola/internal/storage/sqldb"
)

func TestCrawlsEndAndLeaveOutWhatTheyMust(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		bob := "https://masto.test/users/bob"
		site := with(person("https://third.test/accounts/peertube", "peertube"), "type", "Application")
		w.put(person(bob, "bob"), site,
			obj{"id": theFilm + "/likes", "type": "OrderedCollection", "totalItems": 12},
			obj{"id": theFilm + "/dislikes", "type": "OrderedCollection", "totalItems": 3},
			obj{"id": theFilm + "/chapters", "hasPart": []any{obj{"name": "Start", "startOffset": 0, "endOffset": 5}, obj{"name": "End", "startOffset": 50, "endOffset": 60}}},
			obj{"id": theFilm + "/announces", "type": "OrderedCollection", "totalItems": 2, "first": theFilm + "/announces?page=1"},
			obj{"id": theFilm + "/announces?page=1", "type": "OrderedCollectionPage", "orderedItems": []any{"https://third.test/announces/1", "https://masto.test/boosts/1"}, "next": theFilm + "/announces?page=1"},
			obj{"id": "https://third.test/announces/1", "type": "Announce", "actor": site["id"], "object": theFilm},
			obj{"id": "https://masto.test/boosts/1", "type": "Announce", "actor": bob, "object": theFilm},
			obj{"id": theFilm + "/comments", "type": "OrderedCollection", "totalItems": 3, "first": theFilm + "/comments?page=1"},
			obj{"id": theFilm + "/comments?page=1", "type": "OrderedCollectionPage", "orderedItems": []any{"https://masto.test/notes/1", "https://masto.test/notes/none"}, "next": theFilm + "/comments?page=2"},
			obj{"id": theFilm + "/comments?page=2", "type": "OrderedCollectionPage", "orderedItems": []any{"https://masto.test/notes/2"}, "next": "https://evil.test/ever"},
			note("https://masto.test/notes/1", bob, theFilm, "one"), note("https://masto.test/notes/2", bob, theFilm, "two"),
		)
		if _, err := w.videos.ByURL(t.Context(), theFilm); err != nil {
			t.Fatal(err)
		}
		w.crawl(t)
		type totals struct{ likes, dislikes, comments int }
		got, err := sqldb.One(t.Context(), w.db, func(r sqldb.Row) (c totals, err error) {
			return c, r.Scan(&c.likes, &c.dislikes, &c.comments)
		}, `SELECT likes, dislikes, comments FROM videos WHERE url = $1`, theFilm)
		if err != nil || got != (totals{12, 3, 2}) {
			t.Errorf("got %+v %v", got, err)
		}
		if n := w.count(t, "video_shares"); n != 1 {
			t.Errorf("%d shares, want that of the site alone", n)
		}
		if n := w.count(t, "video_chapters WHERE timecode IN (0, 50)"); n != 2 {
			t.Errorf("%d chapters", n)
		}

		// An outbox that never ends, and a playlist.
		w.put(obj{"id": films + "/outbox", "type": "OrderedCollection", "totalItems": 1, "first": films + "/outbox?page=1"})
		for i := 1; i < 5; i++ {
			w.put(obj{
				"id": fmt.Sprintf("%s/outbox?page=%d", films, i), "type": "OrderedCollectionPage", "next": fmt.Sprintf("%s/outbox?page=%d", films, i+1),
				"orderedItems": []any{
					obj{"id": theFilm + "/activity", "type": "Create", "actor": films, "object": theFilm},
					obj{"id": "https://far.test/x", "type": "Create", "actor": "https://other.test/u", "object": "https://other.test/v"},
				},
			})
		}
		list := "https://far.test/video-playlists/" + uuid
		w.put(
			obj{
				"id": list, "type": "Playlist", "name": "Best", "uuid": uuid, "attributedTo": []any{films}, "to": []any{activity.Public}, "totalItems": 2, "first": list + "?page=1",
				"published": "2026-01-02T03:04:05Z", "updated": "2026-01-02T03:04:05Z", "icon": obj{"type": "Image", "url": list + ".jpg", "mediaType": "image/jpeg"},
			},
			obj{"id": list + "?page=1", "type": "OrderedCollectionPage", "orderedItems": []any{list + "/videos/1", "https://evil.test/e", list + "/videos/2"}},
			obj{"id": list + "/videos/1", "type": "PlaylistElement", "url": theFilm, "position": 1, "startTimestamp": 3},
			obj{"id": list + "/videos/2", "type": "PlaylistElement", "url": theFilm, "position": 2},
			obj{"id": films + "/playlists", "type": "OrderedCollection", "totalItems": 1, "orderedItems": []any{list}},
		)
		w.put(with(with(group(films, "films", alice), "playlists", films+"/playlists"), "outbox", films+"/outbox"))
		k, err := w.actors.Refresh(t.Context(), films)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.crawler.Outbox(t.Context(), k.ID); err != nil {
			t.Fatal(err)
		}
		w.crawl(t)
		if n := w.count(t, "playlist_elements"); n != 2 || w.count(t, "playlists WHERE remote = TRUE AND videos_count = 2") != 1 {
			t.Errorf("%d elements", n)
		}
		for _, url := range w.asked {
			if strings.HasPrefix(url, "https://evil.test") {
				t.Errorf("asked %s", url)
			}
		}
		if err := w.playlists.Remove(t.Context(), list); err != nil || w.count(t, "playlists WHERE remote = TRUE") != 0 {
			t.Errorf("removed: %v", err)
		}
	})
}

func TestRepliesAreWalkedButNotForEver(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		bob := "https://masto.test/users/bob"
		w.put(person(bob, "bob"))
		at := func(n int) string { return fmt.Sprintf("https://masto.test/notes/%d", n) }
		for n := range 50 { // each answers the one before and names the one after
			up := theFilm
			if n > 0 {
				up = at(n - 1)
			}
			w.put(with(note(at(n), bob, up, "hi"), "replies", obj{"id": at(n) + "/replies", "type": "Collection"}),
				obj{"id": at(n) + "/replies", "type": "Collection", "first": obj{"type": "CollectionPage", "partOf": at(n) + "/replies", "items": []any{at(n + 1)}}})
		}
		if _, err := w.comments.ByURL(t.Context(), at(0)); err != nil {
			t.Fatal(err)
		}
		w.crawl(t)
		if n := w.count(t, "comments"); n != 6 {
			t.Errorf("%d comments, want the first and five levels of replies", n)
		}
	})
}

// A note that answers another many times over is found with all above it, though
// whoever met it may ask for fewer.
func TestDeepThreadsAreReadInAStepOfTheirOwn(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		const deep = 90
		up := theFilm
		at := func(n int) string { return fmt.Sprintf("https://masto.test/notes/%d", n) }
		for n := range deep {
			by := fmt.Sprintf("https://masto.test/users/bob%d", n)
			w.put(person(by, fmt.Sprint("bob", n)), note(at(n), by, up, "hi"))
			up = at(n)
		}
		ctx := fetch.WithBudget(t.Context(), remote.Budget)
		if _, err := w.comments.ByURL(ctx, up); !errors.Is(err, fetch.ErrSpent) {
			t.Fatalf("got %v, want to need more requests", err)
		}
		if want := (remote.Step{What: remote.CrawlThread, URL: up, Of: up}); !slices.Contains(w.steps, want) || len(w.steps) != 1 {
			t.Fatalf("queued %+v", w.steps)
		}
		w.crawl(t)
		if n := w.count(t, "comments"); n != deep {
			t.Errorf("%d comments, want %d", n, deep)
		}
		if _, err := w.comments.ByURL(fetch.WithBudget(t.Context(), remote.Budget), up); err != nil {
			t.Errorf("tried again: %v", err)
		}
	})
}

// Of a page with more new comments than a step may ask for none is left out.
func TestAPageOfManyCommentsIsReadInManySteps(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		var notes []any
		for n := range 150 {
			by, url := fmt.Sprintf("https://masto.test/users/bob%d", n), fmt.Sprintf("https://masto.test/notes/%d", n)
			w.put(person(by, fmt.Sprint("bob", n)), note(url, by, theFilm, "hi"))
			notes = append(notes, url)
		}
		w.put(obj{"id": theFilm + "/comments", "type": "OrderedCollection", "totalItems": len(notes), "orderedItems": notes})
		if _, err := w.videos.ByURL(t.Context(), theFilm); err != nil {
			t.Fatal(err)
		}
		w.crawl(t)
		if n := w.count(t, "comments"); n != len(notes) {
			t.Errorf("%d comments, want %d", n, len(notes))
		}
	})
}

// A list whose elements cannot be had at the moment stays as it was, is read
// again, and is taken without what fails to the last.
func TestAPageIsReadAgainWhenItsHostFailsForAMoment(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		list := "https://far.test/video-playlists/" + uuid
		element := func(n int, video string) obj {
			return obj{"id": fmt.Sprint(list, "/videos/", n), "type": "PlaylistElement", "url": video, "position": n}
		}
		elsewhere := "https://other.test/videos/watch/" + uuid
		w.put(
			obj{
				"id": list, "type": "Playlist", "name": "Best", "uuid": uuid, "attributedTo": []any{films}, "to": []any{activity.Public}, "totalItems": 3, "first": list + "?page=1",
				"published": "2026-01-02T03:04:05Z", "updated": "2026-01-02T03:04:05Z",
			},
			obj{"id": list + "?page=1", "type": "OrderedCollectionPage", "orderedItems": []any{list + "/videos/1", list + "/videos/2", list + "/videos/3"}},
			element(1, theFilm), element(2, theFilm), element(3, elsewhere), obj{"id": elsewhere, "down": true},
		)
		if _, err := w.playlists.ByURL(t.Context(), list); err != nil {
			t.Fatal(err)
		}
		w.crawl(t) // a video of another host that is down keeps nobody waiting
		has := func(want int) {
			t.Helper()
			if n := w.count(t, fmt.Sprintf("playlists WHERE remote = TRUE AND videos_count = %d", want)); n != 1 || w.count(t, "playlist_elements") != want {
				t.Errorf("%d elements, want %d", w.count(t, "playlist_elements"), want)
			}
		}
		has(2)

		down := obj{"id": list + "/videos/1", "down": true}
		w.put(down)
		page := remote.Step{What: remote.CrawlElements, URL: list + "?page=1", Page: 1, Of: list}
		if err := w.crawler.Do(t.Context(), page); !errs.Is(err, errs.Unavailable) {
			t.Errorf("a page with an element that is down: got %v, want to be tried again", err)
		}
		has(2)
		page.Last = true
		if err := w.crawler.Do(t.Context(), page); err != nil {
			t.Error(err)
		}
		has(1)
		w.put(element(1, theFilm))
		page.Last = false
		if err := w.crawler.Do(t.Context(), page); err != nil {
			t.Error(err)
		}
		has(2)

		// A video of an outbox. The one behind it comes at once.
		film, other := "https://far.test/videos/watch/0a4d8bb8-6d11-4f3c-8f64-0d5f6e2b4a10", "https://far.test/videos/watch/behind"
		outbox := remote.Step{What: remote.CrawlOutbox, URL: films + "/outbox?page=1", Page: 1, Of: films}
		w.put(
			obj{"id": films + "/outbox?page=1", "type": "OrderedCollectionPage", "orderedItems": []any{
				obj{"id": film + "/activity", "type": "Create", "actor": films, "object": film},
				obj{"id": other + "/activity", "type": "Create", "actor": films, "object": other},
			}},
			obj{"id": film, "down": true},
		)
		w.asked = nil
		if err := w.crawler.Do(t.Context(), outbox); !errs.Is(err, errs.Unavailable) {
			t.Errorf("a video that is down: got %v, want to be tried again", err)
		}
		if !slices.Contains(w.asked, other) {
			t.Errorf("asked %v, want the video behind it too", w.asked)
		}
		outbox.Last = true
		if err := w.crawler.Do(t.Context(), outbox); err != nil {
			t.Errorf("at last: %v", err)
		}
	})
}
