package store_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

// allPostings are the rows of the index of videos.
func allPostings(t *testing.T, db *sqldb.DB) map[string]string {
	t.Helper()
	rows := map[string]string{}
	list, err := sqldb.All(t.Context(), db, func(r sqldb.Row) (p [2]string, err error) {
		var block int
		var data []byte
		err = r.Scan(&p[0], &block, &data)
		p[0], p[1] = fmt.Sprintf("%q %d", p[0], block), fmt.Sprintf("%x", data)
		return p, err
	}, `SELECT word, block, videos FROM search_postings`)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		rows[p[0]] = p[1]
	}
	return rows
}

// read does what the job does.
func (f *finder) read() {
	f.t.Helper()
	for n := 1; n > 0; {
		var err error
		if n, err = (store.Search{DB: f.db}).IndexStale(f.t.Context(), 7); err != nil {
			f.t.Fatal(err)
		}
	}
}

// Whatever is written, changed and deleted, one after the other or together,
// the index is what it would be had only the last of it been read; both
// databases have it to the byte.
func TestSearchIndexIsThatOfWhatThereIs(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var first map[string]string
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f, ctx := newFinder(t, db), t.Context()
		index := store.Search{DB: db}
		var videos []*video.Video
		for i := range 40 {
			videos = append(videos, f.add(fmt.Sprintf("Tea %d of %d", i, i%3), tagged(fmt.Sprint("cup ", i%5)), described("about tea and more"), watched(int64(i*i))))
		}
		for i, v := range videos {
			switch i % 4 {
			case 0:
				v.Name, v.Tags, v.Description = "Coffee instead", nil, "of tea"
			case 1:
				v.Privacy = video.Private
			case 2:
				v.Category = 1 + i%3
			default:
				continue
			}
			if err := f.videos.Update(ctx, v); err != nil {
				t.Fatal(err)
			}
		}
		for i, v := range videos {
			switch {
			case i%8 == 1: // again, before the job has taken it out
				v.Privacy = video.Public
				if err := f.videos.Update(ctx, v); err != nil {
					t.Fatal(err)
				}
			case i%8 == 2:
				if err := f.videos.Delete(ctx, v.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		const words = "tea"
		before := f.everyPage(search.Params{Text: words})
		f.read()
		if after := f.everyPage(search.Params{Text: words}); len(after) == 0 || !slices.Equal(before, after) {
			t.Errorf("before the job read what is deleted: %s", cmp.Diff(before, after))
		}
		got := allPostings(t, db)
		for _, text := range []string{`DELETE FROM search_postings`, `DELETE FROM search_docs`, `DELETE FROM search_gone`} {
			if _, err := db.Exec(ctx, text); err != nil {
				t.Fatal(err)
			}
		}
		if err := index.StaleAll(ctx); err != nil {
			t.Fatal(err)
		}
		f.read()
		want := allPostings(t, db)
		if diff := cmp.Diff(want, got); diff != "" || len(want) < 50 {
			t.Errorf("of %d words (-read anew +kept):\n%s", len(want), diff)
		}
		mu.Lock()
		defer mu.Unlock()
		if first == nil {
			first = got
		} else if diff := cmp.Diff(first, got); diff != "" {
			t.Errorf("the databases differ:\n%s", diff)
		}
	})
}

// Videos that go with their channel are not found from then on, and the job
// takes all that is known of them out of the index.
func TestSearchForgetsWhatGoesWithItsChannel(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f, ctx := newFinder(t, db), t.Context()
		const many = 230 // more than are ranked at once: their number is that of the index
		for i := range many {
			f.add(fmt.Sprintf("Tea %d", i))
		}
		if n := len(f.everyPage(search.Params{Text: "tea"})); n != many {
			t.Fatalf("%d are found, want %d", n, many)
		}
		if _, err := db.Exec(ctx, `DELETE FROM video_channels WHERE id = $1`, f.channel.ChannelID); err != nil {
			t.Fatal(err)
		}
		page, err := f.FindVideos(ctx, nil, search.Params{Text: "tea", Count: 5})
		if err != nil || page.Total != 0 {
			t.Errorf("%d are found of what is deleted, %v", page.Total, err)
		}
		f.read()
		if left := allPostings(t, db); len(left) > 0 {
			t.Errorf("left in the index: %v", left)
		}
		if n, err := sqldb.One(ctx, db, sqldb.Value[int], `SELECT count(*) FROM search_gone`); err != nil || n != 0 {
			t.Errorf("%d still wait to be taken out, %v", n, err)
		}
	})
}

// Two that change what the same words have at once both do.
func TestSearchIndexIsChangedByManyAtOnce(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f := newFinder(t, db)
		var videos []*video.Video
		for i := range 24 {
			videos = append(videos, f.add(fmt.Sprintf("Old %d", i)))
		}
		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() {
				for _, v := range videos[6*i : 6*i+6] {
					v.Name = "New and shared"
					if err := f.videos.Update(t.Context(), v); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if n := len(f.everyPage(search.Params{Text: "new shared"})); n != len(videos) {
			t.Errorf("%d are found, want %d", n, len(videos))
		}
		if n := len(f.find("old")); n != 0 {
			t.Errorf("%d are found by what they were called", n)
		}
	})
}

// What an index of before has of a video is taken out of it when the job has
// read the video anew.
func TestSearchLeavesTheFullTextIndex(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f, ctx := newFinder(t, db), t.Context()
		v := f.add("Green tea")
		id := 4398046511104 - (4*int64(v.ID) + 1)
		texts := []string{`DELETE FROM search_postings`, `UPDATE search_docs SET rest = ''`, `INSERT INTO search_fts (rowid, words) VALUES ($1, 'tea')`}
		count := `SELECT count(*) FROM search_fts WHERE search_fts MATCH 'tea' AND rowid = $1`
		if db.Dialect == sqldb.Postgres {
			texts[2] = `INSERT INTO search_fts (id, words) VALUES ($1, CAST('tea' AS tsvector))`
			count = `SELECT count(*) FROM search_fts WHERE id = $1`
		}
		for i, text := range texts {
			var args []any
			if i == 2 {
				args = []any{id}
			}
			if _, err := db.Exec(ctx, text, args...); err != nil {
				t.Fatal(err)
			}
		}
		if err := (store.Search{DB: db}).StaleAll(ctx); err != nil {
			t.Fatal(err)
		}
		f.read()
		f.want("green tea", "Green tea")
		if n, err := sqldb.One(ctx, db, sqldb.Value[int], count, id); err != nil || n != 0 {
			t.Errorf("%d are left in the full-text index, %v", n, err)
		}
	})
}
