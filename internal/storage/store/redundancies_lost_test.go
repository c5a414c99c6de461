package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/redundancy"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

func TestFilesOfMirrorsThatAreLostComeBack(t *testing.T) {
	eachMirrorSite(t, func(t *testing.T, m *mirrorSite) {
		m.rules = []redundancy.Rule{{Strategy: redundancy.MostViews, Size: 1 << 20, MinLifetime: 48 * time.Hour}}
		m.must(m.admin.Allow(t.Context(), &user.User{Role: user.Administrator}, "far.example", true))
		m.must(m.k.Mirror(t.Context(), 1, redundancy.Manual))
		m.must(m.k.Mirror(t.Context(), 2, redundancy.MostViews))
		m.says("both", "made 1", "made 2")
		file := func(v video.ID) string { return filepath.Join(m.dir, "redundancy", "hls", m.uuid(v), m.names(v)[0]) }
		check := func(when string, asked int, told ...string) error {
			t.Helper()
			m.asked = nil
			m.must(m.k.Check(t.Context()))
			err := m.run()
			if len(m.asked) != asked {
				t.Errorf("%s: asked for %q, want %d", when, m.asked, asked)
			}
			m.says(when, told...)
			return err
		}
		m.must(check("whole", 0))
		m.must(os.Remove(file(1)))
		m.must(os.Truncate(file(2), 999))
		m.must(check("one lost, one shorter", 2, "kept 1", "kept 2"))
		if m.here(1) != 4 || m.here(2) != 4 {
			t.Errorf("%d and %d files are there", m.here(1), m.here(2))
		}
		m.must(os.RemoveAll(filepath.Dir(file(1))))
		m.must(check("all of one", 4, "kept 1"))

		// What cannot be had again is taken back, until it can.
		m.must(os.Remove(file(1)))
		m.wrong = func(string, int64) (int64, error) { return 0, errs.New(errs.Unavailable, "no answer") }
		if err := check("their site is away", 1, "dropped 1"); !errs.Is(err, errs.Unavailable) {
			t.Errorf("got %v, want Unavailable, so that it is tried again", err)
		}
		m.wants("while it is away", 1)
		if m.here(1) != 3 {
			t.Errorf("%d files are left, want 3", m.here(1))
		}
		m.wrong, m.asked = nil, nil
		m.must(m.k.Mirror(t.Context(), 1, redundancy.Manual))
		m.says("their site is back", "made 1")
		if len(m.asked) != 1 || m.here(1) != 4 {
			t.Errorf("asked for %q, %d files are there", m.asked, m.here(1))
		}
		m.must(os.Remove(file(2)))
		m.k.Room = func() (int64, error) { return 1, nil }
		if err := check("no room for it", 0, "dropped 2"); !errs.Is(err, errs.Unavailable) {
			t.Errorf("without room: got %v", err)
		}
		m.k.Room = nil

		// What is whole stays while something new cannot be had.
		m.exec(`UPDATE video_files SET size = 1001, file_url = file_url || '.mp4' WHERE id = (SELECT MIN(id) FROM video_files WHERE video_id = 1)`)
		m.exec(`UPDATE servers SET redundancy_allowed = FALSE`)
		m.wrong = func(string, int64) (int64, error) { return 0, errs.New(errs.Unavailable, "no answer") }
		if err := check("another file", 1); !errs.Is(err, errs.Unavailable) {
			t.Errorf("another file: got %v", err)
		}
		m.wants("while another file cannot be had", 1, "https://bench.example/static/redundancy/hls/"+m.uuid(1)+"/")
	})
}

// A disk that is not mounted has lost nothing: neither is what it has fetched
// anew, nor is anything put where it is not.
func TestADiskThatIsNotMountedHasLostNothing(t *testing.T) {
	eachMirrorSite(t, func(t *testing.T, m *mirrorSite) {
		m.must(m.k.Mirror(t.Context(), 1, redundancy.Manual))
		m.says("made", "made 1")
		at := filepath.Join(m.dir, "redundancy")
		m.must(os.Rename(at, at+"-away"))
		m.must(os.Mkdir(at, 0o750))
		m.asked = nil
		for what, do := range map[string]func() error{
			"checked":      func() error { return m.k.Check(t.Context()) },
			"looked after": func() error { return m.k.Mirror(t.Context(), 1, redundancy.Manual) },
			"another":      func() error { return m.k.Mirror(t.Context(), 2, redundancy.Manual) },
		} {
			if err := do(); !errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), "mirrors-are-kept-here") {
				t.Errorf("%s: got %v", what, err)
			}
		}
		if len(m.queued) > 0 || len(m.asked) > 0 {
			t.Errorf("%d jobs, asked for %q", len(m.queued), m.asked)
		}
		m.says("while it is away")
		m.must(os.Remove(at))
		m.must(os.Rename(at+"-away", at))
		m.must(os.Remove(filepath.Join(at, "mirrors-are-kept-here"))) // as before there was any
		m.must(m.k.Check(t.Context()))
		m.must(m.k.Mirror(t.Context(), 2, redundancy.Manual))
		m.says("it is back", "made 2")

		// Files that are lost indeed are fetched once somebody says so.
		m.must(os.RemoveAll(at))
		m.must(os.Mkdir(at, 0o750))
		m.must(os.WriteFile(filepath.Join(at, "mirrors-are-kept-here"), nil, 0o600))
		m.must(m.k.Check(t.Context()))
		m.must(m.run())
		m.says("another disk", "kept 1", "kept 2")
	})
}

// Of many mirrors some are looked at each time, until all were.
func TestMirrorsAreLookedAtInTurn(t *testing.T) {
	eachMirrorSite(t, func(t *testing.T, m *mirrorSite) {
		m.exec(`INSERT INTO video_redundancies (url, video_id, actor_id, base_url, created_at, updated_at, strategy, size, files)
			SELECT 'https://bench.example/' || v.id, v.id, 1, 'https://bench.example/', $1, $1, 'manual',
				(SELECT SUM(f.size) FROM video_files f WHERE f.video_id = v.id AND f.playlist_id IS NOT NULL), 4
			FROM videos v WHERE v.remote = FALSE AND v.privacy = 1`, m.now)
		m.must(os.MkdirAll(filepath.Join(m.dir, "redundancy"), 0o750))
		m.must(os.WriteFile(filepath.Join(m.dir, "redundancy", "mirrors-are-kept-here"), nil, 0o600))
		used, err := m.s.Used(t.Context())
		m.must(err)
		for pass, want := range []int{200, used[0].Videos - 200, 200} {
			m.queued = nil
			m.must(m.k.Check(t.Context()))
			if len(m.queued) != want {
				t.Errorf("pass %d: %d were asked for, want %d", pass, len(m.queued), want)
			}
		}
		if list, err := m.s.After(t.Context(), 298, 9); err != nil || len(list) != 2 || list[0].VideoID != 299 || !strings.HasSuffix(list[1].URL, "/300") {
			t.Errorf("after 298: %+v %v", list, err)
		}
	})
}
