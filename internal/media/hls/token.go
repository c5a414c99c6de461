package hls

import (
	"bytes"
	"io"
	"net/url"
	"path"
	"strings"

	"sepiola/internal/errs"
)

// InjectToken returns the playlist with videoFileToken=token on every .m3u8,
// .mp4 and .ts name it refers to, and reinjectVideoFileToken=true on the .m3u8
// ones, so that players that cannot set headers carry it along. Names without
// these extensions stay as they are.
func InjectToken(playlist io.Reader, token string) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(playlist, maxPlaylist+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxPlaylist {
		return nil, errs.New(errs.TooLarge, "the playlist is too large")
	}
	query := "videoFileToken=" + url.QueryEscape(token)
	var out bytes.Buffer
	out.Grow(len(text) + len(text)/4)
	for line := range strings.Lines(string(text)) {
		out.WriteString(injectLine(line, query))
	}
	return out.Bytes(), nil
}

func injectLine(line, query string) string {
	if !strings.HasPrefix(line, "#") {
		name := strings.TrimRight(line, "\r\n")
		return withQuery(name, query) + line[len(name):]
	}
	before, rest, ok := strings.Cut(line, `URI="`)
	if !ok {
		return line
	}
	uri, after, ok := strings.Cut(rest, `"`)
	if !ok {
		return line
	}
	return before + `URI="` + withQuery(uri, query) + `"` + after
}

func withQuery(uri, query string) string {
	name, _, _ := strings.Cut(uri, "?")
	separator := "?"
	if name != uri {
		separator = "&"
	}
	switch path.Ext(name) {
	case ".m3u8":
		return uri + separator + query + "&reinjectVideoFileToken=true"
	case ".mp4", ".ts":
		return uri + separator + query
	}
	return uri
}
