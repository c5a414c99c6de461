package app

import (
	"context"
	"runtime/debug"
	"slices"
	"time"

	"sepiola/internal/domain/peer"
	"sepiola/internal/domain/video"
	"sepiola/internal/job"
	"sepiola/internal/storage/blob"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
	"sepiola/internal/worker"
)

// openJobs prepares the queue. Its tasks use services that are made later.
func (a *App) openJobs(ctx context.Context) (err error) {
	o := job.Options{DB: a.db, Log: a.log}
	if a.cfg.HasRole("jobs") {
		o.Queues = worker.Queues(a.cfg.Transcoding.Concurrency)
		o.Periodic = (&worker.Tasks{List: a.tasks()}).Periodic()
	}
	a.queue, err = job.Open(ctx, o)
	return err
}

// addWorkers tells the queue how its jobs are done.
func (a *App) addWorkers() error {
	s := a.services
	sender, err := newSender(a.live.cfg, a.bundle, s.site, s.texts)
	if err != nil {
		return err
	}
	tools := newTools(a.cfg)
	tools.Log = a.log
	a.files = &store.VideoFiles{DB: a.db}
	media := &worker.Media{
		Files:    blob.Named{Store: s.files},
		Rows:     a.files,
		Steps:    store.Transcodes{DB: a.db},
		Videos:   s.videoSQL,
		Queue:    s.queue,
		InTx:     a.db.InTx,
		Tools:    tools,
		Site:     s.site,
		Settings: func(context.Context) worker.Settings { return workSettingsOf(a.live.cfg()) },
		Now:      sqldb.Now,
		Log:      a.log,

		OnPublished: []func(context.Context, video.ID) error{s.telling.causes.VideoPublished, s.said.outbox.VideoPublished},
		OnFinished:  s.said.outbox.VideoFiles,
	}
	a.addTelling(sender)
	worker.Register(a.queue, media, sender, &worker.Tasks{List: a.tasks(), Log: a.log})
	worker.RegisterComments(a.queue, &worker.RemoveComments{Comments: s.comments})
	a.addWorld()
	a.addSaid()
	a.addReceived()
	worker.RegisterMirrors(a.queue, s.said.mirrors.Keeper)
	return nil
}

// jobAdmin is the queue as administrators see it.
func (a *App) jobAdmin() *worker.Admin {
	return &worker.Admin{
		Jobs: a.queue, Progress: store.Transcodes{DB: a.db}.Overall,
		Forget: func(ctx context.Context, host string) error {
			return store.PeerOutbox{DB: a.db}.Drop(ctx, host, peer.First)
		},
		Ignore: store.PeerInbox{DB: a.db}.Drop,
	}
}

// tasks are what comes by itself.
func (a *App) tasks() []worker.Task {
	every := a.cfg.Intervals
	return append(slices.Concat(a.viewTasks(), a.playbackTasks(), a.tellingTasks(), a.searchTasks(), a.worldTasks(), a.saidTasks(), a.receivedTasks(), a.followTasks(), a.mirrorTasks()), []worker.Task{
		{Name: "remove-dangling-resumable-uploads", Every: every.CleanUploads, Do: func(ctx context.Context) error {
			_, err := a.services.uploads.Sweep(ctx)
			return err
		}},
		{Name: "remove-expired-tokens", Every: every.CleanTokens, Do: func(ctx context.Context) error {
			return a.services.users.Cleanup(ctx)
		}},
		{Name: "video-schedule-updates", Every: time.Minute, Do: func(ctx context.Context) error {
			return (&worker.Schedule{Rows: a.files, Videos: a.services.videos, Log: a.log}).Run(ctx)
		}},
		{Name: "remove-orphan-files", Every: every.CleanOrphans, Do: a.sweep},
		{Name: "remove-late-cancellations", Every: 24 * time.Hour, Do: func(ctx context.Context) error {
			return a.queue.Clean(ctx)
		}},
	}...)
}

// sweep compares files and rows: what nothing refers to goes, what is missing
// is reported.
func (a *App) sweep(ctx context.Context) error {
	s := a.sweeper()
	if _, err := s.Orphans(ctx); err != nil {
		return err
	}
	if err := s.Temporary(ctx, a.services.disk.Dirs[blob.Tmp]); err != nil {
		return err
	}
	_, err := s.Missing(ctx) // it tells the log
	// It went through every row there is. A small machine has better uses for
	// what that took, and the next time is a day away.
	debug.FreeOSMemory()
	return err
}

func (a *App) sweeper() *worker.Sweep {
	return &worker.Sweep{Files: blob.Named{Store: a.services.files}, Rows: a.files, Now: sqldb.Now, Log: a.log}
}
