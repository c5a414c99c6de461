package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"
	"golang.org/x/sync/errgroup"

	"sepiola/internal/directory"
	"sepiola/internal/directory/visit"
	"sepiola/internal/domain/instance"
	"sepiola/internal/errs"
	"sepiola/internal/federation/fetch"
	"sepiola/internal/i18n"
	"sepiola/internal/server/listen"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/sitelist"
	"sepiola/internal/server/web/assets"
	"sepiola/internal/storage/sites"
	"sepiola/internal/storage/sqldb"
)

// IndexOptions say how a directory of sites is run.
type IndexOptions struct {
	// Data is the directory of index.db.
	Data string
	// Database is a postgres:// URL, or the path of an SQLite file; "" is
	// index.db in Data.
	Database string
	// Listen is host:port, and URL the address that people use; "" is that.
	Listen, URL string
	// Name is what the directory is called; "" is its name in the reader's
	// language.
	Name string
	// Every is how often a site is visited, Parallel how many at a time.
	Every    time.Duration
	Parallel int
	// Networks are reached although they are private, and names of this
	// network are taken on.
	Networks []netip.Prefix
	// Hosts are names, in small letters, whose address is not asked of the DNS.
	Hosts map[string]netip.AddrPort
	// PlainHTTP asks sites by http, for tests.
	PlainHTTP bool
	// Proxies are believed about who asks.
	Proxies []string
}

// Limits of the directory for one address: of all requests, and of adding
// sites.
var (
	indexLimit = listen.Limit{Window: 10 * time.Second, Max: 200}
	addLimit   = listen.Limit{Window: time.Hour, Max: 20}
)

// tryLimit is how often one host may be visited because somebody adds it, and
// domainLimit how often all hosts of one domain: it is easy to have many.
var (
	tryLimit    = listen.Limit{Window: 5 * time.Minute, Max: 3}
	domainLimit = listen.Limit{Window: time.Hour, Max: 20}
)

// indexTimeouts leave adding a site the time it may take.
var indexTimeouts = listen.Timeouts{Header: 10 * time.Second, Progress: 30 * time.Second, Idle: 2 * time.Minute, Shutdown: 30 * time.Second}

// Index is a directory of sites that is ready to run.
type Index struct {
	// Announce is called once the directory answers, with its address. It may
	// be nil.
	Announce func(url string)

	db      *sqldb.DB
	service *directory.Service
	crawler *directory.Crawler
	server  *listen.Server
	log     *slog.Logger
}

// NewIndex opens the database and builds every part. The caller must Run what
// comes back, or Close it.
func NewIndex(ctx context.Context, o IndexOptions, log *slog.Logger) (_ *Index, err error) {
	x, err := openIndex(ctx, o, false, log)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = x.Close()
		}
	}()
	x.crawler = &directory.Crawler{Service: x.service, Parallel: max(1, o.Parallel)}
	return x, x.newServer(o)
}

// OpenIndex is the directory without a server, for commands beside one.
func OpenIndex(ctx context.Context, o IndexOptions, log *slog.Logger) (*Index, error) {
	return openIndex(ctx, o, true, log)
}

func openIndex(ctx context.Context, o IndexOptions, shared bool, log *slog.Logger) (*Index, error) {
	dsn := o.Database
	if dsn == "" {
		dsn = filepath.Join(o.Data, "index.db")
	}
	db, err := sqldb.Open(ctx, sqldb.Options{DSN: dsn, Shared: shared, Log: log})
	if err != nil {
		return nil, err
	}
	if err := sites.Migrate(ctx, db); err != nil {
		_ = db.Close()
		return nil, err
	}
	service := &directory.Service{
		Store:   sites.Sites{DB: db},
		Visitor: newVisitor(o),
		Every:   o.Every,
		Local:   len(o.Networks) > 0,
		MayTry:  mayTry(listen.NewMemory()),
		Now:     sqldb.Now,
		Log:     log,
	}
	if shared { // an administrator adds
		service.MayTry = func(context.Context, string) bool { return true }
	}
	return &Index{db: db, service: service, log: log}, nil
}

// mayTry bounds how often hosts are visited because somebody adds them.
func mayTry(tries *listen.Memory) func(ctx context.Context, host string) bool {
	within := func(ctx context.Context, scope, key string, l listen.Limit) bool {
		c, err := tries.Hit(ctx, scope, key, l.Window, sqldb.Now())
		return err == nil && c.Hits <= l.Max
	}
	return func(ctx context.Context, host string) bool {
		domain, err := publicsuffix.EffectiveTLDPlusOne(host)
		if err != nil { // a name of a local network
			domain = host
		}
		return within(ctx, "host", host, tryLimit) && within(ctx, "domain", domain, domainLimit)
	}
}

func (o IndexOptions) scheme() string {
	if o.PlainHTTP {
		return "http"
	}
	return "https"
}

// newVisitor reads sites by the client of federation, which reaches public
// addresses only.
func newVisitor(o IndexOptions) *visit.Visitor {
	fixed := make(map[string]string, len(o.Hosts))
	for name, at := range o.Hosts {
		fixed[name] = at.String()
	}
	return &visit.Visitor{
		Get: guarded{&fetch.Client{
			Allowed:   o.Networks,
			Hosts:     fixed,
			Plain:     o.PlainHTTP,
			UserAgent: strings.TrimSpace(visit.Agent + " " + o.URL),
		}},
		Scheme: o.scheme(),
		Addresses: func(ctx context.Context, host string) ([]netip.Addr, error) {
			if at, ok := o.Hosts[strings.ToLower(host)]; ok {
				return []netip.Addr{at.Addr()}, nil
			}
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		},
	}
}

// guarded is visit.Getter.
type guarded struct{ client *fetch.Client }

// Get implements visit.Getter.
func (g guarded) Get(ctx context.Context, address string, limit int64) ([]byte, error) {
	res, err := g.client.Raw(ctx, address, limit)
	if err != nil {
		return nil, err
	}
	return res.Body, nil
}

// indexSite is the address that people use.
func indexSite(o IndexOptions) (instance.Site, error) {
	if o.URL == "" {
		return instance.Site{Scheme: "http", Host: o.Listen}, nil
	}
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return instance.Site{}, errs.New(errs.Invalid, "--url is an address such as https://sites.example.org, without a path")
	}
	return instance.Site{Scheme: u.Scheme, Host: u.Host}, nil
}

func (x *Index) newServer(o IndexOptions) error {
	site, err := indexSite(o)
	if err != nil {
		return err
	}
	proxies, err := listen.ParseProxies(o.Proxies)
	if err != nil {
		return err
	}
	words, err := i18n.Load()
	if err != nil {
		return err
	}
	set, err := assets.Load()
	if err != nil {
		return err
	}
	limits := &listen.Limits{Counter: listen.NewMemory(), Now: sqldb.Now}
	r := rest.NewRouter(x.log)
	r.Use(limits.Middleware(listen.Rule{Scope: "index", Limit: indexLimit}))
	r.Handle("/healthz", &listen.Health{Ping: x.db.Ping})
	(&sitelist.Server{
		Directory: x.service, Site: site, Name: o.Name, Scheme: o.scheme(), Words: words, Assets: set,
		LimitAdd: limits.Middleware(listen.Rule{Scope: "index-add", Limit: addLimit}),
		Now:      sqldb.Now, Log: x.log,
	}).Mount(r)
	chain := &listen.Chain{
		Site: site, Proxies: proxies, FrameGuard: true, Log: x.log,
		Access: listen.AccessLog{Enabled: true, Anonymize: true},
	}
	x.server = &listen.Server{
		Addr: o.Listen, Handler: chain.Wrap(http.Handler(r)), Timeouts: indexTimeouts, Log: x.log,
		Listening: func(net.Addr) {
			if x.Announce != nil {
				x.Announce(site.URL("/"))
			}
		},
	}
	return nil
}

// Run serves and visits sites until ctx is done or a part fails.
func (x *Index) Run(ctx context.Context) error {
	defer x.Close()
	if err := x.server.Listen(ctx); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { x.crawler.Run(ctx); return nil })
	g.Go(func() error { return x.server.Run(ctx) })
	if err := g.Wait(); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// Close closes the database.
func (x *Index) Close() error { return x.db.Close() }

// Add visits a host and takes it on.
func (x *Index) Add(ctx context.Context, host string) error {
	_, err := x.service.Register(ctx, host)
	return err
}

// Block takes a host off the list for good, or takes that back, and returns
// its name as it is known.
func (x *Index) Block(ctx context.Context, host string, blocked bool) (string, error) {
	return x.service.Block(ctx, host, blocked)
}

// IndexSite is a site of the directory as commands show one.
type IndexSite struct {
	Host, Name, Version string
	Health              int
	Videos              int64
}

// List calls fn for each listed site, by host.
func (x *Index) List(ctx context.Context, fn func(IndexSite)) error {
	const page = 500
	for start := 0; ; start += page {
		list, _, err := x.service.List(ctx, directory.Filter{Sort: "host", Start: start, Count: page})
		if err != nil {
			return err
		}
		for _, s := range list {
			fn(IndexSite{Host: s.Host, Name: s.Name, Version: s.Version, Health: s.Health, Videos: s.TotalLocalVideos})
		}
		if len(list) < page {
			return nil
		}
	}
}
