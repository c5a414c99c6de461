package worker

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/job"
)

// NotifyArgs asks for people to be told of something that happened.
type NotifyArgs struct {
	notification.Cause
}

// Kind implements river.JobArgs.
func (NotifyArgs) Kind() string { return "notify" }

// PushArgs asks for a notification to be pushed to a device.
type PushArgs struct {
	DeviceID       notification.DeviceID `json:"deviceId"`
	UserID         user.ID               `json:"userId"`
	NotificationID notification.ID       `json:"notificationId"`
}

// Kind implements river.JobArgs.
func (PushArgs) Kind() string { return "notify-push" }

// NotifyMailArgs asks for one letter about several notifications of a person.
type NotifyMailArgs struct {
	UserID          user.ID           `json:"userId"`
	NotificationIDs []notification.ID `json:"notificationIds"`
}

// Kind implements river.JobArgs.
func (NotifyMailArgs) Kind() string { return "notify-email" }

const (
	notifyAttempts = 12
	pushAttempts   = 6 // over about two minutes: what is pushed late is of little use
)

// Notifications queues the work of telling people. It is a notification.Queue.
type Notifications struct{ Jobs Inserter }

var _ notification.Queue = Notifications{}

// Spread implements notification.Queue.
func (q Notifications) Spread(ctx context.Context, c notification.Cause) error {
	_, err := q.Jobs.Insert(ctx, NotifyArgs{c}, &river.InsertOpts{Queue: QueueDefault, MaxAttempts: notifyAttempts, Priority: 2})
	return err
}

// Push implements notification.Queue.
func (q Notifications) Push(ctx context.Context, d notification.DeviceID, id user.ID, n notification.ID) error {
	_, err := q.Jobs.Insert(ctx, PushArgs{d, id, n}, &river.InsertOpts{Queue: QueueDefault, MaxAttempts: pushAttempts, Priority: 3})
	return err
}

// Mail implements notification.Queue.
func (q Notifications) Mail(ctx context.Context, id user.ID, list []notification.ID) error {
	_, err := q.Jobs.Insert(ctx, NotifyMailArgs{id, list}, &river.InsertOpts{Queue: QueueDefault, MaxAttempts: letterAttempts, Priority: 3})
	return err
}

// Telling is the part of notification.Service that the jobs need.
type Telling interface {
	Spread(ctx context.Context, c notification.Cause) error
	Letter(ctx context.Context, id user.ID, ids []notification.ID) (*notification.Letter, error)
	Pushed(ctx context.Context, device notification.DeviceID, id user.ID, n notification.ID) (*notification.Pushed, error)
	DropDevice(ctx context.Context, id notification.DeviceID) error
}

// Letters sends letters about notifications now. An address that does not
// exist is errs.Invalid, anything else is tried again.
type Letters interface {
	SendNotifications(ctx context.Context, l *notification.Letter) error
}

// Pusher pushes a notification to a device now. A device that is gone is
// errs.Gone.
type Pusher interface {
	Push(ctx context.Context, d *notification.Device, u *user.User, n *notification.Notification) error
}

// RegisterNotifications adds the workers that tell people to a queue. Call it
// before the queue starts.
func RegisterNotifications(q *job.Queue, t Telling, letters Letters, pusher Pusher) {
	job.Add(q, &Notify{Telling: t})
	job.Add(q, &NotifyMail{Telling: t, Letters: letters})
	job.Add(q, &NotifyPush{Telling: t, Pusher: pusher})
}

// Notify writes the notifications of what happened: the jobs "notify".
type Notify struct {
	river.WorkerDefaults[NotifyArgs]
	Telling Telling
}

// Timeout implements river.Worker.
func (*Notify) Timeout(*river.Job[NotifyArgs]) time.Duration { return 5 * time.Minute }

// Work implements river.Worker.
func (w *Notify) Work(ctx context.Context, j *river.Job[NotifyArgs]) error {
	return w.Telling.Spread(ctx, j.Args.Cause)
}

// NotifyMail writes to people of their notifications: the jobs "notify-email".
type NotifyMail struct {
	river.WorkerDefaults[NotifyMailArgs]
	Telling Telling
	Letters Letters
}

// Timeout implements river.Worker.
func (*NotifyMail) Timeout(*river.Job[NotifyMailArgs]) time.Duration { return 2 * time.Minute }

// Work implements river.Worker.
func (w *NotifyMail) Work(ctx context.Context, j *river.Job[NotifyMailArgs]) error {
	l, err := w.Telling.Letter(ctx, j.Args.UserID, j.Args.NotificationIDs)
	if errs.Is(err, errs.NotFound) || err == nil && l == nil {
		return nil // who is gone, or has read it
	}
	if err != nil {
		return err
	}
	return w.Letters.SendNotifications(ctx, l)
}

// NotifyPush pushes notifications to devices: the jobs "notify-push".
type NotifyPush struct {
	river.WorkerDefaults[PushArgs]
	Telling Telling
	Pusher  Pusher
}

// Timeout implements river.Worker.
func (*NotifyPush) Timeout(*river.Job[PushArgs]) time.Duration { return time.Minute }

// Work implements river.Worker.
func (w *NotifyPush) Work(ctx context.Context, j *river.Job[PushArgs]) error {
	p, err := w.Telling.Pushed(ctx, j.Args.DeviceID, j.Args.UserID, j.Args.NotificationID)
	if errs.Is(err, errs.NotFound) || err == nil && p == nil {
		return nil
	}
	if err != nil {
		return err
	}
	err = w.Pusher.Push(ctx, p.Device, p.User, p.Notification)
	if errs.Is(err, errs.Gone) {
		return w.Telling.DropDevice(ctx, p.Device.ID)
	}
	return err
}
