// Package peer is other sites as this one knows them: how they are reached and
// whether they answer, what they sent and is not done yet, and what waits to
// be sent to them.
//
// Not here: follows (follow), what a document says and how it is signed
// (federation), and the jobs that do the work (worker).
package peer

import (
	"time"

	"sepiola/internal/domain/actor"
)

// Server is another site.
type Server struct {
	ID   int64
	Host string // with the port unless it is the scheme's own, lower case
	// Software is of its NodeInfo ("peertube", "mastodon"), "" unknown.
	Software, SoftwareVersion string
	NodeInfoAt                *time.Time
	// Signature is the form of HTTP signatures that it accepted last:
	// "cavage", "rfc9421", or "" unknown.
	Signature string
	SeenAt    *time.Time
	// FailingSince is nil while it answers; Failures are those in a row.
	FailingSince *time.Time
	Failures     int
	// RetryAt is when it may be asked again; nil at once.
	RetryAt *time.Time
}

// Failing reports whether the site is to be left alone now.
func (s *Server) Failing(now time.Time) bool { return s.RetryAt != nil && now.Before(*s.RetryAt) }

// Dead is after how long without an answer the followers of a site are
// removed, PeerTube's rule.
const Dead = 7 * 24 * time.Hour

// HeardEvery is how often a site that is left alone is asked earlier because it
// has written: there are some that can write and not be reached.
const HeardEvery = 10 * time.Minute

// Backoff is how long a site is left alone after so many failures in a row: a
// minute, doubling to twelve hours.
func Backoff(failures int) time.Duration {
	const most = 12 * time.Hour
	if failures < 1 {
		return 0
	}
	if failures > 10 {
		return most
	}
	return min(most, time.Minute<<(failures-1))
}

// Priority is the order in which deliveries to one host are sent.
type Priority int

// The priorities. Views may be dropped, others never before their host is
// taken for dead.
const (
	First     Priority = 1 // accepts and follows: others wait for them
	Normal    Priority = 2 // comments, videos, deletions
	Later     Priority = 3 // likes, updates of counters
	Droppable Priority = 4 // views
)

// Received is an activity that somebody sent here and that is not done yet.
type Received struct {
	ID          int64
	ActivityURL string
	// Lane is the host of ActorURL: those of one lane are done one after the
	// other.
	Lane string
	// ActorURL is whose activity it says it is. ViaURL is who sent it when
	// that is somebody else (a forwarder): then the document's own signature
	// is what counts. TargetURL is the actor of a personal inbox, "" the
	// shared one.
	ActorURL, ViaURL, TargetURL string
	Body                        []byte
	Attempts                    int
	RetryAt                     *time.Time
	Error                       string
	ReceivedAt                  time.Time
}

// Outgoing is an activity of this site. It is kept until all have it.
type Outgoing struct {
	ID          int64
	ActivityURL string
	Type        string
	// Subject is what it is about; "" is nothing whose order matters.
	Subject string
	ActorID actor.ID // who signs the requests
	// Key is the PEM of the actor's private key when the actor goes with this
	// activity; otherwise it is read from the actor.
	Key       string
	Body      []byte
	CreatedAt time.Time
}

// Delivery is one inbox that an activity is for.
type Delivery struct {
	ID         int64
	ActivityID int64
	Host       string
	InboxURL   string
	Priority   Priority
	Attempts   int
	Error      string
	CreatedAt  time.Time
	// Activity is filled by the calls that say so.
	Activity *Outgoing
}
