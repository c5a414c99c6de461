package store_test

import (
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/user"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

// Who is here on a session of long ago is active, and is known to have been
// once the session is gone.
func TestStatsCountWhoWasHere(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		ctx, now := t.Context(), sqldb.Now()
		users, sessions := store.Users{DB: db}, store.Sessions{DB: db}
		seen := map[string]time.Duration{ // the login, and the last visit
			"today": time.Hour, "week": 3 * 24 * time.Hour, "month": 20 * 24 * time.Hour, "spring": 100 * 24 * time.Hour, "long ago": 200 * 24 * time.Hour, "never": 0,
		}
		for name, ago := range seen {
			long := now.Add(-300 * 24 * time.Hour)
			u := &user.User{Username: name, Email: name + "@example.com", Role: user.Member, CreatedAt: long, UpdatedAt: long}
			if err := users.Create(ctx, u); err != nil {
				t.Fatal(err)
			}
			if ago == 0 {
				continue
			}
			ses := &user.Session{
				UserID: u.ID, Kind: user.Browser, AccessHash: name, AccessExpiresAt: now.Add(time.Hour), LastActivityAt: long, CreatedAt: long,
			}
			if err := sessions.Create(ctx, ses); err != nil {
				t.Fatal(err)
			}
			for _, at := range []time.Time{now.Add(-ago - 2*time.Hour), now.Add(-ago), now.Add(-ago).Add(time.Minute)} {
				if err := sessions.Touch(ctx, []user.Touch{{Session: ses.ID, At: at, Expires: now}}); err != nil {
					t.Fatal(err)
				}
			}
			at, err := sqldb.One(ctx, db, sqldb.Value[time.Time], `SELECT last_seen_at FROM users WHERE id = $1`, u.ID)
			if err != nil || !at.Equal(now.Add(-ago)) {
				t.Errorf("%s was seen at %v (%v), want %v, to an hour", name, at, err, now.Add(-ago))
			}
			if err := sessions.Delete(ctx, ses.ID); err != nil {
				t.Fatal(err)
			}
		}
		got, err := store.Stats{DB: db}.Count(ctx, now)
		if err != nil {
			t.Fatal(err)
		}
		if got.Users != 6 || got.DailyUsers != 1 || got.WeeklyUsers != 2 || got.MonthlyUsers != 3 || got.HalfYearUsers != 4 {
			t.Errorf("got %+v, want 6 users, of whom 1 was here today, 2 in the week, 3 in the month, 4 in half a year", got)
		}
	})
}

func TestStatsCountFollowsAndLists(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		ctx, now, actors := t.Context(), sqldb.Now(), store.Actors{DB: db}
		c, _ := statsSite(t, db, now)
		me := &actor.Actor{Type: actor.Application, Username: actor.InstanceName, URL: "http://localhost:9000/accounts/peertube", CreatedAt: now, UpdatedAt: now}
		if err := actors.CreateInstance(ctx, me); err != nil {
			t.Fatal(err)
		}
		for i, state := range []follow.State{follow.Accepted, follow.Accepted, follow.Pending} {
			host := string(rune('a'+i)) + ".example"
			other := &actor.Actor{
				Type: actor.Application, Username: "peertube", Host: host, URL: "https://" + host + "/accounts/peertube", InboxURL: "https://" + host + "/inbox",
				CreatedAt: now, UpdatedAt: now,
			}
			if err := actors.CreateInstance(ctx, other); err != nil {
				t.Fatal(err)
			}
			pairs := [][2]actor.ID{{other.ID, me.ID}, {other.ID, c.ID}}
			if i == 0 {
				pairs = append(pairs, [2]actor.ID{me.ID, other.ID})
			}
			for n, p := range pairs {
				f := &follow.Follow{
					URL: other.URL + "/f" + string(rune('a'+n)), State: state, Score: follow.BaseScore, FollowerID: p[0], FollowingID: p[1], CreatedAt: now, UpdatedAt: now,
				}
				if _, err := (store.Follows{DB: db}).Create(ctx, f); err != nil {
					t.Fatal(err)
				}
			}
		}
		for i, kind := range []string{`1, 1, FALSE`, `1, 3, FALSE`, `1, 1, TRUE`, `2, 3, FALSE`} { // type, privacy, remote
			if _, err := db.Exec(ctx, `INSERT INTO playlists (uuid, url, account_id, name, folded, created_at, updated_at, type, privacy, remote)
				VALUES ($1, $1, $2, '', '', $3, $3, `+kind+`)`, string(rune('a'+i)), c.OwnerID, now); err != nil {
				t.Fatal(err)
			}
		}
		got, err := store.Stats{DB: db}.Count(ctx, now)
		if err != nil || got.Followers != 2 || got.Following != 1 || got.LocalPlaylists != 1 {
			t.Errorf("got %d followers, %d followed, %d playlists (%v), want 2, 1, 1", got.Followers, got.Following, got.LocalPlaylists, err)
		}
	})
}
