package worker_test

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/blob"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/worker"
)

func (h *house) setPrivacy(id video.ID, p video.Privacy) {
	h.t.Helper()
	err := h.db.InTx(h.t.Context(), func(ctx context.Context) error {
		if _, err := h.db.Exec(ctx, `UPDATE videos SET privacy = $2 WHERE id = $1`, id, p); err != nil {
			return err
		}
		return h.queue.MoveFiles(ctx, id)
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func TestFilesMoveWithThePrivacy(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.settings.WebVideos, h.settings.Storyboards = true, false
	path := h264(t)
	h.start()
	v := h.upload(path, nil)
	h.idle()
	public := h.get(v.ID)
	said := h.caption(v.ID)

	h.setPrivacy(v.ID, video.Private)
	h.idle()
	private := h.get(v.ID)
	h.renamed(public, private, said)
	h.consistent(private)
	if slices.Equal(public.Playlist.P2PInfoHashes, private.Playlist.P2PInfoHashes) {
		t.Error("the swarms are still those of the public address")
	}
	for i, f := range private.Files {
		torrent := h.read(blob.Torrents, f.TorrentFilename)
		if f.TorrentFilename == public.Files[i].TorrentFilename || strings.Contains(torrent, "url-list") {
			t.Errorf("the torrent of %s still names the public file", f.Filename)
		}
	}
	if n := len(h.list(blob.Torrents)); n != len(private.Files) {
		t.Errorf("%d torrents, want %d", n, len(private.Files))
	}
	for _, s := range []blob.Section{blob.StreamingPlaylists, blob.WebVideos} {
		for _, name := range h.list(s) {
			if !strings.Contains(name, "private/") {
				t.Errorf("%s is still public", name)
			}
		}
	}

	// Cut off half-way, it goes on.
	dir := "hls/private/" + v.UUID + "/"
	half := blob.Key{Section: blob.StreamingPlaylists, Name: dir + private.Files[0].Filename}
	for _, f := range private.Files {
		if f.PlaylistID != 0 {
			half.Name = dir + f.Filename
		}
	}
	to := blob.Key{Section: half.Section, Name: strings.Replace(half.Name, "private/", "", 1)}
	if err := h.disk.Move(t.Context(), half, to); err != nil {
		t.Fatal(err)
	}
	h.setPrivacy(v.ID, video.Unlisted)
	h.setPrivacy(v.ID, video.Public)
	h.idle()
	again := h.get(v.ID)
	h.consistent(again)
	if !slices.Equal(public.Playlist.P2PInfoHashes, again.Playlist.P2PInfoHashes) {
		t.Error("the swarms are not those of the public address")
	}
	if _, err := os.Stat(filepath.Join(h.disk.Dirs[blob.StreamingPlaylists], dir)); !os.IsNotExist(err) {
		t.Errorf("the private directory is still there: %v", err)
	}
}

// caption gives a video one and returns the name of its file.
func (h *house) caption(id video.ID) string {
	h.t.Helper()
	name := video.NewUUID() + "-fr.vtt"
	if err := h.disk.Put(h.t.Context(), blob.Key{Section: blob.Captions, Name: name}, strings.NewReader("WEBVTT")); err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.videos.PutCaption(h.t.Context(), video.Caption{VideoID: id, Language: "fr", Filename: name, UpdatedAt: sqldb.Now()}); err != nil {
		h.t.Fatal(err)
	}
	return name
}

// renamed checks that what lies at addresses without a login is there, but not
// by the names that people know.
func (h *house) renamed(public, private *video.Video, said string) {
	h.t.Helper()
	list, err := h.videos.Captions(h.t.Context(), private.ID)
	if err != nil || len(list) != 1 || list[0].Filename == said || h.read(blob.Captions, list[0].Filename) != "WEBVTT" {
		h.t.Errorf("the captions are %v, %v; they were %s", list, err, said)
	}
	if got := h.list(blob.Captions); len(got) != 1 {
		h.t.Errorf("files of captions: %v", got)
	}
	if len(public.Thumbnails) == 0 || len(private.Thumbnails) != len(public.Thumbnails) || len(h.list(blob.Thumbnails)) != len(public.Thumbnails) {
		h.t.Errorf("%d pictures of %d, in %d files", len(private.Thumbnails), len(public.Thumbnails), len(h.list(blob.Thumbnails)))
	}
	for _, now := range private.Thumbnails {
		h.read(blob.Thumbnails, now.Filename)
		for _, before := range public.Thumbnails {
			if now.Filename == before.Filename {
				h.t.Errorf("%s has its old name", now.Filename)
			}
		}
	}
}

func TestARenameIsSeenInTorrents(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.settings.Storyboards = false
	path := h264(t)
	h.start()
	v := h.upload(path, nil)
	h.idle()
	before := h.get(v.ID)
	if _, err := h.db.Exec(t.Context(), `UPDATE videos SET name = 'Another name' WHERE id = $1`, v.ID); err != nil {
		t.Fatal(err)
	}
	if err := h.queue.RefreshFiles(t.Context(), v.ID); err != nil {
		t.Fatal(err)
	}
	h.idle()
	got := h.get(v.ID)
	h.consistent(got)
	if f := got.Files[0]; f.InfoHash == before.Files[0].InfoHash || !strings.Contains(h.read(blob.Torrents, f.TorrentFilename), "Another name") {
		t.Errorf("the torrent has the old name")
	}
}

func TestRemovedFilesAreGone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := h264(t)
	h.start()
	v := h.upload(path, nil)
	h.idle()
	got := h.get(v.ID)
	r := video.Removal{UUID: v.UUID, HLS: true}
	for _, f := range got.Files {
		r.Torrents = append(r.Torrents, f.TorrentFilename)
	}
	for _, p := range got.Thumbnails {
		r.Thumbnails = append(r.Thumbnails, p.Filename)
	}
	err := h.db.InTx(t.Context(), func(ctx context.Context) error {
		if err := h.videos.Delete(ctx, v.ID); err != nil {
			return err
		}
		return h.queue.RemoveFiles(ctx, r)
	})
	if err != nil {
		t.Fatal(err)
	}
	h.idle()
	for _, s := range []blob.Section{blob.StreamingPlaylists, blob.Torrents, blob.Thumbnails, blob.Originals} {
		if left := h.list(s); len(left) > 0 {
			t.Errorf("%s has %v", s, left)
		}
	}
	// The storyboard was not named; the sweep finds it.
	sweep := &worker.Sweep{Files: h.files, Rows: h.rows, Age: time.Hour, Now: sqldb.Now, Log: h.media.Log}
	if n, err := sweep.Orphans(t.Context()); err != nil || n != 0 {
		t.Errorf("a new file was swept: %d, %v", n, err)
	}
	sweep.Now = func() time.Time { return sqldb.Now().Add(2 * time.Hour) }
	if n, err := sweep.Orphans(t.Context()); err != nil || n != 1 || len(h.list(blob.Storyboards)) != 0 {
		t.Errorf("%d files were swept, %v", n, err)
	}
}

func TestTheSweepKeepsWhatHasRows(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.settings.WebVideos = true
	path := h264(t)
	h.start()
	v := h.upload(path, nil)
	h.idle()
	tmp := h.disk.Dirs[blob.Tmp]
	for _, name := range []string{"job-1-x/a", "upload-x/a"} {
		if err := os.MkdirAll(filepath.Join(tmp, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	sweep := &worker.Sweep{Files: h.files, Rows: h.rows, Now: func() time.Time { return sqldb.Now().Add(48 * time.Hour) }, Log: h.media.Log}
	if n, err := sweep.Orphans(t.Context()); err != nil || n != 0 {
		t.Errorf("%d files were swept, %v", n, err)
	}
	if err := sweep.Temporary(t.Context(), tmp); err != nil {
		t.Fatal(err)
	}
	var left []string
	_ = fs.WalkDir(os.DirFS(tmp), ".", func(name string, _ fs.DirEntry, _ error) error {
		left = append(left, name)
		return nil
	})
	if !slices.Equal(left, []string{".", "upload-x", "upload-x/a"}) {
		t.Errorf("the temporary directory has %v", left)
	}
	got := h.get(v.ID)
	h.consistent(got)
	if missing, err := sweep.Missing(t.Context()); err != nil || missing != 0 {
		t.Errorf("missing %v, %v", missing, err)
	}
	name := "hls/" + v.UUID + "/" + got.Files[0].Filename
	if got.Files[0].PlaylistID == 0 {
		name = "hls/" + v.UUID + "/" + got.Files[1].Filename
	}
	if err := h.disk.Delete(t.Context(), blob.Key{Section: blob.StreamingPlaylists, Name: name}); err != nil {
		t.Fatal(err)
	}
	if missing, err := sweep.Missing(t.Context()); err != nil || missing != 1 {
		t.Errorf("missing %v, %v; want one", missing, err)
	}
}

func TestTasks(t *testing.T) {
	t.Parallel()
	ran := 0
	tasks := &worker.Tasks{List: []worker.Task{{Name: "count", Every: time.Minute, Do: func(context.Context) error {
		ran++
		return nil
	}}}, Log: slog.New(slog.DiscardHandler)}
	run := func(name string) error {
		return tasks.Work(t.Context(), &river.Job[worker.TaskArgs]{Args: worker.TaskArgs{Task: name}})
	}
	if err := run("count"); err != nil || ran != 1 {
		t.Errorf("ran %d times, %v", ran, err)
	}
	if err := run("of an older version"); err == nil {
		t.Error("a task that does not exist was run")
	}
	if p := tasks.Periodic(); len(p) != 1 || p[0].Every != time.Minute {
		t.Errorf("periodic %+v", p)
	}
}
