package api

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// SearchService is the part of search.Service that Search needs.
type SearchService interface {
	FindVideos(ctx context.Context, w video.Viewer, p search.Params) (search.Page[*video.Video], error)
	FindChannels(ctx context.Context, w video.Viewer, p search.Params, f search.ChannelFilter) (search.Page[*actor.Channel], error)
	FindPlaylists(ctx context.Context, w video.Viewer, p search.Params, f search.PlaylistFilter) (search.Page[*playlist.Playlist], error)
}

// Search serves /search.
type Search struct {
	Search SearchService
	// Elsewhere asks an index of many sites; nil is none.
	Elsewhere ElsewhereService
	Site      instance.Site
	Log       *slog.Logger

	videos Videos // writes lists
}

// Mount adds the routes to r.
func (h *Search) Mount(r *rest.Router) {
	h.videos.Site = h.Site
	r.Get("/search/videos", rest.Operation("searchVideos", h.findVideos))
	r.Get("/search/video-channels", rest.Operation("searchChannels", h.findChannels))
	r.Get("/search/video-playlists", rest.Operation("searchPlaylists", h.findPlaylists))
}

// maxNamed is how many things may be asked for by their ids or handles.
const maxNamed = 100

// params reads what all three have in common.
func (h *Search) params(q *rest.Query, sorts []string) (search.Params, error) {
	page := q.Page(sorts...)
	if err := q.Err(); err != nil {
		return search.Params{}, err
	}
	if _, ok := h.index().Target(q.String("searchTarget")); !ok {
		q.Reject("searchTarget", "Should have a valid search target")
	}
	if host := q.String("host"); host != "" && !actor.ValidHost(host) {
		q.Reject("host", "")
	}
	return search.Params{Text: q.String("search"), Start: page.Start, Count: page.Count, Sort: page.Sort}, q.Err()
}

// host is the site that things are asked of; local says that it is ours.
func (h *Search) host(q *rest.Query) (host string, local bool) {
	host = strings.ToLower(q.String("host"))
	if host == strings.ToLower(h.Site.Host) {
		return "", host != ""
	}
	return host, false
}

func (h *Search) findVideos(w http.ResponseWriter, r *http.Request) error {
	q := rest.NewQuery(r)
	p, err := h.params(q, search.VideoSorts)
	if err != nil {
		return err
	}
	if err := refuseLegacyFilter(q); err != nil {
		return err
	}
	readFilter(q, &p.Filter)
	p.Filter.Search = ""
	if host, local := h.host(q); local {
		p.Filter.IsLocal, p.Filter.Host = &local, host
	}
	readSearchFilter(q, &p.Filter)
	if err := q.Err(); err != nil {
		return err
	}
	if h.elsewhere(q, p.Text) {
		return h.indexedVideos(w, r, p)
	}
	found, err := h.Search.FindVideos(r.Context(), auth.User(r.Context()), p)
	if err != nil {
		return err
	}
	if p.Filter.Include != 0 {
		return rest.JSON(w, http.StatusOK, h.videos.presentList(found.List, found.Total, p.Filter.Include))
	}
	return h.videos.writeList(w, found.List, found.Total)
}

func readSearchFilter(q *rest.Query, f *video.Filter) {
	f.PublishedAfter, f.PublishedBefore = queryTime(q, "startDate"), queryTime(q, "endDate")
	f.OriginallyAfter, f.OriginallyBefore = queryTime(q, "originallyPublishedStartDate"), queryTime(q, "originallyPublishedEndDate")
	for name, to := range map[string]**int{"durationMin": &f.DurationMin, "durationMax": &f.DurationMax} {
		if q.Has(name) {
			n := q.Int(name, 0, 0, 1<<31-1)
			*to = &n
		}
	}
	f.UUIDs = queryUUIDs(q)
}

// queryTime reads a date in ISO 8601, or nil.
func queryTime(q *rest.Query, name string) *time.Time {
	s := q.String(name)
	if s == "" {
		return nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05.999", "2006-01-02T15:04", "2006-01-02", "2006-01", "2006"} {
		t, err := time.Parse(layout, s)
		if t = t.UTC().Truncate(time.Microsecond); err == nil && t.Year() >= 0 && t.Year() < 10_000 { // in UTC it may be another year
			return &t
		}
	}
	q.Reject(name, "Should have a valid date")
	return nil
}

// queryUUIDs reads the parameter uuids: UUIDs, short or not.
func queryUUIDs(q *rest.Query) []string {
	list := slices.Clone(q.Strings("uuids"))
	for i, s := range list {
		if uuid, ok := video.ExpandUUID(s); ok {
			list[i] = uuid
		} else if !video.ValidUUID(s) {
			q.Reject("uuids", "Should have valid array of UUIDs")
			return nil
		}
		list[i] = strings.ToLower(list[i])
	}
	if len(list) > maxNamed {
		q.Reject("uuids", "Has too many values")
		return nil
	}
	return list
}

func (h *Search) findChannels(w http.ResponseWriter, r *http.Request) error {
	q := rest.NewQuery(r)
	p, err := h.params(q, search.Sorts)
	if err != nil {
		return err
	}
	var f search.ChannelFilter
	f.Host, f.Local = h.host(q)
	handles := q.Strings("handles")
	if len(handles) > maxNamed {
		q.Reject("handles", "Has too many values")
	}
	for _, handle := range handles {
		name, host := actor.ParseHandle(handle, h.Site.Host)
		f.Handles = append(f.Handles, search.Handle{Name: name, Host: host})
	}
	if err := q.Err(); err != nil {
		return err
	}
	if h.elsewhere(q, p.Text) && !search.Handled(p.Text) {
		return h.indexedChannels(w, r, p, f)
	}
	found, err := h.Search.FindChannels(r.Context(), auth.User(r.Context()), p, f)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, rest.NewList(found.Total, found.List, func(c *actor.Channel) channelJSON { return presentChannel(h.Site, c) }))
}

func (h *Search) findPlaylists(w http.ResponseWriter, r *http.Request) error {
	q := rest.NewQuery(r)
	p, err := h.params(q, search.Sorts)
	if err != nil {
		return err
	}
	var f search.PlaylistFilter
	f.Host, f.Local = h.host(q)
	f.UUIDs = queryUUIDs(q)
	if err := q.Err(); err != nil {
		return err
	}
	if h.elsewhere(q, p.Text) {
		return h.indexedPlaylists(w, r, p, f)
	}
	found, err := h.Search.FindPlaylists(r.Context(), auth.User(r.Context()), p, f)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, rest.NewList(found.Total, found.List, func(l *playlist.Playlist) playlistJSON { return presentVideoPlaylist(h.Site, l) }))
}
