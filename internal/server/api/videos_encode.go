package api

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/rest"
)

// Encoding a page of videos costs more than reading it, and the same videos
// are in many people's lists. So the JSON of a video in a list is kept as long
// as nothing of it has changed: the key holds all that it is made of, texts and
// relations as a hash.
type videoFragments struct {
	mu sync.RWMutex
	m  map[fragmentKey][]byte
}

type fragmentKey struct {
	id                                          video.ID
	updated                                     time.Time
	views, likes, dislikes, comments, downloads int64
	viewers                                     int64
	content                                     uint64
}

// maxFragments bounds the memory, at about 4 KB each. When it is full the map
// begins anew.
const maxFragments = 2000

func fragmentKeyOf(v *video.Video) fragmentKey {
	return fragmentKey{v.ID, v.UpdatedAt, v.Views, v.Likes, v.Dislikes, v.Comments, v.Downloads, v.Viewers, contentOf(v)}
}

// contentSeed is of this process: hashes are kept by nobody else.
var contentSeed = maphash.MakeSeed()

// contentOf is a hash of what presentVideo shows beside numbers that change
// often.
func contentOf(v *video.Video) uint64 {
	var h contentHash
	h.SetSeed(contentSeed)
	h.texts(v.UUID, v.URL, v.Name, v.Description, v.Language, v.NSFWSummary)
	h.numbers(int64(v.Category), int64(v.Licence), int64(v.Privacy), int64(v.NSFWFlags), int64(v.Duration), int64(math.Float64bits(v.AspectRatio)))
	h.flags(v.NSFW, v.Remote, v.IsLive)
	h.times(v.CreatedAt, v.PublishedAt)
	if v.OriginallyPublishedAt != nil {
		h.times(*v.OriginallyPublishedAt)
	}
	for _, t := range v.Thumbnails {
		h.texts(t.Filename, t.AspectRatio)
		h.numbers(int64(t.Width), int64(t.Height))
	}
	h.numbers(int64(v.Channel.ChannelID), int64(v.Channel.Owner.AccountID))
	h.actor(&v.Channel.Actor, v.Channel.DisplayName)
	h.actor(&v.Channel.Owner.Actor, v.Channel.Owner.DisplayName)
	return h.Sum64()
}

type contentHash struct{ maphash.Hash }

func (h *contentHash) actor(a *actor.Actor, displayName string) {
	h.texts(a.Username, a.Host, a.URL, displayName)
	for _, img := range a.Avatars {
		h.texts(img.Filename)
		h.numbers(int64(img.Type), int64(img.Width), int64(img.Height))
		h.times(img.CreatedAt, img.UpdatedAt)
	}
}

// texts are told apart by their lengths.
func (h *contentHash) texts(list ...string) {
	for _, s := range list {
		h.numbers(int64(len(s)))
		_, _ = h.WriteString(s)
	}
}

func (h *contentHash) numbers(list ...int64) {
	for _, n := range list {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], uint64(n))
		_, _ = h.Write(b[:])
	}
}

func (h *contentHash) times(list ...time.Time) {
	for _, t := range list {
		h.numbers(t.UnixNano())
	}
}

func (h *contentHash) flags(list ...bool) {
	for _, yes := range list {
		n := int64(0)
		if yes {
			n = 1
		}
		h.numbers(n)
	}
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
	return rest.Append(w, http.StatusOK, func(b []byte) []byte {
		b = append(b, '{')
		if total >= 0 {
			b = append(strconv.AppendInt(append(b, `"total":`...), int64(total), 10), ',')
		}
		b = append(b, `"data":[`...)
		for i, v := range list {
			if i > 0 {
				b = append(b, ',')
			}
			b = h.fragment(b, v)
		}
		return append(b, `]}`...)
	})
}

// fragment appends the JSON of a video in a list. What is only of the person
// who asks is put behind what is kept for all.
func (h *Videos) fragment(b []byte, v *video.Video) []byte {
	k := fragmentKeyOf(v)
	if kept := h.fragments.get(k); kept != nil {
		b = append(b, kept...)
	} else {
		start, out := len(b), presentVideo(h.Site, v, 0)
		out.UserHistory = nil
		b = out.append(b)
		h.fragments.put(k, bytes.Clone(b[start:]))
	}
	if v.WatchedTo == nil {
		return b
	}
	b = strconv.AppendInt(append(b[:len(b)-1], `,"userHistory":{"currentTime":`...), int64(*v.WatchedTo), 10)
	return append(b, `}}`...)
}
