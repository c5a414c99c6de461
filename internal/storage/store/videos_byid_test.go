package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

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
