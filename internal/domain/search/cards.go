package search

import (
	"sync"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
)

// What nobody in particular sees of a video beside others is remembered for
// cardLife, if its privacy does not change: every page of a busy site shows
// ten of them.
const (
	cardLife = 20 * time.Second
	maxCards = 3000 // young ones, of some 1.2 KiB each: all take twice that at most
)

// card is a video as nobody in particular sees it.
type card struct {
	id    video.ID
	local bool
}

// key is another number for each card.
func (c card) key() uint64 {
	key := uint64(c.id) << 1
	if c.local {
		key++
	}
	return key
}

// cards are remembered videos; nil is hidden. They are forgotten in two steps:
// when there are many young ones they become old, and those that were old are
// let go of. What is still asked for comes back.
type cards struct {
	mu         sync.Mutex
	young, old map[card]answer[*video.Video]
	channels   map[actor.ChannelID]*actor.Channel // of the young ones
}

func (c *cards) get(key card, now time.Time) (*video.Video, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	it, young := c.young[key]
	if !young {
		it = c.old[key]
	}
	if !now.Before(it.until) { // also what is not there
		return nil, false
	}
	if !young {
		delete(c.old, key)
		c.room()
		c.young[key] = it
	}
	return it.it, true
}

// put remembers a video of the caller's own, which is without its long texts
// from then on; nil is hidden.
func (c *cards) put(key card, v *video.Video, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.room()
	it := answer[*video.Video]{until: now.Add(cardLife)}
	if v != nil {
		c.slim(v)
		it.it = v
	}
	c.young[key] = it
}

// room makes room for one more young card.
func (c *cards) room() {
	if c.young == nil || len(c.young) >= maxCards {
		c.young, c.old = make(map[card]answer[*video.Video]), c.young
		c.channels = make(map[actor.ChannelID]*actor.Channel)
	}
}

// shared is a channel that the cards of its videos have in common: each of them
// came with a copy of its own.
func (c *cards) shared(ch *actor.Channel) *actor.Channel {
	have := c.channels[ch.ChannelID]
	if have != nil && have.UpdatedAt.Equal(ch.UpdatedAt) && have.DisplayName == ch.DisplayName &&
		have.Username == ch.Username && have.Host == ch.Host && len(have.Avatars) == len(ch.Avatars) {
		return have
	}
	c.channels[ch.ChannelID] = ch
	return ch
}

func (c *cards) forget(key card) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.young, key)
	delete(c.old, key)
}

// slim takes the long texts from a video, which no list shows.
func (c *cards) slim(v *video.Video) {
	v.Description, v.Support = "", ""
	if v.Channel != nil {
		v.Channel = c.shared(v.Channel)
	}
}
