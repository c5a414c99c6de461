package remote_test

import (
	"context"
	"testing"

	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/search"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/remote"
	"sepiola/internal/storage/store"
)

func TestWhatIsPastedIntoTheSearch(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		list := "https://far.test/video-playlists/" + uuid
		w.put(obj{
			"id": list, "type": "Playlist", "name": "Best", "uuid": uuid, "attributedTo": []any{films}, "to": []any{activity.Public},
			"published": "2026-01-02T03:04:05Z", "updated": "2026-01-02T03:04:05Z",
		})
		page := "https://far.test/w/abc"
		w.pages[page] = film(theFilm, alice, films) // as content negotiation gives it
		lists := store.Playlists{DB: w.db, Videos: &store.Videos{DB: w.db}}
		may := true
		r := &remote.Resolver{
			Source: w.source, Actors: w.actors, Videos: w.videos, Playlists: w.playlists, Comments: w.comments, May: func(bool) bool { return may }, Log: w.actors.Log,
			UUID: func(ctx context.Context, id playlist.ID) (string, error) {
				p, err := lists.ByRef(ctx, playlist.Ref{ID: id})
				if err != nil {
					return "", err
				}
				return p.UUID, nil
			},
		}
		v, err := r.ByURL(t.Context(), nil, page)
		if err != nil || v.Video == 0 {
			t.Fatalf("a page of a video: got %+v %v", v, err)
		}
		if again, err := r.ByURL(t.Context(), nil, theFilm); err != nil || again != v {
			t.Errorf("its id: got %+v %v", again, err)
		}
		c, err := r.ByURL(t.Context(), nil, films)
		if err != nil || c.Channel == 0 {
			t.Errorf("a channel: got %+v %v", c, err)
		}
		if h, err := r.ByHandle(t.Context(), nil, search.Handle{Name: "films", Host: "far.test"}); err != nil || h != c {
			t.Errorf("its handle: got %+v %v", h, err)
		}
		a, err := r.ByURL(t.Context(), nil, alice)
		if err != nil || a.Account == 0 || a.Channel != 0 {
			t.Errorf("an account: got %+v %v", a, err)
		}
		if h, err := r.ByHandle(t.Context(), nil, search.Handle{Name: "alice", Host: "far.test"}); err != nil || h != a {
			t.Errorf("its handle: got %+v %v", h, err)
		}
		if l, err := r.ByURL(t.Context(), nil, list); err != nil || l.Playlist != uuid {
			t.Errorf("a playlist: got %+v %v", l, err)
		}
		w.put(note("https://far.test/notes/1", alice, theFilm, "yes"), note("https://far.test/notes/2", alice, "https://far.test/notes/none", "no"), obj{"id": "https://slow.test/v", "down": true})
		for range 2 { // the second time it is known
			if n, err := r.ByURL(t.Context(), nil, "https://far.test/notes/1"); err != nil || n != v {
				t.Errorf("a comment: got %+v %v, want its video", n, err)
			}
		}
		for _, url := range []string{"https://far.test/none", "https://here.example/videos/watch/none", "https://far.test/notes/2", "https://slow.test/v", "https://10.0.0.1/", "nonsense"} {
			if got, err := r.ByURL(t.Context(), nil, url); !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: got %+v %v, want NotFound", url, got, err)
			}
		}
		may = false
		n := len(w.asked)
		if _, err := r.ByURL(t.Context(), nil, "https://far.test/other"); !errs.Is(err, errs.NotFound) || len(w.asked) != n {
			t.Errorf("who may not: got %v, asked %v", err, w.asked[n:])
		}
	})
}
