package feeds

import (
	"bytes"
	"cmp"
	"encoding/json"

	"sepiola/internal/domain/instance"
)

// jsonFeed is a JSON Feed, version 1: https://www.jsonfeed.org/version/1/
type jsonFeed struct {
	Version     string     `json:"version"`
	Title       string     `json:"title"`
	HomePageURL string     `json:"home_page_url"`
	FeedURL     string     `json:"feed_url"`
	Description string     `json:"description,omitempty"`
	Icon        string     `json:"icon"`
	Author      jsonAuthor `json:"author"`
	Items       []jsonItem `json:"items"`
}

type jsonAuthor struct {
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
}

type jsonItem struct {
	ID            string           `json:"id"`
	ContentHTML   string           `json:"content_html"`
	URL           string           `json:"url"`
	Title         string           `json:"title"`
	Summary       string           `json:"summary,omitempty"`
	Image         string           `json:"image,omitempty"`
	Attachments   []jsonAttachment `json:"attachments,omitempty"`
	DatePublished string           `json:"date_published"`
	DateModified  string           `json:"date_modified"`
	Author        jsonAuthor       `json:"author"`
	Tags          []string         `json:"tags,omitempty"`
}

type jsonAttachment struct {
	Title    string `json:"title"`
	URL      string `json:"url"`
	Size     int64  `json:"size_in_bytes"`
	MIMEType string `json:"mime_type"`
	Seconds  int    `json:"duration_in_seconds,omitempty"`
}

func writeJSON(b *bytes.Buffer, site instance.Site, f *Feed) error {
	out := jsonFeed{
		Version: "https://jsonfeed.org/version/1", Title: f.Title, HomePageURL: f.Link, FeedURL: f.Self,
		Description: f.Description, Icon: f.Icon, Author: jsonAuthor{Name: f.Title}, Items: make([]jsonItem, len(f.Items)),
	}
	for i := range f.Items {
		out.Items[i] = jsonOf(site, &f.Items[i])
	}
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	return e.Encode(out)
}

func jsonOf(site instance.Site, it *Item) jsonItem {
	out := jsonItem{
		ID: cmp.Or(it.ID, it.URL), ContentHTML: it.HTML, URL: it.URL, Title: it.Title, Summary: it.Summary,
		DatePublished: iso(it.Published), DateModified: iso(it.Updated), Author: jsonAuthor{Name: it.Author, URL: it.AuthorURL},
	}
	if it.Category != "" {
		out.Tags = append(out.Tags, it.Category)
	}
	out.Tags = append(out.Tags, it.Tags...)
	if it.Thumbnail != nil {
		out.Image = site.URL("/lazy-static/thumbnails/" + it.Thumbnail.Filename)
	}
	if it.Video == nil {
		return out
	}
	// The file first: readers play the first attachment that they can.
	if o := enclosed(offers(site, it.Video)); o != nil {
		out.Attachments = append(out.Attachments, jsonAttachment{
			Title: it.Title, URL: o.url, Size: o.size, MIMEType: mediaType(o.file), Seconds: it.Video.Duration,
		})
	}
	for _, f := range playable(it.Video) {
		if f.TorrentFilename != "" {
			out.Attachments = append(out.Attachments, jsonAttachment{
				Title: it.Title, URL: site.URL("/lazy-static/torrents/" + f.TorrentFilename), Size: f.Size, MIMEType: "application/x-bittorrent",
			})
		}
	}
	return out
}
