package store_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
	"sepiola/internal/storage/store/filltest"
)

// clock is the time of a test.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// openVideos lets everybody see everything.
type openVideos struct{ *store.Videos }

func (v openVideos) See(ctx context.Context, _ video.Access, ref video.Ref) (*video.Video, error) {
	return v.ByRef(ctx, ref)
}
func (openVideos) CheckToken(string, string) error { return nil }

func (v openVideos) Managed(ctx context.Context, _ video.Viewer, ref video.Ref, _ user.Right) (*video.Video, error) {
	return v.ByRef(ctx, ref)
}

var viewRules = view.Rules{CountAfter: 10 * time.Second, Expiration: time.Hour, TrustSessionID: true}

// viewNode is one process of a site.
type viewNode struct {
	*view.Service
	rows   store.Views
	videos *store.Videos
	keeper *view.Keeper
	stats  *view.Stats
	clock  *clock
}

func newViewNode(db *sqldb.DB, c *clock) *viewNode {
	videos, rows := &store.Videos{DB: db}, store.Views{DB: db}
	rules := func() view.Rules { return viewRules }
	return &viewNode{
		Service: &view.Service{Store: rows, Videos: openVideos{videos}, Anyhow: videos, Rules: rules, InTx: db.InTx, Now: c.now},
		rows:    rows, videos: videos, clock: c,
		keeper: &view.Keeper{
			Store: rows, Rules: rules, InTx: db.InTx, Now: c.now,
			Retention: func() view.Retention { return view.Retention{Local: -1, Remote: 30 * 24 * time.Hour, History: -1} },
			Window:    func() time.Duration { return 7 * 24 * time.Hour },
		},
		stats: &view.Stats{Store: rows, Videos: openVideos{videos}, Now: c.now},
	}
}

var viewer = netip.MustParseAddr("192.0.2.7")

// watch reports seconds from the beginning, 5 s apart, as a session.
func (n *viewNode) watch(t *testing.T, id video.ID, session string, seconds int) {
	t.Helper()
	for at := 0; at <= seconds; at += 5 {
		if err := n.Report(t.Context(), video.Access{}, video.ByID(id), view.Report{Time: at, Session: session, Addr: viewer, Device: "mobile", Client: "C"}); err != nil {
			t.Fatal(err)
		}
		n.clock.add(5 * time.Second)
	}
}

func (n *viewNode) counters(t *testing.T) {
	t.Helper()
	if err := n.keeper.Counters(t.Context()); err != nil {
		t.Fatal(err)
	}
}

type figures struct{ Views, Recent, Downloads int64 }

func figuresOf(t *testing.T, db *sqldb.DB, id video.ID) figures {
	t.Helper()
	f, err := sqldb.One(t.Context(), db, func(r sqldb.Row) (f figures, err error) { return f, r.Scan(&f.Views, &f.Recent, &f.Downloads) },
		`SELECT views, recent_views, downloads FROM videos WHERE id = $1`, id)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (f figures) since(before figures) figures {
	return figures{f.Views - before.Views, f.Recent - before.Recent, f.Downloads - before.Downloads}
}

// eachViewNode runs a test on each database with some videos in it.
func eachViewNode(t *testing.T, test func(t *testing.T, db *sqldb.DB, n *viewNode)) {
	t.Helper()
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		if err := filltest.Fill(t.Context(), db, 20); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(t.Context(), `UPDATE videos SET duration = 100, privacy = 1`); err != nil {
			t.Fatal(err)
		}
		test(t, db, newViewNode(db, &clock{at: time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)}))
	})
}

func TestViewsComeToTheCountersOnce(t *testing.T) {
	eachViewNode(t, func(t *testing.T, db *sqldb.DB, n *viewNode) {
		before := figuresOf(t, db, 3)
		hot, err := sqldb.One(t.Context(), db, sqldb.Value[float64], `SELECT hot_score FROM videos WHERE id = 3`)
		if err != nil {
			t.Fatal(err)
		}
		n.watch(t, 3, "one", 30)
		n.watch(t, 3, "two", 30)
		n.watch(t, 3, "short", 5)
		if err := n.Downloaded(t.Context(), 3, viewer, ""); err != nil {
			t.Fatal(err)
		}
		if err := n.Downloaded(t.Context(), 3, viewer, ""); err != nil { // the same again
			t.Fatal(err)
		}
		n.counters(t)
		n.counters(t)
		if got, want := figuresOf(t, db, 3).since(before), (figures{2, 2, 1}); got != want {
			t.Errorf("got %+v more, want %+v", got, want)
		}
		now, err := sqldb.One(t.Context(), db, sqldb.Value[float64], `SELECT hot_score FROM videos WHERE id = 3`)
		if err != nil || now <= hot {
			t.Errorf("hot score: %v, was %v, %v", now, hot, err)
		}
		n.clock.add(8 * 24 * time.Hour)
		n.counters(t)
		if got, want := figuresOf(t, db, 3).since(before), (figures{2, 0, 1}); got != want {
			t.Errorf("after the window: got %+v more, want %+v", got, want)
		}
		n.keeper.Window = func() time.Duration { return 30 * 24 * time.Hour }
		n.counters(t)
		if got, want := figuresOf(t, db, 3).since(before), (figures{2, 2, 1}); got != want {
			t.Errorf("with a wider window: got %+v more, want %+v", got, want)
		}
	})
}

// Views of the videos of others are told to their sites, those of this site's to
// others: each in the transaction that counts it.
func TestCountedViewsAreTold(t *testing.T) {
	eachViewNode(t, func(t *testing.T, db *sqldb.DB, n *viewNode) {
		if _, err := db.Exec(t.Context(), `UPDATE videos SET remote = TRUE WHERE id = 4`); err != nil {
			t.Fatal(err)
		}
		told, changed := map[video.ID]int64{}, map[video.ID]int{}
		n.Counted = func(_ context.Context, id video.ID, views int64) error { told[id] += views; return nil }
		n.keeper.Counted = func(_ context.Context, ids []video.ID) error {
			for _, id := range ids {
				changed[id]++
			}
			return nil
		}
		for id := video.ID(3); id <= 4; id++ {
			n.watch(t, id, "one", 30)
			n.watch(t, id, "two", 30)
			n.watch(t, id, "short", 5)
		}
		n.counters(t)
		n.counters(t)
		if len(told) != 1 || told[4] != 2 {
			t.Errorf("told their sites of %v, want two views of video 4", told)
		}
		if len(changed) != 1 || changed[3] != 1 {
			t.Errorf("told others of %v, want video 3 once", changed)
		}
	})
}

func TestViewersAreThoseOfTwoMinutes(t *testing.T) {
	eachViewNode(t, func(t *testing.T, _ *sqldb.DB, n *viewNode) {
		n.watch(t, 3, "one", 5)
		n.watch(t, 3, "two", 5)
		n.watch(t, 4, "two", 5)
		viewers := func() map[video.ID]int64 {
			m, err := n.Viewers(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
		if diff := cmp.Diff(map[video.ID]int64{3: 2, 4: 1}, viewers()); diff != "" {
			t.Error(diff)
		}
		n.clock.add(3 * time.Minute)
		if diff := cmp.Diff(map[video.ID]int64{}, viewers()); diff != "" {
			t.Error(diff)
		}
	})
}

// Two processes on one database take reports of the same people.
func TestTwoNodesCountTogether(t *testing.T) {
	t.Parallel()
	one := sqldbtest.PostgresURL(t)
	var nodes [2]*viewNode
	c := &clock{at: time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)}
	for i := range nodes {
		db, err := sqldb.Open(t.Context(), sqldb.Options{DSN: one, MaxConns: 4})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		if i == 0 {
			if err := errors.Join(db.Migrate(t.Context()), filltest.Fill(t.Context(), db, 20)); err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec(t.Context(), `UPDATE videos SET duration = 100`); err != nil {
				t.Fatal(err)
			}
		}
		nodes[i] = newViewNode(db, c)
	}
	db := nodes[0].rows.DB
	before := [2]figures{figuresOf(t, db, 3), figuresOf(t, db, 4)}
	const people = 30
	for at := 0; at <= 20; at += 5 {
		var wg sync.WaitGroup
		for i := range people {
			for _, n := range nodes { // a load balancer without a memory, and impatient players
				wg.Go(func() {
					in := view.Report{Time: at, Session: fmt.Sprint("person", i), Addr: viewer}
					if err := n.Report(t.Context(), video.Access{}, video.ByID(video.ID(3+i%2)), in); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		c.add(5 * time.Second)
	}
	for _, n := range nodes {
		m, err := n.Viewers(t.Context())
		if diff := cmp.Diff(map[video.ID]int64{3: people / 2, 4: people / 2}, m); err != nil || diff != "" {
			t.Errorf("viewers: %v %s", err, diff)
		}
	}
	var wg sync.WaitGroup
	for _, n := range nodes {
		wg.Go(func() { n.counters(t) })
	}
	wg.Wait()
	for i := range before {
		if got, want := figuresOf(t, db, video.ID(3+i)).since(before[i]), (figures{people / 2, people / 2, 0}); got != want {
			t.Errorf("video %d: got %+v more, want %+v", 3+i, got, want)
		}
	}
}

func TestNoRowTellsWhoWatched(t *testing.T) {
	eachViewNode(t, func(t *testing.T, db *sqldb.DB, n *viewNode) {
		n.watch(t, 3, "a-session-id", 20)
		n.watch(t, 3, "", 20)
		rows, err := sqldb.All(t.Context(), db, func(r sqldb.Row) (s string, err error) {
			var key, sections, client, country string
			err = r.Scan(&key, &sections, &client, &country)
			return key + " " + sections + " " + client + " " + country, err
		}, `SELECT COALESCE(session_key, ''), sections, client, country FROM video_sessions`)
		if err != nil || len(rows) != 2 {
			t.Fatal(rows, err)
		}
		for _, row := range rows {
			if strings.Contains(row, viewer.String()) || strings.Contains(row, "a-session-id") {
				t.Errorf("a row tells who watched: %s", row)
			}
		}
		n.clock.add(2 * time.Hour)
		if err := n.keeper.Sessions(t.Context()); err != nil {
			t.Fatal(err)
		}
		keys, err := sqldb.One(t.Context(), db, sqldb.Value[int], `SELECT count(*) FROM video_sessions WHERE session_key IS NOT NULL OR sections <> ''`)
		if err != nil || keys != 0 {
			t.Errorf("%d sessions that are over keep a key or sections: %v", keys, err)
		}
		n.clock.add(24 * time.Hour)
		if err := n.keeper.Sessions(t.Context()); err != nil {
			t.Fatal(err)
		}
		if salts, err := sqldb.One(t.Context(), db, sqldb.Value[int], `SELECT count(*) FROM view_salts`); err != nil || salts != 0 {
			t.Errorf("%d old salts are kept: %v", salts, err)
		}
	})
}

func TestMidnightMakesNobodyTwo(t *testing.T) {
	eachViewNode(t, func(t *testing.T, db *sqldb.DB, n *viewNode) {
		before := figuresOf(t, db, 3)
		n.clock.add(12*time.Hour - 12*time.Second)
		n.watch(t, 3, "late", 40)
		n.counters(t)
		if got := figuresOf(t, db, 3).since(before).Views; got != 1 {
			t.Errorf("%d views", got)
		}
		sessions, err := sqldb.One(t.Context(), db, sqldb.Value[int], `SELECT count(*) FROM video_sessions`)
		if err != nil || sessions != 1 {
			t.Errorf("%d sessions: %v", sessions, err)
		}
	})
}

func TestHostileReports(t *testing.T) {
	eachViewNode(t, func(t *testing.T, db *sqldb.DB, n *viewNode) {
		before := figuresOf(t, db, 3)
		report := func(in view.Report) error {
			if !in.Addr.IsValid() {
				in.Addr = viewer
			}
			return n.Report(t.Context(), video.Access{}, video.ByID(3), in)
		}
		for _, at := range []int{-1, 106, 5000, 1 << 40, -1 << 40} {
			if err := report(view.Report{Time: at}); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), fmt.Sprintf("Current time %d is invalid", at)) {
				t.Errorf("time %d: %v", at, err)
			}
		}
		if err := report(view.Report{Time: 103}); err != nil {
			t.Errorf("a little late: %v", err)
		}
		if err := n.Report(t.Context(), video.Access{}, video.ByID(99999), view.Report{Addr: viewer}); !errs.Is(err, errs.NotFound) {
			t.Errorf("a video that does not exist: %v", err)
		}
		flooder := netip.MustParseAddr("198.51.100.1")
		for i := range 300 {
			for _, at := range []int{0, 15} {
				if err := report(view.Report{Time: at, Session: fmt.Sprint("flood", i), Addr: flooder}); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, at := range []int{0, 15} {
			if err := report(view.Report{Time: at, Session: "b", UserAgent: "Mozilla/5.0 (compatible; Googlebot/2.1)"}); err != nil {
				t.Fatal(err)
			}
		}
		n.counters(t)
		if got := figuresOf(t, db, 3).since(before).Views; got != 200 {
			t.Errorf("%d views of one address and a crawler, want 200", got)
		}
	})
}

// A video that goes away takes only its own reports with it.
func TestDeletedVideosDoNotStopOthers(t *testing.T) {
	eachViewNode(t, func(t *testing.T, db *sqldb.DB, n *viewNode) {
		n.watch(t, 3, "one", 0) // its target is remembered
		if err := n.videos.Delete(t.Context(), 3); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				err := n.Report(t.Context(), video.Access{}, video.ByID(video.ID(3+i%2)), view.Report{Session: fmt.Sprint(i), Addr: viewer})
				if gone := i%2 == 0; gone != errs.Is(err, errs.NotFound) || !gone && err != nil {
					t.Errorf("report %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		kept, err := sqldb.One(t.Context(), db, sqldb.Value[int], `SELECT count(*) FROM video_sessions WHERE video_id = 4`)
		if err != nil || kept != 10 {
			t.Errorf("%d of 10 sessions are kept: %v", kept, err)
		}
	})
}

func TestStatisticsOfAVideo(t *testing.T) {
	eachViewNode(t, func(t *testing.T, db *sqldb.DB, n *viewNode) {
		if _, err := db.Exec(t.Context(), `UPDATE videos SET created_at = $1`, n.clock.now()); err != nil {
			t.Fatal(err)
		}
		ref := video.ByID(3)
		empty, err := n.stats.Overall(t.Context(), nil, ref, view.Span{})
		if err != nil || empty.Viewers != 0 || !empty.PeakAt.IsZero() {
			t.Fatalf("without viewers: %+v %v", empty, err)
		}
		start := n.clock.now()
		n.watch(t, 3, "one", 20)  // 12:00:00 to 12:00:20
		n.watch(t, 3, "two", 100) // 12:00:25 to 12:02:05
		n.watch(t, 4, "two", 100)
		n.counters(t)
		for _, over := range []bool{false, true} {
			if over {
				n.clock.add(2 * time.Hour)
				if err := n.keeper.Sessions(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			o, err := n.stats.Overall(t.Context(), nil, ref, view.Span{})
			if err != nil || o.Viewers != 2 || o.WatchTime != 120 || o.Average != 60 || o.Peak != 1 || !o.PeakAt.Equal(start) || o.Views != 2 {
				t.Errorf("over %v: %+v %v", over, o, err)
			}
			percent, err := n.stats.Retention(t.Context(), nil, ref)
			if err != nil || len(percent) != 101 || percent[0] != 100 || percent[19] != 100 || percent[20] != 50 || percent[99] != 50 || percent[100] != 0 {
				t.Errorf("over %v: retention %v %v", over, percent, err)
			}
		}
		span := view.Span{From: start, To: start.Add(3 * time.Minute)}
		for metric, want := range map[view.Metric][]int64{
			view.MetricViewers: {2, 1, 1, 0}, view.MetricWatchTime: {120, 0, 0, 0}, view.MetricDownloads: {0, 0, 0, 0}, view.MetricViews: {2, 0, 0, 0},
		} {
			s, err := n.stats.Series(t.Context(), nil, ref, metric, span)
			var got []int64
			for _, p := range s.Points {
				got = append(got, p.Value)
			}
			if diff := cmp.Diff(want, got); err != nil || diff != "" || s.Interval != "1 minute" {
				t.Errorf("%s: %v, %s %s", metric, err, s.Interval, diff)
			}
		}
		a, err := n.stats.Agents(t.Context(), nil, ref, view.Span{})
		if diff := cmp.Diff(view.Agents{Clients: []view.Sum{{Name: "C", Viewers: 2}}, Devices: []view.Sum{{Name: "mobile", Viewers: 2}}, Systems: []view.Sum{}}, a); err != nil || diff != "" {
			t.Errorf("agents: %v %s", err, diff)
		}
		days, err := n.stats.ChannelDays(t.Context(), []actor.ChannelID{1})
		if err != nil || len(days[1]) != 31 || days[1][30].Views != 3 || days[1][29].Views != 0 {
			t.Errorf("days of the channel: %v %v", days, err)
		}
		for _, bad := range []view.Span{{From: start}, {To: start}, {From: start, To: start.Add(-1)}, {From: start.AddDate(-11, 0, 0), To: start}} {
			if _, err := n.stats.Series(t.Context(), nil, ref, view.MetricViewers, bad); !errs.Is(err, errs.Invalid) {
				t.Errorf("span %v: %v", bad, err)
			}
		}
	})
}

func TestOldViewsAreCleaned(t *testing.T) {
	eachViewNode(t, func(t *testing.T, db *sqldb.DB, n *viewNode) {
		n.watch(t, 3, "one", 20)
		n.watch(t, 4, "one", 20)
		n.counters(t)
		if _, err := db.Exec(t.Context(), `UPDATE videos SET remote = TRUE WHERE id = 4`); err != nil {
			t.Fatal(err)
		}
		n.clock.add(40 * 24 * time.Hour)
		n.counters(t)
		if err := n.keeper.Clean(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"video_sessions", "video_views"} {
			ids, err := sqldb.All(t.Context(), db, sqldb.Value[video.ID], `SELECT video_id FROM `+table)
			if diff := cmp.Diff([]video.ID{3}, ids); err != nil || diff != "" {
				t.Errorf("%s: %v %s", table, err, diff)
			}
		}
	})
}
