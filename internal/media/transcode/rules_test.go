package transcode

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/errs"
	"sepiola/internal/media/ffmpeg"
)

func TestOutputFPS(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name       string
		source     float64
		resolution int
		original   bool
		limit      int
		want       float64
	}{
		{"the original keeps its rate", 120, 1080, true, 60, 120},
		{"a low original too", 60, 360, true, 60, 60},
		{"720p keeps it", 60, 720, false, 60, 60},
		{"below 720p 60 becomes 30", 60, 480, false, 60, 30},
		{"50 becomes 25", 50, 480, false, 60, 25},
		{"48 becomes 24", 48, 480, false, 60, 24},
		{"59.94 becomes 29.97, not 25", 60000. / 1001, 480, false, 60, 30000. / 1001},
		{"40 has no divisor: the least remainder", 40, 480, false, 60, 30},
		{"30 stays", 30, 144, false, 60, 30},
		{"29.97 stays", 30000. / 1001, 144, false, 60, 30000. / 1001},
		{"above the limit", 120, 1080, false, 60, 60},
		{"above the limit, by 50", 100, 1080, false, 60, 50},
		{"a low limit", 60, 1080, false, 30, 30},
		{"a limit that is not usual", 48, 1080, false, 20, 20},
		{"no limit", 240, 1080, false, -1, 240},
		{"at least one", .05, 1080, true, 60, 1},
	}
	for _, c := range cases {
		got := OutputFPS(c.source, c.resolution, c.original, c.limit)
		if d := got - c.want; d > 1e-9 || d < -1e-9 {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestBitrates(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name          string
		width, height int
		fps           float64
		input, want   int64
		limit         int64
	}{
		{"1080p", 1920, 1080, 30, 0, 6_220_800, 10_575_360},
		{"portrait counts the short edge", 1080, 1920, 30, 0, 6_220_800, 10_575_360},
		{"a size between rows takes the lower row", 768, 432, 25, 0, 1_244_160, 2_156_544},
		{"no more than 1.3 times the input", 1920, 1080, 30, 2_000_000, 2_600_000, 10_575_360},
		{"but not below the least", 1920, 1080, 30, 100_000, 1_244_160, 10_575_360},
		{"8K", 7680, 4320, 30, 0, 79_626_240, 139_345_920},
		{"tiny", 64, 36, 10, 0, 4_378, 7_373},
	}
	for _, c := range cases {
		if got := TargetBitrate(c.width, c.height, c.fps, c.input); got != c.want {
			t.Errorf("%s: target %d, want %d", c.name, got, c.want)
		}
		if got := MaxBitrate(c.width, c.height, c.fps); got != c.limit {
			t.Errorf("%s: limit %d, want %d", c.name, got, c.limit)
		}
	}
}

func TestFit(t *testing.T) {
	t.Parallel()
	cases := []struct{ w, h, resolution, wantW, wantH int }{
		{1920, 1080, 480, 854, 480},
		{1080, 1920, 480, 480, 854},
		{768, 432, 240, 426, 240},
		{641, 361, 361, 640, 360},
		{100, 100, 50, 50, 50},
		{1, 1, 1, 2, 2},
		{10000, 10, 10, 10000, 10},
		{8000, 2, 2, 8000, 2},
		{2, 3, 480, 480, 720},
	}
	for _, c := range cases {
		w, h := fit(c.w, c.h, c.resolution)
		if w != c.wantW || h != c.wantH {
			t.Errorf("%dx%d at %d: got %dx%d, want %dx%d", c.w, c.h, c.resolution, w, h, c.wantW, c.wantH)
		}
	}
}

// good is a file that may be copied.
func good() *ffmpeg.Info {
	return &ffmpeg.Info{
		Container: "mov,mp4,m4a,3gp,3g2,mj2",
		Duration:  time.Minute, Size: 10 << 20, Bitrate: 1_400_000,
		Video: &ffmpeg.VideoStream{
			Codec: "h264", PixFmt: "yuv420p", Width: 1280, Height: 720, CodedWidth: 1280, CodedHeight: 720,
			FPS: 30, Bitrate: 1_200_000, FieldOrder: "progressive", SquarePixels: true, BitDepth: 8,
		},
		Audio: []ffmpeg.AudioStream{{Index: 1, Codec: "aac", Profile: "LC", Channels: 2, Layout: "stereo", Bitrate: 128_000, SampleRate: 48_000}},
	}
}

func usual() Options {
	return Options{Resolutions: []int{0, 240, 360, 480, 720, 1080}, AlwaysOriginal: true, MaxFPS: 60, MaxGOP: 4 * time.Second}
}

func TestCanRemux(t *testing.T) {
	t.Parallel()
	if ok, reason := CanRemux(good(), usual()); !ok {
		t.Errorf("a good file: %s", reason)
	}
	mute := good()
	mute.Audio = nil
	if ok, reason := CanRemux(mute, usual()); !ok {
		t.Errorf("without sound: %s", reason)
	}
	for reason, change := range map[string]func(*ffmpeg.Info, *Options){
		"time stamps":     func(i *ffmpeg.Info, _ *Options) { i.Container = "avi" },
		"not h264":        func(i *ffmpeg.Info, _ *Options) { i.Video.Codec = "hevc" },
		"not yuv420p":     func(i *ffmpeg.Info, _ *Options) { i.Video.PixFmt = "yuv422p" },
		"rotated":         func(i *ffmpeg.Info, _ *Options) { i.Video.Rotation = 90 },
		"not square":      func(i *ffmpeg.Info, _ *Options) { i.Video.SquarePixels = false },
		"HDR":             func(i *ffmpeg.Info, _ *Options) { i.Video.HDR = true },
		"interlaced":      func(i *ffmpeg.Info, _ *Options) { i.Video.FieldOrder = "tt" },
		"odd":             func(i *ffmpeg.Info, _ *Options) { i.Video.Height = 719 },
		"frame rate":      func(i *ffmpeg.Info, _ *Options) { i.Video.FPS = 120 },
		"bitrate":         func(i *ffmpeg.Info, _ *Options) { i.Video.Bitrate = 20_000_000 },
		"damaged":         func(i *ffmpeg.Info, _ *Options) { i.DurationCorrected = true },
		"keyframes":       func(_ *ffmpeg.Info, o *Options) { o.MaxGOP = 11 * time.Second },
		"not AAC":         func(i *ffmpeg.Info, _ *Options) { i.Audio[0].Codec = "mp3" },
		"within 384":      func(i *ffmpeg.Info, _ *Options) { i.Audio[0].Bitrate = 500_000 },
		"sound is not":    func(i *ffmpeg.Info, _ *Options) { i.Audio[0].Layout = "quad" },
		"no picture":      func(i *ffmpeg.Info, _ *Options) { i.Video = nil },
		"keyframes are ":  func(_ *ffmpeg.Info, o *Options) { o.MaxGOP = 0 },
		"the frame rate ": func(i *ffmpeg.Info, _ *Options) { i.Video.FPS = 1 },
	} {
		info, o := good(), usual()
		change(info, &o)
		if ok, got := CanRemux(info, o); ok || !strings.Contains(got, reason) {
			t.Errorf("%s: got %v, %q", reason, ok, got)
		}
	}
}

// brief describes rungs in short.
func brief(rungs []Rung) string {
	var all []string
	for _, r := range rungs {
		s := strings.TrimSuffix(rate(r.FPS), "/1001") + "@" + itoa(r.Width) + "x" + itoa(r.Height)
		if !r.HasVideo {
			s = "audio"
		}
		if r.CopyVideo {
			s += " copy"
		}
		if !r.HasAudio {
			s += " mute"
		}
		all = append(all, s)
	}
	return strings.Join(all, ", ")
}

func TestPlan(t *testing.T) {
	t.Parallel()
	change := func(f func(*ffmpeg.Info, *Options)) func() (*ffmpeg.Info, Options) {
		return func() (*ffmpeg.Info, Options) {
			i, o := good(), usual()
			f(i, &o)
			return i, o
		}
	}
	cases := []struct {
		name          string
		make          func() (*ffmpeg.Info, Options)
		remux, ladder string
	}{
		{
			"a good file is copied, the rest encoded", change(func(*ffmpeg.Info, *Options) {}),
			"30@1280x720 copy, audio", "30@854x480, 30@640x360, 30@426x240",
		},
		{
			"without audio-only", change(func(_ *ffmpeg.Info, o *Options) { o.Resolutions = []int{480} }),
			"30@1280x720 copy", "30@854x480",
		},
		{
			"for podcasts", change(func(_ *ffmpeg.Info, o *Options) { o.Resolutions, o.PodcastAudio = nil, true }),
			"30@1280x720 copy, audio", "",
		},
		{
			"with the sound apart", change(func(_ *ffmpeg.Info, o *Options) { o.Resolutions, o.SplitAudio = []int{480}, true }),
			"30@1280x720 copy mute, audio", "30@854x480 mute",
		},
		{
			"what cannot be copied is encoded at its own resolution first", change(func(i *ffmpeg.Info, _ *Options) { i.Video.Codec = "vp9" }),
			"", "30@1280x720, 30@854x480, 30@640x360, 30@426x240, audio",
		},
		{
			"a resolution that is not enabled, not kept", change(func(_ *ffmpeg.Info, o *Options) { o.AlwaysOriginal, o.Resolutions = false, []int{480, 360} }),
			"", "30@854x480, 30@640x360",
		},
		{"a resolution below all enabled is kept", change(func(_ *ffmpeg.Info, o *Options) {
			o.AlwaysOriginal, o.Resolutions = false, []int{1080}
		}), "30@1280x720 copy", ""},
		{
			"an enabled resolution, copied", change(func(_ *ffmpeg.Info, o *Options) { o.AlwaysOriginal, o.Resolutions = false, []int{720, 480} }),
			"30@1280x720 copy", "30@854x480",
		},
		{"portrait", change(func(i *ffmpeg.Info, o *Options) {
			i.Video.Width, i.Video.Height, i.Video.Rotation, o.Resolutions = 720, 1280, 90, []int{480}
		}), "", "30@720x1280, 30@480x854"},
		{
			"odd edges", change(func(i *ffmpeg.Info, o *Options) { i.Video.Width, i.Video.Height, o.Resolutions = 641, 361, []int{240} }),
			"", "30@640x360, 30@426x240",
		},
		{
			"no sound", change(func(i *ffmpeg.Info, o *Options) { i.Audio, o.SplitAudio, o.Resolutions = nil, true, []int{0, 480} }),
			"30@1280x720 copy mute", "30@854x480 mute",
		},
		{
			"sixty frames", change(func(i *ffmpeg.Info, o *Options) {
				i.Video.FPS, i.Video.Bitrate, o.Resolutions = 60, 2_000_000, []int{480, 360}
			}),
			"60@1280x720 copy", "30@854x480, 30@640x360",
		},
		{
			"the same resolution twice", change(func(_ *ffmpeg.Info, o *Options) { o.Resolutions = []int{480, 480} }),
			"30@1280x720 copy", "30@854x480",
		},
		{
			"sound only", change(func(i *ffmpeg.Info, _ *Options) { i.Video = nil }),
			"", "25@854x480, audio",
		},
	}
	for _, c := range cases {
		p, err := NewPlan(c.make())
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := brief(p.Remux); got != c.remux {
			t.Errorf("%s: remux %q, want %q", c.name, got, c.remux)
		}
		if got := brief(p.Ladder); got != c.ladder {
			t.Errorf("%s: ladder %q, want %q", c.name, got, c.ladder)
		}
	}
	if _, err := NewPlan(&ffmpeg.Info{}, usual()); !errs.Is(err, errs.Unprocessable) {
		t.Errorf("neither picture nor sound: got %v", err)
	}
}

func TestPlanTellsWhatItDecided(t *testing.T) {
	t.Parallel()
	info := good()
	info.Video.HDR, info.Video.Variable = true, true
	info.Audio = append(info.Audio, info.Audio[0])
	info.Audio[1].Default = true
	p, err := NewPlan(info, usual())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"of 2 sound tracks number 2 is used",
		"HDR is only reduced to 8 bits: this ffmpeg has no zscale and tonemap filters",
		"frames are uneven: made even at 30 a second",
		"encoded anew: the picture is HDR",
	}
	if diff := cmp.Diff(want, p.Notes); diff != "" || p.Audio != 1 || p.ToneMap {
		t.Errorf("sound %d, tone map %v, notes:\n%s", p.Audio, p.ToneMap, diff)
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	for fps, want := range map[float64]string{
		25: "25", 30000. / 1001: "30000/1001", 24000. / 1001: "24000/1001", 60000. / 1001: "60000/1001", 12.5: "12.5", 29.833333333: "29.833", 1: "1",
	} {
		if got := rate(fps); got != want {
			t.Errorf("%v: got %s, want %s", fps, got, want)
		}
	}
}
