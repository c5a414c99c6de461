package worker_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/origin"
	"sepiola/internal/errs"
	"sepiola/internal/federation/outbox"
	"sepiola/internal/job"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/worker"
)

// unwanted is other sites that administrators block.
type unwanted struct{ outbox.Resolver }

// anybody is who wants to follow them.
type anybody struct{ outbox.Known }

func (anybody) ByID(context.Context, actor.ID) (*origin.Known, error) { return &origin.Known{}, nil }

func (unwanted) SiteOf(context.Context, string) (*actor.Actor, error) {
	return nil, errs.New(errs.Forbidden, "this site wants nothing from there")
}

// A list of sites to follow may name one that is blocked: it is not tried again
// and again.
func TestABlockedSiteIsNotFollowedAndThatIsIt(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		q, err := job.Open(t.Context(), job.Options{DB: db, Log: slog.New(slog.DiscardHandler), Queues: map[string]int{worker.QueueFederation: 1}})
		if err != nil {
			t.Fatal(err)
		}
		worker.RegisterFederation(q, worker.FederationWork{Said: &outbox.Outbox{Known: anybody{}, Resolver: unwanted{}}})
		if err := q.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = q.Stop(context.Background(), time.Second) })
		if err := (&worker.Federation{Jobs: q}).Follow(t.Context(), outbox.Wish{Follower: 1, Host: "blocked.example", ByItself: true}); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) { // the database has no way to tell
			rows, _, err := q.List(t.Context(), job.ListParams{State: job.Failed, Count: 1})
			if err != nil || time.Now().After(deadline) {
				t.Fatal("the job does not end: ", err)
			}
			if len(rows) == 1 {
				if rows[0].Attempt != 1 {
					t.Errorf("%d attempts, want one", rows[0].Attempt)
				}
				break
			}
		}
	})
}
