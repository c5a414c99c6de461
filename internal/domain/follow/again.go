package follow

import (
	"context"
	"log/slog"
	"time"

	"sepiola/internal/errs"
)

// A follow of another site that nobody answers is asked for again: the request
// or the answer may have been lost, or somebody there has to decide. Each time
// it is left alone for as long as it has waited so far, and at last for good.
const (
	firstAgain = 6 * time.Hour
	// longestWait is how long after the first request the last one may be.
	longestWait = 60 * 24 * time.Hour
	askAtOnce   = 200
)

// AskAgainAt returns when a follow that waits for its answer is asked for again,
// which was last done at UpdatedAt; zero when it does not wait, or has waited too
// long.
func (f *Follow) AskAgainAt() time.Time {
	if f.State != Pending {
		return time.Time{}
	}
	wait := max(firstAgain, 2*f.UpdatedAt.Sub(f.CreatedAt))
	if wait > longestWait {
		return time.Time{}
	}
	return f.CreatedAt.Add(wait)
}

// Renewal asks again for follows that nobody has answered, of sites and of
// people.
type Renewal struct {
	Store    RenewalStore
	Outbound RenewalOutbound
	Now      func() time.Time
	Log      *slog.Logger
}

// RenewalStore is the part of the store of follows that Renewal needs.
type RenewalStore interface {
	// Unanswered returns follows by actors of this site of those of others that
	// wait, were created after a time and changed last before another, without
	// those of which a request still waits to be sent: in the order of
	// UpdatedAt and ID those after a place, at most limit.
	Unanswered(ctx context.Context, created, updated time.Time, after *Follow, limit int) ([]*Follow, error)
	SetState(ctx context.Context, id ID, state State, at time.Time) error
}

// RenewalOutbound asks other sites.
type RenewalOutbound interface {
	// AskAgain sends a follow again, and records when. errs.Forbidden says that
	// this site has blocked the other.
	AskAgain(ctx context.Context, f *Follow) error
}

// Run asks for all that are due, and is called now and then.
func (r *Renewal) Run(ctx context.Context) error {
	now := r.Now()
	var after *Follow
	for {
		list, err := r.Store.Unanswered(ctx, now.Add(-longestWait), now.Add(-firstAgain/2), after, askAtOnce)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, f := range list {
			if at := f.AskAgainAt(); at.IsZero() || at.After(now) {
				continue
			}
			if err := r.ask(ctx, f, now); err != nil {
				return err
			}
		}
		after = list[len(list)-1]
	}
}

func (r *Renewal) ask(ctx context.Context, f *Follow, now time.Time) error {
	err := r.Outbound.AskAgain(ctx, f)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return err
	}
	r.Log.InfoContext(ctx, "a follow that nobody answered was not asked for again", "follow", f.URL, "err", err)
	if err := r.Store.SetState(ctx, f.ID, Pending, now); err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	return nil
}
