package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

// A page of a history is counted by what may be seen of a short one, and by
// what is in a long one.
func TestPagesOfHistories(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if err := filltest.Fill(t.Context(), db, 1000); err != nil {
			t.Fatal(err)
		}
		start := sqldb.Now().Add(-time.Hour)
		for person, watched := range map[user.ID]int{1: 20, 2: 100} {
			for i := 1; i <= watched; i++ {
				at := start.Add(-time.Duration(i) * time.Second)
				if _, err := db.Exec(t.Context(), `INSERT INTO user_video_history (user_id, video_id, position, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)`,
					person, 100+i, i, at); err != nil {
					t.Fatal(err)
				}
			}
		}
		// Somebody else's channel has hidden the second.
		if _, err := db.Exec(t.Context(), `UPDATE videos SET privacy = 3, channel_id = 5 WHERE id = 102`); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(t.Context(), `UPDATE videos SET privacy = 1, state = 1 WHERE id BETWEEN 101 AND 200 AND id <> 102`); err != nil {
			t.Fatal(err)
		}
		kept := keeping(t, db)
		for _, tt := range []struct {
			name        string
			p           view.HistoryParams
			total       int
			first, last video.ID
			n           int
		}{
			{"a short one", view.HistoryParams{User: 1, Account: 1, Count: 15}, 19, 101, 116, 15},
			{"its last page", view.HistoryParams{User: 1, Account: 1, Start: 15, Count: 15}, 19, 117, 120, 4},
			{"a long one", view.HistoryParams{User: 2, Account: 2, Count: 15}, 100, 101, 116, 15},
			{"a few of it", view.HistoryParams{User: 2, Account: 2, Count: 3}, 100, 101, 104, 3},
			{"the first", view.HistoryParams{User: 2, Account: 2, Count: 1}, 100, 101, 101, 1},
			{"a page of it", view.HistoryParams{User: 2, Account: 2, Start: 30, Count: 15}, 100, 132, 146, 15},
			{"after its end", view.HistoryParams{User: 2, Account: 2, Start: 200, Count: 15}, 100, 0, 0, 0},
			{"how long it is", view.HistoryParams{User: 2, Account: 2}, 100, 0, 0, 0},
			{"nobody's", view.HistoryParams{User: 3, Account: 3, Count: 15}, 0, 0, 0, 0},
			{"one's own, hidden", view.HistoryParams{User: 1, Account: 5, Count: 15}, 20, 101, 115, 15},
		} {
			list, total, err := (History{Videos: &Videos{DB: db}}).History(t.Context(), tt.p)
			if err != nil {
				t.Fatal(err)
			}
			for range 3 { // read, kept, and from what is kept
				again, sum, err := (History{Videos: kept}).History(t.Context(), tt.p)
				if diff := cmp.Diff(list, again); err != nil || diff != "" || sum != total {
					t.Errorf("%s, where videos are kept: %v, %d of %d (-want +got):\n%s", tt.name, err, sum, total, diff)
				}
			}
			got := fmt.Sprintln(total, len(list))
			if want := fmt.Sprintln(tt.total, tt.n); got != want {
				t.Errorf("%s: got %s, want %s", tt.name, got, want)
			}
			if tt.n == 0 || len(list) == 0 {
				continue
			}
			ends := []video.ID{list[0].ID, list[len(list)-1].ID, video.ID(100 + *list[0].WatchedTo)}
			if diff := cmp.Diff([]video.ID{tt.first, tt.last, tt.first}, ends); diff != "" || list[0].Channel == nil {
				t.Errorf("%s (-want +got):\n%s", tt.name, diff)
			}
		}
	})
}

// TestInHistoryIsTheQuery: what may be seen of a history is said twice, in the
// query and of videos that are kept.
func TestInHistoryIsTheQuery(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		if err := filltest.Fill(ctx, db, 400); err != nil { // of two channels
			t.Fatal(err)
		}
		var ids []video.ID
		for id := 181; id <= 220; id++ {
			if _, err := db.Exec(ctx, `UPDATE videos SET privacy = $2, state = $3 WHERE id = $1`, id, 1+id%5, 1+id/5%2); err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec(ctx, `INSERT INTO user_video_history (user_id, video_id, position, created_at, updated_at) VALUES (1, $1, 1, $2, $2)`,
				id, sqldb.Now()); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, video.ID(id))
		}
		videos := &Videos{DB: db}
		byID, err := videos.ByIDs(ctx, ids)
		if err != nil {
			t.Fatal(err)
		}
		var counts []int
		for account := range actor.AccountID(3) {
			p := view.HistoryParams{User: 1, Account: account, Count: 100}
			list, _, err := (History{Videos: videos}).History(ctx, p)
			if err != nil {
				t.Fatal(err)
			}
			seen := map[video.ID]bool{}
			for _, v := range list {
				seen[v.ID] = true
			}
			for _, id := range ids {
				if got := inHistory(byID[id], p); got != seen[id] {
					t.Errorf("video %d (privacy %d, state %d), account %d: %v, in the query %v", id, byID[id].Privacy, byID[id].State, account, got, seen[id])
				}
			}
			counts = append(counts, len(list))
		}
		if diff := cmp.Diff([]int{12, 16, 16}, counts); diff != "" { // own ones, whatever their privacy
			t.Errorf("how many each sees (-want +got):\n%s", diff)
		}
	})
}
