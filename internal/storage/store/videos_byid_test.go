package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

// TestKeptCardsAreThoseThatAre changes what lists show, by statements that no
// store knows of, and compares with somebody who keeps nothing.
func TestKeptCardsAreThoseThatAre(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		if err := filltest.Fill(ctx, db, 40); err != nil {
			t.Fatal(err)
		}
		s, all := keeping(t, db), make([]video.ID, 40)
		for i := range all {
			all[i] = video.ID(i + 1)
		}
		public := video.ListParams{Count: 10, Start: 3, Sort: "-publishedAt"}
		public.Privacies, public.States = []video.Privacy{video.Public}, []video.State{video.Published}
		for _, change := range []string{
			`UPDATE videos SET views = views + 1`,
			`UPDATE videos SET name = 'another', pictures = '' WHERE id % 2 = 0`,
			`UPDATE videos SET privacy = 3 WHERE id % 5 = 1`,
			`UPDATE videos SET privacy = 1 WHERE id % 5 = 1`,
			`UPDATE videos SET state = 2 WHERE id % 7 = 1`,
			`UPDATE videos SET published_at = '2020-01-01 00:00:00+00:00' WHERE id % 3 = 0`,
			`DELETE FROM videos WHERE id = 20`,
		} {
			for range 2 { // that they are kept
				_, _ = s.ByIDs(ctx, all)
			}
			if n := len(s.cards.byID); db.Dialect == sqldb.SQLite && n < 39 {
				t.Errorf("before %q: %d are kept, want all", change, n)
			}
			if _, err := db.Exec(ctx, change); err != nil {
				t.Fatalf("%s: %v", change, err)
			}
			s.pages.forget() // as after a second
			s.totals.forget()
			fresh := &Videos{DB: db}
			wantByID, err := fresh.ByIDs(ctx, all)
			if err != nil {
				t.Fatal(err)
			}
			gotByID, err := s.ByIDs(ctx, all)
			if diff := cmp.Diff(wantByID, gotByID); err != nil || diff != "" {
				t.Errorf("by id, after %q: %v (-want +got):\n%s", change, err, diff)
			}
			want, wantTotal, err := fresh.List(ctx, public)
			if err != nil {
				t.Fatal(err)
			}
			got, total, err := s.List(ctx, public)
			if diff := cmp.Diff(want, got); err != nil || diff != "" || total != wantTotal || len(got) == 0 {
				t.Errorf("list, after %q: %v, %d of %d (-want +got):\n%s", change, err, total, wantTotal, diff)
			}
		}
	})
}

// TestByNumberIsTheList: videos that are asked for by their numbers are those
// that a query finds, whatever is asked of them.
func TestByNumberIsTheList(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		if err := filltest.Fill(ctx, db, 60); err != nil {
			t.Fatal(err)
		}
		for _, change := range []string{
			`UPDATE videos SET nsfw = (id % 2 = 0), nsfw_flags = CASE WHEN id % 2 = 0 THEN id % 4 ELSE 0 END`,
			`UPDATE videos SET privacy = 1 + id % 5, state = 1 + id % 2, remote = (id % 3 = 0) WHERE id > 6`,
		} {
			if _, err := db.Exec(ctx, change); err != nil {
				t.Fatal(err)
			}
		}
		s, yes, no := keeping(t, db), true, false
		for i, f := range []video.Filter{
			{},
			{Privacies: []video.Privacy{video.Public}, States: []video.State{video.Published}},
			{Privacies: []video.Privacy{video.Public, video.InternalOnly}, HideMuted: true, MutedBy: 1},
			{IsLocal: &yes},
			{IsLocal: &no},
			{NSFW: &yes},
			{NSFW: &no},
			{NSFW: &no, NSFWFlagsIncluded: 2},
			{NSFWFlagsExcluded: 2},
			{NSFW: &no, NSFWFlagsIncluded: 1, NSFWFlagsExcluded: 2},
			{Include: video.WithFiles | video.WithTags},
		} {
			for id := range video.ID(60) {
				f.IDs = append(f.IDs, id+1, id+200)
			}
			p := video.ListParams{Filter: f, Count: len(f.IDs), SkipCount: true, Sort: "-publishedAt"}
			want, _, err := s.List(ctx, p)
			if err != nil {
				t.Fatal(err)
			}
			p.Sort = video.InAnyOrder
			got, ok, err := s.byNumber(ctx, p)
			if err != nil || !ok {
				t.Fatalf("%d: %v, by its numbers %v", i, err, ok)
			}
			byID := cmpopts.SortSlices(func(a, b *video.Video) bool { return a.ID < b.ID })
			if diff := cmp.Diff(want, got, byID); diff != "" || len(want) == 0 || len(want) == len(f.IDs) {
				t.Errorf("%d: %d videos of %d (-query +by number):\n%s", i, len(want), len(f.IDs), diff)
			}
		}
		// The remote ones are of sites that this one does not follow, which no
		// video says itself.
		p := video.ListParams{Filter: video.Filter{IDs: []video.ID{3, 4}, OnlyFollowed: true}, Count: 2, SkipCount: true, Sort: video.InAnyOrder}
		if _, ok, err := s.byNumber(ctx, p); ok || err != nil {
			t.Errorf("whom the site follows is not asked: %v, %v", ok, err)
		}
		for name, f := range map[string]video.Filter{
			"all": {}, "a category": {IDs: []video.ID{1}, Categories: []int{1}}, "those by UUID": {IDs: []video.ID{1}, UUIDs: []string{filltest.UUID(1)}},
			"what is not watched": {IDs: []video.ID{1}, Watcher: 1},
		} {
			if onlyByNumber(f) {
				t.Errorf("%s: is asked for by number alone", name)
			}
		}
	})
}

// TestWhatIsHiddenMeanwhile: a video that was hidden after its number was read
// for a list is left out.
func TestWhatIsHiddenMeanwhile(t *testing.T) {
	t.Parallel()
	v := &video.Video{Privacy: video.Public, State: video.Published}
	p := video.ListParams{}
	p.Privacies, p.States = []video.Privacy{video.Public, video.InternalOnly}, []video.State{video.Published}
	if !asked(v, p) {
		t.Error("what is asked for is left out")
	}
	for _, hidden := range []video.Video{{Privacy: video.Private, State: video.Published}, {Privacy: video.Public, State: video.ToTranscode}} {
		if asked(&hidden, p) {
			t.Errorf("%v in state %v is shown", hidden.Privacy, hidden.State)
		}
		if !asked(&hidden, video.ListParams{}) {
			t.Errorf("%v in state %v is not in a list of all", hidden.Privacy, hidden.State)
		}
	}
}
