package files

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"sepiola/internal/domain/video"
)

func TestDownloadsAreCountedWhenTheyBegin(t *testing.T) {
	t.Parallel()
	var told []video.ID
	h, _ := newServerWith(t, nil, func(s *Server) {
		s.Downloaded = func(_ *http.Request, id video.ID) { told = append(told, id) }
	})
	for _, c := range []struct {
		method, path, ranges string
		count                int
	}{
		{"GET", "/download/videos/aaaa-360.mp4", "", 1},
		{"GET", "/download/videos/aaaa-360.mp4", "bytes=0-", 1},
		{"GET", "/download/videos/aaaa-360.mp4", "bytes=5-", 0},
		{"HEAD", "/download/videos/aaaa-360.mp4", "", 0},
		{"GET", "/static/web-videos/aaaa-360.mp4", "", 0},
		{"GET", "/download/web-videos/" + privateUUID + "-1080.mp4", "", 0},
	} {
		told = nil
		r := httptest.NewRequestWithContext(t.Context(), c.method, c.path, nil)
		if c.ranges != "" {
			r.Header.Set("Range", c.ranges)
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
		if len(told) != c.count {
			t.Errorf("%s %s %s: counted %d times, want %d", c.method, c.path, c.ranges, len(told), c.count)
		}
	}
}
