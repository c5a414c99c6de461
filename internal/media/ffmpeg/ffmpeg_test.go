package ffmpeg_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/errs"
	"sepiola/internal/media/ffmpeg"
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

// scene is two seconds of picture and sound.
func scene(t testing.TB, name string, args ...string) string {
	return clip(t, name, append([]string{
		"-f", "lavfi", "-i", "testsrc2=s=160x90:r=10:d=2",
		"-f", "lavfi", "-i", "sine=d=2", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac",
	}, args...)...)
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestProbeDescribesAFile(t *testing.T) {
	t.Parallel()
	path := scene(t, "a.mp4", "-metadata", "title=x", "-movflags", "+faststart")
	info, err := new(ffmpeg.Tools).Probe(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	v := info.Video
	if v == nil || v.Codec != "h264" || v.Width != 160 || v.Height != 90 || v.FPS != 10 || v.Variable || v.BitDepth != 8 {
		t.Errorf("picture: got %+v", v)
	}
	if len(info.Audio) != 1 || info.Audio[0].Codec != "aac" || info.Audio[0].Channels != 1 {
		t.Errorf("sound: got %+v", info.Audio)
	}
	if d := info.Duration.Seconds(); d < 1.9 || d > 2.2 || info.DurationCorrected {
		t.Errorf("duration: got %v", info.Duration)
	}
	var raw struct {
		Streams []map[string]any `json:"streams"`
		Format  map[string]any   `json:"format"`
		Chapter []any            `json:"chapters"`
	}
	if err := json.Unmarshal(info.Raw, &raw); err != nil {
		t.Fatal(err)
	}
	if _, ok := raw.Format["filename"]; ok || raw.Format["nb_streams"] != 2.0 || raw.Format["size"] != float64(info.Size) {
		t.Errorf("raw format: got %v", raw.Format)
	}
	if s := raw.Streams[0]; s["is_avc"] != "true" || s["bits_per_raw_sample"] != 8.0 || s["nb_read_frames"] != "N/A" || raw.Chapter == nil {
		t.Errorf("raw stream: got %v", s)
	}
}

func TestProbeMeasuresBitratesThatAreNotSaid(t *testing.T) {
	t.Parallel()
	info, err := new(ffmpeg.Tools).Probe(context.Background(), scene(t, "a.mkv", "-b:a", "64k"))
	if err != nil {
		t.Fatal(err)
	}
	if b := info.Audio[0].Bitrate; b < 30_000 || b > 100_000 {
		t.Errorf("sound in Matroska: got %d bits/s", b)
	}
}

func TestProbeSeesOrientationAndShape(t *testing.T) {
	t.Parallel()
	flat := scene(t, "a.mp4", "-vf", "setsar=2")
	rotated := rotate(t, flat)
	for name, c := range map[string]struct {
		path          string
		width, height int
		rotation      int
	}{
		"pixels that are not square": {flat, 320, 90, 0},
		"rotated too":                {rotated, 90, 320, 90},
	} {
		info, err := new(ffmpeg.Tools).Probe(context.Background(), c.path)
		if err != nil {
			t.Fatal(err)
		}
		if v := info.Video; v.Width != c.width || v.Height != c.height || v.Rotation != c.rotation || v.SquarePixels {
			t.Errorf("%s: got %dx%d rotated by %d", name, v.Width, v.Height, v.Rotation)
		}
	}
}

// rotate is the file with a clockwise quarter turn in its container.
func rotate(t *testing.T, path string) string {
	c, err := new(ffmpeg.Tools).Check(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if c.Major >= 6 {
		return clip(t, "r.mp4", "-display_rotation", "-90", "-i", path, "-c", "copy")
	}
	return clip(t, "r.mp4", "-i", path, "-c", "copy", "-metadata:s:v", "rotate=270")
}

// cut is the file without its last part.
func cut(t *testing.T, path string, keep float64) string {
	b := read(t, path)
	return write(t, "cut"+filepath.Ext(path), string(b[:int(float64(len(b))*keep)]))
}

func TestProbeRefusesWhatIsNotMedia(t *testing.T) {
	t.Parallel()
	secret := write(t, "secret.mp4", "x")
	good := scene(t, "good.mp4")
	cases := map[string]struct{ path, reason string }{
		"a text file":                     {write(t, "a.mp4", strings.Repeat("hello, this is text\n", 100)), "not a video"},
		"nothing at all":                  {write(t, "b.mp4", ""), "empty"},
		"random bytes":                    {write(t, "c.mkv", strings.Repeat("\x00\x9f\x3b", 5000)), "not a video"},
		"an MP4 without its end":          {cut(t, good, .7), "incomplete"},
		"a playlist":                      {write(t, "d.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile://"+secret+"\n#EXT-X-ENDLIST\n"), "not accepted"},
		"a list to concatenate":           {write(t, "e.mkv", "ffconcat version 1.0\nfile "+good+"\n"), "not accepted"},
		"a DASH manifest":                 {write(t, "f.mkv", `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-main:2011"><Period><AdaptationSet><Representation><BaseURL>http://127.0.0.1/x</BaseURL></Representation></AdaptationSet></Period></MPD>`), "not "},
		"a session description":           {write(t, "g.mp4", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"), "not "},
		"a still picture":                 {clip(t, "h.png", "-f", "lavfi", "-i", "color=s=16x16", "-frames:v", "1"), "not "},
		"a subtitle file":                 {write(t, "i.mp4", "1\n00:00:00,000 --> 00:00:01,000\nhi\n\n"), "not "},
		"a picture of absurd dimensions":  {bomb(t, good), "too large"},
		"a header without packets behind": {emptyFragmented(t), "no picture or sound"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := new(ffmpeg.Tools).Probe(context.Background(), c.path)
			if !errs.Is(err, errs.Unprocessable) || !strings.Contains(errs.As(err).Msg, c.reason) {
				t.Fatalf("got %+v, %v; want a refusal with %q", info, err, c.reason)
			}
			if strings.Contains(errs.As(err).Msg, os.TempDir()) {
				t.Errorf("the message tells a path: %s", errs.As(err).Msg)
			}
		})
	}
}

// bomb is the clip with 60,000 x 60,000 pixels in its sample description.
func bomb(t *testing.T, path string) string {
	b := bytes.Clone(read(t, path))
	at := bytes.Index(b, []byte("avc1\x00\x00\x00\x00\x00\x00\x00\x01"))
	if at < 0 {
		t.Fatal("no sample description")
	}
	binary.BigEndian.PutUint16(b[at+4+24:], 60_000)
	binary.BigEndian.PutUint16(b[at+4+26:], 60_000)
	// ffprobe prefers the size in the parameter sets: make these unreadable.
	sps := bytes.Index(b, []byte("avcC"))
	copy(b[sps-4:], []byte{0, 0, 0, byte(0x10)})
	copy(b[sps:], "free")
	return write(t, "bomb.mp4", string(b))
}

// emptyFragmented is a fragmented MP4 with only its header.
func emptyFragmented(t *testing.T) string {
	path := scene(t, "f.mp4", "-movflags", "+frag_keyframe+empty_moov+default_base_moof")
	b := read(t, path)
	at := bytes.Index(b, []byte("moof"))
	if at < 0 {
		t.Fatal("no fragment")
	}
	return write(t, "header.mp4", string(b[:at-4]))
}

func TestProbeDoesNotBelieveHeaders(t *testing.T) {
	t.Parallel()
	long := clip(t, "long.mp4", "-f", "lavfi", "-i", "testsrc2=s=64x36:r=5:d=600", "-c:v", "libx264", "-preset", "ultrafast", "-g", "5", "-movflags", "+faststart")
	webm := bytes.Clone(read(t, scene(t, "a.mkv")))
	at := bytes.Index(webm, []byte{0x44, 0x89, 0x88}) // Duration, 8 bytes
	if at < 0 {
		t.Fatal("no duration element")
	}
	copy(webm[at+3:], []byte{0x41, 0x6b, 0x77, 0x40, 0, 0, 0, 0}) // 14,400,000 ms
	cases := map[string]struct {
		path     string
		from, to float64
	}{
		"an MP4 of ten minutes with a tenth of its data": {cut(t, long, .12), 1, 120},
		"a Matroska of four hours with two seconds":      {write(t, "lie.mkv", string(webm)), 1.9, 2.2},
	}
	for name, c := range cases {
		info, err := new(ffmpeg.Tools).Probe(context.Background(), c.path)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := info.Duration.Seconds(); d < c.from || d > c.to || !info.DurationCorrected {
			t.Errorf("%s: got %v, corrected %v; want %v to %v s", name, info.Duration, info.DurationCorrected, c.from, c.to)
		}
	}
}

func TestCoverArtIsNoPicture(t *testing.T) {
	t.Parallel()
	path := clip(t, "a.mp3", "-f", "lavfi", "-i", "sine=d=1", "-f", "lavfi", "-i", "color=s=32x32:d=1", "-map", "0", "-map", "1",
		"-frames:v", "1", "-c:v", "mjpeg", "-disposition:v", "attached_pic", "-id3v2_version", "3")
	info, err := new(ffmpeg.Tools).Probe(context.Background(), path)
	if err != nil || info.Video != nil || info.Cover == nil || len(info.Audio) != 1 {
		t.Errorf("got %+v, %v", info, err)
	}
}

func TestMaxGOP(t *testing.T) {
	t.Parallel()
	path := clip(t, "a.mp4", "-f", "lavfi", "-i", "testsrc2=s=64x36:r=10:d=12", "-c:v", "libx264", "-g", "70", "-keyint_min", "70", "-sc_threshold", "0")
	tools := new(ffmpeg.Tools)
	info, err := tools.Probe(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := tools.MaxGOP(context.Background(), path, info)
	if err != nil || got < 6900*time.Millisecond || got > 7100*time.Millisecond {
		t.Errorf("got %v, %v; want 7 s", got, err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	c, err := new(ffmpeg.Tools).Check(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if c.Version == "" || !c.Encoders["libx264"] || !c.Encoders["aac"] || !c.Filters["scale"] || c.Filters["="] {
		t.Errorf("got %+v", c)
	}
}

func TestMissingProgram(t *testing.T) {
	t.Parallel()
	tools := &ffmpeg.Tools{FFmpeg: "/nonexistent/ffmpeg", FFprobe: write(t, "ffprobe", "not a program")}
	_, err := tools.Check(context.Background())
	errRun := tools.Run(context.Background(), ffmpeg.Command{})
	_, errProbe := tools.Probe(context.Background(), write(t, "a.mp4", "x"))
	for name, err := range map[string]error{"Check": err, "Run": errRun, "Probe": errProbe} {
		if !errs.Is(err, errs.Unavailable) || !errors.Is(err, ffmpeg.ErrMissing) || !strings.Contains(errs.As(err).Msg, "install") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// fake is a program that is not ffmpeg.
func fake(t *testing.T, script string) *ffmpeg.Tools {
	return &ffmpeg.Tools{FFmpeg: write(t, "ffmpeg", "#!/bin/sh\n"+script+"\n")}
}

func TestRunTellsFaultsApart(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		script string
		stall  time.Duration
		limit  time.Duration
		want   error
		kind   errs.Kind
	}{
		"it hangs":                    {"sleep 60 & sleep 60", 200 * time.Millisecond, 0, ffmpeg.ErrStalled, errs.Unprocessable},
		"it reports without progress": {"while :; do printf 'frame=1\\nprogress=continue\\n' >&3; sleep 0.05; done", 300 * time.Millisecond, 0, ffmpeg.ErrStalled, errs.Unprocessable},
		"it takes too long":           {"sleep 60", 0, 200 * time.Millisecond, ffmpeg.ErrTimeout, errs.Unprocessable},
		"it is killed":                {"kill -9 $$", 0, 0, ffmpeg.ErrKilled, errs.Unavailable},
		"it crashes":                  {"kill -SEGV $$", 0, 0, ffmpeg.ErrCrashed, errs.Unprocessable},
		"the disk is full":            {"echo 'av_interleaved_write_frame(): No space left on device' >&2; exit 1", 0, 0, ffmpeg.ErrDiskFull, errs.Unavailable},
		"the disk is full, unnoticed": {"echo 'x: No space left on device' >&2; exit 0", 0, 0, ffmpeg.ErrDiskFull, errs.Unavailable},
		"no memory":                   {"echo 'Cannot allocate memory' >&2; exit 1", 0, 0, ffmpeg.ErrMemory, errs.Unavailable},
		"no encoder":                  {"echo \"Unknown encoder 'libx264'\" >&2; exit 1", 0, 0, ffmpeg.ErrFeature, errs.Unavailable},
		"bad input":                   {"echo 'Invalid data found' >&2; exit 1", 0, 0, ffmpeg.ErrInput, errs.Unprocessable},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			started := time.Now()
			err := fake(t, c.script).Run(context.Background(), ffmpeg.Command{Stall: c.stall, Timeout: c.limit})
			if !errors.Is(err, c.want) || !errs.Is(err, c.kind) {
				t.Errorf("got %v of kind %v, want %v of kind %v", err, errs.KindOf(err), c.want, c.kind)
			}
			if took := time.Since(started); took > 40*time.Second { // the scripts sleep for a minute
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestCancelKillsTheWholeGroup(t *testing.T) {
	t.Parallel()
	pids := filepath.Join(t.TempDir(), "pid")
	tools := fake(t, "sleep 60 & echo $! > "+pids+".new; mv "+pids+".new "+pids+"; printf 'frame=1\\nprogress=continue\\n' >&3; wait")
	ctx, cancel := context.WithCancel(context.Background())
	err := tools.Run(ctx, ffmpeg.Command{Progress: func(ffmpeg.Progress) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
	child := strings.TrimSpace(string(read(t, pids)))
	for range 100 {
		state, err := os.ReadFile("/proc/" + child + "/stat")
		if err != nil || bytes.Contains(state, []byte(") Z ")) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("process %s lives on", child)
}

// /dev/full refuses every byte as a full disk does.
func TestRealFullDisk(t *testing.T) {
	t.Parallel()
	in, dir := scene(t, "a.mp4"), t.TempDir()
	if err := os.Symlink("/dev/full", filepath.Join(dir, "out.mp4")); err != nil {
		t.Skip(err)
	}
	args := append(ffmpeg.Input(in, 0), "-c", "copy", "-f", "mp4", "out.mp4")
	err := new(ffmpeg.Tools).Run(context.Background(), ffmpeg.Command{Args: args, Dir: dir})
	if !errors.Is(err, ffmpeg.ErrDiskFull) || !errs.Is(err, errs.Unavailable) {
		t.Errorf("got %v, want a full disk", err)
	}
}

func TestOutputIsBounded(t *testing.T) {
	t.Parallel()
	in := scene(t, "a.mp4")
	var out bytes.Buffer
	raw := append(ffmpeg.Input(in, 0), "-f", "rawvideo", "pipe:1")
	err := new(ffmpeg.Tools).Run(context.Background(), ffmpeg.Command{Args: raw, Stdout: &out, StdoutLimit: 1000})
	if !errors.Is(err, ffmpeg.ErrOutputLimit) || out.Len() > 1000 {
		t.Errorf("standard output: got %d bytes, %v", out.Len(), err)
	}
	if runtime.GOOS != "linux" {
		return // no limits on files there
	}
	file := append(ffmpeg.Input(in, 0), "-c:v", "rawvideo", "-f", "nut", "out.nut")
	err = new(ffmpeg.Tools).Run(context.Background(), ffmpeg.Command{Args: file, Dir: t.TempDir(), MaxOutput: 10_000})
	if !errors.Is(err, ffmpeg.ErrOutputLimit) || !errs.Is(err, errs.Unprocessable) {
		t.Errorf("a file beyond its limit: got %v", err)
	}
}

func TestInputOpensOnlyLocalContainers(t *testing.T) {
	t.Parallel()
	got := ffmpeg.Input("-x:y.mp4", 100, "-ss", "1")
	want := []string{"-protocol_whitelist", "file", "-format_whitelist", got[3], "-max_pixels", "100", "-ss", "1", "-i", "file:-x:y.mp4"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"hls", "concat", "dash", "image2", "sdp", "tee", "lavfi", "rtsp"} {
		if strings.Contains(","+got[3]+",", ","+bad+",") {
			t.Errorf("%s is allowed", bad)
		}
	}
}
