package app

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/redundancy"
	"sepiola/internal/domain/video"
	"sepiola/internal/federation/outbox"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
	"sepiola/internal/worker"
)

// said are the parts that tell other sites what happens here.
type said struct {
	queue     *worker.Federation
	outbox    *outbox.Outbox
	deliverer *outbox.Deliverer
	// sites is what administrators do with follows of sites.
	sites *follow.Sites
	// audit is what they did.
	audit *follow.Audit
	// mirrors is what others mirror of this site's videos, and this site of
	// theirs.
	mirrors *redundancy.Admin
	inbox   store.PeerInbox
	out     store.PeerOutbox
}

// newSaid fills them, and lets everything that causes something to be told know
// them. What knows other sites is made later.
func (s *services) newSaid(l *live, db *sqldb.DB, jobs worker.Jobs, log *slog.Logger) {
	follows := store.Follows{DB: db, Videos: s.videoSQL}
	known := store.RemoteActors{DB: db}
	s.said.queue = &worker.Federation{Jobs: jobs, AfterCommit: db.AfterCommit, Log: log}
	s.said.inbox, s.said.out = store.PeerInbox{DB: db}, store.PeerOutbox{DB: db}
	o := s.said.outbox
	o.Store, o.Audience, o.Graves, o.Shares = s.said.out, store.PeerAudience{DB: db}, store.PeerTombstones{DB: db}, store.PeerShares{DB: db}
	o.Actors, o.Known, o.Videos = s.actors, known, s.videoSQL
	documents := s.newDocuments(l, db)
	o.Comments, o.Notes, o.ActorDocuments = s.comments.Store, documents, documents
	o.Rates, o.Playlists, o.Follows = s.rates.Store, store.Playlists{DB: db, Videos: s.videoSQL}, follows
	o.Resolver, o.Queue, o.Site = resolver{s}, s.said.queue, s.site
	o.Rules = func() outbox.Rules {
		f := l.cfg().Federation
		return outbox.Rules{Enabled: f.Enabled, Unlisted: f.Videos.FederateUnlisted}
	}
	o.Learn = func(ctx context.Context, id actor.ID) error { return s.world.crawler.Outbox(ctx, id) }
	o.InTx, o.AfterCommit, o.Now, o.Log = db.InTx, db.AfterCommit, sqldb.Now, log
	o.Later = func(d time.Duration, f func()) { time.AfterFunc(d, f) }

	s.said.deliverer = &outbox.Deliverer{
		Store: s.said.out, Servers: store.PeerServers{DB: db}, Followers: notedFollows{follows, store.PeerLedger{DB: db}}, Actors: s.actors, Known: known, Now: sqldb.Now, Log: log,
	}
	s.said.sites = &follow.Sites{
		Store: follows, Own: s.actors.Instance, Site: s.site, Outbound: o, Ledger: store.PeerLedger{DB: db}, InTx: db.InTx, Now: sqldb.Now,
		Settings: func() follow.SiteSettings { return siteFollowsOf(l) },
		Asks:     func(host string) bool { return s.world.fetch.Asks(host) },
	}
	s.newMirrors(l, db, jobs, log)
	s.said.audit = &follow.Audit{Store: store.PeerLedger{DB: db}, Now: sqldb.Now}
	o.Back, o.Events = s.said.sites.FollowBack, s.telling.causes
	s.tellOthers()
}

// notedFollows writes down when the site gives up those of another one. It is
// an outbox.Followers.
type notedFollows struct {
	store.Follows
	ledger store.PeerLedger
}

// RemoveOfHost implements outbox.Followers.
func (f notedFollows) RemoveOfHost(ctx context.Context, host string) error {
	return f.DB.InTx(ctx, func(ctx context.Context) error {
		n, err := f.Follows.RemoveOfHost(ctx, host)
		if err != nil || n == 0 {
			return err
		}
		return f.ledger.Note(ctx, 0, follow.DroppedFollowers, host, sqldb.Now())
	})
}

// Score implements outbox.Followers.
func (f notedFollows) Score(ctx context.Context, host, inbox string, by int) (removed int, err error) {
	err = f.DB.InTx(ctx, func(ctx context.Context) error {
		if removed, err = f.Follows.Score(ctx, host, inbox, by); err != nil || removed == 0 {
			return err
		}
		return f.ledger.Note(ctx, 0, follow.DroppedFollowers, host, sqldb.Now())
	})
	return removed, err
}

func siteFollowsOf(l *live) follow.SiteSettings {
	f := l.cfg().Followings.Instance
	rules := follow.SiteSettings{FollowBack: f.AutoFollowBack.Enabled}
	if f.AutoFollowIndex.Enabled {
		rules.Index = f.AutoFollowIndex.IndexURL
	}
	return rules
}

// tellOthers lets the outbox hear of what happens.
func (s *services) tellOthers() {
	o := s.said.outbox
	s.comments.Events = commentEvents{s.comments.Events, o}
	s.abuses.Events = abuseEvents{s.abuses.Events, o}
	s.rates.Events = o
	s.videos.Events = o
	s.playlists.Events = o
	s.channels.Edited, s.channels.PlayerSet = o.ChannelEdited, o.ChannelPlayerSet
	s.users.AccountEdited = o.AccountEdited
	s.telling.subscriptions.Outbound = o
	s.viewing.views.Counted, s.viewing.keeper.Counted = o.Viewed, o.Counted
	s.viewing.views.Over, s.viewing.keeper.Over = o.WatchesOver, o.WatchesOver
}

// commentEvents tells several.
type commentEvents []comment.Events

// CommentPublished implements comment.Events.
func (list commentEvents) CommentPublished(ctx context.Context, c *comment.Comment, v *video.Video) error {
	for _, e := range list {
		if err := e.CommentPublished(ctx, c, v); err != nil {
			return err
		}
	}
	return nil
}

// CommentDeleted implements comment.Events.
func (list commentEvents) CommentDeleted(ctx context.Context, c *comment.Comment, v *video.Video) error {
	for _, e := range list {
		if err := e.CommentDeleted(ctx, c, v); err != nil {
			return err
		}
	}
	return nil
}

// resolver finds actors of other sites. It is an outbox.Resolver.
type resolver struct{ s *services }

// ByHandle implements outbox.Resolver.
func (r resolver) ByHandle(ctx context.Context, name, host string) (*actor.Actor, error) {
	f, err := r.s.world.actors.ByHandle(ctx, name, host)
	if err != nil {
		return nil, err
	}
	return f.Actor(), nil
}

// SiteOf implements outbox.Resolver.
func (r resolver) SiteOf(ctx context.Context, host string) (*actor.Actor, error) {
	f, err := r.s.world.actors.SiteOf(ctx, host)
	if err != nil {
		return nil, err
	}
	return f.Actor(), nil
}

// addSaid tells the queue how others are told.
func (a *App) addSaid() {
	s := a.services
	s.said.deliverer.Post = s.world.fetch
	s.said.sites.Asked = worker.Asks{Jobs: a.queue}
	worker.RegisterFederation(a.queue, worker.FederationWork{Said: s.said.outbox, Deliverer: s.said.deliverer})
}

// saidTasks are what comes by itself.
func (a *App) saidTasks() []worker.Task {
	said := func() *said { return &a.services.said }
	return []worker.Task{
		{Name: "activitypub-sweep", Every: time.Minute, Do: func(ctx context.Context) error {
			return said().queue.Sweep(ctx, said().inbox, said().out, sqldb.Now())
		}},
		{Name: "activitypub-viewers", Every: 2 * time.Minute, Do: func(ctx context.Context) error {
			viewers, err := a.services.viewing.views.Viewers(ctx)
			if err != nil {
				return err
			}
			return said().outbox.Watching(ctx, viewers)
		}},
		{Name: "remove-dead-followers", Every: 6 * time.Hour, Do: func(ctx context.Context) error {
			return said().deliverer.Dead(ctx)
		}},
		{Name: "remove-said", Every: time.Hour, Do: func(ctx context.Context) error {
			now := sqldb.Now()
			return errors.Join(said().out.Clean(ctx, now.Add(-time.Hour)), a.forgetJobs(ctx, now.Add(-2*time.Hour)))
		}},
	}
}

// forgetJobs removes jobs that are many once they are done.
func (a *App) forgetJobs(ctx context.Context, before time.Time) error {
	var all error
	for _, kind := range worker.FederationKinds() {
		all = errors.Join(all, a.queue.Forget(ctx, kind, before))
	}
	return all
}
