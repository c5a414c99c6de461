// Package follow is who follows whom: people the channels and accounts they
// subscribe to, sites other sites.
package follow

import (
	"time"

	"sepiola/internal/domain/actor"
)

// ID identifies a follow.
type ID int64

// State is how far a follow is. The words are PeerTube's.
type State string

// The states. Follows between actors of this site are accepted at once.
const (
	Pending  State = "pending"
	Accepted State = "accepted"
	Rejected State = "rejected"
)

// Follow is an actor that follows another.
type Follow struct {
	ID ID
	// URL is the ActivityPub id. It is stored, never rebuilt.
	URL   string
	State State
	// Score is the health of a remote follower, 0 to 10,000.
	Score                int
	CreatedAt, UpdatedAt time.Time

	FollowerID, FollowingID actor.ID
	// Follower and Following are filled by the calls that say so.
	Follower, Following *actor.Actor
}
