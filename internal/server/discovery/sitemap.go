package discovery

import (
	"bufio"
	"cmp"
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

const (
	// mapSize is how many numbers of videos one part of the map covers. The
	// parts stay the same while the site grows.
	mapSize = 1000
	// mapChannels is how many channels the map lists.
	mapChannels = 10_000
	// mapAge is how long search engines keep a part.
	mapAge = day
)

// sitemap writes an answer. The first error stops what follows.
type sitemap struct{ *bufio.Writer }

func (s *Server) startMap(w http.ResponseWriter, root, namespaces string) sitemap {
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.Header().Set("Cache-Control", mapAge)
	m := sitemap{bufio.NewWriter(w)}
	_, _ = m.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<" + root +
		` xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"` + namespaces + ">\n")
	return m
}

func (m sitemap) end(root string) error {
	_, _ = m.WriteString("</" + root + ">\n")
	return m.Flush()
}

func (m sitemap) element(name, text string) {
	if text == "" {
		return
	}
	_, _ = m.WriteString("<" + name + ">")
	_ = xml.EscapeText(m, []byte(text))
	_, _ = m.WriteString("</" + name + ">")
}

// mapIndex serves GET /sitemap.xml: the parts of the map.
//
// https://www.sitemaps.org/protocol.html#index
func (s *Server) mapIndex(w http.ResponseWriter, r *http.Request) error {
	last, err := s.Map.LastVideo(r.Context())
	if err != nil {
		return err
	}
	m := s.startMap(w, "sitemapindex", "")
	part := func(path string) {
		_, _ = m.WriteString("<sitemap>")
		m.element("loc", s.Site.URL(path))
		_, _ = m.WriteString("</sitemap>\n")
	}
	part("/sitemap/pages.xml")
	for i := range parts(last) {
		part(fmt.Sprintf("/sitemap/videos-%d.xml", i+1))
	}
	return m.end("sitemapindex")
}

// parts is how many parts the map has with videos up to a number.
func parts(last video.ID) int { return (int(last) + mapSize - 1) / mapSize }

func (m sitemap) page(address string, changed time.Time) {
	_, _ = m.WriteString("<url>")
	m.element("loc", address)
	if !changed.IsZero() {
		m.element("lastmod", changed.UTC().Format(time.RFC3339))
	}
	_, _ = m.WriteString("</url>\n")
}

// mapPages serves GET /sitemap/pages.xml.
func (s *Server) mapPages(w http.ResponseWriter, r *http.Request) error {
	channels, err := s.Map.MapChannels(r.Context(), mapChannels)
	if err != nil {
		return err
	}
	m := s.startMap(w, "urlset", "")
	for _, path := range []string{"/", "/videos/browse", "/videos/overview", "/about"} {
		m.page(s.Site.URL(path), time.Time{})
	}
	for _, c := range channels {
		m.page(s.Site.URL("/c/"+c.Name), c.UpdatedAt)
	}
	return m.end("urlset")
}

// mapVideos serves GET /sitemap/videos-{number}.xml.
//
// https://developers.google.com/search/docs/crawling-indexing/sitemaps/video-sitemaps
func (s *Server) mapVideos(w http.ResponseWriter, r *http.Request) error {
	n, err := strconv.Atoi(rest.Path(r, "number"))
	if err != nil || n < 1 {
		return errs.New(errs.NotFound, "There is no such part of the map")
	}
	// What is not among the parts of the index does not exist, or who follows
	// the numbers never comes to an end.
	if last, err := s.Map.LastVideo(r.Context()); err != nil {
		return err
	} else if n > parts(last) {
		return errs.New(errs.NotFound, "There is no such part of the map")
	}
	list, err := s.Map.MapVideos(r.Context(), video.ID((n-1)*mapSize), video.ID(n*mapSize))
	if err != nil {
		return err
	}
	m := s.startMap(w, "urlset", ` xmlns:video="http://www.google.com/schemas/sitemap-video/1.1"`)
	for i := range list {
		s.mapVideo(m, &list[i])
	}
	return m.end("urlset")
}

func (s *Server) mapVideo(m sitemap, v *MapVideo) {
	const (
		longest  = 8 * 3600 // seconds that search engines take
		mostText = 2048     // characters of a description
	)
	_, _ = m.WriteString("<url>")
	m.element("loc", s.Site.URL("/w/"+video.ShortUUID(v.UUID)))
	m.element("lastmod", v.UpdatedAt.UTC().Format(time.RFC3339))
	if v.Thumbnail != "" { // they want one
		_, _ = m.WriteString("<video:video>")
		m.element("video:thumbnail_loc", s.Site.URL("/lazy-static/thumbnails/"+v.Thumbnail))
		m.element("video:title", v.Name)
		m.element("video:description", cmp.Or(s.Plain(v.Description, mostText), v.Name))
		m.element("video:player_loc", s.Site.URL("/videos/embed/"+video.ShortUUID(v.UUID)))
		if v.Duration > 0 && v.Duration <= longest {
			m.element("video:duration", strconv.Itoa(v.Duration))
		}
		m.element("video:view_count", strconv.FormatInt(v.Views, 10))
		m.element("video:publication_date", v.PublishedAt.UTC().Format(time.RFC3339))
		_, _ = m.WriteString("</video:video>")
	}
	_, _ = m.WriteString("</url>\n")
}
