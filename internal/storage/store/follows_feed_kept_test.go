package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

// What is kept of channels and of who mutes adds up to what the database says,
// after each change of it.
func TestWhatFeedsFollowIsKeptUntilItChanges(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if err := filltest.Fill(t.Context(), db, 1200); err != nil {
			t.Fatal(err)
		}
		s := keeping(t, db)
		follows, blocks := Follows{DB: db, Videos: s}, Blocks{DB: db}
		for i := 1; i <= 3; i++ {
			mustFollow(t, follows, personActor(1), channelActor(i))
		}
		const me = 1
		wants := func(when string, kept bool) {
			t.Helper()
			s.feeds.forget()
			s.mutes.forget()
			want, err := s.readFeedSet(t.Context(), me)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // read, and then kept
				got, err := s.keptFeedSet(t.Context(), me)
				if err != nil {
					t.Fatal(err)
				}
				if db.Dialect == sqldb.Postgres || !kept {
					if got != nil {
						t.Errorf("%s: %+v is kept", when, got)
					}
					continue
				}
				if got == nil {
					t.Fatalf("%s: nothing is kept", when)
				}
				if got.n != want.n || got.listed != want.listed || got.sensitive != want.sensitive || !cmp.Equal(got.ids, want.ids) {
					t.Errorf("%s: got %+v, want %+v", when, got, want)
				}
			}
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		wants("at first", true)
		v, err := s.ByRef(t.Context(), video.ByID(1))
		must(err)
		v.Privacy = video.Private
		must(s.Update(t.Context(), v))
		wants("with a video less", true)
		mustFollow(t, follows, personActor(1), channelActor(4))
		wants("with a channel more", true)
		must(blocks.AddAccount(t.Context(), me, 3, sqldb.Now()))
		wants("when somebody is muted", false)
		_, err = blocks.RemoveAccount(t.Context(), me, 3)
		must(err)
		wants("when nobody is any more", true)
		must(blocks.AddAccount(t.Context(), 2, 3, sqldb.Now()))
		wants("when somebody else mutes", true)
		must(blocks.AddAccount(t.Context(), 0, 3, sqldb.Now()))
		wants("when the site mutes", false)
		_, err = blocks.RemoveAccount(t.Context(), 0, 3)
		must(err)
		mustFollow(t, follows, personActor(1), personActor(2))
		wants("with an account", false)
	})
}

// Where very many mute, all of them are not read for each feed.
func TestManyMutersAreReadOnce(t *testing.T) {
	t.Parallel()
	db := sqldbtest.SQLite(t)
	if err := filltest.Fill(t.Context(), db, 1200); err != nil {
		t.Fatal(err)
	}
	s := keeping(t, db)
	for by := range 3 {
		if err := (Blocks{DB: db}).AddAccount(t.Context(), actor.AccountID(by+1), 4, sqldb.Now()); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if nobody, err := s.mutesNobody(t.Context(), 5, 2); err != nil || nobody {
			t.Errorf("got %v, %v: whether account 5 mutes is not known", nobody, err)
		}
		if s.sums.muters == nil {
			t.Fatal("all who mute would be read again")
		}
	}
}
