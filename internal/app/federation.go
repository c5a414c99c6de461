package app

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"sepiola/internal/config"
	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/errs"
	"sepiola/internal/federation/fetch"
	"sepiola/internal/federation/httpsig"
	"sepiola/internal/federation/remote"
	"sepiola/internal/federation/webfinger"
	"sepiola/internal/media/image"
	"sepiola/internal/server/files"
	"sepiola/internal/storage/blob"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
	"sepiola/internal/worker"
)

// world are the parts that know other sites.
type world struct {
	fetch     *fetch.Client
	finger    *webfinger.Client
	known     store.RemoteActors
	actors    *remote.Actors
	videos    *remote.Videos
	comments  *remote.Comments
	playlists *remote.Playlists
	crawler   *remote.Crawler
	refresher *remote.Refresher
	cleaner   *remote.Cleaner
	pictures  *remote.Pictures
}

// newWorld fills them; all other services are there.
func (s *services) newWorld(l *live, db *sqldb.DB, jobs worker.Jobs, log *slog.Logger) {
	w := &s.world
	servers, queue := store.PeerServers{DB: db}, worker.RemoteQueue{Jobs: jobs, Now: sqldb.Now}
	w.fetch = newFetch(l.base, s, log)
	w.fetch.Servers = servers
	w.finger = &webfinger.Client{Fetch: w.fetch, Scheme: s.site.Scheme}
	source := &remote.Source{Fetch: w.fetch, Servers: servers, Tombs: store.PeerTombstones{DB: db}, Host: strings.ToLower(s.site.Host)}
	talk := s.comments.Store.(*store.Comments) // the one that remembers pages
	actors := store.RemoteActors{DB: db, Comments: talk, Rates: store.Rates{DB: db, Videos: s.videoSQL}, Videos: s.videoSQL}
	w.known = actors
	videos := store.RemoteVideos{DB: db, Videos: s.videoSQL}
	lists := store.Playlists{DB: db, Videos: s.videoSQL}
	w.actors = &remote.Actors{
		Source: source, Store: actors, Accounts: s.actors, Finger: w.finger, Queue: queue, Site: s.site, Now: sqldb.Now, Log: log,
	}
	w.videos = &remote.Videos{
		Source: source, Store: videos, Actors: w.actors, Queue: queue, Published: s.telling.causes.VideoPublished,
		InTx: db.InTx, Now: sqldb.Now, Log: log,
	}
	w.comments = &remote.Comments{
		Source: source, Copies: store.RemoteComments{Comments: talk}, Store: talk, Videos: w.videos, Actors: w.actors, Rows: s.videoSQL,
		Muted: s.blocks, Queue: queue, Clean: s.texts.Clean, Accept: func() bool { return l.cfg().VideoComments.AcceptRemoteComments }, Events: s.comments.Events,
		InTx: db.InTx, Now: sqldb.Now, Log: log,
	}
	w.playlists = &remote.Playlists{
		Source: source, Store: store.RemotePlaylists{Playlists: lists}, Actors: w.actors, Queue: queue, InTx: db.InTx, Now: sqldb.Now, Log: log,
	}
	w.crawler = &remote.Crawler{Actors: w.actors, Videos: w.videos, Comments: w.comments, Playlists: w.playlists, Queue: queue, Now: sqldb.Now, Log: log}
	w.refresher = &remote.Refresher{Actors: w.actors, Videos: w.videos, Comments: w.comments, Playlists: w.playlists, Queue: queue, Log: log}
	w.cleaner = &remote.Cleaner{Actors: actors, Videos: videos, Playlists: w.playlists.Store, Queue: queue, Now: sqldb.Now, Log: log}
	w.pictures = &remote.Pictures{
		Fetch: w.fetch, Store: store.RemotePictures{DB: db}, Files: blob.Named{Store: s.files},
		Check: pictureCheck(image.Limits{Pixels: l.base.Limits.FramePixels}), MaxBytes: int64(l.base.Federation.PicturesCache), Now: sqldb.Now, Log: log,
	}
	anywhere := func(signedIn bool) bool {
		may := l.cfg().Search.RemoteURI
		return signedIn && may.Users || may.Anonymous
	}
	s.playlists.Shown = w.playlists.Shown
	s.videos.Shown, s.videos.Anywhere, s.videos.Followed = w.videos.Shown, anywhere, videos.Followed
	s.finding.elsewhere = s.newElsewhere(l, w.fetch)
	s.finding.search.Remote = &remote.Resolver{
		Source: source, Actors: w.actors, Videos: w.videos, Playlists: w.playlists, Comments: w.comments, Log: log,
		UUID: func(ctx context.Context, id playlist.ID) (string, error) {
			p, err := lists.ByRef(ctx, playlist.Ref{ID: id})
			if err != nil {
				return "", err
			}
			return p.UUID, nil
		},
		May: func(signedIn bool) bool { return l.base.Federation.Enabled && anywhere(signedIn) },
	}
}

// newFetch makes the way out to other sites.
func newFetch(cfg *config.Config, s *services, log *slog.Logger) *fetch.Client {
	f := cfg.Federation
	c := &fetch.Client{
		Plain: !s.site.Secure(), UserAgent: "Sepiola/" + peertubeVersion + " (+" + s.site.URL("/") + ")",
		Log: log, Now: sqldb.Now, Hosts: map[string]string{},
	}
	for _, n := range f.AllowedNetworks {
		if p, err := netip.ParsePrefix(n); err == nil { // the configuration is checked
			c.Allowed = append(c.Allowed, p)
		}
	}
	if !f.PreventSSRF {
		c.Allowed = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	}
	for _, h := range f.Hosts {
		name, address, _ := strings.Cut(h, "=")
		c.Hosts[strings.ToLower(name)] = address
	}
	if f.SignFederatedFetches {
		c.Sign = (&siteKey{actors: s.actors}).signer
	}
	return c
}

// siteKey is the key of the site's own actor. Which one that is, is asked each
// time: a command may have changed it. It is read anew only then.
type siteKey struct {
	actors store.Actors
	mu     sync.Mutex
	text   string // that signed was read from
	signed httpsig.Signer
}

func (k *siteKey) signer(ctx context.Context) (httpsig.Signer, error) {
	a, err := k.actors.Instance(ctx)
	if err != nil {
		return httpsig.Signer{}, err
	}
	keys, err := k.actors.Keys(ctx, a.ID)
	if err != nil {
		return httpsig.Signer{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.text == keys.Private && k.signed.Key != nil {
		return k.signed, nil
	}
	key, err := httpsig.ParsePrivateKey(keys.Private)
	if err != nil {
		return httpsig.Signer{}, err
	}
	k.text, k.signed = keys.Private, httpsig.Signer{KeyID: a.URL + "#main-key", Key: key}
	return k.signed, nil
}

// pictureCheck looks at files of other sites before they are kept.
func pictureCheck(limits image.Limits) func(path string, s origin.PictureSection) error {
	return func(path string, s origin.PictureSection) error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if s != origin.Captions {
			return image.Check(f, limits)
		}
		start, err := io.ReadAll(io.LimitReader(f, 16))
		if err != nil {
			return err
		}
		if !bytes.HasPrefix(bytes.TrimPrefix(start, []byte("\xef\xbb\xbf")), []byte("WEBVTT")) {
			return errs.New(errs.UnsupportedType, "this is no caption")
		}
		return nil
	}
}

// withWorld opens files as open does; those of other sites that are not here
// are fetched first.
func (s *services) withWorld(open func(ctx context.Context, section, name string) (*files.File, error)) func(ctx context.Context, section, name string) (*files.File, error) {
	return func(ctx context.Context, section, name string) (*files.File, error) {
		f, err := open(ctx, section, name)
		if !s.world.pictures.Has(section) {
			return f, err
		}
		if errs.Is(err, errs.NotFound) {
			if bringErr := s.world.pictures.Bring(ctx, section, name); bringErr != nil {
				return nil, bringErr
			}
			f, err = open(ctx, section, name)
		}
		if err == nil {
			s.world.pictures.Used(name)
		}
		return f, err
	}
}

// addWorld tells the queue how other sites are asked.
func (a *App) addWorld() {
	w := &a.services.world
	worker.RegisterRemote(a.queue, &worker.RefreshRemote{Refresher: w.refresher}, &worker.Crawl{Crawler: w.crawler})
	worker.RegisterChecks(a.queue, a.interactions())
}

// interactions are what asks whether what others said and liked is still
// there.
func (a *App) interactions() *remote.Interactions {
	s := a.services
	w := &s.world
	return &remote.Interactions{
		Source: w.comments.Source, Store: store.RemoteInteractions{DB: a.db}, Comments: w.comments, Rates: store.Rates{DB: a.db, Videos: s.videoSQL},
		Shares: w.videos.Store, Changed: s.said.outbox.VideoChanged, Queue: a.checks(),
		Wanted: func() bool { return a.live.cfg().Federation.Videos.CleanupRemoteInteractions }, InTx: a.db.InTx, Now: sqldb.Now, Log: a.log,
	}
}

func (a *App) checks() worker.Checks {
	return worker.Checks{Jobs: a.queue, Now: sqldb.Now, Waiting: a.queue.Unfinished}
}

// worldTasks look after what is kept of other sites.
func (a *App) worldTasks() []worker.Task {
	return []worker.Task{
		{Name: "keep-pictures-within-bounds", Every: 10 * time.Minute, Do: func(ctx context.Context) error {
			return a.services.world.pictures.Sweep(ctx)
		}},
		{Name: "activitypub-cleaner", Every: 7 * 24 * time.Hour, Do: func(ctx context.Context) error {
			return a.services.world.cleaner.Clean(ctx)
		}},
		{Name: "check-interactions", Every: 7 * 24 * time.Hour, Do: func(ctx context.Context) error {
			if !a.live.cfg().Federation.Videos.CleanupRemoteInteractions {
				return nil
			}
			return a.checks().Begin(ctx)
		}},
		{Name: "refresh-actors", Every: 6 * time.Hour, Do: func(ctx context.Context) error {
			return a.services.world.cleaner.Follow(ctx)
		}},
	}
}
