package view

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// How a player gets its bytes, in PeerTube's words.
const (
	ModeHLS  = "p2p-media-loader"
	ModeFile = "web-video"
)

// PlaybackReport is what a player says now and then of how it goes: what came
// since its last report. It is PeerTube's PlaybackMetricCreate, with First and
// Start besides, which our player adds.
type PlaybackReport struct {
	Mode       string
	Resolution int // the shorter edge; -1 unknown
	FPS        int // -1 unknown
	// Sharing says that pieces may come from other viewers, Peers from how
	// many just now; -1 unknown.
	Sharing bool
	Peers   int

	ResolutionChanges, Errors, Stalls int64
	// Bytes from the site, from other viewers, and to them.
	BytesSite, BytesPeers, BytesSent int64

	// First says that this is the first report of a viewing; nil for players
	// that do not tell.
	First *bool
	// Start is how long it took from the wish to play to the first picture;
	// nil unless it was now.
	Start *time.Duration

	UserAgent string
	Addr      netip.Addr
}

// What a report may claim; more is nobody's viewing.
const (
	maxClaimedBytes = 1 << 30 // from the site, from viewers, and to them, each
	maxClaimedCount = 10_000
	maxClaimedStart = 10 * time.Minute
)

// possible reports whether a player can have seen all this between two
// reports.
func (in *PlaybackReport) possible() bool {
	bytes, counts := max(in.BytesSite, in.BytesPeers, in.BytesSent), max(in.ResolutionChanges, in.Errors, in.Stalls)
	return bytes <= maxClaimedBytes && counts <= maxClaimedCount && (in.Start == nil || *in.Start <= maxClaimedStart)
}

// PlaybackSums are figures of playing, of a video and a day or more.
type PlaybackSums struct {
	// Bytes from the site, from other viewers, and to them.
	BytesSite, BytesPeers, BytesSent int64
	// Sessions is how many viewings there were, Shared how many of them could
	// share.
	Sessions, Shared int64
	// Stalls is how often the picture stood still for want of bytes.
	Stalls, Errors int64
	// Starts are viewings by how long it took until they played: up to
	// StartBounds[i], the last one more.
	Starts [len(StartBounds) + 1]int64
}

// StartBounds are the bounds of PlaybackSums.Starts.
var StartBounds = [...]time.Duration{
	250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second,
}

// Add adds others to s.
func (s *PlaybackSums) Add(o PlaybackSums) {
	s.BytesSite, s.BytesPeers, s.BytesSent = s.BytesSite+o.BytesSite, s.BytesPeers+o.BytesPeers, s.BytesSent+o.BytesSent
	s.Sessions, s.Shared = s.Sessions+o.Sessions, s.Shared+o.Shared
	s.Stalls, s.Errors = s.Stalls+o.Stalls, s.Errors+o.Errors
	for i, n := range o.Starts {
		s.Starts[i] += n
	}
}

// Bytes is what viewers got.
func (s *PlaybackSums) Bytes() int64 { return s.BytesSite + s.BytesPeers }

// Saved is the part of the bytes that came from other viewers, in percent.
func (s *PlaybackSums) Saved() float64 {
	if s.Bytes() == 0 {
		return 0
	}
	return 100 * float64(s.BytesPeers) / float64(s.Bytes())
}

// MedianStart is about how long half of the viewings took at most until they
// played: exact to the bounds, and even between them. It is 0 when nothing is
// known, and the last bound for all that took longer.
func (s *PlaybackSums) MedianStart() time.Duration {
	var all, below int64
	for _, n := range s.Starts {
		all += n
	}
	if all == 0 {
		return 0
	}
	half, from := (all+1)/2, time.Duration(0)
	for i, to := range StartBounds {
		if n := s.Starts[i]; below+n >= half {
			return from + time.Duration(float64(to-from)*float64(half-below)/float64(n))
		}
		below, from = below+s.Starts[i], to
	}
	return from
}

// startOf is the place of a duration in Starts.
func startOf(d time.Duration) int {
	i, _ := slices.BinarySearch(StartBounds[:], d)
	return i
}

// PlaybackDay are the figures of a video on a day.
type PlaybackDay struct {
	Video video.ID
	Day   int64 // days since 1970, UTC
	PlaybackSums
}

// PlaybackStore keeps the figures.
type PlaybackStore interface {
	// AddPlayback adds figures to those of their videos and days, and to the
	// site's, in the transaction of ctx. A video that does not exist is
	// errs.NotFound.
	AddPlayback(ctx context.Context, list []PlaybackDay) error
}

// PlaybackMeter is told of each report that counts: figures for monitoring.
type PlaybackMeter interface {
	Played(in *PlaybackReport, remote, first bool)
}

// PlaybackRules are the site's settings.
type PlaybackRules struct {
	// Metrics is open_telemetry.metrics.enabled: while it is off, PeerTube
	// takes every report without looking at it.
	Metrics bool
	// Keep keeps the figures of each video and day.
	Keep bool
}

// Playback takes what players report of how it goes. It keeps sums only: who
// sent a report is known to nobody once it is added.
type Playback struct {
	Store  PlaybackStore
	Videos VideoStore
	Rules  func() PlaybackRules
	// Meter may be nil.
	Meter PlaybackMeter
	InTx  func(ctx context.Context, fn func(ctx context.Context) error) error
	Now   func() time.Time

	start   sync.Once
	groups  batches[PlaybackDay]
	seen    flood
	claims  claims
	targets targets
}

// Wanted reports whether anybody wants to know.
func (s *Playback) Wanted() bool { r := s.Rules(); return r.Metrics || r.Keep }

// Strict reports whether wrong reports are refused, as PeerTube does while its
// metrics are on.
func (s *Playback) Strict() bool { return s.Rules().Metrics }

// Report takes a report on a video, whoever may watch it: a player has no
// other credentials than its address. It is in the database when Report
// returns nil. Reports of crawlers, impossible ones, and those beyond what an
// address may cause, are dropped without a word. A video that does not exist
// is errs.NotFound.
func (s *Playback) Report(ctx context.Context, ref video.Ref, in PlaybackReport) error {
	rules := s.Rules()
	if !rules.Metrics && !rules.Keep {
		return nil
	}
	s.start.Do(func() { s.groups.commit = s.commit })
	t, err := s.target(ctx, ref)
	if err != nil {
		return err
	}
	at := s.Now()
	first, ok := s.counts(&in, t, at)
	if !ok {
		return nil
	}
	if s.Meter != nil && rules.Metrics {
		s.Meter.Played(&in, t.remote, first)
	}
	if !rules.Keep {
		return nil
	}
	return s.groups.add(ctx, PlaybackDay{Video: t.id, Day: at.Unix() / day, PlaybackSums: in.sums(first)})
}

// counts reports whether a report counts, and as the first of a viewing.
// Players that do not tell have one viewing of a video in floodWindow for each
// address.
func (s *Playback) counts(in *PlaybackReport, t target, at time.Time) (first, ok bool) {
	if !in.possible() || isCrawler(in.UserAgent) {
		return false, false
	}
	if in.First != nil {
		first = *in.First
	} else if ok, first = s.seen.allows(in.Addr, strconv.FormatInt(int64(t.id), 10), at); !ok {
		return false, false
	}
	return first, s.claims.take(in.Addr, first, in.BytesSite+in.BytesPeers+in.BytesSent, at)
}

func (in *PlaybackReport) sums(first bool) PlaybackSums {
	sums := PlaybackSums{
		BytesSite: in.BytesSite, BytesPeers: in.BytesPeers, BytesSent: in.BytesSent, Stalls: in.Stalls, Errors: in.Errors,
	}
	if first {
		sums.Sessions = 1
		if in.Sharing {
			sums.Shared = 1
		}
	}
	if in.Start != nil {
		sums.Starts[startOf(*in.Start)] = 1
	}
	return sums
}

// target finds the video, which is remembered for a moment.
func (s *Playback) target(ctx context.Context, ref video.Ref) (target, error) {
	now := s.Now()
	if t, ok := s.targets.get(ref); ok && now.Before(t.until) {
		return t, nil
	}
	v, err := s.Videos.ByRef(ctx, ref)
	if errs.Is(err, errs.NotFound) {
		return target{}, errs.New(errs.NotFound, "Video not found")
	}
	if err != nil {
		return target{}, err
	}
	t := target{id: v.ID, uuid: v.UUID, remote: v.Remote, until: now.Add(targetLife)}
	s.targets.put(ref, t)
	return t, nil
}

// commit keeps a group of reports in one transaction, as the sums of their
// videos.
func (s *Playback) commit(ctx context.Context, group []PlaybackDay) error {
	type key struct {
		video video.ID
		day   int64
	}
	sums := map[key]*PlaybackDay{}
	for _, g := range group {
		k := key{g.Video, g.Day}
		if sums[k] == nil {
			sums[k] = &PlaybackDay{Video: g.Video, Day: g.Day}
		}
		sums[k].Add(g.PlaybackSums)
	}
	list := make([]PlaybackDay, 0, len(sums))
	for _, d := range sums {
		list = append(list, *d)
	}
	// In one order, so that nodes do not lock crosswise.
	slices.SortFunc(list, func(a, b PlaybackDay) int {
		if a.Video != b.Video {
			return int(a.Video - b.Video)
		}
		return int(a.Day - b.Day)
	})
	return s.InTx(ctx, func(ctx context.Context) error { return s.Store.AddPlayback(ctx, list) })
}
