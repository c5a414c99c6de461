package files

import (
	"net/http"
	"path"
	"strconv"
	"strings"
)

// types are the content types of what is kept. What is not here is given out
// as bytes, never guessed: a browser must not take an upload for a page.
var types = map[string]string{
	".mp4": "video/mp4", ".m4s": "video/mp4", ".webm": "video/webm", ".ogv": "video/ogg", ".mov": "video/quicktime",
	".mkv": "video/x-matroska", ".ts": "video/mp2t", ".m4a": "audio/mp4", ".mp3": "audio/mpeg", ".ogg": "audio/ogg",
	".wav": "audio/wav", ".flac": "audio/flac", ".m3u8": "application/vnd.apple.mpegurl", ".json": "application/json; charset=UTF-8",
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".gif": "image/gif",
	".vtt": "text/vtt; charset=UTF-8", ".srt": "application/x-subrip", ".torrent": "application/x-bittorrent",
}

func extOf(name string) string { return strings.ToLower(path.Ext(name)) }

// soundOfHLS ends the names of the sound of a video that is kept apart from its
// pictures, PeerTube's. Podcast apps are promised a sound, and look.
const soundOfHLS = "-0-fragmented.mp4"

func typeOf(name string) string {
	if strings.HasSuffix(name, soundOfHLS) {
		return "audio/mp4"
	}
	if t, ok := types[extOf(name)]; ok {
		return t
	}
	return "application/octet-stream"
}

// serve answers with a file: ranges, conditions and HEAD are
// http.ServeContent's.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, section, name, cache string) error {
	f, err := s.Open(r.Context(), section, name)
	if err != nil {
		return err
	}
	defer f.Close() // only read
	serveFile(w, r, f, path.Base(name), cache)
	return nil
}

func serveFile(w http.ResponseWriter, r *http.Request, f *File, name, cache string) {
	h := w.Header()
	h.Set("Content-Type", typeOf(name))
	h.Set("Cache-Control", cache)
	h.Set("Etag", etagOf(f))
	h.Set("X-Content-Type-Options", "nosniff")
	if beyond(r, f.Size) {
		rangeNotSatisfiable(w, f)
		return
	}
	// The bare file: anything around it would keep the kernel from copying.
	http.ServeContent(w, r, "", f.ModTime, f.ReadSeekCloser)
}

// etagOf is strong, because If-Range takes no weak one: a file's name never
// gets other bytes without another time.
func etagOf(f *File) string {
	b := make([]byte, 0, 32)
	b = append(b, '"')
	b = strconv.AppendInt(b, f.Size, 16)
	b = append(b, '-')
	b = strconv.AppendInt(b, f.ModTime.UnixNano(), 16)
	return string(append(b, '"'))
}

// beyond reports whether the request asks for a single range that begins
// after the end of the file. Others that cannot be satisfied are answered by
// http.ServeContent, in plain text.
func beyond(r *http.Request, size int64) bool {
	spec, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes=")
	if !ok || r.Header.Get("If-Range") != "" || r.Header.Get("If-None-Match") != "" {
		return false
	}
	first, _, ok := strings.Cut(spec, "-")
	if !ok || strings.Contains(spec, ",") {
		return false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(first), 10, 64)
	return err == nil && n >= size && size > 0
}

// rangeNotSatisfiable answers 416 as PeerTube does.
func rangeNotSatisfiable(w http.ResponseWriter, f *File) {
	const body = `{"type":"https://docs.joinpeertube.org/api-rest-reference.html#section/Errors/RangeNotSatisfiableError",` +
		`"detail":"Range Not Satisfiable","status":416,"code":"RangeNotSatisfiableError","error":"Range Not Satisfiable"}`
	h := w.Header()
	h.Set("Content-Type", "application/problem+json; charset=utf-8")
	h.Set("Content-Range", "bytes */"+strconv.FormatInt(f.Size, 10))
	h.Set("Cache-Control", "no-store")
	h.Set("Accept-Ranges", "bytes")
	h.Set("Last-Modified", f.ModTime.UTC().Format(http.TimeFormat))
	w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
	_, _ = w.Write([]byte(body))
}
