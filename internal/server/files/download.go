package files

import (
	"context"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

func (s *Server) mountDownloads(r *rest.Router) {
	for _, dir := range []string{"web-videos", "videos"} {
		r.Get("/download/"+dir+"/{file}", s.downloadFile(false))
	}
	r.Get("/download/streaming-playlists/hls/videos/{file}", s.downloadFile(true))
	r.Get("/download/torrents/{file}", s.downloadTorrent)
	r.Get("/download/original-video-files/{file}", s.downloadOriginal)
	if s.LimitGenerate != nil {
		r = r.With(s.LimitGenerate)
	}
	r.Get("/download/videos/generate/{id}", s.generate)
}

// downloadName is a name that says what it is: id of the video, resolution.
var downloadName = regexp.MustCompile(`^([0-9a-f-]{36})-([0-9]{1,4})(?:-fragmented)?\.[a-z0-9]{1,8}$`)

// downloadFile serves one file of a video, named by the video's UUID and the
// resolution, or by its own name.
func (s *Server) downloadFile(hls bool) rest.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		name, err := nameOf(r)
		if err != nil {
			return err
		}
		v, f, err := s.fileNamed(r.Context(), name, hls)
		if err != nil {
			return err
		}
		if err := s.maySee(r, v); err != nil {
			return err
		}
		return s.sendFile(w, r, v, f)
	}
}

func (s *Server) fileNamed(ctx context.Context, name string, hls bool) (*video.Video, *video.File, error) {
	if m := downloadName.FindStringSubmatch(name); m != nil {
		resolution, _ := strconv.Atoi(m[2])
		v, err := s.loaded(ctx, video.ByUUID(m[1]))
		if err == nil {
			f, err := pick(v, func(f *video.File) bool { return (f.PlaylistID != 0) == hls && f.Resolution == resolution })
			return v, f, err
		}
		if !errs.Is(err, errs.NotFound) {
			return nil, nil, err
		}
	}
	id, err := s.Catalogue.OfFile(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	v, err := s.loaded(ctx, video.ByID(id))
	if err != nil {
		return nil, nil, err
	}
	f, err := pick(v, func(f *video.File) bool { return f.Filename == name })
	return v, f, err
}

func (s *Server) loaded(ctx context.Context, ref video.Ref) (*video.Video, error) {
	v, err := s.Catalogue.ByRef(ctx, ref)
	if err != nil {
		return nil, err
	}
	return v, s.Catalogue.Load(ctx, v)
}

// pick returns a file of a video that lies here.
func pick(v *video.Video, is func(*video.File) bool) (*video.File, error) {
	for i := range v.Files {
		if f := &v.Files[i]; f.Filename != "" && is(f) {
			return f, nil
		}
	}
	return nil, errs.New(errs.NotFound, "Video file not found")
}

// maySee reports why the request may not have files of v. A file token opens
// them as well as a login or a password.
func (s *Server) maySee(r *http.Request, v *video.Video) error {
	a := s.access(r)
	_, err := s.Guard.See(r.Context(), a, video.ByUUID(v.UUID))
	if err != nil && a.FileToken != "" && s.Guard.CheckToken(a.FileToken, v.UUID) == nil {
		return nil
	}
	return err
}

func (s *Server) sendFile(w http.ResponseWriter, r *http.Request, v *video.Video, f *video.File) error {
	title := v.Name + "-" + strconv.Itoa(f.Resolution) + "p"
	if f.PlaylistID != 0 {
		title += "-hls"
	}
	return s.sendAs(w, r, v, f, title+f.Extname)
}

// sendAs sends a file of v under the name saved. While the video's privacy
// changes, its files may still lie in the other directory.
func (s *Server) sendAs(w http.ResponseWriter, r *http.Request, v *video.Video, f *video.File, saved string) error {
	s.downloaded(r, v)
	section, first, second := places(v, f)
	w.Header().Set("Content-Disposition", attachment(saved))
	err := s.serve(w, r, section, first, cacheOfDownload(v))
	if errs.Is(err, errs.NotFound) {
		err = s.serve(w, r, section, second, cacheOfDownload(v))
	}
	if err != nil {
		w.Header().Del("Content-Disposition")
	}
	return err
}

// places returns where a file of v lies, and where while the video's privacy
// changes.
func places(v *video.Video, f *video.File) (section, first, second string) {
	section, dir, sub := "web-videos", "", f.Filename
	if f.PlaylistID != 0 {
		section, dir, sub = "streaming-playlists", "hls/", v.UUID+"/"+f.Filename
	}
	first, second = dir+sub, dir+"private/"+sub
	if f.IsInput() {
		section, second = "original-video-files", first
	}
	if v.Privacy.PrivateFiles() {
		first, second = second, first
	}
	return section, first, second
}

// cacheOfDownload lets nothing be kept unasked: a name that people see may
// get another file.
func cacheOfDownload(v *video.Video) string {
	if v.Privacy.PrivateFiles() {
		return guarded
	}
	return changing
}

func (s *Server) downloadTorrent(w http.ResponseWriter, r *http.Request) error {
	name, err := nameOf(r)
	if err != nil {
		return err
	}
	id, err := s.Catalogue.OfTorrent(r.Context(), name)
	if err != nil {
		return err
	}
	v, err := s.loaded(r.Context(), video.ByID(id))
	if err != nil {
		return err
	}
	f, err := pick(v, func(f *video.File) bool { return f.TorrentFilename == name })
	if err != nil {
		return err
	}
	title := v.Name + "-" + strconv.Itoa(f.Resolution) + "p"
	if f.PlaylistID != 0 {
		title += "-hls"
	}
	w.Header().Set("Content-Disposition", attachment(title+".torrent"))
	return s.serve(w, r, "torrents", name, changing)
}

// downloadOriginal serves the uploaded file to who may change the video, or
// shows a file token.
func (s *Server) downloadOriginal(w http.ResponseWriter, r *http.Request) error {
	name, err := nameOf(r)
	if err != nil {
		return err
	}
	id, err := s.Catalogue.OfOriginal(r.Context(), name)
	if err != nil {
		return err
	}
	v, err := s.Catalogue.ByRef(r.Context(), video.ByID(id))
	if err != nil {
		return err
	}
	a := s.access(r)
	if a.FileToken == "" || s.Guard.CheckToken(a.FileToken, v.UUID) != nil {
		if _, err := s.Guard.Managed(r.Context(), a.Viewer, video.ByID(id), user.SeeAllVideos); err != nil {
			return err
		}
	}
	w.Header().Set("Content-Disposition", attachment(v.Name+extOf(name)))
	return s.serve(w, r, "original-video-files", name, guarded)
}

// generate serves a download of chosen streams. A single file that has them
// all is given out as it is; HLS files are complete fragmented MP4 files.
// A separate sound file and picture file are put together on the way.
func (s *Server) generate(w http.ResponseWriter, r *http.Request) error {
	id := strings.TrimSuffix(strings.TrimSuffix(rest.Path(r, "id"), ".mp4"), ".m4a")
	ref, err := video.ParseRef(id)
	if err != nil {
		return err
	}
	q := rest.NewQuery(r)
	ids := q.Ints("videoFileIds")
	if len(ids) == 0 {
		q.Reject("videoFileIds", "")
	}
	if err := q.Err(); err != nil {
		return err
	}
	v, err := s.loaded(r.Context(), ref)
	if err != nil {
		return err
	}
	if err := s.maySee(r, v); err != nil {
		return err
	}
	chosen, err := choose(v, ids)
	if err != nil {
		return err
	}
	if len(chosen) > 1 {
		picture, sound := chosen[0], chosen[1]
		if !picture.HasVideo {
			picture, sound = sound, picture
		}
		s.downloaded(r, v)
		return s.join(w, r, v, picture, sound)
	}
	ext := chosen[0].Extname
	if !chosen[0].HasVideo {
		ext = ".m4a"
	}
	return s.sendAs(w, r, v, chosen[0], v.Name+ext)
}

// choose returns the files with the ids: one with pictures at most, and one
// with sound alone at most.
func choose(v *video.Video, ids []int) ([]*video.File, error) {
	var chosen []*video.File
	pictures, sounds := 0, 0
	for _, id := range ids {
		f, err := pick(v, func(f *video.File) bool { return f.ID == video.FileID(id) })
		if err != nil {
			return nil, err
		}
		if f.HasVideo {
			pictures++
		} else {
			sounds++
		}
		chosen = append(chosen, f)
	}
	if pictures > 1 || sounds > 1 {
		return nil, errs.New(errs.Invalid, "Cannot include more than one video or audio file")
	}
	return chosen, nil
}
