package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/web/embed"
	"sepiola/internal/server/web/player"
	"sepiola/internal/server/web/playlists"
	"sepiola/internal/server/web/ui"
)

// embedPlaylist serves GET /video-playlists/embed/{id}: the element of
// playlistPosition, or the first after it that may be shown here. What may not
// is left out.
func (s *Pages) embedPlaylist(w http.ResponseWriter, r *http.Request) error {
	a := s.embedAccess(r)
	l, err := s.seenPlaylist(r, a.Viewer)
	if err != nil {
		return err
	}
	from := positionOf(r.URL.Query().Get("playlistPosition"), int(l.VideosCount))
	around, privacies, err := s.embeddedAround(r, a, l, from)
	if err != nil {
		return err
	}
	e := toWatch(around, from)
	if e == nil || e.Position < from {
		if e, err = findPlayed(from, func(step playlist.Step) (*playlist.Element, error) { return s.nextEmbedded(r, a, l, step) }); err != nil {
			return err
		}
		if e != nil && !slices.ContainsFunc(around, func(o *playlist.Element) bool { return o.Position == e.Position }) {
			if around, privacies, err = s.embeddedAround(r, a, l, e.Position); err != nil {
				return err
			}
		}
	}
	p := s.embedPage(r)
	if e == nil {
		view := embed.View{Title: l.Name, TitleURL: playlists.WatchURL(l), Message: p.T("web.embed.list_empty"), Options: s.embedOptions(r)}
		p.Title = l.Name
		return s.sendEmbed(w, r, http.StatusOK, p, view)
	}
	v, err := s.Videos.Watch(r.Context(), a, video.ByUUID(e.Video.UUID))
	if err != nil {
		return s.embedElsewhere(w, r, err)
	}
	frameOnly(w.Header(), privacies[v.ID])
	view, err := s.embedView(r, p, a, v)
	if err != nil {
		return err
	}
	view.List = embedList(r, l, around, e)
	view.TitleURL = playlists.WatchURL(l) + "?playlistPosition=" + strconv.Itoa(e.Position)
	if view.Source != nil {
		playElement(r, e, v.Duration, view.Source)
		view.Source.Link = view.TitleURL
	}
	s.allowOrigins(w.Header(), v, sharingOf(view.Source))
	s.allowElements(w.Header(), around)
	return s.sendEmbed(w, r, http.StatusOK, p, view)
}

// embeddedAround is the part of a playlist around a position, without what may
// not be shown here, and where its videos may.
func (s *Pages) embeddedAround(r *http.Request, a video.Access, l *playlist.Playlist, position int) ([]*playlist.Element, map[video.ID]video.EmbedPrivacy, error) {
	around, err := s.Playlists.ElementsOf(r.Context(), a.Viewer, l, window(position), panelElements)
	if err != nil {
		return nil, nil, err
	}
	privacies, err := s.keepEmbeddable(r, &around)
	return around, privacies, err
}

// keepEmbeddable leaves out what may not be watched, or not in the page around.
func (s *Pages) keepEmbeddable(r *http.Request, list *[]*playlist.Element) (map[video.ID]video.EmbedPrivacy, error) {
	videos := make([]*video.Video, 0, len(*list))
	for _, e := range *list {
		if e.Type == playlist.Watchable && e.Video != nil {
			videos = append(videos, e.Video)
		}
	}
	privacies, err := s.Embeds.OfAll(r.Context(), videos)
	if err != nil {
		return nil, err
	}
	host := embedderHost(r)
	kept := make([]*playlist.Element, 0, len(videos))
	for _, e := range *list {
		if e.Type == playlist.Watchable && e.Video != nil && privacies[e.Video.ID].Allows(s.Site, host) {
			kept = append(kept, e)
		}
	}
	*list = kept
	return privacies, nil
}

// playElement plays the part of a video that its element names, unless the
// address names another.
func playElement(r *http.Request, e *playlist.Element, duration int, src *player.Source) {
	q := r.URL.Query()
	start, stop := src.Start, src.Stop
	if e.Start != nil && !q.Has("start") {
		start = *e.Start
	}
	if e.Stop != nil && !q.Has("stop") {
		stop = *e.Stop
		if e.Start == nil && !q.Has("start") && start >= stop {
			start = 0 // where it was watched to is not in the part
		}
	}
	src.Start, src.Stop = within(start, stop, duration)
}

func embedList(r *http.Request, l *playlist.Playlist, around []*playlist.Element, now *playlist.Element) *embed.List {
	q := r.URL.Query()
	q.Del("start")
	q.Del("stop")
	q.Del("sensitive")
	list := &embed.List{
		Title: l.Name, Position: now.Position, Total: int(l.VideosCount), Next: embedPlaylistPath + l.UUID + "/next?" + q.Encode(), Whole: l.VideosCount <= panelElements && window(now.Position) == 0,
	}
	for _, e := range around {
		item := embed.Item{
			Position: e.Position, URL: embedQueryAt(q, e.Position), Title: e.Video.Name, Thumbnail: ui.ThumbnailURL(e.Video, 200), Duration: playedOf(e), Current: e.Position == now.Position,
		}
		if e.Video.Channel != nil {
			item.Channel = e.Video.Channel.DisplayName
		}
		list.Items = append(list.Items, item)
	}
	return list
}

// embedQueryAt leads to another place of the playlist, in the same frame.
func embedQueryAt(q url.Values, position int) string {
	q.Set("playlistPosition", strconv.Itoa(position))
	return "?" + q.Encode()
}
