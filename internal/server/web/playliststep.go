package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/ui"
)

// A page shows a part of a long playlist. Where a step leads out of it, and in
// mixed orders, the player asks what comes.

// listStep is what the player learns of the element that a step leads to.
type listStep struct {
	URL     string `json:"url"`
	Title   string `json:"title"`
	Picture string `json:"picture,omitempty"`
}

// stepOf reads the step that a request asks for: from position, by -1 or 1.
func stepOf(q url.Values) playlist.Step {
	from, _ := strconv.Atoi(q.Get("position")) // 0 is before the first
	step := playlist.Step{From: from, Back: q.Get("by") == "-1", Loop: q.Get("loop") == "1"}
	if n, err := strconv.ParseUint(q.Get("seed"), 10, 32); err == nil {
		seed := uint32(n)
		step.Seed = &seed
	}
	return step
}

// watchPlaylistNext serves GET /w/p/{id}/next.
func (s *Pages) watchPlaylistNext(w http.ResponseWriter, r *http.Request) error {
	u := auth.User(r.Context())
	l, err := s.seenPlaylist(r, u)
	if err != nil {
		return err
	}
	e, err := s.Playlists.Next(r.Context(), u, l, stepOf(r.URL.Query()))
	if err != nil {
		return err
	}
	at := &placeInPlaylist{list: l}
	return sendStep(w, e, at.url)
}

// embedPlaylistNext serves GET /video-playlists/embed/{id}/next: only what may
// be shown in the page around counts.
func (s *Pages) embedPlaylistNext(w http.ResponseWriter, r *http.Request) error {
	a := s.embedAccess(r)
	l, err := s.seenPlaylist(r, a.Viewer)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	e, err := s.nextEmbedded(r, a, l, stepOf(q))
	if err != nil {
		return err
	}
	for _, name := range []string{"position", "by", "loop", "seed"} {
		q.Del(name)
	}
	return sendStep(w, e, func(position int) string { return embedQueryAt(q, position) })
}

// nextEmbedded is the next element that may be shown in the page around.
func (s *Pages) nextEmbedded(r *http.Request, a video.Access, l *playlist.Playlist, step playlist.Step) (*playlist.Element, error) {
	step.Keep = func(_ context.Context, list []*playlist.Element) ([]*playlist.Element, error) {
		_, err := s.keepEmbeddable(r, &list)
		return list, err
	}
	return s.Playlists.Next(r.Context(), a.Viewer, l, step)
}

func sendStep(w http.ResponseWriter, e *playlist.Element, address func(position int) string) error {
	if e == nil {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return rest.JSON(w, http.StatusOK, listStep{URL: address(e.Position), Title: e.Video.Name, Picture: ui.ThumbnailURL(e.Video, 200)})
}

// window is what is shown of a playlist: the part around a position.
func window(position int) (start int) { return max(0, position-1-panelElements/2) }

// findPlayed is the first element from a position on that next finds, or else
// the nearest before it; nil without any.
func findPlayed(from int, next func(playlist.Step) (*playlist.Element, error)) (*playlist.Element, error) {
	e, err := next(playlist.Step{From: from - 1})
	if e != nil || err != nil {
		return e, err
	}
	return next(playlist.Step{From: from, Back: true})
}
