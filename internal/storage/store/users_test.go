package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

func TestUsersComeBackAsTheyWent(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := store.Users{DB: db}
		want, _, _ := person(t, db, "alice")
		for name, get := range map[string]func() (*user.User, error){
			"by id":                          func() (*user.User, error) { return s.ByID(t.Context(), want.ID) },
			"by name":                        func() (*user.User, error) { return s.ByUsername(t.Context(), "alice") },
			"by address, whatever its case":  func() (*user.User, error) { return s.ByEmail(t.Context(), "ALICE@example.COM") },
			"and that with spaces around it": func() (*user.User, error) { return s.ByEmail(t.Context(), " alice@example.com") },
		} {
			got, err := get()
			if err != nil {
				t.Fatal(name, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		if _, err := s.ByID(t.Context(), 99); !errs.Is(err, errs.NotFound) || errs.As(err).Msg != "User not found" {
			t.Errorf("of nobody: got %v", err)
		}
		twin := *want
		twin.Username, twin.Email = "alice2", "Alice@EXAMPLE.com"
		if err := s.Create(t.Context(), &twin); !errs.Is(err, errs.Conflict) {
			t.Errorf("the same address: got %v, want Conflict", err)
		}
	})
}

func TestAddressesThatWaitAreFound(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := store.Users{DB: db}
		alice, _, _ := person(t, db, "alice")
		bob, _, _ := person(t, db, "bob")
		email := "next@example.com"
		for _, missing := range []string{"", " ", email} {
			if _, err := s.ByPendingEmail(t.Context(), missing); !errs.Is(err, errs.NotFound) {
				t.Errorf("%q, which nobody waits for: got %v, want NotFound", missing, err)
			}
		}
		if err := s.Change(t.Context(), alice.ID, user.Change{PendingEmail: &email}); err != nil {
			t.Fatal(err)
		}
		if got, err := s.ByPendingEmail(t.Context(), " next@example.com"); err != nil || got.ID != alice.ID {
			t.Errorf("got %+v, %v; want alice", got, err)
		}
		if err := s.Change(t.Context(), bob.ID, user.Change{PendingEmail: &email}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ByPendingEmail(t.Context(), email); !errs.Is(err, errs.NotFound) {
			t.Errorf("an address that two wait for: got %v, want NotFound", err)
		}
	})
}

func TestUsersChangeByColumns(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := store.Users{DB: db}
		want, _, _ := person(t, db, "alice")
		yes, email, role, at := true, "New@Example.com", user.Moderator, peopleTime.Add(time.Hour)
		proved := &yes
		for _, c := range []user.Change{
			{},
			{Email: &email, EmailVerified: &proved},
			{Role: &role, Blocked: &yes},
			{Preferences: &user.Preferences{Theme: "x"}, LastLoginAt: &at},
			{Notifications: map[string]int{"newFollow": 3}},
		} {
			if err := s.Change(t.Context(), want.ID, c); err != nil {
				t.Fatal(err)
			}
		}
		want.Email, want.EmailVerified, want.Role, want.Blocked = email, &yes, role, true
		want.Preferences, want.LastLoginAt, want.Notifications = user.Preferences{Theme: "x"}, &at, map[string]int{"newFollow": 3}
		got, err := s.ByEmail(t.Context(), "new@example.com")
		if err != nil {
			t.Fatal(err)
		}
		want.UpdatedAt = got.UpdatedAt
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		none := (*bool)(nil)
		if err := s.Change(t.Context(), want.ID, user.Change{EmailVerified: &none}); err != nil {
			t.Fatal(err)
		}
		if got, err := s.ByID(t.Context(), want.ID); err != nil || got.EmailVerified != nil {
			t.Errorf("back to never asked: %+v %v", got, err)
		}
		if err := s.Change(t.Context(), 99, user.Change{Blocked: &yes}); !errs.Is(err, errs.NotFound) {
			t.Errorf("of nobody: got %v, want NotFound", err)
		}
	})
}

func TestUserList(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := store.Users{DB: db}
		alice, _, c := person(t, db, "alice")
		bob, _, _ := person(t, db, "bob")
		person(t, db, "carol_x")
		yes, no, mod, at := true, false, user.Moderator, peopleTime
		for id, c := range map[user.ID]user.Change{alice.ID: {Blocked: &yes}, bob.ID: {Role: &mod, LastLoginAt: &at}} {
			if err := s.Change(t.Context(), id, c); err != nil {
				t.Fatal(err)
			}
		}
		for _, tt := range []struct {
			name  string
			p     user.ListParams
			want  string
			total int
		}{
			{"newest first", user.ListParams{Count: 10}, "carol_x bob alice ", 3},
			{"by name", user.ListParams{Count: 2, Sort: "username"}, "alice bob ", 3},
			{"who never logged in comes last", user.ListParams{Count: 1, Sort: "-lastLoginDate"}, "bob ", 3},
			{"whichever way", user.ListParams{Count: 1, Sort: "lastLoginDate"}, "bob ", 3},
			{"blocked", user.ListParams{Count: 10, Blocked: &yes}, "alice ", 1},
			{"not blocked", user.ListParams{Count: 10, Blocked: &no, Sort: "id"}, "bob carol_x ", 2},
			{"moderators", user.ListParams{Count: 10, Role: &mod}, "bob ", 1},
			{"by address", user.ListParams{Count: 10, Search: "BOB@EX"}, "bob ", 1},
			{"a search is no pattern", user.ListParams{Count: 10, Search: "l_x"}, "carol_x ", 1},
			{"and finds no wildcard", user.ListParams{Count: 10, Search: "l%e"}, "", 0},
		} {
			list, total, err := s.List(t.Context(), tt.p)
			got := ""
			for _, u := range list {
				got += u.Username + " "
			}
			if err != nil || got != tt.want || total != tt.total {
				t.Errorf("%s: got %q of %d %v, want %q of %d", tt.name, got, total, err, tt.want, tt.total)
			}
		}
		if names, err := s.Usernames(t.Context(), "a", 10); err != nil || !cmp.Equal(names, []string{"alice"}) {
			t.Errorf("names: %v %v", names, err)
		}
		addVideo(t, db, c.ChannelID, "old", 100, peopleTime.Add(-48*time.Hour))
		addVideo(t, db, c.ChannelID, "new", 20, peopleTime)
		exec(t, db, `UPDATE users SET video_quota_used = 120 WHERE id = $1`, alice.ID)
		usages, err := s.Usages(t.Context(), []user.ID{alice.ID, bob.ID}, peopleTime.Add(-24*time.Hour))
		want := map[user.ID]user.Usage{alice.ID: {Used: 120, Daily: 20, Files: 120, Videos: 2}, bob.ID: {}}
		if diff := cmp.Diff(want, usages); err != nil || diff != "" {
			t.Errorf("usages %v (-want +got):\n%s", err, diff)
		}
	})
}

func TestDeletedUsersLeaveNothing(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		u, _, c := person(t, db, "alice")
		person(t, db, "bob")
		addVideo(t, db, c.ChannelID, "v", 1, peopleTime)
		if err := (store.Sessions{DB: db}).Create(t.Context(), session(u.ID, "a", "r")); err != nil {
			t.Fatal(err)
		}
		if err := (store.Actors{DB: db}).DeleteOfUser(t.Context(), int64(u.ID)); err != nil {
			t.Fatal(err)
		}
		if err := (store.Users{DB: db}).Delete(t.Context(), u.ID); err != nil {
			t.Fatal(err)
		}
		for table, want := range map[string]int{"users": 1, "accounts": 1, "video_channels": 1, "actors": 2, "videos": 0, "sessions": 0} {
			if n, err := sqldb.One(t.Context(), db, sqldb.Value[int], `SELECT count(*) FROM `+table); err != nil || n != want {
				t.Errorf("%s: %d rows %v, want %d", table, n, err, want)
			}
		}
		if err := (store.Users{DB: db}).Delete(t.Context(), u.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("again: got %v, want NotFound", err)
		}
	})
}

func session(id user.ID, access, refresh string) *user.Session {
	s := &user.Session{
		UserID: id, Kind: user.Browser, AccessHash: access, AccessExpiresAt: peopleTime.Add(time.Hour),
		Login: user.Device{Agent: "a", IP: "i"}, Last: user.Device{Agent: "a2", IP: "i2"}, LastActivityAt: peopleTime, CreatedAt: peopleTime,
	}
	if refresh != "" {
		s.Kind, s.RefreshHash, s.RefreshExpiresAt = user.OAuth, refresh, peopleTime.Add(2*time.Hour)
	}
	return s
}

func TestSessions(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := store.Sessions{DB: db}
		u, _, _ := person(t, db, "alice")
		oauth, browser := session(u.ID, "a1", "r1"), session(u.ID, "a2", "")
		for _, v := range []*user.Session{oauth, browser, session(u.ID, "a3", "")} {
			if err := s.Create(t.Context(), v); err != nil {
				t.Fatal(err)
			}
		}
		for hash, want := range map[string]*user.Session{"a1": oauth, "a2": browser} {
			got, err := s.ByID(t.Context(), want.ID)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%s: %v (-want +got):\n%s", hash, err, diff)
			}
			got, who, err := s.Identify(t.Context(), hash)
			if err != nil {
				t.Fatal(err)
			}
			part := &user.Session{
				ID: want.ID, UserID: u.ID, Kind: want.Kind, AccessHash: hash, AccessExpiresAt: want.AccessExpiresAt, LastActivityAt: want.LastActivityAt,
			}
			if diff := cmp.Diff(part, got); diff != "" {
				t.Errorf("who holds %s (-want +got):\n%s", hash, diff)
			}
			whole, err := (store.Users{DB: db}).ByID(t.Context(), u.ID)
			if diff := cmp.Diff(whole, who); err != nil || diff != "" {
				t.Errorf("the user of %s: %v (-want +got):\n%s", hash, err, diff)
			}
		}
		if _, _, err := s.Identify(t.Context(), "a5"); !errs.Is(err, errs.NotFound) {
			t.Errorf("nobody's token: got %v, want NotFound", err)
		}
		next := *oauth
		next.AccessHash, next.RefreshHash = "a4", "r4"
		for n, want := range []errs.Kind{errs.Internal, errs.NotFound} { // of two at once, one wins
			if err := s.Rotate(t.Context(), "r1", &next); errs.KindOf(err) != want || n == 0 && err != nil {
				t.Errorf("rotation %d: %v", n, err)
			}
		}
		if got, err := s.ByRefresh(t.Context(), "r4"); err != nil || got.AccessHash != "a4" {
			t.Errorf("rotated: %+v %v", got, err)
		}
		later := peopleTime.Add(30 * time.Minute)
		touch := user.Touch{Session: browser.ID, From: user.Device{Agent: "new", IP: "ip"}, At: later, Expires: later.Add(time.Hour)}
		early := user.Touch{Session: browser.ID, From: user.Device{Agent: "old"}, At: later.Add(-time.Second), Expires: later}
		kept := user.Touch{Session: oauth.ID, From: user.Device{Agent: "new"}, At: later, Expires: peopleTime}
		for _, list := range [][]user.Touch{{touch, kept, {Session: 1 << 40, At: later}}, {early}, nil} {
			if err := s.Touch(t.Context(), list); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := s.ByID(t.Context(), browser.ID); err != nil || got.Last != touch.From || !got.AccessExpiresAt.Equal(touch.Expires) || !got.LastActivityAt.Equal(later) {
			t.Errorf("touched: %+v %v", got, err)
		}
		if got, err := s.ByID(t.Context(), oauth.ID); err != nil || got.Last != kept.From || !got.AccessExpiresAt.Equal(oauth.AccessExpiresAt) {
			t.Errorf("touched with an earlier expiry: %+v %v", got, err)
		}
		if list, total, err := s.Of(t.Context(), u.ID, "createdAt", 1, 1); err != nil || total != 3 || len(list) != 1 || list[0].ID != browser.ID {
			t.Errorf("second page: %v of %d %v", list, total, err)
		}
		if n, err := s.DeleteExpired(t.Context(), peopleTime.Add(time.Hour)); err != nil || n != 1 { // a3; the refresh token of a4 lives
			t.Errorf("expired: %d %v", n, err)
		}
		if err := s.DeleteOfUser(t.Context(), u.ID, browser.ID); err != nil {
			t.Fatal(err)
		}
		if list, _, err := s.Of(t.Context(), u.ID, "", 0, 10); err != nil || len(list) != 1 || list[0].ID != browser.ID {
			t.Errorf("but one: %v %v", list, err)
		}
		if err := s.Delete(t.Context(), browser.ID); err != nil {
			t.Error(err)
		}
		if err := s.Delete(t.Context(), browser.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("again: got %v, want NotFound", err)
		}
	})
}

func TestOAuthClients(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := store.OAuthClients{DB: db}
		if _, err := s.Client(t.Context()); !errs.Is(err, errs.NotFound) {
			t.Errorf("before: got %v, want NotFound", err)
		}
		want := user.Client{ID: "id", Secret: "secret"}
		if err := s.CreateClient(t.Context(), want, peopleTime); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Client(t.Context()); err != nil || got != want {
			t.Errorf("got %v %v", got, err)
		}
		for c, want := range map[user.Client]bool{want: true, {ID: "id", Secret: "x"}: false, {ID: "x", Secret: "secret"}: false} {
			if got, err := s.HasClient(t.Context(), c); err != nil || got != want {
				t.Errorf("%v: got %v %v, want %v", c, got, err, want)
			}
		}
	})
}

func TestRegistrations(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := store.Registrations{DB: db}
		u, _, _ := person(t, db, "alice")
		no := false
		want := &user.Registration{
			State: user.Pending, Username: "carol", Email: "Carol@Example.com", PasswordHash: "h", EmailVerified: &no, DisplayName: "C",
			ChannelName: "cc", ChannelDisplayName: "CC", Reason: "why", Language: "fr", CreatedAt: peopleTime, UpdatedAt: peopleTime,
		}
		if err := s.Create(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		for name, get := range map[string]func() (*user.Registration, error){
			"by id":            func() (*user.Registration, error) { return s.ByID(t.Context(), want.ID) },
			"by name":          func() (*user.Registration, error) { return s.ByLogin(t.Context(), "Carol") },
			"by address":       func() (*user.Registration, error) { return s.ByEmail(t.Context(), "carol@EXAMPLE.com") },
			"login by address": func() (*user.Registration, error) { return s.ByLogin(t.Context(), "carol@EXAMPLE.com") },
		} {
			got, err := get()
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%s %v (-want +got):\n%s", name, err, diff)
			}
		}
		twin := *want
		if err := s.Create(t.Context(), &twin); !errs.Is(err, errs.Conflict) {
			t.Errorf("the same while it waits: got %v, want Conflict", err)
		}
		second := *want
		second.Username, second.Email = "dora", "dora@example.com"
		if err := s.Create(t.Context(), &second); err != nil {
			t.Fatal(err)
		}
		waiting := func(when string, most, want int) {
			t.Helper()
			if n, err := s.Waiting(t.Context(), most); err != nil || n != want {
				t.Errorf("%s, %d at most: %d wait, %v; want %d", when, most, n, err, want)
			}
		}
		waiting("two", 100, 2)
		waiting("two", 1, 1)
		if err := s.Delete(t.Context(), second.ID); err != nil {
			t.Fatal(err)
		}
		if awaited, err := s.ChannelAwaited(t.Context(), "cc"); err != nil || !awaited {
			t.Errorf("channel awaited: %v %v", awaited, err)
		}
		if err := s.SetEmailVerified(t.Context(), want.ID); err != nil {
			t.Fatal(err)
		}
		for n, kind := range []errs.Kind{errs.Internal, errs.Conflict} { // of two moderators, one answers
			if err := s.Settle(t.Context(), want.ID, user.Accepted, "yes", u.ID, peopleTime.Add(time.Minute)); errs.KindOf(err) != kind || n == 0 && err != nil {
				t.Errorf("answer %d: %v", n, err)
			}
		}
		waiting("one deleted, one answered", 100, 0)
		list, total, err := s.List(t.Context(), user.RegistrationList{Search: "CAR", States: []user.RegistrationState{user.Accepted}, Count: 10})
		if err != nil || total != 1 || list[0].UserID != u.ID || list[0].Response != "yes" || !*list[0].EmailVerified {
			t.Errorf("list: %v of %d %v", list, total, err)
		}
		if err := s.Create(t.Context(), &twin); err != nil { // the first is settled
			t.Errorf("the same later: %v", err)
		}
		if err := s.Delete(t.Context(), want.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.Delete(t.Context(), want.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("again: got %v, want NotFound", err)
		}
	})
}

func TestVerifications(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := store.Verifications{DB: db}
		u, _, _ := person(t, db, "alice")
		add := func(p user.Purpose, hash string) *user.Verification {
			v := &user.Verification{Purpose: p, UserID: u.ID, TokenHash: hash, Payload: "p", ExpiresAt: peopleTime.Add(time.Hour), CreatedAt: peopleTime}
			if err := s.Create(t.Context(), v); err != nil {
				t.Fatal(err)
			}
			return v
		}
		add(user.ResetPassword, "old")
		want := add(user.ResetPassword, "new") // takes the place of the old one
		add(user.VerifyEmail, "other")
		got, err := s.Find(t.Context(), user.ResetPassword, "new", peopleTime)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		for name, find := range map[string]func() (*user.Verification, error){
			"replaced": func() (*user.Verification, error) { return s.Find(t.Context(), user.ResetPassword, "old", peopleTime) },
			"of another purpose": func() (*user.Verification, error) {
				return s.Find(t.Context(), user.ResetPassword, "other", peopleTime)
			},
			"expired": func() (*user.Verification, error) {
				return s.Find(t.Context(), user.ResetPassword, "new", peopleTime.Add(time.Hour))
			},
		} {
			if v, err := find(); !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: got %v %v, want NotFound", name, v, err)
			}
		}
		if err := s.Use(t.Context(), want.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.Use(t.Context(), want.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("used twice: got %v, want NotFound", err)
		}
		if n, err := s.DeleteExpired(t.Context(), peopleTime.Add(time.Hour)); err != nil || n != 1 {
			t.Errorf("expired: %d %v", n, err)
		}
	})
}

func TestRateLimits(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := store.RateLimits{DB: db}
		end := peopleTime.Add(time.Minute)
		for _, tt := range []struct {
			key      string
			now, end time.Time
			want     int
			wantEnd  time.Time
		}{
			{"a", peopleTime, end, 1, end},
			{"a", peopleTime.Add(time.Second), end.Add(time.Second), 2, end}, // the window does not move
			{"b", peopleTime, end, 1, end},
			{"a", end, end.Add(time.Minute), 1, end.Add(time.Minute)}, // it is over
		} {
			n, ends, err := s.Hit(t.Context(), "login", tt.key, tt.now, tt.end)
			if err != nil || n != tt.want || !ends.Equal(tt.wantEnd) {
				t.Errorf("%+v: got %d until %v, %v", tt, n, ends, err)
			}
		}
		if n, _, err := s.Peek(t.Context(), "login", "a", end, end.Add(time.Minute)); err != nil || n != 1 {
			t.Errorf("peek: %d %v", n, err)
		}
		if n, _, err := s.Peek(t.Context(), "other", "a", end, end.Add(time.Minute)); err != nil || n != 0 {
			t.Errorf("peek of nothing: %d %v", n, err)
		}
		// A clock that goes a little differently changes nothing; one that was
		// set back by a day locks nobody out for a day.
		late := end.Add(-30 * time.Second)
		if n, _, err := s.Peek(t.Context(), "login", "a", late, late.Add(time.Minute)); err != nil || n != 1 {
			t.Errorf("peek by a late clock: %d %v", n, err)
		}
		back := end.Add(-24 * time.Hour)
		if n, _, err := s.Peek(t.Context(), "login", "a", back, back.Add(time.Minute)); err != nil || n != 0 {
			t.Errorf("peek a day before: %d %v", n, err)
		}
		if n, ends, err := s.Hit(t.Context(), "login", "a", back, back.Add(time.Minute)); err != nil || n != 1 || !ends.Equal(back.Add(time.Minute)) {
			t.Errorf("a day before: %d until %v, %v", n, ends, err)
		}
		if n, _, err := s.Hit(t.Context(), "login", "a", end, end.Add(time.Minute)); err != nil || n != 1 {
			t.Errorf("a day after that: %d %v", n, err)
		}
		if n, err := s.DeleteExpired(t.Context(), end); err != nil || n != 1 {
			t.Errorf("expired: %d %v", n, err)
		}
	})
}

func TestSettings(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := store.Settings{DB: db}
		if _, err := s.Get(t.Context(), "a"); !errs.Is(err, errs.NotFound) {
			t.Errorf("before: got %v, want NotFound", err)
		}
		for _, value := range []string{"1", "2"} {
			if err := s.Set(t.Context(), "a", value); err != nil {
				t.Fatal(err)
			}
		}
		for _, value := range []string{"first", "second"} {
			if got, err := s.Create(t.Context(), "b", value); err != nil || got != "first" {
				t.Errorf("got %q %v, want first", got, err)
			}
		}
		if got, err := s.All(t.Context()); err != nil || !cmp.Equal(got, map[string]string{"a": "2", "b": "first"}) {
			t.Errorf("got %v %v", got, err)
		}
		if err := s.Delete(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		if got, err := s.All(t.Context()); err != nil || len(got) != 1 {
			t.Errorf("after: %v %v", got, err)
		}
	})
}
