package discovery

import (
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

// oembedJSON is https://oembed.com, section 2.3.4.2 (video).
type oembedJSON struct {
	Type            string `json:"type"`
	Version         string `json:"version"`
	HTML            string `json:"html"`
	Width           int    `json:"width"`  // pixels
	Height          int    `json:"height"` // pixels
	Title           string `json:"title"`
	AuthorName      string `json:"author_name"`
	AuthorURL       string `json:"author_url"`
	ProviderName    string `json:"provider_name"`
	ProviderURL     string `json:"provider_url"`
	ThumbnailURL    string `json:"thumbnail_url,omitempty"`
	ThumbnailWidth  int    `json:"thumbnail_width,omitempty"`
	ThumbnailHeight int    `json:"thumbnail_height,omitempty"`
}

// The size of a player in pixels unless less is asked for.
const (
	embedWidth  = 560
	embedHeight = 315
)

// embedded are the parameters of a watch page that the embedded player gets.
var embedded = []string{
	"start", "stop", "loop", "autoplay", "muted", "controls", "controlBar", "title", "api", "warningTitle", "peertubeLink", "p2p",
	"subtitle", "bigPlayBackgroundColor", "mode", "foregroundColor", "playbackRate", "waitPasswordFromEmbedAPI", "playlistPosition",
}

// oembed serves GET /services/oembed: how to embed the page of a video or of
// a playlist.
func (s *Server) oembed(w http.ResponseWriter, r *http.Request) error {
	q := rest.NewQuery(r)
	if f := q.String("format"); f != "" && f != "json" {
		return errs.New(errs.NotSupported, "Requested format %s is not implemented on server.", strconv.Quote(f))
	}
	const mostPixels = 1 << 16
	width, height := q.Int("maxwidth", embedWidth, 1, mostPixels), q.Int("maxheight", embedHeight, 1, mostPixels)
	if err := q.Err(); err != nil {
		return err
	}
	page, err := url.Parse(q.String("url"))
	if err != nil || page.Scheme != "http" && page.Scheme != "https" || !strings.EqualFold(page.Host, s.Site.Host) {
		return badURL(q)
	}
	out := oembedJSON{
		Type: "video", Version: "1.0", Width: min(width, embedWidth), Height: min(height, embedHeight),
		ProviderName: s.Settings().Name, ProviderURL: s.Site.URL(""),
	}
	var src string
	switch prefix, id := pageOf(page.Path); prefix {
	case "/w/", "/videos/watch/":
		src, err = s.videoEmbed(r, id, &out)
	case "/w/p/", "/videos/watch/playlist/":
		src, err = s.playlistEmbed(r, id, &out)
	default:
		return badURL(q)
	}
	if err != nil {
		return err
	}
	out.HTML = frame(src+carried(page.Query()), out.Title, out.Width, out.Height)
	w.Header().Set("Access-Control-Allow-Origin", "*")
	return rest.JSON(w, http.StatusOK, out)
}

func badURL(q *rest.Query) error {
	return errs.Fields(errs.Param{Name: "url", Value: q.String("url"), In: "query", Msg: "Invalid url."})
}

// pageOf splits the path of a page that can be embedded.
func pageOf(path string) (prefix, id string) {
	for _, prefix := range []string{"/w/p/", "/videos/watch/playlist/", "/w/", "/videos/watch/"} {
		if id, ok := strings.CutPrefix(path, prefix); ok {
			id, _, _ = strings.Cut(id, ";")
			return prefix, strings.TrimSuffix(id, "/")
		}
	}
	return "", ""
}

// carried are the parameters that the player gets, with their question mark.
func carried(q url.Values) string {
	keep := url.Values{}
	for _, name := range embedded {
		if q.Has(name) {
			keep.Set(name, q.Get(name))
		}
	}
	if len(keep) == 0 {
		return ""
	}
	return "?" + keep.Encode()
}

func frame(src, title string, width, height int) string {
	return `<iframe title="` + html.EscapeString(title) + `" width="` + strconv.Itoa(width) + `" height="` + strconv.Itoa(height) +
		`" src="` + html.EscapeString(src) + `" style="border: 0" allow="autoplay; fullscreen; picture-in-picture" allowfullscreen` +
		` sandbox="allow-same-origin allow-scripts allow-popups allow-forms"></iframe>`
}

func (s *Server) videoEmbed(r *http.Request, id string, out *oembedJSON) (string, error) {
	ref, err := video.ParseRef(id)
	if err != nil {
		return "", errs.New(errs.NotFound, "Video not found")
	}
	v, err := s.Videos.Watch(r.Context(), video.As(nil), ref)
	if err != nil {
		if errs.Is(err, errs.Unauthorized) || errs.Is(err, errs.Forbidden) {
			return "", errs.New(errs.Forbidden, "Video is not publicly available.")
		}
		return "", err
	}
	if v.Privacy != video.Public && v.Privacy != video.Unlisted {
		return "", errs.New(errs.Forbidden, "Video is not publicly available.")
	}
	out.Title, out.AuthorName, out.AuthorURL = v.Name, v.Channel.DisplayName, v.Channel.URL
	s.thumbnail(out, v.Thumbnails, r)
	return s.Site.URL("/videos/embed/" + video.ShortUUID(v.UUID)), nil
}

func (s *Server) playlistEmbed(r *http.Request, id string, out *oembedJSON) (string, error) {
	ref, err := playlist.ParseRef(id)
	if err != nil {
		return "", errs.New(errs.NotFound, "Video playlist not found")
	}
	p, err := s.Playlists.Get(r.Context(), nil, ref)
	if err != nil {
		if errs.Is(err, errs.Unauthorized) || errs.Is(err, errs.Forbidden) {
			return "", errs.New(errs.Forbidden, "Playlist is not public.")
		}
		return "", err
	}
	out.Title, out.AuthorName, out.AuthorURL = p.Name, p.Owner.DisplayName, p.Owner.URL
	if p.Channel != nil {
		out.AuthorName, out.AuthorURL = p.Channel.DisplayName, p.Channel.URL
	}
	s.thumbnail(out, p.Thumbnails, r)
	return s.Site.URL("/video-playlists/embed/" + video.ShortUUID(p.UUID)), nil
}

// thumbnail chooses the largest wide picture that is no larger than asked for.
func (s *Server) thumbnail(out *oembedJSON, list []video.Thumbnail, r *http.Request) {
	width, _ := strconv.Atoi(r.URL.Query().Get("maxwidth"))
	height, _ := strconv.Atoi(r.URL.Query().Get("maxheight"))
	for _, t := range list {
		if t.AspectRatio != "16:9" || width > 0 && t.Width > width || height > 0 && t.Height > height || t.Width < out.ThumbnailWidth {
			continue
		}
		out.ThumbnailURL, out.ThumbnailWidth, out.ThumbnailHeight = s.Site.URL("/lazy-static/thumbnails/"+t.Filename), t.Width, t.Height
	}
}
