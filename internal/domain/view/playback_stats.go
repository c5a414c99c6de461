package view

import (
	"context"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// PlaybackStatsStore reads what Playback kept. Days are counted since 1970,
// both ends included.
type PlaybackStatsStore interface {
	// PlaybackSite returns the figures of the site on each day that has some,
	// in order.
	PlaybackSite(ctx context.Context, from, to int64) ([]PlaybackDay, error)
	// PlaybackOf returns the figures of a video on each day that has some, in
	// order.
	PlaybackOf(ctx context.Context, id video.ID, from, to int64) ([]PlaybackDay, error)
	// PlaybackTop returns the sums of the videos with the most bytes, most
	// first.
	PlaybackTop(ctx context.Context, from, to int64, limit int) ([]PlaybackDay, error)
	// CleanPlayback deletes figures of before a day, those of one day, and
	// returns how many of videos; 0 says that nothing is left.
	CleanPlayback(ctx context.Context, before int64) (int, error)
}

// VideoFinder finds many videos at once, whoever may see them.
type VideoFinder interface {
	ByIDs(ctx context.Context, ids []video.ID) (map[video.ID]*video.Video, error)
}

// PlaybackStats tell how playing went and what sharing saved: to owners of
// their videos, to those who may manage the site of all of it.
type PlaybackStats struct {
	Store  PlaybackStatsStore
	Videos Managers
	Finder VideoFinder
	// MaxAge is how long figures are kept; negative is for ever.
	MaxAge func() time.Duration
	Now    func() time.Time
}

// PlaybackSpan are figures of several days.
type PlaybackSpan struct {
	PlaybackSums // of all days
	// Days are all days of the span, in order, those without figures too.
	Days []PlaybackDay
}

// maxPlaybackDays bounds a span.
const maxPlaybackDays = 366

// PlayedVideo is a video with its figures of a span.
type PlayedVideo struct {
	Video *video.Video
	PlaybackSums
}

// lastDays are the ends of a span that ends today.
func (s *PlaybackStats) lastDays(days int) (from, to int64) {
	to = s.Now().Unix() / day
	return to - int64(min(max(days, 1), maxPlaybackDays)) + 1, to
}

// Site returns the figures of the site in the last days, today last, and its
// videos with the most bytes. Who may not manage the site gets errs.Forbidden.
func (s *PlaybackStats) Site(ctx context.Context, by *user.User, days, top int) (PlaybackSpan, []PlayedVideo, error) {
	if !by.Has(user.ManageConfiguration) {
		return PlaybackSpan{}, nil, errs.New(errs.Forbidden, "You cannot see the figures of the platform")
	}
	from, to := s.lastDays(days)
	list, err := s.Store.PlaybackSite(ctx, from, to)
	if err != nil {
		return PlaybackSpan{}, nil, err
	}
	most, err := s.Store.PlaybackTop(ctx, from, to, top)
	if err != nil {
		return PlaybackSpan{}, nil, err
	}
	ids := make([]video.ID, len(most))
	for i, d := range most {
		ids[i] = d.Video
	}
	videos, err := s.Finder.ByIDs(ctx, ids)
	if err != nil {
		return PlaybackSpan{}, nil, err
	}
	played := make([]PlayedVideo, 0, len(most))
	for _, d := range most {
		if v := videos[d.Video]; v != nil {
			played = append(played, PlayedVideo{v, d.PlaybackSums})
		}
	}
	return spanOf(list, from, to), played, nil
}

// Video returns the figures of a video in the last days, to who may know them.
func (s *PlaybackStats) Video(ctx context.Context, w video.Viewer, ref video.Ref, days int) (PlaybackSpan, error) {
	v, err := s.Videos.Managed(ctx, w, ref, user.SeeAllVideos)
	if err != nil {
		return PlaybackSpan{}, err
	}
	from, to := s.lastDays(days)
	list, err := s.Store.PlaybackOf(ctx, v.ID, from, to)
	return spanOf(list, from, to), err
}

// spanOf puts days in their places.
func spanOf(list []PlaybackDay, from, to int64) PlaybackSpan {
	out := PlaybackSpan{Days: make([]PlaybackDay, to-from+1)}
	for i := range out.Days {
		out.Days[i].Day = from + int64(i)
	}
	for _, d := range list {
		if at := d.Day - from; at >= 0 && at < int64(len(out.Days)) {
			out.Days[at].Add(d.PlaybackSums)
			out.Add(d.PlaybackSums)
		}
	}
	return out
}

// At is the beginning of the day, UTC.
func (d *PlaybackDay) At() time.Time { return time.Unix(d.Day*day, 0).UTC() }

// Clean deletes figures that are older than they may be.
func (s *PlaybackStats) Clean(ctx context.Context) error {
	age := s.MaxAge()
	if age < 0 {
		return nil
	}
	before := s.Now().Add(-age).Unix() / day
	for {
		n, err := s.Store.CleanPlayback(ctx, before)
		if n == 0 || err != nil {
			return err
		}
	}
}
