package view

import (
	"testing"
	"time"
)

func TestDaysAreHeldToTheLifeOfAVideo(t *testing.T) {
	t.Parallel()
	at := func(text string) time.Time {
		v, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	made, old, now := at("2026-03-04 10:00"), at("2000-01-01 10:00"), at("2026-11-22 09:30")
	for _, tt := range []struct {
		name                string
		from, to, made      time.Time
		wantFrom, wantUntil time.Time
	}{
		{"within", at("2026-05-01 00:00"), at("2026-05-02 00:00"), made, at("2026-05-01 00:00"), at("2026-05-02 23:59")},
		{"today", at("2026-11-22 00:00"), at("2026-11-22 00:00"), made, at("2026-11-22 00:00"), now},
		{"all that can be written", at("0001-01-01 00:00"), at("9999-12-31 00:00"), made, at("2026-03-04 00:00"), now},
		{"before it was made", at("0001-01-01 00:00"), at("2000-01-01 00:00"), made, at("2026-03-04 00:00"), at("2026-03-04 23:59")},
		{"the future", at("2030-01-01 00:00"), at("2031-01-01 00:00"), made, at("2026-11-22 00:00"), now},
		{"more than a series has", at("0001-01-01 00:00"), at("9999-12-31 00:00"), old, now.Truncate(24*time.Hour).AddDate(0, 0, 1-maxDays), now},
	} {
		got := Days(tt.from, tt.to, tt.made, now)
		if !got.From.Equal(tt.wantFrom) || !got.To.Truncate(time.Minute).Equal(tt.wantUntil) || checkSeries(got) != nil {
			t.Errorf("%s: got %v to %v, want %v to %v", tt.name, got.From, got.To, tt.wantFrom, tt.wantUntil)
		}
	}
}
