package ui

import "net/url"

// Feed is an address for readers of feeds and podcast apps.
type Feed struct {
	Label string // "RSS"
	Title string // of what it is, for those who see only a list of feeds
	Type  string // content type
	URL   string // path with its query
}

// FeedsOf returns the addresses of a list of videos in every format, by what
// chooses the videos. list is the name of the feed: "videos".
func FeedsOf(list, title string, query url.Values) []Feed {
	path := "/feeds/" + list + "."
	ask := ""
	if len(query) > 0 {
		ask = "?" + query.Encode()
	}
	return []Feed{
		{"RSS", title, "application/rss+xml", path + "xml" + ask},
		{"Atom", title, "application/atom+xml", path + "atom" + ask},
		{"JSON", title, "application/feed+json", path + "json" + ask},
	}
}

// PodcastOf returns the address for podcast apps of what query chooses.
func (p *Page) PodcastOf(title string, query url.Values) Feed {
	return Feed{p.T("web.feeds.podcast"), title, "application/rss+xml", "/feeds/podcast/videos.xml?" + query.Encode()}
}
