package follow_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"sepiola/internal/domain/follow"
	"sepiola/internal/errs"
)

// waiting are follows that wait.
type waiting struct {
	now   time.Time
	list  []*follow.Follow
	asked map[follow.ID]int
	fails map[follow.ID]error
}

func (w *waiting) Unanswered(_ context.Context, _, _ time.Time, after *follow.Follow, _ int) ([]*follow.Follow, error) {
	if after != nil {
		return nil, nil
	}
	return w.list, nil
}

func (w *waiting) SetState(_ context.Context, id follow.ID, state follow.State, at time.Time) error {
	for _, f := range w.list {
		if f.ID == id {
			f.State, f.UpdatedAt = state, at
		}
	}
	return nil
}

func (w *waiting) AskAgain(ctx context.Context, f *follow.Follow) error {
	w.asked[f.ID]++
	if err := w.fails[f.ID]; err != nil {
		return err
	}
	return w.SetState(ctx, f.ID, follow.Pending, w.now)
}

// Who does not answer is asked again more and more rarely, and at last not any
// more.
func TestUnansweredFollowsAreAskedForAgain(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	w := &waiting{now: began, asked: map[follow.ID]int{}, fails: map[follow.ID]error{3: errs.New(errs.Forbidden, "blocked")}}
	for id, s := range map[follow.ID]follow.State{1: follow.Pending, 2: follow.Accepted, 3: follow.Pending} {
		w.list = append(w.list, &follow.Follow{ID: id, State: s, CreatedAt: began, UpdatedAt: began})
	}
	r := &follow.Renewal{Store: w, Outbound: w, Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler)}
	var hours []int
	for h := range 24 * 365 {
		w.now = began.Add(time.Duration(h) * time.Hour)
		before := w.asked[1]
		if err := r.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if w.asked[1] > before {
			hours = append(hours, h)
		}
	}
	want := []int{6, 12, 24, 48, 96, 192, 384, 768}
	if len(hours) != len(want) || hours[0] != 6 || hours[len(hours)-1] != 768 {
		t.Errorf("asked after %v hours, want %v", hours, want)
	}
	if w.asked[2] != 0 || w.asked[3] != len(want) {
		t.Errorf("accepted: asked %d times, want never; blocked: tried %d times, want %d", w.asked[2], w.asked[3], len(want))
	}
	if at := w.list[0].AskAgainAt(); !at.IsZero() {
		t.Errorf("after a year it is to be asked at %v, want never", at)
	}
}
