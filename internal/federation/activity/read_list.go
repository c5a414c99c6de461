package activity

import (
	"cmp"
	"slices"

	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// Playlist is a playlist of another site. The embedded fields are set but for
// ids and owners.
type Playlist struct {
	playlist.Playlist
	// ChannelURL is whose it is, of the playlist's host.
	ChannelURL string
	// Total is how many elements it has, and FirstURL where they begin.
	Total    int
	FirstURL string
}

// ReadPlaylist reads a playlist.
func ReadPlaylist(d Doc) (*Playlist, error) {
	p := &Playlist{
		Playlist: playlist.Playlist{URL: d.ID(), UUID: d.Text("uuid"), Remote: true, Type: playlist.Regular, Privacy: playlist.Unlisted},
		Total:    count(d), FirstURL: "",
	}
	p.Name = line(d.Text("name"), playlist.MaxName)
	switch {
	case !d.Is("Playlist") || p.URL == "":
		return nil, errs.New(errs.Invalid, "no playlist with a valid id but %q", cut(d.Type(), 50))
	case p.Name == "" || !video.ValidUUID(p.UUID):
		return nil, errs.New(errs.Invalid, "the playlist %s has no valid name or uuid", p.URL)
	}
	if d.public("to") {
		p.Privacy = playlist.Public
	}
	p.Description = d.markdownOf("content", playlist.MaxDescription)
	p.CreatedAt, p.UpdatedAt = d.Time("published"), d.Time("updated")
	p.FirstURL = onHost(p.URL, d.Ref("first"))
	if n := d.Int("videoChannelPosition"); n > 0 && n < playlist.MaxElements {
		p.ChannelPosition = int(n)
	}
	for _, owner := range d.Refs("attributedTo") {
		if !SameHost(p.URL, owner) {
			return nil, errs.New(errs.Forbidden, "the playlist %s is attributed to another host", p.URL)
		}
		p.ChannelURL = cmp.Or(p.ChannelURL, owner)
	}
	for _, i := range pictures(d, "icon") {
		p.Thumbnails = append(p.Thumbnails, video.Thumbnail{FileURL: i.URL, Width: i.Width, Height: i.Height, AspectRatio: "16:9"})
	}
	return p, nil
}

// PlaylistElement is an element of a playlist of another site.
type PlaylistElement struct {
	URL, VideoURL string
	Position      int
	Start, Stop   *int // seconds
}

// ReadPlaylistElement reads an element of a playlist.
func ReadPlaylistElement(d Doc) (*PlaylistElement, error) {
	e := &PlaylistElement{URL: d.ID(), VideoURL: d.Ref("url"), Position: int(d.Int("position"))}
	if !d.Is("PlaylistElement") || e.URL == "" || e.VideoURL == "" || e.Position < 1 || e.Position > 1_000_000 {
		return nil, errs.New(errs.Invalid, "no valid element of a playlist")
	}
	e.Start, e.Stop = second(d, "startTimestamp"), second(d, "stopTimestamp")
	return e, nil
}

// second is a whole number of seconds, nil when there is none.
func second(d Doc, key string) *int {
	n, ok := d.whole(key)
	if !ok || n < 0 || n > maxSeconds {
		return nil
	}
	s := int(n)
	return &s
}

// ReadChapters reads the chapters of a video.
func ReadChapters(d Doc) []video.Chapter { return chapters(d.Docs("hasPart")) }

const maxChapters = 500

// chapters are the valid ones of a list, in order, each beginning only once.
func chapters(list []Doc) []video.Chapter {
	var out []video.Chapter
	for _, d := range list {
		start, ok := d.number("startOffset")
		c := video.Chapter{Timecode: int(start), Title: line(d.Text("name"), video.MaxChapterTitle)}
		if !ok || start < 0 || start > maxSeconds || c.Title == "" || len(out) == maxChapters {
			continue
		}
		if !slices.ContainsFunc(out, func(o video.Chapter) bool { return o.Timecode == c.Timecode }) {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b video.Chapter) int { return cmp.Compare(a.Timecode, b.Timecode) })
	return out
}

// Item is what stands in a collection: an id, and the document when it came
// whole.
type Item struct {
	URL string
	Doc Doc
}

// Collection is the beginning of a list.
type Collection struct {
	URL   string
	Total int
	// FirstURL is where its first page is; Page is set when that, or the
	// items themselves, came with it.
	FirstURL string
	Page     *Page
}

// Page is a page of a list. NextURL is of the same host, "" at the end.
type Page struct {
	URL, NextURL string
	Total        int
	Items        []Item
}

// ReadCollection reads the beginning of a list.
func ReadCollection(d Doc) (*Collection, error) {
	c := &Collection{URL: d.ID(), Total: count(d)}
	if c.URL == "" || !d.Is("OrderedCollection") && !d.Is("Collection") && !d.Is("Playlist") {
		return nil, errs.New(errs.Invalid, "no collection with a valid id but %q", cut(d.Type(), 50))
	}
	if first := d.Object("first"); first != nil {
		if p, err := ReadPage(first); err == nil && (p.URL == "" || SameHost(c.URL, p.URL)) {
			c.Page = p
		}
	} else {
		c.FirstURL = onHost(c.URL, d.Ref("first"))
	}
	if c.Page == nil && (d.Has("orderedItems") || d.Has("items")) {
		c.Page = readPage(d, c.URL)
	}
	return c, nil
}

// ReadPage reads a page of a list.
func ReadPage(d Doc) (*Page, error) {
	if !d.Is("OrderedCollectionPage") && !d.Is("CollectionPage") && !d.Has("orderedItems") && !d.Has("items") {
		return nil, errs.New(errs.Invalid, "no page of a collection but %q", cut(d.Type(), 50))
	}
	return readPage(d, d.ID()), nil
}

func readPage(d Doc, id string) *Page {
	p := &Page{URL: id, Total: count(d), NextURL: d.Ref("next")}
	if id != "" {
		p.NextURL = onHost(id, p.NextURL)
	}
	for _, key := range []string{"orderedItems", "items"} {
		for _, v := range items(d[key]) {
			it := Item{URL: refOf(v)}
			if m, ok := v.(map[string]any); ok {
				it.Doc = m
			}
			if (it.URL != "" || it.Doc != nil) && len(p.Items) < maxItems {
				p.Items = append(p.Items, it)
			}
		}
	}
	return p
}

// count is totalItems, 0 when it is none.
func count(d Doc) int {
	if n := d.Int("totalItems"); n > 0 && n < 1<<31 {
		return int(n)
	}
	return 0
}
