package web_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// BenchmarkEmbed is the page of an embed, without the network.
func BenchmarkEmbed(b *testing.B) {
	s := newSite(b)
	r := rest.NewRouter(slog.New(slog.DiscardHandler))
	r.Use((&auth.Authenticator{Site: s.pages.Site, Now: s.pages.Now}).Pages(s.pages.Refuse))
	s.pages.Mount(r)
	for name, path := range map[string]string{"video": "/videos/embed/" + publicUUID, "refused": "/videos/embed/" + protectedUUID} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := &discard{header: http.Header{}}
				r.ServeHTTP(w, httptest.NewRequestWithContext(b.Context(), http.MethodGet, path, nil))
				if w.status != 200 && w.status != 403 || w.bytes < 5000 {
					b.Fatalf("got %d with %d bytes", w.status, w.bytes)
				}
			}
		})
	}
}

// discard is an answer that nobody reads.
type discard struct {
	header http.Header
	status int
	bytes  int
}

func (d *discard) Header() http.Header    { return d.header }
func (d *discard) WriteHeader(status int) { d.status = status }
func (d *discard) Write(p []byte) (int, error) {
	d.bytes += len(p)
	return io.Discard.Write(p)
}
