package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"

	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
	"sepiola/internal/storage/store/filltest"
)

// BenchmarkSearch asks a hundred thousand videos; nothing is remembered from
// one question to the next. It reports the time that 99 of 100 stay under.
func BenchmarkSearch(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *sqldb.DB{"sqlite": sqldbtest.SQLite, "postgres": sqldbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			db := open(b)
			benchmarkSearch(b, db)
		})
	}
}

func benchmarkSearch(b *testing.B, db *sqldb.DB) {
	b.Helper()
	start := time.Now()
	if err := filltest.Fill(b.Context(), db, 100_000); err != nil {
		b.Fatal(err)
	}
	filled := time.Now()
	if err := indexAll(b.Context(), db); err != nil {
		b.Fatal(err)
	}
	b.Logf("filled in %v, indexed in %v", filled.Sub(start), time.Since(filled))
	videos, now := &store.Videos{DB: db}, time.Now()
	s := &search.Service{
		Store: store.Search{DB: db}, Videos: &video.Service{Store: videos, Now: sqldb.Now}, Channels: store.Actors{DB: db}, Site: finderSite,
		Now: func() time.Time { now = now.Add(2 * time.Second); return now },
	}
	if _, err := s.FindVideos(b.Context(), nil, search.Params{Text: "warms up", Count: 15}); err != nil {
		b.Fatal(err)
	}
	about := []string{"boats", "the sea", "squid", "lighthouses", "weather"}
	typo := []string{"baots", "the se", "sqiud", "lighthuoses", "wheather"}
	for _, c := range []struct {
		name string
		ask  func(i int) search.Params
	}{
		{"ordinary", func(i int) search.Params {
			return search.Params{Text: fmt.Sprintf("number %d about %s", i, about[i%5])}
		}},
		{"typo", func(i int) search.Params { return search.Params{Text: fmt.Sprintf("numbr %d about %s", i, typo[i%5])} }},
		{"twoTypos", func(i int) search.Params { return search.Params{Text: fmt.Sprintf("vidoe numebr %d", i)} }},
		{"everywhere", func(i int) search.Params {
			return search.Params{Text: []string{"video ", "squid ", "about boats "}[i%3]}
		}},
		{"everywhereTypo", func(i int) search.Params {
			return search.Params{Text: []string{"vidoe ", "sqiud ", "abuot baots "}[i%3]}
		}},
		{"asYouType", func(i int) search.Params { return search.Params{Text: "video number"[:1+i%12]} }},
		{"newestOfMany", func(i int) search.Params { return search.Params{Text: about[i%5] + " ", Sort: "-publishedAt"} }},
		{"filterOfMany", func(i int) search.Params {
			return search.Params{Text: about[i%5] + " ", Filter: video.Filter{Categories: []int{1 + i%18}}}
		}},
		{"nothing", func(i int) search.Params { return search.Params{Text: fmt.Sprintf("xyzzyxx%d qqqqwwww", i)} }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			random := rand.New(rand.NewPCG(1, 2))
			var took []time.Duration
			before := processorTime()
			for b.Loop() {
				p := c.ask(random.IntN(100_000))
				p.Count = 15
				start := time.Now()
				if _, err := s.FindVideos(b.Context(), nil, p); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			b.ReportMetric(float64((processorTime()-before).Microseconds())/1000/float64(b.N), "cpu-ms/op")
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// processorTime is that of this process, which a busy machine does not change
// as it does the time; that of PostgreSQL is not in it.
func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail for oneself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// indexAll does what the job does after a start.
func indexAll(ctx context.Context, db *sqldb.DB) error {
	s := store.Search{DB: db}
	if err := s.StaleAll(ctx); err != nil {
		return err
	}
	for {
		if n, err := s.IndexStale(ctx, 500); err != nil || n == 0 {
			return err
		}
	}
}
