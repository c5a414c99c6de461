package inbox_test

import (
	"slices"
	"testing"

	"sepiola/internal/errs"
)

// GoToSocial and snac sign no documents: that something of theirs is deleted is
// passed on by others, and true when its own site says so.
func TestADeletionThatWasPassedOnIsAskedFor(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.know(alice, mallory)
		there := func(url string) bool {
			c, err := w.processor.Said.ByURL(t.Context(), url)
			return err == nil && !c.Deleted()
		}
		for name, it := range map[string]struct {
			page        obj // what its site has now, nil 404
			there, more bool
		}{
			"lives":     {obj{}, true, false},
			"down":      {obj{"down": true}, true, false},
			"gone":      {obj{"gone": true}, false, true},
			"tombstone": {obj{"type": "Tombstone", "deleted": "2026-02-03T03:04:05Z"}, false, true},
			"unknown":   {nil, true, true},
		} {
			url := "https://far.test/n/" + name
			said := note(url, alice, mine(), name)
			w.put(said)
			w.send(act("Create", url+"/activity", alice, said))
			w.drain()
			if !there(url) {
				t.Fatalf("%s: it did not arrive", name)
			}
			switch {
			case it.page == nil:
				delete(w.pages, url)
			case len(it.page) > 0:
				it.page["id"] = url
				w.put(it.page)
			}
			w.send(act("Delete", url+"/delete", alice, url), mallory)
			w.drain()
			if there(url) != it.there {
				t.Errorf("%s: still there: %v", name, !it.there)
			}
			if more := slices.Contains(w.missing, "video-comment "+url); more != it.more {
				t.Errorf("%s: looked for once more: %v", name, more)
			}
			if !it.there && !slices.Contains(w.told, "unsaid "+url) {
				t.Errorf("%s: nobody was told", name)
			}
		}
		if n := w.left(); n != 1 {
			t.Errorf("%d are left, want the one whose site is down", n)
		}
	})
}

func TestADeletedVideoThatWasPassedOnIsAskedFor(t *testing.T) {
	for name, it := range map[string]struct {
		page  obj // what its site has now, nil 404
		there bool
	}{
		"lives":     {film(theFilm, alice, films), true},
		"gone":      {obj{"id": theFilm, "gone": true}, false},
		"tombstone": {obj{"id": theFilm, "type": "Tombstone"}, false},
		"unknown":   {nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			eachWorld(t, func(t *testing.T, w *world) {
				w.know(alice, mallory)
				w.send(act("Create", theFilm+"/activity", alice, film(theFilm, alice, films)))
				w.drain()
				if it.page != nil {
					w.put(it.page)
				}
				w.send(act("Delete", theFilm+"/delete", alice, theFilm), mallory)
				w.drain()
				_, err := w.copies.ByURL(t.Context(), theFilm)
				if is := !errs.Is(err, errs.NotFound); is != it.there {
					t.Errorf("still there: %v", is)
				}
				if more := slices.Contains(w.missing, "video "+theFilm); more != (name != "lives") {
					t.Errorf("looked for once more: %v", more)
				}
				if w.left() != 0 {
					t.Error("something is left")
				}
			})
		})
	}
}

// Lemmy and its like announce what is deleted in a group.
func TestADeletionThatAGroupAnnouncesIsAskedFor(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.know(mallory, films)
		for name, it := range map[string]struct {
			page  obj // what its site has now, nil 404
			there bool
		}{
			"lives":     {obj{}, true},
			"gone":      {obj{"gone": true}, false},
			"tombstone": {obj{"type": "Tombstone", "deleted": "2026-02-03T03:04:05Z"}, false},
			"unknown":   {nil, true},
		} {
			url := "https://evil.test/n/" + name
			said := note(url, mallory, mine(), name)
			w.put(said)
			w.send(act("Create", url+"/activity", mallory, said))
			w.drain()
			switch {
			case it.page == nil:
				delete(w.pages, url)
			case len(it.page) > 0:
				it.page["id"] = url
				w.put(it.page)
			}
			w.send(act("Announce", films+"/announces/"+name, films, act("Delete", url+"/delete", mallory, obj{"type": "Tombstone", "id": url})))
			w.drain()
			c, err := w.processor.Said.ByURL(t.Context(), url)
			if there := err == nil && !c.Deleted(); there != it.there {
				t.Errorf("%s: still there: %v %v", name, there, err)
			}
		}
		w.send(act("Announce", films+"/announces/own", films, act("Delete", mine()+"/delete", mallory, mine())))
		w.drain()
		if n := w.number(`SELECT COUNT(*) FROM videos WHERE id = 1`); n != 1 || w.left() != 0 {
			t.Errorf("%d videos of our own, %d rows left", n, w.left())
		}
	})
}
