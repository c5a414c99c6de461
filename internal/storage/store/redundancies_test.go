package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/redundancy"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

// mirroring is a site of others, with what it mirrors.
type mirroring struct {
	*testing.T
	db *sqldb.DB
	s  store.Redundancies
	vs *store.Videos
}

// site makes another site and returns its actor.
func (m mirroring) site(host string) actor.ID {
	m.Helper()
	id, err := sqldb.Returning(m.Context(), m.db, sqldb.Value[int64], `INSERT INTO servers (host, created_at, updated_at) VALUES ($1, $2, $2) RETURNING id`, host, sqldb.Now())
	if err != nil {
		m.Fatal(err)
	}
	at := "https://" + host + "/accounts/peertube"
	a, err := sqldb.Returning(m.Context(), m.db, sqldb.Value[actor.ID], `
		INSERT INTO actors (type, preferred_username, url, inbox_url, server_id, created_at, updated_at)
		VALUES ('Application', 'peertube', $1, $2, $3, $4, $4) RETURNING id`, at, at+"/inbox", id, sqldb.Now())
	if err != nil {
		m.Fatal(err)
	}
	return a
}

func (m mirroring) put(by actor.ID, host string, v video.ID, change func(*redundancy.Mirror)) error {
	m.Helper()
	it := &redundancy.Mirror{
		URL: fmt.Sprintf("https://%s/redundancy/streaming-playlists/hls/%d", host, v), VideoID: v, ActorID: by,
		BaseURL:   fmt.Sprintf("https://%s/static/redundancy/hls/%d/", host, v),
		CreatedAt: sqldb.Now(), UpdatedAt: sqldb.Now(),
	}
	if change != nil {
		change(it)
	}
	return m.s.Put(m.Context(), it)
}

// wants checks the mirrors that the details of a video name.
func (m mirroring) wants(when string, v video.ID, want ...string) {
	m.Helper()
	vs := m.vs
	if m.db.Dialect == sqldb.Postgres { // where details may be a second old
		vs = &store.Videos{DB: m.db}
	}
	d, err := vs.Details(m.Context(), video.ByID(v))
	if err != nil {
		m.Fatal(err)
	}
	if !slices.Equal(d.Playlist.Mirrors, want) {
		m.Errorf("%s: the mirrors of video %d are %q, want %q", when, v, d.Playlist.Mirrors, want)
	}
}

func TestMirrorsStandBesideThePlaylist(t *testing.T) {
	eachVideos(t, 20, func(t *testing.T, db *sqldb.DB, vs *store.Videos) {
		// Until it is known that nobody else writes, details may be a second old.
		for end := time.Now().Add(10 * time.Second); db.Dialect == sqldb.SQLite && !db.Alone(); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("waited 10 s for being alone")
			}
		}
		m := mirroring{t, db, store.Redundancies{DB: db}, vs}
		a, b := m.site("a.test"), m.site("b.test")
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		m.wants("at first", 1)
		must(m.put(a, "a.test", 1, nil))
		must(m.put(b, "b.test", 1, nil))
		must(m.put(b, "b.test", 2, nil))
		m.wants("with two", 1, "https://a.test/static/redundancy/hls/1/", "https://b.test/static/redundancy/hls/1/")
		m.wants("with one", 2, "https://b.test/static/redundancy/hls/2/")

		must(m.put(a, "a.test", 1, func(r *redundancy.Mirror) { r.BaseURL = "https://cdn.a.test/1/" }))
		m.wants("moved", 1, "https://cdn.a.test/1/", "https://b.test/static/redundancy/hls/1/")
		for what, err := range map[string]error{
			"somebody else's": m.put(b, "a.test", 1, nil),
			"another video's": m.put(a, "a.test", 3, func(r *redundancy.Mirror) { r.URL = strings.Replace(r.URL, "/3", "/1", 1) }),
		} {
			if !errs.Is(err, errs.Forbidden) {
				t.Errorf("%s: %v", what, err)
			}
		}
		m.wants("after what may not be", 1, "https://cdn.a.test/1/", "https://b.test/static/redundancy/hls/1/")
		if err := m.put(a, "a.test", 99, nil); !errs.Is(err, errs.NotFound) {
			t.Errorf("of no video: %v", err)
		}

		// The playlist is made anew, as when a video is encoded again.
		_, err := db.Exec(t.Context(), `DELETE FROM streaming_playlists WHERE video_id = 2`)
		must(err)
		_, err = db.Exec(t.Context(), `INSERT INTO streaming_playlists (video_id, type, created_at, updated_at) VALUES (2, 1, $1, $1)`, sqldb.Now())
		must(err)
		m.wants("with a new playlist", 2, "https://b.test/static/redundancy/hls/2/")

		of, err := m.s.ByURL(t.Context(), "https://a.test/redundancy/streaming-playlists/hls/1")
		must(err)
		if of.Host != "a.test" || of.ActorID != a || of.VideoID != 1 || !of.ExpiresAt.IsZero() {
			t.Errorf("found %+v", of)
		}
		if same, err := m.s.ByID(t.Context(), of.ID); err != nil || *same != *of {
			t.Errorf("by its number: %+v, %v; want %+v", same, err, of)
		}
		must(m.s.Delete(t.Context(), of.ID))
		if err := m.s.Delete(t.Context(), of.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("deleted twice: %v", err)
		}
		if _, err := m.s.ByID(t.Context(), of.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("by the number of none: %v", err)
		}
		m.wants("without one", 1, "https://b.test/static/redundancy/hls/1/")
		_, err = db.Exec(t.Context(), `DELETE FROM actors WHERE id = $1`, b)
		must(err)
		m.wants("when its site is gone", 1)
		m.wants("when its site is gone", 2)
	})
}

func TestMirrorsAreFew(t *testing.T) {
	eachVideos(t, 1, func(t *testing.T, db *sqldb.DB, vs *store.Videos) {
		m := mirroring{t, db, store.Redundancies{DB: db}, vs}
		a := m.site("a.test")
		for i := range redundancy.MaxPerVideo + 1 {
			err := m.put(a, "a.test", 1, func(r *redundancy.Mirror) { r.URL += fmt.Sprint("/", i) })
			if over := i == redundancy.MaxPerVideo; over != errs.Is(err, errs.Conflict) || !over && err != nil {
				t.Fatalf("mirror %d: %v", i, err)
			}
		}
		if err := m.put(a, "a.test", 1, func(r *redundancy.Mirror) { r.URL += "/3" }); err != nil {
			t.Errorf("one that is there cannot change: %v", err)
		}
	})
}

func TestMirrorsAreSwept(t *testing.T) {
	eachVideos(t, 20, func(t *testing.T, db *sqldb.DB, vs *store.Videos) {
		m := mirroring{t, db, store.Redundancies{DB: db}, vs}
		now := sqldb.Now()
		followed, stranger, blocked := m.site("followed.test"), m.site("stranger.test"), m.site("blocked.test")
		expires := func(at time.Time) func(*redundancy.Mirror) {
			return func(r *redundancy.Mirror) { r.ExpiresAt = at; r.URL += "?" }
		}
		for _, err := range []error{
			m.put(followed, "followed.test", 1, nil), m.put(followed, "followed.test", 2, expires(now.Add(-time.Minute))),
			m.put(followed, "followed.test", 3, expires(now.Add(time.Minute))), m.put(stranger, "stranger.test", 1, nil), m.put(blocked, "blocked.test", 1, nil),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, q := range []struct {
			text string
			args []any
		}{
			{`INSERT INTO server_blocks (account_id, target_server_id, created_at) SELECT NULL, server_id, $2 FROM actors WHERE id = $1`, []any{blocked, now}},
			{`INSERT INTO actors (type, preferred_username, url, inbox_url, created_at, updated_at)
				VALUES ('Application', 'peertube', 'https://here.test/accounts/peertube', '', $1, $1)`, []any{now}},
			{`INSERT INTO actor_follows (actor_id, target_actor_id, state, url, created_at, updated_at)
				SELECT id, $1, 'accepted', 'https://here.test/follow', $2, $2 FROM actors WHERE preferred_username = 'peertube' AND server_id IS NULL`, []any{followed, now}},
		} {
			if n, err := db.Exec(t.Context(), q.text, q.args...); err != nil || n != 1 {
				t.Fatal(n, err)
			}
		}
		for _, tt := range []struct {
			accept string
			gone   int64
			left   string
		}{
			{redundancy.Anybody, 2, "video 1: followed.test stranger.test, video 3: followed.test"},
			{redundancy.Anybody, 0, "video 1: followed.test stranger.test, video 3: followed.test"},
			{redundancy.Followings, 1, "video 1: followed.test, video 3: followed.test"},
			{redundancy.Nobody, 2, ""},
		} {
			gone, err := m.s.Sweep(t.Context(), tt.accept, now)
			if err != nil || gone != tt.gone {
				t.Errorf("%s: %d went, %v; want %d", tt.accept, gone, err, tt.gone)
			}
			list, total, err := m.s.List(t.Context(), redundancy.Query{Count: 10})
			var left []string
			for _, v := range list {
				hosts := make([]string, len(v.Mirrors))
				for i, r := range v.Mirrors {
					hosts[i] = r.Host
				}
				left = append(left, fmt.Sprintf("video %d: %s", v.ID, strings.Join(hosts, " ")))
			}
			slices.Sort(left)
			if got := strings.Join(left, ", "); err != nil || got != tt.left || total != len(list) {
				t.Errorf("%s: left is %q of %d, %v; want %q", tt.accept, got, total, err, tt.left)
			}
		}
		m.wants("in the end", 1)
	})
}

func TestMirroredVideosArePaged(t *testing.T) {
	eachVideos(t, 30, func(t *testing.T, db *sqldb.DB, vs *store.Videos) {
		m := mirroring{t, db, store.Redundancies{DB: db}, vs}
		a := m.site("a.test")
		for id := range video.ID(25) {
			if err := m.put(a, "a.test", id+1, nil); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := db.Exec(t.Context(), `UPDATE videos SET remote = TRUE WHERE id IN (3, 4)`); err != nil {
			t.Fatal(err)
		}
		var names []string
		for start := 0; start < 23; start += 10 {
			list, total, err := m.s.List(t.Context(), redundancy.Query{Start: start, Count: 10})
			if err != nil || total != 23 {
				t.Fatalf("%d in all, %v", total, err)
			}
			for _, v := range list {
				if v.Size == 0 || v.UUID == "" || len(v.Mirrors) != 1 {
					t.Errorf("%+v", v)
				}
				names = append(names, v.Name)
			}
		}
		if len(names) != 23 || !slices.IsSorted(names) {
			t.Errorf("names: %q", names)
		}
		// What others hold of each other's is nobody's business here.
		if list, total, err := m.s.List(t.Context(), redundancy.Query{Remote: true, Count: 10}); err != nil || total != 0 || len(list) != 0 {
			t.Errorf("of others, held by others: %d of %d, %v", len(list), total, err)
		}
		if _, err := db.Exec(t.Context(), `UPDATE video_redundancies SET strategy = 'manual' WHERE video_id IN (3, 4)`); err != nil {
			t.Fatal(err)
		}
		list, total, err := m.s.List(t.Context(), redundancy.Query{Remote: true, Descending: true, Count: 10})
		if err != nil || total != 2 || len(list) != 2 || list[0].Name < list[1].Name {
			t.Errorf("of others: %d of %d, %v", len(list), total, err)
		}
	})
}
