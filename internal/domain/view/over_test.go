package view

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

func TestWhatIsToldOfViewingsIsHeldToWhatCanBe(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	film := &video.Video{ID: 7, Duration: 1000}
	hour := now.Add(-time.Hour)
	told := func(change func(t *Told)) Told {
		x := Told{Started: hour.Add(-time.Minute), Ended: hour, WatchTime: 60, Sections: []Section{{0, 40}, {50, 70}}, Place: Place{"de", " Bayern "}}
		change(&x)
		return x
	}
	plain := Session{Video: 7, Started: hour.Add(-time.Minute), Seen: hour, WatchTime: 60, Sections: []Section{{0, 40}, {50, 70}}, Place: Place{"DE", "Bayern"}}
	with := func(change func(s *Session)) *Session {
		s := plain
		change(&s)
		return &s
	}
	many := make([]Section, maxSections+1)
	for i := range many {
		many[i] = Section{2 * i, 2*i + 1}
	}
	for _, tt := range []struct {
		name   string
		change func(t *Told)
		want   *Session // nil is Invalid
	}{
		{"as it was", func(*Told) {}, &plain},
		{"whose length is not said", func(t *Told) { t.WatchTime = 0 }, &plain},
		{"longer than can be", func(t *Told) { t.WatchTime = 1e6 }, with(func(s *Session) { s.WatchTime = 2*60*maxSpeed + slack })},
		{"beyond the end", func(t *Told) { t.Sections = []Section{{-5, 40}, {900, 5000}, {2000, 3000}} }, with(func(s *Session) { s.Sections = []Section{{0, 40}, {900, 1000}} })},
		{"in pieces", func(t *Told) { t.Sections = []Section{{50, 60}, {0, 40}, {55, 70}} }, &plain},
		{"of too many pieces", func(t *Told) { t.Sections = many }, nil},
		{"of nothing", func(t *Told) { t.Sections = []Section{{9, 9}, {3000, 4000}} }, nil},
		{"that ended before it began", func(t *Told) { t.Ended = t.Started.Add(-time.Second) }, nil},
		{"at no time", func(t *Told) { t.Started = time.Time{} }, nil},
		{"long ago", func(t *Told) { t.Started = now.Add(-toldFor - time.Second) }, nil},
		{"of tomorrow", func(t *Told) { t.Ended = now.Add(clocks + time.Second) }, nil},
		{"that has just ended", func(t *Told) { t.Started, t.Ended = now.Add(-time.Second), now.Add(time.Minute) }, with(func(s *Session) {
			s.Started, s.Seen = now.Add(-watchingFor), now.Add(-watchingFor)
		})},
		{"from no country", func(t *Told) { t.Place.Country = "Deutschland" }, with(func(s *Session) { s.Place = Place{} })},
		{"from a country in other letters", func(t *Told) { t.Place.Country = "é" }, with(func(s *Session) { s.Place = Place{} })},
		{"from a long place", func(t *Told) { t.Place.Subdivision = strings.Repeat("x", maxPlace+1) }, with(func(s *Session) { s.Place.Subdivision = "" })},
		{"from a strange place", func(t *Told) { t.Place.Subdivision = "a\x00b" }, with(func(s *Session) { s.Place.Subdivision = "" })},
	} {
		got, err := told(tt.change).session(film, now)
		if tt.want == nil {
			if !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: got %+v %v, want Invalid", tt.name, got, err)
			}
			continue
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", tt.name, err, diff)
		}
	}
}

func TestASiteTellsOfSoManyViewingsADay(t *testing.T) {
	t.Parallel()
	var d daily
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for range maxToldDaily {
		if !d.take("far.test", now) {
			t.Fatal("one that is allowed was refused")
		}
	}
	if d.take("far.test", now.Add(11*time.Hour)) {
		t.Error("more than a day's were taken")
	}
	if !d.take("other.test", now) {
		t.Error("another site has to pay for it")
	}
	if !d.take("far.test", now.Add(12*time.Hour)) {
		t.Error("the next day nothing is taken")
	}
}
