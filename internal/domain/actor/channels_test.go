package actor_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

var (
	site = instance.Site{Scheme: "https", Host: "Video.example"}
	at   = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
)

type noFiles struct{}

func (noFiles) RemoveOfChannel(context.Context, actor.ChannelID) error { return nil }
func (noFiles) RemoveOfAccount(context.Context, actor.AccountID) error { return nil }

func newChannels(db *sqldb.DB, most int) *actor.Channels {
	return &actor.Channels{
		Store: store.Actors{DB: db}, Files: noFiles{}, Site: site, InTx: db.InTx, Now: func() time.Time { return at },
		NewKeys:    func() (actor.Keys, error) { return actor.Keys{Public: "p", Private: "p"}, nil },
		MaxPerUser: func() int { return most },
	}
}

func newAccount(t *testing.T, db *sqldb.DB, name string) actor.AccountID {
	t.Helper()
	a := actor.NewAccount(site, 0, name, "", actor.Keys{}, at)
	if err := (store.Actors{DB: db}).CreateAccount(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	return a.AccountID
}

func TestChannelsAreMadeUnderRules(t *testing.T) {
	t.Parallel()
	db := sqldbtest.SQLite(t)
	s := newChannels(db, 2)
	alice := newAccount(t, db, "alice")
	for _, tt := range []struct {
		name, channel string
		in            actor.ChannelTexts
		want          string
	}{
		{
			"all wrong", "Two Words",
			actor.ChannelTexts{Description: "x", Support: strings.Repeat("s", 1001)},
			"Incorrect request parameters: name, displayName, description, support",
		},
		{"a name that is too long", strings.Repeat("a", 51), actor.ChannelTexts{DisplayName: "x"}, "Incorrect request parameters: name"},
		{"the name of an account", "alice", actor.ChannelTexts{DisplayName: "x"}, actor.ErrNameTaken().Error()},
		{"the first", "one", actor.ChannelTexts{DisplayName: "One", Description: "first", Support: "give"}, ""},
		{"the same again", "one", actor.ChannelTexts{DisplayName: "One"}, actor.ErrNameTaken().Error()},
		{"the second", "two.b-c_d", actor.ChannelTexts{DisplayName: strings.Repeat("é", 120)}, ""},
		{"one too many", "three", actor.ChannelTexts{DisplayName: "Three"}, "You cannot create more than 2 channels"},
	} {
		c, err := s.Create(t.Context(), alice, tt.channel, tt.in)
		got := ""
		if err != nil {
			got = err.Error()
		} else if c.ChannelID == 0 || c.URL != "https://Video.example/video-channels/"+tt.channel {
			t.Errorf("%s: %+v", tt.name, c)
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestChannelsAreChangedByTheirOwners(t *testing.T) {
	t.Parallel()
	db := sqldbtest.SQLite(t)
	s := newChannels(db, 5)
	alice, bob := newAccount(t, db, "alice"), newAccount(t, db, "bob")
	for _, name := range []string{"one", "two"} {
		if _, err := s.Create(t.Context(), alice, name, actor.ChannelTexts{DisplayName: name}); err != nil {
			t.Fatal(err)
		}
	}
	text, none, short := "A new text", "", "x"
	change := actor.ChannelChange{Description: &text}
	for _, tt := range []struct {
		name   string
		by     actor.Manager
		handle string
		change actor.ChannelChange
		want   errs.Kind
	}{
		{"nobody", actor.Manager{}, "one", change, errs.Forbidden},
		{"somebody else", actor.Manager{AccountID: bob}, "one", change, errs.Forbidden},
		{"a moderator", actor.Manager{AccountID: bob, Any: true}, "one", change, errs.Internal},
		{"the owner, by the whole handle", actor.Manager{AccountID: alice}, "@ONE@video.EXAMPLE", change, errs.Internal},
		{"too short a text", actor.Manager{AccountID: alice}, "one", actor.ChannelChange{Support: &short}, errs.Invalid},
		{"no name to show", actor.Manager{AccountID: alice}, "one", actor.ChannelChange{DisplayName: &none}, errs.Invalid},
		{"what is not there", actor.Manager{AccountID: alice}, "three", change, errs.NotFound},
		{"of another site", actor.Manager{AccountID: alice}, "one@other.example", change, errs.NotFound},
	} {
		err := s.Update(t.Context(), tt.by, tt.handle, tt.change)
		if errs.KindOf(err) != tt.want || tt.want == errs.Internal && err != nil {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
	if c, err := s.ByHandle(t.Context(), "one"); err != nil || c.Description != text || c.DisplayName != "one" {
		t.Errorf("in the end: %+v %v", c, err)
	}
}

func TestTheLastChannelStays(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := newChannels(db, 5)
		alice := newAccount(t, db, "alice")
		for _, name := range []string{"one", "two"} {
			if _, err := s.Create(t.Context(), alice, name, actor.ChannelTexts{DisplayName: name}); err != nil {
				t.Fatal(err)
			}
		}
		var results [2]error
		var g sync.WaitGroup
		for n, name := range []string{"one", "two"} { // both at once
			g.Go(func() { results[n] = s.Delete(t.Context(), actor.Manager{AccountID: alice}, name) })
		}
		g.Wait()
		if (results[0] == nil) == (results[1] == nil) {
			t.Fatalf("got %v and %v, want one of two", results[0], results[1])
		}
		for _, err := range results {
			if err != nil && !errs.Is(err, errs.Conflict) {
				t.Errorf("got %v, want Conflict", err)
			}
		}
		if list, err := s.Store.ChannelsOf(t.Context(), alice); err != nil || len(list) != 1 {
			t.Errorf("left: %v %v", list, err)
		}
		for _, name := range []string{"one", "two"} {
			if _, err := s.Create(t.Context(), alice, name, actor.ChannelTexts{DisplayName: "x"}); !errs.Is(err, errs.Conflict) {
				t.Errorf("%s again: got %v, want Conflict", name, err)
			}
		}
	})
}

func TestParseHandle(t *testing.T) {
	t.Parallel()
	for handle, want := range map[string][2]string{
		"alice":                     {"alice", ""},
		"Alice":                     {"alice", ""},
		"@alice@video.example":      {"alice", ""},
		"Alice@VIDEO.example":       {"alice", ""},
		"acct:alice@other.example":  {"alice", "other.example"},
		"acct:Alice@video.example":  {"alice", ""},
		"Alice@Other.example":       {"Alice", "other.example"},
		"alice@other.example:9000":  {"alice", "other.example:9000"},
		"alice@other.example@evil.": {"alice", "other.example@evil."},
		"":                          {"", ""},
	} {
		if name, host := actor.ParseHandle(handle, site.Host); name != want[0] || host != want[1] {
			t.Errorf("%q: got %q %q, want %q", handle, name, host, want)
		}
	}
}

func TestKeysAreAPair(t *testing.T) {
	t.Parallel()
	k, err := actor.GenerateKeys()
	if err != nil || !strings.HasPrefix(k.Public, "-----BEGIN PUBLIC KEY-----\n") || !strings.HasPrefix(k.Private, "-----BEGIN RSA PRIVATE KEY-----\n") {
		t.Errorf("got %v %v", k.Public, err)
	}
	if other, err := actor.GenerateKeys(); err != nil || other == k {
		t.Errorf("two pairs are the same, %v", err)
	}
}
