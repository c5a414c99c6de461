package instance

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestFiguresAreKeptForAWhile(t *testing.T) {
	t.Parallel()
	now, counts, fails := time.Unix(1000, 0), 0, false
	k := &StatsKeeper[int]{MaxAge: time.Minute, Now: func() time.Time { return now }, Count: func(context.Context, time.Time) (int, error) {
		if fails {
			return 0, errors.New("no database")
		}
		counts++
		return counts, nil
	}}
	fails = true
	if _, err := k.Stats(t.Context()); err == nil {
		t.Error("figures that nobody could count")
	}
	fails = false
	for _, c := range []struct {
		when  string
		later time.Duration
		fails bool
		want  int
	}{
		{"first", 0, false, 1},
		{"again", 59 * time.Second, false, 1},
		{"a minute later", time.Second, false, 2},
		{"when the clock was set back", -time.Hour, false, 3},
		{"when they cannot be counted", time.Hour, true, 3},
	} {
		now, fails = now.Add(c.later), c.fails
		if got, err := k.Stats(t.Context()); err != nil || got != c.want {
			t.Errorf("%s: got %d, %v; want %d", c.when, got, err, c.want)
		}
	}
}
