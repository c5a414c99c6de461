package search

import (
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
)

func TestCardsAreBoundedAndKeepWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	var c cards
	now := time.Now()
	first := card{id: 1}
	of := func(id video.ID) *video.Video {
		return &video.Video{ID: id, ChannelID: 1, Description: "long", Channel: &actor.Channel{ChannelID: 1, DisplayName: "One"}}
	}
	c.put(first, of(1), now)
	for id := range video.ID(5 * maxCards) {
		c.put(card{id: id + 2}, of(id+2), now)
		if v, ok := c.get(first, now); !ok || v.ID != 1 {
			t.Fatalf("what is asked for is forgotten after %d others", id)
		}
	}
	if n := len(c.young) + len(c.old); n > 2*maxCards+1 {
		t.Errorf("%d are kept", n)
	}
	if _, ok := c.get(card{id: 2}, now); ok {
		t.Error("nothing was forgotten")
	}
	last, _ := c.get(card{id: 5*maxCards + 1}, now)
	before, _ := c.get(card{id: 5 * maxCards}, now)
	if last.Channel != before.Channel || last.Description != "" {
		t.Error("cards hold more than they show")
	}
}

func TestCardsEnd(t *testing.T) {
	t.Parallel()
	var c cards
	now := time.Now()
	c.put(card{id: 1}, nil, now)
	if v, ok := c.get(card{id: 1}, now.Add(cardLife-1)); !ok || v != nil {
		t.Error("what is hidden is not remembered to be")
	}
	if _, ok := c.get(card{id: 1}, now.Add(cardLife)); ok {
		t.Error("a card is remembered for too long")
	}
	c.put(card{id: 1}, &video.Video{ID: 1}, now)
	c.forget(card{id: 1})
	if _, ok := c.get(card{id: 1}, now); ok {
		t.Error("a card is not forgotten")
	}
}

func TestAChangedChannelIsNotShared(t *testing.T) {
	t.Parallel()
	var c cards
	now := time.Now()
	for i, name := range []string{"One", "Another"} {
		c.put(card{id: video.ID(i)}, &video.Video{Channel: &actor.Channel{ChannelID: 1, DisplayName: name}}, now)
	}
	if v, _ := c.get(card{id: 1}, now); v.Channel.DisplayName != "Another" {
		t.Errorf("got %q", v.Channel.DisplayName)
	}
}
