package api

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

var errDied = errors.New("the process is dead")

// death kills a service before or after its nth call of anything outside: from
// then on every call fails and has no effect, as nothing happens after kill -9.
type death struct {
	mu   sync.Mutex
	left int
	dead bool
}

// step reports whether the process lives on.
func (d *death) step() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.left--; d.left <= 0 {
		d.dead = true
	}
	if d.dead {
		return errDied
	}
	return nil
}

// around runs f between two places where the process may die.
func (d *death) around(f func() error) error {
	if err := d.step(); err != nil {
		return err
	}
	if err := f(); err != nil {
		return err
	}
	return d.step()
}

// give is around for calls with a result.
func give[T any](d *death, f func() (T, error)) (v T, err error) {
	err = d.around(func() (err error) { v, err = f(); return err })
	return v, err
}

type mortalStore struct {
	video.UploadStore
	d *death
}

func (m mortalStore) Create(ctx context.Context, up *video.Upload) error {
	return m.d.around(func() error { return m.UploadStore.Create(ctx, up) })
}

func (m mortalStore) ByID(ctx context.Context, id string) (*video.Upload, error) {
	return give(m.d, func() (*video.Upload, error) { return m.UploadStore.ByID(ctx, id) })
}

func (m mortalStore) Lock(ctx context.Context, id, lease string, now, until time.Time) (*video.Upload, error) {
	return give(m.d, func() (*video.Upload, error) { return m.UploadStore.Lock(ctx, id, lease, now, until) })
}

func (m mortalStore) Unlock(ctx context.Context, id, lease string) error {
	return m.d.around(func() error { return m.UploadStore.Unlock(ctx, id, lease) })
}

func (m mortalStore) Save(ctx context.Context, up *video.Upload, lease string, release bool) error {
	return m.d.around(func() error { return m.UploadStore.Save(ctx, up, lease, release) })
}

func (m mortalStore) Finish(ctx context.Context, up *video.Upload, lease string) error {
	return m.d.around(func() error { return m.UploadStore.Finish(ctx, up, lease) })
}

func (m mortalStore) Delete(ctx context.Context, id string) error {
	return m.d.around(func() error { return m.UploadStore.Delete(ctx, id) })
}

func (m mortalStore) TakeQuota(ctx context.Context, id user.ID, n int64) error {
	return m.d.around(func() error { return m.UploadStore.TakeQuota(ctx, id, n) })
}

func (m mortalStore) AddSource(ctx context.Context, src *video.Source) error {
	return m.d.around(func() error { return m.UploadStore.AddSource(ctx, src) })
}

type mortalFiles struct {
	video.UploadFiles
	d *death
}

type mortalWriter struct {
	video.UploadWriter
	d *death
}

func (m mortalFiles) Writer(ctx context.Context, name string, at int64) (video.UploadWriter, error) {
	w, err := give(m.d, func() (video.UploadWriter, error) { return m.UploadFiles.Writer(ctx, name, at) })
	return mortalWriter{w, m.d}, err
}

func (m mortalWriter) Write(p []byte) (int, error) {
	return give(m.d, func() (int, error) { return m.UploadWriter.Write(p) })
}

func (m mortalWriter) Sync() error { return m.d.around(m.UploadWriter.Sync) }

func (m mortalFiles) Seal(ctx context.Context, name string, size int64, input string) error {
	return m.d.around(func() error { return m.UploadFiles.Seal(ctx, name, size, input) })
}

func (m mortalFiles) Adopt(ctx context.Context, name, input string) error {
	return m.d.around(func() error { return m.UploadFiles.Adopt(ctx, name, input) })
}

func (m mortalFiles) Remove(ctx context.Context, name string) error {
	return m.d.around(func() error { return m.UploadFiles.Remove(ctx, name) })
}

func (m mortalFiles) RemoveInput(ctx context.Context, input string) error {
	return m.d.around(func() error { return m.UploadFiles.RemoveInput(ctx, input) })
}

type mortalVideos struct {
	video.UploadVideos
	d *death
}

func (m mortalVideos) Create(ctx context.Context, v *video.Video) error {
	return m.d.around(func() error { return m.UploadVideos.Create(ctx, v) })
}

func (m mortalVideos) SetPasswords(ctx context.Context, id video.ID, list []string) error {
	return m.d.around(func() error { return m.UploadVideos.SetPasswords(ctx, id, list) })
}

// mortalQueue keeps its job only if the transaction is kept.
type mortalQueue struct {
	s *uploadSite
	d *death
}

func (m mortalQueue) ProcessUpload(ctx context.Context, in video.ProcessUpload) error {
	return m.d.around(func() error {
		m.s.db.AfterCommit(ctx, func(ctx context.Context) { _ = m.s.queue.ProcessUpload(ctx, in) })
		return nil
	})
}

type mortalProber struct {
	video.Prober
	d *death
}

func (m mortalProber) Probe(ctx context.Context, path string) (video.ProbeResult, error) {
	return give(m.d, func() (video.ProbeResult, error) { return m.Prober.Probe(ctx, path) })
}

// mortal returns a service that dies at its nth step.
func (s *uploadSite) mortal(n int) *video.Uploads {
	svc, d := s.service(), &death{left: n}
	svc.Checkpoint = 150
	svc.Store = mortalStore{svc.Store, d}
	svc.Files = mortalFiles{svc.Files, d}
	svc.Videos = mortalVideos{svc.Videos, d}
	svc.Queue = mortalQueue{s, d}
	svc.Prober = mortalProber{svc.Prober, d}
	svc.InTx = func(ctx context.Context, fn func(context.Context) error) error {
		return d.around(func() error {
			return s.db.InTx(ctx, func(ctx context.Context) error {
				if err := fn(ctx); err != nil {
					return err
				}
				return d.step() // all statements done, not committed
			})
		})
	}
	return svc
}

// uploadClient sends a file in chunks and remembers what was acknowledged.
type uploadClient struct {
	t     *testing.T
	who   *user.User
	media []byte
	file  string // tells uploads of one user apart
	id    string
	acked int64
	video *video.Video
}

func (c *uploadClient) begin(svc *video.Uploads) error {
	channel := actor.ChannelID(101)
	name, privacy := "My clip", video.PasswordProtected
	up, err := svc.Init(context.Background(), c.who, video.UploadInit{
		Filename: "clip.mp4", MIMEType: "video/mp4", Size: int64(len(c.media)), LastModified: c.file,
		Fields:  video.Changes{Name: &name, Channel: &channel, Privacy: &privacy, Passwords: &[]string{"one"}},
		Picture: &video.UploadPicture{Field: "thumbnailfile", Filename: "p.png", Bytes: []byte("\x89PNG\r\n\x1a\n")},
	})
	if err != nil {
		return err
	}
	c.id = up.ID
	if up.Received < c.acked {
		c.t.Errorf("init says %d bytes are stored, but %d were acknowledged", up.Received, c.acked)
	}
	c.acked = up.Received
	return nil
}

// send sends what is missing, until an error or the end.
func (c *uploadClient) send(svc *video.Uploads) error {
	for c.video == nil {
		end := min(c.acked+400, int64(len(c.media)))
		chunk := video.Chunk{Status: c.acked == end, First: c.acked, Length: end - c.acked}
		out, err := svc.Append(context.Background(), c.who, c.id, chunk, bytes.NewReader(c.media[c.acked:end]))
		if err != nil {
			return err
		}
		c.acked, c.video = max(c.acked, out.Stored), out.Video
	}
	return svc.Told(context.Background(), c.who, c.id)
}

// TestUploadSurvivesDeathAtEveryStep kills the process before and after each
// of its calls, starts it again, and lets the client go on.
func TestUploadSurvivesDeathAtEveryStep(t *testing.T) {
	t.Parallel()
	eachUploadSite(t, testUploadDeaths)
}

func testUploadDeaths(t *testing.T, s *uploadSite) {
	t.Helper()
	media := uploadMedia(1000)
	deaths := 0
	for n := 1; ; n++ {
		c := &uploadClient{t: t, who: s.people["alice"], media: media, file: strconv.Itoa(n)}
		svc := s.mortal(n)
		err := c.begin(svc)
		if err == nil {
			err = c.send(svc)
		}
		if err == nil {
			break // it got through before its death
		}
		if !errors.Is(err, errDied) {
			t.Fatalf("death %d: %v", n, err)
		}
		deaths++
		s.reborn(n, c)
	}
	if deaths < 60 {
		t.Errorf("only %d deaths: does the test still cover the steps?", deaths)
	}
	if got := s.videos(); len(got) != deaths+1 {
		t.Errorf("%d videos of %d uploads", len(got), deaths+1)
	}
	s.now.add(3 * time.Hour)
	if _, err := s.service().Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	uploadSweepFiles(t, s)
}

// reborn starts anew after the nth death, and the client goes on.
func (s *uploadSite) reborn(n int, c *uploadClient) {
	s.t.Helper()
	svc := s.service()
	if _, err := svc.Recover(s.t.Context(), true); err != nil {
		s.t.Fatalf("death %d: recover: %v", n, err)
	}
	if c.video != nil {
		return // it had its answer
	}
	err := c.begin(svc)
	if err == nil {
		err = c.send(svc)
	}
	if err != nil {
		s.t.Fatalf("death %d: go on: %v", n, err)
	}
	names := s.videos()
	if len(names) != n {
		s.t.Fatalf("death %d: %d videos", n, len(names))
	}
	named, err := filepath.Glob(filepath.Join(s.dir, uploadOriginals, c.video.UUID+"-*-input.mp4"))
	if err != nil || len(named) != 1 {
		s.t.Fatalf("death %d: inputs: %v %v, want one", n, named, err)
	}
	input, err := os.ReadFile(named[0])
	if err != nil || !bytes.Equal(input, c.media) {
		s.t.Fatalf("death %d: the input differs: %v", n, err)
	}
}

// uploadSweepFiles checks that nothing is left but the videos' files.
func uploadSweepFiles(t *testing.T, s *uploadSite) {
	t.Helper()
	if inputs, videos := s.files(uploadOriginals), len(s.videos()); inputs != 2*videos {
		t.Errorf("%d files of %d videos, want an input and a picture of each", inputs, videos)
	}
	old := time.Now().Add(-3 * time.Hour)
	list, _ := os.ReadDir(filepath.Join(s.dir, uploadTmp))
	for _, f := range list {
		if err := os.Chtimes(filepath.Join(s.dir, uploadTmp, f.Name()), old, old); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.service().Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := s.files(uploadTmp); n != 0 {
		t.Errorf("%d temporary files are left", n)
	}
}

// TestUploadRecoverOnAnotherNode takes over from a node that is silent, once
// its lease has run out and not before.
func TestUploadRecoverOnAnotherNode(t *testing.T) {
	t.Parallel()
	eachUploadSite(t, testUploadOtherNode)
}

func testUploadOtherNode(t *testing.T, s *uploadSite) {
	t.Helper()
	c := &uploadClient{t: t, who: s.people["alice"], media: uploadMedia(300), file: "1"}
	var log bytes.Buffer
	node := s.service()
	s.prober.err = errDied
	node.Log = slog.New(slog.NewTextHandler(&log, nil))
	if err := c.begin(node); err != nil {
		t.Fatal(err)
	}
	// The silent node: everything is recorded, the lease is never given back.
	silent := s.service()
	silent.Store = silentStore{silent.Store}
	if err := c.send(silent); !errors.Is(err, errDied) {
		t.Fatalf("got %v, want death", err)
	}
	s.prober.err = nil
	if n, err := node.Recover(t.Context(), false); n != 0 || err != nil {
		t.Errorf("Recover while the lease lasts: %d %v, want none", n, err)
	}
	_, err := node.Append(t.Context(), c.who, c.id, video.Chunk{Status: true}, strings.NewReader(""))
	if !errs.Is(err, errs.Unavailable) {
		t.Errorf("question while the lease lasts: %v, want Unavailable", err)
	}
	s.now.add(16 * time.Second)
	if n, err := node.Recover(t.Context(), false); n != 1 || err != nil {
		t.Errorf("Recover after the lease: %d %v, want 1", n, err)
	}
	if err := c.send(node); err != nil || c.video == nil {
		t.Errorf("the client that comes back: %v %v, want its video", c.video, err)
	}
	if got := s.videos(); len(got) != 1 {
		t.Errorf("videos: %v", got)
	}
}

// silentStore is of a node that vanishes when its video is to be made.
type silentStore struct{ video.UploadStore }

func (s silentStore) Unlock(context.Context, string, string) error { return errDied }

func (s silentStore) Save(ctx context.Context, up *video.Upload, lease string, release bool) error {
	if release && up.State == video.UploadOpen {
		return errDied
	}
	return s.UploadStore.Save(ctx, up, lease, release)
}
