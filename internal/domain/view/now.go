package view

import (
	"context"
	"maps"
	"sync"
	"time"

	"sepiola/internal/domain/video"
)

// watchingLife is how old the numbers of viewers may be.
const watchingLife = 2 * time.Second

// watching keeps how many people watch each video: one question for the whole
// site, whoever asks.
type watching struct {
	mu    sync.Mutex
	m     map[video.ID]int64
	until time.Time
}

// Viewers returns how many people watch each video now, by reports of the last
// two minutes; videos that nobody watches are missing. It is shared: read it
// only.
func (s *Service) Viewers(ctx context.Context) (map[video.ID]int64, error) {
	now := s.Now()
	s.now.mu.Lock()
	defer s.now.mu.Unlock()
	if now.Before(s.now.until) {
		return s.now.m, nil
	}
	m, err := s.Store.Watching(context.WithoutCancel(ctx), now.Add(-watchingFor))
	if err != nil {
		return nil, err
	}
	s.now.m, s.now.until = m, now.Add(watchingLife)
	return m, nil
}

// Everywhere is Viewers with those on other sites, as far as these tell. The
// map is the caller's only when there are such.
func (s *Service) Everywhere(ctx context.Context) (map[video.ID]int64, error) {
	m, err := s.Viewers(ctx)
	if err != nil || s.Elsewhere == nil {
		return m, err
	}
	viewers, totals := s.Elsewhere(s.Now())
	if len(viewers)+len(totals) == 0 {
		return m, nil
	}
	m = maps.Clone(m)
	if m == nil {
		m = map[video.ID]int64{}
	}
	for id, n := range viewers {
		m[id] += n
	}
	for id, n := range totals {
		m[id] = max(m[id], n)
	}
	return m, nil
}

// Complete fills in videos what changes while people watch: Viewers, and for
// w, who may be nobody, where they are (WatchedTo). It implements
// video.Viewing.
func (s *Service) Complete(ctx context.Context, w video.Viewer, list []*video.Video) error {
	if len(list) == 0 {
		return nil
	}
	viewers, err := s.Everywhere(ctx)
	if err != nil {
		return err
	}
	for _, v := range list {
		v.Viewers = viewers[v.ID]
	}
	if w == nil {
		return nil
	}
	at, err := s.Store.Positions(ctx, w.ID, idsOf(list))
	if err != nil {
		return err
	}
	for _, v := range list {
		if position, ok := at[v.ID]; ok {
			v.WatchedTo = &position
		}
	}
	return nil
}

func idsOf(list []*video.Video) []video.ID {
	ids := make([]video.ID, len(list))
	for i, v := range list {
		ids[i] = v.ID
	}
	return ids
}
