package worker_test

import (
	"maps"
	"testing"
	"time"

	"sepiola/internal/domain/redundancy"
	"sepiola/internal/domain/video"
	"sepiola/internal/job"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/worker"
)

func TestWhatCouldNotBeMirroredIsKnown(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		q, err := job.Open(t.Context(), job.Options{DB: db, Queues: worker.Queues(1)})
		if err != nil {
			t.Fatal(err)
		}
		worker.RegisterMirrors(q, &redundancy.Keeper{})
		mirrors := worker.MirrorQueue{Jobs: q}
		for id := video.ID(1); id <= 3; id++ {
			if err := mirrors.Mirror(t.Context(), id, redundancy.Trending); err != nil {
				t.Fatal(err)
			}
		}
		if err := mirrors.Leave(t.Context(), "far.example"); err != nil {
			t.Fatal(err)
		}
		list, _, err := q.List(t.Context(), job.ListParams{OldestFirst: true, Count: 9})
		if err != nil || len(list) != 4 {
			t.Fatalf("%+v, %v; want four jobs", list, err)
		}
		for _, i := range []int{0, 2, 3} {
			if err := q.Cancel(t.Context(), list[i].ID); err != nil {
				t.Fatal(err)
			}
		}
		for since, want := range map[time.Duration]map[video.ID]bool{-time.Hour: {1: true, 3: true}, time.Hour: {}} {
			if got, err := mirrors.GivenUp(t.Context(), sqldb.Now().Add(since)); err != nil || !maps.Equal(got, want) {
				t.Errorf("since %v: got %v, %v; want %v", since, got, err, want)
			}
		}
	})
}
