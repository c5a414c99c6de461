package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

var (
	peopleSite = instance.Site{Scheme: "https", Host: "video.example"}
	peopleTime = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
)

// person makes a user with an account and a channel.
func person(t *testing.T, db *sqldb.DB, name string) (*user.User, *actor.Account, *actor.Channel) {
	t.Helper()
	u := &user.User{
		Username: name, Email: name + "@Example.com", PasswordHash: "hash", Role: user.Member, VideoQuota: -1, VideoQuotaDaily: -1,
		FeedToken: "feed", Notifications: map[string]int{"newFollow": 1}, CreatedAt: peopleTime, UpdatedAt: peopleTime,
		Preferences: user.Preferences{VideoLanguages: []string{"fr"}},
	}
	if err := (store.Users{DB: db}).Create(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	actors := store.Actors{DB: db}
	a := actor.NewAccount(peopleSite, int64(u.ID), name, "", actor.Keys{Public: "public", Private: "private"}, peopleTime)
	if err := actors.CreateAccount(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	c := actor.NewChannel(peopleSite, a.AccountID, name+"_channel", "Main", actor.Keys{}, peopleTime)
	if err := actors.CreateChannel(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	u.AccountID = a.AccountID
	return u, a, c
}

func TestActorsComeBackAsTheyWent(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := store.Actors{DB: db}
		_, a, c := person(t, db, "alice")
		images := []actor.Image{
			{Type: actor.Avatar, Filename: "s.png", Width: 48, Height: 48, CreatedAt: peopleTime, UpdatedAt: peopleTime},
			{Type: actor.Avatar, Filename: "l.png", Width: 600, Height: 600, CreatedAt: peopleTime, UpdatedAt: peopleTime},
		}
		if _, err := s.ReplaceImages(t.Context(), a.ID, actor.Avatar, images); err != nil {
			t.Fatal(err)
		}
		want := *a
		want.PublicKey, want.PrivateKey = "", "" // only Keys gives them
		want.Avatars = []actor.Image{images[1], images[0]}
		got, err := s.AccountByName(t.Context(), "alice", "")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("account (-want +got):\n%s", diff)
		}
		wantChannel := *c
		wantChannel.Owner = &want
		gotChannel, err := s.ChannelByName(t.Context(), "alice_channel", "")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&wantChannel, gotChannel); diff != "" {
			t.Errorf("channel (-want +got):\n%s", diff)
		}
		if keys, err := s.Keys(t.Context(), a.ID); err != nil || keys != (actor.Keys{Public: "public", Private: "private"}) {
			t.Errorf("keys %v %v", keys, err)
		}
		old, err := s.ReplaceImages(t.Context(), a.ID, actor.Avatar, nil)
		if err != nil || len(old) != 2 {
			t.Errorf("replaced %v %v", old, err)
		}
		if names, err := s.ImageFilenames(t.Context(), a.ID); err != nil || len(names) != 0 {
			t.Errorf("left over %v %v", names, err)
		}
	})
}

func TestRemoteActorsShareTheTables(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := store.Actors{DB: db}
		person(t, db, "alice")
		for _, host := range []string{"a.example", "b.example"} {
			a := actor.NewAccount(instance.Site{Scheme: "https", Host: host}, 0, "alice", "", actor.Keys{}, peopleTime)
			a.Host = host
			if err := s.CreateAccount(t.Context(), a); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.AccountByName(t.Context(), "alice", "b.example")
		if err != nil || got.Host != "b.example" || got.UserID != 0 {
			t.Errorf("got %+v %v", got, err)
		}
		for local, want := range map[bool]int{true: 1, false: 3} {
			if _, total, err := s.ListAccounts(t.Context(), store.AccountList{Count: 10, LocalOnly: local}); err != nil || total != want {
				t.Errorf("accounts, local only %v: got %d %v, want %d", local, total, err, want)
			}
		}
		if _, err := s.AccountByName(t.Context(), "alice", "c.example"); !errs.Is(err, errs.NotFound) {
			t.Errorf("of an unknown host: got %v, want NotFound", err)
		}
	})
}

func TestChannelsInBatches(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := store.Actors{DB: db}
		var ids []actor.ChannelID
		for n := range 5 {
			_, a, c := person(t, db, fmt.Sprintf("person%d", n))
			ids = append(ids, c.ChannelID)
			if _, err := s.ReplaceImages(t.Context(), a.ID, actor.Avatar, []actor.Image{{Filename: fmt.Sprint(n), CreatedAt: peopleTime, UpdatedAt: peopleTime}}); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.Channels(t.Context(), append(ids, 9999))
		if err != nil || len(got) != len(ids) {
			t.Fatalf("got %d channels, %v", len(got), err)
		}
		for n, id := range ids {
			if c := got[id]; c == nil || c.Owner == nil || c.Owner.Username != fmt.Sprintf("person%d", n) || len(c.Owner.Avatars) != 1 {
				t.Errorf("channel %d: %+v", id, c)
			}
		}
		if none, err := s.Channels(t.Context(), nil); err != nil || len(none) != 0 {
			t.Errorf("of no ids: %v %v", none, err)
		}
	})
}

func TestChannelList(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := store.Actors{DB: db}
		_, alice, _ := person(t, db, "alice")
		person(t, db, "bob")
		second := actor.NewChannel(peopleSite, alice.AccountID, "second", "50% off", actor.Keys{}, peopleTime.Add(time.Second))
		if err := s.CreateChannel(t.Context(), second); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			name  string
			p     store.ChannelList
			want  string
			total int
		}{
			{"newest first", store.ChannelList{Count: 10}, "second bob_channel alice_channel ", 3},
			{"by name", store.ChannelList{Count: 10, Sort: "name"}, "second alice_channel bob_channel ", 3},
			{"of an account", store.ChannelList{Count: 10, AccountID: alice.AccountID, Sort: "id"}, "alice_channel second ", 2},
			{"a page", store.ChannelList{Start: 1, Count: 1}, "bob_channel ", 3},
			{"a search", store.ChannelList{Count: 10, Search: "bob"}, "bob_channel ", 1},
			{"a search is no pattern", store.ChannelList{Count: 10, Search: "0%"}, "second ", 1},
		} {
			list, total, err := s.ListChannels(t.Context(), tt.p)
			got := ""
			for _, c := range list {
				got += c.Username + " "
			}
			if err != nil || got != tt.want || total != tt.total {
				t.Errorf("%s: got %q of %d %v, want %q of %d", tt.name, got, total, err, tt.want, tt.total)
			}
		}
		if _, _, err := s.ListChannels(t.Context(), store.ChannelList{Sort: "evil"}); !errs.Is(err, errs.Invalid) {
			t.Errorf("an unknown sort: got %v, want Invalid", err)
		}
	})
}

func TestNamesStayTaken(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := store.Actors{DB: db}
		_, _, c := person(t, db, "alice")
		again := actor.NewChannel(peopleSite, c.OwnerID, "alice", "x", actor.Keys{}, peopleTime)
		if err := s.CreateChannel(t.Context(), again); !errs.Is(err, errs.Conflict) {
			t.Errorf("a channel with an account's name: got %v, want Conflict", err)
		}
		for range 2 {
			if err := s.ReserveName(t.Context(), c.Username); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.DeleteChannel(t.Context(), c.ChannelID); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]bool{"alice_channel": true, "alice": true, "bob": false} {
			if taken, err := s.NameTaken(t.Context(), name); err != nil || taken != want {
				t.Errorf("%s taken: got %v %v, want %v", name, taken, err, want)
			}
		}
		if err := s.DeleteChannel(t.Context(), c.ChannelID); !errs.Is(err, errs.NotFound) {
			t.Errorf("deleted again: got %v, want NotFound", err)
		}
	})
}

func TestDeletedChannelsGiveQuotaBack(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, users := store.Actors{DB: db}, store.Users{DB: db}
		u, _, c := person(t, db, "alice")
		addVideo(t, db, c.ChannelID, "v1", 300, peopleTime)
		exec(t, db, `UPDATE users SET video_quota_used = 1000 WHERE id = $1`, u.ID)
		if err := s.DeleteChannel(t.Context(), c.ChannelID); err != nil {
			t.Fatal(err)
		}
		got, err := users.ByID(t.Context(), u.ID)
		if err != nil || got.VideoQuotaUsed != 700 {
			t.Errorf("used %v %v, want 700", got, err)
		}
		if n, err := sqldb.One(t.Context(), db, sqldb.Value[int], `SELECT count(*) FROM videos`); err != nil || n != 0 {
			t.Errorf("%d videos are left, %v", n, err)
		}
	})
}

func addVideo(t *testing.T, db *sqldb.DB, channel actor.ChannelID, uuid string, size int64, at time.Time) {
	t.Helper()
	exec(t, db, `
		INSERT INTO videos (uuid, channel_id, url, name, privacy, state, files_size, quota_bytes, published_at, created_at, updated_at)
		VALUES ($1, $2, $1, 'v', 1, 1, $3, $3, $4, $4, $4)`, uuid, channel, size, at)
}

func exec(t *testing.T, db *sqldb.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.Exec(context.WithoutCancel(t.Context()), query, args...); err != nil {
		t.Fatal(err)
	}
}

func TestTheInstanceActor(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := store.Actors{DB: db}
		if _, err := s.Instance(t.Context()); !errs.Is(err, errs.NotFound) {
			t.Errorf("before: got %v, want NotFound", err)
		}
		for n, want := range []errs.Kind{errs.Internal, errs.Conflict} {
			err := s.CreateInstance(t.Context(), actor.NewInstance(peopleSite, actor.Keys{}, peopleTime))
			if errs.KindOf(err) != want {
				t.Errorf("try %d: got %v", n, err)
			}
		}
		a, err := s.Instance(t.Context())
		if err != nil || a.URL != "https://video.example/accounts/peertube" || a.Type != actor.Application {
			t.Errorf("got %+v %v", a, err)
		}
	})
}
