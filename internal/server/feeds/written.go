package feeds

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"sync"
	"time"

	"sepiola/internal/domain/video"
)

// Writing a feed costs several times what finding its videos does, and most
// readers ask for what others have just asked for. So what was written is kept
// as long as the same is to be written: the videos are found anew for every
// request, by the rules of lists, and the key holds all that a feed is made of.
// What is private now or has changed is another feed; nothing kept can show it.
type writtenFeeds struct {
	mu    sync.Mutex
	known map[feedKey]written
	size  int // of the bodies, in bytes
}

// feedKey is a feed: where it is asked for, in which format, and what is in it.
type feedKey struct {
	format, self string
	content      uint64
}

// written is a feed as it is sent. It is not changed any more.
type written struct {
	body []byte
	tag  string // its entity tag
}

// maxWritten bounds the bodies that are kept, in bytes. When there is more, all
// are forgotten: what is still asked for comes back at once.
const maxWritten = 4 << 20

func (k *writtenFeeds) get(key feedKey) (written, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	w, ok := k.known[key]
	return w, ok
}

func (k *writtenFeeds) put(key feedKey, w written) {
	size := len(w.body) + len(key.self) + 200 // with its place in the map
	if size > maxWritten/4 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil || k.size+size > maxWritten {
		k.known, k.size = map[feedKey]written{}, 0
	}
	if _, have := k.known[key]; !have {
		k.known[key], k.size = w, k.size+size
	}
}

// feedSeed is of this process: the hashes are kept by nobody else.
var feedSeed = maphash.MakeSeed()

// content is a hash of all that the writers read of a feed.
func (f *Feed) content() uint64 {
	h := contentHash{b: make([]byte, 0, 16<<10)}
	h.texts(f.Title, f.Description, f.Link, f.Self, f.Icon, f.Generator, f.Language, f.Rights)
	h.times(f.Updated)
	h.numbers(int64(len(f.Items)))
	for i := range f.Items {
		h.item(&f.Items[i])
	}
	return maphash.Bytes(feedSeed, h.b)
}

// contentHash gathers what is hashed.
type contentHash struct{ b []byte }

func (h *contentHash) item(it *Item) {
	h.texts(it.Title, it.URL, it.ID, it.Summary, it.HTML, it.Author, it.AuthorURL, it.Category, it.EmbedURL)
	h.times(it.Published, it.Updated)
	h.numbers(int64(len(it.Tags)))
	h.texts(it.Tags...)
	h.flags(it.Thumbnail != nil, it.Video != nil)
	if t := it.Thumbnail; t != nil {
		h.texts(t.Filename)
		h.numbers(int64(t.Width), int64(t.Height))
	}
	if it.Video != nil {
		h.video(it.Video)
	}
}

func (h *contentHash) video(v *video.Video) {
	h.texts(v.UUID, v.Name, v.Language)
	h.numbers(v.Views, int64(v.Duration), int64(len(v.Files)))
	h.flags(v.NSFW)
	for i := range v.Files {
		f := &v.Files[i]
		h.texts(f.Filename, f.FileURL, f.TorrentFilename, f.Extname)
		h.numbers(int64(f.PlaylistID), int64(f.Resolution), int64(f.FPS), int64(f.Height), f.Size)
		h.flags(f.HasAudio, f.HasVideo)
	}
}

// texts are told apart by their lengths.
func (h *contentHash) texts(list ...string) {
	for _, s := range list {
		h.b = append(binary.AppendUvarint(h.b, uint64(len(s))), s...)
	}
}

func (h *contentHash) numbers(list ...int64) {
	for _, n := range list {
		h.b = binary.AppendVarint(h.b, n)
	}
}

func (h *contentHash) times(list ...time.Time) {
	for _, t := range list {
		h.b = binary.AppendVarint(h.b, t.UnixNano())
	}
}

func (h *contentHash) flags(list ...bool) {
	for _, yes := range list {
		n := byte(0)
		if yes {
			n = 1
		}
		h.b = append(h.b, n)
	}
}

// written writes a feed, or finds it written.
func (s *Server) written(format writer, feed *Feed) (written, error) {
	key := feedKey{format.name, feed.Self, feed.content()}
	if w, ok := s.kept.get(key); ok {
		return w, nil
	}
	var b bytes.Buffer
	b.Grow(64 << 10)
	if err := format.write(&b, s.Site, feed); err != nil {
		return written{}, err
	}
	w := asWritten(bytes.Clone(b.Bytes()))
	s.kept.put(key, w)
	return w, nil
}
