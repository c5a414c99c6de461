// Package comment is what people say under videos: threads, their replies,
// and who may write, read and remove them.
//
// A thread is a comment that answers none. However deep replies answer each
// other, each names its thread, so nothing here walks down a tree without
// bound: trees are cut, and what is left out is read page by page (Replies).
// Comments are not edited: they are deleted and written again.
//
// Not here: how a text is shown (web/markdown), who is told of it
// (notification, through Events), and how it travels (federation, too).
package comment

import (
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
)

// ID identifies a comment.
type ID int64

// Comment is a comment of a video, local or federated.
type Comment struct {
	ID      ID
	VideoID video.ID
	// OwnerID is the account that the video's channel belongs to.
	OwnerID actor.AccountID
	// URL is the ActivityPub id. It is stored, never rebuilt.
	URL    string
	Remote bool
	// Text is markdown as it was written, HTML of remote comments; "" when
	// deleted.
	Text string
	// ThreadID is the comment that began the thread, itself for a thread;
	// ReplyTo is 0 for a thread.
	ThreadID ID
	ReplyTo  ID
	Depth    int // 0 for a thread
	// HeldForReview comments are seen only by who wrote them and by who
	// manages the video.
	HeldForReview bool
	// JustApproved is set on what Events hears of when a comment that was
	// held is approved: it was told of before, as held.
	JustApproved bool
	// Withdrawn is set on what Events hears of when a comment is deleted
	// because its own site, or that of the video, says so: they tell others.
	Withdrawn bool
	// Vanished comments are deleted and have no replies left: nobody sees
	// them.
	Vanished bool
	// Replies are the direct ones, empty places too; TotalReplies those at
	// any depth and AuthorReplies those of the video's owner, of threads only.
	// They count what everybody sees.
	Replies, TotalReplies, AuthorReplies int64
	DeletedAt                            *time.Time
	CreatedAt, UpdatedAt                 time.Time

	// AccountID is 0 when deleted.
	AccountID actor.AccountID
	// Account is filled by the calls that say so. It is shared and must not
	// be changed.
	Account *actor.Account
	// Video is filled in lists over several videos.
	Video *video.Video
}

// Deleted reports whether only the place of the comment is left.
func (c *Comment) Deleted() bool { return c.DeletedAt != nil }

// IsThread reports whether the comment answers none.
func (c *Comment) IsThread() bool { return c.ReplyTo == 0 }

// Node is a comment with the replies that are shown below it.
type Node struct {
	*Comment
	Children []*Node
	// Total is the number of direct replies; when it is more than there are
	// Children, Replies gives the rest.
	Total int64
}
