package worker_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sepiola/internal/domain/video"
	"sepiola/internal/job"
	"sepiola/internal/storage/blob"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

// replace does what the uploads do in their transaction.
func (h *house) replace(v *video.Video, path string) {
	h.t.Helper()
	input := video.InputName(v.UUID, video.NewUUID(), filepath.Ext(path))
	f, err := os.Open(path)
	if err != nil {
		h.t.Fatal(err)
	}
	defer f.Close()
	if err := h.disk.Put(h.t.Context(), blob.Key{Section: blob.Originals, Name: input}, f); err != nil {
		h.t.Fatal(err)
	}
	uploads := store.Uploads{DB: h.db}
	err = h.db.InTx(h.t.Context(), func(ctx context.Context) error {
		if err := uploads.TouchInput(ctx, v.ID, 1000, sqldb.Now()); err != nil {
			return err
		}
		if err := uploads.AddSource(ctx, &video.Source{VideoID: v.ID, InputFilename: "new", Size: 1000, CreatedAt: sqldb.Now()}); err != nil {
			return err
		}
		if err := uploads.AwaitWork(ctx, v.ID); err != nil {
			return err
		}
		return h.queue.ProcessUpload(ctx, video.ProcessUpload{VideoID: v.ID, Input: input, Replace: true})
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// other is a clip that cannot be copied, of another length and size.
func other(t *testing.T) string {
	t.Helper()
	return clip(t, "other.mkv", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25:duration=2", "-f", "lavfi", "-i", "sine=duration=2",
		"-c:v", "mpeg4", "-b:v", "900k", "-c:a", "aac")
}

func names(v *video.Video) (list []string) {
	for _, f := range v.Files {
		list = append(list, f.Filename)
	}
	slices.Sort(list)
	return list
}

func TestANewFileTakesThePlaceOfTheOldOne(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs ffmpeg")
	}
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouseOn(t, db)
		h.settings.KeepOriginal, h.settings.WebVideos = true, true
		first, second := h264(t), other(t)
		h.start()
		v := h.upload(first, nil)
		h.idle()
		old := h.get(v.ID)
		h.replace(v, second)
		h.until("the new file is there", func() bool {
			busy := video.BeingTranscoded(h.stepsOf(v.ID)) // asked first: it ends last
			if !slices.Equal(names(h.get(v.ID)), names(old)) {
				return true
			}
			if !busy {
				t.Error("another replacement could begin in the middle of this one")
			}
			return !busy
		})
		h.idle()
		got := h.get(v.ID)
		hls, web := resolutions(got)
		if want := []int{144, 360}; !slices.Equal(hls, want) || !slices.Equal(web, want) || got.State != video.Published || got.Duration != 2 {
			t.Errorf("files %v and %v, %d s, state %d", hls, web, got.Duration, got.State)
		}
		h.consistent(got)
		if slices.ContainsFunc(names(got), func(n string) bool { return slices.Contains(names(old), n) }) {
			t.Errorf("old files are left: %v of %v", names(got), names(old))
		}
		if left := h.list(blob.WebVideos); len(left) != 2 {
			t.Errorf("progressive files: %v", left)
		}
		if left := h.list(blob.StreamingPlaylists); len(left) != 6 { // two renditions, master, hashes
			t.Errorf("files of HLS: %v", left)
		}
		if left := h.list(blob.Torrents); len(left) != len(got.Files) {
			t.Errorf("torrents: %v", left)
		}
		kept, err := h.rows.KeptSource(t.Context(), v.ID)
		if err != nil || !slices.Equal(h.list(blob.Originals), []string{kept}) || !strings.HasSuffix(kept, ".mkv") {
			t.Errorf("originals %v, kept %q, %v", h.list(blob.Originals), kept, err)
		}
		if len(old.Thumbnails) == 0 || len(got.Thumbnails) != len(old.Thumbnails) || got.Thumbnails[0].Filename == old.Thumbnails[0].Filename || len(h.list(blob.Thumbnails)) != len(got.Thumbnails) {
			t.Errorf("pictures %v, before %v, on disk %v", got.Thumbnails, old.Thumbnails, h.list(blob.Thumbnails))
		}
		if boards := h.list(blob.Storyboards); len(boards) != 1 {
			t.Errorf("storyboards: %v", boards)
		}
		if n := h.published.Load(); n != 1 {
			t.Errorf("it was published %d times", n)
		}
	})
}

// Of a new file nothing can be made: what there was stays. Tried again with a
// program that works, the kept file takes its place at last.
func TestANewFileThatFailsLeavesTheOldOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first, second := h264(t), other(t)
	h.start()
	v := h.upload(first, nil)
	h.idle()
	old := h.get(v.ID)
	h.stop()
	h.media.Tools.FFmpeg = fakeFFmpeg(t, "echo 'Invalid data found when processing input' >&2; exit 1")
	h.open()
	h.start()
	h.replace(v, second)
	h.until("it failed", func() bool {
		_, n, err := h.jobs.List(t.Context(), job.ListParams{State: job.Failed, Count: 5})
		return err == nil && n == 1
	})
	got := h.get(v.ID)
	if !slices.Equal(names(got), names(old)) || got.State != video.Published || got.Duration != old.Duration {
		t.Errorf("files %v, before %v; state %d, %d s", names(got), names(old), got.State, got.Duration)
	}
	h.consistent(got)
	if steps := h.stepsOf(v.ID); len(steps) == 0 || steps[0].Error == "" {
		t.Errorf("its owner is not told why: %+v", steps)
	}
	h.stop()
	h.media.Tools.FFmpeg = ""
	h.open()
	h.start()
	if err := h.queue.Transcode(t.Context(), v.ID, video.HLS); err != nil {
		t.Fatal(err)
	}
	h.idle()
	again := h.get(v.ID)
	if hls, _ := resolutions(again); !slices.Equal(hls, []int{144, 360}) || again.Duration != 2 {
		t.Errorf("tried again: %v, %d s", hls, again.Duration)
	}
	h.consistent(again)
}

// A stop in the middle of a replacement: at each moment the video has files,
// all of them of one upload.
func TestAReplacementThatIsCutOffIsOldOrNew(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs ffmpeg")
	}
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouseOn(t, db)
		first, second := h264(t), other(t)
		h.start()
		v := h.upload(first, nil)
		h.idle()
		old := h.get(v.ID)
		checkWhole := func(when string) {
			t.Helper()
			got := h.get(v.ID)
			kept := slices.DeleteFunc(names(got), func(n string) bool { return !slices.Contains(names(old), n) })
			if len(got.Files) == 0 || len(kept) != 0 && len(kept) != len(old.Files) || got.State != video.Published {
				t.Errorf("%s: state %d, %v are left of %v beside %v", when, got.State, kept, names(old), names(got))
			}
			h.consistent(got)
		}
		// The encoder is killed with the server the first time.
		flag := filepath.Join(t.TempDir(), "hang")
		if err := os.WriteFile(flag, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		h.stop()
		h.media.Tools.FFmpeg = fakeFFmpeg(t, "test -e "+flag+" && rm "+flag+" && exec sleep 1000")
		h.open()
		h.start()
		h.replace(v, second)
		h.until("the encoder runs", func() bool {
			_, err := os.Stat(flag)
			return err != nil
		})
		checkWhole("in the middle")
		h.stop()
		checkWhole("stopped")
		h.open()
		h.start()
		h.idle()
		checkWhole("done")
		if hls, _ := resolutions(h.get(v.ID)); !slices.Equal(hls, []int{144, 360}) {
			t.Errorf("files %v, want the new ones", hls)
		}
	})
}

// While a video is being worked on its file cannot be replaced again; with the
// work over it can. The owner's quota follows.
func TestTheQuotaFollowsTheNewFile(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouseOn(t, db)
		v := h.upload(h264(t), func(v *video.Video) { v.QuotaBytes = 5000 })
		if _, err := db.Exec(t.Context(), `UPDATE users SET video_quota_used = 5000, video_quota = 6000`); err != nil {
			t.Fatal(err)
		}
		uploads := store.Uploads{DB: db}
		used := func() int64 {
			n, err := sqldb.One(t.Context(), db, sqldb.Value[int64], `SELECT video_quota_used FROM users`)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		for _, tt := range []struct {
			size, used int64
			refused    bool
		}{{1000, 1000, false}, {6000, 6000, false}, {6001, 6000, true}, {2000, 2000, false}} {
			err := uploads.TouchInput(t.Context(), v.ID, tt.size, sqldb.Now())
			if (err != nil) != tt.refused || used() != tt.used {
				t.Errorf("%d bytes: %v, %d used", tt.size, err, used())
			}
		}
		if err := uploads.TouchInput(t.Context(), 99, 1, sqldb.Now()); err == nil {
			t.Error("no video: no error")
		}
		// There is work to do, also where the sound was made apart before.
		for range 2 {
			if err := uploads.AwaitWork(t.Context(), v.ID); err != nil || !video.BeingTranscoded(h.stepsOf(v.ID)) {
				t.Errorf("%v, steps %+v; want one that waits", err, h.stepsOf(v.ID))
			}
			if err := h.steps.Done(t.Context(), v.ID, video.HLS, 0); err != nil || video.BeingTranscoded(h.stepsOf(v.ID)) {
				t.Errorf("%v, steps %+v; want one that is done", err, h.stepsOf(v.ID))
			}
		}
	})
}
