package ffmpeg_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sepiola/internal/media/ffmpeg"
)

// counted is an ffprobe that leaves a byte in a file at each start.
func counted(t *testing.T) (tools *ffmpeg.Tools, starts func() int) {
	t.Helper()
	count := filepath.Join(t.TempDir(), "starts")
	tools = &ffmpeg.Tools{FFprobe: write(t, "ffprobe", "#!/bin/sh\nprintf . >>'"+count+"'\nexec ffprobe \"$@\"\n")}
	return tools, func() int {
		t.Helper()
		defer func() { _ = os.Remove(count) }() // gone already is fine
		b, err := os.ReadFile(count)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return len(b)
	}
}

func TestAFileIsExaminedOnce(t *testing.T) {
	t.Parallel()
	tools, starts := counted(t)
	ctx := context.Background()
	path := scene(t, "a.mp4")
	first, err := tools.Probe(ctx, path)
	if err != nil || starts() != 2 {
		t.Fatalf("a new file: %v", err)
	}
	gop, err := tools.MaxGOP(ctx, path, first)
	if err != nil || gop <= 0 || starts() != 1 {
		t.Fatalf("its keyframes: %v, %v", gop, err)
	}
	moved := filepath.Join(t.TempDir(), "b.mp4")
	if err := os.Rename(path, moved); err != nil {
		t.Fatal(err)
	}
	again, err := tools.Probe(ctx, moved)
	if err != nil || again != first {
		t.Errorf("under another name: got %+v, %v; want what was known", again, err)
	}
	if got, err := tools.MaxGOP(ctx, moved, again); err != nil || got != gop {
		t.Errorf("its keyframes under another name: got %v, %v; want %v", got, err, gop)
	}
	if n := starts(); n != 0 {
		t.Errorf("a known file was examined with %d starts of ffprobe", n)
	}

	// The same name, size and place, with another content.
	content := read(t, moved)
	if err := os.WriteFile(moved, bytes.Repeat([]byte{0}, len(content)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(moved, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if info, err := tools.Probe(ctx, moved); err == nil {
		t.Errorf("what was overwritten is still known: %+v", info)
	}
}

func TestWhatWasExaminedIsBounded(t *testing.T) {
	t.Parallel()
	tools, starts := counted(t)
	ctx := context.Background()
	content, dir := read(t, scene(t, "a.mp4")), t.TempDir()
	name := func(n int) string { return filepath.Join(dir, fmt.Sprint(n, ".mp4")) }
	for n := range 33 {
		if err := os.WriteFile(name(n), content, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := tools.Probe(ctx, name(n)); err != nil {
			t.Fatal(err)
		}
	}
	starts()
	for _, n := range []int{32, 1} {
		if _, err := tools.Probe(ctx, name(n)); err != nil || starts() != 0 {
			t.Errorf("file %d of 33 is not known any more: %v", n, err)
		}
	}
	if _, err := tools.Probe(ctx, name(0)); err != nil || starts() == 0 {
		t.Errorf("the oldest of 33 files is still known: %v", err)
	}
}

func TestDescribeAsksNoMoreThanTheHeader(t *testing.T) {
	t.Parallel()
	tools, starts := counted(t)
	path := scene(t, "a.mp4")
	raw, err := tools.Describe(context.Background(), path)
	if err != nil || starts() != 1 {
		t.Fatalf("describe: %v", err)
	}
	info, err := new(ffmpeg.Tools).Probe(context.Background(), path)
	if err != nil || !bytes.Equal(raw, info.Raw) {
		t.Errorf("got %s, want %s (%v)", raw, info.Raw, err)
	}
}
