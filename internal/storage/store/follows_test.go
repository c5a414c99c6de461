package store

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

// In filled databases person i has account i, actor 2i-1, and the channel i
// with actor 2i.
func personActor(i int) actor.ID  { return actor.ID(2*i - 1) }
func channelActor(i int) actor.ID { return actor.ID(2 * i) }

func newFollow(from, to actor.ID, at time.Time) *follow.Follow {
	return &follow.Follow{
		URL: fmt.Sprintf("https://bench.example/follows/%d-%d", from, to), State: follow.Accepted, Score: follow.BaseScore,
		FollowerID: from, FollowingID: to, CreatedAt: at, UpdatedAt: at,
	}
}

func mustFollow(t testing.TB, s Follows, from, to actor.ID) *follow.Follow {
	t.Helper()
	f := newFollow(from, to, sqldb.Now())
	if created, err := s.Create(t.Context(), f); err != nil || !created {
		t.Fatalf("follow %d of %d: %v %v", from, to, created, err)
	}
	return f
}

func counts(t testing.TB, db *sqldb.DB, id actor.ID) [2]int {
	t.Helper()
	n, err := sqldb.One(t.Context(), db, func(r sqldb.Row) (n [2]int, err error) { return n, r.Scan(&n[0], &n[1]) },
		`SELECT followers_count, following_count FROM actors WHERE id = $1`, id)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSubscriptionsAreFoundInAnyCase(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if err := filltest.Fill(t.Context(), db, 1000); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(t.Context(), `UPDATE video_channels SET name = 'Élan VITAL' WHERE actor_id = $1`, channelActor(1)); err != nil {
			t.Fatal(err)
		}
		s := Follows{DB: db, Videos: &Videos{DB: db}}
		mustFollow(t, s, personActor(3), channelActor(1))
		for search, want := range map[string]int{"élan": 1, "ÉLAN vital": 1, "vital": 1, "elan": 0, "é_an": 0} {
			p := follow.SubscriptionList{Follower: personActor(3), Search: search, Count: 10}
			if _, n, err := s.Channels(t.Context(), p); err != nil || n != want {
				t.Errorf("channels, %q: got %d, %v, want %d", search, n, err, want)
			}
			if _, n, err := s.Followed(t.Context(), p); err != nil || n != want {
				t.Errorf("followed, %q: got %d, %v, want %d", search, n, err, want)
			}
		}
	})
}

func TestFollowsAreCounted(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if err := filltest.Fill(t.Context(), db, 1000); err != nil {
			t.Fatal(err)
		}
		s := Follows{DB: db}
		mustFollow(t, s, personActor(1), channelActor(2))
		f := mustFollow(t, s, personActor(3), channelActor(2))
		if created, err := s.Create(t.Context(), newFollow(personActor(3), channelActor(2), sqldb.Now())); err != nil || created {
			t.Errorf("following twice: got %v %v, want that nothing is new", created, err)
		}
		pending := newFollow(personActor(4), channelActor(2), sqldb.Now())
		pending.State = follow.Pending
		if _, err := s.Create(t.Context(), pending); err != nil {
			t.Fatal(err)
		}
		if got := counts(t, db, channelActor(2)); got != [2]int{2, 0} {
			t.Errorf("the channel's counts: got %v, want 2 followers, a pending one not", got)
		}
		if _, err := db.Exec(t.Context(), `UPDATE actor_follows SET state = 'accepted' WHERE id = $1`, pending.ID); err != nil {
			t.Fatal(err)
		}
		if got := counts(t, db, channelActor(2)); got[0] != 3 {
			t.Errorf("after accepting: got %v", got)
		}
		if err := s.Delete(t.Context(), f.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.Delete(t.Context(), f.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("deleting twice: got %v, want NotFound", err)
		}
		if got := counts(t, db, personActor(3)); got != [2]int{0, 0} {
			t.Errorf("after leaving: got %v", got)
		}
		if err := (Actors{DB: db}).DeleteOfUser(t.Context(), 1); err != nil { // its follows go with it
			t.Fatal(err)
		}
		if got := counts(t, db, channelActor(2)); got[0] != 1 {
			t.Errorf("after a follower was deleted: got %v, want 1", got)
		}
		if list, total, err := s.Followers(t.Context(), follow.FollowerList{Of: []actor.ID{channelActor(2)}, Count: 10}); err != nil || total != 1 ||
			len(list) != 1 || list[0].FollowerName != "Person 4" || list[0].FollowingName != "Channel 2" || len(list[0].Follower.Avatars) != 4 {
			t.Errorf("followers: got %+v %d %v", list, total, err)
		}
	})
}

func TestListedVideosAreCounted(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if err := filltest.Fill(t.Context(), db, 600); err != nil {
			t.Fatal(err)
		}
		check := func(when string) {
			t.Helper()
			wrong, err := sqldb.One(t.Context(), db, sqldb.Value[int], `SELECT count(*) FROM video_channels c WHERE
				listed_count <> (SELECT count(*) FROM videos v WHERE v.channel_id = c.id AND v.privacy IN (1, 4) AND v.state = 1)
				OR listed_nsfw <> (SELECT count(*) FROM videos v WHERE v.channel_id = c.id AND v.privacy IN (1, 4) AND v.state = 1 AND v.nsfw = TRUE)`)
			if err != nil || wrong != 0 {
				t.Errorf("%s: %d channels are wrong, %v", when, wrong, err)
			}
		}
		check("filled")
		for _, text := range []string{
			`UPDATE videos SET privacy = 3 WHERE id % 7 = 0`,
			`UPDATE videos SET privacy = 4, nsfw = TRUE WHERE id % 5 = 0`,
			`UPDATE videos SET channel_id = 1 WHERE id % 11 = 0`,
			`UPDATE videos SET state = 2 WHERE id % 13 = 0`,
			`DELETE FROM videos WHERE id % 3 = 0`,
			`DELETE FROM video_channels WHERE id = 2`,
		} {
			if _, err := db.Exec(t.Context(), text); err != nil {
				t.Fatal(err)
			}
			check(text)
		}
	})
}

// feedOf asks as the service does for somebody who is logged in.
func feedOf(account actor.AccountID, count int) video.ListParams {
	hidden := false
	p := video.ListParams{Count: count, Sort: "-publishedAt"}
	p.SubscribedBy, p.MutedBy, p.HideMuted, p.NSFW = account, account, true, &hidden
	p.Privacies, p.States = []video.Privacy{video.Public, video.InternalOnly}, []video.State{video.Published}
	return p
}

// The feed is the same by each way, and the same as the plainest query.
func TestFeed(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if err := filltest.Fill(t.Context(), db, 3000); err != nil {
			t.Fatal(err)
		}
		s := &Videos{DB: db}
		follows := Follows{DB: db, Videos: s}
		mustFollow(t, follows, personActor(1), channelActor(3))
		mustFollow(t, follows, personActor(1), personActor(5)) // by its account
		for i := 2; i <= 15; i++ {
			mustFollow(t, follows, personActor(2), channelActor(i))
		}
		if _, err := db.Exec(t.Context(), `INSERT INTO account_blocks (account_id, target_account_id, created_at) VALUES (2, 4, $1), (NULL, 6, $1)`, sqldb.Now()); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			account  actor.AccountID
			channels string
		}{{1, "3, 5"}, {2, "2, 3, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15"}} {
			for _, sort := range []video.Sort{"-publishedAt", "createdAt", "-views", "name"} {
				for _, start := range []int{0, 30, 500} {
					for _, many := range []bool{false, true} {
						p := feedOf(tt.account, 20)
						p.Sort, p.Start = sort, start
						manyFeeds(s, many)
						checkFeed(t, s, p, tt.channels)
						p.NSFW = nil
						manyFeeds(s, many)
						checkFeed(t, s, p, tt.channels)
					}
				}
			}
			p := feedOf(tt.account, 20)
			p.Languages = []string{"fr"}
			checkFeed(t, s, p, tt.channels)
		}
		if list, total, err := s.List(t.Context(), feedOf(9, 20)); err != nil || len(list) != 0 || total != 0 {
			t.Errorf("of nothing: got %d %d %v", len(list), total, err)
		}
	})
}

func checkFeed(t *testing.T, s *Videos, p video.ListParams, channels string) {
	t.Helper()
	got, total, err := s.List(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	plain := p
	plain.SubscribedBy, plain.HideMuted = 0, false
	q := videoQuery(plain).Where(`v.channel_id IN (` + channels + `)`)
	text, args := q.Count()
	want, err := sqldb.One(t.Context(), s.DB, sqldb.Value[int], text, args...)
	if err != nil || total != want {
		t.Errorf("%s by %s: total got %d, want %d, %v", channels, p.Sort, total, want, err)
	}
	text, args = pageOf(q, plain)
	list, err := sqldb.All(t.Context(), s.DB, scanVideo, text, args...)
	if err != nil {
		t.Fatal(err)
	}
	if ids(got) != ids(list) {
		t.Errorf("%s by %s from %d:\n got %s\nwant %s", channels, p.Sort, p.Start, ids(got), ids(list))
	}
}

func ids(list []*video.Video) string {
	var b strings.Builder
	for _, v := range list {
		fmt.Fprintf(&b, "%d ", v.ID)
	}
	return b.String()
}

func TestFollowPlans(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		fillFollows(t, db, 3000)
		s := &Videos{DB: db}
		for _, tt := range []struct {
			account actor.AccountID
			index   string
		}{{1, "videos_channel_published"}, {2, "videos_listed_published"}} {
			set, err := s.feedSet(t.Context(), tt.account)
			if err != nil {
				t.Fatal(err)
			}
			text, args, err := s.feedPage(t.Context(), set, feedOf(tt.account, 15))
			if err != nil {
				t.Fatal(err)
			}
			noScan(t, db, fmt.Sprintf("feed of %d of %d videos", set.listed, set.site), tt.index, []string{"videos", "v"}, text, args)
		}
		noScan(t, db, "the newest", "videos_listed_published", []string{"videos", "v"}, newestText+`15`, nil)
		if db.Dialect == sqldb.SQLite { // PostgreSQL decides by what VACUUM has seen
			if got := plan(t, db, newestText+`15`, nil); !strings.Contains(got, "USING COVERING INDEX") {
				t.Errorf("the newest are chosen by their rows:\n%s", got)
			}
		}
		text, args, err := followersPage(follow.FollowerList{Of: []actor.ID{channelActor(3), personActor(3)}, Count: 15})
		if err != nil {
			t.Fatal(err)
		}
		tables := []string{"f", "actor_follows", "c", "video_channels", "a", "accounts", "x", "actors"}
		noScan(t, db, "followers", "actor_follows_followers", tables, text, args)
		noScan(t, db, "what is followed", "actor_follows_following", tables, feedChannels, []any{1})
		noScan(t, db, "what is followed without mutes", "actor_follows_following", tables, feedChannelsPlain, []any{1})
	})
}

// indexPlan is plan, for tables too small for PostgreSQL to care for their
// indexes: it may read a table from end to end only where nothing else would
// do.
func indexPlan(t *testing.T, db *sqldb.DB, text string, args []any) (lines string) {
	t.Helper()
	if db.Dialect == sqldb.SQLite {
		return plan(t, db, text, args)
	}
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		for _, off := range []string{"enable_seqscan", "enable_bitmapscan"} {
			if _, err := db.Exec(ctx, `SET LOCAL `+off+` = off`); err != nil {
				return err
			}
		}
		list, err := sqldb.All(ctx, db, sqldb.Value[string], `EXPLAIN `+text, args...)
		lines = strings.Join(list, "\n")
		return err
	})
	if err != nil {
		t.Fatalf("explain %s: %v", text, err)
	}
	return lines
}

// noScan fails when a query reads one of some tables from end to end, or does
// not use an index.
func noScan(t *testing.T, db *sqldb.DB, name, index string, tables []string, text string, args []any) {
	t.Helper()
	got := indexPlan(t, db, text, args)
	for line := range strings.Lines(got) {
		line = strings.TrimSpace(line) + " "
		for _, table := range tables {
			if strings.Contains(line, "Seq Scan on "+table+" ") || strings.HasPrefix(line, "SCAN "+table+" ") && !strings.Contains(line, "INDEX") {
				t.Errorf("%s: %s in\n%s", name, line, got)
			}
		}
	}
	if !strings.Contains(got, index) {
		t.Errorf("%s: does not use %s:\n%s", name, index, got)
	}
}

// fillFollows fills a database in which person 1 follows one channel and
// person 2 most.
func fillFollows(t testing.TB, db *sqldb.DB, videos int) {
	t.Helper()
	if err := filltest.Fill(t.Context(), db, videos); err != nil {
		t.Fatal(err)
	}
	s, channels := Follows{DB: db}, videos/200
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		at := sqldb.Now()
		if _, err := s.Create(ctx, newFollow(personActor(1), channelActor(3), at)); err != nil {
			return err
		}
		for i := 1; i <= min(channels, 300); i++ {
			if _, err := s.Create(ctx, newFollow(personActor(2), channelActor(i), at.Add(time.Duration(i)*time.Second))); err != nil {
				return err
			}
		}
		for i := 3; i <= channels; i++ { // others, that plans see more than one
			for j := 1; j <= 10; j++ {
				if _, err := s.Create(ctx, newFollow(personActor(i), channelActor((i*7+j*13)%channels+1), at)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if db.Dialect != sqldb.Postgres {
		return
	}
	if _, err := db.Exec(t.Context(), `ANALYZE`); err != nil { // what autovacuum does in its own time
		t.Fatal(err)
	}
}

// BenchmarkFeed is the feed of people who follow one channel, a tenth and
// more than half of a site of 100,000 videos.
func BenchmarkFeed(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *sqldb.DB{"sqlite": sqldbtest.SQLite, "postgres": sqldbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			db := open(b)
			fillFollows(b, db, benchVideos)
			follows := Follows{DB: db}
			for i := 1; i <= 50; i++ {
				if _, err := follows.Create(b.Context(), newFollow(personActor(400), channelActor(i*9), sqldb.Now())); err != nil {
					b.Fatal(err)
				}
			}
			s := &Videos{DB: db}
			for _, who := range []struct {
				name    string
				account actor.AccountID
			}{{"one", 1}, {"fifty", 400}, {"hundreds", 2}} {
				for _, cold := range []bool{false, true} {
					b.Run(fmt.Sprintf("%s/cold=%v", who.name, cold), func(b *testing.B) {
						defer reportCPU(b)()
						for b.Loop() {
							s.pages.forget()
							if cold {
								s.feeds.forget()
							}
							if list, total, err := s.List(b.Context(), feedOf(who.account, 15)); err != nil || len(list) != 15 || total < 100 {
								b.Fatal(len(list), total, err)
							}
						}
					})
				}
			}
		})
	}
}
