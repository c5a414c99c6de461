package app_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sepiola/internal/storage/sqldb"
)

// testClip makes a second of H.264/AAC at 240p that can be published as it is.
func testClip(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clip.mp4")
	out, err := exec.Command("ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=426x240:rate=25:duration=1",
		"-f", "lavfi", "-i", "sine=frequency=440:duration=1", "-c:v", "libx264", "-preset", "veryfast", "-crf", "35", "-pix_fmt", "yuv420p", "-g", "25",
		"-c:a", "aac", "-shortest", path).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, out)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (u *uploader) login(t *testing.T) {
	t.Helper()
	var app struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	u.json(t, "GET", "/api/v1/oauth-clients/local", nil, &app)
	var token struct {
		Access string `json:"access_token"`
	}
	u.json(t, "POST", "/api/v1/users/token", url.Values{
		"client_id": {app.ID}, "client_secret": {app.Secret}, "grant_type": {"password"},
		"username": {"root"}, "password": {cmp.Or(u.password, rootPassword)},
	}, &token)
	u.token = token.Access
	var me struct {
		Channels []struct {
			ID int64 `json:"id"`
		} `json:"videoChannels"`
	}
	u.json(t, "GET", "/api/v1/users/me", nil, &me)
	if len(me.Channels) == 0 {
		t.Fatal("root has no channel")
	}
	u.channel = me.Channels[0].ID
}

func (a *api) json(t *testing.T, method, path string, form url.Values, out any) {
	t.Helper()
	header := http.Header{}
	if form != nil {
		header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	status, _, b, err := a.do(t.Context(), method, path, strings.NewReader(form.Encode()), header)
	if err != nil || status != http.StatusOK {
		t.Fatalf("%s %s: %v, %d %s", method, path, err, status, b)
	}
	if err := json.Unmarshal(b, out); err != nil {
		t.Fatal(err)
	}
}

// settle waits until no job is left to run, and checks that each acknowledged
// video is there and published.
func (u *uploader) settle(t *testing.T, v *victim) {
	t.Helper()
	deadline := time.Now().Add(6 * time.Minute)
	for {
		working := u.working(t)
		if working == "" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("jobs did not come to an end: %s\n%s", working, v.tail())
		}
		time.Sleep(200 * time.Millisecond) // another process works
	}
	for _, uuid := range u.done {
		var d struct {
			State struct {
				ID int `json:"id"`
			} `json:"state"`
			Playlists []struct {
				Files []struct {
					Size int64 `json:"size"`
				} `json:"files"`
			} `json:"streamingPlaylists"`
		}
		u.json(t, "GET", "/api/v1/videos/"+uuid, nil, &d)
		if d.State.ID != 1 || len(d.Playlists) != 1 || len(d.Playlists[0].Files) == 0 {
			_, _, jobs, _ := u.do(t.Context(), http.MethodGet, "/api/v1/jobs?count=100", nil, nil)
			t.Errorf("acknowledged video %s: state %d, playlists %+v; jobs: %s", uuid, d.State.ID, d.Playlists, jobs)
		}
	}
}

// working returns the jobs that wait or run, but for those that come by
// themselves later. Jobs change their state while it looks: it asks for states
// in the order in which a job goes through them, and twice, for those that go
// back because they failed or were taken over.
func (u *uploader) working(t *testing.T) string {
	t.Helper()
	for _, state := range []string{"delayed", "waiting", "active", "delayed", "waiting", "active"} {
		var jobs struct {
			Data []struct {
				Type string `json:"type"`
			} `json:"data"`
		}
		status, _, b, err := u.do(t.Context(), http.MethodGet, "/api/v1/jobs/"+state+"?count=100", nil, nil)
		if err != nil || status != http.StatusOK {
			t.Fatalf("jobs: %v, %d %s", err, status, b)
		}
		if err := json.Unmarshal(b, &jobs); err != nil {
			t.Fatal(err)
		}
		for _, j := range jobs.Data {
			if strings.Contains(j.Type, "video") || strings.Contains(j.Type, "file") {
				return string(b)
			}
		}
	}
	return ""
}

// checkConsistency holds the database and the files against each other.
func checkConsistency(t *testing.T, dsn, storage string, u *uploader) {
	t.Helper()
	db, err := sqldb.Open(context.Background(), sqldb.Options{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows := fileRows(t, db)
	onDisk := filesBelow(t, storage, "web-videos", "streaming-playlists", "thumbnails", "storyboards", "torrents", "original-video-files")
	for path, size := range rows {
		got, ok := onDisk[path]
		if !ok {
			t.Errorf("in the database, not on disk: %s", path)
		} else if size >= 0 && got != size {
			t.Errorf("%s has %d bytes on disk, %d in the database", path, got, size)
		}
	}
	var orphans []string
	for path := range onDisk {
		if _, ok := rows[path]; !ok && !strings.HasSuffix(path, ".m3u8") {
			orphans = append(orphans, path)
		}
	}
	// A kill between adopting a file and recording it leaves one; the sweep
	// removes it when it is old. More than one a kill would be a leak.
	slices.Sort(orphans)
	t.Logf("%d files known, %d left for the sweep: %v", len(rows), len(orphans), orphans)
	for path := range rows {
		if strings.HasSuffix(path, "-segments-sha256.json") {
			checkHLS(t, filepath.Dir(filepath.Join(storage, path)), filepath.Base(path), rows)
		}
	}
	checkNames(t, db, u.done)
	if db.Dialect == sqldb.SQLite {
		if err := integrity(t, db); err != nil {
			t.Error(err)
		}
	}
}

// fileRows returns every file that a row names, by its path below storage, and
// its size (-1 where rows keep none).
func fileRows(t *testing.T, db *sqldb.DB) map[string]int64 {
	t.Helper()
	type row struct {
		path string
		size int64
	}
	scan := func(r sqldb.Row) (row, error) {
		var f row
		err := r.Scan(&f.path, &f.size)
		return f, err
	}
	rows := map[string]int64{}
	for _, query := range []string{
		`SELECT 'streaming-playlists/hls/' || v.uuid || '/' || f.filename, f.size FROM video_files f JOIN videos v ON v.id = f.video_id WHERE f.playlist_id IS NOT NULL`,
		`SELECT 'web-videos/' || f.filename, f.size FROM video_files f WHERE f.playlist_id IS NULL AND f.filename NOT LIKE '%-input.%'`,
		`SELECT 'original-video-files/' || f.filename, f.size FROM video_files f WHERE f.playlist_id IS NULL AND f.filename LIKE '%-input.%'`,
		`SELECT 'torrents/' || f.torrent_filename, -1 FROM video_files f WHERE f.torrent_filename <> ''`,
		`SELECT 'streaming-playlists/hls/' || v.uuid || '/' || p.playlist_filename, -1 FROM streaming_playlists p JOIN videos v ON v.id = p.video_id`,
		`SELECT 'streaming-playlists/hls/' || v.uuid || '/' || p.segments_filename, -1 FROM streaming_playlists p JOIN videos v ON v.id = p.video_id WHERE p.segments_filename <> ''`,
		`SELECT 'thumbnails/' || filename, -1 FROM thumbnails`,
		`SELECT 'storyboards/' || filename, -1 FROM storyboards`,
		`SELECT 'original-video-files/' || kept_filename, -1 FROM video_sources WHERE kept_filename <> ''`,
	} {
		list, err := sqldb.All(t.Context(), db, scan, query)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list {
			rows[f.path] = f.size
		}
	}
	return rows
}

func filesBelow(t *testing.T, root string, sections ...string) map[string]int64 {
	t.Helper()
	found := map[string]int64{}
	for _, section := range sections {
		err := filepath.WalkDir(filepath.Join(root, section), func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) { // a section without files
				return nil
			}
			if err != nil || d.IsDir() {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, path)
			found[filepath.ToSlash(rel)] = info.Size()
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// checkNames checks that no acknowledged video is missing and none is there
// twice.
func checkNames(t *testing.T, db *sqldb.DB, acknowledged []string) {
	t.Helper()
	uuids, err := sqldb.All(t.Context(), db, sqldb.Value[string], `SELECT uuid FROM videos`)
	if err != nil {
		t.Fatal(err)
	}
	for _, uuid := range acknowledged {
		if !slices.Contains(uuids, uuid) {
			t.Errorf("acknowledged video %s is lost", uuid)
		}
	}
	twice, err := sqldb.All(t.Context(), db, sqldb.Value[string], `SELECT name FROM videos GROUP BY name HAVING count(*) > 1`)
	if err != nil || len(twice) > 0 {
		t.Errorf("videos that are there twice: %v %v", twice, err)
	}
}

func integrity(t *testing.T, db *sqldb.DB) error {
	t.Helper()
	said, err := sqldb.One(t.Context(), db, sqldb.Value[string], `PRAGMA integrity_check`)
	if err != nil {
		return err
	}
	if said != "ok" {
		return fmt.Errorf("the database file is damaged: %s", said)
	}
	return nil
}
