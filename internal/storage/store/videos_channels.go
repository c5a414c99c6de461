package store

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// The channels of videos are read on every page, and change seldom: each node
// keeps those it has read for channelLife, so a new name or avatar shows on
// videos after that time at most. Inside a transaction they are always read.
const (
	channelLife = 2 * time.Second
	maxChannels = 8_000
)

// videoChannels keeps channels with their owners and images. What it gives
// out is shared and must not be changed.
type videoChannels struct {
	mu       sync.RWMutex
	m        map[actor.ChannelID]keptChannel
	sweeping bool // once more after channelLife
}

type keptChannel struct {
	ch    *actor.Channel
	until time.Time
}

func (c *videoChannels) get(id actor.ChannelID, now time.Time) *actor.Channel {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if k, ok := c.m[id]; ok && now.Before(k.until) {
		return k.ch
	}
	return nil
}

func (c *videoChannels) put(list map[actor.ChannelID]*actor.Channel, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil || len(c.m)+len(list) > maxChannels {
		c.m = make(map[actor.ChannelID]keptChannel)
	}
	for id, ch := range list {
		c.m[id] = keptChannel{ch, now.Add(channelLife)}
	}
	if !c.sweeping {
		c.sweeping = true
		time.AfterFunc(channelLife, c.sweep)
	}
}

// sweep lets go of what is not good any more; see answers.
func (c *videoChannels) sweep() {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	c.m = swept(c.m, func(k keptChannel) bool { return now.Before(k.until) })
	if c.sweeping = c.m != nil; c.sweeping {
		time.AfterFunc(channelLife, c.sweep)
	}
}

func (c *videoChannels) forget(id actor.ChannelID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.m, id)
}

// Channel returns a local channel with its owner.
func (s *Videos) Channel(ctx context.Context, id actor.ChannelID) (*actor.Channel, error) {
	m, err := s.channelsByID(ctx, []actor.ChannelID{id})
	if err != nil {
		return nil, err
	}
	if ch := m[id]; ch != nil && ch.Local() {
		return ch, nil
	}
	return nil, errs.New(errs.NotFound, "Video channel not found")
}

// fillChannels gives each video its channel with owner and images.
func (s *Videos) fillChannels(ctx context.Context, list []*video.Video) error {
	ids := make([]actor.ChannelID, len(list))
	for i, v := range list {
		ids[i] = v.ChannelID
	}
	m, err := s.channelsByID(ctx, ids)
	if err != nil {
		return err
	}
	for _, v := range list {
		v.Channel = m[v.ChannelID]
	}
	return nil
}

func (s *Videos) channelsByID(ctx context.Context, ids []actor.ChannelID) (map[actor.ChannelID]*actor.Channel, error) {
	now, inTx := time.Now(), s.DB.Tx(ctx) != nil
	m := make(map[actor.ChannelID]*actor.Channel, len(ids))
	var missing []actor.ChannelID
	for _, id := range ids {
		if _, have := m[id]; have {
			continue
		}
		m[id] = nil
		if !inTx {
			m[id] = s.channels.get(id, now)
		}
		if m[id] == nil {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return m, nil
	}
	loaded, err := s.readChannels(ctx, missing)
	if err != nil {
		return nil, err
	}
	maps.Copy(m, loaded)
	if !inTx {
		s.channels.put(loaded, now)
	}
	return m, nil
}

// padded repeats the last of some ids up to one of few lengths, so that the
// texts of queries with IN are few and stay prepared.
func padded[T any](ids []T) []T {
	if len(ids) == 0 {
		return ids
	}
	at := slices.IndexFunc(paddings, func(n int) bool { return n >= len(ids) })
	if at < 0 || paddings[at] == len(ids) {
		return ids
	}
	list := append(make([]T, 0, paddings[at]), ids...)
	for len(list) < paddings[at] {
		list = append(list, ids[len(ids)-1])
	}
	return list
}

// paddings are those lengths.
var paddings = []int{1, 4, 16, 32, 64, 128, 256}
