package store_test

import (
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

// BenchmarkPlayback takes reports of how playing goes, of 500 videos: 15,000
// viewers send 1,000/s. Each is in the database before it is answered.
func BenchmarkPlayback(b *testing.B) {
	eachBenchDB(b, 1000, func(b *testing.B, db *sqldb.DB) {
		b.Helper()
		at, no := time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC), false
		s := &view.Playback{
			Store: store.Playback{DB: db}, Videos: &store.Videos{DB: db}, InTx: db.InTx, Now: func() time.Time { return at },
			Rules: func() view.PlaybackRules { return view.PlaybackRules{Keep: true} },
		}
		var next atomic.Int64
		b.SetParallelism(100)
		b.ReportAllocs()
		b.ResetTimer()
		defer cpuOf(b)()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				i := next.Add(1)
				in := view.PlaybackReport{
					Mode: view.ModeHLS, BytesSite: 1 << 20, BytesPeers: 2 << 20, First: &no, Addr: netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}),
				}
				if err := s.Report(b.Context(), video.Ref{ID: video.ID(1 + i%500)}, in); err != nil {
					b.Error(err)
					return
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reports/s")
	})
}
