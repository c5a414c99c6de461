package job_test

import (
	"context"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"sepiola/internal/job"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
)

func openBench(b *testing.B, db *sqldb.DB, queues map[string]int, work func(ctx context.Context, j *river.Job[args]) error) *job.Queue {
	b.Helper()
	q, err := job.Open(b.Context(), job.Options{DB: db, Queues: queues})
	if err != nil {
		b.Fatal(err)
	}
	job.Add(q, &worker{work: work})
	if err := q.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = q.Stop(context.Background(), 10*time.Second) })
	return q
}

func each(b *testing.B, bench func(b *testing.B, db *sqldb.DB)) {
	b.Helper()
	b.Run("sqlite", func(b *testing.B) { bench(b, sqldbtest.SQLite(b)) })
	b.Run("postgres", func(b *testing.B) { bench(b, sqldbtest.Postgres(b)) })
}

// BenchmarkJobs inserts jobs in transactions of ten and waits until all have
// run.
func BenchmarkJobs(b *testing.B) {
	each(b, func(b *testing.B, db *sqldb.DB) {
		b.Helper()
		var done sync.WaitGroup
		q := openBench(b, db, map[string]int{"default": 16}, func(context.Context, *river.Job[args]) error {
			done.Done()
			return nil
		})
		b.ResetTimer()
		for n := 0; n < b.N; n += 10 {
			done.Add(10)
			err := db.InTx(b.Context(), func(ctx context.Context) error {
				for range 10 {
					if _, err := q.Insert(ctx, args{n}, nil); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		done.Wait()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
	})
}

// BenchmarkIdle measures what a queue costs that has nothing to do: CPU of
// this process, and bytes it wrote.
func BenchmarkIdle(b *testing.B) {
	each(b, func(b *testing.B, db *sqldb.DB) {
		b.Helper()
		openBench(b, db, map[string]int{"default": 4, "prepare": 2, "transcode": 1, "media": 1},
			func(context.Context, *river.Job[args]) error { return nil })
		time.Sleep(2 * time.Second) // what happens once at the start
		cpu, written := usage(b)
		const watched = 15 * time.Second
		time.Sleep(watched)
		cpu2, written2 := usage(b)
		b.ReportMetric((cpu2-cpu).Seconds()*1000/watched.Seconds(), "cpu-ms/s")
		b.ReportMetric(float64(written2-written)/watched.Seconds(), "disk-B/s")
		b.ReportMetric(0, "ns/op")
	})
}

// usage reads this process's CPU time and bytes written to disk from /proc.
func usage(b *testing.B) (cpu time.Duration, written int64) {
	b.Helper()
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		b.Skip("no /proc here")
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	for _, f := range fields[11:13] { // utime and stime, in hundredths of a second
		ticks, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		cpu += time.Duration(ticks) * 10 * time.Millisecond
	}
	io, err := os.ReadFile("/proc/self/io")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(io)) {
		if v, ok := strings.CutPrefix(line, "write_bytes: "); ok {
			written, _ = strconv.ParseInt(strings.TrimSpace(v), 10, 64)
		}
	}
	return cpu, written
}
