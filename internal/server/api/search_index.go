package api

import (
	"context"
	"net/http"
	"net/url"

	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// ElsewhereService is the part of search.Elsewhere that Search needs.
type ElsewhereService interface {
	Index() search.IndexSettings
	FindVideos(ctx context.Context, w video.Viewer, p search.Params) (search.Page[search.IndexedVideo], error)
	FindChannels(ctx context.Context, w video.Viewer, p search.Params, f search.ChannelFilter) (search.Page[search.IndexedChannel], error)
	FindPlaylists(ctx context.Context, w video.Viewer, p search.Params, f search.PlaylistFilter) (search.Page[search.IndexedPlaylist], error)
}

func (h *Search) index() search.IndexSettings {
	if h.Elsewhere == nil {
		return search.IndexSettings{}
	}
	return h.Elsewhere.Index()
}

// elsewhere reports whether a search is of the index: addresses never are.
func (h *Search) elsewhere(q *rest.Query, text string) bool {
	target, _ := h.index().Target(q.String("searchTarget"))
	return target == search.ThatIndex && !search.Address(text)
}

// indexedVideoJSON is PeerTube's Video as an index shows it: pictures and
// pages have addresses on the site that they are of.
type indexedVideoJSON struct {
	videoJSON
	Thumbnails    []videoThumbnailJSON `json:"thumbnails"`
	ThumbnailPath *string              `json:"thumbnailPath"`
	ThumbnailURL  *string              `json:"thumbnailUrl,omitempty"`
	EmbedURL      *string              `json:"embedUrl,omitempty"`
}

func (h *Search) presentIndexedVideo(v search.IndexedVideo) indexedVideoJSON {
	out := indexedVideoJSON{videoJSON: presentVideo(h.Site, v.Video, 0)}
	if v.ID != 0 {
		out.Thumbnails, out.ThumbnailPath = out.videoBase.Thumbnails, out.videoBase.ThumbnailPath
		return out
	}
	out.Channel.Avatars = pictureElsewhere(v.Avatar)
	out.Thumbnails, out.ThumbnailPath = thumbnailsElsewhere(v.Picture)
	out.ThumbnailURL, out.EmbedURL = nullable(v.Picture), nullable(v.Embed)
	return out
}

// thumbnailsElsewhere presents a picture on another site, of whose size
// nothing is known.
func thumbnailsElsewhere(picture string) (list []videoThumbnailJSON, path *string) {
	list = []videoThumbnailJSON{}
	if picture == "" {
		return list, nil
	}
	at := pathOf(picture)
	return append(list, videoThumbnailJSON{AspectRatio: "16:9", FileURL: picture}), &at
}

func pictureElsewhere(picture string) []actorImageJSON {
	if picture == "" {
		return []actorImageJSON{}
	}
	return []actorImageJSON{{Path: pathOf(picture), FileURL: picture}}
}

func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.RequestURI()
}

func (h *Search) indexedVideos(w http.ResponseWriter, r *http.Request, p search.Params) error {
	found, err := h.Elsewhere.FindVideos(r.Context(), auth.User(r.Context()), p)
	if err != nil {
		return h.indexFailed(w, r, err)
	}
	return rest.JSON(w, http.StatusOK, rest.NewList(found.Total, found.List, h.presentIndexedVideo))
}

func (h *Search) indexedChannels(w http.ResponseWriter, r *http.Request, p search.Params, f search.ChannelFilter) error {
	found, err := h.Elsewhere.FindChannels(r.Context(), auth.User(r.Context()), p, f)
	if err != nil {
		return h.indexFailed(w, r, err)
	}
	return rest.JSON(w, http.StatusOK, rest.NewList(found.Total, found.List, func(c search.IndexedChannel) channelJSON {
		out := presentChannel(h.Site, c.Channel)
		if c.ChannelID == 0 {
			out.IsLocal, out.Avatars = false, pictureElsewhere(c.Avatar)
		}
		return out
	}))
}

// indexedPlaylistJSON is PeerTube's VideoPlaylist, as indexedVideoJSON.
type indexedPlaylistJSON struct {
	playlistJSON
	ThumbnailURL *string `json:"thumbnailUrl,omitempty"`
}

func (h *Search) indexedPlaylists(w http.ResponseWriter, r *http.Request, p search.Params, f search.PlaylistFilter) error {
	found, err := h.Elsewhere.FindPlaylists(r.Context(), auth.User(r.Context()), p, f)
	if err != nil {
		return h.indexFailed(w, r, err)
	}
	return rest.JSON(w, http.StatusOK, rest.NewList(found.Total, found.List, func(l search.IndexedPlaylist) indexedPlaylistJSON {
		out := indexedPlaylistJSON{playlistJSON: presentVideoPlaylist(h.Site, l.Playlist)}
		if l.ID == 0 {
			out.Thumbnails, out.ThumbnailPath = thumbnailsElsewhere(l.Picture)
			out.ThumbnailURL = nullable(l.Picture)
		}
		return out
	}))
}

// indexFailed answers as PeerTube does when the index does not: with 500,
// which nothing else here says of somebody else.
func (h *Search) indexFailed(w http.ResponseWriter, r *http.Request, err error) error {
	if !errs.Is(err, errs.Unavailable) {
		return err
	}
	h.Log.WarnContext(r.Context(), "the search index does not answer", "err", err)
	return sendProblem(w, http.StatusInternalServerError, errs.As(err).Msg)
}

var _ ElsewhereService = (*search.Elsewhere)(nil)
