package abuse

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// Reasons, notes and messages are this long, in characters as PeerTube counts
// them (a pair of UTF-16 surrogates is one).
const (
	MinText = 2
	MaxText = 3000
	// MaxMessages is how many one report may have.
	MaxMessages = 500
)

// Events hears of reports, in the transaction that changes them.
type Events interface {
	// Reported tells of a new report, filled.
	Reported(ctx context.Context, a *Abuse) error
	// Decided tells of a report whose state has changed.
	Decided(ctx context.Context, a *Abuse) error
	// Said tells of a message about a report.
	Said(ctx context.Context, a *Abuse, m *Message) error
}

// Comments is the part of comment.Store that finds comments.
type Comments interface {
	ByID(ctx context.Context, id comment.ID) (*comment.Comment, error)
}

// Accounts finds accounts; see actor.Store.
type Accounts interface {
	Account(ctx context.Context, id actor.AccountID) (*actor.Account, error)
}

// Limiter counts what users do; see user.Limiter.
type Limiter interface {
	Act(ctx context.Context, scope string, id user.ID, r user.Rate) error
}

// Blocks says whom the site does not want to hear of; see user.Blocks.
type Blocks interface {
	Hides(ctx context.Context, by actor.AccountID, of *actor.Account) (bool, error)
}

// Rates are how much one person may write; who has user.ManageAbuses is not
// counted.
type Rates struct{ Reports, Messages user.Rate }

// DefaultRates are far more than an honest reporter needs, and little enough to
// be read.
func DefaultRates() Rates {
	const day = 24 * time.Hour
	return Rates{Reports: user.Rate{Max: 50, Window: day}, Messages: user.Rate{Max: 200, Window: day}}
}

// Service does what people do with reports.
type Service struct {
	Store    Store
	Videos   Videos
	Comments Comments
	Accounts Accounts
	Blocks   Blocks
	Limits   Limiter
	Rates    Rates
	// Events may be nil.
	Events Events
	// InTx runs fn in one database transaction; Store and Events take part.
	InTx func(ctx context.Context, fn func(ctx context.Context) error) error
	Now  func() time.Time
}

// New is what somebody reports: one of Video, Comment and Account.
type New struct {
	Reason  string
	Reasons []Reason

	// Video is what is reported. With Comment it is the video of the comment:
	// comments of unlisted videos can be reported only by who names it by its
	// UUID, as all else of such videos.
	Video          video.Ref
	StartAt, EndAt *int // seconds, of a video; nil the whole
	Comment        comment.ID
	Account        actor.AccountID
}

// Report reports something that a sees. It is then told to the moderators, and
// to those of the site that it is from.
func (s *Service) Report(ctx context.Context, a video.Access, in New) (*Abuse, error) {
	if a.Viewer == nil {
		return nil, errs.New(errs.Unauthorized, "Not authenticated")
	}
	n := Abuse{State: Pending, ReporterID: a.Viewer.AccountID, Reasons: distinct(in.Reasons)}
	var err error
	if n.Reason, err = checkText("reason", in.Reason); err != nil {
		return nil, err
	}
	if err := checkPart(in.StartAt, in.EndAt); err != nil {
		return nil, err
	}
	if err := s.aim(ctx, a, in, &n); err != nil {
		return nil, err
	}
	if !manages(a.Viewer) {
		if err := s.Limits.Act(ctx, "abuse", a.Viewer.ID, s.Rates.Reports); err != nil {
			return nil, err
		}
	}
	added, _, err := s.add(ctx, n, "")
	return added, err
}

// aim fills what a report is about. What the reporter does not see does not
// exist, whatever the reason.
func (s *Service) aim(ctx context.Context, a video.Access, in New, n *Abuse) error {
	switch {
	case in.Comment != 0:
		return s.aimComment(ctx, a, in, n)
	case in.Video != (video.Ref{}):
		v, err := s.Videos.See(ctx, a, in.Video)
		if err != nil {
			return unseen(err, "Video not found")
		}
		n.about(v)
		n.Video.StartAt, n.Video.EndAt = in.StartAt, in.EndAt
		return nil
	case in.Account != 0:
		of, err := s.Accounts.Account(ctx, in.Account)
		if errs.Is(err, errs.NotFound) {
			return errs.New(errs.NotFound, "Account not found")
		}
		if err == nil {
			n.Kind, n.ReporteeID = OfAccount, of.AccountID
		}
		return err
	}
	return errs.New(errs.Invalid, "video id or account id or comment id is required.")
}

func (s *Service) aimComment(ctx context.Context, a video.Access, in New, n *Abuse) error {
	c, err := s.Comments.ByID(ctx, in.Comment)
	if err != nil {
		return err
	}
	ref := in.Video
	if ref == (video.Ref{}) {
		ref = video.ByID(c.VideoID)
	}
	v, err := s.Videos.See(ctx, a, ref)
	if err != nil {
		return unseen(err, comment.NotFound().Error())
	}
	if v.ID != c.VideoID || c.Deleted() || c.HeldForReview && c.AccountID != a.Viewer.AccountID && !comment.Manages(a.Viewer, v) {
		return comment.NotFound()
	}
	n.aboutComment(c, v)
	return nil
}

// unseen makes a refusal one that does not tell that there is something.
func unseen(err error, text string) error {
	if errs.Is(err, errs.Unauthorized) || errs.Is(err, errs.Forbidden) || errs.Is(err, errs.NotFound) {
		return errs.New(errs.NotFound, "%s", text)
	}
	return err
}

func (a *Abuse) about(v *video.Video) {
	a.Kind, a.Video = OfVideo, keep(v)
	if v.Channel != nil {
		a.ReporteeID = v.Channel.OwnerID
	}
}

func (a *Abuse) aboutComment(c *comment.Comment, v *video.Video) {
	a.Kind, a.ReporteeID = OfComment, c.AccountID
	a.Comment = &Comment{ID: c.ID, ThreadID: c.ThreadID, Text: c.Text, Remote: c.Remote, Video: *keep(v)}
}

// keep is what a report keeps of a video.
func keep(v *video.Video) *Video {
	k := &Video{ID: v.ID, UUID: v.UUID, Name: v.Name, NSFW: v.NSFW}
	if v.Channel != nil {
		k.ChannelName = v.Channel.DisplayName
	}
	return k
}

// add inserts a report and tells of it; false when it is there already.
func (s *Service) add(ctx context.Context, n Abuse, key string) (added *Abuse, is bool, err error) {
	n.CreatedAt = s.Now()
	n.UpdatedAt = n.CreatedAt
	err = s.InTx(ctx, func(ctx context.Context) error {
		row := n // the transaction may run again
		if is, err = s.Store.Add(ctx, &row, key); err != nil || !is {
			return err
		}
		if added, err = s.Store.ByID(ctx, row.ID); err != nil || s.Events == nil {
			return err
		}
		return s.Events.Reported(ctx, added)
	})
	return added, is, err
}

// List lists all reports, for who manages them.
func (s *Service) List(ctx context.Context, w video.Viewer, p ListParams) ([]*Abuse, int, error) {
	if err := mayManage(w); err != nil {
		return nil, 0, err
	}
	p.Reporter, p.LocalOnly, p.WithoutPeople = 0, false, false
	list, total, err := s.Store.List(ctx, p)
	if err != nil {
		return nil, 0, err
	}
	return list, total, s.Store.Count(ctx, list)
}

// Mine lists what w reported, as reporters may know it: see ForReporter.
func (s *Service) Mine(ctx context.Context, w video.Viewer, p ListParams) ([]*Abuse, int, error) {
	if w == nil {
		return nil, 0, errs.New(errs.Unauthorized, "Not authenticated")
	}
	list, total, err := s.Store.List(ctx, ListParams{
		Start: p.Start, Count: p.Count, Sort: p.Sort, ID: p.ID, State: p.State, Search: p.Search,
		Reporter: w.AccountID, LocalOnly: true, WithoutPeople: true,
	})
	for _, a := range list {
		a.ForReporter(w)
	}
	return list, total, err
}

// Get returns a report to its reporter, or with Counts to who manages reports.
func (s *Service) Get(ctx context.Context, w video.Viewer, id ID) (*Abuse, error) {
	a, err := s.read(ctx, w, id)
	if err != nil {
		return nil, err
	}
	if !manages(w) {
		a.ForReporter(w)
		return a, nil
	}
	return a, s.Store.Count(ctx, []*Abuse{a})
}

// read returns a report that w may read, with all that moderators know.
func (s *Service) read(ctx context.Context, w video.Viewer, id ID) (*Abuse, error) {
	if w == nil {
		return nil, errs.New(errs.Unauthorized, "Not authenticated")
	}
	a, err := s.Store.ByID(ctx, id)
	if err == nil && !manages(w) && !a.ReportedBy(w) {
		return nil, errs.New(errs.Forbidden, "User %s does not have right to get abuse %d", w.Username, id)
	}
	return a, err
}

// ForReporter takes out what reporters are not told: the moderators' note, what
// else was reported, and how what they reported looks now when they would not
// see it any more.
func (a *Abuse) ForReporter(w video.Viewer) {
	a.ModerationComment, a.Counts = "", Counts{}
	for _, v := range []*Video{a.Video, a.Comment.video()} {
		if v != nil && v.Now != nil && !stillSeen(v.Now, w) {
			v.Now = nil
		}
	}
}

func (c *Comment) video() *Video {
	if c == nil {
		return nil
	}
	return &c.Video
}

// stillSeen reports whether who reported a video may be shown it as it is now.
// They know its UUID, so unlisted ones are not hidden from them.
func stillSeen(v *video.Video, w video.Viewer) bool {
	if v.OwnedBy(w) || w.Has(user.SeeAllVideos) {
		return true
	}
	return v.State == video.Published && (v.Privacy == video.Public || v.Privacy == video.Unlisted || v.Privacy == video.InternalOnly)
}

// Update decides on a report, or notes something about it.
func (s *Service) Update(ctx context.Context, w video.Viewer, id ID, c Change) error {
	if err := mayManage(w); err != nil {
		return err
	}
	if c.State != nil && !c.State.Valid() {
		return errs.Fields(errs.Param{Name: "state", Value: int(*c.State), In: "body"})
	}
	if c.ModerationComment != nil {
		text, err := checkText("moderationComment", *c.ModerationComment)
		if err != nil {
			return err
		}
		c.ModerationComment = &text
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		before, err := s.Store.Update(ctx, id, c, s.Now())
		if err != nil || c.State == nil || *c.State == before || s.Events == nil {
			return err
		}
		a, err := s.Store.ByID(ctx, id)
		if err != nil {
			return err
		}
		return s.Events.Decided(ctx, a)
	})
}

// Delete removes a report with what was written about it.
func (s *Service) Delete(ctx context.Context, w video.Viewer, id ID) error {
	if err := mayManage(w); err != nil {
		return err
	}
	return s.Store.Delete(ctx, id)
}

func manages(w video.Viewer) bool { return w.Has(user.ManageAbuses) }

func mayManage(w video.Viewer) error {
	switch {
	case w == nil:
		return errs.New(errs.Unauthorized, "Not authenticated")
	case !manages(w):
		return errs.New(errs.Forbidden, "You are not allowed to manage reports")
	}
	return nil
}

// NotFound is PeerTube's answer to a report that does not exist.
func NotFound() error { return errs.New(errs.NotFound, "Abuse not found") }

// checkText cleans a text of a field; it is told back when it is too long or
// too short.
func checkText(field, sent string) (string, error) {
	text := comment.CleanText(sent)
	if n := utf8.RuneCountInString(text); n < MinText || n > MaxText {
		if len(sent) > 4*MaxText {
			sent = "" // it need not come back whole
		}
		return "", errs.Fields(errs.Param{Name: field, Value: sent, In: "body"})
	}
	return text, nil
}

// checkPart checks which part of a video is meant.
func checkPart(start, end *int) error {
	const longest = 1<<31 - 1 // seconds, what a column holds
	switch {
	case start != nil && (*start < 0 || *start > longest):
		return errs.Fields(errs.Param{Name: "video.startAt", Value: *start, In: "body"})
	case end != nil && (*end < 0 || *end > longest):
		return errs.Fields(errs.Param{Name: "video.endAt", Value: *end, In: "body"})
	case start != nil && end != nil && *start >= *end:
		return errs.Fields(errs.Param{
			Name: "video.endAt", Value: *end, In: "body", Msg: "Should have a startAt timestamp beginning before endAt",
		})
	}
	return nil
}

// distinct are the known reasons among those, each once, in their order.
func distinct(list []Reason) []Reason {
	var out []Reason
	for _, r := range Reasons() {
		if slices.Contains(list, r) {
			out = append(out, r)
		}
	}
	return out
}

// Fold makes a text one that is searched in, whatever its case.
func Fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
