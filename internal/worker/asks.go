package worker

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"sepiola/internal/domain/follow"
	"sepiola/internal/job"
)

// maxAsks is how many jobs of each state Asks looks at. Those of people who
// subscribe are among them.
const maxAsks = 200

// Asks are the jobs "activitypub-follow" that failed. It is a follow.Asks.
type Asks struct {
	Jobs interface {
		List(ctx context.Context, p job.ListParams) ([]job.Row, int, error)
		Retry(ctx context.Context, id int64) error
	}
}

// Failed implements follow.Asks: what is given up, and what is tried again.
func (a Asks) Failed(ctx context.Context) ([]follow.Ask, error) {
	var list []follow.Ask
	for _, state := range []job.State{job.Failed, job.Delayed} {
		rows, _, err := a.Jobs.List(ctx, job.ListParams{State: state, Kind: FollowArgs{}.Kind(), Count: maxAsks})
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			var args FollowArgs
			if r.Error == "" || r.AttemptedAt == nil || json.Unmarshal(r.Args, &args) != nil {
				continue
			}
			list = append(list, follow.Ask{
				ID: r.ID, By: args.Follower, Name: args.Name, Host: args.Host, Error: r.Error, At: *r.AttemptedAt, Over: state == job.Failed,
			})
		}
	}
	slices.SortStableFunc(list, func(a, b follow.Ask) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID, a.ID)) })
	return list, nil
}

// Again implements follow.Asks.
func (a Asks) Again(ctx context.Context, id int64) error { return a.Jobs.Retry(ctx, id) }
