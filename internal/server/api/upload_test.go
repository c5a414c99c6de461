package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/storage/blob"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

var updateUploads = flag.Bool("update-uploads", false, "rewrite the golden files of uploads")

// uploadSite is a site with two people, on a real database and a real disk.
type uploadSite struct {
	t      testing.TB
	db     *sqldb.DB
	dir    string
	svc    *video.Uploads
	prober *uploadProber
	queue  *uploadQueue
	srv    *httptest.Server
	people map[string]*user.User
	now    *uploadClock

	settings video.UploadSettings
}

type uploadClock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *uploadClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *uploadClock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// uploadProber takes files that begin with "media" for media.
type uploadProber struct {
	entered chan struct{} // told of each probe, if set
	wait    chan struct{} // waited for by each probe, if set
	err     error
}

func (p *uploadProber) Probe(_ context.Context, path string) (video.ProbeResult, error) {
	if p.entered != nil {
		p.entered <- struct{}{}
	}
	if p.wait != nil {
		<-p.wait
	}
	if p.err != nil {
		return video.ProbeResult{}, p.err
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return video.ProbeResult{}, err
	}
	if !bytes.HasPrefix(b, []byte("media")) {
		return video.ProbeResult{}, errs.New(errs.Unprocessable, "this is not a video or audio file that can be read")
	}
	return video.ProbeResult{Duration: 12600 * time.Millisecond, Width: 1280, Height: 720, FPS: 29.97, HasVideo: true, HasAudio: true, Metadata: []byte(`{"streams":[]}`)}, nil
}

type uploadQueue struct {
	mu   sync.Mutex
	jobs []video.ProcessUpload
	err  error
}

func (q *uploadQueue) ProcessUpload(_ context.Context, in video.ProcessUpload) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err == nil {
		q.jobs = append(q.jobs, in)
	}
	return q.err
}

const uploadChannelOf = 100 // the channel of person n is 100+n

func newUploadSite(t testing.TB) *uploadSite {
	t.Helper()
	return newUploadSiteOn(t, sqldbtest.SQLite(t))
}

// eachUploadSite runs a test on a site of each database.
func eachUploadSite(t *testing.T, test func(t *testing.T, s *uploadSite)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) { test(t, newUploadSiteOn(t, db)) })
}

func newUploadSiteOn(t testing.TB, db *sqldb.DB) *uploadSite {
	t.Helper()
	s := &uploadSite{
		t: t, db: db, dir: t.TempDir(), prober: &uploadProber{}, queue: &uploadQueue{},
		people: map[string]*user.User{}, now: &uploadClock{t: sqldb.Now()},
		settings: video.UploadSettings{Transcoding: true, AdditionalExtensions: true, AudioFiles: true, DownloadEnabled: true},
	}
	for n, name := range []string{"alice", "bob"} {
		s.addPerson(int64(n+1), name)
	}
	s.start()
	return s
}

func (s *uploadSite) addPerson(n int64, name string) {
	s.t.Helper()
	exec := func(query string, args ...any) {
		if _, err := s.db.Exec(s.t.Context(), query, args...); err != nil {
			s.t.Fatal(err)
		}
	}
	now := s.now.Now()
	exec(`INSERT INTO users (id, username, email, email_folded, password_hash, role, video_quota, video_quota_daily, feed_token, created_at, updated_at)
		VALUES ($1, $2, $2, $2, '', 2, -1, -1, '', $3, $3)`, n, name, now)
	for i, kind := range []string{"Person", "Group"} {
		exec(`INSERT INTO actors (id, type, preferred_username, url, inbox_url, created_at, updated_at) VALUES ($1, $2, $3, $3, '', $4, $4)`,
			n*10+int64(i), kind, name+kind, now)
	}
	exec(`INSERT INTO accounts (id, actor_id, user_id, name, created_at, updated_at) VALUES ($1, $2, $1, $3, $4, $4)`, n, n*10, name, now)
	exec(`INSERT INTO video_channels (id, actor_id, account_id, name, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)`,
		uploadChannelOf+n, n*10+1, n, name, now)
	s.people[name] = &user.User{ID: user.ID(n), Username: name, Role: user.Member, AccountID: actor.AccountID(n)}
}

// start makes the service and its server anew, as after a crash.
func (s *uploadSite) start() {
	s.t.Helper()
	s.svc = s.service()
	log := slog.New(slog.DiscardHandler)
	router := rest.NewRouter(log)
	router.Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if u := s.people[r.Header.Get("X-Test-User")]; u != nil {
				r = r.WithContext(auth.WithUser(r.Context(), u))
			}
			http.StripPrefix("/api/v1", next).ServeHTTP(w, r)
		})
	})
	site := instance.Site{Scheme: "https", Host: "tube.example"}
	(&Uploads{Uploads: s.svc, Sources: &video.Service{Store: &store.Videos{DB: s.db}}, Site: site, Log: log}).Mount(router)
	if s.srv != nil {
		s.srv.Close()
	}
	s.srv = httptest.NewServer(router)
	s.t.Cleanup(s.srv.Close)
}

func (s *uploadSite) service() *video.Uploads {
	disk := &blob.Disk{Dirs: map[blob.Section]string{
		blob.Tmp: filepath.Join(s.dir, "tmp"), blob.Originals: filepath.Join(s.dir, "originals"),
	}}
	return &video.Uploads{
		Store: store.Uploads{DB: s.db}, Files: blob.Uploads{Disk: disk, Store: disk}, Videos: &store.Videos{DB: s.db},
		Queue: s.queue, Prober: s.prober, Inputs: &store.VideoFiles{DB: s.db}, Torrent: fakeTorrent, InTx: s.db.InTx, Now: s.now.Now,
		Site:     instance.Site{Scheme: "https", Host: "tube.example"},
		Settings: func(context.Context) video.UploadSettings { return s.settings },
		Log:      slog.New(slog.DiscardHandler),
	}
}

// fakeTorrent names a torrent: making them is the workers' and tested there.
func fakeTorrent(_ context.Context, v *video.Video, f *video.File, path string) error {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	f.TorrentFilename, f.InfoHash = fmt.Sprintf("made-%d.torrent", f.Resolution), strings.Repeat("a", 40)
	if v.Name != "A clip" { // the names of torrents are unique
		f.TorrentFilename = v.UUID + ".torrent"
	}
	return nil
}

// uploadAnswer is what came back.
type uploadAnswer struct {
	status int
	header http.Header
	body   string
}

// do sends a request of alice, or of whom the headers name.
func (s *uploadSite) do(method, path string, header map[string]string, body io.Reader) uploadAnswer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.srv.URL+"/api/v1"+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("X-Test-User", "alice")
	for k, v := range header {
		r.Header.Set(k, v)
	}
	r.Host = "localhost:9000"
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return uploadAnswer{res.StatusCode, res.Header, string(b)}
}

const (
	uploadPath  = "/videos/upload-resumable"
	uploadBody1 = `{"filename":"clip.mp4","name":"Resumable video","channelId":101,"privacy":2,"lastModified":1700000000000}`
)

func (s *uploadSite) init(size int, body string, header map[string]string) uploadAnswer {
	s.t.Helper()
	h := map[string]string{"Content-Type": "application/json", "X-Upload-Content-Length": strconv.Itoa(size), "X-Upload-Content-Type": "video/mp4"}
	for k, v := range header {
		h[k] = v
	}
	return s.do("POST", uploadPath, h, strings.NewReader(body))
}

// begin begins an upload and returns its address.
func (s *uploadSite) begin(size int) string {
	s.t.Helper()
	a := s.init(size, uploadBody1, nil)
	if a.status != 201 {
		s.t.Fatalf("init: %d %s", a.status, a.body)
	}
	return strings.TrimPrefix(a.header.Get("Location"), "//localhost:9000/api/v1")
}

func (s *uploadSite) put(path string, first int, chunk []byte, total int, header map[string]string) uploadAnswer {
	s.t.Helper()
	h := map[string]string{"Content-Type": "application/octet-stream", "Content-Range": fmt.Sprintf("bytes %d-%d/%d", first, first+len(chunk)-1, total)}
	for k, v := range header {
		h[k] = v
	}
	return s.do("PUT", path, h, bytes.NewReader(chunk))
}

func (s *uploadSite) status(path string, total int) uploadAnswer {
	s.t.Helper()
	return s.do("PUT", path, map[string]string{"Content-Range": fmt.Sprintf("bytes */%d", total)}, http.NoBody)
}

// want checks a status and the Range; rng "" is none.
func (s *uploadSite) want(what string, a uploadAnswer, status int, rng string) {
	s.t.Helper()
	if a.status != status || a.header.Get("Range") != rng {
		s.t.Errorf("%s: got %d, Range %q, want %d, %q: %s", what, a.status, a.header.Get("Range"), status, rng, a.body)
	}
}

// wantError checks an error of the protocol's own form.
func (s *uploadSite) wantError(what string, a uploadAnswer, status int, code string) {
	s.t.Helper()
	var e uploadErrorJSON
	err := json.Unmarshal([]byte(a.body), &e)
	if err != nil || a.status != status || e.Error.Code != code || e.Error.Message == "" || a.header.Get("Content-Type") != "application/json" {
		s.t.Errorf("%s: got %d %q %s, want %d %s", what, a.status, a.header.Get("Content-Type"), a.body, status, code)
	}
}

// videos returns the names, and checks that database and disk agree.
func (s *uploadSite) videos() []string {
	s.t.Helper()
	type row struct {
		name, uuid string
		id         video.ID
		size       int64
	}
	rows, err := sqldb.All(s.t.Context(), s.db, func(r sqldb.Row) (v row, err error) {
		return v, r.Scan(&v.name, &v.uuid, &v.id, &v.size)
	}, `SELECT name, uuid, id, quota_bytes FROM videos ORDER BY id`)
	if err != nil {
		s.t.Fatal(err)
	}
	var names []string
	var sum int64
	jobs := map[video.ID]string{}
	for _, j := range s.queue.jobs {
		if jobs[j.VideoID] != "" {
			s.t.Errorf("two jobs for video %d", j.VideoID)
		}
		jobs[j.VideoID] = j.Input
	}
	for _, v := range rows {
		names = append(names, v.name)
		sum += v.size
		info, err := os.Stat(filepath.Join(s.dir, "originals", jobs[v.id]))
		if err != nil || info.Size() != v.size || !strings.HasPrefix(jobs[v.id], v.uuid) {
			s.t.Errorf("input %q of video %q: %v %v", jobs[v.id], v.name, info, err)
		}
	}
	used, err := sqldb.One(s.t.Context(), s.db, sqldb.Value[int64], `SELECT CAST(SUM(video_quota_used) AS BIGINT) FROM users`)
	if err != nil || used != sum {
		s.t.Errorf("quota used: %d %v, want %d", used, err, sum)
	}
	return names
}

// files counts what lies in a directory of the site.
func (s *uploadSite) files(dir string) int {
	s.t.Helper()
	list, err := os.ReadDir(filepath.Join(s.dir, dir))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		s.t.Fatal(err)
	}
	return len(list)
}

const (
	uploadTmp       = "tmp/resumable-uploads"
	uploadOriginals = "originals"
)

// uploadMedia is a file that the prober takes for media.
func uploadMedia(size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i * 7 >> 3)
	}
	copy(b, "media")
	return b
}

func uploadGolden(t *testing.T, name string, a uploadAnswer) {
	t.Helper()
	var body bytes.Buffer
	if err := json.Indent(&body, []byte(a.body), "", "  "); err != nil {
		t.Fatalf("not JSON: %s", a.body)
	}
	got := fmt.Sprintf("%d\nContent-Type: %s\n\n%s\n", a.status, a.header.Get("Content-Type"), body.String())
	path := filepath.Join("testdata", "upload", name+".golden")
	if *updateUploads {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// uploadPart is a part of a multipart body; a file when it has a filename.
type uploadPart struct{ name, filename, kind, value string }

func uploadMultipart(t testing.TB, parts ...uploadPart) (string, io.Reader) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="%s"`, p.name))
		if p.filename != "" {
			h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="%s"; filename="%s"`, p.name, p.filename))
			h.Set("Content-Type", p.kind)
		}
		pw, err := w.CreatePart(h)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(pw, p.value)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), &b
}
