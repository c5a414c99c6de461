// Package comment is what people say under videos: threads, their replies,
// and who may write, read and remove them.
package comment

import (
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
)

// ID identifies a comment.
type ID int64

// MaxText is the longest text in characters, PeerTube's; the shortest is 1.
const MaxText = 10_000

// Comment is a comment of a video, local or federated.
type Comment struct {
	ID      ID
	VideoID video.ID
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
	// Replies are the direct ones; TotalReplies those at any depth and
	// AuthorReplies those of the video's owner, of threads only. They count
	// what everybody sees.
	Replies, TotalReplies, AuthorReplies int64
	DeletedAt                            *time.Time
	CreatedAt, UpdatedAt                 time.Time

	// AccountID is 0 when deleted.
	AccountID actor.AccountID
	// Account is filled by the calls that say so.
	Account *actor.Account
	// Video is filled in lists over several videos.
	Video *video.Video
}

// Deleted reports whether only the place of the comment is left.
func (c *Comment) Deleted() bool { return c.DeletedAt != nil }
