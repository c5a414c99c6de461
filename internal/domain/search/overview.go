package search

import (
	"context"
	"sync"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
)

// Bounds of the overview, PeerTube's: what has fewer videos than sampleLeast is
// not shown, MaxOverview pages have one category, one tag and one channel each.
const (
	sampleLeast   = 6
	MaxOverview   = 20
	overviewCount = 10 // videos of each
)

// samplesLife is how long the choice of what is shown is remembered.
const samplesLife = 10 * time.Minute

// Samples are what pages of the overview are about.
type Samples struct {
	Categories []int
	Tags       []string
	Channels   []actor.ChannelID
}

// OverviewStore chooses samples.
type OverviewStore interface {
	// Samples returns at most limit categories, tags and channels that have
	// at least some public videos, those with the newest or most first.
	Samples(ctx context.Context, least, limit int) (Samples, error)
}

// Section is some videos that have something in common: a category, a tag or
// a channel, whichever is set.
type Section struct {
	Category int
	Tag      string
	Channel  *actor.Channel
	Videos   []*video.Video
}

// Overview shows what there is on the site.
type Overview struct {
	Store  OverviewStore
	Videos Videos
	Now    func() time.Time

	mu      sync.Mutex
	samples Samples
	until   time.Time
}

// Page returns the sections of a page, from 1 to MaxOverview: at most one each
// of a category, a tag and a channel.
func (s *Overview) Page(ctx context.Context, w video.Viewer, page int) ([]Section, error) {
	all, err := s.sampled(ctx)
	if err != nil {
		return nil, err
	}
	var list []Section
	add := func(sec Section, f video.Filter) error {
		sec.Videos, _, err = s.Videos.List(ctx, w, video.ListParams{Filter: f, Sort: "-publishedAt", Count: overviewCount, SkipCount: true})
		if len(sec.Videos) == 0 {
			return err
		}
		if f.Channel != 0 {
			sec.Channel = sec.Videos[0].Channel
		}
		list = append(list, sec)
		return err
	}
	i := page - 1
	if i < len(all.Categories) {
		if err := add(Section{Category: all.Categories[i]}, video.Filter{Categories: all.Categories[i : i+1]}); err != nil {
			return nil, err
		}
	}
	if i < len(all.Channels) {
		if err := add(Section{}, video.Filter{Channel: all.Channels[i]}); err != nil {
			return nil, err
		}
	}
	if i < len(all.Tags) {
		if err := add(Section{Tag: all.Tags[i]}, video.Filter{TagsOneOf: all.Tags[i : i+1]}); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// sampled chooses what is shown, now and then.
func (s *Overview) sampled(ctx context.Context) (Samples, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Now().Before(s.until) {
		return s.samples, nil
	}
	all, err := s.Store.Samples(context.WithoutCancel(ctx), sampleLeast, MaxOverview)
	if err != nil {
		return Samples{}, err
	}
	s.samples, s.until = all, s.Now().Add(samplesLife)
	if len(all.Categories)+len(all.Tags)+len(all.Channels) == 0 { // a new site soon has some
		s.until = s.Now().Add(answerLife)
	}
	return all, nil
}
