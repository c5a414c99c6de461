package user

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Activity of sessions is written down together, a few seconds after it was:
// a synced write for each person who comes would cost more than knowing them.
// What a crash loses of it is noticed anew with the next request.
const (
	touchWrite = 5 * time.Second
	// maxTouches bounds what waits, at about 300 bytes each. What comes when
	// it is full is noticed later.
	maxTouches = 20_000
	// touchBatch is how many are written in one transaction: SQLite has one
	// writer, for which others wait.
	touchBatch = 500
)

// Touch is activity of a session.
type Touch struct {
	Session int64
	From    Device
	At      time.Time
	// Expires is until when the access token holds from now on; it never
	// holds for shorter than before.
	Expires time.Time
}

// touches wait to be written, the last of each session.
type touches struct {
	mu sync.Mutex
	m  map[int64]Touch
}

// add takes t, unless too many wait.
func (w *touches) add(t Touch) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, again := w.m[t.Session]; !again && len(w.m) >= maxTouches {
		return false
	}
	if w.m == nil {
		w.m = make(map[int64]Touch)
	}
	w.m[t.Session] = t
	return true
}

// over puts what waits over what was read of sessions.
func (w *touches) over(list ...*Session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, ses := range list {
		if t, ok := w.m[ses.ID]; ok && t.At.After(ses.LastActivityAt) {
			t.put(ses)
		}
	}
}

func (t Touch) put(ses *Session) {
	ses.Last, ses.LastActivityAt = t.From, t.At
	if t.Expires.After(ses.AccessExpiresAt) {
		ses.AccessExpiresAt = t.Expires
	}
}

// waiting are the touches that wait, by session.
func (w *touches) waiting() []Touch {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := make([]Touch, 0, len(w.m))
	for _, t := range w.m {
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b Touch) int { return int(a.Session - b.Session) })
	return list
}

// written forgets touches, but not those that were replaced by later ones.
func (w *touches) written(list []Touch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range list {
		if w.m[t.Session] == t {
			delete(w.m, t.Session)
		}
	}
}

// touch notes activity, and reports whether it prolonged a browser's session.
// It is a courtesy: a full disk must not lock people out.
func (s *Sessions) touch(ctx context.Context, ses *Session, from Device, now time.Time) bool {
	t := Touch{Session: ses.ID, From: from.cut(), At: now, Expires: ses.AccessExpiresAt}
	if ses.Kind == Browser {
		t.Expires = now.Add(s.Lifetimes.Browser)
	}
	soon := t.Expires.After(ses.AccessExpiresAt) && ses.AccessExpiresAt.Sub(now) < touchEvery
	if soon { // other nodes are not to take it for expired meanwhile
		if err := s.Store.Touch(ctx, []Touch{t}); err != nil {
			return false
		}
	} else if !s.touches.add(t) {
		return false
	}
	t.put(ses)
	return ses.Kind == Browser
}

// WriteActivity writes down the activity that waits to be. What could not be
// written is forgotten: it is noticed again when its session comes back.
func (s *Sessions) WriteActivity(ctx context.Context) error {
	list := s.touches.waiting()
	defer s.touches.written(list)
	for part := range slices.Chunk(list, touchBatch) {
		if err := s.Store.Touch(ctx, part); err != nil {
			return fmt.Errorf("write down who was active: %w", err)
		}
	}
	return nil
}

// Run writes activity down every few seconds until ctx is done; then what is
// left is for WriteActivity.
func (s *Sessions) Run(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(touchWrite)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := s.WriteActivity(ctx); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "last activity was not written down", "err", err)
		}
	}
}
