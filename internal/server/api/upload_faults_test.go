package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

func TestUploadNotMedia(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	text := []byte("just a text that calls itself clip.mp4")
	path := s.begin(len(text))
	a := s.put(path, 0, text, len(text), nil)
	if a.status != 422 {
		t.Errorf("got %d, want 422", a.status)
	}
	uploadGolden(t, "unreadable", a)
	s.wantError("again", s.put(path, 0, text, len(text), nil), 404, "FileNotFound")
	if s.files(uploadTmp)+s.files(uploadOriginals) != 0 || len(s.videos()) != 0 {
		t.Error("something is left of it")
	}
}

func TestUploadQuotaExceededHalfWay(t *testing.T) {
	t.Parallel()
	for _, column := range []string{"video_quota", "video_quota_daily"} {
		t.Run(column, func(t *testing.T) {
			t.Parallel()
			s := newUploadSite(t)
			media := uploadMedia(1000)
			path := s.begin(1000)
			s.want("chunk", s.put(path, 0, media[:600], 1000, nil), 308, "bytes=0-599")
			if _, err := s.db.Exec(t.Context(), `UPDATE users SET `+column+` = 999`); err != nil {
				t.Fatal(err)
			}
			a := s.put(path, 600, media[600:], 1000, nil)
			if a.status != 413 || !strings.Contains(a.body, `"quota_reached"`) {
				t.Errorf("got %d %s, want 413 quota_reached", a.status, a.body)
			}
			if got := s.videos(); len(got) != 0 {
				t.Errorf("videos: %v", got)
			}
			if _, err := s.db.Exec(t.Context(), `UPDATE users SET `+column+` = 1000`); err != nil {
				t.Fatal(err)
			}
			s.want("with room again", s.put(path, 600, media[600:], 1000, nil), 200, "")
		})
	}
}

// TestUploadQuotaCannotBeTakenTwice lets two uploads, which fit one by one, end
// at the same time.
func TestUploadQuotaCannotBeTakenTwice(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	media := uploadMedia(600)
	var paths []string
	for n := range 2 {
		a := s.init(600, strings.Replace(uploadBody1, "clip", fmt.Sprint("clip", n), 1), nil)
		paths = append(paths, strings.TrimPrefix(a.header.Get("Location"), "//localhost:9000/api/v1"))
		s.want("all but one byte", s.put(paths[n], 0, media[:599], 600, nil), 308, "bytes=0-598")
	}
	if _, err := s.db.Exec(t.Context(), `UPDATE users SET video_quota = 1000`); err != nil {
		t.Fatal(err)
	}
	codes := map[int]int{}
	for _, path := range paths {
		codes[s.put(path, 599, media[599:], 600, nil).status]++
	}
	// What lies here of the other upload counts, so the first is refused, too,
	// until the other is cancelled.
	if codes[200] > 1 {
		t.Errorf("both were taken: %v", codes)
	}
	if a := s.do("DELETE", paths[1], nil, nil); a.status != 204 {
		t.Errorf("cancel: %d", a.status)
	}
	s.want("alone it fits", s.put(paths[0], 599, media[599:], 600, nil), 200, "")
	s.videos()
}

func TestUploadTwoChunksAtOnce(t *testing.T) {
	t.Parallel()
	eachUploadSite(t, testUploadTwoChunks)
}

func testUploadTwoChunks(t *testing.T, s *uploadSite) {
	t.Helper()
	media := uploadMedia(1000)
	path := s.begin(1000)
	slow, feed := io.Pipe()
	done := make(chan uploadAnswer, 1)
	go func() {
		done <- s.do("PUT", path, map[string]string{"Content-Range": "bytes 0-599/1000"}, slow)
	}()
	if _, err := feed.Write(media[:300]); err != nil {
		t.Fatal(err)
	}
	uploadEventually(t, "the slow chunk is being written", func() bool { return s.uploaded() == 300 })
	s.wantError("a second chunk", s.put(path, 0, media[:100], 1000, nil), 423, "Locked")
	// On another node, too.
	other := s.service()
	_, err := other.Append(t.Context(), s.people["alice"], strings.TrimPrefix(path, uploadPath+"?upload_id="), video.Chunk{Length: 100}, bytes.NewReader(media[:100]))
	if !errs.Is(err, errs.Locked) {
		t.Errorf("on another node: got %v, want Locked", err)
	}
	s.want("init meanwhile", s.init(1000, uploadBody1, nil), 201, "")
	if _, err := feed.Write(media[300:600]); err != nil {
		t.Fatal(err)
	}
	_ = feed.Close()
	s.want("the slow chunk", <-done, 308, "bytes=0-599")
	s.want("the rest", s.put(path, 600, media[600:], 1000, nil), 200, "")
}

func uploadEventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// wantForgotten sends the last chunk again until the upload is not known any
// more: it is forgotten just after its client was told.
func (s *uploadSite) wantForgotten(path string, first int, media []byte) uploadAnswer {
	s.t.Helper()
	var again uploadAnswer
	uploadEventually(s.t, "a finished upload is forgotten", func() bool {
		again = s.put(path, first, media[first:], len(media), nil)
		return again.status != 200
	})
	s.wantError("the last chunk after its video was made", again, 404, "FileNotFound")
	return again
}

func TestUploadWhileItsVideoIsMade(t *testing.T) {
	t.Parallel()
	eachUploadSite(t, testUploadWhileMade)
}

func testUploadWhileMade(t *testing.T, s *uploadSite) {
	t.Helper()
	s.prober.entered, s.prober.wait = make(chan struct{}, 1), make(chan struct{})
	media := uploadMedia(1000)
	path := s.begin(1000)
	done := make(chan uploadAnswer, 1)
	go func() { done <- s.put(path, 0, media, 1000, nil) }()
	<-s.prober.entered
	for what, a := range map[string]uploadAnswer{"the last chunk again": s.put(path, 0, media, 1000, nil), "the question": s.status(path, 1000)} {
		if a.status != 503 || a.header.Get("Retry-After") != "300" {
			t.Errorf("%s: got %d, Retry-After %q, want 503, 300", what, a.status, a.header.Get("Retry-After"))
		}
		uploadGolden(t, "processing", a)
	}
	s.wantError("cancel", s.do("DELETE", path, nil, nil), 423, "Locked")
	s.want("init", s.init(1000, uploadBody1, nil), 200, "bytes=0-999")
	close(s.prober.wait)
	s.want("the end", <-done, 200, "")
	s.wantForgotten(path, 0, media)
	s.videos()
}

// TestUploadConnectionBreaksAtTheEnd loses the connection while the video is
// made: it is made, and the client that comes back is told.
func TestUploadConnectionBreaksAtTheEnd(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	s.prober.entered, s.prober.wait = make(chan struct{}, 1), make(chan struct{})
	media := uploadMedia(1000)
	path := s.begin(1000)
	conn := uploadRawPut(s, path, 0, 1000, media)
	<-s.prober.entered
	_ = conn.Close()
	close(s.prober.wait)
	uploadEventually(t, "the video is made", func() bool { return s.status(path, 1000).status != 503 })
	if got := s.videos(); len(got) != 1 {
		t.Errorf("videos: %v, want one", got)
	}
}

// uploadRawPut sends a PUT on a connection of its own and does not wait.
func uploadRawPut(s *uploadSite, path string, first, total int, sent []byte) net.Conn {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.srv.Listener.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = fmt.Fprintf(conn, "PUT /api/v1%s HTTP/1.1\r\nHost: x\r\nX-Test-User: alice\r\nContent-Length: %d\r\nContent-Range: bytes %d-%d/%d\r\n\r\n",
		path, total-first, first, total-1, total)
	if err == nil {
		_, err = conn.Write(sent)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return conn
}

func TestUploadConnectionBreaksInAChunk(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	media := uploadMedia(1000)
	path := s.begin(1000)
	conn := uploadRawPut(s, path, 0, 1000, media[:400])
	uploadEventually(t, "the chunk is being written", func() bool { return s.uploaded() == 400 })
	_ = conn.Close()
	uploadEventually(t, "what came is kept", func() bool { return s.status(path, 1000).header.Get("Range") == "bytes=0-399" })
	s.want("the rest", s.put(path, 400, media[400:], 1000, nil), 200, "")
	s.videos()
}

func TestUploadCancelledWhileAChunkComes(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	media := uploadMedia(1000)
	path := s.begin(1000)
	slow, feed := io.Pipe()
	done := make(chan uploadAnswer, 1)
	go func() {
		done <- s.do("PUT", path, map[string]string{"Content-Range": "bytes 0-599/1000"}, slow)
	}()
	if _, err := feed.Write(media[:300]); err != nil {
		t.Fatal(err)
	}
	uploadEventually(t, "the chunk is being written", func() bool { return s.uploaded() == 300 })
	if a := s.do("DELETE", path, nil, nil); a.status != 204 {
		t.Errorf("cancel: got %d, want 204", a.status)
	}
	again := s.begin(1000) // the same file anew, while the old chunk still comes
	if _, err := feed.Write(media[300:600]); err != nil {
		t.Fatal(err)
	}
	_ = feed.Close()
	s.wantError("the old chunk", <-done, 404, "FileNotFound")
	s.want("the new upload has nothing of it", s.status(again, 1000), 308, "")
	s.want("the new upload", s.put(again, 0, media, 1000, nil), 200, "")
	s.videos()
}

// TestUploadLongChunkIsRecordedOnItsWay asks while the chunk still comes.
func TestUploadLongChunkIsRecordedOnItsWay(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	s.svc.Checkpoint = 200
	media := uploadMedia(1000)
	path := s.begin(1000)
	slow, feed := io.Pipe()
	done := make(chan uploadAnswer, 1)
	go func() {
		done <- s.do("PUT", path, map[string]string{"Content-Range": "bytes 0-999/1000"}, slow)
	}()
	if _, err := feed.Write(media[:500]); err != nil {
		t.Fatal(err)
	}
	uploadEventually(t, "two checkpoints are recorded", func() bool { return s.status(path, 1000).header.Get("Range") == "bytes=0-399" })
	if _, err := feed.Write(media[500:]); err != nil {
		t.Fatal(err)
	}
	_ = feed.Close()
	s.want("the long chunk", <-done, 200, "")
	s.videos()
}

// uploaded is the size of the only file of an upload, or -1.
func (s *uploadSite) uploaded() int64 {
	list, _ := os.ReadDir(filepath.Join(s.dir, uploadTmp))
	if len(list) != 1 {
		return -1
	}
	info, err := list[0].Info()
	if err != nil {
		return -1
	}
	return info.Size()
}

// fullDisk lets a number of bytes through and then has no space.
type fullDisk struct {
	video.UploadFiles
	left *int
}

type fullDiskWriter struct {
	video.UploadWriter
	left *int
}

func (f fullDisk) Writer(ctx context.Context, name string, at int64) (video.UploadWriter, error) {
	w, err := f.UploadFiles.Writer(ctx, name, at)
	return fullDiskWriter{w, f.left}, err
}

func (w fullDiskWriter) Write(p []byte) (int, error) {
	n := min(len(p), *w.left)
	*w.left -= n
	n, err := w.UploadWriter.Write(p[:n])
	if err == nil && n < len(p) {
		err = errs.Wrap(errs.Unavailable, syscall.ENOSPC, "disk full")
	}
	return n, err
}

func TestUploadDiskFull(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	left := 450
	s.svc.Files = fullDisk{s.svc.Files, &left}
	media := uploadMedia(1000)
	path := s.begin(1000)
	s.want("chunk", s.put(path, 0, media[:300], 1000, nil), 308, "bytes=0-299")
	a := s.put(path, 300, media[300:], 1000, nil)
	s.wantError("chunk that does not fit", a, 503, "StorageError")
	if a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "disk full") {
		t.Errorf("got %v %s, want Retry-After and the reason", a.header, a.body)
	}
	s.want("what fitted is kept", s.status(path, 1000), 308, "bytes=0-449")
	left = 10000
	s.want("with room again", s.put(path, 450, media[450:], 1000, nil), 200, "")
	s.videos()
}

// nearlyFull says how much is free.
type nearlyFull struct {
	video.UploadFiles
	free *int64
}

func (f nearlyFull) Free(context.Context) (int64, error) { return *f.free, nil }

// TestUploadKeepsSomeOfTheDiskFree refuses what would not leave enough, before
// its bytes are written.
func TestUploadKeepsSomeOfTheDiskFree(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	free := int64(10_000)
	s.svc.Files = nearlyFull{s.svc.Files, &free}
	set := s.svc.Settings
	s.svc.Settings = func(ctx context.Context) video.UploadSettings {
		v := set(ctx)
		v.FreeDisk = 5000
		return v
	}
	media := uploadMedia(1000)
	path := s.begin(1000)
	s.want("chunk", s.put(path, 0, media[:300], 1000, nil), 308, "bytes=0-299")
	free = 5699
	a := s.put(path, 300, media[300:], 1000, nil)
	s.wantError("chunk that would leave too little", a, 503, "StorageError")
	if !strings.Contains(a.body, "nearly full") {
		t.Errorf("the answer does not say why: %s", a.body)
	}
	s.want("what was stored is kept", s.status(path, 1000), 308, "bytes=0-299")
	if a := s.init(1000, strings.Replace(uploadBody1, "clip", "other", 1), nil); a.status != 503 || !strings.Contains(a.body, "nearly full") {
		t.Errorf("another upload: got %d %s, want 503 and why", a.status, a.body)
	}
	free = 5700
	s.want("with room again", s.put(path, 300, media[300:], 1000, nil), 200, "")
	s.videos()
}

// TestUploadFileVanished removes the bytes behind the server's back.
func TestUploadFileVanished(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	media := uploadMedia(1000)
	path := s.begin(1000)
	s.want("chunk", s.put(path, 0, media[:600], 1000, nil), 308, "bytes=0-599")
	if err := os.RemoveAll(filepath.Join(s.dir, uploadTmp)); err != nil {
		t.Fatal(err)
	}
	s.want("the rest", s.put(path, 600, media[600:], 1000, nil), 308, "")
	if got := s.videos(); len(got) != 0 {
		t.Errorf("a video without its beginning was made: %v", got)
	}
	s.want("all again", s.put(path, 0, media, 1000, nil), 200, "")
}

func TestUploadTransientErrorsKeepTheBytes(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	media := uploadMedia(1000)
	path := s.begin(1000)
	s.prober.err = errors.New("ffprobe is missing")
	if a := s.put(path, 0, media, 1000, nil); a.status != 500 {
		t.Errorf("got %d, want 500", a.status)
	}
	s.prober.err = nil
	s.queue.err = errors.New("no queue")
	if a := s.status(path, 1000); a.status != 500 {
		t.Errorf("got %d, want 500", a.status)
	}
	if got := s.videos(); len(got) != 0 {
		t.Errorf("a video without its job: %v", got)
	}
	s.queue.err = nil
	s.want("the question is enough now", s.status(path, 1000), 200, "")
	s.videos()
}
