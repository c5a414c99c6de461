package publish

import (
	"context"
	"sync"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/federation/activity"
	"sepiola/internal/lately"
)

const (
	// textLife is for how long the text of a video is good after the video was
	// read, as for lists and pages; what this node changes is forgotten at
	// once.
	textLife = time.Second
	// maxTexts bounds what is kept, in bytes.
	maxTexts = 2 << 20
)

// texts are the documents of videos that were asked for just now: of what is
// announced, many ask for the same in the same second.
type texts struct {
	mu      sync.RWMutex
	changes int // of videos, see Videos
	bytes   int
	kept    map[string]text // by UUID

	asked lately.Keys // videos: a text that is asked for once is not kept
}

type text struct {
	body  []byte
	until time.Time
}

func (t *texts) get(uuid string, changes int, now time.Time) []byte {
	t.mu.RLock()
	defer t.mu.RUnlock()
	it, ok := t.kept[uuid]
	if !ok || t.changes != changes || !now.Before(it.until) {
		return nil
	}
	return it.body
}

// put keeps a text of what was read after there had been so many changes. When
// there is no room others give way, no matter which: who asks for some more than
// there is room for, one after the other, still finds most of them.
func (t *texts) put(uuid string, changes int, it text) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(it.body) > maxTexts/8 {
		return
	}
	if t.kept == nil || t.changes != changes {
		t.kept, t.changes, t.bytes = map[string]text{}, changes, 0
	}
	t.bytes += len(it.body) - len(t.kept[uuid].body)
	t.kept[uuid] = it
	for other, o := range t.kept { // in no order
		if t.bytes <= maxTexts {
			break
		}
		if other != uuid {
			t.bytes -= len(o.body)
			delete(t.kept, other)
		}
	}
}

// VideoText is Video as it is sent. It must not be changed.
func (d *Documents) VideoText(ctx context.Context, ref video.Ref) ([]byte, error) {
	changes := d.Videos.DetailsChanges()
	if ref.UUID != "" {
		if body := d.texts.get(ref.UUID, changes, time.Now()); body != nil {
			return body, nil
		}
	}
	v, parts, err := d.described(ctx, ref)
	if err != nil {
		return nil, err
	}
	body, err := activity.EncodeVideo(v, parts, d.Site)
	if err == nil && ref.UUID != "" && v.Details != nil && d.texts.asked.Again(uint64(v.ID)) {
		d.texts.put(ref.UUID, changes, text{body, v.Details.ReadAt.Add(textLife)})
	}
	return body, err
}
