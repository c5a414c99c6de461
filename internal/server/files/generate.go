package files

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// Part is a file of which a download is put together, by where it lies.
type Part struct {
	Section, Name string
	Size          int64
}

// join serves the picture of one file with the sound of another as one MP4,
// which is made while it is sent. How many are made at once is bounded, and
// each ends with its client.
func (s *Server) join(w http.ResponseWriter, r *http.Request, v *video.Video, picture, sound *video.File) error {
	if s.Join == nil {
		return errs.New(errs.NotSupported, "Joining separate video and audio files is not supported")
	}
	parts := [2]Part{}
	for i, f := range []*video.File{picture, sound} {
		var err error
		if parts[i], err = s.part(r.Context(), v, f); err != nil {
			return err
		}
	}
	body := &joined{w: w, saved: v.Name + ".mp4", cache: cacheOfDownload(v)}
	if r.Method == http.MethodHead {
		body.begin()
		return nil
	}
	select {
	case s.joins <- struct{}{}:
		defer func() { <-s.joins }()
	default:
		return errs.New(errs.TooMany, "Too many parallel downloads on this server. Please try again later.")
	}
	err := s.Join(r.Context(), body, parts[0], parts[1])
	switch {
	case err == nil, r.Context().Err() != nil: // or the client is gone
		return nil
	case body.begun:
		// Half a file must not look like a whole one.
		s.logger().ErrorContext(r.Context(), "a download could not be put together to its end", "err", err, "video", v.UUID)
		panic(http.ErrAbortHandler)
	case errs.Is(err, errs.Unavailable), errs.Is(err, errs.NotFound):
		return err
	}
	return fmt.Errorf("put a download together: %v", err) //nolint:errorlint // what a tool says of our files is nobody else's matter
}

// part finds where a file lies. While the video's privacy changes that may be
// the other directory.
func (s *Server) part(ctx context.Context, v *video.Video, f *video.File) (Part, error) {
	section, first, second := places(v, f)
	for _, name := range []string{first, second} {
		file, err := s.Open(ctx, section, name)
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return Part{}, err
		}
		return Part{section, name, f.Size}, file.Close()
	}
	return Part{}, errs.New(errs.NotFound, "Video file not found")
}

// joined answers with the first byte: until then the outcome is open.
type joined struct {
	w            http.ResponseWriter
	saved, cache string
	begun        bool
}

var _ io.Writer = (*joined)(nil)

// Write implements io.Writer.
func (j *joined) Write(p []byte) (int, error) {
	if !j.begun {
		j.begin()
	}
	return j.w.Write(p)
}

func (j *joined) begin() {
	j.begun = true
	h := j.w.Header()
	h.Set("Content-Type", "video/mp4")
	h.Set("Content-Disposition", attachment(j.saved))
	h.Set("Cache-Control", j.cache)
	h.Set("X-Content-Type-Options", "nosniff")
	j.w.WriteHeader(http.StatusOK)
}
