// Package feeds serves RSS, Atom and JSON feeds of videos and comments, and
// feeds for podcast apps.
//
// A handler gathers a Feed of what everybody may see (only the feed of one's
// subscriptions knows who asks, by a token), and a writer of its format writes
// it. What was written is kept as long as the same would be written again
// (written.go): what becomes private is gone from the next answer. Readers ask
// often and see little new, so answers bear a tag by which an unchanged feed is
// not sent again.
package feeds

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

// Server serves /feeds.
type Server struct {
	Videos    Videos
	Captions  Captions
	Actors    Actors
	Playlists Playlists
	// Comments and Subscriptions may be nil: then there are no such feeds.
	Comments      Comments
	Subscriptions Subscriptions
	// PublicEmail returns the address that an account's owner wants to be
	// seen, or "". It may be nil.
	PublicEmail func(ctx context.Context, id actor.AccountID) (string, error)
	Site        instance.Site
	Markdown    Markdown
	Settings    func() Settings

	kept writtenFeeds
}

// Settings are what the site's feeds say of it, and how long they are.
type Settings struct {
	Name, Description string
	Language          string
	Icon              string // path of a square PNG
	Cover             string // path of one with 1400 pixels or more, for podcasts
	// Videos and Comments are how many items a feed has.
	Videos, Comments int
	// STUN servers are told to podcast apps that fetch from peers.
	STUN []string
}

// Videos is the part of video.Service that feeds need.
type Videos interface {
	Public(ctx context.Context, p video.ListParams) ([]*video.Video, error)
	See(ctx context.Context, a video.Access, ref video.Ref) (*video.Video, error)
	Chapters(ctx context.Context, a video.Access, ref video.Ref) ([]video.Chapter, error)
}

// Captions finds what belongs to several videos.
type Captions interface {
	// FillFiles fills Files, Playlist and Tags.
	FillFiles(ctx context.Context, list []*video.Video) error
	CaptionsOf(ctx context.Context, ids []video.ID) (map[video.ID][]video.Caption, error)
	HaveChapters(ctx context.Context, ids []video.ID) (map[video.ID]bool, error)
}

// Actors finds whose feed is asked for. host is empty for local ones.
type Actors interface {
	Account(ctx context.Context, id actor.AccountID) (*actor.Account, error)
	AccountByName(ctx context.Context, name, host string) (*actor.Account, error)
	Channel(ctx context.Context, id actor.ChannelID) (*actor.Channel, error)
	ChannelByName(ctx context.Context, name, host string) (*actor.Channel, error)
}

// Playlists is the part of playlist.Service that feeds need.
type Playlists interface {
	Get(ctx context.Context, w video.Viewer, ref playlist.Ref) (*playlist.Playlist, error)
	ElementsOf(ctx context.Context, w video.Viewer, p *playlist.Playlist, start, count int) ([]*playlist.Element, error)
}

// Comments lists the newest comments that everybody may read, of public
// videos, with their accounts and videos. Zero ids ask for all.
type Comments interface {
	Newest(ctx context.Context, of CommentScope, count int) ([]*comment.Comment, error)
}

// CommentScope says whose comments are asked for; one field at most is set.
type CommentScope struct {
	Video   video.ID
	Channel actor.ChannelID
	Account actor.AccountID // of whose videos
}

// Subscriptions knows the tokens in the addresses of people's feeds.
type Subscriptions interface {
	// ByFeedToken returns the user of an account when the token is theirs, or
	// errs.Forbidden.
	ByFeedToken(ctx context.Context, id actor.AccountID, token string) (*user.User, error)
}

// Markdown turns the texts of people into safe HTML and into plain text.
type Markdown interface {
	Text(markdown string) string
	// CommentText is Text of a comment; remote ones are HTML.
	CommentText(text string, remote bool) string
	Plain(markdown string, most int) string
}

// Mount adds the routes, at absolute paths.
func (s *Server) Mount(r *rest.Router) {
	for path, gather := range map[string]func(*http.Request, *rest.Query) (*Feed, error){
		"/feeds/videos":         s.videos,
		"/feeds/video-comments": s.comments,
		"/feeds/subscriptions":  s.subscriptions,
	} {
		r.Get(path, s.serve(gather))
		r.Get(path+".{format}", s.serve(gather))
	}
	r.Get("/feeds/podcast/videos.xml", s.podcast)
	r.Get("/feeds/podcast/chapters/{id}.json", s.chapters)
}

// Feed is what all formats are made of. Addresses are absolute.
type Feed struct {
	Title, Description string
	Link, Self         string
	Icon               string
	Generator          string
	Language           string // of the site
	Rights             string
	Updated            time.Time
	Items              []Item
}

// add puts an item behind the others. A feed has changed when one of its items
// has.
func (f *Feed) add(it Item) {
	f.Items, f.Updated = append(f.Items, it), latest(f.Updated, it.Updated)
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Item is a video or a comment.
type Item struct {
	Title, URL string
	// ID is what readers know the item by, "" for URL.
	ID string
	// Summary is plain, HTML is safe.
	Summary, HTML         string
	Author, AuthorURL     string
	Category              string
	Published, Updated    time.Time
	Tags                  []string
	Video                 *video.Video // nil for comments
	Thumbnail             *video.Thumbnail
	EmbedURL, DownloadURL string
}

// writer writes a feed in a format.
type writer struct {
	name  string   // feeds that one of this name writes are alike
	types []string // the first is sent unless Accept prefers another
	write func(*bytes.Buffer, instance.Site, *Feed) error
}

var (
	rss = []string{"application/rss+xml", "application/xml", "text/xml"}
	// writers are by the name of the format in addresses, PeerTube's.
	writers = map[string]writer{
		"xml":   {"rss", []string{"application/xml", "text/xml", "application/rss+xml"}, writeRSS},
		"rss":   {"rss", rss, writeRSS},
		"rss2":  {"rss", rss, writeRSS},
		"atom":  {"atom", []string{"application/atom+xml", "application/xml", "text/xml"}, writeAtom},
		"atom1": {"atom", []string{"application/atom+xml", "application/xml", "text/xml"}, writeAtom},
		"json":  {"json", []string{"application/json", "application/feed+json"}, writeJSON},
		"json1": {"json", []string{"application/json", "application/feed+json"}, writeJSON},
	}
)

// formatOf reads the format of a request: the ending of its path, or ?format=.
func formatOf(r *http.Request) (writer, string, error) {
	name := rest.Path(r, "format")
	if name == "" {
		name = r.URL.Query().Get("format")
	}
	if name == "" {
		name = "rss"
	}
	w, ok := writers[name]
	if !ok {
		in := "params"
		if rest.Path(r, "format") == "" {
			in = "query"
		}
		return w, "", errs.Fields(errs.Param{Name: "format", Value: name, In: in, Msg: "Should have a valid format (rss, atom, json)"})
	}
	return w, rest.Preferred(r, w.types...), nil
}

// serve answers with the feed that gather makes.
func (s *Server) serve(gather func(*http.Request, *rest.Query) (*Feed, error)) rest.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		format, kind, err := formatOf(r)
		if err != nil {
			return err
		}
		if kind == "" {
			w.WriteHeader(http.StatusNotAcceptable)
			return nil
		}
		q := rest.NewQuery(r)
		feed, err := gather(r, q)
		if err != nil {
			return err
		}
		feed.Self = s.Site.URL(r.URL.RequestURI())
		feed.Generator = "Sepiola - " + s.Site.URL("")
		feed.Rights = "All rights reserved, unless otherwise specified in the terms specified at " + s.Site.URL("/about") +
			" and potential licenses granted by each content's rightholder."
		feed.Icon, feed.Language = s.Site.URL(s.Settings().Icon), s.Settings().Language
		done, err := s.written(format, feed)
		if err != nil {
			return err
		}
		return send(w, r, kind, done)
	}
}

// maxAge is how long readers keep a feed, PeerTube's 15 minutes.
const maxAge = "max-age=900"

// send writes an answer, or 304 when the reader has it.
func send(w http.ResponseWriter, r *http.Request, kind string, feed written) error {
	h := w.Header()
	h.Set("ETag", feed.tag)
	h.Set("Cache-Control", maxAge)
	if r.URL.Query().Has("token") {
		h.Set("Cache-Control", "private, "+maxAge)
	}
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Vary", "Accept")
	if strings.Contains(r.Header.Get("If-None-Match"), feed.tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", kind+"; charset=utf-8")
	_, err := w.Write(feed.body)
	return err
}

// asWritten is a body with its entity tag, of 64 bits: nodes agree on it, and
// nothing depends on it being hard to forge.
func asWritten(body []byte) written {
	tag := strconv.AppendInt([]byte(`W/"`), int64(len(body)), 16)
	tag = strconv.AppendUint(append(tag, '-'), xxhash.Sum64(body), 16)
	return written{body, string(append(tag, '"'))}
}
