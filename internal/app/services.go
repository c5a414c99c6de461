package app

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"log/slog"

	"sepiola/internal/domain/abuse"
	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/federation/outbox"
	"sepiola/internal/media/image"
	"sepiola/internal/server/web/markdown"
	"sepiola/internal/storage/blob"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
	"sepiola/internal/worker"
)

// services are the parts of the domain with what they need.
type services struct {
	site     instance.Site
	files    blob.Store
	disk     *blob.Disk
	actors   store.Actors
	videoSQL *store.Videos
	// keptSessions are part of sessions.
	keptSessions store.KeptSessions
	// texts are one for all: it remembers what texts became.
	texts *markdown.Renderer

	limiter   *user.Limiter
	users     *user.Service
	sessions  *user.Sessions
	twoFactor *user.TwoFactor
	channels  *actor.Channels
	videos    *video.Service
	playlists *playlist.Service
	reruns    *video.Reruns
	uploads   *video.Uploads
	queue     *worker.Queue
	viewing   viewing
	comments  *comment.Service
	rates     *video.Rates
	blocks    *user.Blocks
	abuses    *abuse.Service
	telling   telling
	finding   finding
	world     world
	said      said
	received  received
}

// newServices fills the services. jobs takes the work they cause.
func newServices(l *live, db *sqldb.DB, jobs worker.Jobs, log *slog.Logger) (*services, error) {
	secret, err := l.base.Secret()
	if err != nil {
		return nil, err
	}
	disk := newDisk(l.base)
	s := &services{
		site:     siteOf(l.base),
		files:    disk,
		disk:     disk,
		actors:   store.Actors{DB: db},
		videoSQL: &store.Videos{DB: db},
		texts:    markdown.New(),
		queue:    &worker.Queue{Jobs: jobs},
		said:     said{outbox: &outbox.Outbox{}},
	}
	s.newVideos(l, db, log)
	s.newFinding(db)
	s.newComments(l, db)
	s.newViewing(l, db, log)
	s.newPlayback(l, db)
	if s.videos.TokenKey, err = hkdf.Key(sha256.New, []byte(secret), nil, "video file tokens", sha256.Size); err != nil {
		return nil, fmt.Errorf("key of file tokens: %w", err)
	}
	if err := s.newUsers(l, db, jobs, secret); err != nil {
		return nil, err
	}
	if err := s.newTelling(l, db, jobs, secret); err != nil {
		return nil, err
	}
	s.newSaid(l, db, jobs, log)
	s.newWorld(l, db, jobs, log)
	s.newReceived(l, db, log)
	return s, nil
}

func (s *services) newVideos(l *live, db *sqldb.DB, log *slog.Logger) {
	tools := newTools(l.base)
	s.videos = &video.Service{
		Store: s.videoSQL,
		Queue: s.queue,
		Pictures: &worker.Pictures{
			Files: blob.Named{Store: s.files},
			Sizes: func(context.Context) []image.Size { return thumbnailSizes(l.cfg()) },
		},
		Captions:   captionFiles{s.files},
		InTx:       db.InTx,
		Now:        sqldb.Now,
		NSFWPolicy: func() string { return policyOf(l.cfg()).NSFWPolicy },
	}
	s.playlists = &playlist.Service{
		Store:    store.Playlists{DB: db, Videos: s.videoSQL},
		Videos:   s.videoSQL,
		Channels: s.videoSQL,
		Pictures: s.videos.Pictures,
		Files:    s.queue,
		Site:     s.site,
		InTx:     db.InTx,
		Now:      sqldb.Now,
	}
	s.reruns = &video.Reruns{
		Store:   s.videoSQL,
		Queue:   s.queue,
		Enabled: func(context.Context) bool { return l.cfg().Transcoding.Enabled },
	}
	s.uploads = &video.Uploads{
		Store:    store.Uploads{DB: db},
		Files:    blob.Uploads{Disk: s.disk, Store: s.files},
		Videos:   s.videoSQL,
		Queue:    s.queue,
		Prober:   worker.Prober{Tools: tools},
		Inputs:   &store.VideoFiles{DB: db},
		Torrent:  newTorrents(l, s).InputTorrent,
		InTx:     db.InTx,
		Now:      sqldb.Now,
		Site:     s.site,
		Settings: func(context.Context) video.UploadSettings { return uploadSettingsOf(l.cfg()) },
		Log:      log,
	}
}

// newTorrents is the part of the work that uploads do themselves.
func newTorrents(l *live, s *services) *worker.Media {
	return &worker.Media{
		Files: blob.Named{Store: s.files}, Site: s.site, Now: sqldb.Now,
		Settings: func(context.Context) worker.Settings { return workSettingsOf(l.cfg()) },
	}
}

func (s *services) newUsers(l *live, db *sqldb.DB, jobs worker.Inserter, secret string) error {
	cipher, err := user.NewCipher(secret)
	if err != nil {
		return fmt.Errorf("cipher of two-factor secrets: %w", err)
	}
	policy := func() user.Policy { return policyOf(l.cfg()) }
	s.channels = &actor.Channels{
		Store:      s.actors,
		Files:      removals{actors: s.actors, videos: s.videos, playlists: s.playlists, queue: s.queue, comments: s.comments, rates: s.rates.Store, said: s.said.outbox},
		Site:       s.site,
		InTx:       db.InTx,
		Now:        sqldb.Now,
		NewKeys:    actor.GenerateKeys,
		MaxPerUser: func() int { return l.cfg().VideoChannels.MaxPerUser },
	}
	s.limiter = &user.Limiter{Store: store.RateLimits{DB: db}, Rates: ratesOf(l.base), Now: sqldb.Now}
	passwords := user.NewPasswords(l.base.Limits.PasswordChecks)
	sessions := store.Sessions{DB: db, Kept: &s.keptSessions}
	s.users = &user.Service{
		Store:         store.Users{DB: db},
		Actors:        s.actors,
		Channels:      s.channels,
		Sessions:      sessions,
		Clients:       store.OAuthClients{DB: db},
		Registrations: store.Registrations{DB: db},
		Verifications: store.Verifications{DB: db},
		Limits:        s.limiter,
		Mailer:        worker.Mailer{Jobs: jobs, Enabled: l.base.MailEnabled},
		Passwords:     passwords,
		Site:          s.site,
		Lifetimes:     lifetimesOf(l.base),
		Policy:        policy,
		Now:           sqldb.Now,
		NewKeys:       actor.GenerateKeys,
		InTx:          db.InTx,
	}
	s.sessions = &user.Sessions{
		Users:         store.Users{DB: db},
		Store:         sessions,
		Registrations: store.Registrations{DB: db},
		Limits:        s.limiter,
		Passwords:     passwords,
		Cipher:        cipher,
		Lifetimes:     lifetimesOf(l.base),
		Policy:        policy,
		Now:           sqldb.Now,
	}
	s.twoFactor = &user.TwoFactor{Service: s.users, Cipher: cipher}
	s.videos.Quota = quota{s.users}
	return nil
}

// firstStart makes what every site has: its actor, the OAuth client of its own
// clients, and the administrator root. It does nothing the second time.
func (s *services) firstStart(ctx context.Context, password, email string) (chosen string, created bool, err error) {
	if err := s.users.EnsureInstanceActor(ctx); err != nil {
		return "", false, fmt.Errorf("the site's own actor: %w", err)
	}
	if err := s.users.EnsureOAuthClient(ctx); err != nil {
		return "", false, fmt.Errorf("the OAuth client: %w", err)
	}
	created, chosen, err = s.users.EnsureRoot(ctx, password, email)
	if err != nil {
		return "", false, fmt.Errorf("the user root: %w", err)
	}
	return chosen, created, nil
}

// removals queues the files of channels and accounts that go. It is an
// actor.Files.
type removals struct {
	actors    store.Actors
	videos    *video.Service
	playlists *playlist.Service
	queue     *worker.Queue
	comments  *comment.Service
	rates     video.RateStore
	said      *outbox.Outbox
}

// RemoveOfChannel implements actor.Files.
func (r removals) RemoveOfChannel(ctx context.Context, id actor.ChannelID) error {
	if err := r.said.ChannelDeleted(ctx, id); err != nil {
		return err
	}
	if err := r.videos.RemoveOfChannel(ctx, id); err != nil {
		return err
	}
	if err := r.playlists.ChannelRemoved(ctx, id); err != nil {
		return err
	}
	c, err := r.actors.Channel(ctx, id)
	if err != nil {
		return err
	}
	return r.images(ctx, c.ID)
}

// RemoveOfAccount implements actor.Files. What the account said and thought of
// others' videos goes too, so that it is counted no more.
func (r removals) RemoveOfAccount(ctx context.Context, id actor.AccountID) error {
	if err := r.said.AccountDeleted(ctx, id); err != nil {
		return err
	}
	if err := r.comments.RemoveOfAccount(ctx, id); err != nil {
		return err
	}
	if err := r.rates.RemoveOfAccount(ctx, id); err != nil {
		return err
	}
	a, err := r.actors.Account(ctx, id)
	if err != nil {
		return err
	}
	return r.images(ctx, a.ID)
}

func (r removals) images(ctx context.Context, id actor.ID) error {
	names, err := r.actors.ImageFilenames(ctx, id)
	if err != nil || len(names) == 0 {
		return err
	}
	return r.queue.RemoveFiles(ctx, video.Removal{Avatars: names})
}

// quota asks the users' service on behalf of videos. It is a video.Quota.
type quota struct{ users *user.Service }

// Fits implements video.Quota.
func (q quota) Fits(ctx context.Context, id user.ID, bytes int64) error {
	u, err := q.users.Get(ctx, id)
	if err != nil {
		return err
	}
	return q.users.CheckQuota(ctx, u, bytes)
}
