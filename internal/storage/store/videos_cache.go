package store

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// What many people ask for at once is read once: pages of public lists and
// details of videos are kept for answerLife. A node forgets them all when it
// changes a video itself through this store; what other nodes and workers
// write (files, counters) shows after answerLife at the latest. On SQLite,
// details are kept until they change (keptVideos) instead. Nothing is
// kept inside a transaction, so what is decided there is decided on what is.
const (
	answerLife = time.Second
	maxAnswers = 200 // of pages with up to a hundred videos, about 2 KB each
)

// videoAnswers are answers to questions that are written as texts.
type videoAnswers[T any] = answers[string, T]

// answers keeps values for answerLife, by key. When it is full it begins anew.
type answers[K comparable, T any] struct {
	mu       sync.RWMutex
	m        map[K]keptAnswer[T]
	gen      int  // of changes: what was read before one is not put after it
	sweeping bool // once more after answerLife
}

type keptAnswer[T any] struct {
	it    T
	until time.Time
}

func (a *answers[K, T]) get(key K) (it T, ok bool, gen int) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	k, ok := a.m[key]
	return k.it, ok && time.Now().Before(k.until), a.gen
}

func (a *answers[K, T]) put(key K, it T, gen int) { a.putUpTo(maxAnswers, key, it, gen) }

func (a *answers[K, T]) putUpTo(full int, key K, it T, gen int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if gen != a.gen {
		return
	}
	if a.m == nil || len(a.m) >= full {
		a.m = make(map[K]keptAnswer[T])
	}
	a.m[key] = keptAnswer[T]{it, time.Now().Add(answerLife)}
	if !a.sweeping {
		a.sweeping = true
		time.AfterFunc(answerLife, a.sweep)
	}
}

// sweep lets go of what is not good any more: nobody may ask for the like again
// for hours, and it would take its memory until then.
func (a *answers[K, T]) sweep() {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	a.m = swept(a.m, func(k keptAnswer[T]) bool { return now.Before(k.until) })
	if a.sweeping = a.m != nil; a.sweeping {
		time.AfterFunc(answerLife, a.sweep)
	}
}

// swept is a map with those of its values that are good, nil when none is: a
// map does not shrink by itself.
func swept[K comparable, V any](m map[K]V, good func(V) bool) map[K]V {
	maps.DeleteFunc(m, func(_ K, v V) bool { return !good(v) })
	if len(m) == 0 {
		return nil
	}
	return m
}

func (a *answers[K, T]) forget() {
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
		s.videoCards.forget()
		s.newestListed.forget()
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
	if s.kept.certain(ctx, s.DB) {
		return s.keptOrRead(context.WithoutCancel(ctx), ref)
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

// DetailsChanges counts what this node has changed of videos: what was made of
// Details is as good as before while it stays the same, for as long as Details
// themselves are kept.
func (s *Videos) DetailsChanges() int {
	s.details.mu.RLock()
	defer s.details.mu.RUnlock()
	return s.details.gen
}

func (s *Videos) readDetails(ctx context.Context, ref video.Ref) (*video.Video, error) {
	at := time.Now()
	cond, arg := `v.id = $1`, any(ref.ID)
	if ref.UUID != "" {
		cond, arg = `v.uuid = $1`, ref.UUID
	}
	var files string
	v, err := sqldb.One(ctx, s.DB, scanDetails(&files), detailsText+cond, arg, betweenTags)
	if err != nil {
		return nil, noVideo(err)
	}
	v.Details.ReadAt = at
	if err := s.fillChannels(ctx, []*video.Video{v}); err != nil {
		return nil, err
	}
	var ok bool
	if v.Files, ok = filesOf(v.ID, files); !ok {
		return v, s.fillFiles(ctx, newVideoPage([]*video.Video{v}))
	}
	return v, nil
}

// detailsText reads, with what a video has one of, its tags and whether it has
// what most have none of, and its files: one query instead of six.
const detailsText = `SELECT ` + videoColumns + `, ` + playlistColumns + `, u.update_at, COALESCE(u.privacy, 0), ` + storyboardColumns + `,
	COALESCE((SELECT string_agg(t.name, CAST($2 AS TEXT) ORDER BY vt.position, vt.tag_id) FROM video_tags vt JOIN tags t ON t.id = vt.tag_id WHERE vt.video_id = v.id), ''),
	EXISTS (SELECT 1 FROM video_chapters c WHERE c.video_id = v.id),
	EXISTS (SELECT 1 FROM video_captions c WHERE c.video_id = v.id),
	EXISTS (SELECT 1 FROM video_transcodes t WHERE t.video_id = v.id AND t.state <> 'done'),
	` + fileTexts + `
	FROM videos v
	LEFT JOIN streaming_playlists p ON p.video_id = v.id
	LEFT JOIN video_schedule_updates u ON u.video_id = v.id
	LEFT JOIN storyboards b ON b.video_id = v.id
	WHERE `

// betweenTags is what no tag holds.
const betweenTags = "\x1f"

// storyboardColumns are null without a storyboard.
const storyboardColumns = `b.filename, b.total_width, b.total_height, b.sprite_width, b.sprite_height, b.sprite_duration`

// playlistColumns are null without a playlist.
const playlistColumns = `p.id, p.playlist_filename, p.playlist_url, p.segments_filename, p.segments_url, p.p2p_info_hashes, p.trackers, p.mirrors, p.storage`

// scanDetails scans detailsText, with the text of the files apart.
func scanDetails(files *string) func(sqldb.Row) (*video.Video, error) {
	return func(r sqldb.Row) (*video.Video, error) {
		v, u, more := new(video.Video), new(video.ScheduleUpdate), new(video.Details)
		var at *time.Time
		var p nullPlaylist
		var b nullStoryboard
		var tags string
		fields := append(append(videoFields(v), p.fields()...), &at, &u.Privacy)
		fields = append(append(fields, b.fields()...), &tags, &more.HaveChapters, &more.HaveCaptions, &more.InWork, files)
		if err := r.Scan(fields...); err != nil {
			return nil, err
		}
		if at != nil {
			u.UpdateAt = *at
			v.Schedule = u
		}
		if tags != "" {
			v.Tags = strings.Split(tags, betweenTags)
		}
		more.Storyboard = b.of(v.ID)
		v.Details = more
		var err error
		v.Playlist, err = p.of(v.ID)
		return v, err
	}
}

// nullStoryboard scans storyboardColumns, which may all be null.
type nullStoryboard struct {
	filename                                        *string
	totalWidth, totalHeight, width, height, seconds *int
}

func (b *nullStoryboard) fields() []any {
	return []any{&b.filename, &b.totalWidth, &b.totalHeight, &b.width, &b.height, &b.seconds}
}

// of returns the storyboard of a video, or nil.
func (b *nullStoryboard) of(id video.ID) *video.Storyboard {
	if b.filename == nil {
		return nil
	}
	return &video.Storyboard{
		VideoID: id, Filename: *b.filename, TotalWidth: *b.totalWidth, TotalHeight: *b.totalHeight,
		SpriteWidth: *b.width, SpriteHeight: *b.height, SpriteDuration: *b.seconds,
	}
}
