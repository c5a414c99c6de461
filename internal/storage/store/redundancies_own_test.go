package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/redundancy"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/media/hls"
	"sepiola/internal/storage/blob"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

// mirrorSite is a site that mirrors videos of far.example, whose first two
// films are by it; the third is of near.example.
type mirrorSite struct {
	mirroring
	k     *redundancy.Keeper
	admin *redundancy.Admin
	dir   string
	now   time.Time
	rules []redundancy.Rule
	// told is what the outbox heard, asked which files were fetched, wrong
	// what another site gives instead.
	told, asked []string
	wrong       func(url string, size int64) (int64, error)
	// list is what the other site says of the sums of its files, bad the names
	// of files of which it gives something else.
	list string
	bad  map[string]bool
	// during is called while a file is fetched.
	during func()
	queued []func(ctx context.Context) error
	// givenUp are the videos whose jobs failed.
	givenUp map[video.ID]bool
}

func (m *mirrorSite) note(what string) func(context.Context, *redundancy.Mirror, *video.Video) error {
	return func(_ context.Context, _ *redundancy.Mirror, v *video.Video) error {
		m.told = append(m.told, fmt.Sprintf("%s %d", what, v.ID))
		return nil
	}
}

// MirrorMade, MirrorKept and MirrorDropped implement redundancy.Events.
func (m *mirrorSite) MirrorMade(ctx context.Context, it *redundancy.Mirror, v *video.Video) error {
	return m.note("made")(ctx, it, v)
}

func (m *mirrorSite) MirrorKept(ctx context.Context, it *redundancy.Mirror, v *video.Video) error {
	return m.note("kept")(ctx, it, v)
}

func (m *mirrorSite) MirrorDropped(ctx context.Context, it *redundancy.Mirror, v *video.Video) error {
	return m.note("dropped")(ctx, it, v)
}

// Mirror and Leave implement redundancy.Queue.
func (m *mirrorSite) Mirror(_ context.Context, id video.ID, s redundancy.Strategy) error {
	m.queued = append(m.queued, func(ctx context.Context) error { return m.k.Mirror(ctx, id, s) })
	return nil
}

func (m *mirrorSite) Leave(_ context.Context, host string) error {
	m.queued = append(m.queued, func(ctx context.Context) error { return m.k.Leave(ctx, host) })
	return nil
}

// GivenUp implements redundancy.Queue.
func (m *mirrorSite) GivenUp(_ context.Context, since time.Time) (map[video.ID]bool, error) {
	if want := m.now.Add(-24 * time.Hour); !since.Equal(want) {
		m.Errorf("asked for what was given up since %v, want %v", since, want)
	}
	return m.givenUp, nil
}

// Instance implements redundancy.Instance.
func (*mirrorSite) Instance(context.Context) (*actor.Actor, error) { return &actor.Actor{ID: 1}, nil }

func (m *mirrorSite) download(_ context.Context, w io.Writer, url string, size int64) (int64, error) {
	m.asked = append(m.asked, path.Base(url))
	if m.during != nil {
		m.during()
	}
	if m.wrong != nil {
		var err error
		if size, err = m.wrong(url, size); err != nil {
			return 0, err
		}
	}
	switch {
	case !strings.HasSuffix(url, "-segments-sha256.json"):
	case m.list == "":
		return 0, errs.New(errs.NotFound, "the other site answered 404")
	case int64(len(m.list)) > size:
		return 0, errs.New(errs.TooLarge, "the answer is larger than %d bytes", size)
	default:
		n, err := io.WriteString(w, m.list)
		return int64(n), err
	}
	if m.bad[path.Base(url)] {
		return io.Copy(w, io.MultiReader(io.LimitReader(zeros{}, size-1), strings.NewReader("!")))
	}
	return io.Copy(w, io.LimitReader(zeros{}, size))
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// run does the jobs that wait and returns their errors.
func (m *mirrorSite) run() error {
	m.Helper()
	list := m.queued
	m.queued = nil
	var all error
	for _, do := range list {
		all = errors.Join(all, do(m.Context()))
	}
	return all
}

func (m *mirrorSite) must(err error) {
	m.Helper()
	if err != nil {
		m.Fatal(err)
	}
}

// says checks what the outbox was told since it was asked last.
func (m *mirrorSite) says(when string, want ...string) {
	m.Helper()
	slices.Sort(m.told)
	if !slices.Equal(m.told, want) {
		m.Errorf("%s: told %q, want %q", when, m.told, want)
	}
	m.told = nil
}

// here are the files that are there of a video.
func (m *mirrorSite) here(v video.ID) int {
	m.Helper()
	list, err := filepath.Glob(filepath.Join(m.dir, "redundancy", "hls", m.uuid(v), "*"))
	m.must(err)
	return len(list)
}

func (m *mirrorSite) uuid(v video.ID) string {
	m.Helper()
	uuid, err := sqldb.One(m.Context(), m.db, sqldb.Value[string], `SELECT uuid FROM videos WHERE id = $1`, v)
	m.must(err)
	return uuid
}

func (m *mirrorSite) exec(text string, args ...any) {
	m.Helper()
	_, err := m.db.Exec(m.Context(), text, args...)
	m.must(err)
}

// size is what a mirror of any video takes.
const mirroredSize = 4 * 1000

func eachMirrorSite(t *testing.T, test func(t *testing.T, m *mirrorSite)) {
	t.Helper()
	eachVideos(t, 300, func(t *testing.T, db *sqldb.DB, vs *store.Videos) {
		m := &mirrorSite{mirroring: mirroring{t, db, store.Redundancies{DB: db}, vs}, dir: t.TempDir(), now: sqldb.Now()}
		m.site("far.example")
		m.site("near.example")
		m.exec(`UPDATE videos SET remote = TRUE, privacy = 1, state = 1, is_live = FALSE, views = 100 - id WHERE id <= 3`)
		m.exec(`UPDATE videos SET channel_id = 1 WHERE id <= 2`)
		m.exec(`UPDATE videos SET channel_id = 2 WHERE id = 3`)
		for i, host := range []string{"far.example", "near.example"} {
			m.exec(`UPDATE actors SET server_id = (SELECT id FROM servers WHERE host = $1) WHERE id = (SELECT actor_id FROM video_channels WHERE id = $2)`, host, i+1)
		}
		m.exec(`UPDATE video_files SET size = 1000, file_url = 'https://far.example/static/hls/' || filename WHERE video_id <= 3`)
		dirs := map[blob.Section]string{blob.Tmp: filepath.Join(m.dir, "tmp"), blob.Redundancy: filepath.Join(m.dir, "redundancy")}
		m.k = &redundancy.Keeper{
			Store: m.s, Videos: vs, Actors: m, Files: blob.Named{Store: &blob.Disk{Dirs: dirs}}, Download: m.download, Queue: m, Events: m,
			Site: instance.Site{Scheme: "https", Host: "bench.example"}, Rules: func() []redundancy.Rule { return m.rules },
			Interval: func() time.Duration { return time.Hour }, InTx: db.InTx, AfterCommit: db.AfterCommit, Now: func() time.Time { return m.now },
			ReadSums: func(r io.Reader, wanted func(string) bool) (redundancy.Sums, error) { return hls.ReadSums(r, wanted) },
			Log:      slog.New(slog.DiscardHandler),
		}
		m.admin = &redundancy.Admin{Store: m.s, Videos: vs, Ledger: store.PeerLedger{DB: db}, Keeper: m.k, InTx: db.InTx, Now: m.k.Now}
		test(t, m)
	})
}

func TestAVideoIsMirroredByHand(t *testing.T) {
	eachMirrorSite(t, func(t *testing.T, m *mirrorSite) {
		root := &user.User{ID: 1, Role: user.Administrator}
		m.exec(`UPDATE videos SET remote = FALSE WHERE id = 3`)
		for ref, want := range map[video.ID]errs.Kind{9999: errs.NotFound, 3: errs.Invalid} {
			if err := m.admin.Make(t.Context(), root, video.ByID(ref)); !errs.Is(err, want) {
				t.Errorf("video %d: got %v, want %v", ref, err, want)
			}
		}
		for what, change := range map[string]string{
			"live": `is_live = TRUE`, "unlisted": `privacy = 2`, "not published": `state = 2`,
		} {
			m.exec(`UPDATE videos SET ` + change + ` WHERE id = 2`)
			if err := m.admin.Make(t.Context(), root, video.ByID(2)); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: got %v, want Invalid", what, err)
			}
			m.exec(`UPDATE videos SET is_live = FALSE, privacy = 1, state = 1 WHERE id = 2`)
		}
		m.must(m.admin.Make(t.Context(), root, video.ByID(1)))
		m.must(m.run())
		if n := m.here(1); n != 4 || len(m.asked) != 4 {
			t.Errorf("%d files are there, %d were fetched", n, len(m.asked))
		}
		m.says("made", "made 1")
		m.wants("when it is mirrored", 1, "https://bench.example/static/redundancy/hls/"+m.uuid(1)+"/")
		if err := m.admin.Make(t.Context(), root, video.ByID(1)); !errs.Is(err, errs.Conflict) {
			t.Errorf("twice: got %v, want Conflict", err)
		}
		own, err := m.s.Own(t.Context(), 1)
		m.must(err)
		if own.Strategy != redundancy.Manual || own.Size != mirroredSize || own.Files != 4 || !own.ExpiresAt.IsZero() ||
			own.URL != "https://bench.example/redundancy/streaming-playlists/hls/"+m.uuid(1) {
			t.Errorf("the mirror: got %+v", own)
		}
		for q, want := range map[redundancy.Query]int{
			{Remote: true, Count: 5}: 1, {Remote: true, Strategy: redundancy.Manual, Count: 5}: 1, {Remote: true, Strategy: redundancy.Trending, Count: 5}: 0, {Count: 5}: 0,
		} {
			if list, n, err := m.admin.List(t.Context(), root, q); err != nil || n != want || len(list) != want {
				t.Errorf("%+v: got %d %+v %v, want %d", q, n, list, err, want)
			}
		}
		if list, err := m.admin.Usage(t.Context()); err != nil || len(list) != 1 || list[0] != (redundancy.Usage{Strategy: redundancy.Manual, Used: mirroredSize, Videos: 1, Files: 4}) {
			t.Errorf("usage: got %+v %v", list, err)
		}
		// Nobody but this site ends it.
		if n, err := m.s.Sweep(t.Context(), redundancy.Nobody, m.now.AddDate(9, 0, 0)); err != nil || n != 0 {
			t.Errorf("swept %d, %v", n, err)
		}
		m.must(m.k.Check(t.Context()))
		m.must(m.run())
		m.says("nothing changed")
		m.exec(`UPDATE video_files SET size = 999, file_url = file_url || '.mp4' WHERE id = (SELECT MIN(id) FROM video_files WHERE video_id = 1)`)
		m.asked = nil
		m.must(m.k.Check(t.Context()))
		m.must(m.run())
		m.says("a file was made anew", "kept 1")
		if len(m.asked) != 1 || m.here(1) != 4 {
			t.Errorf("one file was made anew: asked for %q, %d are there", m.asked, m.here(1))
		}
		m.must(m.admin.Remove(t.Context(), root, own.ID))
		m.says("removed", "dropped 1")
		log, err := store.PeerLedger{DB: m.db}.Entries(t.Context(), follow.LedgerList{Count: 9})
		if err != nil || len(log) != 2 || log[0].Action != follow.DroppedMirror || log[1].Action != follow.MirroredVideo || log[0].Subject != "far.example" {
			t.Errorf("the ledger: %+v %v", log, err)
		}
		m.wants("when it was removed", 1)
		if n := m.here(1); n != 0 {
			t.Errorf("%d files are left", n)
		}
	})
}

func TestWhatAnotherSiteGivesIsAsLongAsItSays(t *testing.T) {
	eachMirrorSite(t, func(t *testing.T, m *mirrorSite) {
		for name, wrong := range map[string]func(string, int64) (int64, error){
			"shorter":  func(_ string, n int64) (int64, error) { return n - 1, nil },
			"longer":   func(_ string, n int64) (int64, error) { return n + 1, nil },
			"nothing":  func(string, int64) (int64, error) { return 0, errs.New(errs.NotFound, "404") },
			"no reply": func(string, int64) (int64, error) { return 0, errs.New(errs.Unavailable, "no answer") },
		} {
			m.wrong = wrong
			if err := m.k.Mirror(t.Context(), 1, redundancy.Manual); err == nil {
				t.Errorf("%s: no error", name)
			}
			m.says(name)
			if n := m.here(1); n != 0 {
				t.Errorf("%s: %d files are there", name, n)
			}
		}
		m.wrong = nil
		m.asked, m.k.Room = nil, func() (int64, error) { return mirroredSize - 1, nil }
		if err := m.k.Mirror(t.Context(), 1, redundancy.Manual); !errs.Is(err, errs.Unavailable) || len(m.asked) != 0 {
			t.Errorf("without room: %v, asked for %q", err, m.asked)
		}
		m.k.Room = nil
		left, err := os.ReadDir(filepath.Join(m.dir, "tmp"))
		if err != nil || len(left) != 0 {
			t.Errorf("left in the temporary directory: %v %v", left, err)
		}
		for name, url := range map[string]string{
			"out of the directory": "https://far.example/a/..", "hidden": "https://far.example/.a", "no name": "https://far.example/", "two of a name": "https://far.example/same.mp4",
		} {
			m.exec(`UPDATE video_files SET file_url = $1 WHERE video_id = 2`, url)
			if err := m.k.Mirror(t.Context(), 2, redundancy.Manual); err != nil || m.here(2) != 0 {
				t.Errorf("%s: %v, %d files", name, err, m.here(2))
			}
		}
		m.says("names that are none")
	})
}

// What somebody drops while its files are fetched stays dropped.
func TestAMirrorIsDroppedWhileItIsFetched(t *testing.T) {
	eachMirrorSite(t, func(t *testing.T, m *mirrorSite) {
		root := &user.User{ID: 1, Role: user.Administrator}
		m.must(m.k.Mirror(t.Context(), 1, redundancy.Manual))
		own, err := m.s.Own(t.Context(), 1)
		m.must(err)
		m.exec(`UPDATE video_files SET size = size + 1 WHERE video_id = 1`)
		m.during = func() {
			m.during = nil
			m.must(m.admin.Remove(t.Context(), root, own.ID))
			if err := m.k.Mirror(t.Context(), 1, redundancy.Manual); !errs.Is(err, errs.Unavailable) {
				t.Errorf("twice at once: got %v, want Unavailable", err)
			}
		}
		m.must(m.k.Mirror(t.Context(), 1, redundancy.Manual))
		m.says("dropped meanwhile", "dropped 1", "made 1")
		if n := m.here(1); n != 0 {
			t.Errorf("%d files are left", n)
		}
		m.during = func() { m.exec(`DELETE FROM videos WHERE id = 2`) }
		uuid := m.uuid(2)
		m.must(m.k.Mirror(t.Context(), 2, redundancy.Manual))
		m.says("a video that goes meanwhile")
		if _, err := os.Stat(filepath.Join(m.dir, "redundancy", "hls", uuid)); !os.IsNotExist(err) {
			t.Errorf("its files: %v", err)
		}
	})
}

func TestStrategiesChooseWithinTheirBounds(t *testing.T) {
	eachMirrorSite(t, func(t *testing.T, m *mirrorSite) {
		m.rules = []redundancy.Rule{{Strategy: redundancy.MostViews, Size: 2*mirroredSize + 1, MinLifetime: 48 * time.Hour}}
		check := func(when string, want ...string) {
			t.Helper()
			m.must(m.k.Check(t.Context()))
			m.must(m.run())
			m.says(when, want...)
		}
		check("nobody is allowed")
		m.must(m.admin.Allow(t.Context(), &user.User{Role: user.Administrator}, "far.example", true))
		check("a site is allowed", "made 1", "made 2")
		check("all is there")
		own, err := m.s.Own(t.Context(), 1)
		m.must(err)
		if !own.ExpiresAt.Equal(m.now.Add(48 * time.Hour)) {
			t.Errorf("it ends %v, want in two days", own.ExpiresAt)
		}
		m.now = m.now.Add(47 * time.Hour)
		check("before its end", "kept 1", "kept 2")
		m.exec(`INSERT INTO server_blocks (target_server_id, created_at) SELECT id, created_at FROM servers WHERE host = 'far.example'`)
		check("its site is muted", "dropped 1", "dropped 2")
		m.exec(`DELETE FROM server_blocks`)
		m.givenUp = map[video.ID]bool{1: true}
		check("and heard again, but the files of one were wrong", "made 2")
		m.givenUp = nil
		check("that is a day ago", "made 1")
		// A video that more people want comes in the place of one that is not
		// among the first any more.
		m.must(m.admin.Allow(t.Context(), &user.User{Role: user.Administrator}, "near.example", true))
		check("no room")
		m.now = m.now.Add(2 * time.Hour)
		m.exec(`UPDATE videos SET privacy = 2 WHERE id = 2`)
		check("one is not public any more", "dropped 2", "made 3")
		m.rules[0].Size = mirroredSize
		m.now = m.now.Add(72 * time.Hour)
		m.must(m.k.Check(t.Context()))
		if used, err := m.s.Used(t.Context()); err != nil || len(used) != 1 || used[0].Used != mirroredSize {
			t.Errorf("with a smaller bound: %+v %v", used, err)
		}
		m.told, m.queued = nil, nil
		m.rules[0] = redundancy.Rule{Strategy: redundancy.RecentlyAdded, Size: 1 << 30, MinLifetime: time.Hour, MinViews: 98}
		m.must(m.k.Check(t.Context()))
		m.told = nil
		m.must(m.run())
		m.says("another strategy, of enough views", "made 1")
		m.must(m.admin.Allow(t.Context(), &user.User{Role: user.Administrator}, "far.example", false))
		m.must(m.run())
		m.says("not allowed any more", "dropped 1")
		m.must(m.admin.Make(t.Context(), &user.User{Role: user.Administrator}, video.ByID(1)))
		m.must(m.run())
		m.rules = nil
		check("by hand it stays", "made 1")
		m.must(m.k.Mirror(t.Context(), 1, redundancy.RecentlyAdded)) // asked for before the settings changed
		m.says("also when its former strategy was to fetch it")
		m.exec(`UPDATE videos SET privacy = 2 WHERE id = 1`)
		check("but not when it is hidden", "dropped 1")
		m.exec(`UPDATE videos SET privacy = 1 WHERE id = 1`)
		m.must(m.k.Mirror(t.Context(), 1, redundancy.Manual))
		m.told = nil
		m.must(m.db.InTx(t.Context(), func(ctx context.Context) error { return m.admin.Left(ctx, "far.example") }))
		m.must(m.run())
		m.says("not followed any more", "dropped 1")
		if err := m.admin.Allow(t.Context(), &user.User{Role: user.Administrator}, "none.example", true); !errs.Is(err, errs.NotFound) {
			t.Errorf("a site that nobody knows: got %v, want NotFound", err)
		}
	})
}

func TestFilesThatBelongToNothingGo(t *testing.T) {
	eachMirrorSite(t, func(t *testing.T, m *mirrorSite) {
		for v := video.ID(1); v <= 2; v++ {
			m.must(m.k.Mirror(t.Context(), v, redundancy.Manual))
		}
		uuid := m.uuid(2)
		m.exec(`DELETE FROM videos WHERE id = 2`)
		there := func() bool {
			_, err := os.Stat(filepath.Join(m.dir, "redundancy", "hls", uuid))
			return err == nil
		}
		m.must(m.k.Sweep(t.Context()))
		if !there() {
			t.Error("files that have just come were swept")
		}
		m.now = m.now.Add(25 * time.Hour)
		m.must(m.k.Sweep(t.Context()))
		if there() || m.here(1) != 4 {
			t.Errorf("of the video that went: %v; %d files of the other", there(), m.here(1))
		}
	})
}
