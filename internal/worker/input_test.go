package worker_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/blob"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/worker"
)

// An uploaded file is one of its video's until something is made of it.
func TestTheUploadedFileIsListedUntilSomethingIsMadeOfIt(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs ffmpeg")
	}
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouseOn(t, db)
		v := h.upload(h264(t), nil)
		before := h.get(v.ID)
		if len(before.Files) != 1 || !before.Files[0].IsInput() || before.Files[0].TorrentFilename == "" || before.Playable() {
			t.Fatalf("before: %+v", before.Files)
		}
		h.consistent(before)
		h.start()
		h.idle()
		after := h.get(v.ID)
		if len(after.Inputs()) != 0 || !after.Playable() || after.State != video.Published {
			t.Errorf("after: state %d, %+v", after.State, after.Files)
		}
		h.consistent(after)
		if names := h.list(blob.Torrents); len(names) != len(after.Files) || slices.Contains(names, before.Files[0].TorrentFilename) {
			t.Errorf("torrents %v of %d files", names, len(after.Files))
		}
		if left := h.list(blob.Originals); len(left) != 0 {
			t.Errorf("the upload is still there: %v", left)
		}
	})
}

// What cannot be made into anything stays listed, and its file stays: neither
// the end of the work nor the sweep takes it.
func TestAnUploadThatFailedStaysListed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := filepath.Join(t.TempDir(), "text.mp4")
	if err := os.WriteFile(path, []byte(strings.Repeat("this is text\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	h.start()
	v := h.upload(path, nil)
	h.idle()
	got := h.get(v.ID)
	if got.State != video.TranscodingFailed || len(got.Inputs()) != 1 {
		t.Fatalf("state %d, files %+v", got.State, got.Files)
	}
	sweep := &worker.Sweep{Files: h.files, Rows: h.rows, Age: time.Nanosecond, Now: func() time.Time { return time.Now().Add(time.Hour) }, Log: h.media.Log}
	if n, err := sweep.Orphans(t.Context()); err != nil || n != 0 {
		t.Errorf("the sweep removed %d, %v", n, err)
	}
	if n, err := sweep.Missing(t.Context()); err != nil || n != 0 {
		t.Errorf("%d files are missing, %v", n, err)
	}
	h.consistent(got)
}

// A change of privacy leaves the uploaded file where the work reads it.
func TestAnUploadedFileDoesNotMove(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.upload(h264(t), nil)
	h.setPrivacy(v.ID, video.Private)
	h.start()
	h.idle()
	got := h.get(v.ID)
	if got.State != video.Published || len(got.Inputs()) != 0 {
		t.Errorf("state %d, files %+v", got.State, got.Files)
	}
	h.consistent(got)
}

// A file that was too large to be hashed at once gets its torrent later; its
// listing ends with what is made of it.
func TestALargeUploadGetsItsTorrentLater(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.media.Tools.FFmpeg = fakeFFmpeg(t, "echo 'Invalid data found when processing input' >&2; exit 1")
	v := h.upload(clip(t, "clip.mkv", "-f", "lavfi", "-i", picture, "-c:v", "mpeg4", "-b:v", "600k"), nil)
	if err := h.rows.SetTorrent(t.Context(), h.get(v.ID).Files[0].ID, "", ""); err != nil {
		t.Fatal(err)
	}
	h.start()
	h.idle()
	got := h.get(v.ID)
	if len(got.Files) != 1 || len(got.Files[0].InfoHash) != 40 {
		t.Fatalf("files %+v, want the upload with its torrent", got.Files)
	}
	h.read(blob.Torrents, got.Files[0].TorrentFilename)
}
