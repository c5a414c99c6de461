package abuse

import (
	"context"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
)

// VideoIs narrows reports to those whose video is gone or blocked.
type VideoIs string

// PeerTube's words. This site blocks no videos yet, so nothing is Blacklisted.
const (
	VideoDeleted     VideoIs = "deleted"
	VideoBlacklisted VideoIs = "blacklisted"
)

// ListParams ask for a page of reports; zero fields do not filter.
type ListParams struct {
	Start, Count int
	// Sort is one of Sorts, "-" before it for descending.
	Sort      string
	ID        ID
	Kind      Kind
	Reason    Reason
	State     State
	VideoIs   VideoIs
	Reporter  actor.AccountID
	LocalOnly bool // of reporters of this site
	// Search is part of what was reported (the reason, the video's name or
	// its channel's, the text of the comment) or, for moderators, of the
	// names of who reported or was reported. The others look there only.
	Search, SearchReporter, SearchReportee, SearchVideo, SearchChannel string
	// WithoutPeople keeps Search from looking at people.
	WithoutPeople bool
}

// Sorts are what reports may be sorted by, the default first.
var Sorts = []string{"-createdAt", "id", "state"}

// MostCounted bounds the totals of lists: more are not counted.
const MostCounted = 10_000

// Store keeps reports. Missing ones are errs.NotFound ("Abuse not found").
type Store interface {
	// Add inserts a report and sets its ID. With a key (which names what
	// another site sent) it reports false, and does nothing, when there is
	// one of it already.
	Add(ctx context.Context, a *Abuse, key string) (bool, error)
	// ByID returns a report, filled as List does but for Counts.
	ByID(ctx context.Context, id ID) (*Abuse, error)
	// List returns a page with Reporter, Reportee and what is reported, in a
	// fixed number of queries, and the number of all that match, MostCounted
	// at most.
	List(ctx context.Context, p ListParams) ([]*Abuse, int, error)
	// Open counts the reports that are Pending, most at most.
	Open(ctx context.Context, most int) (int, error)
	// Count fills the Counts of reports.
	Count(ctx context.Context, list []*Abuse) error
	// Update changes what is not nil of a report and reports the state that
	// it had before. A state other than Pending is a decision, made at.
	Update(ctx context.Context, id ID, c Change, at time.Time) (before State, err error)
	// Delete removes a report with its messages.
	Delete(ctx context.Context, id ID) error

	// Messages returns those of a report, oldest first, MaxMessages at most,
	// with Account.
	Messages(ctx context.Context, id ID) ([]*Message, error)
	// Message returns one; missing is errs.NotFound ("Abuse message not
	// found").
	Message(ctx context.Context, id ID, message MessageID) (*Message, error)
	// AddMessage inserts one, sets its ID and counts it. Over most it is
	// errs.Conflict.
	AddMessage(ctx context.Context, m *Message, most int) error
	// DeleteMessage removes one and counts it off.
	DeleteMessage(ctx context.Context, id ID, message MessageID) error

	// ReceivedSince counts the reports of a site, and those of one account,
	// that came after a time.
	ReceivedSince(ctx context.Context, host string, reporter actor.AccountID, after time.Time) (ofHost, ofReporter int, err error)

	UserStats(ctx context.Context, id actor.AccountID) (UserStats, error)
}

// Change is what moderators change of a report; nil stays.
type Change struct {
	State             *State
	ModerationComment *string
}

// Videos is the part of video.Service that says who may see what.
type Videos interface {
	See(ctx context.Context, a video.Access, ref video.Ref) (*video.Video, error)
}
