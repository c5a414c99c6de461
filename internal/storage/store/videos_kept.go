package store

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/lately"
	"sepiola/internal/storage/sqldb"
)

// Bounds of what is kept until it changes, in bytes: the details of some 5,000
// videos with ordinary descriptions and four files each, and what lists show of
// some 5,000.
const (
	maxKeptDetails = 8 << 20
	maxKeptCards   = 4 << 20
)

// keptOverhead is what a kept video takes besides its packed string, in bytes.
const keptOverhead = 160

// leftOut is what videos are kept without: channels are kept by themselves.
var leftOut = reflect.TypeFor[*actor.Channel]()

var videoPacker = newPacker(reflect.TypeFor[video.Video](), leftOut)

// keptTables are those that details are read from, with the column that says
// of which video a row is. (A tag's name never changes.)
var keptTables = map[string]string{
	"videos":                 "id",
	"streaming_playlists":    "video_id",
	"video_files":            "video_id",
	"video_tags":             "video_id",
	"video_schedule_updates": "video_id",
	"video_chapters":         "video_id",
	"video_captions":         "video_id",
	"video_transcodes":       "video_id",
	"storyboards":            "video_id",
}

// keptVideos keeps videos, with their relations or as lists show them, until
// one of them changes. It is only used where each change is heard of: on
// SQLite, where this process is told by the database itself, and looks once in
// a while whether a command beside it has written (sqldb.DB.Watch). When it is
// full, others give way, no matter which: who asks for all videos one after the
// other must not push out each before it is asked for again.
type keptVideos struct {
	most atomic.Int64 // bytes; 0 where changes are not heard of
	read lately.Keys

	mu      sync.RWMutex
	byID    map[video.ID]keptVideo
	byUUID  map[string]video.ID
	bytes   int
	changes int // of any video: what was read before one is not kept after it
}

type keptVideo struct{ packed, uuid string }

func (v keptVideo) size() int { return len(v.packed) + keptOverhead }

// KeepDetails keeps the details of videos, and what lists show of them, for
// longer than a second, where it is certain that they have not changed. It is called once, before requests
// come, when the database's tables are there.
func (s *Videos) KeepDetails(ctx context.Context) error {
	on, err := s.DB.Watch(ctx, sqldb.Watch{Keys: keptTables, Changed: func(ids []int64, anybodys bool) {
		s.kept.forget(ids, anybodys)
		s.cards.forget(ids, anybodys)
	}})
	if on && err == nil {
		if err := errors.Join(s.watchSums(ctx), s.keepActors(ctx)); err != nil {
			return err
		}
		s.kept.most.Store(maxKeptDetails)
		s.cards.most.Store(maxKeptCards)
	}
	return err
}

// get returns a video that is kept, for the caller alone, but its texts; nil
// when it is not. changes is for put.
func (k *keptVideos) get(ref video.Ref) (v *video.Video, changes int) {
	k.mu.RLock()
	id := ref.ID
	if ref.UUID != "" {
		id = k.byUUID[ref.UUID]
	}
	kept, ok := k.byID[id]
	changes = k.changes
	k.mu.RUnlock()
	if !ok {
		return nil, changes
	}
	v = new(video.Video)
	if err := videoPacker.unpack(kept.packed, v); err != nil {
		return nil, changes
	}
	return v, changes
}

// changed counts the changes of any video so far, for put.
func (k *keptVideos) changed() int {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.changes
}

// again keeps a video (see put) that was read before, too: what lists show of
// one is read with that of others, for little more than it takes to keep it.
func (k *keptVideos) again(v *video.Video, changes int) {
	if k.read.Again(uint64(v.ID)) {
		k.put(v, changes)
	}
}

// put keeps a video that was read after there had been so many changes.
func (k *keptVideos) put(v *video.Video, changes int) {
	it := keptVideo{videoPacker.pack(v), v.UUID}
	k.mu.Lock()
	defer k.mu.Unlock()
	most := int(k.most.Load())
	if changes != k.changes || it.size() > most/100 {
		return
	}
	if k.byID == nil {
		k.byID, k.byUUID = map[video.ID]keptVideo{}, map[string]video.ID{}
	}
	k.remove(v.ID)
	for other := range k.byID { // in no order
		if k.bytes+it.size() <= most {
			break
		}
		k.remove(other)
	}
	k.byID[v.ID], k.byUUID[v.UUID] = it, v.ID
	k.bytes += it.size()
}

func (k *keptVideos) remove(id video.ID) {
	if it, ok := k.byID[id]; ok {
		delete(k.byID, id)
		delete(k.byUUID, it.uuid)
		k.bytes -= it.size()
	}
}

// forget lets go of videos that have changed; see sqldb.Watch.
func (k *keptVideos) forget(ids []int64, all bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.changes++
	if all {
		k.byID, k.byUUID, k.bytes = nil, nil, 0
		return
	}
	for _, id := range ids {
		k.remove(video.ID(id))
	}
}

// certain reports whether what is kept is what is. Within a transaction it is
// not asked: what is decided there is decided on what the database says.
func (k *keptVideos) certain(ctx context.Context, db *sqldb.DB) bool {
	return certain(ctx, db, &k.most)
}

// certain is of whatever keeps that many bytes at most, and nothing where
// changes are not heard of.
func certain(ctx context.Context, db *sqldb.DB, most *atomic.Int64) bool {
	return most.Load() > 0 && db.Tx(ctx) == nil && db.Alone()
}

// keptOrRead returns the details of a video that are kept, or reads them.
func (s *Videos) keptOrRead(ctx context.Context, ref video.Ref) (*video.Video, error) {
	now := time.Now()
	v, changes := s.kept.get(ref)
	if v != nil {
		v.Details.ReadAt = now
		return v, s.fillChannels(ctx, []*video.Video{v})
	}
	v, err := s.readDetails(ctx, ref)
	if err == nil {
		s.kept.put(v, changes)
	}
	return v, err
}
