package view

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// finisher ends sessions.
type finisher interface {
	Finish(ctx context.Context, list []*Session) error
}

// end ends sessions, and tells over of those of videos of other sites in which
// something was watched.
func end(ctx context.Context, s finisher, list []*Session, over func(ctx context.Context, list []*Session) error) error {
	if err := s.Finish(ctx, list); err != nil || over == nil {
		return err
	}
	far := slices.DeleteFunc(slices.Clone(list), func(s *Session) bool { return !s.Remote || len(Union(s.Sections)) == 0 })
	if len(far) == 0 {
		return nil
	}
	return over(ctx, far)
}

// Told is a viewing of a video of this site on another one, as that says.
type Told struct {
	Host           string
	Started, Ended time.Time
	WatchTime      int // seconds; 0 not said
	Sections       []Section
	Place          Place
}

const (
	// toldFor is how long after it began a viewing may be told: as long as the
	// ids of activities are known, so that none counts twice.
	toldFor = 14 * 24 * time.Hour
	// clocks is how far another site's clock may be ahead.
	clocks = 30 * time.Minute
	// maxToldDaily is how many viewings of one site are taken in a day. Each
	// is a row.
	maxToldDaily = 20_000
	maxPlace     = 100 // characters
)

// Told keeps a viewing of a video of this site that another site tells of, for
// the video's statistics: viewers, watch time, retention, places. It counts no
// view and nobody who watches now, which are told apart. It takes part in the
// transaction of ctx. A viewing that cannot have been is errs.Invalid, one more
// than a site may tell of in a day errs.Forbidden.
func (s *Service) Told(ctx context.Context, v *video.Video, t Told) error {
	now := s.Now()
	it, err := t.session(v, now)
	if err != nil {
		return err
	}
	if !s.told.take(t.Host, now) {
		return errs.New(errs.Forbidden, "%s tells of more than %d viewings a day", t.Host, maxToldDaily)
	}
	return s.Store.Record(ctx, []*Session{it})
}

// session is a viewing as it is kept, held to what the video and the clock
// allow.
func (t Told) session(v *video.Video, now time.Time) (*Session, error) {
	if t.Started.IsZero() || t.Ended.Before(t.Started) || t.Ended.After(now.Add(clocks)) || t.Started.Before(now.Add(-toldFor)) {
		return nil, errs.New(errs.Invalid, "nobody watched from %s to %s", t.Started.Format(time.RFC3339), t.Ended.Format(time.RFC3339))
	}
	last := v.Duration
	if v.IsLive || last == 0 {
		last = maxLiveTime
	}
	held := make([]Section, 0, min(len(t.Sections), maxSections))
	for _, s := range t.Sections {
		held = append(held, Section{max(s.Start, 0), min(s.End, last)})
	}
	held = Union(held)
	if len(held) == 0 || len(held) > maxSections {
		return nil, errs.New(errs.Invalid, "%d parts of the video were watched", len(held))
	}
	watched := t.WatchTime
	if watched <= 0 {
		for _, s := range held {
			watched += s.End - s.Start
		}
	}
	// Times may be of the minute.
	took := t.Ended.Sub(t.Started) + time.Minute
	// Whoever was there a moment ago would be taken for somebody who watches.
	seen := now.Add(-watchingFor)
	if t.Ended.Before(seen) {
		seen = t.Ended
	}
	started := t.Started
	if started.After(seen) {
		started = seen
	}
	return &Session{
		Video: v.ID, Started: started, Seen: seen, Sections: held, Place: t.Place.held(),
		WatchTime: min(watched, int(took/time.Second)*maxSpeed+slack),
	}, nil
}

// held leaves out what is no place.
func (p Place) held() Place {
	country := strings.ToUpper(p.Country)
	if len(country) != 2 || strings.Trim(country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		country = ""
	}
	name := strings.Join(strings.Fields(strings.ToValidUTF8(p.Subdivision, "")), " ")
	if country == "" || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) || len([]rune(name)) > maxPlace {
		name = ""
	}
	return Place{Country: country, Subdivision: name}
}

// daily counts what sites tell in a day (UTC). Each node has its own, in
// memory.
type daily struct {
	mu  sync.Mutex
	day int64
	n   map[string]int
}

// take reports whether a site may tell of one more.
func (d *daily) take(host string, at time.Time) bool {
	day := at.Unix() / (24 * 3600)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.n == nil || d.day != day {
		d.day, d.n = day, map[string]int{}
	}
	if d.n[host] >= maxToldDaily {
		return false
	}
	d.n[strings.Clone(host)]++
	return true
}
