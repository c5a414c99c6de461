package stats

import (
	"strings"
	"testing"
)

func TestScalesAreRound(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]int64{0: 2, 1: 2, 2: 2, 3: 4, 5: 6, 9: 10, 10: 10, 11: 20, 57: 60, 100: 100, 101: 200, 7999: 8000, 123456: 200000} {
		if got := round(n); got != want {
			t.Errorf("top of %d: %d, want %d", n, got, want)
		}
	}
	if got := (Chart{Most: 100, Bars: []Bar{{"a", 40}}}).top(); got != 100 {
		t.Errorf("a scale that is given: %d", got)
	}
}

func TestChartsStayInside(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 3, 30, 4000} {
		c := Chart{Bars: make([]Bar, n)}
		for i := range c.Bars {
			c.Bars[i].Value = int64(i * 7 % 13)
			if x, y := c.x(i)+c.barWidth(), c.y(c.Bars[i].Value); x > width+0.001 || y < 0 || y > height {
				t.Errorf("%d of %d: %v, %v", i, n, x, y)
			}
		}
		for _, m := range c.marks() {
			if m < 0 || m >= n {
				t.Errorf("%d values: label of %d", n, m)
			}
		}
		if got := strings.Count(c.points(), ","); got != n {
			t.Errorf("%d values: %d corners", n, got)
		}
	}
}

func TestThinKeepsTheEnds(t *testing.T) {
	t.Parallel()
	bars := make([]Bar, 1000)
	for i := range bars {
		bars[i].Value = int64(i)
	}
	got := thin(bars, 200)
	if len(got) != 200 || got[0].Value != 0 || got[199].Value != 999 {
		t.Errorf("%d values, %v to %v", len(got), got[0], got[len(got)-1])
	}
	if got := thin(bars[:5], 200); len(got) != 5 {
		t.Errorf("%d of 5", len(got))
	}
}
