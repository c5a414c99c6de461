package worker_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/job"
	"sepiola/internal/media/ffmpeg"
	"sepiola/internal/media/image"
	"sepiola/internal/media/transcode"
	"sepiola/internal/storage/blob"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
	"sepiola/internal/worker"
)

// house is everything that the work needs, with a real database, real files
// and the real ffmpeg.
type house struct {
	t      *testing.T
	db     *sqldb.DB
	disk   *blob.Disk
	files  *faulty
	rows   *store.VideoFiles
	steps  store.Transcodes
	videos *store.Videos
	media  *worker.Media
	jobs   *job.Queue
	queue  *worker.Queue
	// settings may be changed before the queue starts.
	settings  worker.Settings
	published atomic.Int64
	// patience is how long to wait for work; 0 means a minute.
	patience time.Duration
	channel  actor.ChannelID
}

// faulty can make the disk full.
type faulty struct {
	worker.Files
	full atomic.Bool
}

func (f *faulty) Adopt(ctx context.Context, path, section, name string) error {
	if f.full.Load() {
		return f.Put(ctx, section, name, brokenReader{})
	}
	return f.Files.Adopt(ctx, path, section, name)
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
}

func newHouse(t *testing.T) *house {
	t.Helper()
	if testing.Short() {
		t.Skip("runs ffmpeg")
	}
	return newHouseOn(t, sqldbtest.SQLite(t))
}

func newHouseOn(t *testing.T, db *sqldb.DB) *house {
	t.Helper()
	root := t.TempDir()
	dirs := map[blob.Section]string{}
	for _, s := range []blob.Section{
		blob.Tmp, blob.WebVideos, blob.StreamingPlaylists, blob.Originals, blob.Thumbnails, blob.Storyboards, blob.Torrents, blob.Captions, blob.Avatars,
	} {
		dirs[s] = filepath.Join(root, string(s))
	}
	h := &house{t: t, db: db, disk: &blob.Disk{Dirs: dirs}, rows: &store.VideoFiles{DB: db}, steps: store.Transcodes{DB: db}, videos: &store.Videos{DB: db}}
	h.files = &faulty{Files: blob.Named{Store: h.disk}}
	can, err := capabilities()
	if err != nil {
		t.Fatal(err)
	}
	h.settings = worker.Settings{
		Transcoding: true, HLS: true, Torrents: true, Storyboards: true, FramesToAnalyze: 5,
		ThumbnailSizes: []image.Size{{Width: 280, Height: 157}, {Width: 850, Height: 480}},
		Options:        transcode.Options{Resolutions: []int{144}, AlwaysOriginal: true, MaxFPS: 60, Capabilities: can},
	}
	log := slog.New(slog.DiscardHandler)
	if testing.Verbose() {
		log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	h.media = &worker.Media{
		Files: h.files, Rows: h.rows, Steps: h.steps, Videos: h.videos, InTx: db.InTx,
		Tools: &ffmpeg.Tools{Threads: 2, Log: log}, Site: instance.Site{Scheme: "https", Host: "tube.example"},
		Settings: func(context.Context) worker.Settings { return h.settings },
		Now:      sqldb.Now, Log: log,
		OnPublished: []func(context.Context, video.ID) error{func(context.Context, video.ID) error {
			h.published.Add(1)
			return nil
		}},
	}
	h.seed()
	h.open()
	return h
}

// open makes a new queue, as a start of the server does.
func (h *house) open() {
	h.t.Helper()
	jobs, err := job.Open(h.t.Context(), job.Options{DB: h.db, Log: h.media.Log, Queues: worker.Queues(1)})
	if err != nil {
		h.t.Fatal(err)
	}
	h.jobs, h.queue = jobs, &worker.Queue{Jobs: jobs}
	h.media.Queue = h.queue
	worker.Register(jobs, h.media, noMail{}, &worker.Tasks{})
}

type noMail struct{}

func (noMail) Send(context.Context, user.Mail) error { return errors.New("no mail in this test") }

func (h *house) start() {
	h.t.Helper()
	if err := h.jobs.Start(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	jobs := h.jobs
	h.t.Cleanup(func() { _ = jobs.Stop(context.Background(), time.Millisecond) })
}

func (h *house) stop() {
	h.t.Helper()
	if err := h.jobs.Stop(h.t.Context(), time.Millisecond); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) seed() {
	h.t.Helper()
	now := sqldb.Now()
	id, err := sqldb.Returning(h.t.Context(), h.db, sqldb.Value[int64], `
		INSERT INTO users (username, email, email_folded, password_hash, role, video_quota, video_quota_daily, feed_token, created_at, updated_at)
		VALUES ('alice', 'a', 'a', '', 2, -1, -1, '', $1, $1) RETURNING id`, now)
	if err != nil {
		h.t.Fatal(err)
	}
	actors := store.Actors{DB: h.db}
	a := &actor.Account{Actor: actor.Actor{Type: actor.Person, Username: "alice", URL: "http://x/a", CreatedAt: now, UpdatedAt: now}, UserID: id}
	if err := actors.CreateAccount(h.t.Context(), a); err != nil {
		h.t.Fatal(err)
	}
	c := &actor.Channel{Actor: actor.Actor{Type: actor.Group, Username: "chan", URL: "http://x/c", CreatedAt: now, UpdatedAt: now}, OwnerID: a.AccountID}
	if err := actors.CreateChannel(h.t.Context(), c); err != nil {
		h.t.Fatal(err)
	}
	h.channel = c.ChannelID
}

// clips has the files that were made, by what they are made of: many tests
// begin with the same one, and to make it takes as long as some of them.
var clips sync.Map // of func() ([]byte, error)

// clip makes a small file with ffmpeg.
func clip(t *testing.T, name string, args ...string) string {
	t.Helper()
	kind := fmt.Sprintf("%s %q", filepath.Ext(name), args)
	made, _ := clips.LoadOrStore(kind, sync.OnceValues(func() ([]byte, error) {
		path := filepath.Join(t.TempDir(), "made"+filepath.Ext(name))
		out, err := exec.CommandContext(t.Context(), "ffmpeg", append(append([]string{"-v", "error", "-y"}, args...), path)...).CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("%w: %s", err, out)
		}
		return os.ReadFile(path)
	}))
	content, err := made.(func() ([]byte, error))()
	if err != nil {
		t.Fatalf("make a clip: %v", err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// capabilities are those of the installed ffmpeg, asked for once.
var capabilities = sync.OnceValues(func() (*ffmpeg.Capabilities, error) {
	return new(ffmpeg.Tools).Capabilities(context.Background())
})

const (
	picture = "testsrc2=size=426x240:rate=25:duration=4"
	sound   = "sine=frequency=440:duration=4"
)

func h264(t *testing.T) string {
	t.Helper()
	return clip(t, "clip.mp4", "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound,
		"-c:v", "libx264", "-preset", "ultrafast", "-b:v", "400k", "-maxrate", "400k", "-bufsize", "800k", "-pix_fmt", "yuv420p", "-g", "50", "-c:a", "aac", "-ac", "2", "-shortest")
}

// upload does what the uploads do in their transaction.
func (h *house) upload(path string, change func(*video.Video)) *video.Video {
	h.t.Helper()
	now := sqldb.Now()
	v := &video.Video{
		UUID: video.NewUUID(), ChannelID: h.channel, Name: "My clip", Privacy: video.Public, State: video.ToTranscode,
		CommentsPolicy: video.CommentsEnabled, DownloadEnabled: true, EmbedPrivacyPolicy: 1,
		PublishedAt: now, CreatedAt: now, UpdatedAt: now,
	}
	v.URL = "https://tube.example/videos/watch/" + v.UUID
	if change != nil {
		change(v)
	}
	input := video.InputName(v.UUID, video.NewUUID(), filepath.Ext(path))
	f, err := os.Open(path)
	if err != nil {
		h.t.Fatal(err)
	}
	defer f.Close()
	if err := h.disk.Put(h.t.Context(), blob.Key{Section: blob.Originals, Name: input}, f); err != nil {
		h.t.Fatal(err)
	}
	listed := h.inputFile(v, path, input)
	err = h.db.InTx(h.t.Context(), func(ctx context.Context) error {
		if err := h.videos.Create(ctx, v); err != nil {
			return err
		}
		listed.VideoID = v.ID
		if _, err := h.rows.PutFile(ctx, listed); err != nil {
			return err
		}
		_, err := h.db.Exec(ctx, `INSERT INTO video_sources (video_id, input_filename, created_at) VALUES ($1, 'clip', $2)`, v.ID, now)
		if err != nil {
			return err
		}
		return h.queue.ProcessUpload(ctx, video.ProcessUpload{VideoID: v.ID, Input: input})
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return v
}

// inputFile describes an uploaded file, which may be no media.
func (h *house) inputFile(v *video.Video, path, name string) *video.File {
	h.t.Helper()
	stat, err := os.Stat(path)
	if err != nil {
		h.t.Fatal(err)
	}
	probe, _ := worker.Prober{Tools: h.media.Tools}.Probe(h.t.Context(), path)
	f := &video.File{
		Filename: name, Extname: filepath.Ext(name), Size: stat.Size(), Resolution: min(probe.Width, probe.Height),
		Width: probe.Width, Height: probe.Height, HasVideo: probe.HasVideo, HasAudio: probe.HasAudio,
	}
	if err := h.media.InputTorrent(h.t.Context(), v, f, path); err != nil {
		h.t.Fatal(err)
	}
	return f
}

// until polls: the database has no way to tell.
func (h *house) until(what string, ok func() bool) {
	h.t.Helper()
	deadline := time.Now().Add(cmp.Or(h.patience, time.Minute))
	for !ok() {
		if time.Now().After(deadline) {
			rows, _, _ := h.jobs.List(h.t.Context(), job.ListParams{Count: 20})
			for _, r := range rows {
				h.t.Logf("%s %s %s: %s", r.Kind, r.State, r.Args, r.Error)
			}
			h.t.Fatalf("waited too long: %s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// idle waits until no job waits or runs.
func (h *house) idle() {
	h.t.Helper()
	h.until("all jobs done", func() bool {
		counts, err := h.jobs.Counts(h.t.Context())
		if err != nil {
			h.t.Fatal(err)
		}
		return len(counts) == 0
	})
}

func (h *house) get(id video.ID) *video.Video {
	h.t.Helper()
	v, err := h.rows.ForWork(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.videos.Load(h.t.Context(), v); err != nil {
		h.t.Fatal(err)
	}
	return v
}

func (h *house) stepsOf(id video.ID) []video.Transcode {
	h.t.Helper()
	steps, err := h.steps.OfVideo(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return steps
}

func (h *house) read(s blob.Section, name string) string {
	h.t.Helper()
	o, err := h.disk.Open(h.t.Context(), blob.Key{Section: s, Name: name})
	if err != nil {
		h.t.Fatalf("%s/%s: %v", s, name, err)
	}
	defer o.Close()
	b, err := io.ReadAll(o)
	if err != nil {
		h.t.Fatal(err)
	}
	return string(b)
}

func (h *house) list(s blob.Section) []string {
	h.t.Helper()
	names := []string{}
	err := h.disk.List(h.t.Context(), s, "", func(i blob.Info) error {
		names = append(names, i.Key.Name)
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return names
}

// sound checks that rows and files of a video agree, and that a decoder reads
// the best file to its end.
func (h *house) consistent(v *video.Video) {
	h.t.Helper()
	dir := "hls/" + v.UUID + "/"
	if v.Privacy.PrivateFiles() {
		dir = "hls/private/" + v.UUID + "/"
	}
	master, hashes := "", ""
	if v.Playlist != nil {
		master, hashes = h.read(blob.StreamingPlaylists, dir+v.Playlist.PlaylistFilename), h.read(blob.StreamingPlaylists, dir+v.Playlist.SegmentsFilename)
	}
	want := 0
	for _, f := range v.Files {
		if f.PlaylistID == 0 {
			section, name := blob.WebVideos, f.Filename
			switch {
			case f.IsInput():
				section = blob.Originals
			case v.Privacy.PrivateFiles():
				name = "private/" + name
			}
			if n := len(h.read(section, name)); int64(n) != f.Size {
				h.t.Errorf("%s has %d bytes, its row says %d", name, n, f.Size)
			}
			continue
		}
		want++
		if n := len(h.read(blob.StreamingPlaylists, dir+f.Filename)); int64(n) != f.Size {
			h.t.Errorf("%s has %d bytes, its row says %d", f.Filename, n, f.Size)
		}
		list := strings.TrimSuffix(f.Filename, "-fragmented.mp4") + ".m3u8"
		if !strings.Contains(h.read(blob.StreamingPlaylists, dir+list), f.Filename) {
			h.t.Errorf("%s does not name its media", list)
		}
		if !strings.Contains(master, list) {
			h.t.Errorf("the master playlist does not name %s:\n%s", list, master)
		}
		if !strings.Contains(hashes, f.Filename) {
			h.t.Errorf("there are no hashes of %s", f.Filename)
		}
		if f.InfoHash == "" || f.TorrentFilename == "" {
			h.t.Errorf("%s has no torrent", f.Filename)
		} else {
			h.read(blob.Torrents, f.TorrentFilename)
		}
	}
	if n := strings.Count(master, ".m3u8"); n != want {
		h.t.Errorf("the master playlist names %d files, want %d:\n%s", n, want, master)
	}
}
