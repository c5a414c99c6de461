package worker_test

import (
	"context"
	"errors"
	"testing"

	"github.com/riverqueue/river"

	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/worker"
)

// teller knows one letter and one thing to push.
type teller struct {
	letter  *notification.Letter
	pushed  *notification.Pushed
	err     error
	dropped []notification.DeviceID
	sent    int
}

func (t *teller) Spread(context.Context, notification.Cause) error { return t.err }

func (t *teller) Letter(context.Context, user.ID, []notification.ID) (*notification.Letter, error) {
	return t.letter, nil
}

func (t *teller) Pushed(context.Context, notification.DeviceID, user.ID, notification.ID) (*notification.Pushed, error) {
	return t.pushed, nil
}

func (t *teller) DropDevice(_ context.Context, id notification.DeviceID) error {
	t.dropped = append(t.dropped, id)
	return nil
}

func (t *teller) SendNotifications(context.Context, *notification.Letter) error {
	t.sent++
	return t.err
}

func (t *teller) Push(context.Context, *notification.Device, *user.User, *notification.Notification) error {
	t.sent++
	return t.err
}

func TestNotificationJobs(t *testing.T) {
	t.Parallel()
	away := errs.New(errs.Unavailable, "later")
	for _, tt := range []struct {
		name          string
		err           error
		nothing       bool
		sent, dropped int
		want          error
	}{
		{"it is sent", nil, false, 1, 0, nil},
		{"nothing is left to be said", nil, true, 0, 0, nil},
		{"a device that is gone is removed", errs.New(errs.Gone, "gone"), false, 1, 1, nil},
		{"what cannot be sent now is tried again", away, false, 1, 0, away},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := &teller{err: tt.err}
			if !tt.nothing {
				x.letter, x.pushed = new(notification.Letter), &notification.Pushed{Device: &notification.Device{ID: 3}}
			}
			err := (&worker.NotifyPush{Telling: x, Pusher: x}).Work(t.Context(), &river.Job[worker.PushArgs]{})
			if !errors.Is(err, tt.want) || x.sent != tt.sent || len(x.dropped) != tt.dropped {
				t.Errorf("push: %v, sent %d, dropped %v", err, x.sent, x.dropped)
			}
			x.sent = 0
			err = (&worker.NotifyMail{Telling: x, Letters: x}).Work(t.Context(), &river.Job[worker.NotifyMailArgs]{})
			if !errors.Is(err, tt.err) && !tt.nothing || x.sent != tt.sent {
				t.Errorf("mail: %v, sent %d", err, x.sent)
			}
		})
	}
}
