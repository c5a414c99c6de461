package remote_test

import (
	"testing"

	"sepiola/internal/errs"
)

// A host that says under each address that the thing is another one is believed
// nothing; one that says once where a thing is to be had is asked there.
func TestAHostThatChangesItsMind(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.far()
		const at, other, third = "https://far.test/shown/1", "https://far.test/shown/2", "https://far.test/shown/3"
		as := func(id string) obj {
			f := film(theFilm, alice, films)
			f["id"] = id
			return f
		}
		w.pages[at], w.pages[other], w.pages[third] = as(other), as(third), as(at)
		before, videos := len(w.asked), w.count(t, "videos")
		if _, err := w.videos.ByURL(t.Context(), at); !errs.Is(err, errs.Invalid) {
			t.Errorf("another thing each time: got %v, want Invalid", err)
		}
		if n := len(w.asked) - before; n > 2 {
			t.Errorf("asked %d times", n)
		}
		w.pages[other] = as("https://evil.test/v")
		if _, err := w.videos.ByURL(t.Context(), at); err == nil {
			t.Error("a video of another host was taken")
		}
		w.pages[at] = as(theFilm)
		if c, err := w.videos.ByURL(t.Context(), at); err != nil || c.URL != theFilm {
			t.Errorf("where it is to be had: got %+v %v", c, err)
		}
		if n := w.count(t, "videos"); n != videos+1 {
			t.Errorf("%d videos more, want that one", n-videos)
		}
	})
}
