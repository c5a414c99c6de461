package ffmpeg

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"sepiola/internal/errs"
)

const (
	defaultProbeTimeout = 60 * time.Second
	probeMemory         = 4 << 30
	probeOutput         = 8 << 20
	// maxDuration is the longest file taken; what claims more lies.
	maxDuration = 7 * 24 * time.Hour
	maxStreams  = 100
	maxEdge     = 16384 // pixels
)

// Probe says what the file at path is, which nobody may change: it is kept for
// who asks again. What cannot become a video is refused with
// errs.Unprocessable and a reason for people; a missing program or a full disk
// is errs.Unavailable.
func (t *Tools) Probe(ctx context.Context, path string) (*Info, error) {
	file, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if known, ok := t.recall(file); ok {
		return known.info, nil
	}
	info, p, err := t.describe(ctx, path, file)
	if err != nil {
		return nil, err
	}
	if err := t.measureDuration(ctx, path, info, p); err != nil {
		return nil, err
	}
	t.remember(examined{file: file, info: info, gop: -1})
	return info, nil
}

// Describe returns ffprobe's description of the file at path, as Info.Raw has
// it, of a file whose duration nobody doubts. Errors are Probe's.
func (t *Tools) Describe(ctx context.Context, path string) (json.RawMessage, error) {
	file, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	info, _, err := t.describe(ctx, path, file)
	if err != nil {
		return nil, err
	}
	return info.Raw, nil
}

// describe says of a file what its header claims.
func (t *Tools) describe(ctx context.Context, path string, file os.FileInfo) (*Info, *probed, error) {
	if !file.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("probe %s: not a regular file", path)
	}
	if file.Size() == 0 {
		return nil, nil, errs.New(errs.Unprocessable, "the file is empty").Because("empty")
	}
	var out bytes.Buffer
	args := []string{"-print_format", "json", "-show_optional_fields", "always", "-show_format", "-show_streams", "-show_chapters"}
	if err := t.ffprobe(ctx, path, args, &limited{w: &out, left: probeOutput}); err != nil {
		return nil, nil, err
	}
	p := new(probed)
	if err := json.Unmarshal(out.Bytes(), p); err != nil {
		return nil, nil, errs.Wrap(errs.Unprocessable, err, "the description of this file cannot be read")
	}
	info, err := p.info(file.Size(), t.Area())
	if err != nil {
		return nil, nil, err
	}
	if info.Raw, err = publicJSON(out.Bytes()); err != nil {
		return nil, nil, err
	}
	return info, p, nil
}

// ffprobe runs it on path; out gets what it prints.
func (t *Tools) ffprobe(ctx context.Context, path string, args []string, out io.Writer) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if l, ok := out.(*limited); ok {
		l.over = func() { cancel(ErrOutputLimit) }
	}
	p := process{
		program: first(t.FFprobe, "ffprobe"),
		args:    append(append([]string{"-hide_banner", "-loglevel", "error"}, args...), Input(path, 0)...),
		timeout: first(t.ProbeTimeout, defaultProbeTimeout),
		memory:  min(first(t.MaxMemory, probeMemory), probeMemory),
		stdout:  out,
		log:     t.log(),
	}
	tail, err := p.run(ctx)
	if err == nil {
		return nil
	}
	if stop := context.Cause(ctx); stop != nil && !errors.Is(stop, ErrOutputLimit) {
		return stop
	}
	return probeError(err, tail, looksLikeMP4(path))
}

// looksLikeMP4 reports whether a file begins with a box of the MP4 family:
// ffprobe goes by the name alone where the content says nothing.
func looksLikeMP4(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var head [8]byte
	if _, err := io.ReadFull(f, head[:]); err != nil {
		return false
	}
	switch string(head[4:]) {
	case "ftyp", "moov", "mdat", "free", "skip", "wide", "styp", "pnot":
		return true
	}
	return false
}

// probeError says to people why a file is refused.
func probeError(err error, tail string, mp4 bool) error {
	cause := fmt.Errorf("%w: %w: %s", ErrInput, err, oneLine(tail))
	switch {
	case errors.Is(err, ErrTimeout):
		return errs.Wrap(errs.Unprocessable, err, "examining this file took too long").Because("too_slow")
	case errors.Is(err, ErrOutputLimit):
		return errs.Wrap(errs.Unprocessable, err, "the description of this file is too large")
	case errs.As(err) != nil:
		return err
	case has(tail, "not on whitelist", "Protocol not found"):
		return errs.Wrap(errs.Unprocessable, cause, "this kind of file is not accepted: it is a playlist, refers to other files, or is not a video or audio container").
			Because("refers")
	case has(tail, "Picture size"):
		return errs.Wrap(errs.Unprocessable, cause, "the picture is too large or of no size at all")
	case mp4 && has(tail, "moov atom not found"):
		return errs.Wrap(errs.Unprocessable, cause, "the file is incomplete: its index is missing; export or upload it again").
			Because("incomplete")
	case has(tail, "Invalid data found", "End of file"):
		return errs.Wrap(errs.Unprocessable, cause, "this is not a video or audio file that can be read").Because("not_media")
	}
	kinded := exitError(err, tail)
	if errs.KindOf(kinded) == errs.Unprocessable {
		return errs.Wrap(errs.Unprocessable, cause, "this is not a video or audio file that can be read").Because("not_media")
	}
	return kinded
}

// info checks and converts what ffprobe said; the duration comes later.
func (p *probed) info(size int64, maxArea int) (*Info, error) {
	if len(p.Streams) > maxStreams {
		return nil, errs.New(errs.Unprocessable, "the file has %d tracks, more than %d", len(p.Streams), maxStreams).
			Because("tracks", "tracks", len(p.Streams), "most", maxStreams)
	}
	info := &Info{
		Container: p.Format.Name,
		Size:      size,
		Bitrate:   int64(p.Format.Bitrate),
	}
	for i := range p.Streams {
		info.add(&p.Streams[i])
	}
	for _, c := range p.Chapters {
		info.Chapters = append(info.Chapters, Chapter{Start: seconds(float64(c.Start)), End: seconds(float64(c.End)), Title: c.Tags.get("title")})
	}
	if info.Video == nil && len(info.Audio) == 0 {
		return nil, errs.New(errs.Unprocessable, "the file has neither a picture nor sound").Because("nothing")
	}
	for _, v := range []*VideoStream{info.Video, info.Cover} {
		if err := checkPicture(v, maxArea); err != nil {
			return nil, err
		}
	}
	return info, nil
}

func checkPicture(v *VideoStream, maxArea int) error {
	switch {
	case v == nil:
		return nil
	case v.CodedWidth <= 0 || v.CodedHeight <= 0:
		return errs.New(errs.Unprocessable, "the size of the picture cannot be read; the file may be damaged").Because("damaged")
	case v.CodedWidth > maxEdge || v.CodedHeight > maxEdge || v.CodedWidth*v.CodedHeight > maxArea:
		return errs.New(errs.Unprocessable, "the picture is too large (%dx%d pixels)", v.CodedWidth, v.CodedHeight).
			Because("too_large", "width", v.CodedWidth, "height", v.CodedHeight)
	case v.Width > maxEdge || v.Height > maxEdge || v.Width*v.Height > maxArea:
		return errs.New(errs.Unprocessable, "the shape of the picture is absurd (%dx%d)", v.Width, v.Height).
			Because("shape", "width", v.Width, "height", v.Height)
	}
	return nil
}

// add sorts one stream into the Info. Data tracks are of no use; of several
// pictures the default one counts, else the first.
func (i *Info) add(s *probedStream) {
	switch s.Type {
	case "video":
		v := s.video()
		switch {
		case s.Disposition["attached_pic"] == 1 || s.Disposition["timed_thumbnails"] == 1:
			if i.Cover == nil {
				i.Cover = v
			}
		case v.Codec == "" || v.Codec == "unknown":
		case i.Video == nil || s.Disposition["default"] == 1 && !i.videoIsDefault:
			i.Video, i.videoIsDefault = v, s.Disposition["default"] == 1
		}
	case "audio":
		if s.Codec != "" && s.Codec != "unknown" && s.Channels > 0 {
			i.Audio = append(i.Audio, s.audio())
		}
	case "subtitle":
		i.Subtitles = append(i.Subtitles, s.subtitle())
	}
}
