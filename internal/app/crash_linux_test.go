package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sepiola/internal/app"
	"sepiola/internal/config"
	"sepiola/internal/storage/sqldb/sqldbtest"
)

// The crash test kills a server that works, again and again, and then holds
// its database and its files against each other and against all that it had
// acknowledged. The server is this test binary, started anew with serveEnv set.
const (
	serveEnv     = "SEPIOLA_TEST_SERVE" // data directory
	rootPassword = "crash-password-1"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(serveEnv); dir != "" {
		if err := serve(dir); err != nil {
			fmt.Fprintln(os.Stderr, "serve:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func serve(dir string) error {
	cfg, _, err := config.Load(config.Options{DataDir: dir, Listen: os.Getenv("SEPIOLA_TEST_LISTEN"), Env: os.Environ()})
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	a, err := app.New(ctx, cfg, log)
	if err != nil {
		return err
	}
	return a.Run(ctx)
}

// victim is a server that gets killed.
type victim struct {
	t    *testing.T
	dir  string
	addr string
	env  []string // more settings
	cmd  *exec.Cmd
	logs *os.File
}

func newVictim(t *testing.T, env ...string) *victim {
	t.Helper()
	dir := t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	logs, err := os.Create(filepath.Join(dir, "serve.log"))
	if err != nil {
		t.Fatal(err)
	}
	v := &victim{t: t, dir: dir, addr: l.Addr().String(), env: env, logs: logs}
	t.Cleanup(func() {
		v.end()
		_ = logs.Close()
		nobodyLeft(t, dir)
	})
	return v
}

func (v *victim) start() {
	v.t.Helper()
	self, err := os.Executable()
	if err != nil {
		v.t.Fatal(err)
	}
	v.cmd = exec.Command(self)
	v.cmd.Env = append(os.Environ(), serveEnv+"="+filepath.Join(v.dir, "data"), "SEPIOLA_TEST_LISTEN="+v.addr,
		"PT_INITIAL_ROOT_PASSWORD="+rootPassword, "SEPIOLA_RATES_LIMIT_API_MAX=1000000", "SEPIOLA_RATES_LIMIT_LOGIN_MAX=1000000",
		"SEPIOLA_TRANSCODING_RESOLUTIONS_144P=true", "SEPIOLA_TRANSCODING_RESOLUTIONS_240P=true", "SEPIOLA_TRANSCODING_RESOLUTIONS_360P=false",
		"SEPIOLA_TRANSCODING_ENABLED=true", "SEPIOLA_TRANSCODING_WEB_VIDEOS_ENABLED=true")
	v.cmd.Env = append(v.cmd.Env, v.env...)
	v.cmd.Stdout, v.cmd.Stderr = v.logs, v.logs
	v.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // when the test itself is killed
	if err := v.cmd.Start(); err != nil {
		v.t.Fatal(err)
	}
}

// ready waits until the server answers.
func (v *victim) ready() {
	v.t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for time.Now().Before(deadline) {
		res, err := http.Get("http://" + v.addr + "/api/v1/ping")
		if err == nil {
			_ = res.Body.Close()
			return
		}
		time.Sleep(10 * time.Millisecond) // until another process listens: there is nothing to wait on
	}
	v.t.Fatalf("the server did not come back; its log:\n%s", v.tail())
}

func (v *victim) tail() string {
	b, _ := os.ReadFile(filepath.Join(v.dir, "serve.log"))
	return string(b[max(0, len(b)-6000):])
}

func (v *victim) kill() {
	_ = v.cmd.Process.Kill()
	_ = v.cmd.Wait()
}

// end kills the server if it lives.
func (v *victim) end() {
	if v.cmd != nil && v.cmd.ProcessState == nil {
		v.kill()
	}
}

func (v *victim) stop() {
	_ = v.cmd.Process.Signal(syscall.SIGTERM)
	if err := v.cmd.Wait(); err != nil {
		v.t.Errorf("stopping the server: %v; its log:\n%s", err, v.tail())
	}
}

// uploader sends one video after the other and remembers what the server has
// acknowledged. Its calls fail when the server dies; that is their purpose.
type uploader struct {
	api
	password string // of root, if not rootPassword
	clip     []byte
	channel  int64

	location string // of the upload under way, or ""
	acked    int64  // its bytes that were acknowledged
	done     []string
	parked   []parkedUpload // that a dead process holds
	lost     []string
	begun    int
	most     int // that may have begun by now
	// shared says that the database may have other nodes: then a dead one's
	// lease has to run out.
	shared bool
}

type parkedUpload struct {
	location string
	acked    int64
}

var errGone = errors.New("the server is gone")

// step sends the next part of the work.
func (u *uploader) step(ctx context.Context) error {
	if u.location == "" && u.begun >= u.most {
		time.Sleep(5 * time.Millisecond) // let the server work
		return nil
	}
	if u.location == "" {
		return u.begin(ctx)
	}
	// What the server says it has must not be less than it acknowledged.
	status, header, answer, err := u.put(ctx, nil, fmt.Sprintf("bytes */%d", len(u.clip)))
	if err != nil {
		return err
	}
	have := int64(0)
	switch status {
	case http.StatusPermanentRedirect:
		if r := header.Get("Range"); r != "" {
			last, err := strconv.ParseInt(strings.TrimPrefix(r, "bytes=0-"), 10, 64)
			if err != nil {
				return err
			}
			have = last + 1
		}
	case http.StatusNotFound: // finished, but its answer was lost on the way
		u.location = ""
		return nil
	case http.StatusServiceUnavailable:
		if u.shared {
			u.park()
			return nil
		}
		time.Sleep(20 * time.Millisecond) // being processed after a restart: ask again soon
		return nil
	case http.StatusLocked:
		u.park()
		return nil
	case http.StatusOK: // it went on after the crash
		return u.finished(answer)
	}
	if have < u.acked {
		u.lost = append(u.lost, fmt.Sprintf("of %s %d bytes were acknowledged, %d are there", u.location, u.acked, have))
	}
	return u.chunk(ctx, have)
}

// park leaves an upload that a dead process holds for the end of the test.
func (u *uploader) park() {
	u.parked = append(u.parked, parkedUpload{u.location, u.acked})
	u.location = ""
}

// finishParked sends what is missing of the uploads that were left.
func (u *uploader) finishParked(t *testing.T) {
	t.Helper()
	if u.location != "" {
		u.park()
	}
	u.shared = false // by now nobody else is alive
	deadline := time.Now().Add(90 * time.Second)
	for len(u.parked) > 0 {
		p := u.parked[0]
		u.parked = u.parked[1:]
		u.location, u.acked = p.location, p.acked
		for u.location != "" {
			if time.Now().After(deadline) {
				t.Fatalf("an upload that a killed process held stays locked: %s", p.location)
			}
			if err := u.step(t.Context()); err != nil {
				t.Fatal(err)
			}
			if len(u.parked) > 0 && u.location == "" && u.parked[len(u.parked)-1].location == p.location {
				time.Sleep(200 * time.Millisecond) // until the lease is over, which nothing tells
			}
		}
	}
}

func (u *uploader) begin(ctx context.Context) error {
	u.begun++
	name := fmt.Sprintf("Crash video %d", u.begun)
	body := fmt.Sprintf(`{"name":%q,"channelId":%d,"filename":"clip.mp4","privacy":1}`, name, u.channel)
	status, header, answer, err := u.do(ctx, http.MethodPost, "/api/v1/videos/upload-resumable", strings.NewReader(body), http.Header{
		"Content-Type": {"application/json"}, "X-Upload-Content-Type": {"video/mp4"}, "X-Upload-Content-Length": {fmt.Sprint(len(u.clip))},
	})
	if err != nil {
		return err
	}
	if status != http.StatusCreated && status != http.StatusOK {
		return fmt.Errorf("init: %d %s", status, answer)
	}
	_, query, _ := strings.Cut(header.Get("Location"), "?")
	u.location, u.acked = "/api/v1/videos/upload-resumable?"+query, 0
	return nil
}

// chunk sends a third of the clip, from first on.
func (u *uploader) chunk(ctx context.Context, first int64) error {
	last := min(first+int64(len(u.clip)/3)+1, int64(len(u.clip)))
	status, _, answer, err := u.put(ctx, u.clip[first:last], fmt.Sprintf("bytes %d-%d/%d", first, last-1, len(u.clip)))
	if err != nil {
		return err
	}
	switch status {
	case http.StatusPermanentRedirect:
		u.acked = last
	case http.StatusOK:
		return u.finished(answer)
	case http.StatusLocked:
		u.park()
	case http.StatusServiceUnavailable, http.StatusNotFound:
	default:
		return fmt.Errorf("chunk: %d %s", status, answer)
	}
	return nil
}

// finished notes the video that an upload became.
func (u *uploader) finished(answer []byte) error {
	uuid := between(string(answer), `"uuid":"`, `"`)
	if uuid == "" {
		return fmt.Errorf("upload answered %s", answer)
	}
	u.done, u.location = append(u.done, uuid), ""
	return nil
}

func (u *uploader) put(ctx context.Context, b []byte, contentRange string) (int, http.Header, []byte, error) {
	return u.do(ctx, http.MethodPut, u.location, bytes.NewReader(b), http.Header{
		"Content-Type": {"application/octet-stream"}, "Content-Range": {contentRange},
	})
}

func between(s, before, after string) string {
	_, s, _ = strings.Cut(s, before)
	s, _, _ = strings.Cut(s, after)
	return s
}

// api calls the REST API with a token.
type api struct {
	base, token string
	client      *http.Client
}

func (a *api) do(ctx context.Context, method, path string, body io.Reader, header http.Header) (int, http.Header, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, a.base+path, body)
	if err != nil {
		return 0, nil, nil, err
	}
	for k, v := range header {
		req.Header[k] = v
	}
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	res, err := a.client.Do(req)
	if err != nil {
		return 0, nil, nil, errGone
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, nil, nil, errGone
	}
	return res.StatusCode, res.Header, b, nil
}

// TestNothingAcknowledgedIsLostWhenKilled kills the server at 50 random
// moments of starting, uploading, transcoding and publishing.
func TestNothingAcknowledgedIsLostWhenKilled(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	u := killAgainAndAgain(t, v, 50, false)
	checkConsistency(t, oneDatabase(t, v), filepath.Join(v.dir, "data", "storage"), u)
}

func oneDatabase(t *testing.T, v *victim) string {
	t.Helper()
	matches, err := filepath.Glob(filepath.Join(v.dir, "data", "*.db"))
	if err != nil || len(matches) != 1 {
		t.Fatalf("databases: %v %v", matches, err)
	}
	return matches[0]
}

// TestNothingIsLostOnPostgreSQLWhenKilled does the same where other nodes have
// to find out that one died. It ends with waiting for the leases of the dead.
func TestNothingIsLostOnPostgreSQLWhenKilled(t *testing.T) {
	t.Parallel()
	dsn := sqldbtest.PostgresURL(t)
	v := newVictim(t, "SEPIOLA_DATABASE_URL="+dsn)
	u := killAgainAndAgain(t, v, 12, true)
	checkConsistency(t, dsn, filepath.Join(v.dir, "data", "storage"), u)
}

// killAgainAndAgain uploads videos while it kills the server, and stops it
// once all work is done.
func killAgainAndAgain(t *testing.T, v *victim, kills int, shared bool) *uploader {
	t.Helper()
	clip := testClip(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))

	v.start()
	v.ready()
	u := &uploader{api: api{base: "http://localhost" + v.addr[strings.LastIndexByte(v.addr, ':'):], client: &http.Client{}}, clip: clip, shared: shared}
	u.login(t)
	for n := range kills {
		killAt := time.Now().Add(time.Duration(random.IntN(1000)) * time.Millisecond)
		if n%10 == 9 { // some die while they start
			killAt = time.Now().Add(time.Duration(random.IntN(150)) * time.Millisecond)
		}
		u.most = n/2 + 1 // more would take long to encode
		killed, process := make(chan struct{}), v.cmd.Process
		time.AfterFunc(time.Until(killAt), func() {
			defer close(killed)
			_ = process.Kill()
		})
		for time.Now().Before(killAt) {
			if err := u.step(t.Context()); err != nil {
				if !errors.Is(err, errGone) {
					t.Fatalf("kill %d: %v\n%s", n, err, v.tail())
				}
				time.Sleep(5 * time.Millisecond) // dead, or not yet up
			}
		}
		<-killed // however late: nobody else is to be killed by it
		v.kill()
		u.client.CloseIdleConnections()
		v.start()
		if n%10 != 8 {
			v.ready()
		}
	}
	v.ready()
	u.finishParked(t)
	for _, l := range u.lost {
		t.Error(l)
	}
	t.Logf("%d uploads begun, %d videos acknowledged, %d kills", u.begun, len(u.done), kills)
	if len(u.done) == 0 {
		t.Fatal("no video was ever acknowledged: the test tested nothing")
	}
	u.settle(t, v)
	v.stop()
	return u
}

// TestAFirstStartThatIsKilledBeginsAgain kills the server while it makes its
// files, its database and its first user. Whenever that was, it starts.
func TestAFirstStartThatIsKilledBeginsAgain(t *testing.T) {
	t.Parallel()
	for name, env := range map[string]func(t *testing.T) []string{
		"SQLite":     func(*testing.T) []string { return nil },
		"PostgreSQL": func(t *testing.T) []string { return []string{"SEPIOLA_DATABASE_URL=" + sqldbtest.PostgresURL(t)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const kills = 10
			for n := range kills {
				random := "PT_INITIAL_ROOT_PASSWORD=" // a password that only its file tells
				v := newVictim(t, append(env(t), random)...)
				v.start()
				time.Sleep(time.Duration(n+1) * 200 * time.Millisecond / kills) // the moment is what is tested
				v.kill()
				v.start()
				v.ready()
				u := &uploader{api: api{base: "http://" + strings.Replace(v.addr, "127.0.0.1", "localhost", 1), client: &http.Client{}}}
				kept, err := os.ReadFile(filepath.Join(v.dir, "data", "initial-root-password"))
				if err != nil {
					t.Fatalf("killed at moment %d, the password of root is lost: %v", n, err)
				}
				u.password = strings.TrimSpace(string(kept))
				u.login(t) // root is there with its password, channel and client
				u.client.CloseIdleConnections()
				v.stop()
			}
		})
	}
}
