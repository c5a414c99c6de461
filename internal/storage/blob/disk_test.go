package blob

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"sepiola/internal/errs"
)

func newDisk(t *testing.T) *Disk {
	t.Helper()
	root := t.TempDir()
	return &Disk{Dirs: map[Section]string{
		Tmp:                filepath.Join(root, "tmp"),
		StreamingPlaylists: filepath.Join(root, "streaming-playlists"),
		Originals:          filepath.Join(root, "originals"),
	}}
}

func read(t *testing.T, d *Disk, k Key) string {
	t.Helper()
	o, err := d.Open(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	b, err := io.ReadAll(o)
	if err != nil {
		t.Fatal(err)
	}
	if int64(len(b)) != o.Size {
		t.Errorf("Size is %d, the file has %d", o.Size, len(b))
	}
	return string(b)
}

func TestAdoptReplacesAndTakesTheFile(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	k := Key{StreamingPlaylists, "hls/private/u/a.m3u8"}
	for _, text := range []string{"first", "second"} {
		dir, err := d.TempDir(t.Context(), "job-*")
		if err != nil {
			t.Fatal(err)
		}
		from := filepath.Join(dir, "x")
		if err := os.WriteFile(from, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := d.Adopt(t.Context(), from, k); err != nil {
			t.Fatal(err)
		}
		if got := read(t, d, k); got != text {
			t.Errorf("read %q, want %q", got, text)
		}
		if _, err := os.Stat(from); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the file is still at its old place: %v", err)
		}
	}
}

func TestAdoptFromAnotherDiskCopies(t *testing.T) {
	t.Parallel()
	other, err := os.MkdirTemp("/dev/shm", "blob-*") //nolint:usetesting // on another disk is the point
	if err != nil {
		t.Skip("no second file system here")
	}
	t.Cleanup(func() { _ = os.RemoveAll(other) })
	d, from := newDisk(t), filepath.Join(other, "x")
	if err := os.WriteFile(from, []byte("bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	k := Key{Originals, "x.mp4"}
	if err := d.Adopt(t.Context(), from, k); err != nil {
		t.Fatal(err)
	}
	if got := read(t, d, k); got != "bytes" {
		t.Errorf("read %q", got)
	}
	if _, err := os.Stat(from); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the source is still there: %v", err)
	}
}

func TestNamesThatLeaveTheirSectionAreRefused(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	for _, name := range []string{"", ".", "..", "../x", "a/../../x", "/etc/passwd", "a//b", `a\b`, "a\x00b", "./a", ".part-1", "a/.part-1", "/"} {
		for call, err := range map[string]error{
			"Put":    d.Put(t.Context(), Key{Originals, name}, strings.NewReader("x")),
			"Delete": d.Delete(t.Context(), Key{Originals, name}),
			"Move":   d.Move(t.Context(), Key{Originals, "a"}, Key{Originals, name}),
		} {
			if !errs.Is(err, errs.Invalid) {
				t.Errorf("%s of %q: got %v, want Invalid", call, name, err)
			}
		}
	}
	if err := d.Put(t.Context(), Key{"elsewhere", "x"}, strings.NewReader("x")); !errs.Is(err, errs.Invalid) {
		t.Errorf("Put to an unknown section: got %v, want Invalid", err)
	}
}

func TestAFailedPutLeavesWhatWasThere(t *testing.T) {
	t.Parallel()
	d, k := newDisk(t), Key{Originals, "x"}
	if err := d.Put(t.Context(), k, strings.NewReader("old")); err != nil {
		t.Fatal(err)
	}
	full := io.MultiReader(strings.NewReader("new"), failing{&os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}})
	if err := d.Put(t.Context(), k, full); !errs.Is(err, errs.Unavailable) || errs.As(err).Msg != "disk full" {
		t.Errorf("got %v, want Unavailable, disk full", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Put(ctx, k, strings.NewReader("new")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
	if got := read(t, d, k); got != "old" {
		t.Errorf("read %q, want the old bytes", got)
	}
	if left, _ := os.ReadDir(d.Dirs[Originals]); len(left) != 1 {
		t.Errorf("the directory has %v, want one file", left)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestMoveAndDeleteMayRunTwice(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	from, to := Key{StreamingPlaylists, "hls/u/a"}, Key{StreamingPlaylists, "hls/private/u/a"}
	if err := d.Put(t.Context(), from, strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := d.Move(t.Context(), from, to); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Move(t.Context(), from, Key{Originals, "nowhere"}); !errs.Is(err, errs.NotFound) {
		t.Errorf("Move of nothing: got %v, want NotFound", err)
	}
	for _, k := range []Key{to, {StreamingPlaylists, "hls/private/"}, {StreamingPlaylists, "never/"}} {
		for range 2 {
			if err := d.Delete(t.Context(), k); err != nil {
				t.Errorf("Delete of %v: %v", k, err)
			}
		}
	}
	if _, err := d.Open(t.Context(), to); !errs.Is(err, errs.NotFound) {
		t.Errorf("Open after Delete: got %v, want NotFound", err)
	}
}

func TestListNamesWholeFilesOnly(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	for _, name := range []string{"hls/b/2", "hls/a/1", "hls/private/c/3"} {
		if err := d.Put(t.Context(), Key{StreamingPlaylists, name}, strings.NewReader(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(d.Dirs[StreamingPlaylists], "hls", ".part-9"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for prefix, want := range map[string][]string{
		"":             {"hls/a/1", "hls/b/2", "hls/private/c/3"},
		"hls/private/": {"hls/private/c/3"},
		"none/":        nil,
	} {
		var got []string
		err := d.List(t.Context(), StreamingPlaylists, prefix, func(i Info) error {
			got = append(got, i.Key.Name)
			return nil
		})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("List below %q: got %v, %v; want %v", prefix, got, err, want)
		}
	}
	stop := errors.New("stop")
	if err := d.List(t.Context(), StreamingPlaylists, "", func(Info) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v, want the function's error", err)
	}
}

func TestLocalIsTheFileItself(t *testing.T) {
	t.Parallel()
	d, k := newDisk(t), Key{Originals, "x"}
	if _, _, err := d.Local(t.Context(), k); !errs.Is(err, errs.NotFound) {
		t.Errorf("got %v, want NotFound", err)
	}
	if err := d.Put(t.Context(), k, strings.NewReader("bytes")); err != nil {
		t.Fatal(err)
	}
	path, done, err := d.Local(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if b, err := os.ReadFile(path); err != nil || string(b) != "bytes" || !filepath.IsAbs(path) {
		t.Errorf("%s has %q, %v", path, b, err)
	}
}
