package feeds

import (
	"bytes"
	"cmp"
	"strings"
	"time"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
)

// writeRSS writes RSS 2.0 with Media RSS.
//
// https://www.rssboard.org/rss-specification, https://www.rssboard.org/media-rss
func writeRSS(b *bytes.Buffer, site instance.Site, f *Feed) error {
	d := document{b}
	b.WriteString(declaration)
	d.in("rss", []string{
		"version", "2.0", "xmlns:dc", "http://purl.org/dc/elements/1.1/", "xmlns:media", "http://search.yahoo.com/mrss/",
		"xmlns:content", "http://purl.org/rss/1.0/modules/content/", "xmlns:atom", "http://www.w3.org/2005/Atom",
	}, func() {
		d.in("channel", nil, func() {
			d.channelHead(f)
			for i := range f.Items {
				d.in("item", nil, func() { d.rssItem(site, &f.Items[i]) })
			}
		})
	})
	return nil
}

func (d document) channelHead(f *Feed) {
	d.text("title", f.Title)
	d.text("link", f.Link)
	description := f.Description
	if description == "" { // RSS wants one
		description = f.Title
	}
	d.description(description)
	d.text("language", f.Language)
	if !f.Updated.IsZero() {
		d.text("lastBuildDate", rfc822(f.Updated))
	}
	d.text("docs", "https://validator.w3.org/feed/docs/rss2.html")
	d.text("generator", f.Generator)
	d.in("image", nil, func() {
		d.text("title", f.Title)
		d.text("url", f.Icon)
		d.text("link", f.Link)
	})
	d.text("copyright", f.Rights)
	d.empty("atom:link", "href", f.Self, "rel", "self", "type", "application/rss+xml")
}

func (d document) rssItem(site instance.Site, it *Item) {
	d.text("title", it.Title)
	d.text("link", it.URL)
	if it.ID != "" {
		d.text("guid", it.ID, "isPermaLink", "false")
	} else {
		d.text("guid", it.URL)
	}
	d.text("pubDate", rfc822(it.Published))
	d.description(it.Summary)
	d.text("content:encoded", it.HTML)
	d.text("dc:creator", it.Author)
	d.text("category", it.Category)
	if it.Video != nil {
		d.media(site, it)
	}
}

// media writes what players and readers make of a video.
func (d document) media(site instance.Site, it *Item) {
	v := it.Video
	list := offers(site, v)
	if best := enclosed(list); best != nil {
		d.empty("enclosure", "length", number(best.size), "type", mediaType(best.file), "url", best.url)
	}
	d.in("media:community", nil, func() { d.empty("media:statistics", "views", number(v.Views)) })
	d.empty("media:embed", "url", it.EmbedURL)
	d.empty("media:player", "url", it.URL)
	d.in("media:group", nil, func() {
		for _, o := range list {
			if f := o.file; f.TorrentFilename != "" {
				d.empty("media:peerLink", "type", "application/x-bittorrent", "href", site.URL("/lazy-static/torrents/"+f.TorrentFilename), "isDefault", "false")
			}
		}
		for i, o := range list {
			f := o.file
			framerate, height := "", ""
			if f.HasVideo {
				framerate, height = number(f.FPS), number(f.Height)
			}
			d.empty("media:content", "url", o.url, "isDefault", map[bool]string{true: "true", false: "false"}[i == 0],
				"type", mediaType(f), "fileSize", number(o.size), "framerate", framerate, "height", height, "duration", number(v.Duration), "lang", v.Language)
		}
	})
	d.text("media:title", v.Name, "type", "plain")
	d.text("media:description", it.Summary, "type", "plain")
	if t := it.Thumbnail; t != nil {
		d.empty("media:thumbnail", "url", site.URL("/lazy-static/thumbnails/"+t.Filename), "width", number(t.Width), "height", number(t.Height))
	}
	d.text("media:rating", map[bool]string{true: "adult", false: "nonadult"}[v.NSFW])
	for _, tag := range it.Tags {
		d.text("category", tag)
	}
}

// playable are the files of a video that can be fetched alone: progressive
// ones, and those of HLS, which are MP4 files too.
func playable(v *video.Video) []*video.File {
	list := make([]*video.File, 0, len(v.Files))
	for i := range v.Files {
		if f := &v.Files[i]; f.Filename != "" || f.FileURL != "" {
			list = append(list, f)
		}
	}
	return list
}

func mediaType(f *video.File) string {
	switch {
	case !f.HasVideo:
		return "audio/mp4"
	case f.Extname == ".webm":
		return "video/webm"
	case f.Extname == ".ogv":
		return "video/ogg"
	}
	return "video/mp4"
}

// fileURL is where a file of a public video is.
func fileURL(site instance.Site, v *video.Video, f *video.File) string {
	switch {
	case f.FileURL != "":
		return f.FileURL
	case f.PlaylistID != 0:
		return site.URL("/static/streaming-playlists/hls/" + v.UUID + "/" + f.Filename)
	}
	return site.URL("/static/web-videos/" + f.Filename)
}

// writeAtom writes Atom 1.0 (RFC 4287).
func writeAtom(b *bytes.Buffer, site instance.Site, f *Feed) error {
	d := document{b}
	b.WriteString(declaration)
	d.in("feed", []string{"xmlns", "http://www.w3.org/2005/Atom"}, func() {
		d.text("id", idOf(f.Self))
		d.text("title", f.Title)
		updated := f.Updated
		if updated.IsZero() { // Atom wants one
			updated = time.Unix(0, 0)
		}
		d.text("updated", iso(updated))
		d.text("generator", f.Generator)
		d.in("author", nil, func() { d.text("name", f.Title) })
		d.empty("link", "rel", "alternate", "href", f.Link)
		d.empty("link", "rel", "self", "type", "application/atom+xml", "href", f.Self)
		d.text("subtitle", f.Description)
		d.text("logo", f.Icon)
		d.text("icon", f.Icon)
		d.text("rights", f.Rights)
		for i := range f.Items {
			d.in("entry", nil, func() { d.entry(site, &f.Items[i]) })
		}
	})
	return nil
}

// idOf is what an Atom feed is known by, which no other feed may be (RFC 4287,
// 4.2.6): its address, as the videos of an account, its subscriptions and the
// comments on its videos link to one page. A token is nobody else's business.
func idOf(self string) string {
	path, query, asked := strings.Cut(self, "?")
	if !asked {
		return self
	}
	var kept []string
	for part := range strings.SplitSeq(query, "&") {
		if !strings.HasPrefix(part, "token=") {
			kept = append(kept, part)
		}
	}
	return strings.TrimSuffix(path+"?"+strings.Join(kept, "&"), "?")
}

func (d document) entry(site instance.Site, it *Item) {
	d.text("title", it.Title, "type", "text")
	d.text("id", cmp.Or(it.ID, it.URL))
	d.empty("link", "rel", "alternate", "type", "text/html", "href", it.URL)
	if it.Video != nil {
		if best := enclosed(offers(site, it.Video)); best != nil {
			d.empty("link", "rel", "enclosure", "type", mediaType(best.file), "length", number(best.size), "href", best.url)
		}
	}
	d.text("published", iso(it.Published))
	d.text("updated", iso(it.Updated))
	d.text("summary", it.Summary, "type", "text")
	d.text("content", it.HTML, "type", "html")
	d.in("author", nil, func() {
		name := it.Author
		if name == "" { // RFC 4287 wants a name
			name = "?"
		}
		d.text("name", name)
		d.text("uri", it.AuthorURL)
	})
	for _, label := range append([]string{it.Category}, it.Tags...) {
		if label != "" {
			d.empty("category", "term", label, "label", label)
		}
	}
}
