package api

import (
	"bytes"
	"math"
	"net/http"
	"strconv"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/kept"
	"sepiola/internal/server/rest"
)

// Encoding a page of videos costs more than reading it, and the same videos
// are in many people's lists. So the JSON of a video in a list is kept as long
// as nothing of it has changed: the key holds all that it is made of, texts and
// relations as a hash. That of its channel and owner, which is half of it, is
// kept apart, once for all videos of the channel.
type videoFragments struct {
	videos   kept.Map[fragmentKey, []byte]
	channels kept.Map[channelKey, []byte]
}

type fragmentKey struct {
	id                                          video.ID
	updated                                     time.Time
	views, likes, dislikes, comments, downloads int64
	viewers                                     int64
	content                                     uint64
}

type channelKey struct {
	id      actor.ChannelID
	content uint64
}

// Bounds of the fragments, in bytes; one of a video is about 2 KB, and so is
// one of a channel.
const (
	maxFragments        = 6 << 20
	maxChannelFragments = 3 << 20
)

func fragmentKeyOf(v *video.Video) fragmentKey {
	return fragmentKey{v.ID, v.UpdatedAt, v.Views, v.Likes, v.Dislikes, v.Comments, v.Downloads, v.Viewers, contentOf(v)}
}

// contentOf is a hash of what presentVideoBase shows beside numbers that change
// often.
func contentOf(v *video.Video) uint64 {
	return kept.Hash(func(h *kept.Content) { addVideo(h, v) })
}

func addVideo(h *kept.Content, v *video.Video) {
	h.Texts(v.UUID, v.URL, v.Name, v.Description, v.Language, v.NSFWSummary)
	h.Numbers(int64(v.Category), int64(v.Licence), int64(v.Privacy), int64(v.NSFWFlags), int64(v.Duration), int64(math.Float64bits(v.AspectRatio)))
	h.Flags(v.NSFW, v.Remote, v.IsLive, v.OriginallyPublishedAt != nil)
	h.Times(v.CreatedAt, v.PublishedAt)
	if v.OriginallyPublishedAt != nil {
		h.Times(*v.OriginallyPublishedAt)
	}
	h.Numbers(int64(len(v.Thumbnails)))
	for _, t := range v.Thumbnails {
		h.Texts(t.Filename, t.AspectRatio)
		h.Numbers(int64(t.Width), int64(t.Height))
	}
}

// channelKeyOf holds all that the summaries of a channel and its owner show.
func channelKeyOf(c *actor.Channel) channelKey {
	return channelKey{c.ChannelID, kept.Hash(func(h *kept.Content) {
		h.Numbers(int64(c.Owner.AccountID))
		addActor(h, &c.Actor, c.DisplayName)
		addActor(h, &c.Owner.Actor, c.Owner.DisplayName)
	})}
}

func addActor(h *kept.Content, a *actor.Actor, displayName string) {
	h.Texts(a.Username, a.Host, a.URL, displayName)
	h.Numbers(int64(len(a.Avatars)))
	for _, img := range a.Avatars {
		h.Texts(img.Filename)
		h.Numbers(int64(img.Type), int64(img.Width), int64(img.Height))
		h.Times(img.CreatedAt, img.UpdatedAt)
	}
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

// fragment appends the JSON of a video in a list, as that of a videoJSON would
// be. What is only of the person who asks is put behind what is kept for all.
func (h *Videos) fragment(b []byte, v *video.Video) []byte {
	key, whose := fragmentKeyOf(v), channelKeyOf(v.Channel)
	b = keptOrAppended(&h.fragments.videos, maxFragments, key, key.content, b, func(b []byte) []byte {
		base := presentVideoBase(h.Site, v)
		base.Description = base.TruncatedDescription
		return base.append(b)
	})
	b = keptOrAppended(&h.fragments.channels, maxChannelFragments, whose, whose.content, b, func(b []byte) []byte {
		account, channel := presentAccountSummary(h.Site, v.Channel.Owner), presentChannelSummary(h.Site, v.Channel)
		return appendWhose(b, &account, &channel)
	})
	return append(presentUserHistory(v).append(b), '}')
}

// keptOrAppended appends what is kept, or what appended appends, and keeps that
// when it is asked for again; content is a hash of it.
func keptOrAppended[K comparable](m *kept.Map[K, []byte], most int, key K, content uint64, b []byte, appended func([]byte) []byte) []byte {
	if known, ok := m.Get(key); ok {
		return append(b, known...)
	}
	start := len(b)
	b = appended(b)
	if m.Again(content) {
		m.Put(most, key, bytes.Clone(b[start:]), len(b)-start)
	}
	return b
}
