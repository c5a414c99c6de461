package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

// everyPage reads all pages of what is found, and checks that none has a
// result of another and that the totals say so.
func (f *finder) everyPage(p search.Params) []string {
	f.t.Helper()
	var all []string
	seen := map[video.ID]bool{}
	for p.Count = 15; ; p.Start += p.Count {
		page, err := f.FindVideos(f.t.Context(), nil, p)
		if err != nil {
			f.t.Fatal(err)
		}
		for _, v := range page.List {
			if seen[v.ID] {
				f.t.Errorf("%q: %q is found twice", p.Text, v.Name)
			}
			seen[v.ID] = true
			all = append(all, v.Name)
		}
		if page.Total < len(all) || len(page.List) < p.Count && page.Total != len(all) {
			f.t.Errorf("%q from %d: a total of %d, and %d on the pages so far", p.Text, p.Start, page.Total, len(all))
		}
		if len(page.List) < p.Count {
			return all
		}
	}
}

// What many have is ranked by where the words are, too, and by how much it is
// watched, and each is on one page.
func TestSearchRanksWhatManyHave(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f := newFinder(t, db)
		f.add("Tea that is green", watched(3))
		f.add("Something else", described("green tea, told"), watched(99_999_999))
		f.add("Cups", tagged("green tea"), watched(8))
		f.add("Green tea")
		const many = 250
		for i := range many {
			views := int64(1000 + i)
			if i < 3 {
				views = int64(50_000 + i)
			}
			f.add(fmt.Sprintf("How green tea %d grows", i), watched(views))
		}
		f.add("Another cup", described("tea, and green"), watched(700))
		all := f.everyPage(search.Params{Text: "green tea"})
		if len(all) != many+5 {
			t.Fatalf("%d are found: %v", len(all), all)
		}
		if diff := cmp.Diff([]string{"Green tea", "How green tea 2 grows", "How green tea 1 grows", "How green tea 0 grows", "How green tea 249 grows"}, all[:5]); diff != "" {
			t.Errorf("first: %s", diff)
		}
		if diff := cmp.Diff([]string{"Tea that is green", "Cups", "Something else", "Another cup"}, all[many+1:]); diff != "" {
			t.Errorf("last: %s", diff)
		}
		if fixed := f.everyPage(search.Params{Text: "gren taea"}); !slices.Equal(fixed, all) {
			t.Errorf("with typing errors: %s", cmp.Diff(all, fixed))
		}
		byViews := f.everyPage(search.Params{Text: "green tea", Sort: "-views"})
		if len(byViews) != len(all) || byViews[0] != "Something else" || byViews[len(all)-1] != "Green tea" {
			t.Errorf("by views: %v", byViews)
		}
		hls := true
		if none := f.everyPage(search.Params{Text: "green tea", Filter: video.Filter{HasHLS: &hls}}); len(none) > 0 {
			t.Errorf("what has no HLS: %v", none)
		}
		if _, err := db.Exec(t.Context(), `UPDATE videos SET nsfw_flags = 1 WHERE views > 1000 AND views < 1200`); err != nil {
			t.Fatal(err)
		}
		if some := f.everyPage(search.Params{Text: "green tea", Filter: video.Filter{NSFWFlagsExcluded: 1}}); len(some) != len(all)-197 {
			t.Errorf("%d without flags, want %d", len(some), len(all)-197)
		}
	})
}

// Of words that no video has together the rare ones say what is meant.
func TestSearchFindsWhatHasTheRareWords(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f := newFinder(t, db)
		const many = 230
		for i := range many {
			f.add(fmt.Sprintf("Voyage about squid %c%c%c", 'a'+i%7, 'k'+i/7%7, 'q'+i/49), watched(int64(10*i)))
		}
		f.add("Voyage about lighthouses zephyr")
		page, err := f.FindVideos(t.Context(), nil, search.Params{Text: "voyage zephyr about squid ", Count: 3})
		if err != nil || !page.Partial || page.Total != many+1 || len(page.List) != 3 {
			t.Fatalf("%+v %v", page, err)
		}
		if got := page.List[0].Name; !strings.HasSuffix(got, "zephyr") {
			t.Errorf("first is %q", got)
		}
		all := f.everyPage(search.Params{Text: "voyage zephyr about squid "})
		if len(all) != many+1 || page.List[1].Views != 10*(many-1) {
			t.Errorf("%d are found, the second is %+v", len(all), page.List[1])
		}
	})
}

// An index of before knows not where words are, and finds all the same.
func TestSearchFindsInAnOlderIndex(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f, ctx := newFinder(t, db), t.Context()
		const many = 220
		index := store.Search{DB: db}
		for i := range many {
			v := f.add(fmt.Sprintf("Tea %d", i))
			// What a document without a title and a tag has: its words are of the text.
			if err := index.Put(ctx, search.Doc{Kind: search.VideoKind, ID: int64(v.ID), Text: v.Name, Facets: []string{"\ue000p1"}}); err != nil {
				t.Fatal(err)
			}
		}
		if all := f.everyPage(search.Params{Text: "tea", Filter: video.Filter{AnyNSFW: true}}); len(all) != many {
			t.Errorf("%d are found, want %d", len(all), many)
		}
	})
}
