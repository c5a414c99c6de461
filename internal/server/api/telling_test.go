package api_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/api"
	"sepiola/internal/server/rest"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

// tellingAPI is the API of subscriptions and notifications on the people of
// siteAPI. What is caused is told at once.
type tellingAPI struct {
	*siteAPI
	service *notification.Service
	causes  *notification.Causes
	videos  *store.Videos
}

func (a *tellingAPI) Spread(ctx context.Context, c notification.Cause) error {
	return a.service.Spread(ctx, c)
}

func (*tellingAPI) Push(context.Context, notification.DeviceID, user.ID, notification.ID) error {
	return nil
}
func (*tellingAPI) Mail(context.Context, user.ID, []notification.ID) error { return nil }

func newTellingAPI(t testing.TB) *tellingAPI {
	t.Helper()
	db := sqldbtest.SQLite(t)
	s := &siteAPI{t: t, people: map[string]*user.User{}, now: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	a := &tellingAPI{siteAPI: s, videos: &store.Videos{DB: db}}
	site := instance.Site{Scheme: "http", Host: "localhost:9000"}
	now := func() time.Time { return s.now }
	actors := store.Actors{DB: db}
	s.addPeople(t, store.Users{DB: db}, actors, &actor.Channels{
		Store: actors, Files: siteNoFiles{}, Site: site, InTx: db.InTx, Now: now, MaxPerUser: func() int { return 3 },
		NewKeys: func() (actor.Keys, error) { return actor.Keys{}, nil },
	}, site)
	kept := store.Notifications{DB: db, Videos: a.videos}
	a.service = &notification.Service{
		Store: kept, Users: store.Users{DB: db}, Queue: a, Site: site, InTx: db.InTx, Now: now, MailEnabled: func() bool { return false },
	}
	a.causes = &notification.Causes{Store: kept, Queue: a, Now: now}
	subscriptions := &follow.Subscriptions{
		Store: store.Follows{DB: db, Videos: a.videos}, Actors: actors, Site: site, Events: a.causes, InTx: db.InTx, Now: now,
	}
	videos := &video.Service{Store: a.videos, InTx: db.InTx, Now: now}
	r := rest.NewRouter(slog.New(slog.DiscardHandler))
	r.Use(s.identify)
	for _, resource := range []interface{ Mount(*rest.Router) }{
		&api.Subscriptions{Subscriptions: subscriptions, Videos: &api.Videos{Videos: videos, Actors: actors, Site: site}, Site: site},
		&api.Followers{Followers: subscriptions, Site: site},
		&api.Notifications{Notifications: a.service, Site: site},
		&api.PushDevices{Devices: a.service, PublicKey: "BKey"},
	} {
		resource.Mount(r)
	}
	s.handler = http.StripPrefix("/api/v1", r)
	return a
}

// addVideo makes a video of alice's channel, at the hour that its number is.
func (a *tellingAPI) addVideo(n int, name string, p video.Privacy) *video.Video {
	a.t.Helper()
	uuid := fmt.Sprintf("%08d-0000-4000-8000-000000000000", n)
	at := a.now.Add(time.Duration(n) * time.Hour)
	v := &video.Video{
		UUID: uuid, ChannelID: 2, URL: "http://localhost:9000/videos/watch/" + uuid, Name: name, Privacy: p, State: video.Published,
		PublishedAt: at, CreatedAt: at, UpdatedAt: at, Duration: 12, AspectRatio: 1.7778, DownloadEnabled: true,
		CommentsPolicy: video.CommentsEnabled, EmbedPrivacyPolicy: 1,
	}
	if err := a.videos.Create(a.t.Context(), v); err != nil {
		a.t.Fatal(err)
	}
	return v
}

func TestSubscriptionsArePeerTubes(t *testing.T) {
	t.Parallel()
	a := newTellingAPI(t)
	for p := video.Public; p <= video.PasswordProtected; p++ {
		a.addVideo(int(p), fmt.Sprintf("Video of privacy %d", p), p)
	}
	const mine = "/users/me/subscriptions"
	a.do("nobody", "", "GET", mine, "")
	a.do("subscribe", "bob", "POST", mine, `{"uri":"alice_channel@localhost:9000"}`)
	a.do("again", "bob", "POST", mine, `{"uri":"alice_channel@localhost:9000"}`)
	a.do("bad uri", "bob", "POST", mine, `{"uri":"root"}`)
	a.do("no uri", "bob", "POST", mine, `{}`)
	a.do("unknown here", "bob", "POST", mine, `{"uri":"nope@localhost:9000"}`)
	a.do("of another site", "bob", "POST", mine, `{"uri":"somebody@example.com"}`)
	a.do("oneself", "bob", "POST", mine, `{"uri":"bob@localhost:9000"}`)
	a.do("an account", "bob", "POST", mine, `{"uri":"root@localhost:9000"}`)
	a.do("list", "bob", "GET", mine, "")
	a.do("search", "bob", "GET", mine+"?search=nothing", "")
	a.do("bad sort", "bob", "GET", mine+"?sort=evil", "")
	a.do("exist", "bob", "GET", mine+"/exist?uris=alice_channel@localhost:9000&uris=nope@example.com&uris=root@localhost:9000", "")
	a.do("exist of nothing", "bob", "GET", mine+"/exist", "")
	a.do("get", "bob", "GET", mine+"/alice_channel@localhost:9000", "")
	a.do("get by name", "bob", "GET", mine+"/alice_channel", "")
	a.do("get unknown", "bob", "GET", mine+"/nope@localhost:9000", "")
	a.do("get an account", "bob", "GET", mine+"/root@localhost:9000", "")
	a.do("videos", "bob", "GET", mine+"/videos?count=1", "")
	a.do("wrong filter", "bob", "GET", mine+"/videos?filter=local", "")
	a.do("followers of the channel", "alice", "GET", "/video-channels/alice_channel/followers", "")
	a.do("followers of the account", "alice", "GET", "/accounts/alice/followers?sort=createdAt", "")
	a.do("to others", "bob", "GET", "/video-channels/alice_channel/followers", "")
	a.do("of an account, to others", "bob", "GET", "/accounts/alice/followers", "")
	a.do("to an administrator", "root", "GET", "/accounts/alice/followers?search=nothing", "")
	a.do("unsubscribe", "bob", "DELETE", mine+"/alice_channel@localhost:9000", "")
	a.do("unsubscribe unknown", "bob", "DELETE", mine+"/nope@localhost:9000", "")
	a.golden("subscriptions")
	w := a.do("", "alice", "GET", mine+"/videos", "")
	if w.Body.String() != `{"total":0,"data":[]}` {
		t.Errorf("the feed of nothing: %s", w.Body)
	}
}

func TestFeedsLeakNothing(t *testing.T) {
	t.Parallel()
	a := newTellingAPI(t)
	for p := video.Public; p <= video.PasswordProtected; p++ {
		a.addVideo(int(p), fmt.Sprintf("Video of privacy %d", p), p)
	}
	a.do("", "bob", "POST", "/users/me/subscriptions", `{"uri":"alice_channel@localhost:9000"}`)
	for _, query := range []string{"", "?sort=name", "?start=0&count=100&nsfw=both", "?search=privacy", "?skipCount=true"} {
		body := a.do("", "bob", "GET", "/users/me/subscriptions/videos"+query, "").Body.String()
		for p, want := range map[video.Privacy]bool{video.Public: true, video.InternalOnly: true, video.Unlisted: false, video.Private: false, video.PasswordProtected: false} {
			if got := strings.Contains(body, fmt.Sprintf("Video of privacy %d", p)); got != want {
				t.Errorf("%s: privacy %d is there: %v, want %v", query, p, got, want)
			}
		}
		if !strings.Contains(query, "skipCount") && !strings.HasPrefix(body, `{"total":2,`) {
			t.Errorf("%s: the total tells of others: %.30s", query, body)
		}
	}
	if w := a.do("", "bob", "GET", "/users/me/subscriptions/videos?privacyOneOf=3", ""); w.Code != http.StatusUnauthorized {
		t.Errorf("asking for private ones: got %d", w.Code)
	}
}

func TestNotificationsArePeerTubes(t *testing.T) {
	t.Parallel()
	a := newTellingAPI(t)
	for _, u := range a.people {
		u.Notifications = user.DefaultNotifications()
	}
	v := a.addVideo(1, "First video", video.Public)
	a.do("", "bob", "POST", "/users/me/subscriptions", `{"uri":"alice_channel@localhost:9000"}`)
	if err := a.causes.VideoPublished(t.Context(), v.ID); err != nil {
		t.Fatal(err)
	}
	comments := &store.Comments{DB: a.videos.DB, Videos: a.videos}
	for _, by := range []string{"bob", "root"} {
		k := &comment.Comment{VideoID: v.ID, OwnerID: 2, AccountID: a.people[by].AccountID, Text: "hello @bob", CreatedAt: a.now, UpdatedAt: a.now}
		if err := comments.Add(t.Context(), k, func(id comment.ID) string {
			return comment.URL(instance.Site{Scheme: "http", Host: "localhost:9000"}, v.UUID, id)
		}); err != nil {
			t.Fatal(err)
		}
		if err := a.causes.CommentPublished(t.Context(), k, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.causes.UserRegistered(t.Context(), a.people["bob"]); err != nil {
		t.Fatal(err)
	}
	const mine = "/users/me/notifications"
	a.do("nobody", "", "GET", mine, "")
	a.do("of alice", "alice", "GET", mine+"?count=2", "")
	a.do("follows only", "alice", "GET", mine+"?typeOneOf=10&typeOneOf=11", "")
	a.do("of bob", "bob", "GET", mine+"?sort=createdAt", "")
	a.do("of root", "root", "GET", mine, "")
	a.do("read", "alice", "POST", mine+"/read", `{"ids":[1,"2",999]}`)
	a.do("unread", "alice", "GET", mine+"?unread=true&count=0", "")
	a.do("those that were read", "alice", "GET", mine+"?unread=false&count=1", "")
	a.do("unread first", "alice", "GET", mine+"?sort=read&count=1", "")
	a.do("read, bad ids", "alice", "POST", mine+"/read", `{"ids":["x"]}`)
	a.do("read, no ids", "alice", "POST", mine+"/read", `{}`)
	a.do("read all", "alice", "POST", mine+"/read-all", "")
	a.do("all are read", "alice", "GET", mine+"?unread=true", "")
	a.do("bad sort and type", "alice", "GET", mine+"?sort=type&typeOneOf=99&unread=maybe", "")
	a.do("absurd counts", "alice", "GET", mine+"?start=-1&count=1000", "")
	if _, err := a.videos.DB.Exec(t.Context(), `UPDATE videos SET privacy = 3`); err != nil {
		t.Fatal(err)
	}
	a.now = a.now.Add(time.Minute)
	a.do("after the video was hidden", "bob", "GET", mine, "")
	a.do("the key of pushes", "bob", "GET", "/users/me/push-devices/key", "")
	a.do("a device", "bob", "POST", "/users/me/push-devices", `{"endpoint":"https://push.example.net/x","expirationTime":null,"keys":{"p256dh":"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4","auth":"BTBZMqHH6r4Tts7J_aSIgg"}}`)
	a.do("a bad device", "bob", "POST", "/users/me/push-devices", `{"endpoint":"https://127.0.0.1/x","keys":{"p256dh":"x","auth":"y"}}`)
	a.do("somebody else’s", "alice", "POST", "/users/me/push-devices/remove", `{"endpoint":"https://push.example.net/x"}`)
	a.do("away", "bob", "POST", "/users/me/push-devices/remove", `{"endpoint":"https://push.example.net/x"}`)
	a.golden("notifications")
}
