// Package discovery answers the programs that look for what is on the site:
// oEmbed for pages that embed videos, the map of the site and robots.txt for
// search engines, the manifest for browsers that install the site, and the
// well-known addresses that people and programs try.
//
// Everything here is read by nobody in particular, so only what everybody may
// see is told.
package discovery

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/rest"
)

// Server serves what this package is about.
type Server struct {
	Videos    Videos
	Playlists Playlists
	Actors    Actors
	Map       Map
	// Plain turns markdown into at most so many characters of plain text.
	Plain    func(markdown string, most int) string
	Site     instance.Site
	Settings func() Settings
	// WellKnown is the directory of what else is served below /.well-known; ""
	// for none. It need not be there.
	WellKnown string
	Now       func() time.Time
}

// Settings are what an administrator set.
type Settings struct {
	Name, ShortDescription string
	Language               string
	Icons                  Icons
	Robots                 string // of robots.txt
	SecurityTxt            string
	// ContactPage is the path of the page to write to the administrators; "" when
	// nobody can.
	ContactPage string
}

// Icons are the paths of the site's icon.
type Icons struct {
	SVG string
	// PNG are of 192 and 512 pixels, Maskable of 512 with room around the mark.
	PNG192, PNG512, Maskable string
}

// Videos is the part of video.Service that this package needs.
type Videos interface {
	Watch(ctx context.Context, a video.Access, ref video.Ref) (*video.Video, error)
}

// Playlists is the part of playlist.Service that this package needs.
type Playlists interface {
	Get(ctx context.Context, w video.Viewer, ref playlist.Ref) (*playlist.Playlist, error)
}

// Map finds what the map of the site lists: what is public and of this site.
type Map interface {
	// LastVideo is the largest number of a video; 0 when there is none.
	LastVideo(ctx context.Context) (video.ID, error)
	// MapVideos lists videos with numbers after from, up to to.
	MapVideos(ctx context.Context, from, to video.ID) ([]MapVideo, error)
	// MapChannels lists the names of channels with public videos, those that
	// changed last first.
	MapChannels(ctx context.Context, most int) ([]MapActor, error)
}

// MapVideo is what search engines are told of a video.
type MapVideo struct {
	UUID, Name, Description string
	Thumbnail               string // filename; "" none
	Duration                int    // seconds
	Views                   int64
	PublishedAt, UpdatedAt  time.Time
}

// MapActor is a channel.
type MapActor struct {
	Name      string
	UpdatedAt time.Time
}

// Mount adds the routes, at absolute paths.
func (s *Server) Mount(r *rest.Router) {
	r.Get("/services/oembed", s.oembed)
	r.Get("/services/redirect/accounts/{handle}", s.toAccount)
	r.Get("/services/redirect/actors/{handle}", s.toActor)
	r.Get("/sitemap.xml", s.mapIndex)
	r.Get("/sitemap/pages.xml", s.mapPages)
	r.Get("/sitemap/videos-{number}.xml", s.mapVideos)
	r.Get("/robots.txt", s.text(s.robots))
	r.Get("/.well-known/security.txt", s.security)
	r.Get("/security.txt", moved("/.well-known/security.txt", http.StatusMovedPermanently))
	r.Get("/.well-known/change-password", moved("/my-account/settings", http.StatusFound))
	r.Get("/.well-known/dnt", s.dnt)
	r.Get("/.well-known/dnt-policy.txt", s.text(func(Settings) string { return dntPolicy }))
	r.Get("/.well-known/*", s.wellKnown)
	r.Get("/manifest.webmanifest", s.manifest)
	// Browsers ask for it by themselves where no page says better.
	r.Get("/favicon.ico", func(w http.ResponseWriter, r *http.Request) error {
		return moved(s.Settings().Icons.PNG192, http.StatusFound)(w, r)
	})
}

// Paths are the paths of Mount, for whoever dispatches by them.
var Paths = []string{
	"/services/*", "/sitemap.xml", "/sitemap/*", "/robots.txt", "/.well-known/security.txt", "/security.txt",
	"/.well-known/change-password", "/.well-known/dnt", "/.well-known/dnt/", "/.well-known/dnt-policy.txt", "/.well-known/*",
	"/manifest.webmanifest", "/favicon.ico",
}

const (
	day       = "public, max-age=86400"
	dntPolicy = "This site neither tracks people nor lets others do so, whether or not a browser asks for it.\n"
)

// robots is what an administrator wrote, and where the map of the site is.
func (s *Server) robots(c Settings) string {
	if strings.Contains(strings.ToLower(c.Robots), "sitemap:") {
		return c.Robots
	}
	return strings.TrimRight(c.Robots, "\n") + "\n\nSitemap: " + s.Site.URL("/sitemap.xml") + "\n"
}

// text serves a text that an administrator wrote.
func (s *Server) text(of func(Settings) string) rest.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) error {
		h := w.Header()
		h.Set("Content-Type", "text/plain; charset=utf-8")
		h.Set("Cache-Control", day)
		_, err := w.Write([]byte(of(s.Settings())))
		return err
	}
}

func moved(to string, status int) rest.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		http.Redirect(w, r, to, status)
		return nil
	}
}

// dnt serves the status of tracking as browsers once asked for it.
//
// https://www.w3.org/TR/tracking-dnt/#status-resource
func (s *Server) dnt(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/tracking-status+json")
	w.Header().Set("Cache-Control", day)
	_, err := w.Write([]byte(`{"tracking":"N"}`))
	return err
}

// manifest serves what a browser needs to know to install the site.
//
// https://www.w3.org/TR/appmanifest/
func (s *Server) manifest(w http.ResponseWriter, _ *http.Request) error {
	type icon struct {
		Source  string `json:"src"`
		Sizes   string `json:"sizes"`
		Type    string `json:"type"`
		Purpose string `json:"purpose"`
	}
	c := s.Settings()
	body, err := json.Marshal(struct {
		ID          string `json:"id"`
		Name        string `json:"name"`
		ShortName   string `json:"short_name"`
		Description string `json:"description,omitempty"`
		Language    string `json:"lang"`
		StartURL    string `json:"start_url"`
		Scope       string `json:"scope"`
		Display     string `json:"display"`
		Background  string `json:"background_color"`
		Theme       string `json:"theme_color"`
		Icons       []icon `json:"icons"`
	}{
		ID: "/", Name: c.Name, ShortName: c.Name, Description: c.ShortDescription, Language: c.Language,
		StartURL: "/", Scope: "/", Display: "standalone", Background: "#ffffff", Theme: "#ffffff",
		Icons: []icon{
			{Source: c.Icons.PNG192, Sizes: "192x192", Type: "image/png", Purpose: "any"},
			{Source: c.Icons.PNG512, Sizes: "512x512", Type: "image/png", Purpose: "any"},
			{Source: c.Icons.Maskable, Sizes: "512x512", Type: "image/png", Purpose: "maskable"},
			{Source: c.Icons.SVG, Sizes: "any", Type: "image/svg+xml", Purpose: "any"},
		},
	})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/manifest+json")
	w.Header().Set("Cache-Control", day)
	_, err = w.Write(body)
	return err
}
