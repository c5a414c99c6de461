package outbox_test

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/peer"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/httpsig"
	"sepiola/internal/federation/ldsig"
	"sepiola/internal/federation/outbox"
	"sepiola/internal/federation/publish"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
	"sepiola/internal/storage/store/filltest"
)

// In filled databases person i has account i, actor 2i-1, and the channel i
// with actor 2i; the first videos are of the first channel.
const (
	ownerActor, channelActor = actor.ID(1), actor.ID(2)
	ownerURL                 = "https://bench.example/accounts/person1"
	channelURL               = "https://bench.example/video-channels/person1_channel"
	siteURL                  = "https://bench.example/accounts/peertube"
)

var keys = sync.OnceValue(func() actor.Keys {
	k, err := actor.GenerateKeys()
	if err != nil {
		panic(err)
	}
	return k
})

// world is a site with its database; what it would queue and send is kept.
type world struct {
	t     testing.TB
	db    *sqldb.DB
	out   *outbox.Outbox
	sent  *outbox.Deliverer
	rules outbox.Rules
	now   time.Time

	videos   *store.Videos
	comments *store.Comments
	follows  store.Follows
	site     *actor.Actor

	mu      sync.Mutex
	intents []outbox.Intent
	wishes  []outbox.Wish
	events  []string // of follows by itself
	hosts   []string
	later   []func()
	found   map[string]*actor.Actor // by handle, or host
	// answer is what an inbox answers; got are those that took something.
	answer func(ctx context.Context, inbox string) error
	got    []string
	keyIDs []string
}

func newWorld(t testing.TB, db *sqldb.DB) *world {
	t.Helper()
	ctx := t.Context()
	if err := filltest.Fill(ctx, db, 600); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, db: db, now: sqldb.Now(), rules: outbox.Rules{Enabled: true}, found: map[string]*actor.Actor{}}
	w.videos = &store.Videos{DB: db}
	w.comments = &store.Comments{DB: db, Videos: w.videos}
	w.follows = store.Follows{DB: db}
	actors, site := store.Actors{DB: db}, instance.Site{Scheme: "https", Host: "bench.example"}
	w.site = &actor.Actor{
		Type: actor.Application, Username: actor.InstanceName, URL: siteURL, InboxURL: siteURL + "/inbox", FollowersURL: siteURL + "/followers",
		CreatedAt: w.now, UpdatedAt: w.now,
	}
	if err := actors.CreateInstance(ctx, w.site); err != nil {
		t.Fatal(err)
	}
	w.exec(`UPDATE actors SET public_key = $1, private_key = $2 WHERE server_id IS NULL`, keys().Public, keys().Private)
	known, lists := store.RemoteActors{DB: db}, store.Playlists{DB: db, Videos: w.videos}
	w.out = &outbox.Outbox{
		Store: store.PeerOutbox{DB: db}, Audience: store.PeerAudience{DB: db}, Graves: store.PeerTombstones{DB: db}, Shares: store.PeerShares{DB: db},
		Actors: actors, Known: known, Videos: w.videos, Comments: w.comments, Rates: store.Rates{DB: db, Videos: w.videos}, Playlists: lists,
		Follows: w.follows, Resolver: w, Queue: w, Site: site, Rules: func() outbox.Rules { return w.rules },
		InTx: db.InTx, AfterCommit: db.AfterCommit, Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler),
		Later: func(_ time.Duration, f func()) { w.later = append(w.later, f) },
	}
	w.out.Events = w
	w.out.Notes = &publish.Documents{Actors: actors, Videos: w.videos, Comments: w.comments, Playlists: lists, Site: site}
	w.sent = &outbox.Deliverer{
		Store: w.out.Store, Servers: store.PeerServers{DB: db}, Followers: dropped{w.follows}, Actors: actors, Known: known, Post: w,
		Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler),
	}
	return w
}

// FollowedByItself is part of follow.SiteEvents.
func (w *world) FollowedByItself(_ context.Context, f *follow.Follow) error {
	w.events = append(w.events, fmt.Sprintf("followed %d by itself: %s", f.FollowingID, f.State))
	return nil
}

func (*world) SiteFollowed(context.Context, *follow.Follow) error {
	return errors.New("the outbox is followed by nobody")
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		fn(t, newWorld(t, db))
	})
}

func (w *world) exec(text string, args ...any) {
	w.t.Helper()
	if _, err := w.db.Exec(w.t.Context(), text, args...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// dropped are follows of which nobody writes down how many were removed.
type dropped struct{ store.Follows }

// RemoveOfHost implements outbox.Followers.
func (d dropped) RemoveOfHost(ctx context.Context, host string) error {
	_, err := d.Follows.RemoveOfHost(ctx, host)
	return err
}

// Broadcast implements outbox.Queue.
func (w *world) Broadcast(_ context.Context, in outbox.Intent) error {
	w.intents = append(w.intents, in)
	return nil
}

// Follow implements outbox.Queue.
func (w *world) Follow(_ context.Context, wish outbox.Wish) error {
	w.wishes = append(w.wishes, wish)
	return nil
}

// Deliver implements outbox.Queue.
func (w *world) Deliver(_ context.Context, hosts []string) error {
	w.hosts = append(w.hosts, hosts...)
	return nil
}

// ByHandle implements outbox.Resolver.
func (w *world) ByHandle(_ context.Context, name, host string) (*actor.Actor, error) {
	return w.SiteOf(context.Background(), name+"@"+host)
}

// SiteOf implements outbox.Resolver.
func (w *world) SiteOf(_ context.Context, host string) (*actor.Actor, error) {
	if a := w.found[host]; a != nil {
		return a, nil
	}
	return nil, errs.New(errs.NotFound, "nobody")
}

// Post implements outbox.Poster. It verifies nothing but that the key is the
// actor's.
func (w *world) Post(ctx context.Context, inbox string, _ []byte, signer httpsig.Signer) error {
	if signer.Key == nil {
		return errors.New("no key")
	}
	if w.answer != nil {
		if err := w.answer(ctx, inbox); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.got, w.keyIDs = append(w.got, inbox), append(w.keyIDs, signer.KeyID)
	return nil
}

// remote makes an account of another site that follows the actors of this one.
func (w *world) remote(name, host string, follows ...actor.ID) *actor.Account {
	w.t.Helper()
	url := "https://" + host + "/u/" + name
	a := &actor.Account{Actor: actor.Actor{
		Type: actor.Person, Username: name, Host: host, URL: url, InboxURL: url + "/inbox", SharedInboxURL: "https://" + host + "/inbox",
		CreatedAt: w.now, UpdatedAt: w.now,
	}, DisplayName: name}
	w.must(store.Actors{DB: w.db}.CreateAccount(w.t.Context(), a))
	for _, id := range follows {
		f := &follow.Follow{
			URL: url + "/f/" + string(rune('a'+id)), State: follow.Accepted, Score: follow.BaseScore, FollowerID: a.ID, FollowingID: id,
			CreatedAt: w.now, UpdatedAt: w.now,
		}
		_, err := w.follows.Create(w.t.Context(), f)
		w.must(err)
	}
	return a
}

// run does what was put off, and tells of all intents that wait.
func (w *world) run() {
	w.t.Helper()
	put := w.later
	w.later = nil
	for _, f := range put {
		f()
	}
	list := w.intents
	w.intents = nil
	for i, in := range list {
		w.must(w.out.Broadcast(w.t.Context(), w.now.String()+string(rune('a'+i)), in))
		w.now = w.now.Add(time.Millisecond)
	}
}

// message is something that waits to be sent.
type message struct {
	Type, Actor, ID string
	To              []string // hosts
	Body            map[string]any
	Priority        peer.Priority
}

// messages takes all that waits, in the order in which it was said.
func (w *world) messages() []message {
	w.t.Helper()
	type row struct {
		id       int64
		body     []byte
		host     string
		priority peer.Priority
	}
	rows, err := sqldb.All(w.t.Context(), w.db, func(r sqldb.Row) (v row, err error) { return v, r.Scan(&v.id, &v.body, &v.host, &v.priority) },
		`SELECT a.id, a.body, d.host, d.priority FROM outbox_activities a JOIN deliveries d ON d.activity_id = a.id ORDER BY a.id, d.host`)
	w.must(err)
	var list []message
	last := int64(0)
	for _, r := range rows {
		if r.id != last {
			var body map[string]any
			w.must(json.Unmarshal(r.body, &body))
			m := message{Body: body, Priority: r.priority}
			m.Type, _ = body["type"].(string)
			m.Actor, _ = body["actor"].(string)
			m.ID, _ = body["id"].(string)
			list = append(list, m)
		}
		last = r.id
		list[len(list)-1].To = append(list[len(list)-1].To, r.host)
	}
	w.exec(`DELETE FROM deliveries`)
	w.exec(`DELETE FROM outbox_activities`)
	return list
}

// said is messages as text: what, by whom, to whom.
func (w *world) said() []string {
	w.t.Helper()
	out := []string{}
	for _, m := range w.messages() {
		out = append(out, m.Type+" "+strings.TrimPrefix(m.Actor, "https://bench.example/")+" > "+strings.Join(m.To, " "))
	}
	return out
}

func (w *world) want(name string, got []string, want ...string) {
	w.t.Helper()
	if !slices.Equal(got, want) {
		w.t.Errorf("%s:\n got %q\nwant %q", name, got, want)
	}
}

func (w *world) video(id video.ID) *video.Video {
	w.t.Helper()
	v, err := w.videos.ByRef(w.t.Context(), video.ByID(id))
	w.must(err)
	return v
}

func (w *world) comment(c *comment.Comment) *comment.Comment {
	w.t.Helper()
	c.CreatedAt, c.UpdatedAt, c.OwnerID = w.now, w.now, 1
	w.must(w.comments.Add(w.t.Context(), c, func(id comment.ID) string { return comment.URL(w.out.Site, w.video(c.VideoID).UUID, id) }))
	kept, err := w.comments.ByID(w.t.Context(), c.ID)
	w.must(err)
	return kept
}

func (w *world) tx(fn func(ctx context.Context) error) {
	w.t.Helper()
	w.must(w.db.InTx(w.t.Context(), fn))
}

func publicKey(t testing.TB) *rsa.PublicKey {
	t.Helper()
	k, err := httpsig.ParsePublicKey(keys().Public)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// verify checks the signature in a document.
func verify(t testing.TB, m message) {
	t.Helper()
	if _, err := ldsig.VerifyCompact(m.Body, publicKey(t)); err != nil {
		t.Errorf("the signature in %s: %v", m.ID, err)
	}
}
