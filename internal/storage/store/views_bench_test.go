package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
	"sepiola/internal/storage/store/filltest"
)

// eachBenchDB runs a benchmark on each database with n videos.
func eachBenchDB(b *testing.B, n int, bench func(b *testing.B, db *sqldb.DB)) {
	b.Helper()
	for name, open := range map[string]func(testing.TB) *sqldb.DB{"sqlite": sqldbtest.SQLite, "postgres": sqldbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			db := open(b)
			if err := filltest.Fill(b.Context(), db, n); err != nil {
				b.Fatal(err)
			}
			bench(b, db)
		})
	}
}

func cpuOf(b *testing.B) func() {
	b.Helper()
	used := func() time.Duration {
		var u syscall.Rusage
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail for oneself
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := used()
	return func() { b.ReportMetric(float64(used()-before)/float64(b.N), "cpu-ns/op") }
}

// BenchmarkReports takes reports of 5,000 people who watch 500 videos of
// 10,000 and are logged in each second time: 1,000/s is the budget. Each one
// is in the database before the next one of the same person.
func BenchmarkReports(b *testing.B) {
	eachBenchDB(b, 10_000, func(b *testing.B, db *sqldb.DB) {
		b.Helper()
		n := newViewNode(db, &clock{at: time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)})
		if _, err := db.Exec(b.Context(), `UPDATE videos SET duration = 3600`); err != nil {
			b.Fatal(err)
		}
		n.Rules() // as a site asks
		var next atomic.Int64
		b.SetParallelism(100)
		b.ReportAllocs()
		b.ResetTimer()
		defer cpuOf(b)()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				i := next.Add(1)
				person := i % 5000
				a := video.Access{}
				if person%2 == 0 {
					a.Viewer = &user.User{ID: user.ID(1 + person%50)}
				}
				in := view.Report{
					Time: int(i/5000*5) % 3600, Session: fmt.Sprint("person", person), UserAgent: "Mozilla/5.0 (X11; Linux) Firefox/130",
					Addr: netip.AddrFrom4([4]byte{10, byte(person >> 8), byte(person), 1}),
				}
				if err := n.Report(b.Context(), a, video.ByID(video.ID(1+person%500)), in); err != nil {
					b.Error(err)
					return
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reports/s")
	})
}

// fillHistory gives each of the people of the database as many videos in
// their history as come together to rows.
func fillHistory(b testing.TB, db *sqldb.DB, people, videos, rows int) {
	b.Helper()
	rnd, now := rand.New(rand.NewPCG(3, 4)), sqldb.Now()
	s := store.Views{DB: db}
	if err := db.InTx(b.Context(), func(ctx context.Context) error {
		list := make([]view.Position, 0, 1000)
		for i := range rows {
			list = append(list, view.Position{
				User: user.ID(1 + i%people), Video: video.ID(1 + (i/people*7919+i)%videos), Time: rnd.IntN(3600), At: now.Add(-time.Duration(i) * time.Second),
			})
			if len(list) == cap(list) || i == rows-1 {
				if err := s.Remember(ctx, list); err != nil {
					return err
				}
				list = list[:0]
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	if db.Dialect == sqldb.Postgres {
		if _, err := db.Exec(b.Context(), `ANALYZE`); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHistory shows pages of histories: 1,000,000 rows of 10,000 people.
func BenchmarkHistory(b *testing.B) {
	const people, videos, rows = 10_000, 100_000, 1_000_000
	eachBenchDB(b, videos, func(b *testing.B, db *sqldb.DB) {
		b.Helper()
		if err := db.InTx(b.Context(), func(ctx context.Context) error {
			for i := 1 + videos/200; i <= people; i++ { // besides those who own the videos
				name := fmt.Sprint("reader", i)
				if _, err := db.Exec(ctx, `INSERT INTO users (id, username, email, email_folded, password_hash, role, video_quota, video_quota_daily, feed_token, created_at, updated_at)
					VALUES ($1, $2, $2, $2, '!', 2, -1, -1, $2, $3, $3)`, i, name, sqldb.Now()); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
		fillHistory(b, db, people, videos, rows)
		s := &store.Videos{DB: db}
		h := &view.History{Store: store.History{Videos: s}, Now: sqldb.Now}
		n := newViewNode(db, &clock{at: sqldb.Now()})
		for name, search := range map[string]string{"page": "", "search": "squid"} {
			b.Run(name, func(b *testing.B) {
				defer cpuOf(b)()
				for i := 0; b.Loop(); i++ {
					list, total, err := h.List(b.Context(), &user.User{ID: user.ID(1 + i%people)}, search, 0, 15)
					if err != nil || len(list) != 15 || total < 15 {
						b.Fatal(len(list), total, err)
					}
				}
			})
		}
		list, _, err := h.List(b.Context(), &user.User{ID: 7}, "", 0, 15)
		if err != nil {
			b.Fatal(err)
		}
		b.Run("positionsOfAList", func(b *testing.B) {
			defer cpuOf(b)()
			for i := 0; b.Loop(); i++ {
				if err := n.Complete(b.Context(), &user.User{ID: user.ID(1 + i%people)}, list); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}
