package blob_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/errs"
	"sepiola/internal/storage/blob"
)

func newUploads(t *testing.T) (blob.Uploads, string) {
	t.Helper()
	dir := t.TempDir()
	disk := &blob.Disk{Dirs: map[blob.Section]string{blob.Tmp: filepath.Join(dir, "tmp"), blob.Originals: filepath.Join(dir, "originals")}}
	return blob.Uploads{Disk: disk, Store: disk}, dir
}

func writeUpload(t *testing.T, u blob.Uploads, name string, at int64, text string) {
	t.Helper()
	w, err := u.Writer(t.Context(), name, at)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Sync(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestUploadsAreWrittenInPiecesAndAdopted(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	u, dir := newUploads(t)
	writeUpload(t, u, "a", 6, "world")
	writeUpload(t, u, "a", 0, "hello ")
	w, err := u.Writer(ctx, "a", 0)
	if err != nil || w.Size() != 11 {
		t.Fatalf("Writer of a file of 11 bytes: %v %v", w, err)
	}
	_ = w.Close()

	if err := u.Seal(ctx, "a", 12, "in"); !errs.Is(err, errs.Conflict) {
		t.Errorf("Seal of a file that is too short: got %v, want Conflict", err)
	}
	if err := u.Seal(ctx, "none", 5, "in"); !errs.Is(err, errs.NotFound) {
		t.Errorf("Seal of no file: got %v, want NotFound", err)
	}
	for range 2 {
		if err := u.Seal(ctx, "a", 5, "in"); err != nil {
			t.Errorf("Seal: %v", err)
		}
	}
	for _, where := range []string{"tmp/resumable-uploads/a", "originals/in"} {
		path, done, err := u.Local(ctx, "a", "in")
		if err != nil || path != filepath.Join(dir, where) {
			t.Fatalf("Local: %s %v, want %s", path, err, where)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != "hello" {
			t.Errorf("content %q %v, want hello", b, err)
		}
		done()
		// The second time it has been adopted before.
		if err := u.Adopt(ctx, "a", "in"); err != nil {
			t.Fatalf("Adopt: %v", err)
		}
	}
	if err := u.Seal(ctx, "a", 5, "in"); err != nil {
		t.Errorf("Seal of what was adopted: %v", err)
	}
	if err := u.Adopt(ctx, "none", "none"); !errs.Is(err, errs.NotFound) {
		t.Errorf("Adopt of no file: got %v, want NotFound", err)
	}
	for range 2 {
		if err := u.RemoveInput(ctx, "in"); err != nil {
			t.Errorf("RemoveInput: %v", err)
		}
		if err := u.Remove(ctx, "a"); err != nil {
			t.Errorf("Remove: %v", err)
		}
	}
}

func TestUploadsListsOldFiles(t *testing.T) {
	t.Parallel()
	u, _ := newUploads(t)
	if old, err := u.Old(t.Context(), time.Now()); err != nil || len(old) != 0 {
		t.Errorf("Old before anything was uploaded: %v %v", old, err)
	}
	writeUpload(t, u, "a", 0, "x")
	if old, err := u.Old(t.Context(), time.Now().Add(-time.Hour)); err != nil || len(old) != 0 {
		t.Errorf("Old of an hour: %v %v, want none", old, err)
	}
	old, err := u.Old(t.Context(), time.Now().Add(time.Hour))
	if diff := cmp.Diff([]string{"a"}, old); err != nil || diff != "" {
		t.Errorf("Old: %v (-want +got):\n%s", err, diff)
	}
}

func TestUploadsStayInTheirDirectory(t *testing.T) {
	t.Parallel()
	u, _ := newUploads(t)
	for _, name := range []string{"../x", "a/../../x", "/etc/passwd", "", "..", "a\x00", `a\b`} {
		if _, err := u.Writer(t.Context(), name, 0); !errs.Is(err, errs.Invalid) {
			t.Errorf("Writer of %q: got %v, want Invalid", name, err)
		}
	}
}

func TestUploadsSayThatTheDiskIsFull(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("this system has no /dev/full")
	}
	u, dir := newUploads(t)
	uploads := filepath.Join(dir, "tmp", blob.UploadsDir)
	if err := os.MkdirAll(uploads, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/full", filepath.Join(uploads, "a")); err != nil {
		t.Fatal(err)
	}
	w, err := u.Writer(t.Context(), "a", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := w.Write([]byte("x")); !errs.Is(err, errs.Unavailable) || errs.As(err).Msg != "disk full" {
		t.Errorf("Write: got %v, want disk full", err)
	}
}
