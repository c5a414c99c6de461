package user

import "context"

// MailKind names a template of a mail.
type MailKind string

// The mails that users get.
const (
	MailResetPassword        MailKind = "reset-password"
	MailCreatePassword       MailKind = "create-password"
	MailVerifyEmail          MailKind = "verify-email"
	MailVerifyPendingEmail   MailKind = "verify-pending-email"
	MailVerifyRegistration   MailKind = "verify-registration-email"
	MailRegistrationRequest  MailKind = "registration-request" // to moderators
	MailContact              MailKind = "contact"              // to the administrators
	MailRegistrationAccepted MailKind = "registration-accepted"
	MailRegistrationRejected MailKind = "registration-rejected"
	MailBlocked              MailKind = "account-blocked"
	MailUnblocked            MailKind = "account-unblocked"
	MailPasswordChanged      MailKind = "password-changed"
)

// Mail is a mail to one person.
type Mail struct {
	Kind     MailKind
	To       string
	ReplyTo  string // an address, or "" for none
	Language string // a locale, or "" for the site's
	Username string
	Link     string // absolute; where it has one
	Text     string // what a moderator or who asks wrote; where it has one
}

// Mailer queues mails in the transaction of ctx, so that they are sent if and
// only if their cause is kept. Without SMTP it drops them.
type Mailer interface {
	Queue(ctx context.Context, m Mail) error
}
