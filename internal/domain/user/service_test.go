package user_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

// testKeys is one key pair for all: making them is slow.
var testKeys = sync.OnceValues(actor.GenerateKeys)

type mailbox struct {
	fails error
	mails []user.Mail
}

func (m *mailbox) Queue(_ context.Context, mail user.Mail) error {
	m.mails = append(m.mails, mail)
	return m.fails
}

type removed struct{ channels, accounts int }

func (r *removed) RemoveOfChannel(context.Context, actor.ChannelID) error { r.channels++; return nil }

func (r *removed) RemoveOfAccount(context.Context, actor.AccountID) error { r.accounts++; return nil }

func newService(db *sqldb.DB) (*user.Service, *mailbox, *removed) {
	site := instance.Site{Scheme: "https", Host: "video.example"}
	box, files := &mailbox{}, &removed{}
	actors := store.Actors{DB: db}
	return &user.Service{
		Store: store.Users{DB: db}, Actors: actors, Sessions: store.Sessions{DB: db}, Clients: store.OAuthClients{DB: db},
		Channels: &actor.Channels{
			Store: actors, Files: files, Site: site, InTx: db.InTx, Now: sqldb.Now, NewKeys: testKeys, MaxPerUser: func() int { return 2 },
		},
		Registrations: store.Registrations{DB: db}, Verifications: store.Verifications{DB: db},
		Limits: &user.Limiter{Store: store.RateLimits{DB: db}, Now: sqldb.Now}, Mailer: box,
		Passwords: user.NewPasswords(2), Site: site, Lifetimes: user.DefaultLifetimes(),
		Policy: func() user.Policy {
			return user.Policy{
				Signup:     user.Signup{Enabled: true, Limit: -1, EmailVerification: true},
				VideoQuota: -1, VideoQuotaDaily: -1, MinPassword: 6, ChannelName: "Main $1 channel",
			}
		},
		Now: sqldb.Now, NewKeys: testKeys, InTx: db.InTx,
	}, box, files
}

func TestTheFirstStartIsDoneOnce(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, _, _ := newService(db)
		const nodes = 3
		var made [nodes]string
		var g sync.WaitGroup
		for n := range nodes {
			g.Go(func() {
				created, password, err := s.EnsureRoot(t.Context(), "", "")
				if err := errors.Join(err, s.EnsureInstanceActor(t.Context()), s.EnsureOAuthClient(t.Context())); err != nil {
					t.Errorf("node %d: %v", n, err)
				}
				if created {
					made[n] = password
				}
			})
		}
		g.Wait()
		passwords := strings.Fields(strings.Join(made[:], " "))
		if len(passwords) != 1 || len(passwords[0]) != 24 {
			t.Fatalf("passwords of root: %q, want one", passwords)
		}
		root, err := s.Store.ByUsername(t.Context(), "root")
		if err != nil || root.Role != user.Administrator || !root.IsRoot() {
			t.Fatalf("root is %+v %v", root, err)
		}
		if ok, _, err := s.Passwords.Verify(t.Context(), root.PasswordHash, passwords[0]); err != nil || !ok {
			t.Errorf("the password that was told is not root's: %v", err)
		}
		channels, err := s.Actors.ChannelsOf(t.Context(), root.AccountID)
		if err != nil || len(channels) != 1 || channels[0].Username != "root_channel" || channels[0].DisplayName != "Main root channel" {
			t.Errorf("channels of root: %v %v", channels, err)
		}
		if keys, err := s.Actors.Keys(t.Context(), channels[0].ID); err != nil || !strings.Contains(keys.Private, "RSA PRIVATE KEY") || !strings.Contains(keys.Public, "PUBLIC KEY") {
			t.Errorf("keys of the channel: %v", err)
		}
	})
}

func TestTwoWithOneNameAtOnce(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, _, _ := newService(db)
		const people = 4
		var results [people]error
		var g sync.WaitGroup
		for n := range people {
			g.Go(func() {
				_, results[n] = s.Register(t.Context(), user.NewRegistration{Username: "alice", Password: "password", Email: "alice@example.com"}, "192.0.2.1")
			})
		}
		g.Wait()
		won := 0
		for _, err := range results {
			if err == nil {
				won++
			} else if !errs.Is(err, errs.Conflict) {
				t.Errorf("got %v, want Conflict", err)
			}
		}
		if won != 1 {
			t.Errorf("%d registered, want 1", won)
		}
		if n, err := sqldb.One(t.Context(), db, sqldb.Value[int], `SELECT count(*) FROM actors`); err != nil || n != 2 {
			t.Errorf("%d actors %v, want an account and a channel", n, err)
		}
	})
}

func TestARegistrationIsWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	db := sqldbtest.SQLite(t)
	s, box, _ := newService(db)
	box.fails = errors.New("the queue is away")
	_, err := s.Register(t.Context(), user.NewRegistration{Username: "alice", Password: "password", Email: "alice@example.com"}, "192.0.2.1")
	if !errors.Is(err, box.fails) {
		t.Fatalf("got %v", err)
	}
	for _, table := range []string{"users", "accounts", "video_channels", "actors", "verifications"} {
		if n, err := sqldb.One(t.Context(), db, sqldb.Value[int], `SELECT count(*) FROM `+table); err != nil || n != 0 {
			t.Errorf("%s: %d rows are left, %v", table, n, err)
		}
	}
}

func TestLongNamesGetAChannelToo(t *testing.T) {
	t.Parallel()
	s, _, _ := newService(sqldbtest.SQLite(t))
	for n, name := range []string{strings.Repeat("a", 50), strings.Repeat("a", 49) + "b", strings.Repeat("a", 41) + ".b"} {
		u, err := s.Register(t.Context(), user.NewRegistration{Username: name, Password: "password", Email: string(rune('a'+n)) + "@example.com"}, "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		list, err := s.Actors.ChannelsOf(t.Context(), u.AccountID)
		if err != nil || len(list) != 1 || !actor.ValidName(list[0].Username) {
			t.Errorf("channels of %s: %+v %v", name, list, err)
		}
	}
}

func TestRemovedUsersTakeTheirFilesAlong(t *testing.T) {
	t.Parallel()
	s, _, files := newService(sqldbtest.SQLite(t))
	u, err := s.Register(t.Context(), user.NewRegistration{Username: "alice", Password: "password", Email: "alice@example.com"}, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Channels.Create(t.Context(), u.AccountID, "second", actor.ChannelTexts{DisplayName: "Second"}); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteMe(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	if files.channels != 2 || files.accounts != 1 {
		t.Errorf("queued %+v, want 2 channels and 1 account", files)
	}
	for _, name := range []string{"alice", "alice_channel", "second"} {
		if taken, err := s.Actors.NameTaken(t.Context(), name); err != nil || !taken {
			t.Errorf("%s is free again, %v", name, err)
		}
	}
}

func TestQuotas(t *testing.T) {
	t.Parallel()
	db := sqldbtest.SQLite(t)
	s, _, _ := newService(db)
	u, err := s.Register(t.Context(), user.NewRegistration{Username: "alice", Password: "password", Email: "alice@example.com"}, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(t.Context(), `UPDATE users SET video_quota_used = 900`); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name               string
		quota, daily, more int64
		ok                 bool
	}{
		{"no limit", -1, -1, 1 << 62, true},
		{"just fits", 1000, -1, 100, true},
		{"a byte too many", 1000, -1, 101, false},
		{"more than all", 1000, -1, 1<<63 - 1, false},
		{"the day's", -1, 50, 51, false},
		{"nothing at all", 0, 0, 0, false},
	} {
		u.VideoQuota, u.VideoQuotaDaily = tt.quota, tt.daily
		err := s.CheckQuota(t.Context(), u, tt.more)
		if (err == nil) != tt.ok || err != nil && errs.As(err).Code != "quota_reached" {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
}

func TestOldHashesAreRenewed(t *testing.T) {
	t.Parallel()
	db := sqldbtest.SQLite(t)
	s, _, _ := newService(db)
	if _, _, err := s.EnsureRoot(t.Context(), "correct horse", ""); err != nil {
		t.Fatal(err)
	}
	old, err := bcrypt.GenerateFromPassword([]byte("correct horse"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(t.Context(), `UPDATE users SET password_hash = $1`, string(old)); err != nil {
		t.Fatal(err)
	}
	sessions := &user.Sessions{
		Users: s.Store, Store: s.Sessions, Registrations: s.Registrations, Limits: s.Limits, Passwords: s.Passwords,
		Lifetimes: user.DefaultLifetimes(), Policy: s.Policy, Now: sqldb.Now,
	}
	c := user.Credentials{Login: "Root", Password: "correct horse", Kind: user.Browser}
	for range 2 {
		tokens, _, err := sessions.LogIn(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if id, err := sessions.Identify(t.Context(), tokens.Access, user.Device{}); err != nil || id.User.Username != "root" {
			t.Errorf("identified as %+v %v", id, err)
		}
	}
	if root, err := s.Store.ByUsername(t.Context(), "root"); err != nil || !strings.HasPrefix(root.PasswordHash, "$argon2id$") {
		t.Errorf("the hash is still %v %v", root.PasswordHash, err)
	}
}

func TestBrowsersStayLoggedInWhileTheyCome(t *testing.T) {
	t.Parallel()
	db := sqldbtest.SQLite(t)
	s, _, _ := newService(db)
	if _, _, err := s.EnsureRoot(t.Context(), "correct horse", ""); err != nil {
		t.Fatal(err)
	}
	now := sqldb.Now()
	life := user.Lifetimes{Browser: time.Hour}
	sessions := &user.Sessions{
		Users: s.Store, Store: s.Sessions, Registrations: s.Registrations, Limits: s.Limits, Passwords: s.Passwords,
		Lifetimes: life, Policy: s.Policy, Now: func() time.Time { return now },
	}
	tokens, _, err := sessions.LogIn(t.Context(), user.Credentials{Login: "root", Password: "correct horse", Kind: user.Browser})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		now = now.Add(50 * time.Minute)
		id, err := sessions.Identify(t.Context(), tokens.Access, user.Device{Agent: strings.Repeat("x", 1000)})
		if err != nil || !id.Renewed {
			t.Fatalf("got %+v %v", id, err)
		}
	}
	now = now.Add(61 * time.Minute)
	if _, err := sessions.Identify(t.Context(), tokens.Access, user.Device{}); !errs.Is(err, errs.Unauthorized) {
		t.Errorf("after an hour away: got %v, want Unauthorized", err)
	}
}

// BenchmarkIdentify is what a token costs when it was not seen for seconds.
func BenchmarkIdentify(b *testing.B) {
	s, _, _ := newService(sqldbtest.SQLite(b))
	if _, _, err := s.EnsureRoot(b.Context(), "correct horse", ""); err != nil {
		b.Fatal(err)
	}
	sessions := &user.Sessions{
		Users: s.Store, Store: s.Sessions, Registrations: s.Registrations, Limits: s.Limits, Passwords: s.Passwords,
		Lifetimes: user.DefaultLifetimes(), Policy: s.Policy, Now: sqldb.Now,
	}
	tokens, _, err := sessions.LogIn(b.Context(), user.Credentials{Login: "root", Password: "correct horse", Kind: user.OAuth})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sessions.Identify(b.Context(), tokens.Access, user.Device{}); err != nil {
			b.Fatal(err)
		}
	}
}
