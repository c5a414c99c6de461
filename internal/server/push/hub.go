// Package push tells people what is new while it is: pages that are open, by a
// stream of server-sent events (Stream), and browsers that took a
// subscription, by Web Push (Sender).
//
// Hub knows whose streams are open on this node and wakes them. What this node
// changes wakes them at once; what others change is found by looking at the
// counters of those people now and then, so nodes need not know each other.
//
// Not here: what people are told (domain/notification), and letters (mail).
package push

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

// Bounds of open streams, of one person and of a node: each costs a connection
// and some memory.
const (
	maxOfUser = 10
	maxOfNode = 20_000
)

// Hub wakes the streams of people for whom something has changed. It is a
// notification.Bus.
type Hub struct {
	// Counts are the states of people as the database has them.
	Counts func(ctx context.Context, ids []user.ID) (map[user.ID]notification.Count, error)
	// Forget lets what this node keeps of people be read again.
	Forget func(ids []user.ID)
	// Every is how often the counters of connected people are looked at; 0
	// when no other node can change them.
	Every time.Duration
	Log   *slog.Logger

	mu      sync.Mutex
	clients map[user.ID]*listener
	open    int
	closed  bool
}

// listener is a person with open streams.
type listener struct {
	streams map[*client]bool
	last    notification.Count
	known   bool
}

// client is an open stream. changed holds a wish to look again; done is closed
// when the server stops.
type client struct {
	changed chan struct{}
	done    chan struct{}
}

func (c *client) wake() {
	select {
	case c.changed <- struct{}{}:
	default: // it is to look already
	}
}

// join opens a stream of a person.
func (h *Hub) join(id user.ID) (*client, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.open >= maxOfNode {
		return nil, errs.New(errs.Unavailable, "There are too many open connections")
	}
	l := h.clients[id]
	if l == nil {
		l = &listener{streams: map[*client]bool{}}
		if h.clients == nil {
			h.clients = map[user.ID]*listener{}
		}
		h.clients[id] = l
	}
	if len(l.streams) >= maxOfUser {
		return nil, errs.New(errs.TooMany, "You have too many open connections")
	}
	c := &client{changed: make(chan struct{}, 1), done: make(chan struct{})}
	l.streams[c] = true
	h.open++
	return c, nil
}

func (h *Hub) leave(id user.ID, c *client) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.clients[id]
	if l == nil || !l.streams[c] {
		return
	}
	delete(l.streams, c)
	h.open--
	if len(l.streams) == 0 {
		delete(h.clients, id)
	}
}

// Changed implements notification.Bus for what this node changes.
func (h *Hub) Changed(ids []user.ID) {
	if h.Forget != nil {
		h.Forget(ids)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range ids {
		h.wake(id)
	}
}

func (h *Hub) wake(id user.ID) {
	if l := h.clients[id]; l != nil {
		for c := range l.streams {
			c.wake()
		}
	}
}

// Run finds what other nodes change, and ends all streams when ctx is done, so
// that they do not keep the server from stopping.
func (h *Hub) Run(ctx context.Context) error {
	defer h.close()
	if h.Every <= 0 {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(h.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := h.look(ctx); err != nil && ctx.Err() == nil {
			h.Log.WarnContext(ctx, "what other nodes tell people is not known now", "err", err)
		}
	}
}

func (h *Hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for _, l := range h.clients {
		for c := range l.streams {
			close(c.done)
		}
	}
	h.clients, h.open = nil, 0
}

// lookBatch is how many people one query asks about.
const lookBatch = 256

// look compares the counters of connected people with those of the last time.
func (h *Hub) look(ctx context.Context) error {
	h.mu.Lock()
	ids := slices.Collect(maps.Keys(h.clients))
	h.mu.Unlock()
	for part := range slices.Chunk(ids, lookBatch) {
		now, err := h.Counts(ctx, part)
		if err != nil {
			return err
		}
		if changed := h.compare(part, now); len(changed) > 0 {
			h.Changed(changed)
		}
	}
	return nil
}

func (h *Hub) compare(ids []user.ID, now map[user.ID]notification.Count) []user.ID {
	h.mu.Lock()
	defer h.mu.Unlock()
	var changed []user.ID
	for _, id := range ids {
		l := h.clients[id]
		if l == nil {
			continue
		}
		if l.known && l.last != now[id] {
			changed = append(changed, id)
		}
		l.last, l.known = now[id], true
	}
	return changed
}
