package activity

import "testing"

func TestDurationsAndTimesHaveBounds(t *testing.T) {
	for s, want := range map[string]int{"PT1H2M3.9S": 3723, "PT0S": 0} {
		if got, ok := duration(s); !ok || got != want {
			t.Errorf("%s: %d, %v; want %d", s, got, ok, want)
		}
	}
	for _, s := range []string{"PTNaNS", "PTInfS", "PT-1S", "PT0x10S", "PT1e8S", "PT+1S", "PT1_0S", "PT", "P1D"} {
		if got, ok := duration(s); ok {
			t.Errorf("%s is taken for %d s", s, got)
		}
	}
	for _, s := range []string{"9999-12-31T23:59:59-12:00", "1000-01-01T00:00:00+23:59", "0001-01-01T00:00:00Z", "+275760-09-13T00:00:00Z"} {
		if at := (Doc{"at": s}).Time("at"); !at.IsZero() {
			t.Errorf("%s is taken for %v", s, at)
		}
	}
	if at := (Doc{"at": "9999-12-31T23:59:59Z"}).Time("at"); at.Year() != 9999 {
		t.Errorf("the last year: %v", at)
	}
}
