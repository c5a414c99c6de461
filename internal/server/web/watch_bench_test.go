package web_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"sepiola/internal/domain/video"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// BenchmarkWatch is the page of a video, without the network and with what a
// node knows of it already.
func BenchmarkWatch(b *testing.B) {
	s := newSite(b)
	r := rest.NewRouter(slog.New(slog.DiscardHandler))
	r.Use((&auth.Authenticator{Site: s.pages.Site, Now: s.pages.Now}).Pages(s.pages.Refuse))
	s.pages.Mount(r)
	path := "/w/" + video.ShortUUID(publicUUID)
	b.ReportAllocs()
	for b.Loop() {
		w := &discard{header: http.Header{}}
		r.ServeHTTP(w, httptest.NewRequestWithContext(b.Context(), http.MethodGet, path, nil))
		if w.status != 200 || w.bytes < 5000 {
			b.Fatalf("got %d with %d bytes", w.status, w.bytes)
		}
	}
}
