package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
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
	sorts := s.sorts()
	params := video.ListParams{
		Filter: s.filterOf(q), Sort: sortOf(q, sorts, set.BrowseSort), Start: pageStart(r, pager.PageSize), Count: pager.PageSize,
	}
	if links.Get("sort") != string(params.Sort) { // what is not offered is not carried on
		links.Del("sort")
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
		Heading:    heading, Videos: videos, Sort: string(params.Sort), Sorts: sorts, Filters: filterForm(p, q), Filtered: isFiltered,
		Sensitive: s.sensitive(viewer), Languages: languages,
		Pager: pager.Pager{Path: r.URL.Path, Query: links, Start: params.Start, Count: params.Count, Total: total, Endless: true},
	}
	p.Feeds = ui.FeedsOf("videos", p.SiteName, nil)
	return s.paged(w, r, view.Pager, home.Page(p, view))
}

// sensitive is how sensitive videos are shown to somebody.
func (s *Pages) sensitive(viewer video.Viewer) string {
	if viewer != nil && viewer.Preferences.NSFWPolicy != "" {
		return viewer.Preferences.NSFWPolicy
	}
	return s.Settings().NSFWPolicy
}

// sorts are the orders of all videos that administrators leave to readers: the
// one that they chose themselves is always among them.
func (s *Pages) sorts() []ui.Choice {
	set := s.Settings()
	enabled := home.Enabled(set.Trending)
	return slices.DeleteFunc(slices.Clone(home.Sorts), func(c ui.Choice) bool {
		return c.Value != set.BrowseSort && !slices.ContainsFunc(enabled, func(e ui.Choice) bool { return e.Value == c.Value })
	})
}

// sortOf is the order that is asked for, when it is one of sorts, else the
// site's.
func sortOf(q url.Values, sorts []ui.Choice, otherwise string) video.Sort {
	for _, s := range sorts {
		if s.Value == q.Get("sort") {
			return video.Sort(s.Value)
		}
	}
	return video.Sort(cmp.Or(otherwise, "-publishedAt"))
}

// trending serves /videos/trending: all videos in the order of the algorithm
// that is asked for, or of the one that administrators chose.
func (s *Pages) trending(w http.ResponseWriter, r *http.Request) error {
	set := s.Settings()
	to := "/videos/browse"
	for _, name := range []string{r.URL.Query().Get("alg"), set.TrendingBy, "most-viewed", "hot", "most-liked", "best"} {
		if by := home.Algorithms[name]; by != "" && (set.Trending == nil || slices.Contains(set.Trending, name)) {
			to += "?" + url.Values{"sort": {by}}.Encode()
			break
		}
	}
	// Where it leads may be another place tomorrow.
	w.Header().Set("Cache-Control", "no-cache")
	http.Redirect(w, r, to, http.StatusFound)
	return nil
}
