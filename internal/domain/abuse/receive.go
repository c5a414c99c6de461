package abuse

import (
	"context"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// What another site may report in a day: moderators must be able to read it,
// and a site that sends more is better muted.
const (
	MostOfReporter = 20
	MostOfSite     = 200
	receivedIn     = 24 * time.Hour
)

// Flagged is a report that another site sent about something of this one. One
// of Video, Comment and Account is set.
type Flagged struct {
	// Key names it among all that is received: what is sent twice is one
	// report.
	Key string
	// ReporterHost is the site that sent it. Reporter is the account whose
	// report it is, nil when the site reports in its own name, as this one
	// does: PeerTube names who reported.
	ReporterHost string
	Reporter     *actor.Account
	Reason       string
	Reasons      []Reason

	Video          *video.Video // with Channel
	StartAt, EndAt *int
	Comment        *comment.Comment // with its video in CommentVideo
	CommentVideo   *video.Video
	Account        *actor.Account
}

// Receive keeps a report of another site, and reports whether it did. What is
// not open to everybody cannot be reported by others, who cannot have seen it;
// nor can anything by whom the site mutes.
func (s *Service) Receive(ctx context.Context, f Flagged) (bool, error) {
	if f.ReporterHost == "" || f.Key == "" {
		return false, errs.New(errs.Invalid, "a report needs who sent it and a name")
	}
	n := Abuse{State: Pending, ReporterHost: f.ReporterHost, Reason: receivedText(f.Reason), Reasons: distinct(f.Reasons)}
	if f.Reporter != nil {
		n.ReporterID = f.Reporter.AccountID
	}
	switch {
	case f.Video != nil && openToAll(f.Video):
		n.about(f.Video)
		if checkPart(f.StartAt, f.EndAt) == nil {
			n.Video.StartAt, n.Video.EndAt = f.StartAt, f.EndAt
		}
	case f.Comment != nil && f.CommentVideo != nil && openToAll(f.CommentVideo) && !f.Comment.Deleted() && !f.Comment.HeldForReview:
		n.aboutComment(f.Comment, f.CommentVideo)
	case f.Account != nil:
		n.Kind, n.ReporteeID = OfAccount, f.Account.AccountID
	default:
		return false, nil
	}
	if hidden, err := s.hides(ctx, f); err != nil || hidden {
		return false, err
	}
	ofSite, ofReporter, err := s.Store.ReceivedSince(ctx, n.ReporterHost, n.ReporterID, s.Now().Add(-receivedIn))
	if err != nil || ofSite >= MostOfSite || ofReporter >= MostOfReporter {
		return false, err
	}
	_, is, err := s.add(ctx, n, f.Key)
	return is, err
}

// hides reports whether the site mutes who reports, or the site of that.
func (s *Service) hides(ctx context.Context, f Flagged) (bool, error) {
	who := f.Reporter
	if who == nil {
		who = &actor.Account{Actor: actor.Actor{Host: f.ReporterHost}}
	}
	return s.Blocks.Hides(ctx, 0, who)
}

func openToAll(v *video.Video) bool {
	return v.State == video.Published && (v.Privacy == video.Public || v.Privacy == video.Unlisted)
}

// receivedText is a reason as it is kept: other sites need not write one, and
// what is too long is cut.
func receivedText(s string) string {
	s = comment.CleanText(s)
	n := 0
	for i := range s {
		if n == MaxText {
			return s[:i]
		}
		n++
	}
	return s
}
