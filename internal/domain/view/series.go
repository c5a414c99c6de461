package view

import (
	"context"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

const (
	minute = int64(60)
	hour   = 60 * minute
	day    = 24 * hour
	// maxDays bounds a series; PeerTube's.
	maxDays = 3650
)

// interval is how far apart the points of a series are: seconds, or months.
type interval struct {
	words   string
	seconds int64 // of the unit that is counted; a day for months
	months  int
}

// intervalOf chooses by the length of a span, in PeerTube's steps.
func intervalOf(seconds int64) interval {
	for _, c := range []struct {
		from int64
		interval
	}{
		{6 * 365 * day, interval{"6 months", day, 6}},
		{2 * 365 * day, interval{"1 month", day, 1}},
		{6 * 31 * day, interval{"7 days", 7 * day, 0}},
		{2 * 31 * day, interval{"2 days", 2 * day, 0}},
		{15 * day, interval{"1 day", day, 0}},
		{8 * day, interval{"12 hours", 12 * hour, 0}},
		{4 * day, interval{"6 hours", 6 * hour, 0}},
		{15 * hour, interval{"1 hour", hour, 0}},
		{180 * minute, interval{"10 minutes", 10 * minute, 0}},
	} {
		if seconds >= c.from {
			return c.interval
		}
	}
	return interval{"1 minute", minute, 0}
}

// begin is where the interval of t begins.
func (i interval) begin(t time.Time) time.Time {
	t = t.UTC()
	switch {
	case i.months > 0:
		return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	case i.seconds >= day || i.seconds == 12*hour || i.seconds == 6*hour:
		return t.Truncate(24 * time.Hour).Add(i.hours(t))
	case i.seconds >= hour:
		return t.Truncate(time.Hour)
	}
	return t.Truncate(time.Minute)
}

// hours brings a span of half or quarter days to the hour, as PeerTube does.
func (i interval) hours(t time.Time) time.Duration {
	if i.seconds >= day {
		return 0
	}
	return time.Duration(t.Hour()) * time.Hour
}

// places are the beginnings of all intervals from one time to another.
func (i interval) places(from, to time.Time) []time.Time {
	var list []time.Time
	for at := from; !at.After(to); {
		list = append(list, at)
		if i.months > 0 {
			at = at.AddDate(0, i.months, 0)
		} else {
			at = at.Add(time.Duration(i.seconds) * time.Second)
		}
	}
	return list
}

// Series returns a metric of a video over time, since it was made when no
// span is given. Half a span and one of more than ten years are errs.Invalid.
func (s *Stats) Series(ctx context.Context, w video.Viewer, ref video.Ref, m Metric, span Span) (Series, error) {
	if err := checkSeries(span); err != nil {
		return Series{}, err
	}
	v, err := s.Video(ctx, w, ref)
	if err != nil {
		return Series{}, err
	}
	if span.From.IsZero() {
		span = Span{v.CreatedAt, s.Now()}
		if first := span.To.AddDate(0, 0, -maxDays); span.From.Before(first) {
			span.From = first
		}
	}
	every := intervalOf(int64(span.To.Sub(span.From) / time.Second))
	places := every.places(every.begin(span.From), span.To)
	if len(places) == 0 { // the video is of the future
		places = []time.Time{every.begin(span.From)}
	}
	values, err := s.values(ctx, v.ID, m, every, places, span.To)
	if err != nil {
		return Series{}, err
	}
	out := Series{Interval: every.words, Points: make([]Point, len(places))}
	for i, at := range places {
		out.Points[i] = Point{at, values[i]}
	}
	return out, nil
}

func checkSeries(span Span) error {
	switch {
	case span.From.IsZero() != span.To.IsZero():
		return errs.New(errs.Invalid, "Both start date and end date should be defined if one of them is specified")
	case span.To.Before(span.From):
		return errs.New(errs.Invalid, "The start date should be before the end date")
	case span.To.Sub(span.From) > maxDays*24*time.Hour:
		return errs.New(errs.Invalid, "The start date and the end date may be at most %d days apart", maxDays)
	}
	return nil
}

// values sums a metric by place. What is counted by days is then gathered by
// months.
func (s *Stats) values(ctx context.Context, id video.ID, m Metric, every interval, places []time.Time, to time.Time) ([]int64, error) {
	from := places[0].Unix()
	place := newPlacer(every, places)
	values := make([]int64, len(places))
	if m == MetricViewers {
		stays, err := s.Store.Spread(ctx, id, from, to.Unix(), every.seconds)
		for _, stay := range stays {
			for i := place(stay.Came); i <= place(stay.Left); i++ {
				values[i] += stay.N
			}
		}
		return values, err
	}
	sums, err := s.Store.Buckets(ctx, id, m, from, to.Unix(), every.seconds)
	for _, t := range sums {
		values[place(t.At)] += t.N
	}
	return values, err
}

// newPlacer returns what finds the place of a step.
func newPlacer(every interval, places []time.Time) func(step int64) int {
	return func(step int64) int {
		i := int(max(0, step))
		if every.months > 0 {
			at := places[0].AddDate(0, 0, i)
			i = ((at.Year()-places[0].Year())*12 + int(at.Month()-places[0].Month())) / every.months
		}
		return min(i, len(places)-1)
	}
}
