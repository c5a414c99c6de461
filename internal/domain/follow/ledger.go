package follow

import (
	"context"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

// What the ledger tells that was done. The subject is the handle or the host
// that it was done to.
const (
	Followed         = "follow"
	Unfollowed       = "unfollow"
	FollowedBack     = "follow-back"
	FollowedByIndex  = "follow-by-index"
	AcceptedFollower = "accepted-follower"
	RejectedFollower = "rejected-follower"
	RemovedFollower  = "removed-follower"
	// DroppedFollowers were of a site that has not answered for a week, or of an
	// inbox that refused too much.
	DroppedFollowers = "dropped-followers"
	// RemovedMirror is of a site that mirrors videos of this one.
	RemovedMirror = "removed-mirror"
	// MirroredVideo and DroppedMirror are of the site of a video that this site
	// is to mirror by hand, or is not to any more; AllowedMirrors and
	// ForbadeMirrors of one of which strategies may choose videos, or not.
	MirroredVideo  = "mirrored-video"
	DroppedMirror  = "dropped-mirror"
	AllowedMirrors = "allowed-mirrors"
	ForbadeMirrors = "forbade-mirrors"
	// ChangedKeys is of an actor of this site.
	ChangedKeys = "changed-keys"
)

// LedgerActions are all that the ledger tells of.
var LedgerActions = []string{
	Followed, Unfollowed, FollowedBack, FollowedByIndex, AcceptedFollower, RejectedFollower, RemovedFollower, DroppedFollowers, RemovedMirror,
	MirroredVideo, DroppedMirror, AllowedMirrors, ForbadeMirrors,
	user.BlockedServer, user.UnblockedServer, user.BlockedAccount, user.UnblockedAccount, ChangedKeys,
}

// Ledger keeps who did what with other sites.
type Ledger interface {
	// Note writes a line: by whom (0 the site itself), one of LedgerActions,
	// and to which handle or host.
	Note(ctx context.Context, by user.ID, action, subject string, at time.Time) error
}

// LedgerEntry is a line of the ledger.
type LedgerEntry struct {
	ID int64
	// By is the name of who did it, "" the site itself. It stays when the
	// person goes.
	By, Action, Subject string
	At                  time.Time
}

// LedgerList says which lines are read, the newest first.
type LedgerList struct {
	// Subject is a handle, or a host for all that was done to anybody there.
	Subject string
	// By is a user name.
	By     string
	Action string
	// Before is the id that the lines come before, 0 for the newest.
	Before int64
	Count  int
}

// LedgerStore reads and shortens the ledger.
type LedgerStore interface {
	Entries(ctx context.Context, p LedgerList) ([]LedgerEntry, error)
	// Forget removes at most limit lines that are older than a time, or beyond
	// the newest so many, and returns how many it removed.
	Forget(ctx context.Context, before time.Time, newest, limit int) (int, error)
}

// Audit lets administrators read the ledger, and keeps it short.
type Audit struct {
	Store LedgerStore
	Now   func() time.Time
}

const (
	// MaxLedger is how many lines are kept.
	MaxLedger = 100_000
	// MaxLedgerPage is how many of them are read at once.
	MaxLedgerPage = 100
	// forgetStep is how many are removed in one transaction.
	forgetStep = 1000
)

// Read returns a page of the ledger, and the id to go on before: 0 at its end.
func (a *Audit) Read(ctx context.Context, u *user.User, p LedgerList) (list []LedgerEntry, next int64, err error) {
	if err := may(u); err != nil {
		return nil, 0, err
	}
	if p.Count < 1 || p.Count > MaxLedgerPage || p.Before < 0 {
		return nil, 0, errs.New(errs.Invalid, "a page of the ledger has 1 to %d lines", MaxLedgerPage)
	}
	count := p.Count
	p.Count++
	list, err = a.Store.Entries(ctx, p)
	if err != nil || len(list) <= count {
		return list, 0, err
	}
	list = list[:count]
	return list, list[count-1].ID, nil
}

// Forget removes what is older than so long (0: nothing is too old), and what
// is too much.
func (a *Audit) Forget(ctx context.Context, maxAge time.Duration) error {
	var before time.Time
	if maxAge > 0 {
		before = a.Now().Add(-maxAge)
	}
	for {
		n, err := a.Store.Forget(ctx, before, MaxLedger, forgetStep)
		if err != nil || n < forgetStep {
			return err
		}
	}
}

// ledgerName is how the ledger names an actor of another site: sites by their
// host.
func ledgerName(a *actor.Actor) string {
	if a.Type == actor.Application {
		return a.Host
	}
	return a.Handle()
}
