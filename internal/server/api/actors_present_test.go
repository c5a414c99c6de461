package api

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
)

var presentSite = instance.Site{Scheme: "http", Host: "localhost:9000"}

func sampleChannel() *actor.Channel {
	at := time.Date(2026, 11, 21, 4, 57, 55, 998_765_000, time.UTC)
	owner := &actor.Account{
		Actor: actor.Actor{
			Username: "alice", URL: "http://localhost:9000/accounts/alice", CreatedAt: at, UpdatedAt: at,
			Avatars: []actor.Image{{Type: actor.Avatar, Filename: "a.png", Width: 120, Height: 120, CreatedAt: at, UpdatedAt: at}},
		},
		AccountID: 5, UserID: 4, DisplayName: "Alice",
	}
	return &actor.Channel{
		Actor: actor.Actor{
			Username: "main", URL: "http://localhost:9000/video-channels/main", FollowersCount: 1, CreatedAt: at, UpdatedAt: at,
			Banners: []actor.Image{{Type: actor.Banner, Filename: "b.jpg", Width: 600, CreatedAt: at, UpdatedAt: at}},
		},
		ChannelID: 4, DisplayName: "Main", Support: "give", OwnerID: 5, Owner: owner,
	}
}

func TestPresentChannelIsPeerTubes(t *testing.T) {
	t.Parallel()
	const want = `{"url":"http://localhost:9000/video-channels/main","name":"main","host":"localhost:9000","avatars":[],"id":4,` +
		`"hostRedundancyAllowed":false,"followingCount":0,"followersCount":1,"createdAt":"2026-11-21T04:57:55.998Z",` +
		`"banners":[{"height":null,"width":600,"path":"/lazy-static/banners/b.jpg","fileUrl":"http://localhost:9000/lazy-static/banners/b.jpg",` +
		`"createdAt":"2026-11-21T04:57:55.998Z","updatedAt":"2026-11-21T04:57:55.998Z"}],` +
		`"displayName":"Main","description":null,"support":"give","isLocal":true,"updatedAt":"2026-11-21T04:57:55.998Z",` +
		`"ownerAccount":{"url":"http://localhost:9000/accounts/alice","name":"alice","host":"localhost:9000",` +
		`"avatars":[{"height":120,"width":120,"path":"/lazy-static/avatars/a.png","fileUrl":"http://localhost:9000/lazy-static/avatars/a.png",` +
		`"createdAt":"2026-11-21T04:57:55.998Z","updatedAt":"2026-11-21T04:57:55.998Z"}],"id":5,` +
		`"hostRedundancyAllowed":false,"followingCount":0,"followersCount":0,"createdAt":"2026-11-21T04:57:55.998Z",` +
		`"displayName":"Alice","description":null,"updatedAt":"2026-11-21T04:57:55.998Z","userId":4}}`
	got, err := json.Marshal(presentChannel(presentSite, sampleChannel()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestPresentSummaries(t *testing.T) {
	t.Parallel()
	c := sampleChannel()
	c.Host = "remote.example"
	const want = `{"id":4,"name":"main","displayName":"Main","url":"http://localhost:9000/video-channels/main","host":"remote.example","avatars":[]}`
	got, err := json.Marshal(presentChannelSummary(presentSite, c))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if a := presentAccountSummary(presentSite, c.Owner); a.ID != 5 || a.Host != "localhost:9000" || len(a.Avatars) != 1 {
		t.Errorf("account: got %+v", a)
	}
}
