package peer

import (
	"context"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
)

// Servers keeps what is known of other sites. Missing ones are errs.NotFound.
type Servers interface {
	ByHost(ctx context.Context, host string) (*Server, error)
	// Answered records a good answer: the breaker closes. signature "" leaves
	// the form as it was. It writes at most once a minute for a healthy site.
	Answered(ctx context.Context, host, signature string, at time.Time) error
	// Heard records that a site which is left alone has written to this one, so
	// that it is asked at once; every HeardEvery at most. Whether it answers is
	// found out by that.
	Heard(ctx context.Context, host string, at time.Time) error
	// Failed records a failure and returns the site with the new RetryAt.
	Failed(ctx context.Context, host string, at time.Time) (*Server, error)
	// SetSoftware records what NodeInfo says.
	SetSoftware(ctx context.Context, host, software, version string, at time.Time) error
	// DeadSince returns the hosts that have been failing since before, at most
	// limit.
	DeadSince(ctx context.Context, before time.Time, limit int) ([]string, error)
	// Blocked returns which of several hosts and actor URLs this site has
	// muted for everybody.
	Blocked(ctx context.Context, hosts, actorURLs []string) (map[string]bool, error)
}

// Inbox keeps what was received.
type Inbox interface {
	// Add inserts those whose activity was not seen before and reports which
	// (by index). All are durable when it returns.
	Add(ctx context.Context, list []*Received) (added []bool, err error)
	// Next returns the oldest of a lane, at most limit; those that wait for
	// RetryAt keep those behind them waiting only when that is what order
	// demands: see inbox.
	Next(ctx context.Context, lane string, limit int) ([]*Received, error)
	// Done removes one, in the transaction of ctx. errs.NotFound says that
	// somebody else did: then nothing of it may be done again.
	Done(ctx context.Context, id int64) error
	// Again keeps one for another try.
	Again(ctx context.Context, id int64, reason string, at time.Time) error
	// Wait is Again without counting it as a try.
	Wait(ctx context.Context, id int64, reason string, at time.Time) error
	// Postpone is Wait in another lane, where it holds up nothing of its own.
	Postpone(ctx context.Context, id int64, lane, reason string, at time.Time) error
	// Lanes returns lanes with something to do at a time, at most limit.
	Lanes(ctx context.Context, at time.Time, limit int) ([]string, error)
	// Count returns how many of a lane wait, at most limit.
	Count(ctx context.Context, lane string, limit int) (int, error)
	// Forget removes what was seen before a time, in bounded steps.
	Forget(ctx context.Context, before time.Time) error
}

// Counts keeps how many activities were done.
type Counts interface {
	// Count adds to what was counted so far.
	Count(ctx context.Context, list []instance.ActivityCount, at time.Time) error
}

// Outbox keeps what is to be sent.
type Outbox interface {
	// Put inserts the activity and sets its id.
	Put(ctx context.Context, a *Outgoing) error
	// Fan inserts a delivery for each inbox, hosts beside them; twice is once.
	Fan(ctx context.Context, id int64, p Priority, inboxes []Inboxes) error
	// Replace removes the Updates of an activity's subject that are older than
	// it and wait for the same inboxes. It comes where the first of them would
	// have.
	Replace(ctx context.Context, a *Outgoing) error
	// Next returns the deliveries of a host, first first, with Activity.
	Next(ctx context.Context, host string, limit int) ([]*Delivery, error)
	// Delivered removes some, and their activities with the last of each.
	Delivered(ctx context.Context, ids ...int64) error
	// Failed keeps one for another try.
	Failed(ctx context.Context, id int64, reason string) error
	// Drop removes the deliveries of a host from a priority on.
	Drop(ctx context.Context, host string, from Priority) error
	// Hosts returns hosts with deliveries whose site may be asked at a time,
	// at most limit.
	Hosts(ctx context.Context, at time.Time, limit int) ([]string, error)
}

// Inboxes is an address that something is delivered to.
type Inboxes struct{ Host, URL string }

// Audience finds who is to hear of something: distinct inboxes (the shared one
// where there is one), remote ones only, of hosts that are not blocked.
type Audience interface {
	// Followers returns the inboxes of accepted followers of any of the actors.
	Followers(ctx context.Context, of []actor.ID) ([]Inboxes, error)
	// Sharers returns those of who announced a video, and of their followers
	// that are known here.
	Sharers(ctx context.Context, video int64) ([]Inboxes, error)
	// Actors returns those of actors.
	Actors(ctx context.Context, ids []actor.ID) ([]Inboxes, error)
}

// Tombstones are ids that are gone.
type Tombstones interface {
	Bury(ctx context.Context, url, formerType string, at time.Time) error
	// Unbury forgets what exists again, if it was buried.
	Unbury(ctx context.Context, url string) error
	// Buried returns when and what it was, or errs.NotFound.
	Buried(ctx context.Context, url string) (formerType string, at time.Time, err error)
}
