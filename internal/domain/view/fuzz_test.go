package view

import (
	"testing"
	"time"
)

// Whatever players say, a session stays small, its sections lie in the video,
// and nobody is seen to watch faster than time allows.
func FuzzSession(f *testing.F) {
	f.Add([]byte{0, 0, 5, 5, 5, 10, 1, 200}, 600)
	f.Add([]byte{255, 255, 0, 0, 0, 1, 0, 2}, 3)
	f.Fuzz(func(t *testing.T, steps []byte, duration int) {
		duration = 1 + (duration%100_000+100_000)%100_000
		s, at, views, reports := &Session{}, noon, 0, 0
		for ; len(steps) >= 2; steps = steps[2:] {
			at = at.Add(time.Duration(steps[0]>>1) * time.Second)
			place := int(steps[1]) * duration / 255
			if s.Watch(Ping{At: at, Time: place, Seek: steps[0]&1 == 1, Duration: duration}, usual) {
				views++
			}
			reports++
		}
		if reports == 0 {
			return
		}
		if most := int(at.Sub(noon)/time.Second)*maxSpeed + slack*reports; s.WatchTime > most {
			t.Errorf("%d s watched, at most %d", s.WatchTime, most)
		}
		if most := 1 + int(at.Sub(noon)/usual.Expiration); views > most {
			t.Errorf("%d views, at most %d", views, most)
		}
		if len(s.Sections) > maxSections {
			t.Errorf("%d sections", len(s.Sections))
		}
		last := -1
		for _, u := range Union(s.Sections) {
			if u.Start < 0 || u.End > duration || u.Start <= last || u.End <= u.Start {
				t.Errorf("sections %v of %d s", s.Sections, duration)
			}
			last = u.End
		}
		for i, p := range retention(duration, nil, [][]Section{s.Sections}) {
			if p < 0 || p > 100 {
				t.Errorf("%v %% at %d", p, i)
			}
		}
	})
}
