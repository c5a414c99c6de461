package user

import (
	"context"

	"sepiola/internal/errs"
)

// Bounds of messages to the administrators, in code points; PeerTube's but
// for the subject, on which it has none.
const (
	MaxContactName    = 120
	MinContactBody    = 3
	MaxContactBody    = 5000
	MaxContactSubject = 200
)

// ContactMessage is what somebody writes to the administrators.
type ContactMessage struct{ FromName, FromEmail, Subject, Body string }

// Problems returns the fields that are wrong, under PeerTube's names.
func (m ContactMessage) Problems() []errs.Param {
	var p problems
	p.check(within(m.FromName, 1, MaxContactName), "fromName", m.FromName)
	p.check(ValidEmail(m.FromEmail), "fromEmail", m.FromEmail)
	p.check(within(m.Subject, 0, MaxContactSubject), "subject", m.Subject)
	p.check(within(m.Body, MinContactBody, MaxContactBody), "body", m.Body)
	return p
}

// ContactOpen reports, as an errs.Conflict in PeerTube's words, why nobody can
// write to the administrators now, or nil.
func (s *Service) ContactOpen() error {
	switch policy := s.Policy(); {
	case !policy.Contact:
		return errs.New(errs.Conflict, "Contact form is not enabled on this instance.")
	case !policy.Mail:
		return errs.New(errs.Conflict, "SMTP is not configured on this instance.")
	case policy.AdminEmail == "" || policy.AdminEmail == rootEmail:
		return errs.New(errs.Conflict, "The address of the administrators is not configured on this instance.")
	}
	return nil
}

// Contact mails what somebody at an address writes to the administrators. One
// address may do so once an hour; more is errs.Forbidden (code
// contact_too_often).
func (s *Service) Contact(ctx context.Context, m ContactMessage, ip string) error {
	if err := s.ContactOpen(); err != nil {
		return err
	}
	if err := problems(m.Problems()).err(); err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.Limits.contact(ctx, ip); errs.Is(err, errs.TooMany) {
			return errs.New(errs.Forbidden, "You already sent a contact form recently.").WithCode("contact_too_often")
		} else if err != nil {
			return err
		}
		return s.Mailer.Queue(ctx, Mail{
			Kind: MailContact, To: s.Policy().AdminEmail, ReplyTo: m.FromEmail, Username: m.FromName,
			Text: m.FromName + " <" + m.FromEmail + ">\n" + m.Subject + "\n\n" + m.Body,
		})
	})
}
