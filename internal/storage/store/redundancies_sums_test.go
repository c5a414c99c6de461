package store_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sepiola/internal/domain/redundancy"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// names are the names of the files of a video's playlist.
func (m *mirrorSite) names(v video.ID) []string {
	m.Helper()
	list, err := sqldb.All(m.Context(), m.db, sqldb.Value[string], `SELECT filename FROM video_files WHERE video_id = $1 AND playlist_id IS NOT NULL ORDER BY resolution DESC`, v)
	m.must(err)
	return list
}

// sumsOf is the list of sums of files of 1000 zeros, whose first bytes have none
// as in PeerTube's.
func sumsOf(names ...string) string {
	var parts []string
	for _, name := range names {
		parts = append(parts, fmt.Sprintf(`%q:{"500-999":"%x","100-499":"%x"}`, name, sha256.Sum256(make([]byte, 500)), sha256.Sum256(make([]byte, 400))))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func TestWhatIsMirroredIsCheckedByItsSums(t *testing.T) {
	eachMirrorSite(t, func(t *testing.T, m *mirrorSite) {
		const far = `https://far.example/static/hls/x-segments-sha256.json`
		m.exec(`UPDATE streaming_playlists SET segments_url = $1 WHERE video_id <= 3`, far)
		names := m.names(1)
		whole := sumsOf(names...)
		wrong := func(name, list string, want errs.Kind, files int) {
			t.Helper()
			m.list, m.asked = list, nil
			if err := m.k.Mirror(t.Context(), 1, redundancy.Manual); !errs.Is(err, want) {
				t.Errorf("%s: got %v, want %v", name, err, want)
			}
			if n := m.here(1); n != files {
				t.Errorf("%s: %d files are there, want %d", name, n, files)
			}
			if _, err := m.s.Own(t.Context(), 1); !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: a mirror: %v", name, err)
			}
			m.says(name)
		}
		wrong("no JSON", "<html>", errs.Unprocessable, 0)
		wrong("longer than any", strings.Repeat(" ", 32<<20)+"{}", errs.TooLarge, 0)
		wrong("ranges that overlap", strings.Replace(whole, `"100-`, `"0-600":"`+strings.Repeat("0", 64)+`","100-`, 1), errs.Unprocessable, 0)
		wrong("a range that is not in the file", strings.ReplaceAll(whole, `"500-999"`, `"500-1000"`), errs.Invalid, 0)
		wrong("one sum for the whole, of others", fmt.Sprintf(`{"x":{},%q:"%x"}`, names[0], sha256.Sum256(nil)), errs.Invalid, 0)
		if len(m.asked) != 2 {
			t.Errorf("asked for %q, want the list and the first file", m.asked)
		}
		m.bad = map[string]bool{names[3]: true}
		wrong("other bytes", whole, errs.Invalid, 3)
		m.bad = nil

		// What was here already is checked too, and had again where it is wrong.
		at := filepath.Join(m.dir, "redundancy", "hls", m.uuid(1), names[0])
		m.must(os.WriteFile(at, append(make([]byte, 999), 1), 0o600))
		m.asked = nil
		m.must(m.k.Mirror(t.Context(), 1, redundancy.Manual))
		m.says("right at last", "made 1")
		if b, err := os.ReadFile(at); err != nil || len(b) != 1000 || b[999] != 0 {
			t.Errorf("the file that was wrong here: %d bytes, %v", len(b), err)
		}
		if len(m.asked) != 3 {
			t.Errorf("asked for %q, want the list and two files", m.asked)
		}

		// Where there is no list, or none of a file, the size counts.
		m.bad = map[string]bool{}
		for _, name := range m.names(2) {
			m.bad[name] = true
		}
		m.list = sumsOf("another.mp4")
		m.must(m.k.Mirror(t.Context(), 2, redundancy.Manual))
		m.list = ""
		m.must(m.k.Mirror(t.Context(), 3, redundancy.Manual))
		m.says("without sums", "made 2", "made 3")
		left, err := os.ReadDir(filepath.Join(m.dir, "tmp"))
		if err != nil || len(left) != 0 {
			t.Errorf("left in the temporary directory: %v %v", left, err)
		}
	})
}
