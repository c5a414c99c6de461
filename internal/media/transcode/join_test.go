package transcode

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"sepiola/internal/media/ffmpeg"
)

func TestJoinArgs(t *testing.T) {
	t.Parallel()
	got := joinArgs("/v.mp4", "/a.mp4", 0)
	want := []string{"-map", "0:v:0", "-map", "1:a:0", "-c", "copy", "-map_metadata", "-1", "-map_chapters", "-1", "-movflags", "+frag_keyframe+empty_moov+default_base_moof", "-f", "mp4", "pipe:1"}
	if len(got) < len(want) {
		t.Fatalf("got %v", got)
	}
	for i, w := range want {
		if at := len(got) - len(want) + i; got[at] != w {
			t.Errorf("argument %d: got %s, want %s", at, got[at], w)
		}
	}
}

func TestJoinMakesOneFileOfTwo(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs ffmpeg")
	}
	tools := &ffmpeg.Tools{}
	dir := t.TempDir()
	picture, sound := filepath.Join(dir, "v.mp4"), filepath.Join(dir, "a.mp4")
	for path, args := range map[string][]string{
		picture: {"-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=3", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"},
		sound:   {"-f", "lavfi", "-i", "sine=duration=3", "-c:a", "aac"},
	} {
		if err := tools.Run(t.Context(), ffmpeg.Command{Args: append(args, ffmpeg.FileURL(path))}); err != nil {
			t.Fatal(err)
		}
	}
	joiner := &Transcoder{Tools: tools}
	var b bytes.Buffer
	if err := joiner.Join(t.Context(), &b, picture, sound, 1<<20); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out.mp4")
	if err := os.WriteFile(out, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := tools.Probe(t.Context(), out)
	if err != nil || info.Video == nil || info.Video.Height != 180 || len(info.Audio) != 1 || info.Duration.Seconds() < 2.9 || info.Duration.Seconds() > 3.2 {
		t.Errorf("made %+v, %v", info, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := joiner.Join(ctx, io.Discard, picture, sound, 1<<20); !errors.Is(err, context.Canceled) {
		t.Errorf("after its end was called for: %v", err)
	}
	if err := joiner.Join(t.Context(), brokenPipe{}, picture, sound, 1<<20); err == nil {
		t.Error("to somebody who takes nothing: no error")
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
