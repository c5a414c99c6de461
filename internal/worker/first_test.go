package worker_test

import (
	"slices"
	"testing"

	"sepiola/internal/domain/video"
	"sepiola/internal/job"
)

// hd is a file that cannot be copied.
func hd(t *testing.T) string {
	t.Helper()
	return clip(t, "clip.mkv", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25:duration=2", "-f", "lavfi", "-i", "sine=duration=2",
		"-c:v", "mpeg4", "-b:v", "2M", "-c:a", "aac")
}

// What cannot be copied can be watched before its best qualities are made,
// and stays so when they fail.
func TestOneQualityComesBeforeTheOthers(t *testing.T) {
	t.Parallel()
	for name, split := range map[string]bool{"together": false, "sound apart": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.settings.Options.Resolutions = []int{144, 360, 480, 720}
			h.settings.Options.SplitAudio = split
			h.media.Tools.FFmpeg = fakeFFmpeg(t, `case "$*" in *720-fragmented*) echo 'Invalid data found when processing input' >&2; exit 1;; esac`)
			path := hd(t)
			h.start()
			v := h.upload(path, nil)
			h.until("the rest has failed", func() bool {
				_, n, err := h.jobs.List(t.Context(), job.ListParams{State: job.Failed, Count: 5})
				return err == nil && n == 1
			})
			got := h.get(v.ID)
			want := []int{360}
			if split {
				want = []int{0, 360}
			}
			if hls, _ := resolutions(got); !slices.Equal(hls, want) || got.State != video.Published {
				t.Errorf("state %d, files %v; want %v, published", got.State, hls, want)
			}
			h.stop()
			h.media.Tools.FFmpeg = ""
			h.open()
			h.start()
			if err := h.queue.Transcode(t.Context(), v.ID, video.HLS); err != nil {
				t.Fatal(err)
			}
			h.idle()
			if hls, _ := resolutions(h.get(v.ID)); !slices.Equal(hls, []int{0, 144, 360, 480, 720}[2-len(want):]) {
				t.Errorf("after another try: %v", hls)
			}
		})
	}
}

// Where publishing waits for the best quality, one run makes them all: that
// costs least.
func TestNothingComesFirstWhenPublishingWaits(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.settings.Options.Resolutions = []int{360, 480, 720}
	h.media.Tools.FFmpeg = fakeFFmpeg(t, `case "$*" in *720-fragmented*) ;; *) echo 'Invalid data found when processing input' >&2; exit 1;; esac`)
	path := hd(t)
	h.start()
	v := h.upload(path, func(v *video.Video) { v.WaitTranscoding = true })
	h.idle()
	if hls, _ := resolutions(h.get(v.ID)); !slices.Equal(hls, []int{360, 480, 720}) {
		t.Errorf("files %v, state %d", hls, h.get(v.ID).State)
	}
}
