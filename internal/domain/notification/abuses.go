package notification

import (
	"context"
	"fmt"
	"strconv"

	"sepiola/internal/domain/abuse"
	"sepiola/internal/domain/user"
)

// Causes hears of reports.
var _ abuse.Events = (*Causes)(nil)

// Reported implements abuse.Events: moderators are told.
func (c *Causes) Reported(ctx context.Context, a *abuse.Abuse) error {
	return c.Queue.Spread(ctx, Cause{Type: NewAbuse, Abuse: a.ID})
}

// Decided implements abuse.Events: the reporter is told, when there is one
// here.
func (c *Causes) Decided(ctx context.Context, a *abuse.Abuse) error {
	if !a.Local() || a.ReporterID == 0 {
		return nil
	}
	return c.Queue.Spread(ctx, Cause{Type: AbuseStateChange, Abuse: a.ID, At: a.UpdatedAt.UnixMicro()})
}

// Said implements abuse.Events: the others who may read it are told.
func (c *Causes) Said(ctx context.Context, a *abuse.Abuse, m *abuse.Message) error {
	return c.Queue.Spread(ctx, Cause{Type: AbuseNewMessage, Abuse: a.ID, AbuseMessage: m.ID})
}

func (s *Service) newAbuse(ctx context.Context, c Cause) (*tale, error) {
	a, err := s.Store.AbuseOf(ctx, c.Abuse)
	if err != nil {
		return nil, err
	}
	t := &tale{about: Notification{Type: NewAbuse, Cause: fmt.Sprintf("abuse-%d", a.ID), AbuseID: a.ID}, by: a.ReporterID}
	t.receivers = s.staff(user.ManageAbuses)
	return t, nil
}

func (s *Service) abuseDecided(ctx context.Context, c Cause) (*tale, error) {
	a, err := s.Store.AbuseOf(ctx, c.Abuse)
	if err != nil || !a.Local() || a.ReporterID == 0 {
		return nil, err
	}
	t := &tale{about: Notification{Type: AbuseStateChange, Cause: fmt.Sprintf("abuse-%d-at-%d", a.ID, c.At), AbuseID: a.ID}}
	t.receivers = s.people(0, a.ReporterID)
	return t, nil
}

// abuseMessage tells the reporter of what moderators write, and moderators of
// what the reporter does.
func (s *Service) abuseMessage(ctx context.Context, c Cause) (*tale, error) {
	a, err := s.Store.AbuseOf(ctx, c.Abuse)
	if err != nil {
		return nil, err
	}
	m, err := s.Store.AbuseMessageOf(ctx, c.Abuse, c.AbuseMessage)
	if err != nil {
		return nil, err
	}
	t := &tale{about: Notification{Type: AbuseNewMessage, Cause: fmt.Sprintf("abuse-message-%d", m.ID), AbuseID: a.ID}, by: m.AccountID}
	switch {
	case !m.ByModerator:
		t.receivers = s.staff(user.ManageAbuses)
	case a.Local() && a.ReporterID != 0:
		t.receivers = s.people(0, a.ReporterID)
	default:
		return nil, nil //nolint:nilnil // nobody is to be told
	}
	return t, nil
}

// abuseWords are the words for a report that is there.
func (n *Notification) abuseWords() (key string, args []any) {
	a := n.Abuse
	switch n.Type {
	case AbuseStateChange:
		switch a.State {
		case abuse.Accepted:
			key = "notification.abuse_accepted"
		case abuse.Rejected:
			key = "notification.abuse_rejected"
		default:
			key = "notification.abuse_pending"
		}
		return key, []any{"id", strconv.FormatInt(int64(a.ID), 10)}
	case AbuseNewMessage:
		if n.Reported {
			return "notification.abuse_answer", []any{"id", strconv.FormatInt(int64(a.ID), 10)}
		}
		return "notification.abuse_message", []any{"id", strconv.FormatInt(int64(a.ID), 10)}
	}
	switch {
	case a.Video != nil:
		return "notification.abuse_video", []any{"video", isolated(a.Video.Name)}
	case a.Comment != nil:
		return "notification.abuse_comment", []any{"video", isolated(a.Comment.Video.Name)}
	case a.Reportee != nil:
		return "notification.abuse_account", []any{"name", isolated(a.Reportee.DisplayName)}
	}
	return "notification.abuse_gone", nil
}

// abusePath is the page of a report, of its reporter or of moderators.
func (n *Notification) abusePath() string {
	if n.Type != NewAbuse && n.Reported {
		return fmt.Sprintf("/my-account/abuses/%d", n.Abuse.ID)
	}
	return fmt.Sprintf("/admin/moderation/abuses/%d", n.Abuse.ID)
}
