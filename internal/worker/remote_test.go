package worker_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"sepiola/internal/federation/remote"
	"sepiola/internal/job"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/worker"
)

// reader is a worker that reads pages for as long as the test wants.
type reader struct {
	river.WorkerDefaults[worker.CrawlArgs]
	began chan remote.Step
	end   chan error
}

func (r *reader) Work(_ context.Context, j *river.Job[worker.CrawlArgs]) error {
	r.began <- j.Args.Step
	return <-r.end
}

// PeerTube says for each video that is added to a playlist that the list has
// changed. The last of them is not lost because the list is read just then.
func TestAPageThatChangesWhileItIsReadIsReadAgain(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		q, err := job.Open(t.Context(), job.Options{DB: db, Log: slog.New(slog.DiscardHandler), Queues: map[string]int{worker.QueueFetch: 4}})
		if err != nil {
			t.Fatal(err)
		}
		r := &reader{began: make(chan remote.Step, 20), end: make(chan error)}
		job.Add(q, r)
		if err := q.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = q.Stop(context.Background(), time.Second) })
		asks := worker.RemoteQueue{Jobs: q, Now: sqldb.Now}
		page := remote.Step{What: remote.CrawlElements, URL: "https://far.test/list?page=1", Of: "https://far.test/list", Page: 1}
		begins := func(what string) {
			t.Helper()
			select {
			case s := <-r.began:
				if s != page {
					t.Errorf("%s: %+v", what, s)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("waited too long for ", what)
			}
		}
		crawl := func() {
			t.Helper()
			if err := asks.Crawl(t.Context(), page); err != nil {
				t.Fatal(err)
			}
		}
		crawl()
		begins("the first reading")
		for range 10 {
			crawl()
		}
		r.end <- nil
		begins("the second reading")
		crawl()
		r.end <- nil
		begins("the third reading")
		r.end <- nil
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) { // the database has no way to tell
			_, done, err := q.List(t.Context(), job.ListParams{State: job.Completed, Count: 1})
			if err != nil || time.Now().After(deadline) {
				t.Fatal("the job does not end: ", err)
			}
			if done == 1 {
				break
			}
		}
		if len(r.began) > 0 {
			t.Errorf("%d more readings than were asked for", len(r.began))
		}
	})
}
