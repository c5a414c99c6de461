package notification_test

import (
	"context"
	"fmt"
	"slices"
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
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

var site = instance.Site{Scheme: "https", Host: "video.example"}

// world is a site with people who follow, write and are told of it.
type world struct {
	t       testing.TB
	db      *sqldb.DB
	users   store.Users
	actors  store.Actors
	videos  *store.Videos
	follows *follow.Subscriptions
	causes  *notification.Causes
	service *notification.Service
	people  map[string]*user.User
	now     time.Time
	serial  int

	waiting []notification.Cause
	pushed  []string
	letters []letter
	woken   []user.ID
}

type letter struct {
	to  user.ID
	ids []notification.ID
}

func (w *world) Spread(_ context.Context, c notification.Cause) error {
	w.waiting = append(w.waiting, c)
	return nil
}

func (w *world) Push(_ context.Context, d notification.DeviceID, id user.ID, n notification.ID) error {
	w.pushed = append(w.pushed, fmt.Sprintf("%d of %d: %d", d, id, n))
	return nil
}

func (w *world) Mail(_ context.Context, id user.ID, list []notification.ID) error {
	w.letters = append(w.letters, letter{id, list})
	return nil
}

func (w *world) Changed(ids []user.ID) { w.woken = append(w.woken, ids...) }

func newWorld(t testing.TB, db *sqldb.DB, names ...string) *world {
	t.Helper()
	w := &world{
		t: t, db: db, users: store.Users{DB: db}, actors: store.Actors{DB: db}, videos: &store.Videos{DB: db},
		people: map[string]*user.User{}, now: sqldb.Now(),
	}
	kept := store.Notifications{DB: db, Videos: w.videos}
	now := func() time.Time { return w.now }
	w.causes = &notification.Causes{Store: kept, Queue: w, Now: now}
	w.service = &notification.Service{
		Store: kept, Users: w.users, Queue: w, Site: site, Bus: w, InTx: db.InTx, Now: now, Key: []byte("key"),
		MailEnabled: func() bool { return true },
	}
	w.follows = &follow.Subscriptions{Store: store.Follows{DB: db, Videos: w.videos}, Actors: w.actors, Site: site, Events: w.causes, InTx: db.InTx, Now: now}
	for _, name := range names {
		w.add(name)
	}
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// add makes a person with a channel; root and mod are what they are called.
func (w *world) add(name string) *user.User {
	w.t.Helper()
	ctx := w.t.Context()
	u := &user.User{
		Username: name, Email: name + "@example.com", Role: user.Member, VideoQuota: -1, VideoQuotaDaily: -1,
		Notifications: user.DefaultNotifications(), CreatedAt: w.now, UpdatedAt: w.now,
	}
	switch name {
	case "root":
		u.Role = user.Administrator
	case "mod":
		u.Role = user.Moderator
	}
	w.must(w.users.Create(ctx, u))
	a := actor.NewAccount(site, int64(u.ID), name, strings.ToUpper(name), actor.Keys{}, w.now)
	w.must(w.actors.CreateAccount(ctx, a))
	u.AccountID = a.AccountID
	w.must(w.actors.CreateChannel(ctx, actor.NewChannel(site, a.AccountID, name+"_channel", name+"’s channel", actor.Keys{}, w.now)))
	w.people[name] = u
	return u
}

func (w *world) channel(name string) *actor.Channel {
	w.t.Helper()
	c, err := w.actors.ChannelByName(w.t.Context(), name+"_channel", "")
	w.must(err)
	return c
}

func (w *world) video(of string, p video.Privacy) *video.Video {
	w.t.Helper()
	w.serial++
	uuid := fmt.Sprintf("%08x-0000-4000-8000-000000000000", w.serial)
	v := &video.Video{
		UUID: uuid, ChannelID: w.channel(of).ChannelID, URL: site.VideoURL(uuid), Name: fmt.Sprintf("secret title %d", w.serial),
		Privacy: p, State: video.Published, PublishedAt: w.now, CreatedAt: w.now, UpdatedAt: w.now,
	}
	w.must(w.videos.Create(w.t.Context(), v))
	return v
}

func (w *world) subscribe(who, handle string) {
	w.t.Helper()
	w.must(w.follows.Subscribe(w.t.Context(), w.people[who], handle))
}

func (w *world) set(who, setting string, value int) {
	w.t.Helper()
	u := w.people[who]
	u.Notifications[setting] = value
	w.must(w.users.Change(w.t.Context(), u.ID, user.Change{Notifications: u.Notifications}))
}

func (w *world) comment(by string, v *video.Video, text string, replyTo comment.ID) *comment.Comment {
	w.t.Helper()
	k := &comment.Comment{
		VideoID: v.ID, OwnerID: w.channel("alice").OwnerID, Text: text, ReplyTo: replyTo, AccountID: w.people[by].AccountID,
		CreatedAt: w.now, UpdatedAt: w.now,
	}
	kept := &store.Comments{DB: w.db, Videos: w.videos}
	w.must(kept.Add(w.t.Context(), k, func(id comment.ID) string { return comment.URL(site, v.UUID, id) }))
	w.must(w.causes.CommentPublished(w.t.Context(), k, v))
	return k
}

// work does all jobs that wait, each twice: they may run twice.
func (w *world) work() {
	w.t.Helper()
	for len(w.waiting) > 0 {
		c := w.waiting[0]
		w.waiting = w.waiting[1:]
		w.must(w.service.Spread(w.t.Context(), c))
		left := slices.Clone(w.waiting)
		w.must(w.service.Spread(w.t.Context(), c))
		w.waiting = left
	}
}

// told is what somebody is shown, newest first: the type, and what it is
// about where that is there.
func (w *world) told(who string) string {
	w.t.Helper()
	list, total, err := w.service.List(w.t.Context(), w.people[who], notification.ListParams{Sort: "-createdAt", Count: 100})
	w.must(err)
	if total != len(list) {
		w.t.Errorf("%s: the total is %d of %d", who, total, len(list))
	}
	var out []string
	for _, n := range list {
		s := fmt.Sprint(int(n.Type))
		if !n.Available() {
			s += "?"
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func each(t *testing.T, test func(t *testing.T, db *sqldb.DB)) {
	t.Helper()
	t.Parallel()
	sqldbtest.Each(t, test)
}
