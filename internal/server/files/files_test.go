package files

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

const (
	publicUUID  = "341a84d2-f9c7-405d-bc93-39b503161273"
	privateUUID = "869a0a4b-ad0d-4b15-a345-1e436e5ecd70"
	goodToken   = "good-token"
)

// catalogue is two videos, one open and one private.
type catalogue struct{ videos []*video.Video }

func newCatalogue() *catalogue {
	channel := &actor.Channel{OwnerID: 7}
	return &catalogue{[]*video.Video{
		{
			ID: 1, UUID: publicUUID, Name: `Première "vidéo"/a`, Privacy: video.Public, Channel: channel,
			Files: []video.File{
				{ID: 11, Resolution: 360, Filename: "aaaa-360.mp4", Extname: ".mp4", TorrentFilename: "tttt-360.torrent", HasVideo: true, HasAudio: true},
				{ID: 12, Resolution: 0, PlaylistID: 1, Filename: "aaaa-0-fragmented.mp4", Extname: ".mp4", HasAudio: true},
				{ID: 15, Resolution: 1080, Filename: "aaaa-x-input.mov", Extname: ".mov", HasVideo: true},
				{ID: 14, Resolution: 144, Filename: "aaaa-late.mp4", Extname: ".mp4", HasVideo: true},
				{ID: 13, Resolution: 240, PlaylistID: 1, Filename: "aaaa-240-fragmented.mp4", Extname: ".mp4", HasVideo: true},
			},
		},
		{
			ID: 2, UUID: privateUUID, Name: "Secret", Privacy: video.Private, Channel: channel,
			Files: []video.File{
				{ID: 21, Resolution: 360, Filename: "bbbb-360.mp4", Extname: ".mp4", HasVideo: true},
				{ID: 23, Resolution: 1080, Filename: "bbbb-x-input.mp4", Extname: ".mp4", HasVideo: true},
				{ID: 22, Resolution: 144, Filename: "bbbb-late.mp4", Extname: ".mp4", HasVideo: true},
			},
		},
	}}
}

var errNoVideo = errs.New(errs.NotFound, "Video not found")

func (c *catalogue) find(is func(*video.Video) bool) (*video.Video, error) {
	for _, v := range c.videos {
		if is(v) {
			clone := *v
			return &clone, nil
		}
	}
	return nil, errNoVideo
}

func (c *catalogue) ByRef(_ context.Context, ref video.Ref) (*video.Video, error) {
	return c.find(func(v *video.Video) bool { return v.ID == ref.ID || v.UUID == ref.UUID })
}
func (c *catalogue) Load(context.Context, *video.Video) error { return nil }
func (c *catalogue) ofFile(is func(video.File) bool) (video.ID, error) {
	v, err := c.find(func(v *video.Video) bool {
		for _, f := range v.Files {
			if is(f) {
				return true
			}
		}
		return false
	})
	if err != nil {
		return 0, err
	}
	return v.ID, nil
}

func (c *catalogue) OfFile(_ context.Context, name string) (video.ID, error) {
	return c.ofFile(func(f video.File) bool { return f.Filename == name })
}

func (c *catalogue) OfTorrent(_ context.Context, name string) (video.ID, error) {
	return c.ofFile(func(f video.File) bool { return f.TorrentFilename == name })
}

func (c *catalogue) OfOriginal(_ context.Context, name string) (video.ID, error) {
	if name != "orig-1.mov" {
		return 0, errNoVideo
	}
	return 1, nil
}

// guard lets the owner in, and whoever has the token.
type guard struct{ *catalogue }

func (g guard) See(ctx context.Context, a video.Access, ref video.Ref) (*video.Video, error) {
	v, err := g.ByRef(ctx, ref)
	if err == nil && v.Privacy != video.Public && !v.OwnedBy(a.Viewer) {
		return nil, errs.New(errs.Unauthorized, "Not authenticated")
	}
	return v, err
}

func (g guard) MayReadFile(ctx context.Context, a video.Access, f video.FileRef) error {
	if a.FileToken == goodToken {
		return nil
	}
	ref := video.ByUUID(f.UUID)
	if f.UUID == "" {
		id, err := g.OfFile(ctx, f.Filename)
		if err != nil {
			return err
		}
		ref = video.ByID(id)
	}
	if _, err := g.See(ctx, a, ref); err != nil {
		return errs.New(errs.Forbidden, "Video password header, video file token query parameter and bearer token are all missing")
	}
	return nil
}

func (g guard) FileIsOpen(ctx context.Context, f video.FileRef) (bool, error) {
	ref := video.ByUUID(f.UUID)
	if f.UUID == "" {
		id, err := g.OfFile(ctx, f.Filename)
		if err != nil {
			return false, err
		}
		ref = video.ByID(id)
	}
	v, err := g.ByRef(ctx, ref)
	return err == nil && !v.Privacy.PrivateFiles(), err
}

func (g guard) Managed(ctx context.Context, w video.Viewer, ref video.Ref, right user.Right) (*video.Video, error) {
	v, err := g.ByRef(ctx, ref)
	if err != nil {
		return nil, err
	}
	return v, v.MayManage(w, right)
}

func (g guard) CheckToken(token, _ string) error {
	if token != goodToken {
		return errs.New(errs.Forbidden, "no")
	}
	return nil
}

const playlist = "#EXTM3U\n#EXT-X-MAP:URI=\"x-init.mp4\",BYTERANGE=\"10@0\"\n#EXTINF:4,\nx.mp4\nx-240.m3u8\n"

func newServer(t testing.TB, viewer *user.User) (http.Handler, string) {
	t.Helper()
	return newServerWith(t, viewer, nil)
}

func newServerWith(t testing.TB, viewer *user.User, change func(*Server)) (http.Handler, string) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"web-videos/aaaa-360.mp4":                                            "0123456789",
		"web-videos/private/bbbb-360.mp4":                                    "private",
		"streaming-playlists/hls/" + publicUUID + "/m.m3u8":                  playlist,
		"streaming-playlists/hls/" + publicUUID + "/aaaa-0-fragmented.mp4":   "sound",
		"streaming-playlists/hls/private/" + privateUUID + "/m.m3u8":         playlist,
		"streaming-playlists/hls/" + publicUUID + "/aaaa-240-fragmented.mp4": "picture",
		"thumbnails/t.jpg":                "jpeg",
		"avatars/a.png":                   "png",
		"captions/c-en.vtt":               "WEBVTT",
		"torrents/tttt-360.torrent":       "d8:announce",
		"original-video-files/orig-1.mov": "original",
		"web-videos/.hidden":              "no",
		// Uploaded, nothing is made of them yet; gone is of no row any more.
		"original-video-files/aaaa-x-input.mov": "uploaded",
		"original-video-files/bbbb-x-input.mp4": "uploaded in private",
		"original-video-files/gone-x-input.mp4": "gone",
		// Privacy changed, files not yet moved.
		"web-videos/bbbb-late.mp4":                                     "late private",
		"web-videos/private/aaaa-late.mp4":                             "late public",
		"streaming-playlists/hls/" + privateUUID + "/late.m3u8":        playlist,
		"streaming-playlists/hls/private/" + publicUUID + "/late.m3u8": playlist,
		// Of other sites.
		"redundancy/hls/" + publicUUID + "/far-720-fragmented.mp4":  "mirrored",
		"redundancy/hls/" + privateUUID + "/far-720-fragmented.mp4": "mirrored",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := newCatalogue()
	s := &Server{
		Open:      func(_ context.Context, section, name string) (*File, error) { return openIn(dir, section, name) },
		Guard:     guard{c},
		Catalogue: c,
		Viewer:    func(context.Context) *user.User { return viewer },
	}
	if change != nil {
		change(s)
	}
	r := rest.NewRouter(slog.New(slog.DiscardHandler))
	s.Mount(r)
	return r, dir
}

func openIn(dir, section, name string) (*File, error) {
	f, err := os.Open(filepath.Join(dir, section, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errs.New(errs.NotFound, "File not found")
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return &File{ReadSeekCloser: f, Size: info.Size(), ModTime: info.ModTime()}, nil
}

func TestFiles(t *testing.T) {
	t.Parallel()
	owner := &user.User{ID: 2, AccountID: 7}
	hlsPrivate := "/static/streaming-playlists/hls/private/" + privateUUID + "/m.m3u8"
	for _, tt := range []struct {
		name, path string
		viewer     *user.User
		header     string // "Key: value"
		status     int
		want       string            // body, or what it contains
		headers    map[string]string // that must be
	}{
		{
			"a web video", "/static/web-videos/aaaa-360.mp4", nil, "", 200, "0123456789",
			map[string]string{"Content-Type": "video/mp4", "Cache-Control": immutable, "Accept-Ranges": "bytes", "Content-Length": "10"},
		},
		{"its old address", "/static/webseed/aaaa-360.mp4", nil, "", 200, "0123456789", nil},
		{"a range", "/static/web-videos/aaaa-360.mp4", nil, "Range: bytes=2-4", 206, "234", map[string]string{"Content-Range": "bytes 2-4/10"}},
		{"the last bytes", "/static/web-videos/aaaa-360.mp4", nil, "Range: bytes=-3", 206, "789", nil},
		{
			"a range behind the end", "/static/web-videos/aaaa-360.mp4", nil, "Range: bytes=99-", 416, "RangeNotSatisfiableError",
			map[string]string{"Content-Range": "bytes */10", "Content-Type": "application/problem+json; charset=utf-8"},
		},
		{"an unknown file", "/static/web-videos/nope.mp4", nil, "", 404, `"status":404`, map[string]string{"Content-Type": "application/problem+json; charset=utf-8"}},
		{"a hidden file", "/static/web-videos/.hidden", nil, "", 404, `"status":404`, nil},
		{"a way out", "/static/web-videos/..%2Favatars%2Fa.png", nil, "", 404, `"status":404`, nil},
		{"a private file by the public way", "/static/web-videos/private%2Fbbbb-360.mp4", nil, "", 404, `"status":404`, nil},
		{
			"a playlist", "/static/streaming-playlists/hls/" + publicUUID + "/m.m3u8", nil, "", 200, playlist,
			map[string]string{"Content-Type": "application/vnd.apple.mpegurl", "Cache-Control": changing},
		},
		{"a private file, nobody", "/static/web-videos/private/bbbb-360.mp4", nil, "", 403, "all missing", nil},
		{"a private file, its owner", "/static/web-videos/private/bbbb-360.mp4", owner, "", 200, "private", map[string]string{"Cache-Control": guarded}},
		{
			"the sound of a video", "/static/streaming-playlists/hls/" + publicUUID + "/aaaa-0-fragmented.mp4", nil, "", 200, "sound",
			map[string]string{"Content-Type": "audio/mp4"},
		},
		{
			"one of its pictures", "/static/streaming-playlists/hls/" + publicUUID + "/aaaa-240-fragmented.mp4", nil, "", 200, "picture",
			map[string]string{"Content-Type": "video/mp4"},
		},
		{"a private playlist, nobody", hlsPrivate, nil, "", 403, "all missing", nil},
		{"a private playlist, token", hlsPrivate + "?videoFileToken=" + goodToken, nil, "", 200, playlist, nil},
		{
			"a private playlist, token inside", hlsPrivate + "?videoFileToken=" + goodToken + "&reinjectVideoFileToken=true", nil, "", 200,
			"#EXTM3U\n#EXT-X-MAP:URI=\"x-init.mp4?videoFileToken=good-token\",BYTERANGE=\"10@0\"\n#EXTINF:4,\nx.mp4?videoFileToken=good-token\nx-240.m3u8?videoFileToken=good-token&reinjectVideoFileToken=true\n", nil,
		},
		{"an uploaded file", "/static/web-videos/aaaa-x-input.mov", nil, "", 200, "uploaded", map[string]string{"Content-Type": "video/quicktime"}},
		{"an uploaded file to be saved", "/download/web-videos/" + publicUUID + "-1080.mov", nil, "", 200, "uploaded", nil},
		{"an uploaded file that is not listed any more", "/static/web-videos/gone-x-input.mp4", owner, "", 404, `"status":404`, nil},
		{"a private uploaded file, nobody", "/static/web-videos/private/bbbb-x-input.mp4", nil, "", 403, "all missing", nil},
		{"a private uploaded file at the public address, nobody", "/static/web-videos/bbbb-x-input.mp4", nil, "", 403, "all missing", nil},
		{"a private uploaded file, token", "/static/web-videos/private/bbbb-x-input.mp4?videoFileToken=" + goodToken, nil, "", 200, "uploaded in private", map[string]string{"Cache-Control": guarded}},
		{"a private uploaded file to be saved, nobody", "/download/web-videos/" + privateUUID + "-1080.mp4", nil, "", 401, "Not authenticated", nil},
		{"a private uploaded file to be saved", "/download/web-videos/" + privateUUID + "-1080.mp4", owner, "", 200, "uploaded in private", nil},
		{"made private, not moved yet, nobody", "/static/web-videos/bbbb-late.mp4", nil, "", 403, "all missing", nil},
		{"made private, not moved yet, its owner", "/static/web-videos/bbbb-late.mp4", owner, "", 200, "late private", map[string]string{"Cache-Control": guarded}},
		{"made private, not moved yet, at its new address", "/static/web-videos/private/bbbb-late.mp4", owner, "", 200, "late private", map[string]string{"Cache-Control": guarded}},
		{"made public, not moved yet", "/static/web-videos/aaaa-late.mp4", nil, "", 200, "late public", map[string]string{"Cache-Control": immutable}},
		{"a playlist made private, not moved yet, nobody", "/static/streaming-playlists/hls/" + privateUUID + "/late.m3u8", nil, "", 403, "all missing", nil},
		{"a playlist made private, not moved yet, token", "/static/streaming-playlists/hls/" + privateUUID + "/late.m3u8?videoFileToken=" + goodToken, nil, "", 200, playlist, map[string]string{"Cache-Control": guarded}},
		{"a playlist made public, not moved yet", "/static/streaming-playlists/hls/" + publicUUID + "/late.m3u8", nil, "", 200, playlist, map[string]string{"Cache-Control": changing}},
		{"a file that no video names", "/static/web-videos/cccc-360.mp4", nil, "", 404, `"status":404`, nil},
		{
			"a file that is mirrored here", "/static/redundancy/hls/" + publicUUID + "/far-720-fragmented.mp4", nil, "Range: bytes=1-3", 206, "irr",
			map[string]string{"Content-Type": "video/mp4", "Cache-Control": immutable, "X-Content-Type-Options": "nosniff"},
		},
		{"a mirrored file that is not there", "/static/redundancy/hls/" + publicUUID + "/other.mp4", nil, "", 404, `"status":404`, nil},
		{"a mirrored file of a video that became private", "/static/redundancy/hls/" + privateUUID + "/far-720-fragmented.mp4", owner, "", 404, `"status":404`, nil},
		{"a mirrored file of no video", "/static/redundancy/hls/private/far-720-fragmented.mp4", nil, "", 404, `"status":404`, nil},
		{"a way out of what is mirrored", "/static/redundancy/hls/" + publicUUID + "/..%2F..%2Fx.mp4", nil, "", 404, `"status":404`, nil},
		{"not a UUID", "/static/streaming-playlists/hls/private/m.m3u8", nil, "", 404, `"status":404`, nil},
		{"a thumbnail", "/lazy-static/thumbnails/t.jpg", nil, "", 200, "jpeg", map[string]string{"Content-Type": "image/jpeg", "Cache-Control": immutable}},
		{"its old address", "/lazy-static/previews/t.jpg", nil, "", 200, "jpeg", nil},
		{"an avatar", "/lazy-static/avatars/a.png", nil, "", 200, "png", map[string]string{"X-Content-Type-Options": "nosniff"}},
		{"a caption", "/lazy-static/video-captions/c-en.vtt", nil, "", 200, "WEBVTT", map[string]string{"Content-Type": "text/vtt; charset=UTF-8"}},
		{"an unknown picture", "/lazy-static/thumbnails/nope.jpg", nil, "", 404, "", map[string]string{"Content-Length": "0"}},
		{
			"a download by id", "/download/web-videos/" + publicUUID + "-360.mp4", nil, "Range: bytes=0-1", 206, "01",
			map[string]string{"Content-Disposition": `attachment; filename="Premi?re 'vid?o'_a-360p.mp4"; filename*=UTF-8''Premi%C3%A8re%20%22vid%C3%A9o%22_a-360p.mp4`},
		},
		{"a download by file name", "/download/videos/aaaa-360.mp4", nil, "", 200, "0123456789", nil},
		{"an HLS download", "/download/streaming-playlists/hls/videos/" + publicUUID + "-240-fragmented.mp4", nil, "", 200, "picture", nil},
		{"a private download, nobody", "/download/web-videos/" + privateUUID + "-360.mp4", nil, "", 401, "Not authenticated", map[string]string{"Content-Disposition": ""}},
		{"a private download, token", "/download/web-videos/" + privateUUID + "-360.mp4?videoFileToken=" + goodToken, nil, "", 200, "private", nil},
		{
			"a private download, owner", "/download/web-videos/" + privateUUID + "-360.mp4", owner, "", 200, "private",
			map[string]string{"Content-Disposition": `attachment; filename="Secret-360p.mp4"`, "Cache-Control": guarded},
		},
		{"no such resolution", "/download/web-videos/" + publicUUID + "-720.mp4", nil, "", 404, "Video file not found", nil},
		{"a torrent", "/download/torrents/tttt-360.torrent", nil, "", 200, "d8:announce", map[string]string{"Content-Type": "application/x-bittorrent"}},
		{"the original, nobody", "/download/original-video-files/orig-1.mov", nil, "", 401, "Not authenticated", nil},
		{"the original, owner", "/download/original-video-files/orig-1.mov", owner, "", 200, "original", nil},
		{"the original, token", "/download/original-video-files/orig-1.mov?videoFileToken=" + goodToken, nil, "", 200, "original", nil},
		{"generated from one file", "/download/videos/generate/" + publicUUID + ".m4a?videoFileIds=12", nil, "", 200, "sound", nil},
		{"generated from two", "/download/videos/generate/" + publicUUID + "?videoFileIds=12&videoFileIds=13", nil, "", 501, "not supported", nil},
		{"generated from two pictures", "/download/videos/generate/" + publicUUID + "?videoFileIds=11&videoFileIds=13", nil, "", 400, "more than one", nil},
		{"generated from nothing", "/download/videos/generate/" + publicUUID, nil, "", 400, "videoFileIds", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, _ := newServer(t, tt.viewer)
			r := httptest.NewRequest("GET", tt.path, nil)
			if key, value, ok := strings.Cut(tt.header, ": "); ok {
				r.Header.Set(key, value)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) || tt.want == "" && w.Body.Len() > 0 {
				t.Errorf("got %d %q, want %d %q", w.Code, w.Body, tt.status, tt.want)
			}
			for key, value := range tt.headers {
				if got := w.Header().Get(key); got != value {
					t.Errorf("%s: got %q, want %q", key, got, value)
				}
			}
		})
	}
}

func TestUnchangedFilesAreNotSentAgain(t *testing.T) {
	t.Parallel()
	h, _ := newServer(t, nil)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/static/web-videos/aaaa-360.mp4", nil))
	r := httptest.NewRequest("GET", "/static/web-videos/aaaa-360.mp4", nil)
	r.Header.Set("If-None-Match", w.Header().Get("Etag"))
	again := httptest.NewRecorder()
	h.ServeHTTP(again, r)
	if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("got %d with %d bytes, want 304", again.Code, again.Body.Len())
	}
	r = httptest.NewRequest("GET", "/static/web-videos/aaaa-360.mp4", nil)
	r.Header.Set("If-Range", w.Header().Get("Etag"))
	r.Header.Set("Range", "bytes=0-0")
	part := httptest.NewRecorder()
	h.ServeHTTP(part, r)
	if part.Code != http.StatusPartialContent {
		t.Errorf("If-Range with our ETag: got %d, want 206", part.Code)
	}
}

// kernelWriter is a connection that can copy files by itself. It remembers
// what it was given.
type kernelWriter struct {
	*httptest.ResponseRecorder
	file  *os.File
	bytes int64
}

func (w *kernelWriter) ReadFrom(r io.Reader) (int64, error) {
	if l, ok := r.(*io.LimitedReader); ok {
		w.file, _ = l.R.(*os.File)
		w.bytes = l.N
	}
	return io.Copy(w.ResponseRecorder, r)
}

func TestFilesReachTheKernelBare(t *testing.T) {
	t.Parallel()
	h, dir := newServer(t, nil)
	w := &kernelWriter{ResponseRecorder: httptest.NewRecorder()}
	r := httptest.NewRequest("GET", "/static/web-videos/aaaa-360.mp4", nil)
	r.Header.Set("Range", "bytes=1-8")
	h.ServeHTTP(w, r)
	if w.file == nil || w.bytes != 8 {
		t.Fatalf("the connection did not get the *os.File (got %v, %d bytes): sendfile is out of reach", w.file, w.bytes)
	}
	if w.file.Name() != filepath.Join(dir, "web-videos", "aaaa-360.mp4") {
		t.Errorf("got file %s", w.file.Name())
	}
}

// BenchmarkRange1MiB asks a real server on loopback for 1 MiB out of a file.
func BenchmarkRange1MiB(b *testing.B) {
	h, dir := newServer(b, nil)
	path := filepath.Join(dir, "streaming-playlists/hls", publicUUID, "big.mp4")
	if err := os.WriteFile(path, make([]byte, 8<<20), 0o600); err != nil {
		b.Fatal(err)
	}
	srv := httptest.NewServer(h)
	defer srv.Close()
	client := srv.Client()
	b.SetBytes(1 << 20)
	b.ReportAllocs()
	for b.Loop() {
		r, _ := http.NewRequest("GET", srv.URL+"/static/streaming-playlists/hls/"+publicUUID+"/big.mp4", nil)
		r.Header.Set("Range", "bytes=1048576-2097151")
		resp, err := client.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, resp.Body); err != nil || n != 1<<20 || resp.StatusCode != http.StatusPartialContent {
			b.Fatalf("got %d bytes, status %d, %v", n, resp.StatusCode, err)
		}
		resp.Body.Close() // only read
	}
}
