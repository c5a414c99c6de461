package worker_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/job"
	"sepiola/internal/storage/blob"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/worker"
)

func resolutions(v *video.Video) (hls, web []int) {
	for _, f := range v.Files {
		if f.PlaylistID != 0 {
			hls = append(hls, f.Resolution)
		} else {
			web = append(web, f.Resolution)
		}
	}
	slices.Sort(hls)
	slices.Sort(web)
	return hls, web
}

// storyboardCount counts the storyboards that are recorded.
type storyboardCount struct {
	worker.VideoFiles
	put atomic.Int32
}

func (c *storyboardCount) PutStoryboard(ctx context.Context, b video.Storyboard) (string, error) {
	c.put.Add(1)
	return c.VideoFiles.PutStoryboard(ctx, b)
}

func TestAnH264ClipIsPublishedAtOnceAndGetsItsLadder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	boards := &storyboardCount{VideoFiles: h.rows}
	h.media.Rows = boards
	path := h264(t)
	h.start()
	begun := time.Now()
	v := h.upload(path, nil)
	h.until("it is published", func() bool { return h.get(v.ID).State == video.Published })
	t.Logf("published after %v", time.Since(begun))
	if got := h.get(v.ID); len(got.Files) == 0 {
		t.Error("it is published without a file")
	}
	h.idle()
	got := h.get(v.ID)
	if hls, web := resolutions(got); !slices.Equal(hls, []int{144, 240}) || len(web) != 0 {
		t.Errorf("files %v and %v, want 144 and 240 of HLS", hls, web)
	}
	h.consistent(got)
	if got.Duration != 4 || len(got.Thumbnails) != 2 {
		t.Errorf("duration %d, %d thumbnails", got.Duration, len(got.Thumbnails))
	}
	if len(got.Playlist.P2PInfoHashes) != 2 {
		t.Errorf("swarms %v, want 2", got.Playlist.P2PInfoHashes)
	}
	for _, s := range h.stepsOf(v.ID) {
		if s.State != video.TranscodeDone || s.Progress != 100 {
			t.Errorf("step %+v is not done", s)
		}
	}
	if left := h.list(blob.Originals); len(left) != 0 {
		t.Errorf("the original is still there: %v", left)
	}
	if left := h.list(blob.Storyboards); len(left) != 1 {
		t.Errorf("storyboards %v, want one", left)
	}
	if n := boards.put.Load(); n != 1 {
		t.Errorf("the storyboard was made %d times: pages that showed the first have lost it", n)
	}
	if tmp, _ := os.ReadDir(h.disk.Dirs[blob.Tmp]); len(tmp) != 0 {
		t.Errorf("temporary files are left: %v", tmp)
	}
	if n := h.published.Load(); n != 1 {
		t.Errorf("it was published %d times", n)
	}
}

func TestOtherKindsOfFiles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		clip     func(t *testing.T) string
		change   func(h *house)
		hls, web []int
	}{
		{"VP9 is encoded", func(t *testing.T) string {
			t.Helper()
			return clip(t, "clip.webm", "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "300k", "-c:a", "libopus", "-shortest")
		}, nil, []int{144, 240}, nil},
		{"without sound", func(t *testing.T) string {
			return clip(t, "mute.mp4", "-f", "lavfi", "-i", picture, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "50", "-b:v", "300k")
		}, nil, []int{144, 240}, nil},
		{"sound only gets a still picture", func(t *testing.T) string {
			return clip(t, "song.mp3", "-f", "lavfi", "-i", sound)
		}, nil, []int{480}, nil},
		{"progressive files too", h264, func(h *house) { h.settings.WebVideos = true }, []int{144, 240}, []int{144, 240}},
		{"progressive files only", h264, func(h *house) { h.settings.HLS, h.settings.WebVideos = false, true }, nil, []int{144, 240}},
		{"sound apart", h264, func(h *house) { h.settings.Options.SplitAudio = true }, []int{0, 144, 240}, nil},
		{"sound apart, with progressive files", h264, func(h *house) {
			h.settings.Options.SplitAudio, h.settings.WebVideos = true, true
		}, []int{0, 144, 240}, []int{144, 240}},
		{"without transcoding", h264, func(h *house) { h.settings.Transcoding = false }, nil, []int{240}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			if tt.change != nil {
				tt.change(h)
			}
			path := tt.clip(t)
			h.start()
			v := h.upload(path, nil)
			h.idle()
			got := h.get(v.ID)
			if got.State != video.Published {
				t.Fatalf("state %d: %+v", got.State, h.stepsOf(v.ID))
			}
			hls, web := resolutions(got)
			if !slices.Equal(hls, tt.hls) || !slices.Equal(web, tt.web) {
				t.Errorf("files %v and %v, want %v and %v", hls, web, tt.hls, tt.web)
			}
			if tt.name == "sound only gets a still picture" {
				rows, err := h.videos.ByIDs(t.Context(), []video.ID{v.ID})
				if err != nil || rows[v.ID].AspectRatio != video.StillAspectRatio {
					t.Errorf("got %+v, %v, want the aspect ratio of the picture", rows[v.ID], err)
				}
			}
			if strings.HasPrefix(tt.name, "sound apart") {
				for _, f := range got.Files {
					if f.PlaylistID == 0 && !f.HasAudio {
						t.Errorf("the progressive file of %dp is mute", f.Resolution)
					}
				}
				return // the master playlist names the sound twice
			}
			h.consistent(got)
		})
	}
}

func TestItWaitsForTranscodingIfAsked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.settings.KeepOriginal = true
	path := clip(t, "clip.mkv", "-f", "lavfi", "-i", picture, "-c:v", "mpeg4", "-b:v", "600k")
	h.start()
	v := h.upload(path, func(v *video.Video) { v.WaitTranscoding, v.Privacy = true, video.Private })
	h.idle()
	got := h.get(v.ID)
	if got.State != video.Published {
		t.Fatalf("state %d: %+v", got.State, h.stepsOf(v.ID))
	}
	h.consistent(got)
	kept, err := h.rows.KeptSource(t.Context(), v.ID)
	if err != nil || !slices.Equal(h.list(blob.Originals), []string{kept}) {
		t.Errorf("originals %v, the row names %q, %v", h.list(blob.Originals), kept, err)
	}
	// Made again from the kept original, the files are others.
	if err := h.queue.Transcode(t.Context(), v.ID, video.HLS); err != nil {
		t.Fatal(err)
	}
	h.idle()
	again := h.get(v.ID)
	h.consistent(again)
	if again.Files[0].Filename == got.Files[0].Filename || len(again.Files) != len(got.Files) {
		t.Errorf("files were not made anew: %+v", again.Files)
	}
	if n := len(h.list(blob.StreamingPlaylists)); n != 2*len(again.Files)+2 {
		t.Errorf("%d files of HLS are left, want %d: %v", n, 2*len(again.Files)+2, h.list(blob.StreamingPlaylists))
	}
}

func TestWhatIsNoVideoFailsWithAReason(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := filepath.Join(t.TempDir(), "text.mp4")
	if err := os.WriteFile(path, []byte(strings.Repeat("this is text\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	h.start()
	v := h.upload(path, nil)
	h.idle()
	steps := h.stepsOf(v.ID)
	if got := h.get(v.ID); got.State != video.TranscodingFailed || len(steps) != 1 || steps[0].Error == "" || steps[0].State != video.TranscodeFailed {
		t.Errorf("state %d, steps %+v", got.State, steps)
	}
	if rows, n, err := h.jobs.List(t.Context(), job.ListParams{State: job.Failed, Count: 5}); err != nil || n != 1 || rows[0].Attempt != 1 {
		t.Errorf("failed jobs %+v, %v; want one that was tried once", rows, err)
	}
}

// fakeFFmpeg is a program that begins like ffmpeg and then does as the script says.
func fakeFFmpeg(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ffmpeg")
	// Only encodings meet the script: remuxing goes to the real one.
	text := "#!/bin/sh\ncase \"$*\" in *libx264*) " + script + ";; esac\nexec ffmpeg \"$@\"\n"
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPlayableRenditionsSurviveAFailingFFmpeg(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"it fails":         "echo 'Conversion failed!' >&2; exit 1",
		"it is killed":     "kill -9 $$",
		"it hangs":         "exec sleep 1000",
		"it makes nothing": "exit 0",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.media.Tools.FFmpeg = fakeFFmpeg(t, script)
			if name == "it hangs" {
				// Long enough for the copying before it on a busy machine.
				h.media.Tools.Stall = 5 * time.Second
			}
			path := h264(t)
			h.start()
			v := h.upload(path, nil)
			h.until("the encoding failed once", func() bool {
				rows, _, err := h.jobs.List(t.Context(), job.ListParams{Kind: "video-transcoding", Count: 5})
				return err == nil && len(rows) > 1 && rows[0].Error != ""
			})
			got := h.get(v.ID)
			if hls, _ := resolutions(got); got.State != video.Published || !slices.Equal(hls, []int{240}) {
				t.Errorf("state %d, files %v", got.State, hls)
			}
			h.consistent(got)
		})
	}
}

// What ffmpeg refuses to copy, though it looked fine, is encoded.
func TestWhatCannotBeCopiedIsEncoded(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(h *house){
		"HLS":                   func(*house) {},
		"progressive files too": func(h *house) { h.settings.WebVideos = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			change(h)
			ffmpeg := filepath.Join(t.TempDir(), "ffmpeg")
			script := "#!/bin/sh\ncase \"$*\" in *libx264*|*joined*) ;; *copy*hls*) echo 'Invalid data found when processing input' >&2; exit 1;; esac\nexec ffmpeg \"$@\"\n"
			if err := os.WriteFile(ffmpeg, []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
			h.media.Tools.FFmpeg = ffmpeg
			path := h264(t)
			h.start()
			v := h.upload(path, nil)
			h.idle()
			got := h.get(v.ID)
			want := []int{144, 240}
			hls, web := resolutions(got)
			if got.State != video.Published || !slices.Equal(hls, want) || h.settings.WebVideos && !slices.Equal(web, want) {
				t.Errorf("state %d, files %v and %v: %+v", got.State, hls, web, h.stepsOf(v.ID))
			}
			h.consistent(got)
			if _, n, err := h.jobs.List(t.Context(), job.ListParams{State: job.Failed, Count: 5}); err != nil || n != 0 {
				t.Errorf("%d jobs failed, %v", n, err)
			}
		})
	}
}

// Without ffmpeg nothing is lost, the creator is told, and it goes on when the
// program is there.
func TestAMissingFFmpegIsTriedAgain(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{"missing": "", "killed each time": "#!/bin/sh\nkill -9 $$\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.settings.Options.Resolutions = nil
			path := h264(t)
			program := filepath.Join(t.TempDir(), "ffmpeg")
			if script != "" {
				if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			h.media.Tools.FFmpeg = program
			h.start()
			v := h.upload(path, nil)
			h.until("its creator sees a reason", func() bool {
				steps := h.stepsOf(v.ID)
				return len(steps) > 0 && steps[0].State == video.TranscodePending && steps[0].Error != ""
			})
			t.Logf("the creator reads: %s", h.stepsOf(v.ID)[0].Error)
			if got := h.get(v.ID); got.State != video.ToTranscode || len(h.list(blob.Originals)) != 1 {
				t.Errorf("state %d, originals %v", got.State, h.list(blob.Originals))
			}
			real := "#!/bin/sh\nexec ffmpeg \"$@\"\n"
			if err := os.WriteFile(program+".new", []byte(real), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(program+".new", program); err != nil {
				t.Fatal(err)
			}
			h.idle()
			got := h.get(v.ID)
			if got.State != video.Published {
				t.Errorf("state %d: %+v", got.State, h.stepsOf(v.ID))
			}
			for _, s := range h.stepsOf(v.ID) {
				if s.Error != "" {
					t.Errorf("the reason is still there: %+v", s)
				}
			}
			h.consistent(got)
		})
	}
}

func TestAFullDiskIsTriedAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.files.full.Store(true)
	path := h264(t)
	h.start()
	v := h.upload(path, nil)
	h.until("it failed once", func() bool {
		rows, _, err := h.jobs.List(t.Context(), job.ListParams{Count: 5})
		return err == nil && len(rows) > 0 && strings.Contains(rows[0].Error, "disk full")
	})
	if got := h.get(v.ID); got.State != video.ToTranscode || got.Playable() {
		t.Errorf("state %d, files %v", got.State, got.Files)
	}
	h.files.full.Store(false)
	h.idle()
	got := h.get(v.ID)
	if got.State != video.Published {
		t.Errorf("state %d", got.State)
	}
	h.consistent(got)
}

// A stop in the middle of the ladder, and a start: what is made stays.
func TestTheLadderGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	hang := fakeFFmpeg(t, "exec sleep 1000")
	h.media.Tools.FFmpeg = hang
	path := h264(t)
	h.start()
	v := h.upload(path, nil)
	h.until("the encoding runs", func() bool {
		rows, _, err := h.jobs.List(t.Context(), job.ListParams{State: job.Active, Count: 5})
		return err == nil && len(rows) == 1 && strings.Contains(string(rows[0].Args), `"encode"`)
	})
	before := h.get(v.ID)
	h.stop()
	h.media.Tools.FFmpeg = ""
	h.open()
	h.start()
	h.idle()
	got := h.get(v.ID)
	h.consistent(got)
	if hls, _ := resolutions(got); !slices.Equal(hls, []int{144, 240}) {
		t.Errorf("files %v", hls)
	}
	if best, _ := got.Best(); best.Filename != before.Files[0].Filename {
		t.Error("what was made before the restart was made again")
	}
}

func TestACancelledEncodingEnds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.media.Tools.FFmpeg = fakeFFmpeg(t, "exec sleep 1000")
	path := h264(t)
	h.start()
	v := h.upload(path, nil)
	var id int64
	h.until("the encoding runs", func() bool {
		rows, _, err := h.jobs.List(t.Context(), job.ListParams{State: job.Active, Count: 5})
		if err != nil || len(rows) != 1 || !strings.Contains(string(rows[0].Args), `"encode"`) {
			return false
		}
		id = rows[0].ID
		return true
	})
	if err := h.jobs.Cancel(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	h.idle()
	cancelled := 0
	for _, s := range h.stepsOf(v.ID) {
		if s.State == video.TranscodeCancelled {
			cancelled++
		}
	}
	if got := h.get(v.ID); cancelled != 1 || got.State != video.Published {
		t.Errorf("%d steps are cancelled, state %d", cancelled, got.State)
	}
}

func TestANewFileReplacesAllOfTheOldOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.settings.WebVideos, h.settings.Storyboards = true, false
	large, small := h264(t), clip(t, "small.mp4", "-f", "lavfi", "-i", "testsrc2=size=256x144:rate=25:duration=3",
		"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "50", "-b:v", "100k")
	h.start()
	v := h.upload(large, nil)
	h.idle()
	in, err := os.Open(small)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := h.disk.Put(t.Context(), blob.Key{Section: blob.Originals, Name: "new-input.mp4"}, in); err != nil {
		t.Fatal(err)
	}
	if err := h.queue.ProcessUpload(t.Context(), video.ProcessUpload{VideoID: v.ID, Input: "new-input.mp4"}); err != nil {
		t.Fatal(err)
	}
	h.idle()
	got := h.get(v.ID)
	h.consistent(got)
	if hls, web := resolutions(got); !slices.Equal(hls, []int{144}) || !slices.Equal(web, []int{144}) || got.Duration != 3 || got.State != video.Published {
		t.Errorf("files %v and %v, %d s, state %d", hls, web, got.Duration, got.State)
	}
	if left := append(h.list(blob.WebVideos), h.list(blob.Originals)...); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
	if left := h.list(blob.StreamingPlaylists); len(left) != 4 {
		t.Errorf("left: %v", left)
	}
}

func TestAnUploadThatFailedCanBeTriedAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.media.Tools.FFmpeg = fakeFFmpeg(t, "echo 'Invalid data found when processing input' >&2; exit 1")
	path := clip(t, "clip.mkv", "-f", "lavfi", "-i", picture, "-c:v", "mpeg4", "-b:v", "600k")
	h.start()
	v := h.upload(path, nil)
	h.until("it failed", func() bool { return h.get(v.ID).State == video.TranscodingFailed })
	h.stop()
	h.media.Tools.FFmpeg = ""
	h.open()
	h.start()
	if err := h.queue.Transcode(t.Context(), v.ID, video.HLS); err != nil {
		t.Fatal(err)
	}
	h.idle()
	got := h.get(v.ID)
	if got.State != video.Published {
		t.Errorf("state %d: %+v", got.State, h.stepsOf(v.ID))
	}
	h.consistent(got)
}

func TestWorkOnADeletedVideoEnds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	// Encoding it takes minutes: it must still run when the video is deleted.
	path := clip(t, "long.mp4", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=30:duration=10",
		"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "60", "-b:v", "300k")
	h.settings.Options.Resolutions = []int{144, 240}
	h.media.Tools.FFmpeg = fakeFFmpeg(t, `exec ffmpeg -readrate 0.02 "$@"`)
	h.start()
	v := h.upload(path, nil)
	h.until("the encoding runs", func() bool {
		return slices.ContainsFunc(h.stepsOf(v.ID), func(s video.Transcode) bool { return s.State == video.TranscodeRunning })
	})
	if err := h.videos.Delete(t.Context(), v.ID); err != nil {
		t.Fatal(err)
	}
	h.idle() // loses patience long before the encoding would be done
	if left := h.list(blob.Originals); len(left) != 0 {
		t.Errorf("the original is left: %v", left)
	}
}

func TestTheSameOnPostgreSQL(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs ffmpeg")
	}
	h := newHouseOn(t, sqldbtest.Postgres(t))
	h.settings.WebVideos, h.settings.Options.SplitAudio = true, false
	path := h264(t)
	h.start()
	a, b := h.upload(path, nil), h.upload(path, func(v *video.Video) { v.Privacy = video.InternalOnly })
	h.idle()
	h.setPrivacy(a.ID, video.Private)
	h.idle()
	for _, id := range []video.ID{a.ID, b.ID} {
		got := h.get(id)
		if hls, web := resolutions(got); got.State != video.Published || !slices.Equal(hls, []int{144, 240}) || !slices.Equal(web, hls) {
			t.Errorf("state %d, files %v and %v", got.State, hls, web)
		}
		h.consistent(got)
	}
}
