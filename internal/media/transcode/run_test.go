package transcode_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sepiola/internal/errs"
	"sepiola/internal/media/ffmpeg"
	"sepiola/internal/media/hls"
	"sepiola/internal/media/image"
	"sepiola/internal/media/transcode"
)

// clip makes a small file with ffmpeg; args come before its name.
func clip(t testing.TB, name string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	args = append([]string{"-hide_banner", "-loglevel", "error", "-nostdin", "-y"}, args...)
	if out, err := exec.Command("ffmpeg", append(args, path)...).CombinedOutput(); err != nil {
		t.Fatalf("these tests need ffmpeg: %v\n%s", err, out)
	}
	return path
}

const x264 = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p"

func lavfi(video, audio string) []string {
	var args []string
	for _, in := range []string{video, audio} {
		if in != "" {
			args = append(args, "-f", "lavfi", "-i", in)
		}
	}
	return args
}

func words(s string) []string { return strings.Fields(s) }

// planned probes a file and plans it.
func planned(t testing.TB, tools *ffmpeg.Tools, path string, o transcode.Options) *transcode.Plan {
	t.Helper()
	ctx := context.Background()
	info, err := tools.Probe(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	if o.MaxGOP, err = tools.MaxGOP(ctx, path, info); err != nil {
		t.Fatal(err)
	}
	if o.Capabilities, err = tools.Capabilities(ctx); err != nil {
		t.Fatal(err)
	}
	p, err := transcode.NewPlan(info, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// playable fails the test unless every rendition is what it claims to be.
func playable(t *testing.T, tools *ffmpeg.Tools, list []transcode.Rendition) {
	t.Helper()
	for _, r := range list {
		info, err := tools.Probe(context.Background(), r.Media)
		if err != nil {
			t.Errorf("%dp: %v", r.Rung.Resolution, err)
			continue
		}
		if (info.Video != nil) != r.HasVideo || (len(info.Audio) == 1) != r.HasAudio {
			t.Errorf("%dp: picture %v, %d sound tracks; want %+v", r.Rung.Resolution, info.Video != nil, len(info.Audio), r.Rung)
		}
		if v := info.Video; v != nil && (v.Codec != "h264" || v.PixFmt != "yuv420p" || v.Width != r.Width || v.Height != r.Height || v.Rotation != 0) {
			t.Errorf("%dp: got %+v; want %dx%d", r.Rung.Resolution, v, r.Width, r.Height)
		}
		if len(info.Audio) > 0 && info.Audio[0].Codec != "aac" {
			t.Errorf("%dp: the sound is %s", r.Rung.Resolution, info.Audio[0].Codec)
		}
		if d := info.Duration - r.Duration; d > 300*time.Millisecond || d < -300*time.Millisecond {
			t.Errorf("%dp: plays %v, its playlist %v", r.Rung.Resolution, info.Duration, r.Duration)
		}
		if out, err := exec.Command("ffmpeg", "-v", "error", "-xerror", "-i", r.Playlist, "-f", "null", "-").CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%dp does not play: %v %s", r.Rung.Resolution, err, out)
		}
		codecs(t, r)
	}
}

func codecs(t *testing.T, r transcode.Rendition) {
	t.Helper()
	f, err := os.Open(r.Media)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c, err := hls.ReadCodecs(f)
	if err != nil || strings.HasPrefix(c.Video, "avc1.") != r.HasVideo || (c.Audio == "mp4a.40.2") != r.HasAudio {
		t.Errorf("%dp: codecs %+v, %v", r.Rung.Resolution, c, err)
	}
}

func TestFilesBecomeRenditions(t *testing.T) {
	t.Parallel()
	const sound = "sine=d=5"
	cases := []struct {
		name          string
		file          string
		args          []string
		options       transcode.Options
		remux, ladder []int
	}{
		{
			"H.264 and AAC", "a.mp4", append(lavfi("testsrc2=s=320x180:r=25:d=5", sound), words(x264+" -b:v 200k -maxrate 200k -bufsize 200k -c:a aac")...),
			transcode.Options{Resolutions: []int{0, 144}, AlwaysOriginal: true, MaxFPS: 60},
			[]int{180, 0},
			[]int{144},
		},
		{
			"VP8 and Vorbis, the sound apart", "a.webm", append(lavfi("testsrc2=s=160x120:r=15:d=5", sound), words("-c:v libvpx -deadline realtime -c:a libvorbis")...),
			transcode.Options{SplitAudio: true, AlwaysOriginal: true},
			nil,
			[]int{120, 0},
		},
		{
			"odd edges, no sound, uneven frames", "a.mkv", append(lavfi("testsrc2=s=161x91:r=30:d=5", ""), words("-vf select='mod(n\\,3)+lt(t\\,2)' -vsync vfr -c:v ffv1")...),
			transcode.Options{Resolutions: []int{48}, AlwaysOriginal: true},
			nil,
			[]int{90, 48},
		},
		{
			"sixty frames, below 720p", "a.mp4", append(lavfi("testsrc2=s=240x320:r=60:d=5", ""), words(x264+" -qp 1")...),
			transcode.Options{Resolutions: []int{144}, AlwaysOriginal: true, MaxFPS: 60},
			nil,
			[]int{240, 144},
		},
		{
			"H.264 and AAC in a transport stream", "a.ts", append(lavfi("testsrc2=s=320x180:r=25:d=5", sound), words(x264+" -b:v 150k -maxrate 150k -bufsize 150k -g 50 -c:a aac")...),
			transcode.Options{Resolutions: []int{0, 48}, AlwaysOriginal: true},
			[]int{180, 0},
			[]int{48},
		},
		{
			"H.264 and AAC in Matroska", "a.mkv", append(lavfi("testsrc2=s=320x180:r=25:d=5", sound), words(x264+" -b:v 150k -maxrate 150k -bufsize 150k -g 50 -c:a aac")...),
			transcode.Options{AlwaysOriginal: true},
			[]int{180},
			nil,
		},
		{
			"H.264 in an AVI, which has no time stamps", "a.avi", append(lavfi("testsrc2=s=160x90:r=25:d=5", ""), words("-c:v libx264 -pix_fmt yuv420p -bf 3 -crf 40")...),
			transcode.Options{AlwaysOriginal: true},
			nil,
			[]int{90},
		},
		{
			"HDR that does not say its primaries", "b.mkv", append(lavfi("testsrc2=s=97x63:r=10:d=5", ""), words("-pix_fmt yuv420p10le -c:v ffv1 -color_trc arib-std-b67")...),
			transcode.Options{AlwaysOriginal: true},
			nil,
			[]int{62},
		},
		{
			"interlaced MPEG-2", "a.ts", append(lavfi("testsrc2=s=160x96:r=25:d=5", sound), words("-c:v mpeg2video -flags +ildct+ilme -top 1 -vf setfield=tff -c:a mp2")...),
			transcode.Options{AlwaysOriginal: true},
			nil,
			[]int{96},
		},
		{
			"a single frame", "a.mp4", append(lavfi("testsrc2=s=64x64:r=25", ""), words("-frames:v 1 -pix_fmt yuv444p -c:v libx264")...),
			transcode.Options{AlwaysOriginal: true},
			nil,
			[]int{64},
		},
		{
			"HDR", "a.mkv", append(lavfi("testsrc2=s=96x64:r=10:d=5", ""), words("-pix_fmt yuv420p10le -c:v libx265 -x265-params log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc -color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc")...),
			transcode.Options{AlwaysOriginal: true},
			nil,
			[]int{64},
		},
		{
			"several sound tracks", "a.mkv", append(lavfi("testsrc2=s=64x64:r=10:d=5", sound), words("-map 0:v -map 1:a -map 1:a "+x264+" -c:a libmp3lame -disposition:a:1 default")...),
			transcode.Options{AlwaysOriginal: true},
			nil,
			[]int{64},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tools := &ffmpeg.Tools{Threads: 1, Nice: 5}
			path := clip(t, c.file, c.args...)
			p := planned(t, tools, path, c.options)
			if got := resolutions(p.Remux); !slices.Equal(got, c.remux) {
				t.Errorf("remux %v, want %v (%q)", got, c.remux, p.Notes)
			}
			if got := resolutions(p.Ladder); !slices.Equal(got, c.ladder) {
				t.Errorf("ladder %v, want %v (%q)", got, c.ladder, p.Notes)
			}
			tr := &transcode.Transcoder{Tools: tools, Log: slog.New(slog.DiscardHandler)}
			last := 0.0
			job := transcode.Job{Plan: p, Input: path, Dir: t.TempDir(), Progress: func(done float64, _ ffmpeg.Progress) { last = done }}
			copied, err := tr.Remux(context.Background(), job)
			if err != nil {
				t.Fatal(err)
			}
			encoded, err := tr.Ladder(context.Background(), job)
			if err != nil {
				t.Fatal(err)
			}
			if len(copied)+len(encoded) > 0 && last != 1 {
				t.Errorf("progress ended at %v", last)
			}
			playable(t, tools, append(copied, encoded...))
		})
	}
}

func resolutions(rungs []transcode.Rung) []int {
	var list []int
	for _, r := range rungs {
		list = append(list, r.Resolution)
	}
	return list
}

func TestRungsAreCutAtTheSameMoments(t *testing.T) {
	t.Parallel()
	tools := &ffmpeg.Tools{Threads: 1}
	path := clip(t, "a.mkv", append(lavfi("testsrc2=s=160x90:r=50:d=11", ""), words("-c:v mpeg4")...)...)
	p := planned(t, tools, path, transcode.Options{Resolutions: []int{48, 64}, AlwaysOriginal: true})
	list, err := (&transcode.Transcoder{Tools: tools, Log: slog.New(slog.DiscardHandler)}).Ladder(context.Background(), transcode.Job{Plan: p, Input: path, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		b, err := os.ReadFile(r.Playlist)
		if err != nil {
			t.Fatal(err)
		}
		m, err := hls.ParseMedia(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Segments) != 3 || m.Segments[0].Duration != 4 || m.Segments[1].Duration != 4 {
			t.Errorf("%dp: segments %+v", r.Rung.Resolution, m.Segments)
		}
		if string(m.Bytes()) != string(b) {
			t.Errorf("%dp: ffmpeg's playlist is not written again as it was:\n%s\n%s", r.Rung.Resolution, b, m.Bytes())
		}
	}
}

func TestSoundGetsAStillPicture(t *testing.T) {
	t.Parallel()
	tools := &ffmpeg.Tools{Threads: 1}
	path := clip(t, "a.mp3", append(lavfi("", "sine=d=6"), "-c:a", "libmp3lame")...)
	dir := t.TempDir()
	still := filepath.Join(t.TempDir(), "still.png")
	f, err := os.Create(still)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, image.AudioStill(image.Size{Width: 640, Height: 360}, "x")); err != nil {
		t.Fatal(err)
	}
	f.Close()
	p := planned(t, tools, path, transcode.Options{PodcastAudio: true})
	tr := &transcode.Transcoder{Tools: tools, Log: slog.New(slog.DiscardHandler)}
	if _, err := tr.Ladder(context.Background(), transcode.Job{Plan: p, Input: path, Dir: dir}); !errs.Is(err, errs.Invalid) {
		t.Errorf("without a picture: got %v, want Invalid", err)
	}
	list, err := tr.Ladder(context.Background(), transcode.Job{Plan: p, Input: path, Picture: still, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	playable(t, tools, list)
	if len(list) != 2 || list[0].Duration < 5900*time.Millisecond || list[0].Duration > 6200*time.Millisecond {
		t.Errorf("got %+v", list)
	}
}

func TestWebVideoIsMadeWithoutEncoding(t *testing.T) {
	t.Parallel()
	tools := &ffmpeg.Tools{Threads: 1}
	path := clip(t, "a.mkv", append(lavfi("testsrc2=s=96x64:r=10:d=5", "sine=d=5"), words("-c:v mpeg4 -c:a libmp3lame")...)...)
	p := planned(t, tools, path, transcode.Options{SplitAudio: true, AlwaysOriginal: true})
	tr := &transcode.Transcoder{Tools: tools, Log: slog.New(slog.DiscardHandler)}
	list, err := tr.Ladder(context.Background(), transcode.Job{Plan: p, Input: path, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	dst := filepath.Join(t.TempDir(), "web.mp4")
	size, err := tr.WebVideo(context.Background(), list[0], &list[1], dst)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(dst)
	if err != nil {
		t.Fatal(err)
	}
	if int64(len(b)) != size || bytes.Index(b, []byte("moov")) > bytes.Index(b, []byte("mdat")) {
		t.Errorf("%d bytes of %d, index at %d, data at %d", len(b), size, bytes.Index(b, []byte("moov")), bytes.Index(b, []byte("mdat")))
	}
	info, err := tools.Probe(context.Background(), dst)
	if err != nil || info.Video == nil || len(info.Audio) != 1 || strings.Contains(info.Container, "matroska") {
		t.Errorf("got %+v, %v", info, err)
	}
	if _, err := tr.WebVideo(context.Background(), list[0], nil, dst); !errs.Is(err, errs.Conflict) {
		t.Errorf("a second time: got %v, want Conflict", err)
	}
}

// Where not a byte can be written, ffmpeg's HLS muxer reports success.
func TestFullDiskIsNoticed(t *testing.T) {
	t.Parallel()
	tools := &ffmpeg.Tools{Threads: 1}
	path := clip(t, "a.mp4", append(lavfi("testsrc2=s=320x180:r=25:d=5", ""), words(x264)...)...)
	p := planned(t, tools, path, transcode.Options{Resolutions: []int{144}, AlwaysOriginal: true})
	for name, file := range map[string]string{"the media file": "144-fragmented.mp4", "the playlist": "144.m3u8"} {
		dir := t.TempDir()
		if err := os.Symlink("/dev/full", filepath.Join(dir, file)); err != nil {
			t.Skip(err)
		}
		tr := &transcode.Transcoder{Tools: tools, Log: slog.New(slog.DiscardHandler)}
		_, err := tr.Ladder(context.Background(), transcode.Job{Plan: p, Input: path, Dir: dir, Rungs: p.Ladder[len(p.Ladder)-1:]})
		if !errs.Is(err, errs.Unavailable) {
			t.Errorf("%s: got %v, want Unavailable", name, err)
		}
	}
}

func TestACancelledRunIsCutOff(t *testing.T) {
	t.Parallel()
	tools := &ffmpeg.Tools{Threads: 1}
	path := clip(t, "a.mkv", append(lavfi("testsrc2=s=640x360:r=25:d=20", ""), words("-c:v mpeg4")...)...)
	p := planned(t, tools, path, transcode.Options{AlwaysOriginal: true})
	ctx, cancel := context.WithCancel(context.Background())
	_, err := (&transcode.Transcoder{Tools: tools, Log: slog.New(slog.DiscardHandler)}).Ladder(ctx, transcode.Job{
		Plan: p, Input: path, Dir: t.TempDir(),
		Progress: func(float64, ffmpeg.Progress) { cancel() },
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
}

// BenchmarkLadder compares one process for all rungs with one for each.
func BenchmarkLadder(b *testing.B) {
	tools := &ffmpeg.Tools{}
	path := clip(b, "a.mp4", append(lavfi("testsrc2=s=1280x720:r=30:d=10,noise=alls=6:allf=t", "sine=d=10"), words(x264+" -crf 20 -c:a aac")...)...)
	p := planned(b, tools, path, transcode.Options{Resolutions: []int{144, 240, 360, 480}, AlwaysOriginal: true})
	rungs := slices.DeleteFunc(slices.Concat(p.Remux, p.Ladder), func(r transcode.Rung) bool { return r.CopyVideo || r.Original })
	tr := &transcode.Transcoder{Tools: tools, Log: slog.New(slog.DiscardHandler)}
	run := func(b *testing.B, groups ...[]transcode.Rung) {
		before := childCPU()
		for range b.N {
			for i, g := range groups {
				dir := filepath.Join(b.TempDir(), fmt.Sprint(i))
				if err := os.MkdirAll(dir, 0o755); err != nil {
					b.Fatal(err)
				}
				if _, err := tr.Ladder(context.Background(), transcode.Job{Plan: p, Input: path, Dir: dir, Rungs: g}); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric((childCPU()-before).Seconds()/float64(b.N), "cpu-s/op")
	}
	b.Run("one process", func(b *testing.B) { run(b, rungs) })
	b.Run("one process a rung", func(b *testing.B) { run(b, slices.Collect(slices.Chunk(rungs, 1))...) })
}
