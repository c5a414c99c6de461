package user_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
)

func TestSignUpsAtOnceDoNotPassTheLimit(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, _, _ := newService(db)
		if _, _, err := s.EnsureRoot(t.Context(), "correct horse", ""); err != nil {
			t.Fatal(err)
		}
		policy := s.Policy()
		policy.Signup.Limit, policy.Signup.EmailVerification = 3, false
		s.Policy = func() user.Policy { return policy }
		const people = 8
		var results [people]error
		var g sync.WaitGroup
		for n := range people {
			g.Go(func() {
				_, results[n] = s.Register(t.Context(), user.NewRegistration{
					Username: fmt.Sprintf("person%d", n), Email: fmt.Sprintf("person%d@example.com", n), Password: "a good word",
				}, fmt.Sprintf("192.0.2.%d", n))
			})
		}
		g.Wait()
		in := 0
		for n, err := range results {
			if err == nil {
				in++
			} else if !errs.Is(err, errs.Forbidden) {
				t.Errorf("person %d: got %v, want Forbidden", n, err)
			}
		}
		total, err := s.Store.Count(t.Context())
		if err != nil || in != 2 || total != 3 {
			t.Errorf("%d were let in, there are %d users (%v); want 2 and, with root, 3", in, total, err)
		}
		accounts, err := sqldb.One(t.Context(), db, sqldb.Value[int], `SELECT count(*) FROM accounts WHERE user_id IS NOT NULL`)
		if err != nil || accounts != 3 {
			t.Errorf("%d accounts are there (%v), want 3: who is refused leaves nothing", accounts, err)
		}
	})
}

func TestModeratorsHearOfARequest(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, box, _ := newService(db)
		if _, _, err := s.EnsureRoot(t.Context(), "correct horse", ""); err != nil {
			t.Fatal(err)
		}
		root, err := s.Get(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		for name, role := range map[string]user.Role{"mod": user.Moderator, "silent": user.Moderator, "blocked": user.Moderator, "boss": user.Administrator, "alice": user.Member} {
			u, err := s.Create(t.Context(), root, user.New{Username: name, Email: name + "@example.com", Password: "a good word", Role: role})
			if err != nil {
				t.Fatal(err)
			}
			if name != "silent" { // who is as everybody: the site shows it
				u.Notifications["newUserRegistration"] = 3
				err = s.Store.Change(t.Context(), u.ID, user.Change{Notifications: u.Notifications})
			}
			if name == "blocked" && err == nil {
				err = s.Block(t.Context(), root, u.ID, "")
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		policy := s.Policy()
		policy.Signup.Approval, policy.Signup.EmailVerification = true, false
		s.Policy = func() user.Policy { return policy }
		box.mails = nil
		if _, err := s.RequestRegistration(t.Context(), user.NewRegistration{
			Username: "newcomer", Email: "new@example.com", Password: "a good word", Reason: "I make films.",
		}, "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, m := range box.mails {
			told = append(told, m.To)
			if m.Kind != user.MailRegistrationRequest || !strings.Contains(m.Text, "newcomer") || !strings.Contains(m.Text, "I make films.") ||
				m.Link != "https://video.example/admin/moderation/registrations/list" {
				t.Errorf("got %+v", m)
			}
		}
		if got := strings.Join(told, " "); got != "boss@example.com mod@example.com" {
			t.Errorf("told %q, want the administrator and the moderator (root has nobody's address)", got)
		}
	})
}

// Whoever asks for an account reads the answer in the language of the pages,
// and keeps it.
func TestWhoIsLetInKeepsTheLanguageOfThePages(t *testing.T) {
	t.Parallel()
	s, box, _ := newService(sqldbtest.SQLite(t))
	policy := s.Policy()
	policy.Signup.Approval, policy.Signup.EmailVerification = true, false
	s.Policy = func() user.Policy { return policy }
	for name, tt := range map[string]struct{ language, want string }{"japanese": {"ja", "ja"}, "nonsense": {"<b>", ""}} {
		r, err := s.RequestRegistration(t.Context(), user.NewRegistration{
			Username: name, Email: name + "@example.com", Password: "a good word", Reason: "I make films.", Language: tt.language,
		}, "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		box.mails = nil
		if err := s.Accept(t.Context(), r.ID, user.Answer{Response: "Welcome"}); err != nil {
			t.Fatal(err)
		}
		if len(box.mails) != 1 || box.mails[0].Language != tt.want {
			t.Errorf("%s: letters %+v, want one in %q", name, box.mails, tt.want)
		}
		u, err := s.Store.ByUsername(t.Context(), name)
		if err != nil || u.Preferences.Language != tt.want {
			t.Errorf("%s: got %+v %v, want %q", name, u, err, tt.want)
		}
	}
}

func TestWhoSignsUpKeepsTheLanguageOfThePages(t *testing.T) {
	t.Parallel()
	s, _, _ := newService(sqldbtest.SQLite(t))
	for name, tt := range map[string]struct{ language, want string }{
		"german": {"de", "de"}, "peertube": {"zh-Hans-CN", "zh-Hans-CN"}, "nonsense": {"<b>", ""}, "nothing": {"", ""},
	} {
		u, err := s.Register(t.Context(), user.NewRegistration{Username: name, Password: "password", Email: name + "@example.com", Language: tt.language}, "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		if got := u.Preferences.Language; got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
	u := &user.User{ID: 1}
	err := s.UpdateMe(t.Context(), u, user.MeChange{Preferences: func(p *user.Preferences) { p.Language = "tlh" }})
	if !errs.Is(err, errs.Invalid) {
		t.Errorf("a language that no client has: got %v, want Invalid", err)
	}
}

func TestThemesThatThereAreNotAreRefused(t *testing.T) {
	t.Parallel()
	for theme, wanted := range map[string]bool{
		"": true, "default": true, "instance-default": true, "light": true, "dark": true, "peertube-core-dark-brown": true,
		"peertube-theme-background-red": false, "background-red": false, "darkest": false, "Dark": false, "../../x": false,
	} {
		bad := user.MeChange{Preferences: func(p *user.Preferences) { p.Theme = theme }}.Problems(user.Policy{})
		if refused := len(bad) == 1 && bad[0].Name == "theme"; refused == wanted {
			t.Errorf("%q: %v, want it %v", theme, bad, map[bool]string{true: "taken", false: "refused"}[wanted])
		}
	}
	// What an account has from elsewhere does not keep it from changing the rest.
	if bad := (user.MeChange{Preferences: func(p *user.Preferences) { p.Language = "fr" }}).Problems(user.Policy{}); len(bad) > 0 {
		t.Errorf("another change: %v", bad)
	}
}
