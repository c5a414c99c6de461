package comment

import (
	"context"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
)

// Sight is what of a video's comments somebody sees besides what everybody
// does.
type Sight struct {
	// Viewer sees the held comments that are its own; 0 is nobody.
	Viewer actor.AccountID
	// Manages sees all held comments.
	Manages bool
	// Blockers are the accounts (and user.SiteBlocks) whose mutes hide
	// comments; usually none.
	Blockers []actor.AccountID
}

// Plain reports whether it is what everybody sees.
func (s Sight) Plain() bool { return s.Viewer == 0 && !s.Manages && len(s.Blockers) == 0 }

// ThreadList asks for a page of a video's threads.
type ThreadList struct {
	VideoID      video.ID
	Start, Count int
	// Sort is createdAt or totalReplies, "-" before it for descending.
	Sort string
	Sight
}

// ThreadPage is a page of threads. It may be a second old and is shared: it
// must not be changed.
type ThreadPage struct {
	List []*Comment // with Account
	// Total is the number of threads; NotDeleted that of all comments of the
	// video that are not deleted, replies too.
	Total, NotDeleted int
}

// ListParams asks for a page of comments over several videos, for those who
// look after them.
type ListParams struct {
	Start, Count int
	Sort         string // createdAt, "-" before it for newest first
	// Search is part of the text, of the author's names or of the video's
	// name; SearchAccount and SearchVideo look there only.
	Search, SearchAccount, SearchVideo string
	Owner                              actor.AccountID // of the videos; 0 everybody's
	// Video asks for those of one video; Service turns it into VideoID.
	Video                       video.Ref
	VideoID                     video.ID
	Channel                     actor.ChannelID
	IsLocal, OnLocalVideo, Held *bool
	// Blockers hide the comments of whom they mute.
	Blockers []actor.AccountID
	// AutoTags asks for comments that were tagged automatically. No comment
	// is yet, so any tag matches none.
	AutoTags []string
}

// MostCounted bounds the totals of searches: more are not counted.
const MostCounted = 10_000

// Store keeps comments. Missing ones are errs.NotFound ("Video comment thread
// not found"). What is read carries its Account.
type Store interface {
	ByID(ctx context.Context, id ID) (*Comment, error)

	// Add inserts c and sets its ID, ThreadID and Depth; without a URL it gets
	// what url makes of the id. Counters change in the same transaction, and
	// the video's hot score. The comment that c answers must not be deleted
	// (errs.Conflict), unless c is remote.
	Add(ctx context.Context, c *Comment, url func(ID) string) error
	// Remove empties a comment and reports whether it did: false when it was
	// empty. One without replies vanishes, and with it the empty places above
	// that have none any more. Counters follow.
	Remove(ctx context.Context, id ID, at time.Time) (bool, error)
	// RemoveOfAccount empties all comments of an account, as Remove does.
	RemoveOfAccount(ctx context.Context, id actor.AccountID, at time.Time) error
	// Approve shows a held comment to everybody and reports whether it did:
	// false when it was not held, or deleted. Counters follow.
	Approve(ctx context.Context, id ID, at time.Time) (bool, error)

	// Threads returns a page of threads.
	Threads(ctx context.Context, p ThreadList) (ThreadPage, error)
	// OfThread returns the replies of a thread at any depth, oldest first,
	// most of them at most.
	OfThread(ctx context.Context, thread ID, s Sight, most int) ([]*Comment, error)
	// FirstReplies returns the oldest direct replies of each of several
	// comments, each at most of each.
	FirstReplies(ctx context.Context, parents []ID, s Sight, each int) ([]*Comment, error)
	// Replies returns a page of the direct replies of a comment, oldest first.
	Replies(ctx context.Context, parent ID, s Sight, start, count int) ([]*Comment, error)
	// Since returns the comments of a video that were written after a time,
	// oldest first, count at most.
	Since(ctx context.Context, id video.ID, s Sight, after time.Time, count int) ([]*Comment, error)

	// List returns a page with videos (and their channels), and the number of
	// all that match, MostCounted at most with a search; some seconds old.
	List(ctx context.Context, p ListParams) ([]*Comment, int, error)
	// OfAccount returns the comments of an account that are not deleted,
	// newest first; owner is whose videos they are of, 0 for everybody's.
	OfAccount(ctx context.Context, id, owner actor.AccountID, most int) ([]*Comment, error)
}
