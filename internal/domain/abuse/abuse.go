// Package abuse is what people report to the moderators: a video, a comment or
// an account that they think breaks the rules. PeerTube calls a report an
// "abuse".
//
// Who is logged in may report what they see (Service.Report); other sites
// report by Flag (Service.Receive). Who has user.ManageAbuses lists all reports,
// decides on them and notes what was thought; the note is never shown to who
// reported. Reporter and moderators may write to each other (Service.Say).
//
// A report keeps what it is about as it was: when the video or the comment is
// removed or hidden afterwards, the report still says what was meant. What it is
// about is read again when reports are listed, and marked as Deleted when it is
// gone.
//
// Not here: who is told (notification, through Events), and how reports travel
// to the site that something is from (federation/outbox, too).
package abuse

import (
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/video"
)

// ID identifies a report.
type ID int64

// State is what became of a report. The numbers are PeerTube's AbuseState.
type State int

// The states.
const (
	Pending  State = 1
	Rejected State = 2
	Accepted State = 3
)

// Valid reports whether s is one of the states.
func (s State) Valid() bool { return s >= Pending && s <= Accepted }

// Label is PeerTube's name of a state.
func (s State) Label() string {
	switch s {
	case Rejected:
		return "Rejected"
	case Accepted:
		return "Accepted"
	}
	return "Pending"
}

// Reason is one of those that a reporter may choose from. The numbers are
// PeerTube's AbusePredefinedReasons.
type Reason int

// The reasons.
const (
	ViolentOrRepulsive Reason = 1
	HatefulOrAbusive   Reason = 2
	SpamOrMisleading   Reason = 3
	Privacy            Reason = 4
	Rights             Reason = 5
	ServerRules        Reason = 6
	Thumbnails         Reason = 7
	Captions           Reason = 8
)

// Reasons are all of them, in the order in which people are shown them.
func Reasons() []Reason {
	return []Reason{ViolentOrRepulsive, HatefulOrAbusive, SpamOrMisleading, Privacy, Rights, ServerRules, Thumbnails, Captions}
}

// Name is PeerTube's name of a reason, "" of none.
func (r Reason) Name() string {
	switch r {
	case ViolentOrRepulsive:
		return "violentOrRepulsive"
	case HatefulOrAbusive:
		return "hatefulOrAbusive"
	case SpamOrMisleading:
		return "spamOrMisleading"
	case Privacy:
		return "privacy"
	case Rights:
		return "rights"
	case ServerRules:
		return "serverRules"
	case Thumbnails:
		return "thumbnails"
	case Captions:
		return "captions"
	}
	return ""
}

// ParseReason reads a name.
func ParseReason(name string) (Reason, bool) {
	for _, r := range Reasons() {
		if r.Name() == name {
			return r, true
		}
	}
	return 0, false
}

// Kind is what a report is about. The words are PeerTube's AbuseFilter.
type Kind string

// The kinds.
const (
	OfVideo   Kind = "video"
	OfComment Kind = "comment"
	OfAccount Kind = "account"
)

// Valid reports whether k is one of the kinds.
func (k Kind) Valid() bool { return k == OfVideo || k == OfComment || k == OfAccount }

// Abuse is a report.
type Abuse struct {
	ID    ID
	Kind  Kind
	State State
	// Reason is what the reporter wrote: plain text, a few lines.
	Reason  string
	Reasons []Reason
	// ModerationComment is a note of the moderators, for them alone; "" none.
	ModerationComment string
	// ReporterID and ReporteeID are 0 once the account is gone. The reportee
	// owns the video, wrote the comment, or is the account.
	ReporterID, ReporteeID actor.AccountID
	// ReporterHost is the site that a report comes from, "" this one.
	ReporterHost string
	// Messages is how many were written about it.
	Messages int
	// ProcessedAt is when it was decided on; nil while it is pending.
	ProcessedAt          *time.Time
	CreatedAt, UpdatedAt time.Time

	Video   *Video   // of OfVideo
	Comment *Comment // of OfComment

	// Reporter and Reportee are filled by what reads reports; nil once gone.
	// They are shared and must not be changed.
	Reporter, Reportee *actor.Account
	// Counts are filled for moderators.
	Counts Counts
}

// Local reports whether somebody of this site reported it.
func (a *Abuse) Local() bool { return a.ReporterHost == "" }

// ReportedBy reports whether w wrote the report.
func (a *Abuse) ReportedBy(w video.Viewer) bool {
	return w != nil && w.AccountID != 0 && a.Local() && a.ReporterID == w.AccountID
}

// Video is a reported video, or the one of a reported comment.
type Video struct {
	// These are as they were when it was reported.
	ID          video.ID
	UUID, Name  string
	NSFW        bool
	ChannelName string // its display name
	// StartAt and EndAt say which part is meant, in seconds.
	StartAt, EndAt *int
	// Deleted says that it is there no more.
	Deleted bool
	// Now is the video with Channel, Owner and Thumbnails as it is; nil when
	// it is gone, or when who reads the report does not see it (any more).
	Now *video.Video
}

// Comment is a reported comment.
type Comment struct {
	ID       comment.ID
	ThreadID comment.ID
	// Text is markdown as it was when it was reported, HTML of remote ones.
	Text string
	// Remote says which of the two.
	Remote bool
	// Deleted says that the comment, or its video, is there no more.
	Deleted bool
	Video   Video
}

// Counts set a report beside others. They are small numbers, counted by index.
type Counts struct {
	// ByReporter are the reports of the same reporter, OfReportee those of
	// what the same account did, this one included.
	ByReporter, OfReportee int
	// OfVideo are the reports of the same video, and Nth the place of this
	// one among them, from 1; of OfVideo only.
	OfVideo, Nth int
}

// MessageID identifies a message.
type MessageID int64

// Message is what reporter and moderators write to each other about a report.
type Message struct {
	ID          MessageID
	AbuseID     ID
	ByModerator bool
	Text        string          // plain
	AccountID   actor.AccountID // who wrote it; 0 once gone
	CreatedAt   time.Time
	// Account is filled by what reads messages; nil once gone.
	Account *actor.Account
}

// UserStats is what moderators are told of one account.
type UserStats struct {
	// Against are reports of what the account did, Accepted those of them
	// that were, and Created those that it wrote.
	Against, Accepted, Created int
}
