package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
	"sepiola/internal/storage/store/filltest"
)

// Questions that have only their common words together find what they would
// find if nobody had asked for these before; until something changes.
func TestSearchRemembersWhatCommonWordsFind(t *testing.T) {
	t.Parallel()
	db := sqldbtest.SQLite(t) // what is remembered is so whichever asks
	const many = 5200         // more than search.MaxResults about each thing
	if err := filltest.Fill(t.Context(), db, many); err != nil {
		t.Fatal(err)
	}
	if err := indexAll(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	videos, at, changes := &store.Videos{DB: db}, time.Now(), 0
	knows := &search.Service{
		Store: store.Search{DB: db}, Videos: &video.Service{Store: videos, Now: sqldb.Now}, Site: finderSite,
		Now: func() time.Time { return at }, Changes: func() int { return changes },
	}
	forgets := func() *search.Service {
		return &search.Service{Store: knows.Store, Videos: knows.Videos, Site: finderSite, Now: knows.Now}
	}
	ask := func(s *search.Service, p search.Params) (ids []video.ID, total int) {
		t.Helper()
		page, err := s.FindVideos(t.Context(), nil, p)
		if err != nil || !page.Partial {
			t.Fatalf("%+v: partial %v, %v", p, page.Partial, err)
		}
		for _, v := range page.List {
			ids = append(ids, v.ID)
		}
		return ids, page.Total
	}
	about := []string{"boats", "the sea", "squid", "lighthouses", "weather"}
	var best video.ID
	for i := range 10 {
		for _, p := range []search.Params{
			{Count: 15}, {Start: 30, Count: 40}, {Start: 990, Count: 20}, {Count: 10, Filter: video.Filter{Languages: []string{"fr"}}},
		} {
			p.Text = fmt.Sprintf("number %s about %s", strings.Repeat(string(rune('a'+i)), 9), about[i%5])
			want, wantTotal := ask(forgets(), p)
			got, total := ask(knows, p)
			if diff := cmp.Diff(want, got); diff != "" || total != wantTotal || len(got) == 0 {
				t.Errorf("%+v: of %d instead of %d, %s", p, total, wantTotal, diff)
			}
			if p.Start == 0 && len(p.Filter.Languages) == 0 {
				best = got[0]
			}
		}
	}
	if _, err := db.Exec(t.Context(), `UPDATE videos SET privacy = 3 WHERE id = $1`, best); err != nil {
		t.Fatal(err)
	}
	changes++
	p := search.Params{Text: "number zzzzzzzzz about " + about[9%5], Count: 15}
	if got, _ := ask(knows, p); slices.Contains(got, best) {
		t.Error("a video that is private by now is found")
	}
}
