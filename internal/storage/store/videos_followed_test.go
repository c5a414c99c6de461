package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

// What comes from nobody whom the site follows is known by itself, whatever
// happens to follows, shares, channels and videos.
func TestUnfollowedVideosAreKnown(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if err := filltest.Fill(t.Context(), db, 50); err != nil {
			t.Fatal(err)
		}
		follow, share := farWorld(t, db)
		for _, step := range []struct {
			text string
			args []any
			want []video.ID
		}{
			{`UPDATE videos SET remote = TRUE, channel_id = 900 WHERE id IN (3, 4)`, nil, []video.ID{3, 4}},
			{`INSERT INTO actor_follows (actor_id, target_actor_id, state, url, created_at, updated_at) VALUES (1, 9002, 'accepted', 'theirs', ` + now + `, ` + now + `)`, nil, []video.ID{3, 4}},
			{share, []any{3}, []video.ID{3, 4}},
			{follow, []any{9003}, []video.ID{4}},
			{`DELETE FROM video_shares WHERE url = 'share'`, nil, []video.ID{3, 4}},
			{share, []any{4}, []video.ID{3}},
			{`UPDATE actor_follows SET state = 'rejected' WHERE url = 'follow'`, nil, []video.ID{3, 4}},
			{`UPDATE actor_follows SET state = 'accepted' WHERE url = 'follow'`, nil, []video.ID{3}},
			{`DELETE FROM actor_follows WHERE url = 'follow'`, nil, []video.ID{3, 4}},
			{follow, []any{9002}, nil},
			{`UPDATE videos SET channel_id = 901 WHERE id = 3`, nil, []video.ID{3}},
			{`DELETE FROM actor_follows WHERE url = 'follow'`, nil, []video.ID{3, 4}},
			{follow, []any{9001}, nil},
			{`UPDATE actor_follows SET state = 'pending' WHERE url = 'follow'`, nil, []video.ID{3, 4}},
			{`DELETE FROM videos WHERE id = 4`, nil, []video.ID{3}},
			{`UPDATE videos SET remote = FALSE, channel_id = 1 WHERE id = 3`, nil, nil},
			{`UPDATE videos SET remote = TRUE, channel_id = 901 WHERE id = 5`, nil, []video.ID{5}},
			{`UPDATE actor_follows SET state = 'accepted' WHERE url = 'follow'`, nil, nil},
			{`DELETE FROM actors WHERE id = 9004`, nil, nil},
		} {
			run(t, db, step.text, step.args...)
			got, err := sqldb.All(t.Context(), db, sqldb.Value[video.ID], `SELECT video_id FROM videos_unfollowed ORDER BY 1`)
			if err != nil || !slices.Equal(got, step.want) {
				t.Fatalf("after %s: %v, %v; want %v", step.text, got, err, step.want)
			}
			should, err := sqldb.All(t.Context(), db, sqldb.Value[video.ID], `SELECT video_id FROM unfollowed_videos ORDER BY 1`)
			if err != nil || !slices.Equal(got, should) {
				t.Fatalf("after %s: kept are %v, there are %v, %v", step.text, got, should, err)
			}
		}
	})
}

const now = `'2026-01-01 00:00:00'`

// farWorld makes account 900 with channels 900 and 901 of another site (actors
// 9001, 9002 and 9004), whose actor is 9003. It returns what makes this site
// follow an actor, and what shares a video in the name of 9003.
func farWorld(t *testing.T, db *sqldb.DB) (follow, share string) {
	t.Helper()
	actors := []string{"9001, 'Person', 'far', 90", "9002, 'Group', 'films', 90", "9003, 'Application', 'peertube', 90", "9004, 'Group', 'other', 90"}
	if _, err := db.Exec(t.Context(), `INSERT INTO actors (id, type, preferred_username, url, inbox_url, created_at, updated_at)
		SELECT 9000, 'Application', 'peertube', 'me', '', `+now+`, `+now+` WHERE NOT EXISTS (SELECT 1 FROM actors WHERE preferred_username = 'peertube' AND server_id IS NULL)`); err != nil {
		t.Fatal(err)
	}
	run(t, db, `INSERT INTO servers (id, host, created_at, updated_at) VALUES (90, 'far.example', `+now+`, `+now+`)`)
	for i, a := range actors {
		run(t, db, fmt.Sprintf(`INSERT INTO actors (id, type, preferred_username, server_id, url, inbox_url, created_at, updated_at) VALUES (%s, 'far%d', '', %s, %s)`, a, i, now, now))
	}
	run(t, db, `INSERT INTO accounts (id, actor_id, name, description, created_at, updated_at) VALUES (900, 9001, 'Far', '', `+now+`, `+now+`)`)
	for id, a := range map[int]int{900: 9002, 901: 9004} {
		run(t, db, `INSERT INTO video_channels (id, actor_id, account_id, name, description, support, created_at, updated_at) VALUES ($1, $2, 900, 'Films', '', '', `+now+`, `+now+`)`, id, a)
	}
	me, err := sqldb.One(t.Context(), db, sqldb.Value[int], `SELECT id FROM actors WHERE preferred_username = 'peertube' AND server_id IS NULL`)
	if err != nil {
		t.Fatal(err)
	}
	follow = fmt.Sprintf(`INSERT INTO actor_follows (actor_id, target_actor_id, state, url, created_at, updated_at) VALUES (%d, $1, 'accepted', 'follow', %s, %s)`, me, now, now)
	share = `INSERT INTO video_shares (actor_id, video_id, url, created_at) VALUES (9003, $1, 'share', ` + now + `)`
	return follow, share
}

// Of who shares very much the newest is decided about with the follow, the rest
// by a task, which may be cut off and sees what became of the follow meanwhile.
func TestManySharesAreSortedLater(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if err := filltest.Fill(t.Context(), db, 2200); err != nil {
			t.Fatal(err)
		}
		follow, _ := farWorld(t, db)
		run(t, db, `UPDATE videos SET remote = TRUE, channel_id = 900`)
		run(t, db, `INSERT INTO video_shares (actor_id, video_id, url, created_at) SELECT 9003, id, 'share' || id, `+now+` FROM videos WHERE id <= 2100 ORDER BY id`)
		hidden := func(want int, of string) {
			t.Helper()
			n, err := sqldb.One(t.Context(), db, sqldb.Value[int], `SELECT count(*) FROM videos_unfollowed`)
			if err != nil || n != want {
				t.Fatalf("%s: %d are hidden, %v; want %d", of, n, err, want)
			}
		}
		known := RemoteVideos{DB: db}
		sort := func() {
			t.Helper()
			if err := known.SortFollowed(t.Context()); err != nil {
				t.Fatal(err)
			}
			left, err := sqldb.One(t.Context(), db, sqldb.Value[int], `SELECT count(*) FROM follows_unsorted`)
			if err != nil || left != 0 {
				t.Fatalf("%d are left for later, %v", left, err)
			}
		}
		const end = `DELETE FROM actor_follows WHERE url = 'follow'`
		hidden(2200, "nothing is followed")
		run(t, db, follow, 9003)
		hidden(1200, "the newest thousand is seen at once")
		sort()
		hidden(100, "all shared is seen")
		run(t, db, end)
		hidden(1100, "the newest thousand is hidden at once")
		run(t, db, `UPDATE follows_unsorted SET share_id = share_id - 300`) // a part, and then the site is followed anew
		hidden(1400, "a part is hidden")
		run(t, db, follow, 9003)
		sort()
		hidden(100, "all shared is seen again")
		run(t, db, end)
		run(t, db, `DELETE FROM video_shares WHERE id IN (SELECT id FROM video_shares ORDER BY id LIMIT 700)`)
		sort()
		hidden(2200, "nothing is followed again")
		run(t, db, follow, 9003)
		run(t, db, `DELETE FROM actors WHERE id = 9003`)
		sort()
		hidden(2200, "who shared is gone")
	})
}

// A follow and what it is about may come at once: neither sees the other, and
// the second has to wait.
func TestFollowsAndSharesAtOnce(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Postgres(t)
	if err := filltest.Fill(t.Context(), db, 20); err != nil {
		t.Fatal(err)
	}
	follow, share := farWorld(t, db)
	run(t, db, `UPDATE videos SET remote = TRUE, channel_id = 900 WHERE id = 3`)
	for _, order := range [][2]string{{"share", "follow"}, {"follow", "share"}} {
		do := map[string]func(context.Context) error{
			"share":  func(ctx context.Context) error { _, err := db.Exec(ctx, share, 3); return err },
			"follow": func(ctx context.Context) error { _, err := db.Exec(ctx, follow, 9003); return err },
		}
		second := make(chan error, 1)
		if err := db.InTx(t.Context(), func(ctx context.Context) error {
			if err := do[order[0]](ctx); err != nil {
				return err
			}
			go func() { second <- do[order[1]](t.Context()) }()
			for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) { //nolint:forbidigo // another connection waits or has done it
				waits, err := sqldb.One(ctx, db, sqldb.Value[bool], `SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
					AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`)
				if err != nil || waits || len(second) > 0 || time.Now().After(end) {
					return err
				}
			}
		}); err != nil {
			t.Fatal(err)
		}
		if err := <-second; err != nil {
			t.Fatal(err)
		}
		n, err := sqldb.One(t.Context(), db, sqldb.Value[int], `SELECT count(*) FROM videos_unfollowed`)
		if err != nil || n != 0 {
			t.Errorf("%s first: %d videos are taken for unfollowed, %v", order[0], n, err)
		}
		run(t, db, `DELETE FROM video_shares`)
		run(t, db, `DELETE FROM actor_follows WHERE url = 'follow'`)
	}
}

func TestListsLeaveOutUnfollowedVideos(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if err := filltest.Fill(t.Context(), db, 3000); err != nil {
			t.Fatal(err)
		}
		listed := func(p video.ListParams) (ids []video.ID, total int) {
			t.Helper()
			p.Privacies, p.States, p.Sort = []video.Privacy{video.Public}, []video.State{video.Published}, "-publishedAt"
			list, total, err := (&Videos{DB: db}).List(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range list {
				ids = append(ids, v.ID)
			}
			return ids, total
		}
		all, before := listed(video.ListParams{Count: 4})
		run(t, db, `INSERT INTO videos_unfollowed (video_id) VALUES ($1), ($2)`, all[0], all[2])
		got, total := listed(video.ListParams{Filter: video.Filter{OnlyFollowed: true}, Count: 2})
		if want := []video.ID{all[1], all[3]}; !slices.Equal(got, want) || total != before-2 {
			t.Errorf("%v of %d, want %v of %d", got, total, want, before-2)
		}
		if got, total := listed(video.ListParams{Count: 4}); !slices.Equal(got, all) || total != before {
			t.Errorf("who may watch anywhere: %v of %d, want %v of %d", got, total, all, before)
		}
		run(t, db, `INSERT INTO videos_unfollowed (video_id) SELECT id FROM videos WHERE id % 3 = 0 ON CONFLICT DO NOTHING`)
		run(t, db, `ANALYZE`)
		q, err := (&Videos{DB: db}).query(t.Context(), video.ListParams{
			Filter: video.Filter{OnlyFollowed: true, Privacies: []video.Privacy{video.Public}, States: []video.State{video.Published}}, Sort: "-publishedAt",
		})
		if err != nil {
			t.Fatal(err)
		}
		text, args := pageOf(q, video.ListParams{Sort: "-publishedAt", Count: 15})
		if got := plan(t, db, text, args); !strings.Contains(got, "videos_listed_published") || strings.Contains(got, "TEMP B-TREE") || strings.Contains(got, "Sort") {
			t.Errorf("a page:\n%s", got)
		}
	})
}

func run(t *testing.T, db *sqldb.DB, text string, args ...any) {
	t.Helper()
	if _, err := db.Exec(t.Context(), text, args...); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}
