package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const rootPassword = "bench-password-1"

// site is a Sepiola with one video.
type site struct {
	dir, url string
	client   *http.Client
	cmd      *exec.Cmd
	log      *os.File
	token    string
	port     int
}

// startSite starts the binary at a place, with nothing that measures its limits
// instead of its work: one machine plays all viewers.
func startSite(ctx context.Context, binary, dir string, at *place, port int) (*site, error) {
	name := at.address
	if at.space == nil {
		name = "localhost" // what browsers hold for safe
	}
	s := &site{dir: dir, url: fmt.Sprintf("http://%s:%d", name, port), client: at.client(), port: port}
	var err error
	if s.log, err = os.Create(filepath.Join(dir, "serve.log")); err != nil {
		return nil, err
	}
	s.cmd = at.space.command(ctx, binary, "serve", "--data", filepath.Join(dir, "data"), "--listen", fmt.Sprintf("%s:%d", at.address, port))
	s.cmd.Env = append(os.Environ(), "PT_INITIAL_ROOT_PASSWORD="+rootPassword, "SEPIOLA_WEBSERVER_HOSTNAME="+name, "SEPIOLA_WEBRTC_STUN_SERVERS=[]",
		"SEPIOLA_LOG_LEVEL=info", "SEPIOLA_LOG_FORMAT=text", "SEPIOLA_LOG_ANONYMIZE_IP=false", "SEPIOLA_STORYBOARDS_ENABLED=false")
	for _, group := range []string{"API", "LOGIN", "CLIENT", "WELL_KNOWN", "FEEDS", "ACTIVITY_PUB"} {
		s.cmd.Env = append(s.cmd.Env, "SEPIOLA_RATES_LIMIT_"+group+"_MAX=1000000000")
	}
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	s.cmd.WaitDelay = 10 * time.Second
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for range 300 {
		if _, err = get(ctx, s.client, s.url+"/api/v1/ping"); err == nil {
			return s, s.login(ctx)
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.stop()
	return nil, fmt.Errorf("the site did not start: %w", err)
}

func (s *site) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
	_ = s.log.Close()
}

func (s *site) call(ctx context.Context, method, path, contentType string, body io.Reader, to any) error {
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, body)
	if err != nil {
		return err
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if s.token != "" {
		r.Header.Set("Authorization", "Bearer "+s.token)
	}
	res, err := s.client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", path, res.Status, b)
	}
	return json.Unmarshal(b, to)
}

func (s *site) login(ctx context.Context) error {
	var app struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	if err := s.call(ctx, http.MethodGet, "/api/v1/oauth-clients/local", "", nil, &app); err != nil {
		return err
	}
	form := url.Values{"client_id": {app.ID}, "client_secret": {app.Secret}, "grant_type": {"password"}, "username": {"root"}, "password": {rootPassword}}
	var token struct {
		Access string `json:"access_token"`
	}
	err := s.call(ctx, http.MethodPost, "/api/v1/users/token", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), &token)
	s.token = token.Access
	return err
}

// makeClip makes a film that looks the same to every encoder: noise costs what
// the bit rate allows.
func makeClip(ctx context.Context, path string, seconds, kbits int) error {
	rate := strconv.Itoa(kbits) + "k"
	out, err := exec.CommandContext(ctx, "ffmpeg", "-nostdin", "-loglevel", "error", "-y",
		"-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=426x240:rate=25:duration=%d,noise=alls=20:allf=t", seconds),
		"-f", "lavfi", "-i", fmt.Sprintf("sine=frequency=440:duration=%d", seconds),
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-b:v", rate, "-minrate", rate, "-maxrate", rate, "-bufsize", rate,
		"-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "32k", "-ac", "1", path).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ffmpeg: %w: %s", err, out)
	}
	return nil
}

var errNotReady = errors.New("the video did not become ready")

// publish uploads a clip and waits until viewers can share it.
func (s *site) publish(ctx context.Context, path string) (uuid string, err error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for k, v := range map[string]string{"channelId": "1", "name": "A film for many", "privacy": "1"} {
		if err := form.WriteField(k, v); err != nil {
			return "", err
		}
	}
	part, err := form.CreateFormFile("videofile", filepath.Base(path))
	if err != nil {
		return "", err
	}
	if _, err := part.Write(file); err != nil {
		return "", err
	}
	if err := form.Close(); err != nil {
		return "", err
	}
	var out struct {
		Video struct {
			UUID string `json:"uuid"`
		} `json:"video"`
	}
	if err := s.call(ctx, http.MethodPost, "/api/v1/videos/upload", form.FormDataContentType(), &body, &out); err != nil {
		return "", err
	}
	for range 600 {
		var v struct {
			State struct {
				ID int `json:"id"`
			} `json:"state"`
			Playlists []struct {
				Files []struct{} `json:"files"`
			} `json:"streamingPlaylists"`
		}
		if err := s.call(ctx, http.MethodGet, "/api/v1/videos/"+out.Video.UUID, "", nil, &v); err != nil {
			return "", err
		}
		if v.State.ID == 1 && len(v.Playlists) > 0 && len(v.Playlists[0].Files) > 0 {
			return out.Video.UUID, nil
		}
		time.Sleep(200 * time.Millisecond)
	}
	return "", errNotReady
}

// sent reads from the access log how many bytes of a file the site sent.
func (s *site) sent(file string) (int64, error) {
	b, err := os.ReadFile(s.log.Name())
	if err != nil {
		return 0, err
	}
	u, err := url.Parse(file)
	if err != nil {
		return 0, err
	}
	var sum int64
	for line := range strings.Lines(string(b)) {
		if !strings.Contains(line, u.Path) {
			continue
		}
		if m := loggedBytes.FindStringSubmatch(line); m != nil {
			n, err := strconv.ParseInt(m[1], 10, 64)
			if err != nil {
				return 0, err
			}
			sum += n
		}
	}
	return sum, nil
}

var loggedBytes = regexp.MustCompile(`[ ,]"?bytes"?[=:]([0-9]+)`)
