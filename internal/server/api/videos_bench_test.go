package api

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/rest"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
	"sepiola/internal/storage/store/filltest"
)

// benchVideos is the number that the budgets of DESIGN section 7 are meant for.
const benchVideos = 100_000

// discard is a client that reads nothing.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return io.Discard.Write(b) }
func (d discard) WriteHeader(int)             {}

// BenchmarkVideos measures what /videos costs through the router, without the
// network. "cpu-ns/op" is the processor time of the whole process.
func BenchmarkVideos(b *testing.B) {
	db := sqldbtest.SQLite(b)
	if err := filltest.Fill(b.Context(), db, benchVideos); err != nil {
		b.Fatal(err)
	}
	svc := &video.Service{Store: &store.Videos{DB: db}, InTx: db.InTx, Now: time.Now, NSFWPolicy: func() string { return video.NSFWHidden }}
	router := rest.NewRouter(slog.New(slog.DiscardHandler))
	(&Videos{Videos: svc, Actors: store.Actors{DB: db}, Site: instance.Site{Scheme: "https", Host: "bench.example"}}).Mount(router)

	for _, bb := range []struct {
		name string
		path func(i int) string
	}{
		{"list", func(int) string { return "/videos?count=15" }},
		{"lists of many pages", func(i int) string { return "/videos?count=15&start=" + string('0'+rune(i%10)) }},
		{"one video", func(int) string { return "/videos/" + filltest.UUID(7) }},
		{"many videos", func(i int) string { return "/videos/" + filltest.UUID(1+i*7919%benchVideos) }},
	} {
		b.Run(bb.name, func(b *testing.B) {
			w := httptest.NewRecorder()
			router.ServeHTTP(w, httptest.NewRequest(http.MethodGet, bb.path(0), nil))
			if w.Code != 200 {
				b.Fatal(w.Code, w.Body)
			}
			b.ReportAllocs()
			start := benchCPU()
			for i := 0; b.Loop(); i++ {
				router.ServeHTTP(discard{http.Header{}}, httptest.NewRequest(http.MethodGet, bb.path(i), nil))
			}
			b.ReportMetric(float64(benchCPU()-start)/float64(b.N), "cpu-ns/op")
		})
	}
}

func benchCPU() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail for oneself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
