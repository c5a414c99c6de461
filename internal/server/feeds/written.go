package feeds

import (
	"bytes"

	"sepiola/internal/domain/video"
	"sepiola/internal/server/kept"
)

// Writing a feed costs several times what finding its videos does, and most
// readers ask for what others have just asked for. So what was written is kept
// as long as the same is to be written: the videos are found anew for every
// request, by the rules of lists, and the key holds all that a feed is made of.
// What is private now or has changed is another feed; nothing kept can show it.
type writtenFeeds struct{ kept.Map[feedKey, written] }

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

// maxWritten bounds the feeds that are kept, in bytes.
const maxWritten = 2 << 20

func (k *writtenFeeds) put(key feedKey, w written) {
	k.Put(maxWritten, key, w, len(w.body)+len(key.self)+len(w.tag))
}

// content is a hash of all that the writers read of a feed.
func (f *Feed) content() uint64 { return kept.Hash(f.addTo) }

func (f *Feed) addTo(h *kept.Content) {
	h.Texts(f.Title, f.Description, f.Link, f.Self, f.Icon, f.Generator, f.Language, f.Rights)
	h.Times(f.Updated)
	h.Numbers(int64(len(f.Items)))
	for i := range f.Items {
		addItem(h, &f.Items[i])
	}
}

func addItem(h *kept.Content, it *Item) {
	h.Texts(it.Title, it.URL, it.ID, it.Summary, it.HTML, it.Author, it.AuthorURL, it.Category, it.EmbedURL)
	h.Times(it.Published, it.Updated)
	h.Numbers(int64(len(it.Tags)))
	h.Texts(it.Tags...)
	h.Flags(it.Thumbnail != nil, it.Video != nil)
	if t := it.Thumbnail; t != nil {
		h.Texts(t.Filename)
		h.Numbers(int64(t.Width), int64(t.Height))
	}
	if it.Video != nil {
		addVideo(h, it.Video)
	}
}

func addVideo(h *kept.Content, v *video.Video) {
	h.Texts(v.UUID, v.Name, v.Language)
	h.Numbers(v.Views, int64(v.Duration), int64(len(v.Files)))
	h.Flags(v.NSFW)
	for i := range v.Files {
		f := &v.Files[i]
		h.Texts(f.Filename, f.FileURL, f.TorrentFilename, f.Extname)
		h.Numbers(int64(f.ID), int64(f.PlaylistID), int64(f.Resolution), int64(f.FPS), int64(f.Height), f.Size)
		h.Flags(f.HasAudio, f.HasVideo)
	}
}

// written writes a feed, or finds it written.
func (s *Server) written(format writer, feed *Feed) (written, error) {
	key := feedKey{format.name, feed.Self, feed.content()}
	if w, ok := s.kept.Get(key); ok {
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
