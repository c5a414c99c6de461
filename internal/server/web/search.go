package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/playlist"
	found "sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/pager"
	"sepiola/internal/server/web/search"
	"sepiola/internal/server/web/ui"
)

// SearchService is the part of search.Service that pages need.
type SearchService interface {
	FindVideos(ctx context.Context, w video.Viewer, p found.Params) (found.Page[*video.Video], error)
	FindChannels(ctx context.Context, w video.Viewer, p found.Params, f found.ChannelFilter) (found.Page[*actor.Channel], error)
	FindPlaylists(ctx context.Context, w video.Viewer, p found.Params, f found.PlaylistFilter) (found.Page[*playlist.Playlist], error)
	FindCues(ctx context.Context, w video.Viewer, p found.Params) (found.Page[found.Cue], error)
	Suggest(ctx context.Context, w video.Viewer, text string) ([]found.Suggestion, error)
}

// OverviewService is the part of search.Overview that pages need.
type OverviewService interface {
	Page(ctx context.Context, w video.Viewer, page int) ([]found.Section, error)
}

// RelatedService is the part of search.Related that pages need.
type RelatedService interface {
	Beside(ctx context.Context, w video.Viewer, v *video.Video, scope found.Scope, count int) ([]found.Other, error)
}

func (s *Pages) mountSearch(r *rest.Router) {
	r.Get("/videos/browse", s.page(s.browse))
	for path, to := range map[string]string{
		"most-liked": "sort=-likes", "recently-added": "sort=-publishedAt", "local": "scope=local",
	} {
		r.Get("/videos/"+path, s.page(func(w http.ResponseWriter, r *http.Request) error {
			http.Redirect(w, r, "/videos/browse?"+to, http.StatusMovedPermanently)
			return nil
		}))
	}
	r.Get("/videos/trending", s.page(s.trending))
	r.Get("/videos/overview", s.page(s.overview))
	r.Get("/search", s.page(s.search))
	r.Get("/search/suggest", s.suggest)
	s.mountIndex(r)
}

// searchFilters are the parameters of the page that filter videos.
var searchFilters = []string{"category", "language", "licence", "scope", "tagsOneOf", "tagsAll", "yearFrom", "yearTo", "host", "date", "length", "sensitive"}

// placeFilters are those that channels and playlists have, too.
var placeFilters = []string{"host", "scope"}

// search serves /search.
func (s *Pages) search(w http.ResponseWriter, r *http.Request) error {
	q := filtersOf(r.URL.Query())
	p := s.newPage(r, "web.search.all")
	p.Search, p.NoIndex = searched(r), true
	if p.Search != "" {
		p.Title = p.T("web.search.title", "text", p.Search)
	}
	tags := tagsOf(strings.Join(q["tagsOneOf"], ","))
	if len(tags) > 0 {
		q.Set("tagsOneOf", strings.Join(tags, ", "))
	} else {
		q.Del("tagsOneOf")
	}
	view := search.View{Kind: search.Videos, Heading: p.Title, Sensitive: s.sensitive(auth.User(r.Context())), Filters: filterForm(p, q)}
	if kind := q.Get("type"); slices.Contains(search.Kinds, kind) && p.Search != "" {
		view.Kind = kind
	}
	shown := append(searchFilters, "sort")
	switch view.Kind {
	case search.Channels, search.Playlists:
		shown = placeFilters
	case search.Transcripts: // what is said has its own order
		shown = searchFilters
	}
	view.Filtered = slices.ContainsFunc(shown, func(name string) bool { return q.Get(name) != "" })
	params := found.Params{Text: q.Get("search"), Start: pageStart(r, pager.PageSize), Count: pager.PageSize}
	if err := s.resultsOf(w, r, q, params, &view); err != nil {
		return err
	}
	if err := s.withLater(r, p, view.Videos); err != nil {
		return err
	}
	keep := only(q, append(searchFilters, "sort", "search", "type", "searchTarget"))
	view.Limited = p.Search != "" && view.Total >= found.MaxResults && !view.Asked
	view.Pager = pager.Pager{Path: "/search", Query: keep, Start: params.Start, Count: params.Count, Total: view.Total, Endless: true}
	return s.paged(w, r, view.Pager, search.Page(p, view))
}

// results asks for the kind of results that the page shows.
func (s *Pages) results(r *http.Request, q url.Values, p found.Params, view *search.View) error {
	ctx, viewer := r.Context(), auth.User(r.Context())
	host, here := s.hostOfFilter(q)
	switch view.Kind {
	case search.Channels:
		page, err := s.Finding.FindChannels(ctx, viewer, p, found.ChannelFilter{Host: host, Local: here})
		view.Channels, view.Total, view.Corrected = page.List, page.Total, page.Corrected
		return err
	case search.Playlists:
		page, err := s.Finding.FindPlaylists(ctx, viewer, p, found.PlaylistFilter{Host: host, Local: here})
		view.Playlists, view.Total, view.Corrected = page.List, page.Total, page.Corrected
		return err
	case search.Transcripts:
		p.Filter = s.searchFilter(q)
		s.wanted(r, &p.Filter)
		page, err := s.Finding.FindCues(ctx, viewer, p)
		view.Cues, view.Total, view.Corrected = page.List, page.Total, page.Corrected
		return err
	}
	p.Filter, p.Sort = s.searchFilter(q), searchSort(q)
	s.wanted(r, &p.Filter)
	page, err := s.Finding.FindVideos(ctx, viewer, p)
	if err != nil {
		return err
	}
	view.Videos, view.Total, view.Corrected, view.Sort = page.List, page.Total, page.Corrected, p.Sort
	if p.Text == "" || p.Start > 0 || view.Filtered {
		return nil
	}
	channels, err := s.Finding.FindChannels(ctx, viewer, found.Params{Text: p.Text, Count: search.Beside}, found.ChannelFilter{})
	if channels.Corrected == "" && !channels.Partial || page.Total == 0 {
		view.Channels = channels.List
	}
	return err
}

// searchFilter reads the filters; what cannot be read filters nothing.
func (s *Pages) searchFilter(q url.Values) video.Filter {
	f, now := s.filterOf(q), s.Now()
	f.TagsOneOf = nil
	for _, tag := range tagsOf(strings.Join(q["tagsOneOf"], ",")) {
		if n := len([]rune(tag)); n >= video.MinTag && n <= video.MaxTag && len(f.TagsOneOf) < video.MaxTags {
			f.TagsOneOf = append(f.TagsOneOf, tag)
		}
	}
	if q.Get("tagsAll") != "" {
		f.TagsOneOf, f.TagsAllOf = nil, f.TagsOneOf
	}
	f.OriginallyAfter, f.OriginallyBefore = yearsOf(q.Get("yearFrom"), q.Get("yearTo"))
	days := map[string]int{"1": 1, "7": 7, "30": 30, "365": 365}[q.Get("date")]
	if days > 0 {
		after := now.AddDate(0, 0, -days).Truncate(time.Hour)
		f.PublishedAfter = &after
	}
	const four, ten = 4 * 60, 10 * 60
	length := func(low, high int) {
		if low > 0 {
			f.DurationMin = &low
		}
		if high > 0 {
			f.DurationMax = &high
		}
	}
	switch q.Get("length") {
	case "short":
		length(0, four-1)
	case "medium":
		length(four, ten)
	case "long":
		length(ten+1, 0)
	}
	return f
}

// yearsOf are the first moment of a year and the last of another; nil for what
// is no year.
func yearsOf(from, to string) (after, before *time.Time) {
	year := func(s string) (int, bool) {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		return n, err == nil && n >= 1000 && n <= 9999
	}
	if n, ok := year(from); ok {
		after = new(time.Date(n, time.January, 1, 0, 0, 0, 0, time.UTC))
	}
	if n, ok := year(to); ok {
		before = new(time.Date(n+1, time.January, 1, 0, 0, 0, 0, time.UTC).Add(-time.Microsecond))
	}
	return after, before
}

func searchSort(q url.Values) string {
	for _, s := range search.Sorts {
		if s.Value == q.Get("sort") {
			return s.Value
		}
	}
	return search.Sorts[0].Value
}

// suggestion is what the script of the field of search reads.
type suggestion struct {
	Text string `json:"text"`
	Kind string `json:"kind"` // in the reader's language
	URL  string `json:"url"`
}

// suggest serves /search/suggest.
func (s *Pages) suggest(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Finding.Suggest(r.Context(), auth.User(r.Context()), r.URL.Query().Get("q"))
	if err != nil {
		return err
	}
	l := s.locale(r)
	out := make([]suggestion, len(list))
	for i, it := range list {
		switch {
		case it.Video != nil:
			out[i] = suggestion{it.Video.Name, l.T("web.search.suggest.video"), ui.WatchURL(it.Video)}
		case it.Channel != nil:
			out[i] = suggestion{it.Channel.DisplayName, l.T("web.search.suggest.channel"), ui.ChannelURL(it.Channel)}
		default:
			out[i] = suggestion{"#" + it.Tag, l.T("web.search.suggest.tag"), search.TagURL(it.Tag)}
		}
	}
	w.Header().Set("Cache-Control", "private, max-age=10")
	w.Header().Add("Vary", "Accept-Language, Cookie")
	return rest.JSON(w, http.StatusOK, struct {
		Suggestions []suggestion `json:"suggestions"`
	}{out})
}

// overview serves /videos/overview.
func (s *Pages) overview(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.overview.title")
	p.Canonical = "/videos/overview"
	const each = 2 // pages of the service on one of ours
	viewer, start := auth.User(r.Context()), pageStart(r, 1)
	if start > found.MaxOverview/each {
		return notFound()
	}
	var sections []found.Section
	for i := range each {
		some, err := s.Overview.Page(r.Context(), viewer, start*each+i+1)
		if err != nil {
			return err
		}
		sections = append(sections, some...)
	}
	var videos []*video.Video
	for _, section := range sections {
		videos = append(videos, section.Videos...)
	}
	if err := s.withLater(r, p, videos); err != nil {
		return err
	}
	g := pager.Pager{Path: "/videos/overview", Start: start, Count: 1, Total: start + 1, Endless: true}
	if len(sections) > each && start+1 < found.MaxOverview/each {
		g.Total++
	}
	return s.ok(w, r, search.Overview(p, sections, s.sensitive(viewer), g))
}

// othersView is what stands beside a video.
func (s *Pages) othersView(r *http.Request, viewer video.Viewer, v *video.Video, sensitive string) (search.OthersView, error) {
	view := search.OthersView{URL: r.URL, Sensitive: sensitive}
	switch scope := found.Scope(r.URL.Query().Get("others")); scope {
	case found.SameChannel, found.ThisSite:
		view.Scope = scope
	}
	if s.Related == nil {
		return view, nil
	}
	var err error
	view.List, err = s.Related.Beside(r.Context(), viewer, v, view.Scope, othersCount)
	return view, err
}
