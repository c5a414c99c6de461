package worker_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/peer"
	"sepiola/internal/domain/video"
	"sepiola/internal/federation/fetch"
	"sepiola/internal/federation/httpsig"
	"sepiola/internal/federation/outbox"
	"sepiola/internal/federation/publish"
	"sepiola/internal/job"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
	"sepiola/internal/storage/store/filltest"
	"sepiola/internal/worker"
)

// crowd is many sites on one address: some take what they are sent, some do
// not answer, and at some nobody listens.
type crowd struct {
	t    testing.TB
	hold chan struct{} // until it is closed, the slow ones wait

	mu  sync.Mutex
	got map[string]map[string]int // host, activity id, how often
	key string
	bad []string
}

func newCrowd(t testing.TB) (c *crowd, fetcher *fetch.Client, address string) {
	t.Helper()
	c = &crowd{t: t, hold: make(chan struct{}), got: map[string]map[string]int{}}
	s := httptest.NewUnstartedServer(c)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.Start()
	t.Cleanup(func() {
		close(c.hold)
		s.Close()
	})
	f := &fetch.Client{
		Allowed: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Hosts: map[string]string{}, Plain: true, UserAgent: "test",
		Log: slog.New(slog.DiscardHandler), Now: sqldb.Now,
	}
	return c, f, s.Listener.Addr().String()
}

// ServeHTTP implements http.Handler.
func (c *crowd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.Host, "slow") {
		select {
		case <-c.hold:
		case <-r.Context().Done():
		}
		return
	}
	body, _ := io.ReadAll(r.Body)
	var doc struct {
		ID string `json:"id"`
	}
	err := json.Unmarshal(body, &doc)
	if err == nil {
		err = httpsig.CheckDigest(r.Header, body)
	}
	var sig *httpsig.Signature
	if err == nil {
		sig, err = httpsig.Parse(r, httpsig.Options{Now: time.Now(), Host: r.Host, Scheme: "http"})
	}
	if err == nil {
		key, keyErr := httpsig.ParsePublicKey(c.key)
		if err = keyErr; err == nil {
			err = sig.Verify(key)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.bad = append(c.bad, err.Error())
		w.WriteHeader(http.StatusForbidden)
		return
	}
	if c.got[r.Host] == nil {
		c.got[r.Host] = map[string]int{}
	}
	c.got[r.Host][doc.ID]++
	w.WriteHeader(http.StatusAccepted)
}

// have returns how many hosts have so many activities.
func (c *crowd) have(n int) (hosts int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, ids := range c.got {
		if len(ids) >= n {
			hosts++
		}
	}
	return hosts
}

// talker is a site that tells a crowd of its videos.
type talker struct {
	db    *sqldb.DB
	jobs  *job.Queue
	queue *worker.Federation
	out   *outbox.Outbox
	inbox store.PeerInbox
	sent  store.PeerOutbox
}

// dropped removes followers and notes it nowhere.
type dropped struct{ store.Follows }

// RemoveOfHost implements outbox.Followers.
func (d dropped) RemoveOfHost(ctx context.Context, host string) error {
	_, err := d.Follows.RemoveOfHost(ctx, host)
	return err
}

func newTalker(t testing.TB, db *sqldb.DB, c *crowd, f *fetch.Client) *talker {
	t.Helper()
	ctx := t.Context()
	if err := filltest.Fill(ctx, db, 400); err != nil {
		t.Fatal(err)
	}
	keys, err := actor.GenerateKeys()
	if err != nil {
		t.Fatal(err)
	}
	c.key = keys.Public
	site, now := instance.Site{Scheme: "http", Host: "bench.example"}, sqldb.Now()
	actors, known := store.Actors{DB: db}, store.RemoteActors{DB: db}
	me := &actor.Actor{
		Type: actor.Application, Username: actor.InstanceName, URL: "https://bench.example/accounts/peertube", InboxURL: "https://bench.example/inbox",
		FollowersURL: "https://bench.example/followers", CreatedAt: now, UpdatedAt: now,
	}
	if err := actors.CreateInstance(ctx, me); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(ctx, `UPDATE actors SET public_key = $1, private_key = $2`, keys.Public, keys.Private); err != nil {
		t.Fatal(err)
	}
	jobs, err := job.Open(ctx, job.Options{DB: db, Queues: worker.Queues(1)})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	videos := &store.Videos{DB: db}
	comments, lists := &store.Comments{DB: db, Videos: videos}, store.Playlists{DB: db, Videos: videos}
	s := &talker{db: db, jobs: jobs, queue: &worker.Federation{Jobs: jobs, AfterCommit: db.AfterCommit, Log: log}, inbox: store.PeerInbox{DB: db}, sent: store.PeerOutbox{DB: db}}
	s.out = &outbox.Outbox{
		Store: s.sent, Audience: store.PeerAudience{DB: db}, Graves: store.PeerTombstones{DB: db}, Shares: store.PeerShares{DB: db}, Actors: actors,
		Known: known, Videos: videos, Comments: comments, Rates: store.Rates{DB: db, Videos: videos}, Playlists: lists, Follows: store.Follows{DB: db},
		Notes: &publish.Documents{Actors: actors, Videos: videos, Comments: comments, Playlists: lists, Site: site}, Queue: s.queue, Site: site,
		Rules: func() outbox.Rules { return outbox.Rules{Enabled: true} }, InTx: db.InTx, Now: sqldb.Now, Log: log,
	}
	servers := store.PeerServers{DB: db}
	f.Servers = servers
	worker.RegisterFederation(jobs, worker.FederationWork{Said: s.out, Deliverer: &outbox.Deliverer{
		Store: s.sent, Servers: servers, Followers: dropped{store.Follows{DB: db}}, Actors: actors, Known: known, Post: f, Now: sqldb.Now, Log: log,
	}})
	return s
}

// followed makes sites of the crowd follow the first channel.
func (s *talker) followed(t testing.TB, f *fetch.Client, address string, hosts ...string) {
	t.Helper()
	ctx, now := t.Context(), sqldb.Now()
	for _, host := range hosts {
		f.Hosts[host] = address
	}
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		for _, host := range hosts {
			url := "http://" + host + "/u"
			a := &actor.Actor{
				Type: actor.Application, Username: "peertube", Host: host, URL: url, InboxURL: url + "/inbox", SharedInboxURL: "http://" + host + "/inbox",
				CreatedAt: now, UpdatedAt: now,
			}
			if err := (store.Actors{DB: s.db}).CreateInstance(ctx, a); err != nil {
				return err
			}
			if _, err := (store.Follows{DB: s.db}).Create(ctx, &follow.Follow{
				URL: url + "/f", State: follow.Accepted, Score: follow.BaseScore, FollowerID: a.ID, FollowingID: 2, CreatedAt: now, UpdatedAt: now,
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func hostNames(kind string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%s%d.test", kind, i)
	}
	return list
}

// closedPort is an address at which nobody listens.
func closedPort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (s *talker) start(t testing.TB) {
	t.Helper()
	if err := s.jobs.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.jobs.Stop(context.WithoutCancel(t.Context()), 0); err != nil {
			t.Error(err)
		}
	})
}

// wait polls: what is waited for is in other goroutines of the queue.
func wait(t testing.TB, most time.Duration, what string, done func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for !done() {
		if time.Since(began) > most {
			t.Fatalf("%s: not within %v", what, most)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return time.Since(began)
}

func TestAVideoReachesACrowd(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		c, f, address := newCrowd(t)
		s := newTalker(t, db, c, f)
		s.followed(t, f, address, hostNames("good", 40)...)
		closed := closedPort(t)
		s.followed(t, f, closed, hostNames("dead", 15)...)
		s.start(t)
		if err := s.out.VideoPublished(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		wait(t, 30*time.Second, "the first video", func() bool { return c.have(1) == 40 })
		// What comes while a host is served is sent too, without waiting for a
		// sweep.
		for i := range 10 {
			if err := s.out.VideoPublished(t.Context(), videoID(i+2)); err != nil {
				t.Fatal(err)
			}
		}
		wait(t, 30*time.Second, "ten more", func() bool { return c.have(11) == 40 })
		c.mu.Lock()
		for host, ids := range c.got {
			for id, n := range ids {
				if n != 1 {
					t.Errorf("%s has %s %d times", host, id, n)
				}
			}
		}
		if len(c.bad) > 0 {
			t.Errorf("refused: %v", c.bad[0])
		}
		c.mu.Unlock()
		wait(t, 30*time.Second, "the dead fail", func() bool {
			left, err := s.sent.Hosts(t.Context(), time.Now(), 100)
			return err == nil && len(left) == 0
		})
		admin := &worker.Admin{Jobs: s.jobs, Forget: func(ctx context.Context, host string) error { return s.sent.Drop(ctx, host, peer.First) }}
		list, total, err := admin.List(t.Context(), instance.JobFilter{Type: "activitypub-http-unicast", State: "delayed", Count: 50})
		if err != nil || total != 15 || list[0].Error == "" || !strings.Contains(string(list[0].Data), "dead") {
			t.Errorf("jobs of dead hosts: got %d %v", total, err)
		}
		// What waits for one of them is not to be sent any more.
		var sent worker.UnicastArgs
		if err := errors.Join(json.Unmarshal(list[0].Data, &sent), admin.Cancel(t.Context(), list[0].Type, list[0].ID)); err != nil {
			t.Fatal(err)
		}
		if waits, err := s.sent.Next(t.Context(), sent.Host, 10); err != nil || len(waits) > 0 {
			t.Errorf("cancelled: %d still wait for %s, %v", len(waits), sent.Host, err)
		}
		// The others come back: the sweep does not wait for their time.
		if _, err := db.Exec(t.Context(), `UPDATE servers SET retry_at = NULL, failures = 0, failing_since = NULL`); err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", closed)
		if err != nil {
			t.Fatal(err)
		}
		back := &http.Server{Handler: c, ReadHeaderTimeout: time.Minute}
		go func() { _ = back.Serve(l) }()
		t.Cleanup(func() { _ = back.Close() })
		if err := s.queue.Sweep(t.Context(), s.inbox, s.sent, sqldb.Now()); err != nil {
			t.Fatal(err)
		}
		wait(t, 30*time.Second, "those that come back", func() bool { return c.have(11) == 54 })
	})
}

type videoID = video.ID

// BenchmarkAnnounce tells 2,000 sites of a video; a third of them is dead or
// never answers.
func BenchmarkAnnounce(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *sqldb.DB{"sqlite": sqldbtest.SQLite, "postgres": sqldbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			const living, dead, slow = 1334, 333, 333
			c, f, address := newCrowd(b)
			s := newTalker(b, open(b), c, f)
			s.followed(b, f, address, hostNames("good", living)...)
			s.followed(b, f, closedPort(b), hostNames("dead", dead)...)
			s.followed(b, f, address, hostNames("slow", slow)...)
			s.start(b)
			b.ResetTimer()
			for i := 1; b.Loop(); i++ {
				if i > 1 {
					break // the dead are known to be dead from then on
				}
				runtime.GC()
				var peak uint64
				if err := s.out.VideoPublished(b.Context(), videoID(i)); err != nil {
					b.Fatal(err)
				}
				took := wait(b, 3*time.Minute, strconv.Itoa(living)+" sites", func() bool {
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					peak = max(peak, m.Sys-m.HeapReleased)
					return c.have(i) == living
				})
				b.ReportMetric(took.Seconds(), "s/all-living")
				b.ReportMetric(float64(peak)/(1<<20), "MiB-peak")
			}
		})
	}
}
