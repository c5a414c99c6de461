package ui

import "testing"

func TestClock(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int{
		"83": 83, "1:23": 83, " 0:05 ": 5, "1:02:03": 3723, "1h2m3s": 3723, "2m": 120, "0": 0, "90s": 90, "1H": 3600, "1m2": 62, "1h2": 3602,
		"": -1, "x": -1, "1:": -1, ":5": -1, "1:2:3:4": -1, "-5": -1, "99999999999": -1, "1s2": -1, "1h2h": -1, "m": -1, "1:100": -1, "9:99:99": -1, "1:60": -1, "1:60:00": -1, "90:00": 5400, "99:59:59": 359999, "99999999": -1, "1.5": -1,
	} {
		got, ok := Clock(in)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: got %d, want %d", in, got, want)
		}
	}
}
