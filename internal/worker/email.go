package worker

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"sepiola/internal/domain/user"
)

// Email sends letters: the jobs "email".
type Email struct {
	river.WorkerDefaults[EmailArgs]
	Sender Sender
}

// Sender sends a letter now. An address that does not exist is errs.Invalid,
// anything else is tried again.
type Sender interface {
	Send(ctx context.Context, m user.Mail) error
}

// Timeout implements river.Worker.
func (w *Email) Timeout(*river.Job[EmailArgs]) time.Duration { return 2 * time.Minute }

// Work implements river.Worker.
func (w *Email) Work(ctx context.Context, j *river.Job[EmailArgs]) error {
	a := j.Args
	return w.Sender.Send(ctx, user.Mail{
		Kind: user.MailKind(a.Template), To: a.To, Language: a.Language, Username: a.Username, Link: a.Link, Text: a.Text, ReplyTo: a.ReplyTo,
	})
}
