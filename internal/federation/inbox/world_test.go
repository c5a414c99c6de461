package inbox_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"sepiola/internal/domain/abuse"
	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/fetch"
	"sepiola/internal/federation/httpsig"
	"sepiola/internal/federation/inbox"
	"sepiola/internal/federation/ldsig"
	"sepiola/internal/federation/remote"
	"sepiola/internal/federation/webfinger"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
	"sepiola/internal/storage/store/filltest"
)

type obj = map[string]any

// Of this site, which filltest made.
const (
	here    = "bench.example"
	owner   = "https://bench.example/accounts/person1"
	channel = "https://bench.example/video-channels/person1_channel"
	mySite  = "https://bench.example/accounts/peertube"
)

// Of others.
const (
	alice   = "https://far.test/accounts/alice"
	bob     = "https://far.test/accounts/bob"
	films   = "https://far.test/video-channels/films"
	farSite = "https://far.test/accounts/peertube"
	mallory = "https://evil.test/accounts/mallory"
	uuid    = "341a84d2-f9c7-405d-bc93-39b503161273"
	theFilm = "https://far.test/videos/watch/" + uuid
)

// mine is the first video of this site.
func mine() string { return "https://bench.example/videos/watch/" + filltest.UUID(1) }

// testKeys are made once: they take their time.
var testKeys = sync.OnceValue(func() [2]*rsa.PrivateKey {
	var keys [2]*rsa.PrivateKey
	for i := range keys {
		var err error
		if der, _ := hex.DecodeString(os.Getenv(crashKey)); i == 0 && len(der) > 0 {
			keys[i], err = x509.ParsePKCS1PrivateKey(der)
		} else {
			keys[i], err = rsa.GenerateKey(rand.Reader, 2048)
		}
		if err != nil {
			panic(err)
		}
	}
	return keys
})

func pemOf(k *rsa.PrivateKey) string {
	der, err := x509.MarshalPKIXPublicKey(&k.PublicKey)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// keyOf is the key of an actor: those of evil.test have another one.
func keyOf(url string) *rsa.PrivateKey {
	if activity.Host(url) == "evil.test" {
		return testKeys()[1]
	}
	return testKeys()[0]
}

// world is a site, and others by what they have.
type world struct {
	t  testing.TB
	mu sync.Mutex

	pages map[string]obj
	asked []string
	now   time.Time
	rules inbox.Rules
	// sent is what the outbox was told, waiting the lanes in which there is
	// something to do.
	sent    []string
	waiting []string
	told    []string
	// missing is what is to be looked for once more.
	missing []string

	db        *sqldb.DB
	rows      *store.Videos
	talk      *store.Comments
	blocks    *user.Blocks
	reports   *abuse.Service
	follows   store.Follows
	known     store.RemoteActors
	copies    store.RemoteVideos
	receiver  *inbox.Receiver
	processor *inbox.Processor
	inbox     store.PeerInbox
}

func (w *world) Get(_ context.Context, url string, _ fetch.Options) (*fetch.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	url, _, _ = strings.Cut(url, "#")
	w.asked = append(w.asked, url)
	page, ok := w.pages[url]
	switch {
	case !ok:
		return nil, errs.New(errs.NotFound, "404 %s", url)
	case page["gone"] != nil:
		return nil, errs.New(errs.Gone, "410")
	case page["down"] != nil:
		return nil, errs.New(errs.Unavailable, "down")
	case page["alone"] != nil:
		return nil, errs.Wrap(errs.Unavailable, fetch.ErrLeftAlone, "nobody was asked")
	case page["deep"] != nil:
		return nil, errs.Wrap(errs.TooMany, fetch.ErrSpent, "too many requests")
	}
	b, err := json.Marshal(page)
	return &fetch.Response{URL: url, Body: b, Type: "application/activity+json"}, err
}

func (*world) Find(context.Context, string, string) (*webfinger.Found, error) {
	return nil, errs.New(errs.NotFound, "nobody")
}

func (*world) Site(context.Context, string) (string, error) { return farSite, nil }

func (*world) NodeInfo(context.Context, string) (*webfinger.NodeInfo, error) {
	return &webfinger.NodeInfo{}, nil
}
func (*world) Crawl(context.Context, remote.Step) error { return nil }

func (w *world) Refresh(_ context.Context, k remote.Kind, url string, missing bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if missing {
		w.missing = append(w.missing, string(k)+" "+url)
	}
	return nil
}

// Lanes is inbox.Queue.
func (w *world) Lanes(_ context.Context, lanes []string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = append(w.waiting, lanes...)
	return nil
}

func (w *world) note(format string, args ...any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = append(w.sent, fmt.Sprintf(format, args...))
	return nil
}

// outbox writes down what it is told.
type outbox struct{ *world }

func (o outbox) Accept(_ context.Context, _ *follow.Follow, d activity.Doc) error {
	return o.note("accept %s", d.ID())
}

func (o outbox) Reject(_ context.Context, _, _ actor.ID, d activity.Doc) error {
	return o.note("reject %s", d.ID())
}

func (o outbox) FollowBack(_ context.Context, k *origin.Known) error {
	return o.note("follow back %s", k.URL)
}

func (o outbox) Followed(_ context.Context, f *follow.Follow) error {
	return o.note("followed %s", f.State)
}

func (o outbox) VideoChanged(_ context.Context, id video.ID) error {
	return o.note("changed %d", id)
}

func (o outbox) Forward(_ context.Context, id video.ID, url, kind string, body []byte, except string) error {
	if !json.Valid(body) {
		return errs.New(errs.Invalid, "no text")
	}
	if !bytes.Contains(body, []byte(`"signature"`)) {
		kind = "bare " + kind
	}
	return o.note("forward %s %s of %d but to %s", kind, url, id, except)
}

func (o outbox) Together(ctx context.Context, fn func(ctx context.Context) error) error {
	return fn(ctx)
}

func (o outbox) Approve(_ context.Context, c *comment.Comment, _ *video.Video) error {
	return o.note("approve %s", c.URL)
}

func (w *world) CommentPublished(_ context.Context, c *comment.Comment, _ *video.Video) error {
	w.told = append(w.told, fmt.Sprintf("said %s held=%v now=%v", c.URL, c.HeldForReview, c.JustApproved))
	return nil
}

func (w *world) CommentDeleted(_ context.Context, c *comment.Comment, _ *video.Video) error {
	w.told = append(w.told, "unsaid "+c.URL)
	return nil
}

// SiteFollowed is part of follow.SiteEvents.
func (w *world) SiteFollowed(_ context.Context, f *follow.Follow) error {
	w.told = append(w.told, "the site is followed: "+string(f.State))
	return nil
}

func (*world) FollowedByItself(context.Context, *follow.Follow) error {
	return errors.New("the inbox follows nobody")
}

func (w *world) Followed(_ context.Context, f *follow.Follow) error {
	w.told = append(w.told, fmt.Sprintf("follower of %d", f.FollowingID))
	return nil
}

func eachWorld(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) { test(t, newWorld(t, db)) })
}

// newWorld fills a database and makes a world of it.
func newWorld(t testing.TB, db *sqldb.DB) *world {
	t.Helper()
	fill(t, db)
	return openWorld(t, db)
}

func fill(t testing.TB, db *sqldb.DB) {
	t.Helper()
	if err := filltest.Fill(t.Context(), db, 3); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(t.Context(), `UPDATE videos SET privacy = 1, likes = 0, dislikes = 0, comments = 0, views = 0`); err != nil {
		t.Fatal(err)
	}
	own := actor.NewInstance(instance.Site{Scheme: "https", Host: here}, actor.Keys{Public: pemOf(testKeys()[0])}, sqldb.Now())
	if err := (store.Actors{DB: db}).CreateInstance(t.Context(), own); err != nil {
		t.Fatal(err)
	}
}

func openWorld(t testing.TB, db *sqldb.DB) *world {
	t.Helper()
	site := instance.Site{Scheme: "https", Host: here}
	w := &world{t: t, db: db, pages: map[string]obj{}, now: sqldb.Now(), rules: inbox.Rules{FollowersOfSite: true, FollowersOfChannels: true}}
	w.rows = &store.Videos{DB: db}
	w.talk = &store.Comments{DB: db, Videos: w.rows}
	rates := store.Rates{DB: db, Videos: w.rows}
	w.follows = store.Follows{DB: db, Videos: w.rows}
	w.known = store.RemoteActors{DB: db, Comments: w.talk, Rates: rates, Videos: w.rows}
	w.copies = store.RemoteVideos{DB: db, Videos: w.rows}
	w.inbox = store.PeerInbox{DB: db}
	now, log := func() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.now }, slog.New(slog.DiscardHandler)
	w.blocks = &user.Blocks{Store: store.Blocks{DB: db}, Site: site, Now: now}
	servers, tombs := store.PeerServers{DB: db}, store.PeerTombstones{DB: db}
	source := &remote.Source{Fetch: w, Servers: servers, Tombs: tombs, Host: here}
	actors := &remote.Actors{Source: source, Store: w.known, Accounts: store.Actors{DB: db}, Finger: w, Queue: w, Site: site, Now: now, Log: log}
	videos := &remote.Videos{Source: source, Store: w.copies, Actors: actors, Queue: w, InTx: db.InTx, Now: now, Log: log}
	said := store.RemoteComments{Comments: w.talk}
	comments := &remote.Comments{
		Source: source, Copies: said, Store: w.talk, Videos: videos, Actors: actors, Rows: w.rows, Muted: w.blocks,
		Queue: w, Clean: func(html string) string { return html }, Events: w, InTx: db.InTx, Now: now, Log: log,
	}
	w.reports = &abuse.Service{Store: store.Abuses{DB: db, Videos: w.rows}, Blocks: w.blocks, InTx: db.InTx, Now: now}
	lists := store.RemotePlaylists{Playlists: store.Playlists{DB: db, Videos: w.rows}}
	w.receiver = &inbox.Receiver{Inbox: w.inbox, Keys: w.known, Blocked: servers, Servers: servers, Queue: w, Site: site, InTx: db.InTx, Now: now, Log: log}
	w.processor = &inbox.Processor{
		Inbox: w.inbox, Queue: w, Blocked: servers, Graves: tombs, Actors: actors, Videos: videos, Comments: comments,
		Playlists: &remote.Playlists{Source: source, Store: lists, Actors: actors, Queue: w, InTx: db.InTx, Now: now, Log: log},
		Known:     w.known, Copies: w.copies, Said: said, Lists: lists, VideoStore: w.rows, CommentStore: w.talk, Rates: rates, Follows: w.follows,
		Views: store.Views{DB: db}, Mutes: w.blocks, Reports: w.reports, People: store.Actors{DB: db}, Mirrors: store.Redundancies{DB: db}, Viewings: &view.Service{Store: store.Views{DB: db}, Now: func() time.Time { return w.now }}, Outbox: outbox{w}, Events: w, FollowEvents: w, SiteEvents: w, Presence: new(inbox.Presence),
		Rules: func() inbox.Rules { return w.rules }, Site: site, InTx: db.InTx, Now: now, Log: log,
	}
	w.put(person(alice, "alice"), person(bob, "bob"), person(mallory, "mallory"), group(films, "films", alice), application(farSite))
	return w
}

// put makes other sites have something.
func (w *world) put(list ...obj) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range list {
		w.pages[o["id"].(string)] = o
	}
}

func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func person(url, name string) obj {
	return obj{
		"id": url, "type": "Person", "preferredUsername": name, "name": "The " + name, "inbox": url + "/inbox", "outbox": url + "/outbox", "followers": url + "/followers",
		"publicKey": obj{"id": url + "#main-key", "owner": url, "publicKeyPem": pemOf(keyOf(url))},
	}
}

func group(url, name, owner string) obj {
	o := person(url, name)
	o["type"], o["attributedTo"] = "Group", []any{owner}
	return o
}

func application(url string) obj {
	o := person(url, "peertube")
	o["type"] = "Application"
	return o
}

func film(url, account, channel string) obj {
	return obj{
		"id": url, "type": "Video", "name": "A far film", "uuid": uuid, "duration": "PT60S", "views": 7.0, "state": 1.0, "commentsPolicy": 1.0,
		"published": "2026-01-02T03:04:05Z", "updated": "2026-01-02T03:04:05Z", "to": []any{activity.Public}, "cc": []any{},
		"attributedTo": []any{obj{"type": "Person", "id": account}, obj{"type": "Group", "id": channel}},
		"icon":         []any{obj{"type": "Image", "url": url + "/small.jpg", "mediaType": "image/jpeg", "width": 280.0, "height": 157.0}},
		"url":          []any{obj{"type": "Link", "mediaType": "text/html", "href": url}},
	}
}

func note(url, by, to, text string) obj {
	return obj{
		"id": url, "type": "Note", "attributedTo": by, "inReplyTo": to, "content": "<p>" + text + "</p>", "mediaType": "text/html",
		"published": "2026-02-02T03:04:05Z", "to": []any{activity.Public}, "cc": []any{},
	}
}

func act(kind, id, by string, object any) obj {
	return obj{"@context": "https://www.w3.org/ns/activitystreams", "type": kind, "id": id, "actor": by, "object": object}
}

// request is a POST of a body to the shared inbox, signed by an actor.
func (w *world) request(by string, body []byte) *http.Request {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, "https://"+here+"/inbox", bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	signer := httpsig.Signer{KeyID: by + "#main-key", Key: keyOf(by)}
	if err := signer.Sign(r, body, httpsig.Cavage, w.now); err != nil {
		w.t.Fatal(err)
	}
	return r
}

// deliver sends a body as an actor.
func (w *world) deliver(by string, body []byte) error {
	w.t.Helper()
	r := w.request(by, body)
	sig, err := httpsig.Parse(r, httpsig.Options{Now: w.now, Host: here, Scheme: "https"})
	if err != nil {
		return inbox.Refuse(err)
	}
	if err := httpsig.CheckDigest(r.Header, body); err != nil {
		return inbox.Refuse(err)
	}
	return w.receiver.Receive(w.t.Context(), inbox.Request{Body: body, Signature: sig})
}

// send sends an activity as its actor, or as somebody else.
func (w *world) send(d obj, by ...string) {
	w.t.Helper()
	from, _ := d["actor"].(string)
	if len(by) > 0 {
		from = by[0]
	}
	if err := w.deliver(from, encode(w.t, d)); err != nil {
		w.t.Fatalf("send %s: %v", d["id"], err)
	}
}

func encode(t testing.TB, d obj) []byte {
	t.Helper()
	b, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// signed is a document with the signature of its actor.
func (w *world) signed(d obj) obj {
	w.t.Helper()
	by, _ := d["actor"].(string)
	if err := ldsig.Sign(d, by, keyOf(by), w.now); err != nil {
		w.t.Fatal(err)
	}
	return d
}

// drain does all that waits.
func (w *world) drain() {
	w.t.Helper()
	for n := 0; ; n++ {
		w.mu.Lock()
		lanes := w.waiting
		w.waiting = nil
		w.mu.Unlock()
		if len(lanes) == 0 {
			return
		}
		if n > 100 {
			w.t.Fatal("it does not end")
		}
		for _, lane := range lanes {
			if err := w.processor.Lane(w.t.Context(), lane); err != nil {
				w.t.Fatalf("lane %s: %v", lane, err)
			}
		}
	}
}

// left is what still waits.
func (w *world) left() int {
	w.t.Helper()
	return w.number(`SELECT COUNT(*) FROM inbox_activities`)
}

func (w *world) number(query string, args ...any) int {
	w.t.Helper()
	n, err := sqldb.One(w.t.Context(), w.db, sqldb.Value[int], query, args...)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// outcome is what the outbox was told since the last time.
func (w *world) outcome() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.sent
	w.sent = nil
	return s
}

var rulesOpen = inbox.Rules{FollowersOfSite: true, FollowersOfChannels: true}
