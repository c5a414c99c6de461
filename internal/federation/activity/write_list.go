package activity

import (
	"net/url"
	"strconv"
	"strings"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/playlist"
)

// PageSize is how many items a page of a collection has; PeerTube's.
const PageSize = 10

// WritePlaylist returns the document of a local playlist with Owner, Channel and
// thumbnails: the beginning of a collection.
func WritePlaylist(p *playlist.Playlist, site instance.Site) Doc {
	return onPlaylist(WriteCollection(p.URL, int(p.VideosCount)), p, site)
}

// WritePlaylistPage returns a page of a playlist: the ids of elements.
func WritePlaylistPage(p *playlist.Playlist, page int, elements []string, site instance.Site) Doc {
	return onPlaylist(WriteCollectionPage(p.URL, page, PageSize, int(p.VideosCount), Strings(elements)), p, site)
}

func onPlaylist(d Doc, p *playlist.Playlist, site instance.Site) Doc {
	d["type"], d["name"], d["content"], d["mediaType"] = "Playlist", p.Name, null(p.Description), "text/markdown"
	d["uuid"], d["published"], d["updated"] = p.UUID, iso(p.CreatedAt), iso(p.UpdatedAt)
	d["attributedTo"] = []any{}
	channel, followers := "", ""
	if p.Channel != nil {
		channel = p.Channel.URL
		d["attributedTo"] = []any{channel}
	}
	if p.Owner != nil {
		followers = p.Owner.FollowersURL
	}
	if p.ChannelPosition > 0 {
		d["videoChannelPosition"] = num(p.ChannelPosition)
	}
	for i := range p.Thumbnails {
		if t := &p.Thumbnails[i]; t.AspectRatio != "1:1" {
			d["icon"] = pictureOf(t, site)
			break
		}
	}
	return of(p.Privacy == playlist.Public, p.Privacy == playlist.Unlisted, channel, followers).on(d).in(playlistKind)
}

// ElementURL is the id of an element of a local playlist.
func ElementURL(playlistURL string, id playlist.ElementID) string {
	return playlistURL + "/videos/" + strconv.FormatInt(int64(id), 10)
}

// WritePlaylistElement returns the document of an element of a local playlist. a is the
// playlist's audience: Owner and Channel are those of p.
func WritePlaylistElement(p *playlist.Playlist, e *playlist.Element, videoURL string) Doc {
	d := Doc{"type": "PlaylistElement", "id": ElementURL(p.URL, e.ID), "url": videoURL, "position": num(e.Position)}
	if e.Start != nil {
		d["startTimestamp"] = num(*e.Start)
	}
	if e.Stop != nil {
		d["stopTimestamp"] = num(*e.Stop)
	}
	return d.in(playlistKind)
}

// WriteCollection returns the beginning of a list of so many items.
func WriteCollection(id string, total int) Doc {
	d := Doc{"type": "OrderedCollection", "id": id, "totalItems": num(total)}
	if total > 0 {
		d["first"] = pageURL(id, 1)
	}
	return d.in(baseKind)
}

// WriteCollectionPage returns a page of a list of total items, size on each page; items
// are ids or documents. Pages begin with 1.
func WriteCollectionPage(id string, page, size, total int, items []any) Doc {
	if items == nil {
		items = []any{}
	}
	d := Doc{"type": "OrderedCollectionPage", "id": pageURL(id, page), "partOf": id, "orderedItems": items, "totalItems": num(total)}
	if page > 1 {
		d["prev"] = pageURL(id, page-1)
	}
	if size > 0 && page*size < total {
		d["next"] = pageURL(id, page+1)
	}
	return d.in(baseKind)
}

func pageURL(id string, page int) string {
	mark := "?"
	if strings.Contains(id, "?") {
		mark = "&"
	}
	return id + mark + "page=" + url.QueryEscape(strconv.Itoa(page))
}

// Strings are ids as the items of a collection.
func Strings(urls []string) []any {
	out := make([]any, len(urls))
	for i, s := range urls {
		out[i] = s
	}
	return out
}

// Docs are documents as the items of a collection, without their contexts;
// the page gets that of the first.
func Docs(docs []Doc) []any {
	out := make([]any, len(docs))
	for i, d := range docs {
		out[i] = map[string]any(d.Bare())
	}
	return out
}
