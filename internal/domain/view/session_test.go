package view

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)

var usual = Rules{CountAfter: 10 * time.Second, Expiration: time.Hour, TrustSessionID: true}

// step is a report some seconds after the first one.
type step struct {
	after, at int
	seek      bool
}

func TestWhenAViewCounts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		duration int
		steps    []step
		views    int
		watched  int
		sections []Section
	}{
		"ten seconds in one go":              {600, []step{{0, 0, false}, {5, 5, false}, {10, 10, false}}, 1, 10, []Section{{0, 10}}},
		"nine do not":                        {600, []step{{0, 0, false}, {5, 5, false}, {9, 9, false}}, 0, 9, []Section{{0, 9}}},
		"one report is nothing":              {600, []step{{0, 500, false}}, 0, 0, []Section{{500, 500}}},
		"half of a short video":              {7, []step{{0, 0, false}, {4, 4, false}}, 1, 4, []Section{{0, 4}}},
		"less than half of it":               {8, []step{{0, 0, false}, {3, 3, false}}, 0, 3, []Section{{0, 3}}},
		"a jump is not watched":              {600, []step{{0, 0, false}, {5, 5, false}, {6, 300, true}, {8, 302, false}}, 0, 7, []Section{{0, 5}, {300, 302}}},
		"a jump that nobody told":            {6000, []step{{0, 0, false}, {5, 4000, false}, {10, 4005, false}}, 0, 5, []Section{{4000, 4005}}},
		"parts add up":                       {600, []step{{0, 0, false}, {5, 5, false}, {6, 300, true}, {12, 306, false}}, 1, 11, []Section{{0, 5}, {300, 306}}},
		"back and again":                     {600, []step{{0, 0, false}, {6, 6, false}, {7, 0, false}, {13, 6, false}}, 1, 12, []Section{{0, 6}, {0, 6}}},
		"fast":                               {600, []step{{0, 0, false}, {10, 20, false}, {20, 40, false}}, 1, 40, []Section{{0, 40}}},
		"a pause":                            {600, []step{{0, 0, false}, {5, 5, false}, {1000, 5, false}, {1005, 10, false}}, 1, 10, []Section{{0, 10}}},
		"not twice within the hour":          {6000, []step{{0, 0, false}, {20, 20, false}, {3500, 3500, false}}, 1, 3500, []Section{{0, 3500}}},
		"again after it":                     {9000, []step{{0, 0, false}, {20, 20, false}, {3500, 3500, false}, {3700, 3700, false}}, 2, 3700, []Section{{0, 3700}}},
		"after it, but nothing more watched": {9000, []step{{0, 0, false}, {20, 20, false}, {3700, 25, false}}, 1, 25, []Section{{0, 25}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, views := &Session{}, 0
			for _, st := range c.steps {
				if s.Watch(Ping{At: noon.Add(time.Duration(st.after) * time.Second), Time: st.at, Seek: st.seek, Duration: c.duration}, usual) {
					views++
				}
			}
			if views != c.views || s.WatchTime != c.watched {
				t.Errorf("%d views and %d s watched, want %d and %d", views, s.WatchTime, c.views, c.watched)
			}
			if diff := cmp.Diff(c.sections, s.Sections); diff != "" {
				t.Errorf("sections: -want +got:\n%s", diff)
			}
		})
	}
}

func TestARestlessViewerStaysSmall(t *testing.T) {
	t.Parallel()
	s := &Session{}
	for i := range 5000 {
		s.Watch(Ping{At: noon.Add(time.Duration(i) * time.Second), Time: i * 7919 % 36000, Seek: i%2 == 0, Duration: 36000}, usual)
	}
	if len(s.Sections) > maxSections {
		t.Errorf("%d sections", len(s.Sections))
	}
}

func TestUnionJoinsWhatMeets(t *testing.T) {
	t.Parallel()
	got := Union([]Section{{5, 9}, {0, 3}, {3, 4}, {8, 12}, {20, 20}, {30, 31}})
	if diff := cmp.Diff([]Section{{0, 4}, {5, 12}, {30, 31}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestToEnd(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at, duration int
		want         bool
	}{{95, 100, true}, {91, 100, true}, {89, 100, false}, {3590, 3600, true}, {3500, 3600, true}, {3400, 3600, false}, {2, 12, false}, {12, 12, true}, {0, 0, false}} {
		if got := ToEnd(c.at, c.duration); got != c.want {
			t.Errorf("%d of %d: %v", c.at, c.duration, got)
		}
	}
}

func TestIntervalsArePeerTubes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		span time.Duration
		want string
	}{
		{time.Minute, "1 minute"},
		{3 * time.Hour, "10 minutes"},
		{16 * time.Hour, "1 hour"},
		{5 * 24 * time.Hour, "6 hours"},
		{9 * 24 * time.Hour, "12 hours"},
		{20 * 24 * time.Hour, "1 day"},
		{80 * 24 * time.Hour, "2 days"},
		{300 * 24 * time.Hour, "7 days"},
		{3 * 365 * 24 * time.Hour, "1 month"},
		{7 * 365 * 24 * time.Hour, "6 months"},
	} {
		if got := intervalOf(int64(c.span / time.Second)).words; got != c.want {
			t.Errorf("%v: %s, want %s", c.span, got, c.want)
		}
	}
}

func TestMonthsAreMonths(t *testing.T) {
	t.Parallel()
	every := intervalOf(3 * 365 * day)
	from := every.begin(time.Date(2028, 2, 15, 1, 2, 3, 0, time.UTC))
	places := every.places(from, time.Date(2028, 6, 1, 0, 0, 0, 0, time.UTC))
	if len(places) != 5 || !places[1].Equal(time.Date(2028, 3, 1, 0, 0, 0, 0, time.UTC)) {
		t.Fatal(places)
	}
	place := newPlacer(every, places)
	for days, want := range map[int64]int{0: 0, 28: 0, 29: 1, 59: 1, 60: 2, 121: 4, 5000: 4, -3: 0} {
		if got := place(days); got != want {
			t.Errorf("day %d is in month %d, want %d", days, got, want)
		}
	}
}

func TestRetentionOfEndedAndOpenSessions(t *testing.T) {
	t.Parallel()
	got := retention(5, []Tally{{-1, 3}, {0, 3}, {2, -2}, {4, -1}, {900, 7}}, [][]Section{{{1, 3}}})
	if diff := cmp.Diff([]float64{75, 100, 50, 25, 0, 0}, got); diff != "" {
		t.Error(diff)
	}
	if got := retention(1, nil, nil); got[0] != 0 || got[1] != 0 {
		t.Errorf("without viewers: %v", got)
	}
}

func TestAgentsAreKnownByWhatTheySay(t *testing.T) {
	t.Parallel()
	for ua, want := range map[string]Agent{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0":            {"Edge", "desktop", "Windows"},
		"Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0":                                                           {"Firefox", "desktop", "Linux"},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile Safari/604.1": {"Safari", "mobile", "iOS"},
		"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36":                {"Chrome", "mobile", "Android"},
		"Mozilla/5.0 (SMART-TV; LINUX; Tizen 7.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/5.0 Chrome/94.0 TV Safari/537.36":  {"Samsung Internet", "smarttv", "Tizen"},
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15":            {"Safari", "desktop", "macOS"},
		"": {},
	} {
		if got := agentOf(Report{UserAgent: ua}); got != want {
			t.Errorf("%s:\n%+v, want %+v", ua, got, want)
		}
	}
	if got := agentOf(Report{UserAgent: "Firefox/1", Client: "Mine", Device: "xr", OS: "Own"}); got != (Agent{"Mine", "xr", "Own"}) {
		t.Errorf("what the player says comes first: %+v", got)
	}
}
