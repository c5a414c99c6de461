// Package view counts views, knows how many people watch now, keeps the
// statistics of videos, and remembers where people are in what they watch.
//
// Players report where they are every few seconds (Service.Report). A report
// belongs to a Session: one viewing of one video, known by a key that is a
// hash with a salt of the day, never by an address or a name. Sessions say
// when a view counts (Session.Watch holds the rules), who watches now, and
// what statistics are made of. Reports are committed in groups, and none is
// acknowledged before its commit: what was acknowledged is in the database.
// A Keeper brings the counters of videos up to date and forgets what is old.
//
// The history is another matter: it belongs to people who are logged in and
// have not paused it, and is theirs alone (History).
//
// Not here: who may see a video (video.Service).
package view

import (
	"net/netip"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
)

// Rules are the site's settings.
type Rules struct {
	// CountAfter is how long somebody watches before it counts as a view;
	// half the duration of videos that are shorter.
	CountAfter time.Duration
	// Expiration is how long after a view the same viewing does not count
	// again.
	Expiration time.Duration
	// TrustSessionID lets players say which reports belong together.
	// Otherwise all of one address do.
	TrustSessionID bool
}

// life is how long a viewing may be silent before it is over. It is PeerTube's
// hour, longer where the same viewer may not count again for longer; a day at
// most, since keys do not live longer.
func (r Rules) life() time.Duration { return min(max(time.Hour, r.Expiration), 24*time.Hour) }

// watchingFor is how long after a report its sender counts as watching.
const watchingFor = 2 * time.Minute

// Report is what a player says, with what the request shows of it.
type Report struct {
	Time int // seconds from the beginning of the video
	// Seek says that the viewer has jumped there.
	Seek bool
	// Session is chosen by the player; "" none.
	Session string
	// What the player says of itself; "" nothing: then UserAgent tells.
	Client, Device, OS string
	UserAgent          string
	Addr               netip.Addr
	// FileToken opens videos whose files it opens.
	FileToken string
}

// Place is where somebody watches, as far as the site wants to know.
type Place struct {
	Country     string // ISO 3166-1, "" unknown
	Subdivision string // name, "" unknown
}

// Agent is what somebody watches with; "" unknown.
type Agent struct{ Client, Device, OS string }

// Ping is a report that was accepted.
type Ping struct {
	Video    video.ID
	Duration int // seconds; 0 unknown or live
	// Remote is that the video is of another site.
	Remote bool
	Key    string
	// Before is the key under the salt of yesterday; "" long after midnight.
	Before string
	At     time.Time
	Time   int // seconds
	Seek   bool
	Agent  Agent
	Place  Place
	// Remember is whose history this is; 0 nobody's.
	Remember user.ID
	// Unwatched pings only write the history.
	Unwatched bool
}

// Count is what is to be added to a video's counters.
type Count struct {
	Video            video.ID
	At               time.Time
	Views, Downloads int64
}

// Position is where somebody is in a video.
type Position struct {
	User  user.ID
	Video video.ID
	Time  int // seconds
	At    time.Time
}

// ToEnd reports whether a position is as good as the end: the last twentieth,
// and of videos over a minute the last ten seconds. Both in seconds.
func ToEnd(position, duration int) bool {
	const closing, longerThan = 10, 60
	if duration <= 0 {
		return false
	}
	return position*100 >= duration*95 || duration > longerThan && duration-position <= closing
}
