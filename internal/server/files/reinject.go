package files

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"sepiola/internal/errs"
)

// maxPlaylist is the largest playlist that is rewritten, in bytes: a day of
// two-second segments has five.
const maxPlaylist = 8 << 20

// reinjected returns the file token that the addresses inside a playlist are
// to carry, for players that cannot add one to each request.
func reinjected(r *http.Request, name string) (token string, ok bool) {
	q := r.URL.Query()
	token = q.Get("videoFileToken")
	return token, extOf(name) == ".m3u8" && q.Get("reinjectVideoFileToken") == "true" && token != ""
}

func (s *Server) serveReinjected(w http.ResponseWriter, r *http.Request, key, token string) error {
	f, err := s.Open(r.Context(), "streaming-playlists", key)
	if err != nil {
		return err
	}
	defer f.Close() // only read
	if f.Size > maxPlaylist {
		return errs.New(errs.TooLarge, "The playlist is too long")
	}
	b, err := io.ReadAll(io.LimitReader(f, maxPlaylist))
	if err != nil {
		return err
	}
	body := reinject(string(b), token)
	h := w.Header()
	h.Set("Content-Type", "application/vnd.apple.mpegurl; charset=utf-8")
	h.Set("Cache-Control", guarded)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	_, _ = io.WriteString(w, body)
	return nil
}

var playlistURI = regexp.MustCompile(`URI="([^"]*)"`)

// reinject adds a file token to every address of a playlist; addresses of
// other playlists also ask for it to be added inside them.
func reinject(playlist, token string) string {
	var b strings.Builder
	b.Grow(len(playlist) * 2)
	for line := range strings.Lines(playlist) {
		text := strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(text, "#"):
			text = playlistURI.ReplaceAllStringFunc(text, func(m string) string {
				return `URI="` + withToken(playlistURI.FindStringSubmatch(m)[1], token) + `"`
			})
		case text != "":
			text = withToken(text, token)
		}
		b.WriteString(text)
		b.WriteByte('\n')
	}
	return b.String()
}

func withToken(address, token string) string {
	path, _, hasQuery := strings.Cut(address, "?")
	sep := "?"
	if hasQuery {
		sep = "&"
	}
	address += sep + "videoFileToken=" + url.QueryEscape(token)
	if extOf(path) == ".m3u8" {
		address += "&reinjectVideoFileToken=true"
	}
	return address
}
