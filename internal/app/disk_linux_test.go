package app_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// smallDisk mounts a file system of some bytes at dir.
func smallDisk(t *testing.T, dir string, bytes int64) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", bytes)); err != nil {
		if errors.Is(err, syscall.EPERM) {
			t.Skip("only root may mount a small disk")
		}
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Errorf("unmount %s: %v", dir, err)
		}
	})
}

// fill leaves only some bytes free on the disk of dir, and returns what makes
// room again.
func fill(t *testing.T, dir string, leave int64) (makeRoom func()) {
	t.Helper()
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "ballast")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, err = io.CopyN(f, zeros{}, int64(stat.Bavail)*stat.Bsize-leave)
	if err != nil && !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// noisyClip is about 1.5 MB that can be published as they are.
func noisyClip(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clip.mp4")
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=426x240:rate=25:duration=30",
		"-vf", "noise=alls=40:allf=t", "-c:v", "libx264", "-preset", "ultrafast", "-b:v", "400k", "-maxrate", "400k", "-bufsize", "400k",
		"-pix_fmt", "yuv420p", "-g", "50", path).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, out)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestAFullDisk fills a real disk, on which the database lies too, during an
// upload and during transcoding. People are told, nothing is lost, and the
// work goes on by itself when there is room.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	v := newVictim(t, "SEPIOLA_LIMITS_FREE_DISK=0")
	data := filepath.Join(v.dir, "data")
	smallDisk(t, data, 64<<20)
	t.Cleanup(v.end) // before it is unmounted
	v.start()
	v.ready()
	u := &uploader{api: api{base: "http://localhost" + v.addr[strings.LastIndexByte(v.addr, ':'):], client: &http.Client{}}, clip: noisyClip(t), most: 1}
	u.login(t)
	step := func() {
		t.Helper()
		if err := u.step(t.Context()); err != nil {
			t.Fatalf("%v\n%s", err, v.tail())
		}
	}
	step() // init
	step() // a third
	if u.acked == 0 {
		t.Fatal("the first chunk was not acknowledged")
	}

	makeRoom := fill(t, data, 100<<10)
	first := u.acked
	status, header, answer, err := u.put(t.Context(), u.clip[first:], fmt.Sprintf("bytes %d-%d/%d", first, len(u.clip)-1, len(u.clip)))
	if err != nil || status != http.StatusServiceUnavailable || header.Get("Retry-After") == "" || !strings.Contains(string(answer), "full") {
		t.Errorf("a chunk on a full disk: got %v, %d %v %s; want 503 that says why and when", err, status, header, answer)
	}
	if status, _, b, err := u.do(t.Context(), http.MethodGet, "/api/v1/videos", nil, nil); err != nil || status != http.StatusOK {
		t.Errorf("reading on a full disk: %v, %d %s", err, status, b)
	}
	makeRoom()
	u.call(t, http.MethodPost, "/api/v1/jobs/pause")
	u.finishParked(t) // the lease could not be given back on a full disk, and runs out
	if len(u.done) != 1 {
		t.Fatalf("with room again, %d videos came of the upload", len(u.done))
	}

	makeRoom = fill(t, data, 700<<10)
	u.call(t, http.MethodPost, "/api/v1/jobs/resume")
	// It is delayed for a moment only, and then waits for its turn: what is asked
	// is that it says why. That it was not given up shows when there is room.
	u.waitFor(t, v, "/api/v1/jobs?count=100", "disk full")
	if status, _, b, err := u.do(t.Context(), http.MethodGet, "/api/v1/videos/"+u.done[0], nil, nil); err != nil || status != http.StatusOK {
		t.Errorf("its video meanwhile: %v, %d %s", err, status, b)
	}
	makeRoom()
	u.settle(t, v)
	for _, l := range u.lost {
		t.Error(l)
	}
	v.stop()
	checkConsistency(t, oneDatabase(t, v), filepath.Join(data, "storage"), u)
}

// TestANearlyFullDisk is about what is refused before the disk is full.
func TestANearlyFullDisk(t *testing.T) {
	t.Parallel()
	v := newVictim(t, "SEPIOLA_LIMITS_FREE_DISK=40MB")
	data := filepath.Join(v.dir, "data")
	smallDisk(t, data, 64<<20)
	t.Cleanup(v.end)
	v.start()
	v.ready()
	u := &uploader{api: api{base: "http://localhost" + v.addr[strings.LastIndexByte(v.addr, ':'):], client: &http.Client{}}, clip: make([]byte, 1000)}
	u.login(t)
	health := func(want string) {
		t.Helper()
		if status, _, b, err := u.do(t.Context(), http.MethodGet, "/healthz", nil, nil); err != nil || status != http.StatusOK || !strings.Contains(string(b), want) {
			t.Errorf("health: %v, %d %s; want %s", err, status, b, want)
		}
	}
	health(`"ok"`)
	makeRoom := fill(t, data, 20<<20)
	health("the disk is nearly full")
	if err := u.begin(t.Context()); err == nil || !strings.Contains(err.Error(), "503") || !strings.Contains(err.Error(), "nearly full") {
		t.Errorf("an upload: got %v, want 503 and why", err)
	}
	makeRoom()
	health(`"ok"`)
	if err := u.begin(t.Context()); err != nil {
		t.Errorf("with room again: %v", err)
	}
	v.stop()
}

// call does what answers without content.
func (a *api) call(t *testing.T, method, path string) {
	t.Helper()
	if status, _, b, err := a.do(t.Context(), method, path, nil, nil); err != nil || status >= http.StatusBadRequest {
		t.Fatalf("%s %s: %v, %d %s", method, path, err, status, b)
	}
}

// waitFor asks until an answer contains a text.
func (a *api) waitFor(t *testing.T, v *victim, path, text string) {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for {
		status, _, b, err := a.do(t.Context(), http.MethodGet, path, nil, nil)
		if err == nil && status == http.StatusOK && strings.Contains(string(b), text) {
			return
		}
		if time.Now().After(deadline) {
			_, _, jobs, _ := a.do(t.Context(), http.MethodGet, "/api/v1/jobs?count=100", nil, nil)
			var disk unix.Statfs_t
			_ = unix.Statfs(filepath.Join(v.dir, "data"), &disk)
			t.Fatalf("%s never had %q: %v, %d %s\n%d bytes are free; all jobs: %s\n%s", path, text, err, status, b,
				int64(disk.Bavail)*disk.Bsize, jobs, v.tail())
		}
		time.Sleep(50 * time.Millisecond) // another process works
	}
}
