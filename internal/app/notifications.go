package app

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"time"

	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/video"
	"sepiola/internal/mail"
	"sepiola/internal/server/api"
	"sepiola/internal/server/push"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
	"sepiola/internal/worker"
)

// telling is what tells people what happened.
type telling struct {
	subscriptions *follow.Subscriptions
	notifications *notification.Service
	causes        *notification.Causes
	hub           *push.Hub
	pusher        *push.Sender
}

// pushTimeout is the longest that a push service may take to answer.
const pushTimeout = 15 * time.Second

// newTelling makes what tells people, and lets everything that causes it know.
func (s *services) newTelling(l *live, db *sqldb.DB, jobs worker.Inserter, secret string) error {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "links of letters", sha256.Size)
	if err != nil {
		return fmt.Errorf("key of links in letters: %w", err)
	}
	pushKey, err := push.NewKey([]byte(secret))
	if err != nil {
		return fmt.Errorf("key of pushed messages: %w", err)
	}
	kept, queue := store.Notifications{DB: db, Videos: s.videoSQL}, worker.Notifications{Jobs: jobs}
	t := &s.telling
	t.causes = &notification.Causes{Store: kept, Queue: queue, Now: sqldb.Now}
	t.notifications = &notification.Service{
		Store:       kept,
		Users:       store.Users{DB: db},
		Queue:       queue,
		Site:        s.site,
		MailEnabled: l.base.MailEnabled,
		NSFWPolicy:  s.videos.NSFWPolicy,
		InTx:        db.InTx,
		Now:         sqldb.Now,
		Key:         key,
	}
	t.hub = &push.Hub{Counts: t.notifications.Counts, Forget: t.notifications.Forget}
	if db.Dialect == sqldb.Postgres { // there may be other nodes
		t.hub.Every = 2 * time.Second
	}
	t.notifications.Bus = t.hub
	t.pusher = &push.Sender{
		Key: pushKey, Client: push.NewClient(pushTimeout), Site: s.site, Now: sqldb.Now,
		Name:     func() string { return l.cfg().Instance.Name },
		Language: func() string { return l.cfg().Instance.DefaultLanguage },
	}
	t.subscriptions = &follow.Subscriptions{
		Store:  store.Follows{DB: db, Videos: s.videoSQL},
		Actors: s.actors,
		Site:   s.site,
		Events: t.causes,
		InTx:   db.InTx,
		Now:    sqldb.Now,
	}
	s.comments.Events = t.causes
	s.abuses.Events = t.causes
	s.users.Events = t.causes
	s.videos.OnPrivacy = func(ctx context.Context, before, after *video.Video, scheduled bool) error {
		db.AfterCommit(ctx, func(context.Context) { s.finding.related.Forget(after.ID) })
		return t.causes.VideoChanged(ctx, before, after, scheduled)
	}
	return nil
}

// addTelling tells the queue how people are told.
func (a *App) addTelling(letters *mail.Sender) {
	t := &a.services.telling
	t.pusher.Words, t.hub.Log = a.bundle, a.log
	worker.RegisterNotifications(a.queue, t.notifications, letters, t.pusher)
}

// tellingTasks are what comes by itself.
func (a *App) tellingTasks() []worker.Task {
	return []worker.Task{
		{Name: "notification-letters", Every: time.Minute, Do: func(ctx context.Context) error {
			return a.services.telling.notifications.Post(ctx)
		}},
		{Name: "remove-old-notifications", Every: 24 * time.Hour, Do: func(ctx context.Context) error {
			return a.services.telling.notifications.Clean(ctx)
		}},
	}
}

// tellingAPI serves subscriptions and notifications.
func (a *App) tellingAPI() []resource {
	s, t := a.services, &a.services.telling
	return []resource{
		&api.Subscriptions{
			Subscriptions: t.subscriptions, Videos: &api.Videos{Videos: s.videos, Actors: s.actors, Site: s.site}, Site: s.site,
		},
		&api.Followers{Followers: t.subscriptions, Site: s.site},
		&api.Notifications{Notifications: t.notifications, Site: s.site},
		&api.PushDevices{Devices: t.notifications, PublicKey: t.pusher.PublicKey()},
		&push.Stream{
			Hub: t.hub, Notifications: t.notifications, Heartbeat: push.DefaultHeartbeat, Life: push.DefaultLife,
			Present: func(n *notification.Notification) any { return api.PresentNotification(s.site, n) },
		},
	}
}
