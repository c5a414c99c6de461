package view

import (
	"cmp"
	"slices"
	"time"

	"sepiola/internal/domain/video"
)

// Section is a part of a video that was watched, in seconds.
type Section struct{ Start, End int }

// Session is one viewing.
type Session struct {
	ID               int64 // 0 not stored yet
	Video            video.ID
	Key              string
	Started, Seen    time.Time
	Counted          time.Time // when it last counted; zero never
	CountedWatchTime int       // WatchTime then
	WatchTime        int       // seconds, what was seen twice twice
	// Sections are what was watched; the last one is open.
	Sections []Section
	Agent    Agent
	Place    Place
	// Remote is that the video is of another site. Over and the Service say
	// so.
	Remote bool
}

const (
	// maxSpeed is how much faster than time somebody may watch, and slack how
	// many seconds more a report may be ahead: reports are late, get lost,
	// and come at once from tools. What is further ahead is a jump.
	maxSpeed = 4
	slack    = 30
	// maxSections bounds what is kept of restless viewers.
	maxSections = 100
)

// Watch takes a report into account and tells whether it makes a view.
func (s *Session) Watch(p Ping, r Rules) (view bool) {
	if s.Started.IsZero() {
		s.Started, s.Seen, s.Agent, s.Place = p.At, p.At, p.Agent, p.Place
	}
	s.extend(p)
	if p.At.After(s.Seen) {
		s.Seen = p.At
	}
	if s.WatchTime-s.CountedWatchTime < r.enough(p.Duration) || !s.Counted.IsZero() && p.At.Sub(s.Counted) < r.Expiration {
		return false
	}
	s.Counted, s.CountedWatchTime = p.At, s.WatchTime
	return true
}

// enough is how many seconds of a video make a view.
func (r Rules) enough(duration int) int {
	after := int(r.CountAfter / time.Second)
	if duration > 0 && duration <= after {
		return (duration + 1) / 2
	}
	return after
}

func (s *Session) extend(p Ping) {
	n := len(s.Sections)
	if n == 0 {
		s.Sections = append(s.Sections, Section{p.Time, p.Time})
		return
	}
	last := &s.Sections[n-1]
	ahead := max(0, int(p.At.Sub(s.Seen)/time.Second))*maxSpeed + slack
	switch {
	case !p.Seek && p.Time >= last.End && p.Time-last.End <= ahead:
		s.WatchTime += p.Time - last.End
		last.End = p.Time
	case last.Start == last.End: // nothing was seen there
		*last = Section{p.Time, p.Time}
	default:
		if n >= maxSections {
			s.Sections = Union(s.Sections)
		}
		if len(s.Sections) >= maxSections {
			s.Sections = s.Sections[1:]
		}
		s.Sections = append(s.Sections, Section{p.Time, p.Time})
	}
}

// Union joins sections that meet, in order, and leaves out empty ones: what
// was watched at all.
func Union(list []Section) []Section {
	sorted := slices.SortedFunc(slices.Values(list), func(a, b Section) int { return cmp.Compare(a.Start, b.Start) })
	out := make([]Section, 0, len(sorted))
	for _, s := range sorted {
		switch n := len(out); {
		case s.End <= s.Start:
		case n > 0 && s.Start <= out[n-1].End:
			out[n-1].End = max(out[n-1].End, s.End)
		default:
			out = append(out, s)
		}
	}
	return out
}
