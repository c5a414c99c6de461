package files

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

const joinedPath = "/download/videos/generate/" + publicUUID + ".mp4?videoFileIds=12&videoFileIds=13"

// joining is a server whose files are joined by join.
func joining(t *testing.T, viewer *user.User, join func(ctx context.Context, w io.Writer, picture, sound Part) error) *httptest.Server {
	t.Helper()
	h, _ := newServerWith(t, viewer, func(s *Server) { s.Join, s.MaxJoins, s.Log = join, 1, slog.New(slog.DiscardHandler) })
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}

func fetch(t *testing.T, method, url string) (*http.Response, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res, string(b), err
}

func TestASeparateSoundIsJoinedWithItsPicture(t *testing.T) {
	t.Parallel()
	server := joining(t, nil, func(_ context.Context, w io.Writer, picture, sound Part) error {
		_, err := io.WriteString(w, picture.Section+" "+picture.Name+" and "+sound.Name)
		return err
	})
	want := "streaming-playlists hls/" + publicUUID + "/aaaa-240-fragmented.mp4 and hls/" + publicUUID + "/aaaa-0-fragmented.mp4"
	for _, query := range []string{"12&videoFileIds=13", "13&videoFileIds=12"} {
		res, body, err := fetch(t, "GET", server.URL+"/download/videos/generate/"+publicUUID+"?videoFileIds="+query)
		if err != nil || res.StatusCode != 200 || body != want || res.Header.Get("Content-Type") != "video/mp4" || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment; filename=") {
			t.Errorf("%s: %v %v %q", query, err, res, body)
		}
	}
	res, body, err := fetch(t, "HEAD", server.URL+joinedPath)
	if err != nil || res.StatusCode != 200 || body != "" || res.Header.Get("Content-Type") != "video/mp4" {
		t.Errorf("HEAD: %v %v %q", err, res, body)
	}
	if res, body, _ := fetch(t, "GET", server.URL+"/download/videos/generate/"+privateUUID+"?videoFileIds=21&videoFileIds=22"); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("a private video, nobody: %d %s", res.StatusCode, body)
	}
}

func TestJoiningThatFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		begins bool
		err    error
		status int
	}{
		{"before its first byte", false, errors.New("secret detail"), 500},
		{"on our own damaged file", false, errs.New(errs.Unprocessable, "secret detail"), 500},
		{"without the program", false, errs.New(errs.Unavailable, "ffmpeg is missing"), 503},
		{"in the middle", true, errors.New("secret detail"), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := joining(t, nil, func(_ context.Context, w io.Writer, _, _ Part) error {
				if tt.begins {
					_, _ = io.WriteString(w, strings.Repeat("x", 1<<16))
				}
				return tt.err
			})
			res, body, err := fetch(t, "GET", server.URL+joinedPath)
			switch {
			case tt.begins && err == nil:
				t.Errorf("half a file looks like a whole one: %d, %d bytes", res.StatusCode, len(body))
			case !tt.begins && (err != nil || res.StatusCode != tt.status || strings.Contains(body, "secret") || res.Header.Get("Content-Disposition") != ""):
				t.Errorf("got %v %v %s, want %d", err, res, body, tt.status)
			}
		})
	}
}

// As many as are allowed at once; one whose client goes away ends and makes
// room.
func TestJoiningIsBoundedAndEndsWithItsClient(t *testing.T) {
	t.Parallel()
	began, ended := make(chan struct{}), make(chan struct{})
	server := joining(t, nil, func(ctx context.Context, w io.Writer, _, _ Part) error {
		_, _ = io.WriteString(w, strings.Repeat("x", 1<<16))
		began <- struct{}{}
		<-ctx.Done()
		ended <- struct{}{}
		return ctx.Err()
	})
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	r, err := http.NewRequestWithContext(ctx, "GET", server.URL+joinedPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		if res, err := http.DefaultTransport.RoundTrip(r); err == nil {
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
		}
	}()
	<-began
	res, body, err := fetch(t, "GET", server.URL+joinedPath)
	if err != nil || res.StatusCode != http.StatusTooManyRequests || !strings.Contains(body, "Too many parallel downloads") {
		t.Errorf("a second one: %v %v %s", err, res, body)
	}
	leave()
	<-ended
}
