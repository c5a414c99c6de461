package video_test

import (
	"context"
	"sync"
	"testing"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
	"sepiola/internal/storage/store/filltest"
)

// Two who edit a video at once, each something else, both find it done.
func TestTwoEditsAtOnce(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		if err := filltest.Fill(t.Context(), db, 20); err != nil {
			t.Fatal(err)
		}
		videos := &store.Videos{DB: db}
		s := &video.Service{Store: videos, InTx: db.InTx, Now: sqldb.Now, Events: untold{}}
		alice := &user.User{ID: 1, AccountID: 1}
		ref := video.ByID(1)
		for round, text := range []string{"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"} {
			var all sync.WaitGroup
			for _, c := range []video.Changes{{Language: new([]string{"de", "fr"}[round%2])}, {Description: new("Text, " + text)}, {Support: new("Support, " + text)}} {
				all.Go(func() {
					if err := s.Edit(t.Context(), alice, ref, c); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			v, err := videos.ByRef(t.Context(), ref)
			if err != nil {
				t.Fatal(err)
			}
			if err := videos.Load(t.Context(), v); err != nil {
				t.Fatal(err)
			}
			if v.Language != []string{"de", "fr"}[round%2] || v.Description != "Text, "+text || v.Support != "Support, "+text {
				t.Fatalf("round %d: got %q, %q, %q", round, v.Language, v.Description, v.Support)
			}
		}
	})
}

// untold tells nobody.
type untold struct{}

func (untold) VideoEdited(context.Context, *video.Video, *video.Video) error { return nil }
func (untold) VideoDeleted(context.Context, *video.Video) error              { return nil }
func (untold) VideoPlayerSet(context.Context, *video.Video) error            { return nil }
