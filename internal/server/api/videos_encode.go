package api

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/rest"
)

// Encoding a page of videos costs more than reading it, and the store hands
// the same videos out again and again for a second. So the JSON of a video in
// a list is kept as long as nothing of it can have changed: the key holds all
// that changes by itself, and where its relations lie in memory, which is
// elsewhere once they have been read again.
type videoFragments struct {
	mu sync.RWMutex
	m  map[fragmentKey][]byte
}

type fragmentKey struct {
	id                                          video.ID
	updated                                     time.Time
	views, likes, dislikes, comments, downloads int64
	viewers                                     int64
	channel                                     *actor.Channel
	pictures                                    *video.Thumbnail
}

// maxFragments bounds the memory, at about 4 KB each. When it is full the map
// begins anew.
const maxFragments = 1000

func fragmentKeyOf(v *video.Video) fragmentKey {
	k := fragmentKey{v.ID, v.UpdatedAt, v.Views, v.Likes, v.Dislikes, v.Comments, v.Downloads, v.Viewers, v.Channel, nil}
	if len(v.Thumbnails) > 0 {
		k.pictures = &v.Thumbnails[0]
	}
	return k
}

func (c *videoFragments) get(k fragmentKey) []byte {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.m[k]
}

func (c *videoFragments) put(k fragmentKey, b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil || len(c.m) >= maxFragments {
		c.m = make(map[fragmentKey][]byte)
	}
	c.m[k] = b
}

// writeList answers with a page of plain videos, as JSON of a videoListJSON
// would.
func (h *Videos) writeList(w http.ResponseWriter, list []*video.Video, total int) error {
	parts, size := make([][]byte, len(list)), 64
	for i, v := range list {
		b, err := h.fragment(v)
		if err != nil {
			return err
		}
		parts[i] = b
		size += len(b) + 1
	}
	body := make([]byte, 0, size)
	body = append(body, '{')
	if total >= 0 {
		body = append(strconv.AppendInt(append(body, `"total":`...), int64(total), 10), ',')
	}
	body = append(body, `"data":[`...)
	for i, b := range parts {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, b...)
	}
	body = append(body, `]}`...)
	_ = rest.Bytes(w, http.StatusOK, rest.TypeJSON, body) // the client may be gone
	return nil
}

// fragment is the JSON of a video in a list. What is only of the person who
// asks is put behind what is kept for all.
func (h *Videos) fragment(v *video.Video) ([]byte, error) {
	k := fragmentKeyOf(v)
	b := h.fragments.get(k)
	if b == nil {
		out := presentVideo(h.Site, v, 0)
		out.UserHistory = nil
		var err error
		if b, err = json.Marshal(out); err != nil {
			return nil, err
		}
		h.fragments.put(k, b)
	}
	if v.WatchedTo == nil {
		return b, nil
	}
	own := append(make([]byte, 0, len(b)+48), b[:len(b)-1]...)
	own = strconv.AppendInt(append(own, `,"userHistory":{"currentTime":`...), int64(*v.WatchedTo), 10)
	return append(own, `}}`...), nil
}
