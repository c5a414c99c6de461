package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

// Searches that share what they read find what they would find alone. What
// this node changes they find at once, and what another one changes after a
// second.
func TestSearchesShareWhatTheyRead(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f, at, changes := newFinder(t, db), time.Now(), 0
		kept := &store.KeptPostings{Changes: func() int { return changes }, Now: func() time.Time { return at }}
		shares := &search.Service{Store: store.Search{DB: db, Kept: kept}, Videos: f.Videos, Site: finderSite, Now: f.Now}
		subjects := []string{"tea", "coffee", "milk"}
		var videos []*video.Video
		for i := range 30 {
			videos = append(videos, f.add(fmt.Sprintf("Number %d about %s", i, subjects[i%3]), tagged(fmt.Sprint("cup ", i%5))))
		}
		f.read()
		ask := func(s *search.Service, text string) []video.ID {
			t.Helper()
			page, err := s.FindVideos(t.Context(), nil, search.Params{Text: text, Count: 40})
			if err != nil {
				t.Fatal(err)
			}
			var ids []video.ID
			for _, v := range page.List {
				ids = append(ids, v.ID)
			}
			return ids
		}
		same := func(when string) (found int) {
			t.Helper()
			for range 3 { // what is asked for again is kept
				for i := range 30 {
					for _, text := range []string{"number %[1]d about %[2]s", "about number %[1]d", "%[2]s about", "numbr %[1]d abuot %[2]s", "cup number %[2]s"} {
						text = fmt.Sprintf(text, i, subjects[i%2])
						want, got := ask(f.Service, text), ask(shares, text)
						if diff := cmp.Diff(want, got); diff != "" {
							t.Errorf("%s, %q (-alone +sharing): %s", when, text, diff)
						}
						found += len(got)
					}
				}
			}
			return found
		}
		if n := same("at first"); n < 3000 {
			t.Errorf("found %d", n)
		}
		rename := func(v *video.Video, name string) {
			t.Helper()
			v.Name = name
			if err := f.videos.Update(t.Context(), v); err != nil {
				t.Fatal(err)
			}
			f.read()
		}
		rename(videos[0], "Number 0 about coffee")
		changes++
		same("once a name is another")

		const text = "tea about" // of which all of tea is read, and of about what meets it
		ask(shares, text)
		rename(videos[3], "Number 3 with tea")
		rename(videos[4], "Number 4 about tea")
		if got := ask(shares, text); slices.Contains(got, videos[4].ID) || !slices.Contains(got, videos[3].ID) {
			t.Errorf("found %d, as if nothing were kept: %d has got words since, %d had them", got, videos[4].ID, videos[3].ID)
		}
		at = at.Add(time.Second)
		same("a second after another node has written")
		if err := f.videos.Delete(t.Context(), videos[6].ID); err != nil {
			t.Fatal(err)
		}
		if got := ask(shares, text); slices.Contains(got, videos[6].ID) {
			t.Error("a video is found that is deleted")
		}
		same("in the end")
	})
}
