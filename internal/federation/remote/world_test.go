package remote_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/fetch"
	"sepiola/internal/federation/remote"
	"sepiola/internal/federation/webfinger"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
	"sepiola/internal/storage/store/filltest"
)

const uuid = "341a84d2-f9c7-405d-bc93-39b503161273"

type obj = map[string]any

// world is other sites, by the URLs of what they have, and this one.
type world struct {
	mu    sync.Mutex
	pages map[string]obj
	moved map[string]string // where redirections end
	asked []string
	queue []string
	// sites are hosts whose own actor was asked for.
	sites []string
	// wondered are hosts that are to be asked what they run; nodeInfo is what
	// comes of it.
	wondered []string
	nodeInfo error
	now      time.Time

	db        *sqldb.DB
	source    *remote.Source
	actors    *remote.Actors
	videos    *remote.Videos
	comments  *remote.Comments
	playlists *remote.Playlists
	crawler   *remote.Crawler
	refresher *remote.Refresher
	steps     []remote.Step
	published []video.ID
}

func (w *world) Get(ctx context.Context, url string, _ fetch.Options) (*fetch.Response, error) {
	if err := fetch.Spend(ctx); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	url, _, _ = strings.Cut(url, "#")
	w.asked = append(w.asked, url)
	at := url
	if to := w.moved[url]; to != "" {
		at = to
	}
	page, ok := w.pages[at]
	if !ok {
		return nil, errs.New(errs.NotFound, "404 %s", url)
	}
	if page["gone"] != nil {
		return nil, errs.New(errs.Gone, "410")
	}
	if page["down"] != nil {
		return nil, errs.New(errs.Unavailable, "down")
	}
	b, err := json.Marshal(page)
	return &fetch.Response{URL: at, Body: b, Type: "application/activity+json"}, err
}

func (w *world) Find(_ context.Context, name, host string) (*webfinger.Found, error) {
	url := "https://" + host + "/accounts/" + name
	if w.pages[url] == nil {
		return nil, errs.New(errs.NotFound, "nobody")
	}
	return &webfinger.Found{ActorURL: url}, nil
}

func (w *world) Site(_ context.Context, host string) (string, error) {
	w.sites = append(w.sites, host)
	return "https://" + host + "/accounts/peertube", nil
}

func (w *world) NodeInfo(context.Context, string) (*webfinger.NodeInfo, error) {
	return &webfinger.NodeInfo{Software: "peertube", Version: "8.2.0"}, w.nodeInfo
}

func (w *world) Refresh(_ context.Context, k remote.Kind, url string, missing bool) error {
	if k == remote.SiteKind {
		w.wondered = append(w.wondered, url)
		return nil
	}
	w.queue = append(w.queue, fmt.Sprintf("%s %s %v", k, url, missing))
	return nil
}

func (w *world) Crawl(_ context.Context, s remote.Step) error {
	w.steps = append(w.steps, s)
	return nil
}

// crawl does all steps that wait, at most some hundred.
func (w *world) crawl(t *testing.T) {
	t.Helper()
	for n := 0; len(w.steps) > 0; n++ {
		if n > 300 {
			t.Fatal("the crawl does not end")
		}
		s := w.steps[0]
		w.steps = w.steps[1:]
		if err := w.crawler.Do(t.Context(), s); err != nil && !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.Gone) {
			t.Fatalf("%+v: %v", s, err)
		}
	}
}

func eachWorld(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		if err := filltest.Fill(t.Context(), db, 3); err != nil {
			t.Fatal(err)
		}
		test(t, newWorld(db))
	})
}

func newWorld(db *sqldb.DB) *world {
	w := &world{pages: map[string]obj{}, moved: map[string]string{}, db: db, now: sqldb.Now()}
	rows := &store.Videos{DB: db}
	talk := &store.Comments{DB: db, Videos: rows}
	now, log := func() time.Time { return w.now }, slog.New(slog.DiscardHandler)
	w.source = &remote.Source{Fetch: w, Servers: store.PeerServers{DB: db}, Tombs: store.PeerTombstones{DB: db}, Host: "here.example"}
	w.actors = &remote.Actors{
		Source: w.source, Store: store.RemoteActors{DB: db, Comments: talk, Rates: store.Rates{DB: db, Videos: rows}, Videos: rows},
		Accounts: store.Actors{DB: db}, Finger: w, Queue: w, Site: instance.Site{Scheme: "https", Host: "here.example"}, Now: now, Log: log,
	}
	w.videos = &remote.Videos{
		Source: w.source, Store: store.RemoteVideos{DB: db, Videos: rows}, Actors: w.actors, Queue: w, InTx: db.InTx, Now: now, Log: log,
		Published: func(_ context.Context, id video.ID) error { w.published = append(w.published, id); return nil },
	}
	w.comments = &remote.Comments{
		Source: w.source, Copies: store.RemoteComments{Comments: talk}, Store: talk, Videos: w.videos, Actors: w.actors, Rows: rows, Queue: w,
		Clean: func(html string) string { return strings.ReplaceAll(html, "<x>", "") },
		InTx:  db.InTx, Now: now, Log: log,
	}
	w.playlists = &remote.Playlists{
		Source: w.source, Store: store.RemotePlaylists{Playlists: store.Playlists{DB: db, Videos: rows}}, Actors: w.actors, Queue: w,
		InTx: db.InTx, Now: now, Log: log,
	}
	w.crawler = &remote.Crawler{Actors: w.actors, Videos: w.videos, Comments: w.comments, Playlists: w.playlists, Queue: w, Now: now, Log: log}
	w.refresher = &remote.Refresher{Actors: w.actors, Videos: w.videos, Comments: w.comments, Playlists: w.playlists, Queue: w, Log: log}
	return w
}

// put makes other sites have something.
func (w *world) put(list ...obj) {
	for _, o := range list {
		w.pages[o["id"].(string)] = o
	}
}

func (w *world) count(t *testing.T, table string) int {
	t.Helper()
	n, err := sqldb.One(t.Context(), w.db, sqldb.Value[int], `SELECT COUNT(*) FROM `+table)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func with(o obj, key string, value any) obj {
	c := maps.Clone(o)
	c[key] = value
	return c
}

const key = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"

func person(url, name string) obj {
	return obj{
		"id": url, "type": "Person", "preferredUsername": name, "name": "The " + name, "summary": "I *film*", "inbox": url + "/inbox", "outbox": url + "/outbox",
		"endpoints": obj{"sharedInbox": "https://" + activity.Host(url) + "/inbox"},
		"publicKey": obj{"id": url + "#main-key", "owner": url, "publicKeyPem": key},
		"icon":      []any{obj{"type": "Image", "url": url + "/face.png", "mediaType": "image/png", "width": 120, "height": 120}},
	}
}

func group(url, name, owner string) obj {
	o := person(url, name)
	o["type"], o["attributedTo"] = "Group", []any{owner}
	return o
}

func film(url, account, channel string) obj {
	return obj{
		"id": url, "type": "Video", "name": "A far film", "uuid": uuid, "duration": "PT60S", "views": 7, "state": 1, "commentsPolicy": 1,
		"published": "2026-01-02T03:04:05Z", "updated": "2026-01-02T03:04:05Z", "content": "all about *it*", "mediaType": "text/markdown",
		"to": []any{activity.Public}, "cc": []any{}, "attributedTo": []any{obj{"type": "Person", "id": account}, obj{"type": "Group", "id": channel}},
		"tag":              []any{obj{"type": "Hashtag", "name": "far"}},
		"icon":             []any{obj{"type": "Image", "url": url + "/small.jpg", "mediaType": "image/jpeg", "width": 280, "height": 157}},
		"preview":          []any{obj{"type": "Image", "rel": []any{"storyboard"}, "url": []any{obj{"mediaType": "image/jpeg", "href": url + "/sb.jpg", "width": 1920, "height": 1080, "tileWidth": 192, "tileHeight": 108, "tileDuration": "PT1S"}}}},
		"subtitleLanguage": []any{obj{"identifier": "fr", "name": "French", "url": url + "/fr.vtt"}},
		"likes":            url + "/likes", "dislikes": url + "/dislikes", "shares": url + "/announces", "comments": url + "/comments", "hasParts": url + "/chapters",
		"url": []any{
			obj{"type": "Link", "mediaType": "text/html", "href": url},
			obj{"type": "Link", "mediaType": "application/x-mpegURL", "href": url + "/master.m3u8", "tag": []any{
				obj{"type": "Infohash", "name": strings.Repeat("ab", 20)},
				obj{"type": "Link", "mediaType": "video/mp4", "href": url + "/1080.mp4", "height": 1080, "size": 1000, "fps": 30},
				obj{"type": "Link", "mediaType": "video/mp4", "href": url + "/720.mp4", "height": 720, "size": 500, "fps": 30},
			}},
			obj{"type": "Link", "name": "tracker-websocket", "rel": []any{"tracker", "websocket"}, "href": "wss://far.test/tracker/socket"},
		},
	}
}

const (
	alice   = "https://far.test/accounts/alice"
	films   = "https://far.test/video-channels/films"
	theFilm = "https://far.test/videos/watch/" + uuid
)

// far is a site with an account, a channel and a video.
func (w *world) far() {
	w.put(person(alice, "alice"), group(films, "films", alice), film(theFilm, alice, films))
}

func note(url, by, to, text string) obj {
	return obj{
		"id": url, "type": "Note", "attributedTo": by, "inReplyTo": to, "content": "<p>" + text + "</p>", "mediaType": "text/html",
		"published": "2026-02-02T03:04:05Z", "to": []any{activity.Public}, "cc": []any{},
	}
}

// decode is a document as it comes over the network.
func decode(t *testing.T, o obj) activity.Doc {
	t.Helper()
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	d, err := activity.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
