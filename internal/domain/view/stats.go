package view

import (
	"context"
	"math"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// Span is a range of time; zero ends are open.
type Span struct{ From, To time.Time }

// Days is the span of whole days from one to another, held between the day when
// a video was made and now: outside there is nothing. Of more days than a series
// may have it keeps the last ones.
func Days(from, to, made, now time.Time) Span {
	const day = 24 * time.Hour
	first, today := made.UTC().Truncate(day), now.UTC().Truncate(day)
	held := func(t time.Time) time.Time {
		if t = t.UTC().Truncate(day); t.After(today) {
			t = today
		}
		if t.Before(first) {
			t = first
		}
		return t
	}
	s := Span{held(from), held(to)}
	if least := s.To.AddDate(0, 0, 1-maxDays); s.From.Before(least) {
		s.From = least
	}
	if s.To = s.To.Add(day - time.Second); s.To.After(now) {
		s.To = now
	}
	return s
}

// Sum is how many viewers something had.
type Sum struct {
	Name    string
	Viewers int64
}

// Overall are the figures of a video in a span.
type Overall struct {
	Viewers      int64
	WatchTime    int64 // seconds of all viewers
	Average      int64 // seconds of each
	Peak         int64 // most viewers at once
	PeakAt       time.Time
	Countries    []Sum // ISO codes, most first
	Subdivisions []Sum
	Views        int64 // as counted
	Downloads    int64
}

// Agents are the figures of what a video was watched with, most first.
type Agents struct{ Clients, Devices, Systems []Sum }

// Metric is what a series tells.
type Metric string

// The metrics; MetricViews is ours.
const (
	MetricViewers   Metric = "viewers"
	MetricWatchTime Metric = "aggregateWatchTime" // seconds
	MetricDownloads Metric = "downloads"
	MetricViews     Metric = "views"
)

// Point is a value of a series.
type Point struct {
	At    time.Time // where its interval begins
	Value int64
}

// Series is a metric over time.
type Series struct {
	// Interval is how far apart the points are, in PeerTube's words:
	// "10 minutes".
	Interval string
	Points   []Point
}

// StatsStore reads what statistics are made of. Spans are in seconds since
// 1970, both ends included.
type StatsStore interface {
	Totals(ctx context.Context, id video.ID, from, to int64) (viewers, watchTime int64, err error)
	// Counted sums views and downloads.
	Counted(ctx context.Context, id video.ID, from, to int64) (views, downloads int64, err error)
	// Starts and Ends say how many sessions that began in the span began and
	// ended in each second, in order.
	Starts(ctx context.Context, id video.ID, from, to int64) ([]Tally, error)
	Ends(ctx context.Context, id video.ID, from, to int64) ([]Tally, error)
	// Places and Agents group the viewers, most first, at most limit groups
	// each; those that are not known are left out.
	Places(ctx context.Context, id video.ID, from, to int64, limit int) (countries, subdivisions []Sum, err error)
	Agents(ctx context.Context, id video.ID, from, to int64, limit int) (Agents, error)
	// Spread groups viewers by the steps after from in which they came and
	// left; a step has a number of seconds.
	Spread(ctx context.Context, id video.ID, from, to, step int64) ([]Stay, error)
	// Buckets sums a metric by the steps after from.
	Buckets(ctx context.Context, id video.ID, m Metric, from, to, step int64) ([]Tally, error)
	// Retention returns the changes of ended sessions by second, in order,
	// with all viewers at second -1, and the sections of those that go on.
	Retention(ctx context.Context, id video.ID) ([]Tally, [][]Section, error)
	// ChannelDays returns the views of channels by day since 1970.
	ChannelDays(ctx context.Context, ids []actor.ChannelID, from int64) (map[actor.ChannelID]map[int64]int64, error)
}

// Tally is a number at a place or time.
type Tally struct{ At, N int64 }

// Stay is how many viewers came in one step and left in another.
type Stay struct{ Came, Left, N int64 }

// Managers is the part of video.Service that says whose a video is.
type Managers interface {
	Managed(ctx context.Context, w video.Viewer, ref video.Ref, right user.Right) (*video.Video, error)
}

// Stats tells owners, and who may see all videos, how their videos do.
type Stats struct {
	Store  StatsStore
	Videos Managers
	Now    func() time.Time
}

// maxGroups bounds lists of countries, clients and the like.
const maxGroups = 100

// Video returns the video when w may know its figures.
func (s *Stats) Video(ctx context.Context, w video.Viewer, ref video.Ref) (*video.Video, error) {
	return s.Videos.Managed(ctx, w, ref, user.SeeAllVideos)
}

// bounds are the ends of a span in seconds.
func (s *Stats) bounds(span Span) (from, to int64, err error) {
	to = s.Now().Unix()
	if !span.To.IsZero() {
		to = span.To.Unix()
	}
	if !span.From.IsZero() {
		from = span.From.Unix()
	}
	if from > to {
		return 0, 0, errs.New(errs.Invalid, "The start date should be before the end date")
	}
	return from, to, nil
}

// Overall returns the figures of a video.
func (s *Stats) Overall(ctx context.Context, w video.Viewer, ref video.Ref, span Span) (o Overall, err error) {
	from, to, err := s.bounds(span)
	if err != nil {
		return o, err
	}
	v, err := s.Video(ctx, w, ref)
	if err != nil {
		return o, err
	}
	if o.Viewers, o.WatchTime, err = s.Store.Totals(ctx, v.ID, from, to); err != nil {
		return o, err
	}
	if o.Views, o.Downloads, err = s.Store.Counted(ctx, v.ID, from, to); err != nil || o.Viewers == 0 {
		return o, err
	}
	o.Average = int64(math.Round(float64(o.WatchTime) / float64(o.Viewers)))
	if o.Countries, o.Subdivisions, err = s.Store.Places(ctx, v.ID, from, to, maxGroups); err != nil {
		return o, err
	}
	o.Peak, o.PeakAt, err = s.peak(ctx, v.ID, from, to)
	return o, err
}

// peak goes through all comings and goings.
func (s *Stats) peak(ctx context.Context, id video.ID, from, to int64) (most int64, at time.Time, err error) {
	starts, err := s.Store.Starts(ctx, id, from, to)
	if err != nil {
		return 0, at, err
	}
	ends, err := s.Store.Ends(ctx, id, from, to)
	if err != nil {
		return 0, at, err
	}
	now, gone := int64(0), 0
	for _, c := range starts {
		for ; gone < len(ends) && ends[gone].At < c.At; gone++ {
			now -= ends[gone].N
		}
		if now += c.N; now > most {
			most, at = now, time.Unix(c.At, 0).UTC()
		}
	}
	return most, at, nil
}

// Agents returns what a video was watched with.
func (s *Stats) Agents(ctx context.Context, w video.Viewer, ref video.Ref, span Span) (Agents, error) {
	from, to, err := s.bounds(span)
	if err != nil {
		return Agents{}, err
	}
	v, err := s.Video(ctx, w, ref)
	if err != nil {
		return Agents{}, err
	}
	return s.Store.Agents(ctx, v.ID, from, to, maxGroups)
}

// Retention returns for each second of a video, the last one included, which
// part of its viewers saw it, in percent. Live streams have none.
func (s *Stats) Retention(ctx context.Context, w video.Viewer, ref video.Ref) ([]float64, error) {
	v, err := s.Video(ctx, w, ref)
	if err != nil {
		return nil, err
	}
	if v.IsLive {
		return nil, errs.New(errs.Invalid, "Cannot get retention stats of live video")
	}
	changes, going, err := s.Store.Retention(ctx, v.ID)
	if err != nil {
		return nil, err
	}
	return retention(v.Duration, changes, going), nil
}

func retention(duration int, changes []Tally, going [][]Section) []float64 {
	change, viewers := make([]int64, duration+1), int64(len(going))
	add := func(at, n int64) {
		if at == -1 {
			viewers += n
		} else if at <= int64(duration) {
			change[at] += n
		}
	}
	for _, c := range changes {
		add(c.At, c.N)
	}
	for _, sections := range going {
		for _, s := range Union(sections) {
			add(int64(s.Start), 1)
			add(int64(s.End), -1)
		}
	}
	percent, now := make([]float64, duration+1), int64(0)
	for i := range percent {
		if now += change[i]; viewers > 0 {
			percent[i] = math.Round(float64(now) / float64(viewers) * 100)
		}
	}
	return percent
}

// DayViews are the views of one day.
type DayViews struct {
	Day   time.Time // its beginning, UTC
	Views int64
}

// channelDays is how many days ChannelDays goes back, besides today.
const channelDays = 30

// ChannelDays returns the views of channels on each of the last days, today
// last.
func (s *Stats) ChannelDays(ctx context.Context, ids []actor.ChannelID) (map[actor.ChannelID][]DayViews, error) {
	today := s.Now().Unix() / (24 * 3600)
	views, err := s.Store.ChannelDays(ctx, ids, today-channelDays)
	if err != nil {
		return nil, err
	}
	out := make(map[actor.ChannelID][]DayViews, len(ids))
	for _, id := range ids {
		list := make([]DayViews, 0, channelDays+1)
		for day := today - channelDays; day <= today; day++ {
			list = append(list, DayViews{time.Unix(day*24*3600, 0).UTC(), views[id][day]})
		}
		out[id] = list
	}
	return out, nil
}
