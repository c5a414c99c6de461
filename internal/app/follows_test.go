package app

import (
	"testing"
	"time"
)

func TestAnIndexIsReadOnceADay(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	for name, tt := range map[string]struct {
		read, tried time.Time
		want        bool
	}{
		"never":                        {want: true},
		"read a minute ago":            {ago(time.Minute), ago(time.Minute), false},
		"read a day ago":               {ago(24 * time.Hour), ago(24 * time.Hour), true},
		"failed a minute ago":          {ago(24 * time.Hour), ago(time.Minute), false},
		"failed an hour ago":           {ago(25 * time.Hour), ago(time.Hour), true},
		"never read, failed just now":  {tried: ago(time.Minute)},
		"tried by a clock that is off": {ago(-time.Hour), ago(-time.Hour), true},
	} {
		if got := indexDue(tt.read, tt.tried, now); got != tt.want {
			t.Errorf("%s: due is %v, want %v", name, got, tt.want)
		}
	}
}
