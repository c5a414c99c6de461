// Package fed serves what other servers of the fediverse ask for: WebFinger and
// NodeInfo, actors, videos, comments and playlists as ActivityPub documents,
// their collections, and the inboxes.
//
// Documents share their addresses with the pages of people: what a client
// accepts decides (Server.Wrap). Each has an entity tag, because everybody
// fetches what is popular at once. Nothing here needs a signature to be read, so
// only what everybody may read is told.
package fed

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/peer"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/inbox"
	"sepiola/internal/federation/publish"
	"sepiola/internal/server/rest"
)

// Lists are the ids in collections; start and count are bounded by the caller.
type Lists interface {
	VideosOf(ctx context.Context, id actor.ChannelID, start, count int) ([]string, int, error)
	VideosBy(ctx context.Context, id actor.AccountID, start, count int) ([]string, int, error)
	Videos(ctx context.Context, start, count int) ([]string, int, error)
	Comments(ctx context.Context, id video.ID, start, count int) ([]string, int, error)
	Rates(ctx context.Context, id video.ID, t video.RateType, start, count int) ([]string, int, error)
	Shares(ctx context.Context, id video.ID, start, count int) ([]string, int, error)
	Share(ctx context.Context, url string) (*actor.Actor, error)
	Rate(ctx context.Context, url string) (by, videoURL, ownerURL string, t video.RateType, err error)
	Followers(ctx context.Context, id actor.ID, start, count int) ([]string, int, error)
	Following(ctx context.Context, id actor.ID, start, count int) ([]string, int, error)
	PlaylistsBy(ctx context.Context, id actor.AccountID, start, count int) ([]string, int, error)
	PlaylistsOf(ctx context.Context, id actor.ChannelID, start, count int) ([]string, int, error)
	Elements(ctx context.Context, id playlist.ID, start, count int) ([]playlist.ElementID, error)
}

// Receiver takes what arrives; see inbox.Receiver.
type Receiver interface {
	Receive(ctx context.Context, r inbox.Request) error
}

// Server serves what this package is about.
type Server struct {
	Documents *publish.Documents
	Actors    publish.Actors
	Lists     Lists
	Buried    peer.Tombstones
	Receiver  Receiver
	// Mirror is a mirror of this site by the UUID of its video, nil for none.
	Mirror   func(ctx context.Context, uuid string) (*activity.CacheFile, error)
	NodeInfo func(ctx context.Context) (NodeInfo, error)
	Site     instance.Site
	Now      func() time.Time
	Router   *rest.Router // a new one, which Wrap fills
}

// typeActivity is the content type of documents.
const typeActivity = "application/activity+json; charset=utf-8"

// accepts reports whether a client would rather have a document than a page.
func accepts(r *http.Request) bool {
	switch rest.Preferred(r, "text/html", "application/xhtml+xml", "application/activity+json", "application/ld+json") {
	case "application/activity+json", "application/ld+json":
		return true
	}
	return false
}

// Wrap serves documents to who asks for them, and everything else by pages.
func (s *Server) Wrap(pages http.Handler) http.Handler {
	s.mount(s.Router)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind := addressOf(r.URL.Path)
		if kind == document {
			w.Header().Add("Vary", "Accept")
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead || kind == page || kind == document && !accepts(r) {
			pages.ServeHTTP(w, r)
			return
		}
		s.Router.ServeHTTP(w, r)
	})
}

// Paths are those that have no page, for whoever dispatches by them.
var Paths = []string{
	"/inbox", "/accounts/{name}/inbox", "/video-channels/{name}/inbox",
	"/.well-known/webfinger", "/.well-known/host-meta", "/.well-known/host-meta.json", "/.well-known/nodeinfo", "/nodeinfo/{file}",
}

// address says what there is at a path.
type address int

const (
	page     address = iota // nothing of ours
	document                // a document, and a page for people
	only                    // a document and no page
)

// addressOf finds out what there is at a path, without a query.
func addressOf(path string) address {
	if strings.HasPrefix(path, "/@") {
		return document
	}
	first, rest, _ := strings.Cut(strings.Trim(path, "/"), "/")
	parts := strings.Count(rest, "/")
	switch first {
	case "accounts", "account", "a", "video-channels", "c":
		_, below, deeper := strings.Cut(rest, "/")
		switch below, _, _ := strings.Cut(below, "/"); {
		case rest == "":
			return page
		case !deeper, parts == 1 && (below == "videos" || below == "video-channels" || below == "about" || below == "video-playlists"):
			return document
		case below == "followers" || below == "following" || below == "outbox" || below == "playlists" || below == "player-settings" || below == "likes" || below == "dislikes":
			return only
		}
	case "w":
		if rest != "" {
			return document
		}
	case "videos":
		below, id, _ := strings.Cut(rest, "/")
		switch {
		case below != "watch" || id == "":
			return page
		case !strings.Contains(id, "/"), strings.HasPrefix(id, "playlist/"):
			return document
		}
		if _, below, _ := strings.Cut(id, "/"); strings.HasPrefix(below, "comments/") && strings.Count(below, "/") == 1 {
			return document
		}
		return only
	case "redundancy":
		if parts == 2 {
			return only
		}
	case "video-playlists":
		if below, _, _ := strings.Cut(rest, "/"); rest != "" && below != "embed" && below != "test-embed" {
			return only
		}
	}
	return page
}

func (s *Server) mount(r *rest.Router) {
	for _, p := range []string{"/accounts/{name}", "/account/{name}", "/a/{name}"} {
		for _, below := range []string{"", "/video-channels", "/videos", "/about"} {
			r.Get(p+below, s.account)
		}
	}
	for _, p := range []string{"/video-channels/{name}", "/c/{name}"} {
		for _, below := range []string{"", "/videos", "/about", "/video-playlists"} {
			r.Get(p+below, s.channel)
		}
	}
	r.Get("/@{name}", s.either)
	for _, kind := range []string{"accounts", "video-channels"} {
		of := s.accountLists
		if kind == "video-channels" {
			of = s.channelLists
		}
		r.Get("/"+kind+"/{name}/followers", s.collection(of, followersList))
		r.Get("/"+kind+"/{name}/following", s.collection(of, followingList))
		r.Get("/"+kind+"/{name}/playlists", s.collection(of, playlistsList))
		r.Get("/"+kind+"/{name}/outbox", s.collection(of, outboxList))
	}
	r.Get("/video-channels/{name}/player-settings", s.channelPlayer)
	r.Get("/accounts/{name}/{likes:likes|dislikes}/{video}", s.rate)

	r.Get("/w/{id}", s.video)
	r.Get("/w/p/{playlist}", s.playlist)
	r.Get("/videos/watch/playlist/{playlist}", s.playlist)
	r.Get("/videos/watch/{id}", s.video)
	r.Get("/videos/watch/{id}/activity", s.created)
	r.Get("/videos/watch/{id}/chapters", s.chapters)
	r.Get("/videos/watch/{id}/player-settings", s.player)
	r.Get("/videos/watch/{id}/likes", s.videoList(s.likes))
	r.Get("/videos/watch/{id}/dislikes", s.videoList(s.dislikes))
	r.Get("/videos/watch/{id}/announces", s.videoList(s.Lists.Shares))
	r.Get("/videos/watch/{id}/comments", s.videoList(s.Lists.Comments))
	r.Get("/videos/watch/{id}/announces/{actor}", s.announce)
	r.Get("/videos/watch/{id}/comments/{comment}", s.comment)
	r.Get("/videos/watch/{id}/comments/{comment}/activity", s.commentCreated)
	r.Get("/videos/watch/{id}/comments/{comment}/approve-reply", s.commentApproved)
	r.Get("/redundancy/streaming-playlists/hls/{uuid}", s.mirror)
	r.Get("/video-playlists/{playlist}", s.playlist)
	r.Get("/video-playlists/{playlist}/videos/{element}", s.element)

	r.Get("/.well-known/webfinger", s.webfinger)
	r.Get("/.well-known/host-meta", s.hostMeta)
	r.Get("/.well-known/host-meta.json", s.hostMeta)
	r.Get("/.well-known/nodeinfo", s.nodeInfoLinks)
	r.Get("/nodeinfo/{file}", s.nodeInfo)
	r.Post("/inbox", s.inbox)
	r.Post("/accounts/{name}/inbox", s.inbox)
	r.Post("/video-channels/{name}/inbox", s.inbox)
	r.NotFound(func(http.ResponseWriter, *http.Request) error { return errs.New(errs.NotFound, "Not found") })
}

// answer writes a document, or what became of it: elsewhere, gone, not found.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, d activity.Doc, err error) error {
	return s.answerFor(w, r, s.Site.URL(r.URL.Path), d, err)
}

// answerFor is answer for what is known under url, wherever it was asked for.
func (s *Server) answerFor(w http.ResponseWriter, r *http.Request, url string, d activity.Doc, err error) error {
	if there := publish.Elsewhere(err); there != "" {
		http.Redirect(w, r, there, http.StatusFound)
		return nil
	}
	if errs.Is(err, errs.NotFound) {
		former, at, buried := s.Buried.Buried(r.Context(), url)
		if buried == nil {
			return s.write(w, http.StatusGone, activity.WriteTombstone(url, former, at))
		}
		if !errs.Is(buried, errs.NotFound) {
			return buried
		}
	}
	if err != nil {
		return err
	}
	return s.write(w, http.StatusOK, d)
}

func (s *Server) write(w http.ResponseWriter, status int, d activity.Doc) error {
	b, err := activity.Encode(d)
	if err != nil {
		return err
	}
	return writeText(w, status, b)
}

func writeText(w http.ResponseWriter, status int, document []byte) error {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	return rest.Bytes(w, status, typeActivity, document)
}

func param(r *http.Request, name string) string { return chi.URLParam(r, name) }

// name is the name in a path; of handles only those of this site have one.
func (s *Server) name(r *http.Request) (string, error) {
	name, host := actor.ParseHandle(param(r, "name"), s.Site.Host)
	if host != "" {
		return "", errs.New(errs.NotFound, "Actor not found")
	}
	return name, nil
}
