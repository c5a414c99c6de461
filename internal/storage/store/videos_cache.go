package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// What many people ask for at once is read once: pages of public lists and
// details of videos are kept for answerLife. A node forgets them all when it
// changes a video itself through this store; what other nodes and workers
// write (files, counters) shows after answerLife at the latest. Nothing is
// kept inside a transaction, so what is decided there is decided on what is.
const (
	answerLife = time.Second
	maxAnswers = 200 // of pages with up to a hundred videos, about 2 KB each
)

// videoAnswers keeps values for answerLife, by key. When it is full it begins
// anew.
type videoAnswers[T any] struct {
	mu  sync.RWMutex
	m   map[string]keptAnswer[T]
	gen int // of changes: what was read before one is not put after it
}

type keptAnswer[T any] struct {
	it    T
	until time.Time
}

func (a *videoAnswers[T]) get(key string) (it T, ok bool, gen int) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	k, ok := a.m[key]
	return k.it, ok && time.Now().Before(k.until), a.gen
}

func (a *videoAnswers[T]) put(key string, it T, gen int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if gen != a.gen {
		return
	}
	if a.m == nil || len(a.m) >= maxAnswers {
		a.m = make(map[string]keptAnswer[T])
	}
	a.m[key] = keptAnswer[T]{it, time.Now().Add(answerLife)}
}

func (a *videoAnswers[T]) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.m, a.gen = nil, a.gen+1
}

// changed forgets, once the transaction of ctx is committed, what was read of
// videos before.
func (s *Videos) changed(ctx context.Context) {
	s.DB.AfterCommit(ctx, func(context.Context) {
		s.totals.forget()
		s.pages.forget()
		s.details.forget()
	})
}

// copied lets callers have videos of their own; relations stay shared and
// must not be changed in place.
func copied(list []*video.Video) []*video.Video {
	all, out := make([]video.Video, len(list)), make([]*video.Video, len(list))
	for i, v := range list {
		all[i] = *v
		out[i] = &all[i]
	}
	return out
}

// Details returns a video with all relations; see video.Store.
func (s *Videos) Details(ctx context.Context, ref video.Ref) (*video.Video, error) {
	if s.DB.Tx(ctx) != nil {
		return s.readDetails(ctx, ref)
	}
	key := ref.UUID
	if key == "" {
		key = fmt.Sprint(ref.ID)
	}
	kept, ok, gen := s.details.get(key)
	if !ok {
		v, err := s.readDetails(context.WithoutCancel(ctx), ref) // short, and others may wait for it
		if err != nil {
			return nil, err
		}
		s.details.put(key, v, gen)
		kept = v
	}
	v := *kept
	return &v, nil
}

func (s *Videos) readDetails(ctx context.Context, ref video.Ref) (*video.Video, error) {
	cond, arg := `v.id = $1`, any(ref.ID)
	if ref.UUID != "" {
		cond, arg = `v.uuid = $1`, ref.UUID
	}
	v, err := sqldb.One(ctx, s.DB, scanDetails, `SELECT `+videoColumns+`, `+playlistColumns+`, u.update_at, COALESCE(u.privacy, 0)
		FROM videos v
		LEFT JOIN streaming_playlists p ON p.video_id = v.id
		LEFT JOIN video_schedule_updates u ON u.video_id = v.id
		WHERE `+cond, arg)
	if err != nil {
		return nil, noVideo(err)
	}
	if err := s.fillChannels(ctx, []*video.Video{v}); err != nil {
		return nil, err
	}
	page := newVideoPage([]*video.Video{v})
	for _, fill := range []func(context.Context, *videoPage) error{s.fillTags, s.fillThumbnails, s.fillFiles} {
		if err := fill(ctx, page); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// playlistColumns are null without a playlist.
const playlistColumns = `p.id, p.playlist_filename, p.playlist_url, p.segments_filename, p.segments_url, p.p2p_info_hashes, p.storage`

func scanDetails(r sqldb.Row) (*video.Video, error) {
	v, u := new(video.Video), new(video.ScheduleUpdate)
	var at *time.Time
	var p nullPlaylist
	if err := r.Scan(append(append(videoFields(v), p.fields()...), &at, &u.Privacy)...); err != nil {
		return nil, err
	}
	if at != nil {
		u.UpdateAt = *at
		v.Schedule = u
	}
	var err error
	v.Playlist, err = p.of(v.ID)
	return v, err
}
