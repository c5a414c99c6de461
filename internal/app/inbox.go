package app

import (
	"context"
	"log/slog"
	"time"

	"sepiola/internal/federation/inbox"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
	"sepiola/internal/worker"
)

// received are the parts that take what other sites send.
type received struct {
	receiver  *inbox.Receiver
	processor *inbox.Processor
	mirrors   store.Redundancies
}

// newReceived fills them; all other services are there.
func (s *services) newReceived(l *live, db *sqldb.DB, log *slog.Logger) {
	w, servers := &s.world, store.PeerServers{DB: db}
	talk := w.comments.Copies
	s.received.mirrors = store.Redundancies{DB: db}
	s.received.receiver = &inbox.Receiver{
		Inbox: s.said.inbox, Keys: w.known, Blocked: servers, Servers: servers, Queue: s.said.queue, Site: s.site, InTx: db.InTx, Now: sqldb.Now, Log: log,
	}
	s.received.processor = &inbox.Processor{
		Inbox: s.said.inbox, Queue: s.said.queue, Blocked: servers, Graves: store.PeerTombstones{DB: db},
		Actors: w.actors, Videos: w.videos, Comments: w.comments, Playlists: w.playlists,
		Known: w.known, Copies: w.videos.Store, Said: talk, Lists: w.playlists.Store, VideoStore: s.videoSQL, CommentStore: s.comments.Store,
		Rates: s.rates.Store, Follows: store.Follows{DB: db, Videos: s.videoSQL}, Views: store.Views{DB: db}, Mutes: s.blocks, Reports: s.abuses, People: s.actors,
		Mirrors: s.received.mirrors, Viewings: s.viewing.views,
		Outbox: s.said.outbox, Events: s.comments.Events, FollowEvents: s.telling.subscriptions.Events, SiteEvents: s.telling.causes, Presence: new(inbox.Presence),
		Rules: func() inbox.Rules { return inboxRulesOf(l) }, Site: s.site, InTx: db.InTx, Now: sqldb.Now, Log: log,
	}
	s.received.processor.Counts, s.received.processor.Later = store.PeerCounts{DB: db}, func(d time.Duration, f func()) { time.AfterFunc(d, f) }
	s.received.processor.AtOnce = 4 // of ten connections
	if db.Dialect == sqldb.SQLite { // one writes
		s.received.processor.AtOnce = 1
	}
	s.viewing.views.Elsewhere = s.received.processor.Presence.Elsewhere
}

func inboxRulesOf(l *live) inbox.Rules {
	f := l.cfg().Followers
	return inbox.Rules{
		FollowersOfSite: f.Instance.Enabled, FollowersOfChannels: f.Channels.Enabled, ApproveFollowers: f.Instance.ManualApproval,
		MirrorsOf: l.cfg().RemoteRedundancy.Videos.AcceptFrom,
	}
}

// addReceived tells the queue how what was received is done.
func (a *App) addReceived() {
	worker.RegisterInbox(a.queue, a.services.received.processor.Lane)
}

// receivedTasks are what comes by itself; lanes are swept with what is to be
// sent.
func (a *App) receivedTasks() []worker.Task {
	return []worker.Task{
		{Name: "forget-received", Every: 24 * time.Hour, Do: func(ctx context.Context) error {
			return a.services.received.processor.Forget(ctx)
		}},
		{Name: "forget-mirrors", Every: 10 * time.Minute, Do: func(ctx context.Context) error {
			_, err := a.services.received.mirrors.Sweep(ctx, a.live.cfg().RemoteRedundancy.Videos.AcceptFrom, sqldb.Now())
			return err
		}},
	}
}
