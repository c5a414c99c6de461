// Package files gives out the files of videos, pictures and captions: players
// fetch them under /static, pages under /lazy-static, people who keep a copy
// under /download.
//
// Files reach the network without passing through this process's memory: the
// open *os.File goes bare to http.ServeContent, which hands it to the kernel.
// So nothing in front of this package may wrap the ResponseWriter without
// keeping io.ReaderFrom, and nothing here may wrap the file.
//
// Names of files hold random UUIDs and their bytes never change, so public
// ones are cached for a year; playlists do change and are asked for again.
// Private directories are guarded, see Guard.
package files

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"sepiola/internal/domain/redundancy"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

// File is an open file. ReadSeekCloser must be the *os.File itself for files
// on disk.
type File struct {
	io.ReadSeekCloser
	Size    int64
	ModTime time.Time
}

// Guard says who may read the files of a video that is not open to everyone.
// It is part of video.Service.
type Guard interface {
	MayReadFile(ctx context.Context, a video.Access, f video.FileRef) error
	FileIsOpen(ctx context.Context, f video.FileRef) (bool, error)
	See(ctx context.Context, a video.Access, ref video.Ref) (*video.Video, error)
	Managed(ctx context.Context, w video.Viewer, ref video.Ref, right user.Right) (*video.Video, error)
	CheckToken(token, uuid string) error
}

// Catalogue finds the video that a file belongs to. Missing ones are
// errs.NotFound.
type Catalogue interface {
	ByRef(ctx context.Context, ref video.Ref) (*video.Video, error)
	Load(ctx context.Context, v *video.Video) error
	OfFile(ctx context.Context, filename string) (video.ID, error)
	OfTorrent(ctx context.Context, filename string) (video.ID, error)
	OfOriginal(ctx context.Context, filename string) (video.ID, error)
}

// Server serves files.
type Server struct {
	// Open opens a file of a section of the blob store; missing files are
	// errs.NotFound. Sections have PeerTube's names of directories.
	Open      func(ctx context.Context, section, name string) (*File, error)
	Guard     Guard
	Catalogue Catalogue
	// Viewer is who asks, nil for nobody: auth.User.
	Viewer func(ctx context.Context) *user.User
	// PrivateWithoutAuth gives private files to whoever knows their names
	// (static_files.private_files_require_auth: false).
	PrivateWithoutAuth bool
	// LimitGenerate limits how often somebody has files put together for them;
	// nil does not.
	LimitGenerate func(http.Handler) http.Handler
	// Join writes the picture of one file and the sound of another as one MP4;
	// nil does not. It ends with ctx. Tools that are missing are
	// errs.Unavailable.
	Join func(ctx context.Context, w io.Writer, picture, sound Part) error
	// MaxJoins is how many run at once; below 1 means 1.
	MaxJoins int
	// Downloaded is told of each download that begins; it must not wait. nil
	// tells nobody.
	Downloaded func(r *http.Request, id video.ID)
	Log        *slog.Logger

	joins chan struct{}
}

func (s *Server) logger() *slog.Logger {
	if s.Log == nil {
		return slog.Default()
	}
	return s.Log
}

// Mount adds the routes, at absolute paths.
func (s *Server) Mount(r *rest.Router) {
	s.joins = make(chan struct{}, max(s.MaxJoins, 1))
	for _, dir := range []string{"/static/web-videos", "/static/webseed"} {
		r.Get(dir+"/{file}", s.webVideo(false))
		r.Get(dir+"/private/{file}", s.webVideo(true))
	}
	r.Get("/static/streaming-playlists/hls/{uuid}/{file}", s.hls(false))
	r.Get("/static/streaming-playlists/hls/private/{uuid}/{file}", s.hls(true))
	r.Get("/static/redundancy/hls/{uuid}/{file}", s.mirrored)
	for path, section := range map[string]string{
		"thumbnails": "thumbnails", "previews": "thumbnails", "storyboards": "storyboards",
		"video-captions": "captions", "torrents": "torrents", "avatars": "avatars", "banners": "avatars",
	} {
		r.Get("/lazy-static/"+path+"/{file}", s.lazy(section))
	}
	r.Get("/static/uploads/images/{file}", s.lazy("logos"))
	s.mountDownloads(r)
}

// Values of Cache-Control.
const (
	immutable = "public, max-age=31536000, immutable"
	changing  = "public, max-age=0"
	guarded   = "private, no-cache"
)

func nameOf(r *http.Request) (string, error) {
	name := rest.Path(r, "file")
	if !video.ValidFileName(name) {
		return "", errs.New(errs.NotFound, "File not found")
	}
	return name, nil
}

func (s *Server) webVideo(private bool) rest.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		name, err := nameOf(r)
		if err != nil {
			return err
		}
		m := media{ref: video.FileRef{Filename: name}, section: "web-videos", open: name, guarded: "private/" + name}
		if video.IsInput(name) { // waits for the work on it, in one place whatever the privacy
			m.section, m.guarded = "original-video-files", name
		}
		return s.media(w, r, private, m)
	}
}

func (s *Server) hls(private bool) rest.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		name, err := nameOf(r)
		if err != nil {
			return err
		}
		uuid := rest.Path(r, "uuid")
		if !video.ValidUUID(uuid) {
			return errs.New(errs.NotFound, "File not found")
		}
		return s.media(w, r, private, media{
			ref: video.FileRef{UUID: uuid}, section: "streaming-playlists",
			open: "hls/" + uuid + "/" + name, guarded: "hls/private/" + uuid + "/" + name,
		})
	}
}

// mirrored serves a file that this site mirrors of a video of another. Where it
// is not public any more there is nothing, although files may still lie there.
func (s *Server) mirrored(w http.ResponseWriter, r *http.Request) error {
	name, err := nameOf(r)
	if err != nil {
		return err
	}
	uuid := rest.Path(r, "uuid")
	if !video.ValidUUID(uuid) {
		return errs.New(errs.NotFound, "File not found")
	}
	switch open, err := s.Guard.FileIsOpen(r.Context(), video.FileRef{UUID: uuid}); {
	case err != nil:
		return err
	case !open:
		return errs.New(errs.NotFound, "File not found")
	}
	return s.serve(w, r, redundancy.Section, redundancy.DirOf(uuid)+name, immutable)
}

// media is a file of a video and where it lies when everybody may read it, and
// when not. While the video's privacy changes it may lie at the other place.
type media struct {
	ref                    video.FileRef
	section, open, guarded string
}

// media serves a file that was asked for at its public or its private address.
// What everybody may read goes by the video's row, not by the place alone.
func (s *Server) media(w http.ResponseWriter, r *http.Request, private bool, m media) error {
	first, second, cache := m.open, m.guarded, cacheOf(m.open)
	if !private {
		isOpen, err := s.Guard.FileIsOpen(r.Context(), m.ref)
		if err != nil {
			return err
		}
		private = !isOpen
	}
	if private {
		if err := s.mayRead(r, m.ref); err != nil {
			return err
		}
		first, second, cache = second, first, guarded
	}
	err := s.serveMedia(w, r, m.section, first, cache)
	if errs.Is(err, errs.NotFound) {
		err = s.serveMedia(w, r, m.section, second, cache)
	}
	return err
}

func (s *Server) serveMedia(w http.ResponseWriter, r *http.Request, section, name, cache string) error {
	if token, ok := reinjected(r, name); ok && cache == guarded {
		return s.serveReinjected(w, r, name, token)
	}
	return s.serve(w, r, section, name, cache)
}

func (s *Server) mayRead(r *http.Request, f video.FileRef) error {
	if s.PrivateWithoutAuth {
		return nil
	}
	return s.Guard.MayReadFile(r.Context(), s.access(r), f)
}

// access is what the request shows to get at a file.
func (s *Server) access(r *http.Request) video.Access {
	return video.Access{
		Viewer:    s.Viewer(r.Context()),
		Password:  r.Header.Get("X-Peertube-Video-Password"),
		FileToken: r.URL.Query().Get("videoFileToken"),
	}
}

// lazy serves pictures, captions and torrents. PeerTube answers 404 without a
// body there.
func (s *Server) lazy(section string) rest.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		name, err := nameOf(r)
		if err == nil {
			err = s.serve(w, r, section, name, immutable)
		}
		if errs.Is(err, errs.NotFound) {
			w.Header().Set("Content-Length", "0")
			w.WriteHeader(http.StatusNotFound)
			return nil
		}
		return err
	}
}

// cacheOf says how long a public file may be kept: playlists and the hashes
// of segments change while renditions are added.
func cacheOf(name string) string {
	switch extOf(name) {
	case ".m3u8", ".json":
		return changing
	}
	return immutable
}
