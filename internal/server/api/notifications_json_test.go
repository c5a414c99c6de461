package api

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/rest"
)

func TestNotificationsAreWrittenAsTheirStructsSay(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		var n notificationJSON
		filled(r, reflect.ValueOf(&n).Elem())
		same(t, n, n.append(nil))
	}
}

// someNotifications are of new videos, the second of one that is gone.
func someNotifications() []*notification.Notification {
	at := time.Date(2030, 1, 2, 3, 4, 5, 678_000_000, time.UTC)
	ch := &actor.Channel{ChannelID: 3, DisplayName: "Ships & <boats>", Actor: actor.Actor{
		Username: "ships", Avatars: []actor.Image{{Type: actor.Avatar, Filename: "a.png", Width: 120}, {Type: actor.Avatar, Filename: "b.png", Width: 48}},
	}}
	list := make([]*notification.Notification, 15)
	for i := range list {
		list[i] = &notification.Notification{ID: notification.ID(100 + i), Type: notification.NewVideo, Read: i > 5, CreatedAt: at, UpdatedAt: at}
		if i == 1 {
			continue
		}
		list[i].Video = &video.Video{
			ID: video.ID(i), UUID: "9c9de5e8-0a1e-484a-b099-e80766180a6d", Name: "Squid \u2028 number", State: video.Published, Channel: ch,
		}
	}
	return list
}

func TestPagesOfNotificationsAreLists(t *testing.T) {
	t.Parallel()
	site := instance.Site{Scheme: "https", Host: "a.example"}
	present := func(n *notification.Notification) notificationJSON { return presentNotification(site, n) }
	for _, list := range [][]*notification.Notification{nil, someNotifications()[:1], someNotifications()} {
		same(t, rest.NewList(7, list, present), appendNotifications(nil, site, list, 7))
	}
}

func BenchmarkNotificationsJSON(b *testing.B) {
	site, list := instance.Site{Scheme: "https", Host: "a.example"}, someNotifications()
	b.Run("appended", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = appendNotifications(make([]byte, 0, len(list)<<10), site, list, 15)
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		present := func(n *notification.Notification) notificationJSON { return presentNotification(site, n) }
		for b.Loop() {
			if _, err := json.Marshal(rest.NewList(15, list, present)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// Sites that follow this one are told of as PeerTube's clients know it, though
// they have no account here.
func TestFollowsOfTheSiteAreTold(t *testing.T) {
	t.Parallel()
	here, at := instance.Site{Scheme: "https", Host: "a.example"}, time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	me := &actor.Actor{ID: 1, Type: actor.Application, Username: "peertube"}
	far := &actor.Actor{ID: 9, Type: actor.Application, Username: "peertube", Host: "far.example"}
	n := &notification.Notification{ID: 4, Type: notification.NewInstanceFollower, CreatedAt: at, UpdatedAt: at, Follow: &notification.Follow{
		Follow: &follow.Follow{ID: 3, State: follow.Pending, FollowerID: 9, Follower: far, FollowerName: "peertube", Following: me, FollowingName: "peertube"},
	}}
	out := presentNotification(here, n)
	want := `{"id":4,"type":13,"read":false,"actorFollow":{"id":3,"state":"pending",` +
		`"follower":{"id":9,"displayName":"peertube","name":"peertube","host":"far.example","avatars":[]},` +
		`"following":{"type":"instance","displayName":"peertube","name":"peertube","host":"a.example"}},` +
		`"createdAt":"2030-01-02T03:04:05.000Z","updatedAt":"2030-01-02T03:04:05.000Z"}`
	if got := string(out.append(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
