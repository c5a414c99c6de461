package user_test

import (
	"testing"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
)

func TestFeedTokens(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		s, _, _ := newService(db)
		if err := s.EnsureInstanceActor(ctx); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.EnsureRoot(ctx, "root password 1", "root@example.com"); err != nil {
			t.Fatal(err)
		}
		made, err := s.Register(ctx, user.NewRegistration{Username: "ada", Email: "ada@example.com", Password: "ada's password"}, "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		u, err := s.Get(ctx, made.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.ByFeedToken(ctx, u.AccountID, u.FeedToken); err != nil || got.ID != u.ID {
			t.Errorf("the right token: got %v, %v", got, err)
		}
		refused := func(name string, id actor.AccountID, token string) {
			t.Helper()
			if _, err := s.ByFeedToken(ctx, id, token); !errs.Is(err, errs.Forbidden) {
				t.Errorf("%s: got %v, want Forbidden", name, err)
			}
		}
		refused("another token", u.AccountID, "nonsense")
		refused("no token", u.AccountID, "")
		refused("nobody's account", 9999, u.FeedToken)
		refused("another account", 1, u.FeedToken)
		old := u.FeedToken
		if _, err := s.RenewFeedToken(ctx, u); err != nil {
			t.Fatal(err)
		}
		refused("a token that was renewed", u.AccountID, old)
		if u, err = s.Get(ctx, u.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(ctx, `UPDATE users SET blocked = $1 WHERE id = $2`, true, u.ID); err != nil {
			t.Fatal(err)
		}
		refused("somebody who is blocked", u.AccountID, u.FeedToken)
	})
}
