package store

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

// Several nodes store what they were sent of one video, at once and in any
// order: the newest stays, and whoever has an older one is told so.
func TestCopiesOfOneVideoAreStoredInItsOrder(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		ctx := t.Context()
		if err := filltest.Fill(ctx, db, 3); err != nil {
			t.Fatal(err)
		}
		const url = "https://far.example/videos/watch/341a84d2-f9c7-405d-bc93-39b503161273"
		began := sqldb.Now().Add(-time.Hour)
		put := func(n int) error {
			v := &origin.Video{Hash: fmt.Sprint(n)}
			v.UUID, v.URL, v.ChannelID, v.Name = "341a84d2-f9c7-405d-bc93-39b503161273", url, 1, fmt.Sprint("version ", n)
			v.Privacy, v.State, v.PublishedAt, v.UpdatedAt = video.Public, video.Published, began, began.Add(time.Duration(n)*time.Second)
			node := RemoteVideos{DB: db, Videos: &Videos{DB: db}}
			_, err := node.Put(ctx, v, sqldb.Now())
			return err
		}
		if err := put(0); err != nil {
			t.Fatal(err)
		}
		const nodes, last = 4, 24
		var all sync.WaitGroup
		for node := range nodes {
			all.Go(func() {
				for i := range last / nodes {
					n := last - node - nodes*i // each from the newest to the oldest
					if err := put(n); err != nil && !errors.Is(err, origin.ErrOvertaken) && !errs.Is(err, errs.Unavailable) {
						t.Errorf("version %d: %v", n, err)
					}
				}
			})
		}
		all.Wait()
		name, err := sqldb.One(ctx, db, sqldb.Value[string], `SELECT name FROM videos WHERE url = $1`, url)
		if want := fmt.Sprint("version ", last); err != nil || name != want {
			t.Errorf("the copy is %q %v, want %q", name, err, want)
		}
		if err := put(last - 1); !errors.Is(err, origin.ErrOvertaken) {
			t.Errorf("an older one: got %v, want ErrOvertaken", err)
		}
	})
}
