package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/actor"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

// TestImagesComeWithTheirActors compares with the query for images alone.
func TestImagesComeWithTheirActors(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		if err := filltest.Fill(ctx, db, 3); err != nil {
			t.Fatal(err)
		}
		s := Actors{DB: db}
		for _, change := range []string{
			`UPDATE actor_images SET width = 120 WHERE width < 100`,
			`UPDATE actor_images SET type = 2 WHERE width = 120`,
			`UPDATE actor_images SET filename = 'a` + betweenFields + `b' || id, created_at = '2026-02-03 04:05:06.5', updated_at = '2026-02-03'`,
			`DELETE FROM actor_images`,
		} {
			if _, err := db.Exec(ctx, change); err != nil {
				t.Fatalf("%s: %v", change, err)
			}
			channels, err := s.Channels(ctx, []actor.ChannelID{1, 1, 1, 9999})
			if err != nil || len(channels) != 1 {
				t.Fatalf("channels: got %v, %v", channels, err)
			}
			for _, got := range []*actor.Actor{&channels[1].Actor, &channels[1].Owner.Actor} {
				want := *got
				want.Avatars, want.Banners = nil, nil
				if err := s.addImages(ctx, []*actor.Actor{&want}); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(&want, got); diff != "" {
					t.Errorf("after %q (-want +got):\n%s", change, diff)
				}
			}
		}
	})
}

func TestImagesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, src := range []any{nil, 7, "x", "1\x1f1\x1f1\x1f1\x1fnever\x1f2026-01-01\x1fx", "1\x1f1\x1f1\x1f1\x1f2026-01-01\x1f2026-01-01"} {
		var o ownImages
		if err := o.Scan(src); err == nil {
			t.Errorf("%v is %+v", src, o)
		}
	}
}
