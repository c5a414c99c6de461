package abuse

import (
	"context"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// talk returns a report about which w may write and read: its reporter, and
// who manages reports. About those of other sites nobody writes, because their
// reporters would not read it.
func (s *Service) talk(ctx context.Context, w video.Viewer, id ID) (*Abuse, error) {
	a, err := s.read(ctx, w, id)
	if err == nil && !a.Local() {
		// The words are PeerTube's, which mean the contrary.
		return nil, errs.New(errs.Invalid, "This abuse was created by a user of your instance.")
	}
	return a, err
}

// Messages returns what was written about a report, oldest first.
func (s *Service) Messages(ctx context.Context, w video.Viewer, id ID) ([]*Message, error) {
	if _, err := s.talk(ctx, w, id); err != nil {
		return nil, err
	}
	return s.Store.Messages(ctx, id)
}

// Say writes a message about a report.
func (s *Service) Say(ctx context.Context, w video.Viewer, id ID, text string) (*Message, error) {
	a, err := s.talk(ctx, w, id)
	if err != nil {
		return nil, err
	}
	if text, err = checkText("message", text); err != nil {
		return nil, err
	}
	if !manages(w) {
		if err := s.Limits.Act(ctx, "abuse-message", w.ID, s.Rates.Messages); err != nil {
			return nil, err
		}
	}
	m := Message{AbuseID: id, ByModerator: manages(w), Text: text, AccountID: w.AccountID, CreatedAt: s.Now()}
	var added *Message
	err = s.InTx(ctx, func(ctx context.Context) error {
		row := m // the transaction may run again
		if err := s.Store.AddMessage(ctx, &row, MaxMessages); err != nil {
			return err
		}
		added = &row
		if s.Events == nil {
			return nil
		}
		return s.Events.Said(ctx, a, added)
	})
	return added, err
}

// DeleteMessage removes a message: who wrote it may, and who manages reports.
func (s *Service) DeleteMessage(ctx context.Context, w video.Viewer, id ID, message MessageID) error {
	if _, err := s.talk(ctx, w, id); err != nil {
		return err
	}
	m, err := s.Store.Message(ctx, id, message)
	if err != nil {
		return err
	}
	if !manages(w) && (m.AccountID == 0 || m.AccountID != w.AccountID) {
		return errs.New(errs.Forbidden, "Cannot delete this abuse message")
	}
	return s.Store.DeleteMessage(ctx, id, message)
}

// MessageNotFound is PeerTube's answer to a message that does not exist.
func MessageNotFound() error { return errs.New(errs.NotFound, "Abuse message not found") }
