package search

import (
	"context"
	"math/rand/v2"
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

	// mostSamples of each kind are what is chosen from.
	mostSamples = 5 * MaxOverview
)

// samplesLife is how long what is shown stays the same.
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
	now := s.Now()
	if now.Before(s.until) {
		return s.samples, nil
	}
	all, err := s.Store.Samples(context.WithoutCancel(ctx), sampleLeast, mostSamples)
	if err != nil {
		return Samples{}, err
	}
	since := now.Truncate(samplesLife)
	s.samples, s.until = all.drawn(uint64(since.Unix())), since.Add(samplesLife)
	if len(all.Categories)+len(all.Tags)+len(all.Channels) == 0 { // a new site soon has some
		s.until = now.Add(answerLife)
	}
	return s.samples, nil
}

// drawn are some of the samples in any order, as many as pages show: the same
// for a seed, so that nodes that answer one reader's pages agree.
func (o Samples) drawn(seed uint64) Samples {
	r := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // nothing is guessed that matters
	return Samples{Categories: draw(r, o.Categories), Tags: draw(r, o.Tags), Channels: draw(r, o.Channels)}
}

func draw[T any](r *rand.Rand, list []T) []T {
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list[:min(len(list), MaxOverview)]
}
