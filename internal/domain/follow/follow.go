// Package follow is who follows whom: people the channels and accounts they
// subscribe to, sites other sites.
//
// Subscriptions is what people do: subscribe, leave, look at what they follow
// and at who follows them. The feed of the videos of what somebody follows is
// a list of videos like others (video.Filter.SubscribedBy), so that it keeps
// the rules of lists.
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

// BaseScore is the score of a new follower, PeerTube's.
const BaseScore = 1000

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
	// Follower and Following are filled by the calls that say so, with their
	// images.
	Follower, Following *actor.Actor
	// FollowerName and FollowingName are their display names, filled with
	// them.
	FollowerName, FollowingName string
}
