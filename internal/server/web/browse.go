package web

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	"sepiola/internal/domain/video"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/web/home"
	"sepiola/internal/server/web/pager"
	"sepiola/internal/server/web/ui"
)

// maxSearch is the most characters of a search.
const maxSearch = 200

// browse serves /videos/browse.
func (s *Pages) browse(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.home.title")
	heading := p.Title
	if tags := r.URL.Query()["tagsOneOf"]; len(tags) > 0 {
		heading = "#" + strings.Join(tags, ", #")
	}
	return s.list(w, r, p, heading)
}

func searched(r *http.Request) string {
	search := []rune(video.CleanName(r.URL.Query().Get("search")))
	return string(search[:min(len(search), maxSearch)])
}

func (s *Pages) list(w http.ResponseWriter, r *http.Request, p *ui.Page, heading string) error {
	q, set := filtersOf(r.URL.Query()), s.Settings()
	viewer, links, isFiltered := auth.User(r.Context()), kept(q), filtered(q)
	if set.BrowseLocal && q.Get("scope") == "" {
		q.Set("scope", home.Local)
	}
	params := video.ListParams{
		Filter: s.filterOf(q), Sort: sortOf(q, set.BrowseSort), Start: pageStart(r, pager.PageSize), Count: pager.PageSize,
	}
	s.wanted(r, &params.Filter)
	languages := s.inLanguages(r, &params.Filter)
	videos, total, err := s.Videos.List(r.Context(), viewer, params)
	if err != nil {
		return err
	}
	if err := s.withLater(r, p, videos); err != nil {
		return err
	}
	view := home.View{
		LocalFirst: set.BrowseLocal,
		Heading:    heading, Videos: videos, Sort: string(params.Sort), Filters: filterForm(p, q), Filtered: isFiltered,
		Sensitive: s.sensitive(viewer), Languages: languages,
		Pager: pager.Pager{Path: r.URL.Path, Query: links, Start: params.Start, Count: params.Count, Total: total, Endless: true},
	}
	p.Feeds = ui.FeedsOf("videos", p.SiteName, nil)
	return s.ok(w, r, home.Page(p, view))
}

// sensitive is how sensitive videos are shown to somebody.
func (s *Pages) sensitive(viewer video.Viewer) string {
	if viewer != nil && viewer.Preferences.NSFWPolicy != "" {
		return viewer.Preferences.NSFWPolicy
	}
	return s.Settings().NSFWPolicy
}

// sortOf is the order that is asked for, else the site's.
func sortOf(q url.Values, otherwise string) video.Sort {
	for _, s := range home.Sorts {
		if s.Value == q.Get("sort") {
			return video.Sort(s.Value)
		}
	}
	return video.Sort(cmp.Or(otherwise, "-publishedAt"))
}
